/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_PLACE_H
#define MB_NUMA_PLACE_H

#include "numa/topo.h"

/*
 * Puts memory on host nodes and asks the kernel where it is. numa/place_libnuma.c uses libnuma's system call wrappers,
 * never its allocator, which returns memory although binding failed; numa/place_none.c, in a build without it, can
 * serve hosts with one node. On those everything is in its place by itself, so a kernel or a container that refuses the
 * calls does no harm there. All functions may run in several threads at once.
 */

/* The library behind it: "libnuma 2.0.16", or "none". */
const char *mb_place_version(void);

/*
 * Binds [addr, addr + bytes), whole pages of an existing mapping, strictly to one host node: pages come from it or not
 * at all, pages that are elsewhere are moved. 0; -EINVAL for a node without memory; -EIO when pages cannot be moved;
 * -ENOTSUP when the nodes are not told apart; -EPERM, -ENOSYS.
 */
int mb_place_bind(const struct mb_topo *topo, void *addr, size_t bytes, int node,
		  struct mb_err *err);

/* Base pages of a range. */
struct mb_place_count {
	uint64_t right;  /* on the node */
	uint64_t wrong;  /* on another */
	uint64_t absent; /* without memory yet */
	bool assumed;    /* all are right because the host has one node: nobody could be asked */
};

/*
 * Counts every page of the range by asking the kernel (move_pages without targets); touches nothing. 0, or -ENOTSUP,
 * -EPERM, -ENOSYS when the kernel cannot be asked. A host with one node that cannot be asked counts all as right.
 */
int mb_place_count(const struct mb_topo *topo, const void *addr, size_t bytes, int node,
		   struct mb_place_count *ret_count, struct mb_err *err);

#endif
