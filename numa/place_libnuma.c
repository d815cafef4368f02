/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <stdio.h>
#include <string.h>

#include "core/base/align.h"
#include "numa/place.h"

/* MAX_NUMNODES of distribution kernels; larger masks are fine for smaller kernels as long as the rest is zero. */
#define MAX_NODES     1024
#define BITS_PER_LONG (8 * sizeof(unsigned long))

/* libnuma does not know its own version; the build asks the package. */
#ifndef MB_PLACE_LIBNUMA
#define MB_PLACE_LIBNUMA "2"
#endif

const char *mb_place_version(void)
{
	return "libnuma " MB_PLACE_LIBNUMA;
}

/* The kernel, or a container around it, does not offer the call. */
static bool is_refused(int rc)
{
	return rc == -ENOSYS || rc == -EPERM || rc == -ENOTSUP;
}

static const char *why(int rc)
{
	switch (rc) {
	case -EPERM: return "not permitted (a container needs CAP_SYS_NICE)";
	case -ENOSYS: return "the kernel has no NUMA support";
	case -EINVAL: return "the node has no memory that this process may use";
	case -EIO: return "pages cannot be moved";
	default: return strerror(-rc);
	}
}

int mb_place_bind(const struct mb_topo *topo, void *addr, size_t bytes, int node,
		  struct mb_err *err)
{
	const struct mb_topo_status *status = &topo->parts[MB_TOPO_NODES];
	unsigned long mask[MAX_NODES / BITS_PER_LONG] = {0};
	int rc;

	if (status->code)
		return MB_FAIL(err, status->code, "%s", status->reason);
	if (node < 0 || node >= MAX_NODES || !mb_topo_find(topo, node))
		return MB_FAIL(err, -EINVAL, "there is no host node %d", node);
	mask[(size_t)node / BITS_PER_LONG] = 1UL << ((size_t)node % BITS_PER_LONG);
	/* The kernel takes one bit less than it is told. */
	rc = mbind(addr, bytes, MPOL_BIND, mask, MAX_NODES + 1, MPOL_MF_STRICT | MPOL_MF_MOVE);
	rc = rc ? -errno : 0;
	if (!rc || (is_refused(rc) && mb_topo_single(topo)))
		return 0;
	return MB_FAIL(err, rc, "memory cannot be bound to host node %d: %s", node, why(rc));
}

static void add(struct mb_place_count *count, int status, int node)
{
	if (status == node)
		count->right++;
	else if (status >= 0)
		count->wrong++;
	else
		count->absent++;
}

int mb_place_count(const struct mb_topo *topo, const void *addr, size_t bytes, int node,
		   struct mb_place_count *ret_count, struct mb_err *err)
{
	const struct mb_topo_status *topo_status = &topo->parts[MB_TOPO_NODES];
	struct mb_place_count count = {0};
	uint64_t page_bytes = topo->page_sizes[0];
	uint64_t nr_pages = mb_div_ceil(bytes, page_bytes);
	void *pages[1024];
	int status[MB_ARRAY_SIZE(pages)];

	if (topo_status->code)
		return MB_FAIL(err, topo_status->code, "%s", topo_status->reason);
	for (uint64_t done = 0; done < nr_pages;) {
		size_t batch = mb_min(nr_pages - done, MB_ARRAY_SIZE(pages));

		for (size_t i = 0; i < batch; i++)
			pages[i] = (char *)(uintptr_t)addr + (done + i) * page_bytes;
		if (move_pages(0, batch, pages, NULL, status, 0)) {
			int rc = -errno;

			if (!is_refused(rc) || !mb_topo_single(topo))
				return MB_FAIL(err, rc,
					       "the kernel does not say where memory is: %s",
					       why(rc));
			*ret_count = (struct mb_place_count){.right = nr_pages, .assumed = true};
			return 0;
		}
		for (size_t i = 0; i < batch; i++)
			add(&count, status[i], node);
		done += batch;
	}
	*ret_count = count;
	return 0;
}
