/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_WINDOW_INTERNAL_H
#define MB_CORE_WINDOW_INTERNAL_H

#include "core/base/lock.h"
#include "core/host.h"
#include "core/window.h"

/* What core/window*.c share, and nobody else. */

struct mb_window_slot {
	mb_pfn_t pfn; /* first of the block that is there, or was last */
	uintptr_t
		content; /* of a window's slot: what its last block was left as, as a block's word; 0: nothing */
};

struct mb_window_ring {
	_Alignas(64) struct mb_window *window;
	struct mb_window_node *node;
	size_t first, end;        /* slots */
	size_t next, next_fill;   /* to be taken: by what is made, by what is to be there */
	struct mb_memmodel local; /* a vmemmap, whose base is that of the open block */

	mb_pfn_t pfn; /* of the open block */
	size_t slot;
	bool in_slot;
	uintptr_t links; /* its zone and node, as in a block's word */
	uint64_t turns;
};

/* A node's slots: those of its window, then private ones as they are needed. */
struct mb_window_node {
	int nid;
	size_t first_slot, nr_slots, max_private;
	bool low_stays;      /* blocks of its low zones are private from the first on */
	struct mb_lock lock; /* guards what follows */
	size_t nr_private, backed_private;
	struct mb_window_ring whole; /* the boot thread's */
	struct mb_window_ring *workers;
	unsigned nr_workers;
};

struct mb_window_area {
	struct mb_memmodel_piece piece;
	bool keep;
};

struct mb_window {
	const struct mb_memmodel *model;
	struct mb_host *host;
	bool check;
	size_t block_bytes, page_bytes;
	uint64_t block_pages, first_block, nr_blocks;
	unsigned order;
	struct mb_window_block *blocks; /* of first_block on */
	char *heads, *slots;
	size_t blocks_bytes, heads_bytes, slots_bytes;
	size_t nr_slots;
	struct mb_window_slot *slot;  /* by slot */
	struct mb_window_node *nodes; /* by node id */
	unsigned nr_nodes;
	struct mb_window_area *areas; /* memory that is known to be needed */
	size_t nr_areas;
	uint64_t absent_digest; /* of a block that nobody has made, in a checked boot */

	struct mb_lock err_lock;
	struct mb_err err; /* the first */
};

#define MB_WINDOW_LEAST_SLOTS  16 /* of a worker */
#define MB_WINDOW_PRIVATE_STEP 16 /* blocks that are backed at a time */
#define MB_WINDOW_SPARE        32 /* private blocks of a node that nobody can foresee */

static inline char *mb_window_slot_addr(const struct mb_window *window, size_t slot)
{
	return window->slots + slot * window->block_bytes;
}

static inline struct mb_window_block *mb_window_block(const struct mb_window *window, mb_pfn_t pfn)
{
	return &window->blocks[(pfn >> window->order) - window->first_block];
}

static inline struct mb_page *mb_window_head_of(const struct mb_window *window, mb_pfn_t pfn)
{
	return (struct mb_page *)(void *)(window->heads +
					  ((pfn >> window->order) - window->first_block) *
						  window->page_bytes);
}

/* Zone and node in a block's word. */
static inline uintptr_t mb_window_links(enum mb_zone_type zone, int nid)
{
	return (uintptr_t)(unsigned)nid << 8 | (uintptr_t)zone << 3;
}

static inline enum mb_zone_type mb_window_links_zone(uintptr_t word)
{
	return (enum mb_zone_type)(word >> 3 & 31);
}

static inline int mb_window_links_nid(uintptr_t word)
{
	return (int)(word >> 8);
}

/* The node that a present section's descriptors came from. */
static inline int mb_window_section_nid(const struct mb_memmodel *model, uint64_t nr)
{
	return mb_memmodel_section(model, nr)->usage->memmap_nid;
}

/* Slots of a node's window whose memmap is so many blocks: as many as the config wants, enough for its workers. */
uint64_t mb_window_slots(const struct mb_boot_config *config, int nid, uint64_t blocks);

/* Keeps the first failure. */
void mb_window_fail(struct mb_window *window, const struct mb_err *err);

/*
 * That a block's descriptors, the first included, are as its state says: with MB_WINDOW_HEAD as released. Also sets
 * the block's digest. Keeps a failure.
 */
void mb_window_verify(struct mb_window *window, mb_pfn_t pfn, const struct mb_page *first,
		      uintptr_t links, enum mb_window_state state);

#endif
