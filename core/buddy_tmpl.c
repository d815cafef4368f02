/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page allocator, compiled once for each memory model and size of descriptor (core/memmodel_tmpl.h). Everything here runs
 * under the zone's lock unless said otherwise; what the table at the end names takes it itself.
 */

static enum mb_migratetype TMPL(block_type)(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	unsigned shift;
	_Atomic uint64_t *word = BLOCK_WORD(model, pfn, &shift);

	return (enum mb_migratetype)(atomic_load_explicit(word, memory_order_relaxed) >> shift & 7);
}

static void TMPL(set_free)(struct mb_page *page, unsigned order)
{
	page->private = order;
	page->page_type = MB_PAGE_TYPE_BUDDY;
}

static void TMPL(unlink_free)(struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	mb_list_del_init(&page->lru);
	page->private = 0;
	page->page_type = MB_PAGE_TYPE_NONE;
	zone->free_area[order].nr_free--;
}

/* The block of the same order that would merge with pfn, if it is free and of this zone. */
static struct mb_page *TMPL(find_buddy)(const struct mb_zone *zone, const struct mb_page *page,
					mb_pfn_t pfn, unsigned order)
{
	struct mb_page *buddy = PFN_TO_PAGE(zone->model, pfn ^ UINT64_C(1) << order);

	/* Of the same section, so there is a descriptor. */
	return mb_page_is_buddy_of(buddy, page, order, ZONE_ID_BITS(zone->model)) ? buddy : NULL;
}

/* Above pageblock size, types that must stay apart do not merge. */
static bool TMPL(types_merge)(const struct mb_zone *zone, mb_pfn_t pfn, mb_pfn_t buddy_pfn,
			      unsigned order)
{
	enum mb_migratetype a, b;

	if (order < zone->model->geo.pageblock_order)
		return true;
	a = TMPL(block_type)(zone->model, pfn);
	b = TMPL(block_type)(zone->model, buddy_pfn);
	return a == b || (a < MB_MIGRATE_PCPTYPES && b < MB_MIGRATE_PCPTYPES);
}

/*
 * __free_one_page: merges upward and links the result. tail: always at the tail; else only when the
 * next merge is likely.
 */
static void TMPL(free_one)(struct mb_zone *zone, struct mb_page *page, mb_pfn_t pfn, unsigned order,
			   bool tail)
{
	enum mb_migratetype type = TMPL(block_type)(zone->model, pfn);
	unsigned max_order = zone->nr_orders - 1;
	struct mb_free_area *area;
	struct mb_page *buddy;

	zone->free_pages += UINT64_C(1) << order;
	while (order < max_order && (buddy = TMPL(find_buddy)(zone, page, pfn, order))) {
		mb_pfn_t buddy_pfn = pfn ^ UINT64_C(1) << order;

		if (!TMPL(types_merge)(zone, pfn, buddy_pfn, order))
			break;
		TMPL(unlink_free)(zone, buddy, order);
		if (buddy_pfn < pfn) {
			page = buddy;
			pfn = buddy_pfn;
		}
		order++;
	}
	TMPL(set_free)(page, order);
	area = &zone->free_area[order];
	if (!tail && order + 1 < max_order) {
		mb_pfn_t up = pfn & ~(UINT64_C(1) << order);

		tail = TMPL(find_buddy)(zone, page, up, order + 1) != NULL;
	}
	if (tail)
		mb_list_add_tail(&page->lru, &area->free_list[type]);
	else
		mb_list_add(&page->lru, &area->free_list[type]);
	area->nr_free++;
}

/* __free_pages_core for one block; takes the lock itself. */
static void TMPL(free_core)(struct mb_zone *zone, mb_pfn_t pfn, unsigned order)
{
	struct mb_page *page = PFN_TO_PAGE(zone->model, pfn);

	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		PAGE_AT(page, i)->flags &= ~(UINT64_C(1) << MB_PG_RESERVED);
		PAGE_AT(page, i)->refcount = 0;
	}
	atomic_fetch_add_explicit(&zone->managed, UINT64_C(1) << order, memory_order_relaxed);
	mb_lock_take(&zone->lock);
	TMPL(free_one)(zone, page, pfn, order, true);
	mb_lock_drop(&zone->lock);
}

