/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: memblock_free_all, memmap_init_reserved_pages, __free_memory_core, __free_pages_memory,
 * memblock_free_pages (mm/memblock.c, 6.1).
 * Kept: managed starts again at 0; reserved pages first, with their descriptors made here where
 * they were deferred; then free ranges in ascending order over all nodes, cut into naturally
 * aligned blocks, each skipped if its node deferred it; totalram counts skipped ones too.
 * Left out: free_unused_memmap (ARM's flat memmaps).
 * Invariants: free pages = managed, zone by zone; a reserved page with a descriptor has
 * PG_reserved; totalram = whole pages of the free ranges.
 */
#include <errno.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/buddy.h"
#include "core/handoff.h"
#include "core/movable.h"
#include "core/memmodel_tmpl.h"
#include "core/pageinit.h"
#include "core/record.h"
#include "core/window.h"

static bool deferred(const struct mb_node *node, mb_pfn_t pfn)
{
	return node && pfn >= node->first_deferred_pfn;
}

/*
 * init_reserved_page: the descriptor of a reserved page whose range was deferred; its zone by a
 * scan of the node's zones. A page of a hole, which has its descriptor, is made anew where it lies in
 * the span of one.
 */
static void init_deferred_page(struct mb_boot *boot, const struct mb_memmodel *model,
			       struct mb_node *node, mb_pfn_t pfn)
{
	for (unsigned z = 0; z < MB_NR_ZONES; z++) {
		const struct mb_zone *zone = &node->zones[z];

		if (pfn - zone->start_pfn < zone->spanned) {
			mb_pageinit_pfns(model, pfn, pfn + 1, zone->type, node->nid);
			if (boot->profile->deferred_reserved_typed &&
			    !(pfn & (boot->model.geo.pages_per_block - 1)))
				mb_memmodel_set_block_type(&boot->model, pfn, MB_MIGRATE_MOVABLE);
			return;
		}
	}
}

/* The memory region that was found last, as early_pfn_to_nid keeps it. */
struct nid_cache {
	atomic_flag lock;
	mb_pfn_t start, end;
	int nid;
};

/* early_pfn_to_nid, which takes a spinlock that nobody else wants. What is no memory is the first node's. */
static struct mb_node *early_pfn_node(const struct mb_boot *boot, struct nid_cache *cache,
				      mb_pfn_t pfn)
{
	int nid;

	while (atomic_flag_test_and_set_explicit(&cache->lock, memory_order_acquire))
		;
	nid = cache->nid;
	if (pfn < cache->start || pfn >= cache->end) {
		nid = mb_memblock_search_pfn_nid(&boot->memblock, pfn, &cache->start, &cache->end);
		if (nid >= 0)
			cache->nid = nid;
	}
	atomic_flag_clear_explicit(&cache->lock, memory_order_release);
	return boot->nodes[nid >= 0 ? nid : mb_node_first_online(boot)];
}

#define TEMPLATE "core/handoff_tmpl.c"
#include "core/memmodel_each_tmpl.c"
#undef TEMPLATE

/*
 * Marks [start, end), pages of node; with a cache the node of each page is looked up, with neither there
 * is none.
 */
typedef int reserve_fn(struct mb_boot *boot, const struct mb_memmodel *model, mb_pfn_t start,
		       mb_pfn_t end, struct mb_node *node, struct nid_cache *cache);

static reserve_fn *const reserve_pages[MB_NR_MEMMODELS][MB_NR_PAGE_SIZES] =
	TMPL_TABLE(reserve_pages);

/*
 * How the block [start, end) is marked: what is fresh as a whole, or is all of one deferred zone's, may go through the window.
 * Whatever else, a hole or a part of a block, stays.
 */
static enum mb_window_use reserve_use(const struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end,
				      struct mb_node *node, const struct mb_zone **ret_zone)
{
	struct mb_window_told told;
	mb_pfn_t first, last;
	int nid;

	if (!mb_window_is_whole(&boot->model, start, end) ||
	    !mb_window_tells(boot, start, end, &told))
		return MB_WINDOW_OWN;
	if (told.made)
		return told.reserved ? MB_WINDOW_OWN : MB_WINDOW_FILL;
	nid = mb_memblock_search_pfn_nid(&boot->memblock, start, &first, &last);
	if (nid < 0 || last < end || (node && node->nid != nid) ||
	    !deferred(boot->nodes[nid], start))
		return MB_WINDOW_OWN;
	for (unsigned z = 0; z < MB_NR_ZONES; z++) {
		const struct mb_zone *zone = &boot->nodes[nid]->zones[z];

		if (start - zone->start_pfn < zone->spanned) {
			*ret_zone = zone;
			return end <= mb_zone_end_pfn(zone) ? MB_WINDOW_MAKE : MB_WINDOW_OWN;
		}
	}
	return MB_WINDOW_OWN;
}

/* Marks [start, end) through windows, block by block. */
static int reserve_through(struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end, struct mb_node *node,
			   struct nid_cache *cache)
{
	reserve_fn *reserve = reserve_pages[boot->model.id][boot->model.size];
	int r = 0;

	while (!r && (start = mb_memmodel_next_valid(&boot->model, start)) < end) {
		struct mb_window_ring *ring = mb_window_ring_at(boot, start);
		mb_pfn_t next = mb_window_block_end(&boot->model, start, end);
		const struct mb_zone *zone = NULL;
		enum mb_window_use use = reserve_use(boot, start, next, node, &zone);
		const struct mb_memmodel *at = mb_window_open(ring, start, use, zone);

		if (!at)
			return mb_window_status(boot);
		r = reserve(boot, at, start, next, node, cache);
		mb_window_close(ring, MB_WINDOW_RESERVED, NULL);
		start = next;
	}
	return r;
}

static int reserve_range(struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end, struct mb_node *node,
			 struct nid_cache *cache)
{
	if (boot->model.windows)
		return reserve_through(boot, start, end, node, cache);
	return reserve_pages[boot->model.id][boot->model.size](boot, &boot->model, start, end, node,
							       cache);
}

/* From 6.5 on: the range is cut where memory of another node begins, or memory ends. */
static int reserve_by_node(struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end)
{
	mb_pfn_t from, to;
	int index = -1, nid, r = 0;

	while (!r && start < end &&
	       mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &from, &to,
					      &nid)) {
		from = mb_clamp(from, start, end);
		to = mb_clamp(to, start, end);
		if (from >= to)
			continue;
		r = reserve_range(boot, start, from, NULL, NULL);
		if (!r)
			r = reserve_range(boot, from, to, boot->nodes[nid], NULL);
		start = to;
	}
	return r ? r : reserve_range(boot, start, end, NULL, NULL);
}

