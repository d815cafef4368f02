/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_WINDOW_BLOCK_H
#define MB_CORE_WINDOW_BLOCK_H

#include "core/memmodel.h"

/* The table of blocks of a windowed memmap: what the conversions and the buddy need of core/window.c. */

/* Where a block's descriptors are: the low bits of its word. */
enum mb_window_state {
	MB_WINDOW_ABSENT,  /* nowhere, nobody has made them yet: the whole word is 0 */
	MB_WINDOW_SLOT,    /* in a slot of a window, for now; the rest of the word is the address */
	MB_WINDOW_PRIVATE, /* in memory of their own; likewise */
	MB_WINDOW_HEAD,    /* free or in use as a whole: only the first, outside; its address */
	MB_WINDOW_FRESH,   /* turned over after memmap_init; the rest is zone and node */
	MB_WINDOW_RESERVED, /* turned over, reserved; likewise */
};

#define MB_WINDOW_STATE_MASK ((uintptr_t)7)

struct mb_window_block {
	_Atomic uintptr_t map;
	uint64_t
		digest; /* with a head: of all but the first descriptor; else of all, once turned over */
};

static inline enum mb_window_state mb_window_state(uintptr_t map)
{
	return (enum mb_window_state)(map & MB_WINDOW_STATE_MASK);
}

static inline uintptr_t mb_window_map(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return atomic_load_explicit(&model->blocks[pfn >> model->geo.max_order].map,
				    memory_order_relaxed);
}

/* By address: of heads, slots and private memory. MB_PFN_NONE: it is none of these. */
mb_pfn_t mb_window_pfn_of(const struct mb_memmodel *model, const struct mb_page *page);

/* True when the descriptor is a head, whose block has no others. */
bool mb_window_is_head(const struct mb_memmodel *model, const struct mb_page *page);

/*
 * The descriptor to link for a free block of the largest order, under its zone's lock: its head, which becomes what the first
 * descriptor in the slot was, or page where the block has private memory.
 */
struct mb_page *mb_window_home(const struct mb_memmodel *model, struct mb_page *page, mb_pfn_t pfn);

/*
 * A head that is going to be split, under its zone's lock: the block's first descriptor in private memory, with the others as
 * their release left them. NULL: the host has no memory.
 */
struct mb_page *mb_window_split(const struct mb_memmodel *model, struct mb_page *head);

#endif
