/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMBLOCK_H
#define MB_CORE_MEMBLOCK_H

#include "core/trace.h"
#include "core/types.h"

/*
 * The boot-time allocator: mm/memblock.c of Linux 6.1 with the names and argument order of include/linux/memblock.h after
 * the mb_ prefix and a context. Physical addresses stand for what the kernel returns as virtual ones: 0 is failure. The
 * arrays are real memory of the host; the places that the kernel would give them are reserved all the same. Not thread safe.
 * Ranges are base and size in bytes; a node argument of MB_NO_NODE or MB_MAX_NODES means any.
 */

enum mb_memblock_flags {
	MB_MEMBLOCK_NONE = 0,
	MB_MEMBLOCK_HOTPLUG = 0x1,
	MB_MEMBLOCK_MIRROR = 0x2,
	MB_MEMBLOCK_NOMAP = 0x4,
	MB_MEMBLOCK_DRIVER_MANAGED = 0x8,
	MB_MEMBLOCK_RSRV_NOINIT = 0x10,
	MB_MEMBLOCK_RSRV_KERN = 0x20,
};

struct mb_memblock_region {
	mb_phys_t base, size;
	unsigned flags;
	int nid; /* MB_MAX_NODES: none */
};

/* Sorted by base, disjoint, and minimal: no two neighbours touch with equal nid and flags. */
struct mb_memblock_type {
	unsigned long cnt, max;
	mb_phys_t
		total_size; /* of memory: with the bytes that trim_memory cut off, as in the kernel */
	struct mb_memblock_region *regions;
	const char *name;
};

/* A request that the kernel prints with memblock=debug, and its answer. */
struct mb_memblock_request {
	enum mb_trace_call call;
	mb_phys_t size, align, min_addr, max_addr;
	int nid;           /* MB_NO_NODE: any */
	mb_phys_t address; /* 0: none */
};

#define MB_MEMBLOCK_ALLOC_ANYWHERE    MB_PHYS_MAX
#define MB_MEMBLOCK_ALLOC_ACCESSIBLE  0
#define MB_MEMBLOCK_ALLOC_NOLEAKTRACE 1
#define MB_MEMBLOCK_INIT_REGIONS      128
#define MB_MEMBLOCK_REGION_BYTES      24 /* struct memblock_region of a 64-bit NUMA kernel */

struct mb_memblock {
	bool bottom_up;
	mb_phys_t current_limit;
	struct mb_memblock_type memory, reserved;

	/* The rest is this implementation's. */
	bool dummy;        /* an empty array counts one zero region (kernels until 6.10) */
	bool can_resize;   /* memblock_allow_resize was called */
	bool movable_node; /* command line: hotpluggable memory is not allocated from */
	bool mirror;       /* kernelcore=mirror: mark_mirror works */
	bool has_mirror; /* mark_mirror was called with mirror on: allocations prefer such regions */
	unsigned page_shift;
	mb_phys_t cache_line; /* SMP_CACHE_BYTES, 64 */
	struct mb_memblock_region static_memory[MB_MEMBLOCK_INIT_REGIONS];
	struct mb_memblock_region static_reserved[MB_MEMBLOCK_INIT_REGIONS];
	mb_phys_t memory_array,
		reserved_array; /* where the kernel would have put a doubled array; 0: static */
	mb_phys_t trimmed;      /* bytes in memory.total_size that no region has any more */
	uint64_t nr_allocs, nr_doublings; /* for tests and reports */

	/* Told of every request of the forms that the kernel prints, after it; NULL: nobody. */
	void (*trace)(void *ctx, const struct mb_memblock_request *request);
	void *trace_ctx;
};

/* Caller's storage, which must not move between init and fini; fini accepts a zeroed object. dummy: see above. */
void mb_memblock_init(struct mb_memblock *mb, unsigned page_shift, bool dummy);
void mb_memblock_fini(struct mb_memblock *mb);