/* Page frames of [start, end) that have a descriptor. */
static uint64_t count_described(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end)
{
	uint64_t pages = 0;

	while (start < end) {
		mb_pfn_t next = mb_memmodel_section_end(model, start, end);

		if (mb_memmodel_pfn_valid(model, start))
			pages += next - start;
		else
			next = mb_min(end, mb_memmodel_next_valid(model, start));
		start = next;
	}
	return pages;
}

/* memblock_is_reserved_noinit, which memory never is. */
static bool left_alone(const struct mb_boot *boot, const struct mb_memblock_region *region)
{
	return boot->profile->reserved_noinit && region->flags & MB_MEMBLOCK_RSRV_NOINIT;
}

/*
 * Every page that a region of the type touches; flags: those regions alone. Two regions may share a
 * page. A kernel without deferred init does not ask for the node.
 */
static int reserve_regions(struct mb_boot *boot, const struct mb_memblock_type *type,
			   unsigned flags, struct mb_phase_stat *phase)
{
	struct nid_cache cache = {.lock = ATOMIC_FLAG_INIT, .nid = MB_NO_NODE};
	unsigned shift = boot->machine->page_shift;
	bool asks = boot->config.policy != MB_POLICY_EAGER;
	bool by_page = asks && boot->profile->reserved_nid_by_page;
	mb_pfn_t counted = 0;
	int r = 0;

	for (unsigned long i = 0; !r && i < type->cnt; i++) {
		const struct mb_memblock_region *region = &type->regions[i];
		mb_pfn_t start = region->base >> shift;
		mb_pfn_t end = mb_div_ceil(region->base + region->size, UINT64_C(1) << shift);

		if (!region->size || (region->flags & flags) != flags || left_alone(boot, region))
			continue;
		phase->pages += count_described(&boot->model, mb_max(start, counted), end);
		counted = end;
		if (boot->config.dry_run)
			continue;
		r = asks && !by_page
			    ? reserve_by_node(boot, start, end)
			    : reserve_range(boot, start, end, NULL, by_page ? &cache : NULL);
	}
	return r;
}

/* memmap_init_reserved_pages: reserved regions, then memory that must not be mapped. */
static int reserved_pass(struct mb_boot *boot)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_handoff_stage);
	struct mb_phase_stat *phase = &stat->phases[stat->nr_phases++];
	uint64_t since = mb_host_now_ns(boot->host);
	int r;

	phase->name = "memmap_init_reserved_pages";
	r = reserve_regions(boot, &boot->memblock.reserved, 0, phase);
	if (!r)
		r = reserve_regions(boot, &boot->memblock.memory, MB_MEMBLOCK_NOMAP, phase);
	if (!boot->config.dry_run)
		phase->ns = mb_host_now_ns(boot->host) - since;
	stat->pages += phase->pages;
	return r;
}

