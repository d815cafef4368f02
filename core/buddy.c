/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/base/bits.h"
#include "core/buddy.h"
#include "core/memmodel_vmemmap.h"

/* Where a type looks when its own lists are empty (fallbacks[][], 6.1). */
static const enum mb_migratetype fallbacks[MB_MIGRATE_PCPTYPES][MB_MIGRATE_PCPTYPES - 1] = {
	[MB_MIGRATE_UNMOVABLE] = {MB_MIGRATE_RECLAIMABLE, MB_MIGRATE_MOVABLE},
	[MB_MIGRATE_MOVABLE] = {MB_MIGRATE_RECLAIMABLE, MB_MIGRATE_UNMOVABLE},
	[MB_MIGRATE_RECLAIMABLE] = {MB_MIGRATE_UNMOVABLE, MB_MIGRATE_MOVABLE},
};

#define TMPL(name)               name##_vmemmap
#define PFN_TO_PAGE(model, pfn)  mb_vmemmap_pfn_to_page(model, pfn)
#define PAGE_TO_PFN(model, page) mb_vmemmap_page_to_pfn(model, page)
#include "core/buddy_tmpl.c"

void mb_buddy_release_range(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end, unsigned max_order)
{
	TMPL(release_range)(zone, start, end, max_order);
}

/* prep_new_page: a block in its user's hands. */
static struct mb_page *hand_out(struct mb_page *page)
{
	if (page)
		page->refcount = 1;
	return page;
}

struct mb_page *mb_buddy_alloc(struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	struct mb_page *page;

	mb_lock_take(&zone->lock);
	page = TMPL(take)(zone, order, type);
	mb_lock_drop(&zone->lock);
	return hand_out(page);
}

void mb_buddy_prepare_free(struct mb_page *page, unsigned order)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		page[i].mapping = 0;
		page[i].index = 0;
		page[i].private = 0;
		page[i].memcg_data = 0;
		page[i].page_type = MB_PAGE_TYPE_NONE;
		page[i].flags &= ~(UINT64_C(1) << MB_PG_SLAB | UINT64_C(1) << MB_PG_HEAD);
	}
	page->refcount = 0;
}

void mb_buddy_free(struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	mb_buddy_prepare_free(page, order);
	mb_lock_take(&zone->lock);
	TMPL(free_one)(zone, page, PAGE_TO_PFN(zone->model, page), order, false);
	mb_lock_drop(&zone->lock);
}

unsigned mb_buddy_alloc_bulk(struct mb_zone *zone, unsigned order, enum mb_migratetype type,
			     unsigned count, struct mb_list *list)
{
	unsigned taken = 0;

	mb_lock_take(&zone->lock);
	while (taken < count) {
		struct mb_page *page = TMPL(take)(zone, order, type);

		if (!page)
			break;
		mb_list_add_tail(&page->lru, list);
		taken++;
	}
	mb_lock_drop(&zone->lock);
	return taken;
}

void mb_buddy_free_bulk(struct mb_zone *zone, unsigned order, struct mb_list *list)
{
	mb_lock_take(&zone->lock);
	while (!mb_list_empty(list)) {
		struct mb_page *page = MB_LIST_ENTRY(list->next, struct mb_page, lru);

		mb_list_del_init(&page->lru);
		TMPL(free_one)(zone, page, PAGE_TO_PFN(zone->model, page), order, false);
	}
	mb_lock_drop(&zone->lock);
}

/* --- check --- */

static int check_block(const struct mb_zone *zone, const struct mb_page *page, unsigned order,
		       struct mb_err *err)
{
	mb_pfn_t pfn = PAGE_TO_PFN(zone->model, page);
	unsigned long long shown = pfn;

	if (!mb_page_is_buddy(page) || page->private != order)
		return MB_FAIL(err, -EUCLEAN,
			       "page frame 0x%llx is on a list of order %u but not marked so",
			       shown, order);
	if (pfn & ((UINT64_C(1) << order) - 1))
		return MB_FAIL(err, -EUCLEAN, "free block 0x%llx is not aligned to its order %u",
			       shown, order);
	if (mb_page_nid(page) != zone->nid || mb_page_zone(page) != zone->type ||
	    pfn < zone->start_pfn || pfn + (UINT64_C(1) << order) > mb_zone_end_pfn(zone))
		return MB_FAIL(err, -EUCLEAN, "free block 0x%llx is not of zone %s of node %d",
			       shown, mb_zone_name(zone->type), zone->nid);
	if (order < zone->nr_orders - 1 && TMPL(find_buddy)(zone, page, pfn, order) &&
	    TMPL(types_merge)(zone, pfn, pfn ^ UINT64_C(1) << order, order))
		return MB_FAIL(err, -EUCLEAN,
			       "free block 0x%llx of order %u was not merged with its buddy", shown,
			       order);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		if (page[i].refcount || mb_page_test(&page[i], MB_PG_RESERVED) ||
		    (i && mb_page_is_buddy(&page[i])))
			return MB_FAIL(err, -EUCLEAN,
				       "page frame 0x%llx inside a free block is in use",
				       shown + (unsigned long long)i);
	return 0;
}

static int check_area(const struct mb_zone *zone, unsigned order, uint64_t *free_pages,
		      struct mb_err *err)
{
	const struct mb_free_area *area = &zone->free_area[order];
	uint64_t blocks = 0;

	for (unsigned type = 0; type < MB_MIGRATE_TYPES; type++) {
		const struct mb_list *pos;

		mb_list_for_each(pos, &area->free_list[type]) {
			int r = check_block(zone, MB_LIST_ENTRY(pos, struct mb_page, lru), order,
					    err);

			if (r)
				return r;
			if (++blocks > area->nr_free)
				break;
		}
	}
	if (blocks != area->nr_free)
		return MB_FAIL(err, -EUCLEAN,
			       "node %d zone %s order %u: %llu blocks counted, its lists differ",
			       zone->nid, mb_zone_name(zone->type), order,
			       (unsigned long long)area->nr_free);
	*free_pages += blocks << order;
	return 0;
}

int mb_buddy_check(struct mb_zone *zone, struct mb_err *err)
{
	uint64_t free_pages = 0;
	int r = 0;

	mb_lock_take(&zone->lock);
	for (unsigned order = 0; !r && order < zone->nr_orders; order++)
		r = check_area(zone, order, &free_pages, err);
	if (!r && free_pages != zone->free_pages)
		r = MB_FAIL(err, -EUCLEAN,
			    "node %d zone %s: lists hold %llu free pages, %llu were counted",
			    zone->nid, mb_zone_name(zone->type), (unsigned long long)free_pages,
			    (unsigned long long)zone->free_pages);
	mb_lock_drop(&zone->lock);
	return r;
}
