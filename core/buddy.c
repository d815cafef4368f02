/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/base/bits.h"
#include "core/buddy.h"
#include "core/memmodel_tmpl.h"

/* The release side of one model and size of descriptor: called once for a block, a list or a range. */
struct buddy_code {
	void (*release_range)(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end,
			      unsigned max_order);
	void (*free)(struct mb_zone *zone, struct mb_page *page, unsigned order);
	void (*free_bulk)(struct mb_zone *zone, unsigned order, struct mb_list *list);
};

/* --- free blocks; everything here runs under the zone's lock --- */

static void set_free(const struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	page->private = order;
	page->page_type = zone->model->layout.buddy_type;
}

static void unlink_free(struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	mb_list_del_init(&page->lru);
	page->private = 0;
	page->page_type = MB_PAGE_TYPE_NONE;
	zone->free_area[order].nr_free--;
}

/* Above pageblock size, types that must stay apart do not merge. */
static bool types_merge(const struct mb_zone *zone, mb_pfn_t pfn, mb_pfn_t buddy_pfn,
			unsigned order)
{
	enum mb_migratetype a, b;

	if (order < zone->model->geo.pageblock_order)
		return true;
	a = mb_memmodel_block_type(zone->model, pfn);
	b = mb_memmodel_block_type(zone->model, buddy_pfn);
	return a == b || (a < MB_MIGRATE_PCPTYPES && b < MB_MIGRATE_PCPTYPES);
}

/* --- giving --- */

/*
 * False for a page that something still uses, or whose descriptor was never initialised
 * (page_expected_state): its words are not those of a page that is freed. bytes: of the descriptor.
 */
static inline bool may_be_freed(const struct mb_page *page, size_t bytes)
{
	uint64_t used =
		page->mapping | (uint32_t)page->refcount | (page->flags & MB_PAGE_FLAGS_IN_USE);

	if (bytes > sizeof(*page))
		used |= *(const uint64_t *)(page + 1); /* memcg_data */
	return page->mapcount == -1 && !used;
}

static inline void clear_used(struct mb_page *page)
{
	page->mapping = 0;
	page->index = 0;
	page->private = 0;
	page->page_type = MB_PAGE_TYPE_NONE;
	page->flags &= ~(MB_PAGE_FLAG(SLAB) | MB_PAGE_FLAG(HEAD));
}

void mb_buddy_prepare_free(const struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	size_t bytes = zone->model->geo.page_bytes;

	page->refcount = 0;
	clear_used(page);
	/* A head stands for all of its block, of which nobody had more. */
	if (!order || (zone->model->windows && mb_window_is_head(zone->model, page)))
		return;
	for (uint64_t i = 1; i < UINT64_C(1) << order; i++) {
		page = mb_page_at(page, 1, bytes);
		clear_used(page);
	}
}

#define TEMPLATE "core/buddy_tmpl.c"
#include "core/memmodel_each_tmpl.c"
#include "core/memmodel_window_tmpl.c"
#undef TEMPLATE

static const struct buddy_code *const codes[MB_NR_MEMMODEL_CODES][MB_NR_PAGE_SIZES] =
	TMPL_CODES(&code);

static const struct buddy_code *code(const struct mb_zone *zone)
{
	return codes[zone->model->code][zone->model->size];
}

void mb_buddy_release_range(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end, unsigned max_order)
{
	code(zone)->release_range(zone, start, end, max_order);
}

void mb_buddy_free(struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	code(zone)->free(zone, page, order);
}

void mb_buddy_free_bulk(struct mb_zone *zone, unsigned order, struct mb_list *list)
{
	code(zone)->free_bulk(zone, order, list);
}

/* --- taking; static functions run under the zone's lock --- */

/* Where a type looks when its own lists are empty (fallbacks[][], 6.1). */
static const enum mb_migratetype fallbacks[MB_MIGRATE_PCPTYPES][MB_MIGRATE_PCPTYPES - 1] = {
	[MB_MIGRATE_UNMOVABLE] = {MB_MIGRATE_RECLAIMABLE, MB_MIGRATE_MOVABLE},
	[MB_MIGRATE_MOVABLE] = {MB_MIGRATE_RECLAIMABLE, MB_MIGRATE_UNMOVABLE},
	[MB_MIGRATE_RECLAIMABLE] = {MB_MIGRATE_UNMOVABLE, MB_MIGRATE_MOVABLE},
};

/* Splits a block down to order; upper halves go to the heads of their lists (expand). */
static void expand(struct mb_zone *zone, struct mb_page *page, unsigned order, unsigned high,
		   enum mb_migratetype type)
{
	while (high > order) {
		struct mb_page *half;

		high--;
		half = mb_page_at(page, INT64_C(1) << high, zone->model->geo.page_bytes);
		set_free(zone, half, high);
		mb_list_add(&half->lru, &zone->free_area[high].free_list[type]);
		zone->free_area[high].nr_free++;
	}
}

