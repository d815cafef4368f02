/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BOOT_STATE_H
#define MB_CORE_BOOT_STATE_H

#include "core/boot.h"
#include "core/hash.h"
#include "core/memblock.h"
#include "core/memmodel.h"
#include "core/node.h"
#include "core/percpu.h"
#include "core/slab.h"
#include "core/slabmem.h"
#include "core/tunables.h"

/* Pages of one hole that have descriptors, and the zone that they were given to. */
struct mb_boot_hole {
	int nid;
	enum mb_zone_type type;
	uint64_t pages;
};

/* What struct mb_boot holds: for the stages of core/ and their tests, nobody else. */

struct mb_boot {
	struct mb_boot_config config;
	const struct mb_machine *machine;
	const struct mb_profile *profile;
	struct mb_host *host;
	struct mb_tunables tunables;
	struct mb_err err;

	/* In boot order. */
	struct mb_memblock memblock;
	struct mb_node **nodes; /* by node id, NULL where the node is not possible */
	unsigned nr_node_ids;
	uint64_t
		dma_reserve; /* pages that are reserved below 16 MiB before sparse_init; 0 off x86-64 */
	struct mb_memmodel model;
	mb_pfn_t zone_low[MB_NR_ZONES], zone_high[MB_NR_ZONES]; /* possible range of each zone */
	bool mirrored;              /* Normal and Movable share a span; mirrored memory is Normal */
	struct mb_boot_hole *holes; /* what memmap_init found, in its order */
	size_t nr_holes;
	struct mb_percpu_layout percpu;
	uint64_t vm_total_pages; /* of build_all_zonelists */
	bool mobility_grouping;
	uint64_t early_free_pages; /* of memblock when the zones were made */
	struct mb_hash_table hashes[MB_NR_HASHES];
	uint64_t totalram_pages; /* all free ranges, deferred ones included */
	uint64_t released_pages; /* the part of them that the buddy had right after hand-over */
	uint64_t normal_nodes[MB_MAX_NODES / 64]; /* N_NORMAL_MEMORY, for the slab allocator */
	struct mb_slab *slab;
	bool out_of_pages; /* the slab allocator was refused a page */
	struct mb_slabmem slabmem;
	uint64_t min_free_kbytes;

	/*
	 * 0: the host said that all of the memmap is where it should be; -ENOTSUP: it cannot say;
	 * 1: not asked
	 */
	int placement;

	/* The runner's. */
	struct mb_stage_stat *stats; /* one a stage */
	uint64_t began_ns;           /* when the first stage began; the host's clock */
	bool began;
	size_t nr_run; /* stages begun: what undo has to undo */
	bool ended;    /* a stage failed or was cancelled: nothing can run any more */
	bool settled;  /* pagesets and slab are back in the buddy */
	_Atomic(const struct mb_stage *) current;
	atomic_uint_fast64_t done_pages, total_pages;
};

/* Every possible node, in id order. */
#define mb_node_for_each(node, boot)                                            \
	for (unsigned node##_i = 0; node##_i < (boot)->nr_node_ids; node##_i++) \
		if (((node) = (boot)->nodes[node##_i]))

/* The statistics of a stage that is in the table. */
struct mb_stage_stat *mb_boot_stat(struct mb_boot *boot, const struct mb_stage *stage);

/* For progress: begins a count of total pages, adds to it. */
static inline void mb_boot_begin_pages(struct mb_boot *boot, uint64_t total)
{
	atomic_store_explicit(&boot->done_pages, 0, memory_order_relaxed);
	atomic_store_explicit(&boot->total_pages, total, memory_order_relaxed);
}

static inline void mb_boot_did_pages(struct mb_boot *boot, uint64_t pages)
{
	atomic_fetch_add_explicit(&boot->done_pages, pages, memory_order_relaxed);
}

#endif