static void TMPL(release_range)(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end,
				unsigned max_order)
{
	while (start < end) {
		unsigned order = start ? (unsigned)mb_min(max_order, mb_ctz64(start)) : max_order;

		while (start + (UINT64_C(1) << order) > end)
			order--;
		TMPL(free_core)(zone, start, order);
		start += UINT64_C(1) << order;
	}
}

/* Splits a block down to order; upper halves go to the heads of their lists (expand). */
static void TMPL(expand)(struct mb_zone *zone, struct mb_page *page, unsigned order, unsigned high,
			 enum mb_migratetype type)
{
	while (high > order) {
		struct mb_page *half;

		high--;
		half = PAGE_AT(page, UINT64_C(1) << high);
		TMPL(set_free)(half, high);
		mb_list_add(&half->lru, &zone->free_area[high].free_list[type]);
		zone->free_area[high].nr_free++;
	}
}

/* __rmqueue_smallest: the first block of the type's list of the smallest order that has one. */
static struct mb_page *TMPL(take_smallest)(struct mb_zone *zone, unsigned order,
					   enum mb_migratetype type)
{
	for (unsigned current = order; current < zone->nr_orders; current++) {
		struct mb_list *list = &zone->free_area[current].free_list[type];
		struct mb_page *page;

		if (mb_list_empty(list))
			continue;
		page = MB_LIST_ENTRY(list->next, struct mb_page, lru);
		TMPL(unlink_free)(zone, page, current);
		TMPL(expand)(zone, page, order, current, type);
		return page;
	}
	return NULL;
}

