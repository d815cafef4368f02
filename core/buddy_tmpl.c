/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gives pages to the buddy, compiled once for each memory model and size of descriptor
 * (core/memmodel_tmpl.h). Everything here runs under the zone's lock unless said otherwise; what the
 * table at the end names takes it itself.
 */

static enum mb_migratetype TMPL(block_type)(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	unsigned shift;
	_Atomic uint64_t *word = BLOCK_WORD(model, pfn, &shift);

	return (enum mb_migratetype)(atomic_load_explicit(word, memory_order_relaxed) >> shift & 7);
}

/* The block of the same order that would merge with pfn, if it is free and of this zone. */
static struct mb_page *TMPL(find_buddy)(const struct mb_zone *zone, const struct mb_page *page,
					mb_pfn_t pfn, unsigned order)
{
	struct mb_page *buddy = PFN_TO_PAGE(zone->model, pfn ^ UINT64_C(1) << order);

	/* Of the same section, so there is a descriptor. */
	return mb_page_is_buddy_of(buddy, page, order, ZONE_ID_BITS(zone->model),
				   zone->model->layout.buddy_type)
		       ? buddy
		       : NULL;
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

		if (!types_merge(zone, pfn, buddy_pfn, order))
			break;
		unlink_free(zone, buddy, order);
		if (buddy_pfn < pfn) {
			page = buddy;
			pfn = buddy_pfn;
		}
		order++;
	}
	page = FREE_HOME(zone->model, page, pfn, order);
	set_free(zone, page, order);
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

/*
 * free_pages_prepare for a block that nobody used yet: whether each of its pages may be freed, which is asked only with
 * check (check_pages_enabled), and no flags but those of its place. The number of bad pages.
 */
static inline uint64_t TMPL(prepare)(struct mb_page *page, const struct mb_page *end, bool check)
{
	uint64_t bad = 0;

	for (; page < end; page = PAGE_AT(page, 1)) {
		if (check && !may_be_freed(page, PAGE_BYTES))
			bad++;
		else
			page->flags &= ~MB_PAGE_FLAGS_CLEARED;
	}
	return bad;
}

/*
 * __free_pages_core for one block; takes the lock itself, once for all pieces (split_large_buddy), each
 * of which goes to the list of its own pageblock's type. A block with a bad page is kept from the lists.
 */
static void TMPL(free_core)(struct mb_zone *zone, mb_pfn_t pfn, unsigned order)
{
	unsigned piece = (unsigned)mb_min(order, zone->release_order);
	struct mb_page *page = PFN_TO_PAGE(zone->model, pfn);
	const struct mb_page *end = PAGE_AT(page, UINT64_C(1) << order);
	uint64_t bad;

	for (struct mb_page *p = page; p < end; p = PAGE_AT(p, 1)) {
		__builtin_prefetch(PAGE_AT(p, 1), 1);
		p->flags &= ~MB_PAGE_FLAG(RESERVED);
		p->refcount = 0;
	}
	atomic_fetch_add_explicit(&zone->managed, UINT64_C(1) << order, memory_order_relaxed);
	bad = zone->check_pages ? TMPL(prepare)(page, end, true) : TMPL(prepare)(page, end, false);
	mb_lock_take(&zone->lock);
	zone->bad_pages += bad;
	if (bad)
		page = PAGE_AT(page, UINT64_C(1) << order);
	for (; page < end; page = PAGE_AT(page, UINT64_C(1) << piece)) {
		TMPL(free_one)(zone, page, pfn, piece, true);
		pfn += UINT64_C(1) << piece;
	}
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

static void TMPL(free)(struct mb_zone *zone, struct mb_page *page, unsigned order)
{
	mb_buddy_prepare_free(zone, page, order);
	mb_lock_take(&zone->lock);
	TMPL(free_one)(zone, page, PAGE_TO_PFN(zone->model, page), order, false);
	mb_lock_drop(&zone->lock);
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

static const struct buddy_code TMPL(code) = {
	.release_range = TMPL(release_range),
	.free = TMPL(free),
	.free_bulk = TMPL(free_bulk),
};
