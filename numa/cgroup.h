/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_CGROUP_H
#define MB_NUMA_CGROUP_H

#include <stdint.h>

#include "numa/sysroot_open.h"

/* The file that names this process's groups. */
#define MB_CGROUP_OWN "proc/self/cgroup"

/*
 * The control groups of this process, in the tree at root: from its own one up to the root, of version 1
 * (Documentation/admin-guide/cgroup-v1) and 2 (cgroup-v2.rst). Any number of threads.
 */
struct mb_cgroup {
	unsigned version;  /* 1 or 2 */
	const char *mount; /* folder of the hierarchy, below root */
	const char *path;  /* of the group, "" for the top; begins with a slash else */
};

/* What is asked of each group; borrowed for the call. */
typedef void mb_cgroup_fn(void *arg, const struct mb_sysroot *root, const struct mb_cgroup *group);

/*
 * Each group that has the controller ("memory", "cpuset", "cpu"), the process's own first, once for each place where its hierarchy
 * may be mounted. A path that is seen from another namespace ("/..") is taken for the top. Groups that do not exist here are
 * passed, too: reading them fails. 0, or why MB_CGROUP_OWN cannot be read.
 */
int mb_cgroup_each(const struct mb_sysroot *root, const char *controller, mb_cgroup_fn *fn,
		   void *arg);

/* Bytes that a group may have at most, and has now; a limit that is none is UINT64_MAX. */
struct mb_cgroup_memory {
	uint64_t limit_bytes;
	uint64_t used_bytes; /* with what is below it, but for file cache that can be dropped */
};

void mb_cgroup_memory(const struct mb_sysroot *root, const struct mb_cgroup *group,
		      struct mb_cgroup_memory *ret_memory);

/*
 * The CPUs or memory nodes ("cpus", "mems") of a group's cpuset, as the kernel lists them; NULL when it sets none. The caller
 * frees the text.
 */
char *mb_cgroup_set(const struct mb_sysroot *root, const struct mb_cgroup *group, const char *what);

#endif