/* __rmqueue_smallest: the first block of the type's list of the smallest order that has one. */
static struct mb_page *take_smallest(struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	for (unsigned current = order; current < zone->nr_list_orders; current++) {
		struct mb_list *list = &zone->free_area[current].free_list[type];
		struct mb_page *page;

		if (mb_list_empty(list))
			continue;
		page = MB_LIST_ENTRY(list->next, struct mb_page, lru);
		unlink_free(zone, page, current);
		expand(zone, page, order, current, type);
		return page;
	}
	return NULL;
}

/*
 * The same of the largest order through windows, where all but the first descriptor must be made before a block is split. NULL
 * also when the host has no memory for them; the block stays free then.
 */
static struct mb_page *take_head(struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	unsigned largest = zone->nr_orders - 1;
	struct mb_list *list = &zone->free_area[largest].free_list[type];
	struct mb_page *head, *page;

	if (!zone->model->windows || mb_list_empty(list))
		return NULL;
	head = MB_LIST_ENTRY(list->next, struct mb_page, lru);
	unlink_free(zone, head, largest);
	page = order < largest ? mb_window_split(zone->model, head) : head;
	if (page) {
		expand(zone, page, order, largest, type);
		return page;
	}
	set_free(zone, head, largest);
	mb_list_add(&head->lru, list);
	zone->free_area[largest].nr_free++;
	return NULL;
}

/* Moves the free blocks of a pageblock to another type's lists (move_freepages_block). */
static uint64_t move_block(struct mb_zone *zone, mb_pfn_t pfn, enum mb_migratetype type)
{
	uint64_t moved = 0, pages = zone->model->geo.pages_per_block;
	mb_pfn_t start = pfn & ~(pages - 1), end = start + pages;

	if (start < zone->start_pfn)
		start = pfn;
	if (end > mb_zone_end_pfn(zone))
		return 0;
	for (pfn = start; pfn < end;) {
		struct mb_page *page = mb_memmodel_pfn_to_page(zone->model, pfn);

		if (!mb_page_is_buddy(&zone->model->layout, page) ||
		    mb_page_zone(&zone->model->layout, page) != zone->type ||
		    mb_page_nid(&zone->model->layout, page) != zone->nid) {
			pfn++;
			continue;
		}
		mb_list_del(&page->lru);
		mb_list_add(&page->lru, &zone->free_area[page->private].free_list[type]);
		moved += UINT64_C(1) << page->private;
		pfn += UINT64_C(1) << page->private;
	}
	return moved;
}

/* Requests that would fragment worst take the pageblock along, and so do large blocks (can_steal_fallback). */
static bool can_steal(const struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	return order >= zone->model->geo.pageblock_order / 2 || type != MB_MIGRATE_MOVABLE;
}

/*
 * steal_suitable_fallback: a block of a pageblock or more changes type as a whole. Of a smaller one the
 * free part of its pageblock comes along, and the type changes when that and what the request's type
 * already has are half of it. At boot nothing is movable, so all of a MOVABLE pageblock that is not free
 * counts for the others.
 */
static void steal(struct mb_zone *zone, struct mb_page *page, unsigned order,
		  enum mb_migratetype type)
{
	const struct mb_geometry *geo = &zone->model->geo;
	mb_pfn_t pfn = mb_memmodel_page_to_pfn(zone->model, page);
	enum mb_migratetype old = mb_memmodel_block_type(zone->model, pfn);
	uint64_t moved, alike = 0;

	mb_list_del(&page->lru);
	mb_list_add(&page->lru, &zone->free_area[order].free_list[type]);
	if (order >= geo->pageblock_order) {
		for (mb_pfn_t p = pfn; p < pfn + (UINT64_C(1) << order); p += geo->pages_per_block)
			mb_memmodel_set_block_type(zone->model, p, type);
		return;
	}
	if (!can_steal(zone, order, type))
		return;
	moved = move_block(zone, pfn, type);
	if (type != MB_MIGRATE_MOVABLE && old == MB_MIGRATE_MOVABLE)
		alike = geo->pages_per_block - moved;
	if (moved && moved + alike >= geo->pages_per_block / 2)
		mb_memmodel_set_block_type(zone->model, pfn, type);
}

/* The first block of another type on the lists of one order, types in the kernel's order; NULL: none. */
static struct mb_page *other_type(const struct mb_zone *zone, unsigned order,
				  enum mb_migratetype type)
{
	for (unsigned i = 0; i < MB_MIGRATE_PCPTYPES - 1; i++) {
		const struct mb_list *list = &zone->free_area[order].free_list[fallbacks[type][i]];

		if (!mb_list_empty(list))
			return MB_LIST_ENTRY(list->next, struct mb_page, lru);
	}
	return NULL;
}

