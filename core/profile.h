/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_PROFILE_H
#define MB_CORE_PROFILE_H

#include "core/machine.h"
#include "core/types.h"

/*
 * What differs between kernel releases, as data: one row per release. Sources: mm/memblock.c, mm/page_alloc.c, mm/mm_init.c
 * and mm/slub.c of Linux 6.1.192, 6.12.117 and the 6.18 merge window.
 */

/* How the deferred part is cut into padata jobs (mm/mm_init.c, deferred_init_memmap). */
enum mb_deferred_job {
	MB_DEFERRED_JOB_PER_RANGE, /* one job after another, a job per free range */
	MB_DEFERRED_JOB_PER_ZONE,  /* one job for all of it, 6.18 */
};

struct mb_profile {
	const char *name; /* "6.1" */
	unsigned major, minor;

	/* memblock */
	bool memblock_dummy; /* an empty array holds one zero region, until 6.10 */

	/*
	 * arm64 kernels are built for 52-bit virtual addresses, from 6.9: on CPUs with fewer, virt_to_phys of
	 * the linear map's nominal start lies below address 0.
	 */
	bool arm64_va52;

	/* zones */
	bool mirror_needs_memory; /* kernelcore=mirror is ignored when nothing is mirrored, 6.12 */
	bool
		/* before hand-over managed is present less the memmap and dma_reserve, until 6.9 */
		managed_estimate;

	bool memory_line_early; /* "Memory:" is printed before the deferred part, 6.1 */

	/* memmap_init and deferred */
	bool flat_tail_hole;   /* the array of flat is initialised up to its end, 6.18 */
	bool defer_late_reset; /* defer_init resets its counter after the zone tests, from 6.5 */
	enum mb_deferred_job deferred_job;
	bool deferred_by_pfn; /* 6.1: from page frame to page frame, released by pageblock; else by the largest order */
	bool deferred_reserved_typed;  /* a reserved head types its deferred pageblock, from 6.16 */
	bool deferred_grow_by_section; /* a zone grows by chunks of a section, from 6.18 */
	bool deferred_threads_all_arch; /* all CPUs of a node on every architecture, from 6.11 */

	/* hand-over */
	bool reserved_nid_by_page;  /* the node of each reserved page is looked up, until 6.4 */
	bool reserved_noinit;       /* reservations marked RSRV_NOINIT are passed over, from 6.7 */
	bool release_in_pageblocks; /* a larger block is released a pageblock at a time, from 6.10 */
	bool pages_always_checked;  /* on release, whatever init_on_alloc= says, until 6.2 */
	uint32_t buddy_type;        /* page_type of a free block's first page: a value from 6.12 */

	/* per-CPU pagesets */
	bool pcp_auto_tune; /* high_min and high_max, from 6.7 */

	/* zonelists */
	bool zonelist_skips_memoryless; /* a node without memory is not in its own list, 6.12 */

	/* watermarks */
	bool movable_not_lowmem; /* Movable zones are marked like highmem, 6.12 */

	/* SLUB */
	bool slub_order_refactored; /* calculate_order without the loop over objects, from 6.7 */
	bool
		/* every kmalloc size aligned to its largest power-of-two divisor, 6.12 */
		kmalloc_natural_align;
	unsigned slub_kmem_cache_offset; /* bytes of struct kmem_cache before its array of nodes */
	unsigned slub_node_bytes;        /* sizeof(struct kmem_cache_node) */

	/* percpu first chunk */
	unsigned percpu_early_bytes; /* PERCPU_DYNAMIC_EARLY_SIZE */

	/*
	 * Sizes that no rule gives, for Debian's configuration, the first two by architecture; a captured
	 * machine overrides them. NODE_DATA as allocated; s and r of the pcpu-alloc line.
	 */
	unsigned pgdat_bytes[MB_NR_ARCHS];
	unsigned percpu_static_bytes[MB_NR_ARCHS];
	unsigned percpu_reserved_bytes;
	unsigned usage_header_bytes; /* struct mem_section_usage before its bitmaps */
};

/* The rows, oldest first. */
extern const struct mb_profile mb_profiles[];
extern const size_t mb_nr_profiles;

/* The row of that name ("6.12"), or NULL. */
const struct mb_profile *mb_profile_find(const char *name);

/*
 * The row nearest to a kernel release string such as "6.12.9-amd64": the newest row that is not
 * newer, else the oldest. Never NULL, also for text that is no release.
 */
const struct mb_profile *mb_profile_nearest(const char *release);

/*
 * Largest buddy order (inclusive) and pageblock order for a page size: 10 and 9 with 4 KiB, 11/11
 * with 16 KiB, 13/13 with 64 KiB.
 */
unsigned mb_profile_max_order(unsigned page_shift);
unsigned mb_profile_pageblock_order(unsigned page_shift);

#endif
