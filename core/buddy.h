/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BUDDY_H
#define MB_CORE_BUDDY_H

#include "core/page.h"
#include "core/zone.h"

/*
 * The page allocator: mm/page_alloc.c, 6.1. Every function that takes a zone takes and drops the
 * zone's lock itself; any number of threads. Per-CPU lists are in core/pcp.h, the choice of a zone
 * in core/zonelist.h.
 */

/*
 * Hands [start, end) of the zone to the buddy: cut into naturally aligned blocks of at most
 * max_order, ascending, each cleared of PG_reserved, given reference count 0, added to managed and
 * put at the tail of its list (__free_pages_core), from 6.10 a pageblock at a time. With max_order 0
 * page by page. With zone->check_pages a block that holds a bad page goes to no list; mb_buddy_check() says so.
 */
void mb_buddy_release_range(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end, unsigned max_order);

/*
 * A block of 2^order pages from this zone, type one of the first MB_MIGRATE_PCPTYPES: the smallest block of the type that is large enough, its
 * lowest address first; without one, other types' blocks in the kernel's fallback order, largest
 * first. The first page's reference count becomes 1. NULL when there is none.
 */
struct mb_page *mb_buddy_alloc(struct mb_zone *zone, unsigned order, enum mb_migratetype type);

/*
 * Gives a block back: merges as far as it can and puts it at the head, or at the tail when its next
 * merge is likely.
 */
void mb_buddy_free(struct mb_zone *zone, struct mb_page *page, unsigned order);

/*
 * Takes up to count blocks of one order into list under one lock, and gives a list's blocks back
 * under one lock: what per-CPU lists refill and drain with (rmqueue_bulk, free_pcppages_bulk).
 * Returns the number taken.
 */
unsigned mb_buddy_alloc_bulk(struct mb_zone *zone, unsigned order, enum mb_migratetype type,
			     unsigned count, struct mb_list *list);
void mb_buddy_free_bulk(struct mb_zone *zone, unsigned order, struct mb_list *list);

/*
 * Clears what allocation and use may leave in a descriptor, for all pages of a block about to be
 * freed.
 */
void mb_buddy_prepare_free(const struct mb_zone *zone, struct mb_page *page, unsigned order);

/*
 * Walks the zone's lists: every block marked, of its order, aligned, of this zone, not mergeable
 * with its buddy, counted once; the sums equal nr_free and free_pages. 0 or -EUCLEAN with err.
 */
int mb_buddy_check(struct mb_zone *zone, struct mb_err *err);

#endif