/*
 * __rmqueue_fallback: the largest block of another type, to steal as much as can be; a movable request
 * that may not steal takes the smallest that fits instead.
 */
static struct mb_page *take_fallback(struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	struct mb_page *page = take_head(zone, order, type);
	unsigned current = zone->nr_orders;

	if (page)
		return page;
	while (!page && current-- > order)
		page = other_type(zone, current, type);
	if (!page)
		return NULL;
	if (current > order && !can_steal(zone, current, type)) {
		current = order;
		while (!(page = other_type(zone, current, type)))
			current++;
	}
	steal(zone, page, current, type);
	page = take_smallest(zone, order, type);
	return page ? page : take_head(zone, order, type);
}

static struct mb_page *take(struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	struct mb_page *page = take_smallest(zone, order, type);

	if (!page)
		page = take_fallback(zone, order, type);
	if (page)
		zone->free_pages -= UINT64_C(1) << order;
	return page;
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
	page = take(zone, order, type);
	mb_lock_drop(&zone->lock);
	return hand_out(page);
}

unsigned mb_buddy_alloc_bulk(struct mb_zone *zone, unsigned order, enum mb_migratetype type,
			     unsigned count, struct mb_list *list)
{
	unsigned taken = 0;

	mb_lock_take(&zone->lock);
	while (taken < count) {
		struct mb_page *page = take(zone, order, type);

		if (!page)
			break;
		mb_list_add_tail(&page->lru, list);
		taken++;
	}
	mb_lock_drop(&zone->lock);
	return taken;
}

/* --- check --- */

/* As the release side finds it, which is compiled apart for each model. */
static bool has_free_buddy(const struct mb_zone *zone, const struct mb_page *page, mb_pfn_t pfn,
			   unsigned order)
{
	const struct mb_memmodel *model = zone->model;
	const struct mb_page_layout *layout = &model->layout;

	return mb_page_is_buddy_of(mb_memmodel_pfn_to_page(model, pfn ^ UINT64_C(1) << order), page,
				   order, layout->zone_id_mask << layout->zone_shift,
				   layout->buddy_type);
}

static int check_block(const struct mb_zone *zone, const struct mb_page *page, unsigned order,
		       struct mb_err *err)
{
	const struct mb_memmodel *model = zone->model;
	size_t bytes = model->geo.page_bytes;
	mb_pfn_t pfn = mb_memmodel_page_to_pfn(model, page);
	bool alone = model->blocks && mb_window_is_head(model, page);
	uint64_t pages = alone ? 1 : UINT64_C(1) << order;
	unsigned long long shown = pfn;

	if (!mb_page_is_buddy(&zone->model->layout, page) || page->private != order)
		return MB_FAIL(err, -EUCLEAN,
			       "page frame 0x%llx is on a list of order %u but not marked so",
			       shown, order);
	if (pfn & ((UINT64_C(1) << order) - 1))
		return MB_FAIL(err, -EUCLEAN, "free block 0x%llx is not aligned to its order %u",
			       shown, order);
	if (mb_page_nid(&zone->model->layout, page) != zone->nid ||
	    mb_page_zone(&zone->model->layout, page) != zone->type || pfn < zone->start_pfn ||
	    pfn + (UINT64_C(1) << order) > mb_zone_end_pfn(zone))
		return MB_FAIL(err, -EUCLEAN, "free block 0x%llx is not of zone %s of node %d",
			       shown, mb_zone_name(zone->type), zone->nid);
	if (order < zone->nr_orders - 1 && has_free_buddy(zone, page, pfn, order) &&
	    types_merge(zone, pfn, pfn ^ UINT64_C(1) << order, order))
		return MB_FAIL(err, -EUCLEAN,
			       "free block 0x%llx of order %u was not merged with its buddy", shown,
			       order);
	for (uint64_t i = 0; i < pages; i++) {
		const struct mb_page *inside = mb_page_at(page, (int64_t)i, bytes);

		if (inside->refcount || mb_page_test(inside, MB_PG_RESERVED) ||
		    (i && mb_page_is_buddy(&zone->model->layout, inside)))
			return MB_FAIL(err, -EUCLEAN,
				       "page frame 0x%llx inside a free block is in use",
				       shown + (unsigned long long)i);
	}
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
	if (zone->bad_pages)
		r = MB_FAIL(
			err, -EUCLEAN,
			"node %d zone %s: %llu pages were not as free pages must be when they were released",
			zone->nid, mb_zone_name(zone->type), (unsigned long long)zone->bad_pages);
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