/*
 * Changes. 0; or -ENOMEM, with the array full and no resize allowed yet or no room for a larger one, and nothing of the
 * range changed. Ranges are clamped to the largest address; an empty one is fine. Where a range to add overlaps regions,
 * theirs are the nid and flags that stay. free and phys_free take from reserved.
 */
int mb_memblock_add(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
int mb_memblock_add_node(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size, int nid,
			 unsigned flags);
int mb_memblock_remove(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
int mb_memblock_reserve(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
int mb_memblock_phys_free(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
int mb_memblock_free(struct mb_memblock *mb, mb_phys_t ptr, size_t size);
int mb_memblock_set_node(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size,
			 struct mb_memblock_type *type, int nid);
int mb_memblock_mark_hotplug(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
int mb_memblock_clear_hotplug(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
int mb_memblock_mark_mirror(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
int mb_memblock_mark_nomap(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
int mb_memblock_clear_nomap(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
/* What is reserved of the range: the reserved pass leaves its pages alone, from 6.7 on. */
int mb_memblock_reserved_mark_noinit(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
/* Cuts every memory region inward to align (a power of two); total_size forgets only regions that vanish. */
void mb_memblock_trim_memory(struct mb_memblock *mb, mb_phys_t align);
/* Keeps the lowest limit bytes of memory; 0 or more than there is: all of it. Reserved is cut at the same address. */
void mb_memblock_enforce_memory_limit(struct mb_memblock *mb, mb_phys_t limit);
/* Keeps what is inside the window, and NOMAP regions everywhere. Reserved is cut to the window. */
void mb_memblock_cap_memory_range(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
void mb_memblock_allow_resize(struct mb_memblock *mb);
void mb_memblock_set_current_limit(struct mb_memblock *mb, mb_phys_t limit);
mb_phys_t mb_memblock_get_current_limit(const struct mb_memblock *mb);
void mb_memblock_set_bottom_up(struct mb_memblock *mb, bool enable);
bool mb_memblock_bottom_up(const struct mb_memblock *mb);

/*
 * Allocation: physical address, or 0. Raw forms do not zero; nothing here does, so they are as those without _raw. align is
 * a power of two; 0 means cache_line. Page 0 is never given, and no answer crosses a region. Order of the attempts: mirrored
 * memory, in it the node, then any node unless exact; then the same without asking for mirror. The forms with min_addr
 * (and those built on them, from alloc_try_nid on) do all of that again without the lower limit.
 */
mb_phys_t mb_memblock_find_in_range_node(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
					 mb_phys_t start, mb_phys_t end, int nid, unsigned flags);
mb_phys_t mb_memblock_alloc_range_nid(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				      mb_phys_t start, mb_phys_t end, int nid, bool exact_nid);
mb_phys_t mb_memblock_phys_alloc_range(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				       mb_phys_t start, mb_phys_t end);
mb_phys_t mb_memblock_phys_alloc_try_nid(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
					 int nid);
mb_phys_t mb_memblock_alloc_try_nid(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				    mb_phys_t min_addr, mb_phys_t max_addr, int nid);
mb_phys_t mb_memblock_alloc_try_nid_raw(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
					mb_phys_t min_addr, mb_phys_t max_addr, int nid);
mb_phys_t mb_memblock_alloc_exact_nid_raw(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
					  mb_phys_t min_addr, mb_phys_t max_addr, int nid);
mb_phys_t mb_memblock_alloc(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align);
mb_phys_t mb_memblock_alloc_raw(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align);
mb_phys_t mb_memblock_alloc_from(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				 mb_phys_t min_addr);
mb_phys_t mb_memblock_alloc_low(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align);
mb_phys_t mb_memblock_alloc_node(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align, int nid);

/* Questions. */
mb_phys_t mb_memblock_phys_mem_size(const struct mb_memblock *mb);
mb_phys_t mb_memblock_reserved_size(const struct mb_memblock *mb);
mb_phys_t mb_memblock_start_of_DRAM(const struct mb_memblock *mb);
mb_phys_t mb_memblock_end_of_DRAM(const struct mb_memblock *mb);
bool mb_memblock_is_memory(const struct mb_memblock *mb, mb_phys_t addr);
bool mb_memblock_is_reserved(const struct mb_memblock *mb, mb_phys_t addr);
bool mb_memblock_is_map_memory(const struct mb_memblock *mb, mb_phys_t addr);
bool mb_memblock_is_region_memory(const struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
bool mb_memblock_is_region_reserved(const struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
bool mb_memblock_overlaps_region(const struct mb_memblock_type *type, mb_phys_t base,
				 mb_phys_t size);
/* Node of a page frame and the bounds of its region, or -1. */
int mb_memblock_search_pfn_nid(const struct mb_memblock *mb, mb_pfn_t pfn, mb_pfn_t *ret_start,
			       mb_pfn_t *ret_end);

/*
 * Iteration, linear over a whole walk. cursor starts at 0 (forward) or MB_MEMBLOCK_CURSOR_LAST (backward): low half the
 * memory region, high half the gap between reserved regions, gap 0 being below the first. false at the end, outputs
 * untouched and the cursor all ones. ret_nid may be NULL. Regions with HOTPLUG (under movable_node), NOMAP or DRIVER_MANAGED
 * are skipped unless flags ask for them; flags with MIRROR skip those without. Empty ranges are not returned. The arrays
 * must not change during a walk.
 *
 * mem_range: for_each_mem_range, all memory but NOMAP; free_mem_range: memory less reserved. mem_pfn_range: whole pages of
 * memory regions whatever their flags, index starts at -1.
 */
#define MB_MEMBLOCK_CURSOR_LAST UINT64_MAX
bool mb_memblock_next_mem_range(const struct mb_memblock *mb, uint64_t *cursor,
				struct mb_range *ret_range, int *ret_nid);
bool mb_memblock_next_mem_range_rev(const struct mb_memblock *mb, uint64_t *cursor,
				    struct mb_range *ret_range, int *ret_nid);
bool mb_memblock_next_free_mem_range(const struct mb_memblock *mb, uint64_t *cursor, int nid,
				     unsigned flags, struct mb_range *ret_range, int *ret_nid);
bool mb_memblock_next_free_mem_range_rev(const struct mb_memblock *mb, uint64_t *cursor, int nid,
					 unsigned flags, struct mb_range *ret_range, int *ret_nid);
bool mb_memblock_next_mem_pfn_range(const struct mb_memblock *mb, int *index, int nid,
				    mb_pfn_t *ret_start, mb_pfn_t *ret_end, int *ret_nid);

/* for_each_free_mem_range: cursor is an uint64_t of the caller, range a struct mb_range *, ret_nid an int * or NULL. */
#define mb_memblock_for_each_free(cursor, mb, nid, flags, range, ret_nid)                   \
	for ((cursor) = 0; mb_memblock_next_free_mem_range((mb), &(cursor), (nid), (flags), \
							   (range), (ret_nid));)

/* next_free_mem_range without flags, in whole pages: a range that holds none is passed over. */
bool mb_memblock_next_free_pfn_range(const struct mb_memblock *mb, uint64_t *cursor, int nid,
				     mb_pfn_t *ret_start, mb_pfn_t *ret_end, int *ret_nid);

/* Whole pages of memory (less reserved) of a node, MB_MAX_NODES: of all, in [start, end). */
uint64_t mb_memblock_count_free_pages(const struct mb_memblock *mb, int nid, mb_pfn_t start,
				      mb_pfn_t end);

/* Sorted, disjoint, minimal, totals right: 0 or -EUCLEAN. */
int mb_memblock_check(const struct mb_memblock *mb);

#endif
