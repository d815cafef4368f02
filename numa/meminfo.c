/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/meminfo.h"

/* The lines that are read. What is not there counts as 0. */
enum line {
	LINE_TOTAL,
	LINE_FREE,
	LINE_AVAILABLE,
	LINE_ACTIVE_FILE,
	LINE_INACTIVE_FILE,
	LINE_SRECLAIMABLE,
	NR_LINES,
};

static const char *const line_names[NR_LINES] = {
	[LINE_TOTAL] = "MemTotal",
	[LINE_FREE] = "MemFree",
	[LINE_AVAILABLE] = "MemAvailable",
	[LINE_ACTIVE_FILE] = "Active(file)",
	[LINE_INACTIVE_FILE] = "Inactive(file)",
	[LINE_SRECLAIMABLE] = "SReclaimable",
};

/* KiB, as far as they fit bytes. */
struct values {
	uint64_t kib[NR_LINES];
	bool found[NR_LINES];
};

static uint64_t fitting(uint64_t kib)
{
	return mb_min(kib, UINT64_MAX / MB_KIB);
}

static void read_line(const char *text, struct values *values)
{
	unsigned long long kib;
	char name[32];

	if (sscanf(text, "Node %*u %31[^:]: %llu", name, &kib) != 2 &&
	    sscanf(text, "%31[^:]: %llu", name, &kib) != 2)
		return;
	for (unsigned i = 0; i < NR_LINES; i++) {
		if (strcmp(name, line_names[i]) || values->found[i])
			continue;
		values->kib[i] = fitting(kib);
		values->found[i] = true;
	}
}

int mb_meminfo_parse(const char *text, struct mb_meminfo *ret_info)
{
	struct values values = {0};
	const uint64_t *kib = values.kib;
	uint64_t available;

	while (*text) {
		const char *end = strchr(text, '\n');

		read_line(text, &values);
		if (!end)
			break;
		text = end + 1;
	}
	if (!values.found[LINE_TOTAL])
		return -EINVAL;
	available = kib[LINE_FREE] + (kib[LINE_ACTIVE_FILE] + kib[LINE_INACTIVE_FILE]) / 2 +
		    kib[LINE_SRECLAIMABLE] / 2;
	if (values.found[LINE_AVAILABLE])
		available = kib[LINE_AVAILABLE];
	*ret_info = (struct mb_meminfo){
		.total_bytes = kib[LINE_TOTAL] * MB_KIB,
		.free_bytes = kib[LINE_FREE] * MB_KIB,
		.available_bytes = fitting(available) * MB_KIB,
	};
	return 0;
}

static int read_file(const char *path, struct mb_meminfo *ret_info)
{
	MB_FCLOSE FILE *file = fopen(path, "re");
	char text[8192];
	size_t length;

	if (!file)
		return -errno;
	length = fread(text, 1, sizeof(text) - 1, file);
	if (ferror(file))
		return -EIO;
	text[length] = '\0';
	return mb_meminfo_parse(text, ret_info);
}

int mb_meminfo_host(struct mb_meminfo *ret_info)
{
	return read_file("/proc/meminfo", ret_info);
}

int mb_meminfo_node(int node, struct mb_meminfo *ret_info)
{
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	rc = read_file(path, ret_info);
	if (rc == -ENOENT && node == 0)
		rc = mb_meminfo_host(ret_info);
	return rc;
}