/* Through windows, block by block: what is fresh as a whole, else by private descriptors. */
static void release_through(struct mb_boot *boot, struct mb_zone *zone, mb_pfn_t start,
			    mb_pfn_t end)
{
	struct mb_window_ring *ring = mb_window_ring_at(boot, start);

	while (start < end) {
		mb_pfn_t next = mb_window_block_end(&boot->model, start, end);
		bool whole = mb_window_is_whole(&boot->model, start, next);

		if (!mb_window_open(ring, start, whole ? MB_WINDOW_FILL : MB_WINDOW_OWN, NULL))
			return;
		mb_buddy_release_range(zone, start, next, boot->model.geo.max_order);
		mb_window_close(ring, MB_WINDOW_HEAD, zone);
		start = next;
	}
}

static void release(struct mb_boot *boot, struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	if (!boot->config.dry_run && boot->model.windows)
		release_through(boot, zone, start, end);
	else if (!boot->config.dry_run)
		mb_buddy_release_range(zone, start, end, boot->model.geo.max_order);
	else
		atomic_fetch_add_explicit(&zone->managed, end - start, memory_order_relaxed);
}

/*
 * True when [start, …) of a free range, cut at every border of zones, is this zone's: where zones share a
 * span, the descriptor says; a dry run has the flag of its region.
 */
static enum mb_zone_type zone_at(const struct mb_boot *boot, mb_pfn_t pfn)
{
	struct mb_window_told told;

	if (mb_window_tells(boot, pfn, MB_PFN_NONE, &told))
		return told.zone;
	return mb_page_zone(&boot->model.layout, mb_memmodel_pfn_to_page(&boot->model, pfn));
}

static bool owns(const struct mb_boot *boot, const struct mb_zone *zone, mb_pfn_t start)
{
	if (boot->config.dry_run)
		return mb_movable_owns(boot, zone, start);
	return !mb_movable_overlaps(boot, boot->nodes[zone->nid]) ||
	       zone_at(boot, start) == zone->type;
}

/* What of [start, end) is in the zone. */
static int free_in(struct mb_boot *boot, struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_handoff_stage);
	mb_pfn_t from = mb_clamp(start, zone->start_pfn, mb_zone_end_pfn(zone));
	mb_pfn_t to = mb_clamp(end, zone->start_pfn, mb_zone_end_pfn(zone));

	if (from >= to || !owns(boot, zone, from))
		return 0;
	while (from < to) {
		mb_pfn_t next = mb_memmodel_section_end(&boot->model, from, to);

		if (mb_host_cancelled(boot->host))
			return -ECANCELED;
		if (boot->config.dry_run && !boot->model.nr_dropped)
			next = to;
		if (mb_memmodel_pfn_valid(&boot->model, from)) {
			release(boot, zone, from, next);
			stat->pages += next - from;
		}
		mb_boot_did_pages(boot, next - from);
		from = next;
	}
	return 0;
}

uint64_t mb_handoff_valid_pages(const struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end)
{
	return boot->model.nr_dropped ? count_described(&boot->model, start, end) : end - start;
}

/*
 * One free range of one node. The deferred boundary is section aligned, and no block straddles a
 * section, so skipping blocks is cutting the range at the boundary. It is also cut where Movable begins,
 * because below that all of a shared span is Normal's.
 */
static int free_range(struct mb_boot *boot, struct mb_node *node, mb_pfn_t start, mb_pfn_t end)
{
	mb_pfn_t cut = mb_clamp(node->movable_pfn, start, end);
	int r = 0;

	boot->totalram_pages += mb_handoff_valid_pages(boot, start, end);
	end = mb_min(end, mb_max(start, node->first_deferred_pfn));
	boot->released_pages += mb_handoff_valid_pages(boot, start, end);
	cut = mb_min(cut, end);
	for (unsigned z = 0; !r && z < MB_NR_ZONES; z++) {
		r = free_in(boot, &node->zones[z], start, cut);
		if (!r)
			r = free_in(boot, &node->zones[z], cut, end);
	}
	return r;
}

static int free_pass(struct mb_boot *boot)
{
	mb_pfn_t start, end;
	uint64_t cursor = 0;
	int nid, r = 0;

	while (!r && mb_memblock_next_free_pfn_range(&boot->memblock, &cursor, MB_MAX_NODES, &start,
						     &end, &nid))
		r = free_range(boot, boot->nodes[nid], start, end);
	return r;
}

/* Where the record of a real boot says what was reserved by now, that holds. */
static int take_record(struct mb_boot *boot)
{
	const struct mb_record *record = boot->config.record;
	int r;

	if (!record)
		return 0;
	r = mb_memblock_phys_free(&boot->memblock, 0, MB_PHYS_MAX);
	for (size_t i = 0; !r && i < record->nr_reserved; i++)
		r = mb_memblock_reserve(&boot->memblock, record->reserved[i].start,
					record->reserved[i].end - record->reserved[i].start);
	return r ? MB_FAIL(&boot->err, r, "memblock cannot hold %zu reserved ranges",
			   record->nr_reserved)
		 : 0;
}