/* Moves the free blocks of a pageblock to another type's lists (move_freepages_block). */
static uint64_t TMPL(move_block)(struct mb_zone *zone, mb_pfn_t pfn, enum mb_migratetype type)
{
	uint64_t moved = 0, pages = zone->model->geo.pages_per_block;
	mb_pfn_t start = pfn & ~(pages - 1), end = start + pages;

	if (start < zone->start_pfn)
		start = pfn;
	if (end > mb_zone_end_pfn(zone))
		return 0;
	for (pfn = start; pfn < end;) {
		struct mb_page *page = PFN_TO_PAGE(zone->model, pfn);

		if (!mb_page_is_buddy(page) ||
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
static bool TMPL(can_steal)(const struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	return order >= zone->model->geo.pageblock_order / 2 || type != MB_MIGRATE_MOVABLE;
}

/*
 * steal_suitable_fallback: a block of a pageblock or more changes type as a whole. Of a smaller one the
 * free part of its pageblock comes along, and the type changes when that and what the request's type
 * already has are half of it. At boot nothing is movable, so all of a MOVABLE pageblock that is not free
 * counts for the others.
 */
static void TMPL(steal)(struct mb_zone *zone, struct mb_page *page, unsigned order,
			enum mb_migratetype type)
{
	const struct mb_geometry *geo = &zone->model->geo;
	mb_pfn_t pfn = PAGE_TO_PFN(zone->model, page);
	enum mb_migratetype old = TMPL(block_type)(zone->model, pfn);
	uint64_t moved, alike = 0;

	mb_list_del(&page->lru);
	mb_list_add(&page->lru, &zone->free_area[order].free_list[type]);
	if (order >= geo->pageblock_order) {
		for (mb_pfn_t p = pfn; p < pfn + (UINT64_C(1) << order); p += geo->pages_per_block)
			mb_memmodel_set_block_type(zone->model, p, type);
		return;
	}
	if (!TMPL(can_steal)(zone, order, type))
		return;
	moved = TMPL(move_block)(zone, pfn, type);
	if (type != MB_MIGRATE_MOVABLE && old == MB_MIGRATE_MOVABLE)
		alike = geo->pages_per_block - moved;
	if (moved && moved + alike >= geo->pages_per_block / 2)
		mb_memmodel_set_block_type(zone->model, pfn, type);
}

/* The first block of another type on the lists of one order, types in the kernel's order; NULL: none. */
static struct mb_page *TMPL(other_type)(const struct mb_zone *zone, unsigned order,
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
static struct mb_page *TMPL(take_fallback)(struct mb_zone *zone, unsigned order,
					   enum mb_migratetype type)
{
	struct mb_page *page = NULL;
	unsigned current = zone->nr_orders;

	while (!page && current-- > order)
		page = TMPL(other_type)(zone, current, type);
	if (!page)
		return NULL;
	if (current > order && !TMPL(can_steal)(zone, current, type)) {
		current = order;
		while (!(page = TMPL(other_type)(zone, current, type)))
			current++;
	}
	TMPL(steal)(zone, page, current, type);
	return TMPL(take_smallest)(zone, order, type);
}

static struct mb_page *TMPL(take)(struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	struct mb_page *page = TMPL(take_smallest)(zone, order, type);

	if (!page)
		page = TMPL(take_fallback)(zone, order, type);
	if (page)
		zone->free_pages -= UINT64_C(1) << order;
	return page;
}

static struct mb_page *TMPL(alloc)(struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	struct mb_page *page;

	mb_lock_take(&zone->lock);
	page = TMPL(take)(zone, order, type);
	mb_lock_drop(&zone->lock);
	return hand_out(page);
}

static void TMPL(free)(struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	mb_buddy_prepare_free(zone, page, order);
	mb_lock_take(&zone->lock);
	TMPL(free_one)(zone, page, PAGE_TO_PFN(zone->model, page), order, false);
	mb_lock_drop(&zone->lock);
}

static unsigned TMPL(alloc_bulk)(struct mb_zone *zone, unsigned order, enum mb_migratetype type,
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

static void TMPL(free_bulk)(struct mb_zone *zone, unsigned order, struct mb_list *list)
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

static int TMPL(check_block)(const struct mb_zone *zone, const struct mb_page *page, unsigned order,
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
	if (mb_page_nid(&zone->model->layout, page) != zone->nid ||
	    mb_page_zone(&zone->model->layout, page) != zone->type || pfn < zone->start_pfn ||
	    pfn + (UINT64_C(1) << order) > mb_zone_end_pfn(zone))
		return MB_FAIL(err, -EUCLEAN, "free block 0x%llx is not of zone %s of node %d",
			       shown, mb_zone_name(zone->type), zone->nid);
	if (order < zone->nr_orders - 1 && TMPL(find_buddy)(zone, page, pfn, order) &&
	    TMPL(types_merge)(zone, pfn, pfn ^ UINT64_C(1) << order, order))
		return MB_FAIL(err, -EUCLEAN,
			       "free block 0x%llx of order %u was not merged with its buddy", shown,
			       order);
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		const struct mb_page *inside = PAGE_AT(page, i);

		if (inside->refcount || mb_page_test(inside, MB_PG_RESERVED) ||
		    (i && mb_page_is_buddy(inside)))
			return MB_FAIL(err, -EUCLEAN,
				       "page frame 0x%llx inside a free block is in use",
				       shown + (unsigned long long)i);
	}
	return 0;
}

static int TMPL(check_area)(const struct mb_zone *zone, unsigned order, uint64_t *free_pages,
			    struct mb_err *err)
{
	const struct mb_free_area *area = &zone->free_area[order];
	uint64_t blocks = 0;

	for (unsigned type = 0; type < MB_MIGRATE_TYPES; type++) {
		const struct mb_list *pos;

		mb_list_for_each(pos, &area->free_list[type]) {
			int r = TMPL(check_block)(zone, MB_LIST_ENTRY(pos, struct mb_page, lru),
						  order, err);

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

static int TMPL(check)(struct mb_zone *zone, struct mb_err *err)
{
	uint64_t free_pages = 0;
	int r = 0;

	mb_lock_take(&zone->lock);
	for (unsigned order = 0; !r && order < zone->nr_orders; order++)
		r = TMPL(check_area)(zone, order, &free_pages, err);
	if (!r && free_pages != zone->free_pages)
		r = MB_FAIL(err, -EUCLEAN,
			    "node %d zone %s: lists hold %llu free pages, %llu were counted",
			    zone->nid, mb_zone_name(zone->type), (unsigned long long)free_pages,
			    (unsigned long long)zone->free_pages);
	mb_lock_drop(&zone->lock);
	return r;
}

static const struct buddy_code TMPL(code) = {
	.release_range = TMPL(release_range),
	.alloc = TMPL(alloc),
	.free = TMPL(free),
	.alloc_bulk = TMPL(alloc_bulk),
	.free_bulk = TMPL(free_bulk),
	.check = TMPL(check),
};
