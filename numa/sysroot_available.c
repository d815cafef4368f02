/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "core/types.h"
#include "numa/cgroup.h"
#include "numa/meminfo.h"
#include "numa/sysroot.h"
#include "numa/sysroot_file.h"

#define NODES "sys/devices/system/node/"

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

#define ALLOWED "Mems_allowed_list:"

/* Sets the nodes of the process's cpuset, which proc_pid_status(5) shows whatever the hierarchy. */
static int read_allowed(const struct mb_sysroot *root, uint64_t *allowed)
{
	char *text MB_FREE = NULL, *at, *line;
	int r = mb_sysroot_file_read(root, &text, "proc/self/status");

	if (r)
		return r;
	for (at = text; (line = mb_sysroot_file_line(&at));) {
		if (strncmp(line, ALLOWED, strlen(ALLOWED)))
			continue;
		line += strlen(ALLOWED);
		line += strspn(line, " \t");
		return mb_parse_list(line, strlen(line), MB_MAX_NODES, allowed);
	}
	return -ENOENT;
}

/*
 * What the nodes of the cpuset have to give together; UINT64_MAX where it leaves out none with memory, and where a node does not
 * say what it has.
 */
static uint64_t allowed_nodes(const struct mb_sysroot *root)
{
	uint64_t allowed[MB_BITMAP_WORDS(MB_MAX_NODES)] = {0}, sum = 0;
	uint64_t with_memory[MB_BITMAP_WORDS(MB_MAX_NODES)] = {0};
	bool restricted = false;

	if (read_allowed(root, allowed) ||
	    mb_sysroot_file_list(root, MB_MAX_NODES, with_memory, NODES "has_memory"))
		return UINT64_MAX;
	for (size_t nid = 0; nid < MB_MAX_NODES; nid++) {
		char *text MB_FREE = NULL;
		struct mb_meminfo info;

		if (!mb_bit_test(with_memory, nid))
			continue;
		restricted |= !mb_bit_test(allowed, nid);
		if (!mb_bit_test(allowed, nid))
			continue;
		if (mb_sysroot_file_read(root, &text, NODES "node%zu/meminfo", nid) ||
		    mb_meminfo_parse(text, &info))
			return UINT64_MAX;
		sum += mb_min(info.available_bytes, UINT64_MAX - sum);
	}
	return restricted ? sum : UINT64_MAX;
}

int mb_sysroot_available(const struct mb_sysroot *root, struct mb_err *err, uint64_t *ret_bytes,
			 const char **ret_source)
{
	uint64_t kib = 0, free_kib = 0, host, nodes, left = UINT64_MAX;
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
	nodes = allowed_nodes(root);
	*ret_bytes = mb_min(mb_min(host, nodes), left);
	if (ret_source)
		*ret_source = left < mb_min(host, nodes) ? "cgroup"
			      : nodes < host             ? "cpuset"
							 : "MemAvailable";
	return 0;
}
