/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/base/bits.h"
#include "core/buddy.h"
#include "core/memmodel_tmpl.h"

/* Where a type looks when its own lists are empty (fallbacks[][], 6.1). */
static const enum mb_migratetype fallbacks[MB_MIGRATE_PCPTYPES][MB_MIGRATE_PCPTYPES - 1] = {
	[MB_MIGRATE_UNMOVABLE] = {MB_MIGRATE_RECLAIMABLE, MB_MIGRATE_MOVABLE},
	[MB_MIGRATE_MOVABLE] = {MB_MIGRATE_RECLAIMABLE, MB_MIGRATE_UNMOVABLE},
	[MB_MIGRATE_RECLAIMABLE] = {MB_MIGRATE_UNMOVABLE, MB_MIGRATE_MOVABLE},
};

/* The code of one model and size of descriptor: called once for a block, a list or a range, never for a page inside one. */
struct buddy_code {
	void (*release_range)(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end,
			      unsigned max_order);
	struct mb_page *(*alloc)(struct mb_zone *zone, unsigned order, enum mb_migratetype type);
	void (*free)(struct mb_zone *zone, struct mb_page *page, unsigned order);
	unsigned (*alloc_bulk)(struct mb_zone *zone, unsigned order, enum mb_migratetype type,
			       unsigned count, struct mb_list *list);
	void (*free_bulk)(struct mb_zone *zone, unsigned order, struct mb_list *list);
	int (*check)(struct mb_zone *zone, struct mb_err *err);
};

void mb_buddy_prepare_free(const struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	size_t bytes = zone->model->geo.page_bytes;

	page->refcount = 0;
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		page->mapping = 0;
		page->index = 0;
		page->private = 0;
		page->page_type = MB_PAGE_TYPE_NONE;
		page->flags &= ~(UINT64_C(1) << MB_PG_SLAB | UINT64_C(1) << MB_PG_HEAD);
		page = mb_page_at(page, 1, bytes);
	}
}

/* prep_new_page: a block in its user's hands. */
static struct mb_page *hand_out(struct mb_page *page)
{
	if (page)
		page->refcount = 1;
	return page;
}

#define TEMPLATE "core/buddy_tmpl.c"
#include "core/memmodel_each_tmpl.c"
#undef TEMPLATE

static const struct buddy_code *const codes[MB_NR_MEMMODELS][MB_NR_PAGE_SIZES] = TMPL_TABLE(&code);

static const struct buddy_code *code(const struct mb_zone *zone)
{
	return codes[zone->model->id][zone->model->size];
}

void mb_buddy_release_range(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end, unsigned max_order)
{
	code(zone)->release_range(zone, start, end, max_order);
}

struct mb_page *mb_buddy_alloc(struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	return code(zone)->alloc(zone, order, type);
}

void mb_buddy_free(struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	code(zone)->free(zone, page, order);
}

unsigned mb_buddy_alloc_bulk(struct mb_zone *zone, unsigned order, enum mb_migratetype type,
			     unsigned count, struct mb_list *list)
{
	return code(zone)->alloc_bulk(zone, order, type, count, list);
}

void mb_buddy_free_bulk(struct mb_zone *zone, unsigned order, struct mb_list *list)
{
	code(zone)->free_bulk(zone, order, list);
}

int mb_buddy_check(struct mb_zone *zone, struct mb_err *err)
{
	return code(zone)->check(zone, err);
}
