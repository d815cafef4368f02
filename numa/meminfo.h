/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_MEMINFO_H
#define MB_NUMA_MEMINFO_H

#include <stdint.h>

/* Memory of the host or of one of its nodes at this moment, bytes. */
struct mb_meminfo {
	uint64_t total_bytes;
	uint64_t free_bytes;
	/*
	 * What could be allocated without swapping: MemAvailable of the host. Nodes have no such line; there it is free
	 * memory plus half of the file cache and of the reclaimable slab, on the careful side of the kernel's estimate
	 * (mm/show_mem.c, si_mem_available).
	 */
	uint64_t available_bytes;
};

/* The host, from /proc/meminfo. 0, -ENOENT and the like, or -EINVAL for a text without MemTotal. */
int mb_meminfo_host(struct mb_meminfo *ret_info);

/*
 * One host node by its number in sysfs. A kernel without node directories has one node: 0 is the whole host there. The
 * same failures as above.
 */
int mb_meminfo_node(int node, struct mb_meminfo *ret_info);

/* Reads either file's text; lines may start with "Node N". 0 or -EINVAL. */
int mb_meminfo_parse(const char *text, struct mb_meminfo *ret_info);

#endif
