/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/cgroup.h"
#include "numa/sysroot.h"
#include "numa/sysroot_file.h"

/* The least that a group or one above it leaves; arg: UINT64_MAX when none has a limit. */
static void take_least(void *arg, const struct mb_sysroot *root, const struct mb_cgroup *group)
{
	struct mb_cgroup_memory memory;
	uint64_t *least = arg;

	mb_cgroup_memory(root, group, &memory);
	if (memory.limit_bytes != UINT64_MAX)
		*least = mb_min(*least,
				memory.limit_bytes - mb_min(memory.limit_bytes, memory.used_bytes));
}

int mb_sysroot_available(const struct mb_sysroot *root, struct mb_err *err, uint64_t *ret_bytes,
			 const char **ret_source)
{
	uint64_t kib = 0, free_kib = 0, host, left = UINT64_MAX;
	char *text MB_FREE = NULL, *at, *line;
	bool found = false, has_free = false;
	int r = mb_sysroot_file_read(root, &text, "proc/meminfo");

	if (r)
		return MB_FAIL(err, r, "/proc/meminfo cannot be read: %s", strerror(-r));
	for (at = text; !found && (line = mb_sysroot_file_line(&at));) {
		has_free |= mb_sysroot_file_field(line, "MemFree", &free_kib);
		found = mb_sysroot_file_field(line, "MemAvailable", &kib);
	}
	if (!found && !has_free)
		return MB_FAIL(err, -ENOENT, "/proc/meminfo has no MemAvailable");
	host = mb_min(found ? kib : free_kib, UINT64_MAX / MB_KIB) * MB_KIB;
	mb_cgroup_each(root, "memory", take_least, &left);
	*ret_bytes = mb_min(host, left);
	if (ret_source)
		*ret_source = left < host ? "cgroup" : "MemAvailable";
	return 0;
}