/* What was reserved since memmap_init has cut blocks that went through a window. */
static int handoff_prepare(struct mb_boot *boot)
{
	return mb_window_prepare_handoff(boot);
}

static int handoff_run(struct mb_boot *boot)
{
	struct mb_node *node;
	int r = take_record(boot);

	if (r)
		return r;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			atomic_store_explicit(&node->zones[z].managed, 0, memory_order_relaxed);
	mb_memblock_clear_hotplug(&boot->memblock, 0, MB_PHYS_MAX);
	mb_boot_begin_pages(boot, mb_memblock_phys_mem_size(&boot->memblock) >>
					  boot->machine->page_shift);
	r = reserved_pass(boot);
	if (!r)
		r = free_pass(boot);
	if (!boot->config.dry_run)
		mb_boot_stat(boot, &mb_handoff_stage)->bytes =
			mb_boot_stat(boot, &mb_handoff_stage)->pages * boot->model.geo.page_bytes;
	return r ? r : mb_window_status(boot);
}

/* Every page with a descriptor that a reserved region touches is marked, unless it is left alone. */
static int check_reserved(struct mb_boot *boot)
{
	const struct mb_memblock_type *reserved = &boot->memblock.reserved;
	unsigned shift = boot->machine->page_shift;

	for (unsigned long i = 0; i < reserved->cnt; i++) {
		const struct mb_memblock_region *region = &reserved->regions[i];
		mb_pfn_t end = mb_div_ceil(region->base + region->size, UINT64_C(1) << shift);

		for (mb_pfn_t pfn = region->base >> shift; pfn < end && !left_alone(boot, region);
		     pfn++) {
			struct mb_window_told told;

			if (!(pfn & 0xffff) && mb_host_cancelled(boot->host))
				return -ECANCELED;
			if (boot->model.windows && mb_memmodel_pfn_valid(&boot->model, pfn) &&
			    mb_window_tells(boot, pfn, end, &told) && told.reserved) {
				pfn = told.end - 1;
				continue;
			}
			if (mb_memmodel_pfn_valid(&boot->model, pfn) &&
			    !mb_page_test(mb_memmodel_pfn_to_page(&boot->model, pfn),
					  MB_PG_RESERVED))
				return MB_FAIL(&boot->err, -EUCLEAN,
					       "page frame 0x%llx is reserved but not marked so",
					       (unsigned long long)pfn);
		}
	}
	return 0;
}

/* totalram: the whole pages of all free ranges, unless some of them have no descriptor. */
static int check_totalram(struct mb_boot *boot)
{
	uint64_t pages =
		mb_memblock_count_free_pages(&boot->memblock, MB_MAX_NODES, 0, MB_PFN_NONE);

	if (!boot->model.nr_dropped && boot->totalram_pages != pages)
		return MB_FAIL(&boot->err, -EUCLEAN, "totalram is %llu pages, %llu are free",
			       (unsigned long long)boot->totalram_pages, (unsigned long long)pages);
	return 0;
}

static int handoff_check(struct mb_boot *boot)
{
	struct mb_node *node;
	int reserved = boot->config.dry_run ? 0 : check_reserved(boot);

	if (reserved)
		return reserved;
	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			struct mb_zone *zone = &node->zones[z];
			uint64_t managed = mb_zone_managed(zone);
			bool dry = boot->config.dry_run;
			mb_pfn_t end = mb_min(mb_zone_end_pfn(zone),
					      mb_max(node->first_deferred_pfn, zone->start_pfn));
			uint64_t expected = mb_memblock_count_free_pages(&boot->memblock, node->nid,
									 zone->start_pfn, end);
			bool exact = !boot->mirrored && !boot->model.nr_dropped;
			int r = 0;

			if (mb_host_cancelled(boot->host))
				return -ECANCELED;
			if (!dry)
				r = mb_buddy_check(zone, &boot->err);
			if (r)
				return r;
			if ((exact && managed != expected) || (!dry && managed != zone->free_pages))
				return MB_FAIL(
					&boot->err, -EUCLEAN,
					"node %d zone %s: %llu pages managed, %llu free, %llu released",
					node->nid, mb_zone_name(zone->type),
					(unsigned long long)managed,
					(unsigned long long)zone->free_pages,
					(unsigned long long)expected);
		}
	return check_totalram(boot);
}

const struct mb_stage mb_handoff_stage = {
	.name = "memblock_free_all",
	.linux_name = "memblock_free_all",
	.summary = "reserved pages are marked, free ranges go to the buddy",
	.dry_run = true,
	.prepare = handoff_prepare,
	.run = handoff_run,
	.check = handoff_check,
};
