/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_ARENA_H
#define MB_NUMA_ARENA_H

#include "numa/hugepages.h"
#include "numa/place.h"

/*
 * Node memory in windows of address space. A window is reserved first, then parts of it are backed with memory of a
 * host node, first touched (faulted) apart from that, and verified.
 *
 * All functions may run in several threads at once, but not two on the same part of a window.
 */
struct mb_arena;

/* Borrows the topology. 0 or -ENOMEM; the caller frees the arena with mb_arena_free(). */
int mb_arena_new(const struct mb_topo *topo, struct mb_err *err, struct mb_arena **ret_arena);

/* Unmaps what is left; NULL is fine. */
void mb_arena_free(struct mb_arena *arena);

/* What the memory is asked to be made of. */
enum mb_arena_pages {
	MB_ARENA_HOST, /* as the host is set */
	MB_ARENA_4K,   /* base pages alone */
	MB_ARENA_THP,  /* transparent huge pages, where the host allows them */
	MB_ARENA_2M, /* of the kernel's pools; what is left at the ends of a part has base pages */
	MB_ARENA_1G,
	MB_ARENA_NR_PAGES,
};

/* "host", "4k", "thp", …: what options take and results say. */
extern const char *const mb_arena_pages[MB_ARENA_NR_PAGES];

/* Bytes of a page of a pool; 0 for pages that are not of one. */
uint64_t mb_arena_pool_bytes(enum mb_arena_pages pages);

/*
 * Before the first window. 0; -ENOENT when the host has no such pages; -ENOTSUP on kernels that cannot refuse a touch (before
 * 5.14), where a pool that is empty would end the process.
 */
int mb_arena_set_pages(struct mb_arena *arena, enum mb_arena_pages pages, struct mb_err *err);

/* What the kernel has put behind all windows, not what was asked for. 0, or why smaps cannot be read. */
int mb_arena_got(struct mb_arena *arena, struct mb_hugepages_got *ret_got, struct mb_err *err);

/*
 * Reserves address space without memory behind it: any access faults. bytes are rounded up to the host's pages; align
 * is a power of two. Windows begin at whole pages of the pool. 0, -EINVAL for no bytes or a bad align, -ENOMEM.
 */
int mb_arena_map(struct mb_arena *arena, size_t bytes, size_t align, struct mb_err *err,
		 void **ret_addr);

/* Gives back a whole window, backed parts and all. addr must come from mb_arena_map(); NULL is fine. */
void mb_arena_unmap(struct mb_arena *arena, void *addr);

/*
 * Makes a part of a window readable and writable, bound strictly to a host node; nothing is touched. The part is
 * rounded outwards to host pages; a page at its ends that a neighbour has already backed stays the neighbour's.
 * 0; -EINVAL outside of windows or where memory is already; -ENOMEM when the node, or its pool, has less memory to
 * give than the arena would then have backed on it; or what mb_place_bind() says. Nothing is changed on failure.
 */
int mb_arena_back(struct mb_arena *arena, void *addr, size_t bytes, int node, struct mb_err *err);

/* The opposite, of a whole part as it was backed: its memory is gone at once. 0, -EINVAL, -ENOMEM. */
int mb_arena_unback(struct mb_arena *arena, void *addr, size_t bytes, struct mb_err *err);

/*
 * First touch of backed memory by the calling thread; contents stay. 0; -ENOMEM when the node has none left; -EFAULT
 * when it is not backed.
 */
int mb_arena_fault(struct mb_arena *arena, void *addr, size_t bytes, struct mb_err *err);

/* Where the memory of a range is, against the node that it should be on. Failures of mb_place_count(). */
int mb_arena_verify(struct mb_arena *arena, const void *addr, size_t bytes, int node,
		    struct mb_place_count *ret_count, struct mb_err *err);

/* Backed at the moment, bytes of whole host pages. */
uint64_t mb_arena_backed_bytes(struct mb_arena *arena);

/* For tests: touches page by page, as on kernels before 5.14. */
void mb_arena_touch_by_hand(struct mb_arena *arena);

#endif
