/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/hugepages.h"
#include "numa/sysroot_file.h"

#define HOST_POOLS "sys/kernel/mm/hugepages"
#define NODE_POOLS "sys/devices/system/node/node%d/hugepages"

struct folder {
	char path[80];
};

static struct folder pools_of(int node)
{
	struct folder folder;

	if (node == MB_HUGEPAGES_HOST)
		snprintf(folder.path, sizeof(folder.path), "%s", HOST_POOLS);
	else
		snprintf(folder.path, sizeof(folder.path), NODE_POOLS, node);
	return folder;
}

/* Pages that are promised to somebody are counted of the host alone. */
static uint64_t unpromised(const struct mb_sysroot *root, uint64_t kib)
{
	uint64_t free_pages, promised = 0;

	if (mb_sysroot_file_u64(root, 10, &free_pages,
				HOST_POOLS "/hugepages-%llukB/free_hugepages",
				(unsigned long long)kib))
		return UINT64_MAX;
	mb_sysroot_file_u64(root, 10, &promised, HOST_POOLS "/hugepages-%llukB/resv_hugepages",
			    (unsigned long long)kib);
	return free_pages - mb_min(free_pages, promised);
}

int mb_hugepages_read(const struct mb_sysroot *root, int node, uint64_t page_bytes,
		      struct mb_hugepages *ret_pool)
{
	struct mb_hugepages pool = {.page_bytes = page_bytes};
	struct folder folder = pools_of(node);
	uint64_t kib = page_bytes / MB_KIB;
	int r = mb_sysroot_file_u64(root, 10, &pool.nr_pages, "%s/hugepages-%llukB/nr_hugepages",
				    folder.path, (unsigned long long)kib);

	if (!r)
		r = mb_sysroot_file_u64(root, 10, &pool.free_pages,
					"%s/hugepages-%llukB/free_hugepages", folder.path,
					(unsigned long long)kib);
	if (r)
		return r;
	pool.free_pages = mb_min(pool.free_pages, unpromised(root, kib));
	*ret_pool = pool;
	return 0;
}

static int by_size(const void *a, const void *b)
{
	const struct mb_hugepages *x = a, *y = b;

	return (x->page_bytes > y->page_bytes) - (x->page_bytes < y->page_bytes);
}

size_t mb_hugepages_list(const struct mb_sysroot *root, int node, struct mb_hugepages *pools,
			 size_t max)
{
	struct folder folder = pools_of(node);
	size_t count = 0;
	char **names;

	if (mb_sysroot_file_names(root, &names, "%s", folder.path))
		return 0;
	for (size_t i = 0; names[i] && count < max; i++) {
		unsigned long long kib;

		if (sscanf(names[i], "hugepages-%llukB", &kib) == 1 &&
		    !mb_hugepages_read(root, node, kib * MB_KIB, &pools[count]))
			count++;
	}
	mb_sysroot_file_names_free(names);
	if (count)
		qsort(pools, count, sizeof(*pools), by_size);
	return count;
}

int mb_hugepages_fail(const struct mb_hugepages *pool, int node, uint64_t pages, struct mb_err *err)
{
	return MB_FAIL(err, -ENOMEM,
		       "%llu page%s of %s %s needed, %llu %s free; as root: "
		       "echo %llu > /%s/hugepages-%llukB/nr_hugepages",
		       (unsigned long long)pages, pages == 1 ? "" : "s",
		       mb_strbuf_size(pool->page_bytes).text, pages == 1 ? "is" : "are",
		       (unsigned long long)pool->free_pages, pool->free_pages == 1 ? "is" : "are",
		       (unsigned long long)(pool->nr_pages + pages - pool->free_pages),
		       pools_of(node).path, (unsigned long long)(pool->page_bytes / MB_KIB));
}

/* "START-END PERMISSIONS …" in hexadecimal: a mapping's first line. */
static bool reads_mapping(const char *line, uint64_t *ret_start)
{
	char *end;
	uint64_t start = strtoull(line, &end, 16);

	if (end == line || *end != '-')
		return false;
	line = end + 1;
	strtoull(line, &end, 16);
	if (end == line || *end != ' ')
		return false;
	*ret_start = start;
	return true;
}

void mb_hugepages_count(const char *smaps, uint64_t start, uint64_t end,
			struct mb_hugepages_got *got)
{
	uint64_t size = 0, from, kib;
	bool inside = false;

	for (const char *line = smaps; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (reads_mapping(line, &from))
			inside = from >= start && from < end;
		if (!inside)
			continue;
		if (mb_sysroot_file_field(line, "KernelPageSize", &kib))
			size = kib * MB_KIB;
		if (mb_sysroot_file_field(line, "Rss", &kib))
			got->base_bytes += kib * MB_KIB;
		if (mb_sysroot_file_field(line, "AnonHugePages", &kib)) {
			got->thp_bytes += kib * MB_KIB;
			got->base_bytes -= mb_min(kib * MB_KIB, got->base_bytes);
		}
		if (mb_sysroot_file_field(line, "Private_Hugetlb", &kib) && kib) {
			got->hugetlb_bytes += kib * MB_KIB;
			got->hugetlb_size = size;
		}
	}
}
