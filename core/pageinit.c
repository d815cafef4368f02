/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: memmap_init, memmap_init_zone_range, memmap_init_range, defer_init,
 * init_unavailable_range, __init_single_page (mm/page_alloc.c, 6.1).
 * Kept: region by region and zone by zone in address order, the deferred boundary, pageblock types,
 * holes after the range above them and with that range's zone, the tail of the last section, mirrored
 * memory in the span of Movable, early_page_ext. Left out: deferring where mirrored memory makes zones
 * share a span.
 * Invariants: every descriptor below its node's first_deferred_pfn and every hole is initialised;
 * zone and node in the flags are right; deferred descriptors are untouched.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/align.h"
#include "core/base/grow.h"
#include "core/boot_state.h"
#include "core/cmdline.h"
#include "core/memmodel_tmpl.h"
#include "core/movable.h"
#include "core/pageinit.h"
#include "core/window.h"

/* --- the store loop --- */

/*
 * mm_zero_struct_page: one store after the other, as many as the size has words, and never a call or a
 * loop. bytes is a constant.
 */
static inline void zero_page(struct mb_page *page, size_t bytes)
{
	uint64_t *word = (uint64_t *)page;

	switch (bytes) {
	case 96: word[11] = 0; __attribute__((fallthrough));
	case 88: word[10] = 0; __attribute__((fallthrough));
	case 80: word[9] = 0; __attribute__((fallthrough));
	case 72: word[8] = 0; __attribute__((fallthrough));
	case 64: word[7] = 0; __attribute__((fallthrough));
	case 56: word[6] = word[5] = word[4] = word[3] = word[2] = word[1] = word[0] = 0;
	}
}

/*
 * The stores of __init_single_page in its order: all words zeroed, zone, node and section, reference
 * count, map count, cpupid, list links. A compiler drops those that are overwritten, here as in the
 * kernel; the two counts are atomic_set there and stay stores of their own.
 */
static inline void init_single(struct mb_page *page, uint64_t flags, size_t bytes)
{
	zero_page(page, bytes);
	page->flags = flags;
	mb_page_write_once(&page->refcount, 1);
	mb_page_write_once(&page->mapcount, -1);
	mb_list_init(&page->lru);
}

/* Descriptors side by side. Functions of their own, so that every caller measures the same code. */
#define TEMPLATE "core/pageinit_array_tmpl.c"
#include "core/memmodel_sizes_tmpl.c"
#undef TEMPLATE

typedef void init_array_fn(struct mb_page *first, uint64_t count, uint64_t flags);

static init_array_fn *const init_array[MB_NR_PAGE_SIZES] = MB_TMPL_SLOTS(init_array);

void mb_pageinit_range(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		       enum mb_zone_type zone, int nid)
{
	init_array[size - mb_page_sizes](first, count, mb_page_flags(zone, nid));
}

void mb_pageinit_pfns(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end,
		      enum mb_zone_type zone, int nid)
{
	init_array[model->size](mb_memmodel_pfn_to_page(model, start), end - start,
				mb_memmodel_fresh_flags(model, start, zone, nid));
}

#define TEMPLATE "core/pageinit_tmpl.c"
#include "core/memmodel_each_tmpl.c"
#undef TEMPLATE

static mb_pageinit_pfns_fn *const init_pages[MB_NR_MEMMODELS][MB_NR_PAGE_SIZES] =
	TMPL_TABLE(init_pages);
static mb_pageinit_pfns_fn *const init_by_pfn[MB_NR_MEMMODELS][MB_NR_PAGE_SIZES] =
	TMPL_TABLE(init_by_pfn);

void mb_pageinit_lookup(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end,
			enum mb_zone_type zone, int nid)
{
	init_pages[model->id][model->size](model, start, end, zone, nid);
}

void mb_pageinit_by_pfn(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end,
			enum mb_zone_type zone, int nid)
{
	init_by_pfn[model->id][model->size](model, start, end, zone, nid);
}

/* True when all words behind the common part are zero. */
static bool tail_is_zero(const struct mb_page *page, size_t bytes)
{
	const uint64_t *tail = (const uint64_t *)(page + 1);

	for (size_t i = 0; i < (bytes - sizeof(*page)) / sizeof(*tail); i++)
		if (tail[i])
			return false;
	return true;
}

/* Its name; NULL: all are fresh. */
static inline const char *stale_field(const struct mb_page *page, uint64_t flags, size_t bytes)
{
	if (page->flags != flags)
		return "flags";
	if (page->lru.next != &page->lru || page->lru.prev != &page->lru)
		return "lru";
	if (page->mapping)
		return "mapping";
	if (page->index)
		return "index";
	if (page->private)
		return "private";
	if (page->mapcount != -1)
		return "mapcount";
	if (page->refcount != 1)
		return "refcount";
	return tail_is_zero(page, bytes) ? NULL : "a word behind the first 56 bytes";
}

static bool is_fresh(const struct mb_page *page, uint64_t flags, size_t bytes)
{
	return !stale_field(page, flags, bytes);
}

bool mb_pageinit_is_fresh(const struct mb_page_size *size, const struct mb_page *page,
			  enum mb_zone_type zone, int nid)
{
	return is_fresh(page, mb_page_flags(zone, nid), size->bytes);
}

const char *mb_pageinit_stale_field(const struct mb_page_size *size, const struct mb_page *page,
				    enum mb_zone_type zone, int nid)
{
	return stale_field(page, mb_page_flags(zone, nid), size->bytes);
}

/* --- the deferred boundary --- */

/* What defer_init keeps between calls. */
struct defer_state {
	bool allowed; /* by the policy and the command line */
	mb_pfn_t prev_end;
	uint64_t nr_initialised;
};

/*
 * How many pages of [start, end) of the zone are initialised now. The kernel asks page by page;
 * only a section-aligned page can be the boundary, so asking section by section gives the same
 * answer. first_deferred_pfn is set when the boundary is met.
 */
static mb_pfn_t early_end(const struct mb_boot *boot, struct defer_state *state,
			  struct mb_node *node, const struct mb_zone *zone, mb_pfn_t start,
			  mb_pfn_t end)
{
	uint64_t pps = boot->model.geo.pages_per_section;
	mb_pfn_t pfn = start;

	if (!boot->profile->defer_late_reset && state->prev_end != mb_zone_end_pfn(zone)) {
		state->prev_end = mb_zone_end_pfn(zone);
		state->nr_initialised = 0;
	}
	if (mb_zone_end_pfn(zone) < node->end_pfn)
		return end;
	if (node->first_deferred_pfn != MB_PFN_NONE)
		return start;
	if (boot->profile->defer_late_reset && state->prev_end != mb_zone_end_pfn(zone)) {
		state->prev_end = mb_zone_end_pfn(zone);
		state->nr_initialised = 0;
	}
	while (pfn < end) {
		mb_pfn_t next = mb_memmodel_section_end(&boot->model, pfn, end);

		if (state->nr_initialised + 1 > pps && !(pfn & (pps - 1))) {
			node->first_deferred_pfn = node->boundary_pfn = pfn;
			return pfn;
		}
		state->nr_initialised += next - pfn;
		pfn = next;
	}
	return end;
}

/* --- memmap_init --- */

static void init_zone_pages(const struct mb_memmodel *model, const struct mb_zone *zone,
			    mb_pfn_t start, mb_pfn_t end, bool hole)
{
	struct mb_page *page;

	mb_pageinit_lookup(model, start, end, zone->type, zone->nid);
	if (!hole)
		return;
	page = mb_memmodel_pfn_to_page(model, start);
	for (mb_pfn_t i = 0; i < end - start; i++)
		mb_page_at(page, (int64_t)i, model->geo.page_bytes)->flags |=
			MB_PAGE_FLAG(RESERVED);
}

/* Pages of one section, for memory or for a hole; through a window block by block. 0 or -ENOMEM. */
static int init_described(struct mb_boot *boot, const struct mb_zone *zone, mb_pfn_t start,
			  mb_pfn_t end, bool hole)
{
	struct mb_window_ring *ring = mb_window_node_ring(boot, zone->nid);

	if (!ring)
		init_zone_pages(&boot->model, zone, start, end, hole);
	while (ring && start < end) {
		mb_pfn_t next = mb_window_block_end(&boot->model, start, end);
		bool whole = mb_window_is_whole(&boot->model, start, next);
		const struct mb_memmodel *at =
			mb_window_open(ring, start, whole ? MB_WINDOW_MAKE : MB_WINDOW_OWN, zone);

		if (!at)
			return mb_window_status(boot);
		init_zone_pages(at, zone, start, next, hole);
		mb_window_close(ring, hole ? MB_WINDOW_RESERVED : MB_WINDOW_FRESH, NULL);
		start = next;
	}
	return 0;
}

/* [start, end) of the zone, whose type of block is MOVABLE from its first page on; -ECANCELED. */
static int init_range(struct mb_boot *boot, const struct mb_zone *zone, mb_pfn_t start,
		      mb_pfn_t end)
{
	const struct mb_memmodel *model = &boot->model;
	int r;

	while (start < end) {
		mb_pfn_t next = mb_memmodel_section_end(&boot->model, start, end);

		if (mb_host_cancelled(boot->host))
			return -ECANCELED;
		if (!boot->config.dry_run && mb_memmodel_pfn_valid(model, start)) {
			r = init_described(boot, zone, start, next, false);
			if (r)
				return r;
			for (mb_pfn_t pfn = mb_align_up_pow2(start, model->geo.pages_per_block);
			     pfn < next; pfn += model->geo.pages_per_block)
				mb_memmodel_set_block_type(model, pfn, MB_MIGRATE_MOVABLE);
		}
		mb_boot_did_pages(boot, next - start);
		start = next;
	}
	return 0;
}

/* The kernel's line "On node N, zone Z: K pages in unavailable ranges". */
static int note_hole(struct mb_boot *boot, const struct mb_zone *zone, uint64_t pages)
{
	if (!pages)
		return 0;
	if (mb_grow(&boot->holes, boot->nr_holes, sizeof(*boot->holes)))
		return MB_FAIL(&boot->err, -ENOMEM, "the host has no memory for the list of holes");
	boot->holes[boot->nr_holes++] = (struct mb_boot_hole){zone->nid, zone->type, pages};
	return 0;
}

/* Descriptors of a hole that lie in present sections, reserved, as the zone above it. */
static int init_holes(struct mb_boot *boot, struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	const struct mb_memmodel *model = &boot->model;
	int r = 0;

	while (start < end) {
		mb_pfn_t next = mb_memmodel_section_end(&boot->model, start, end);

		if (mb_host_cancelled(boot->host))
			return -ECANCELED;
		if (mb_memmodel_pfn_valid(model, start)) {
			if (!boot->config.dry_run)
				r = init_described(boot, zone, start, next, true);
			if (r)
				return r;
			zone->unavailable += next - start;
			mb_boot_did_pages(boot, next - start);
			start = next;
			continue;
		}
		/* Whole sections without a memmap: on to the next one with. */
		start = mb_min(end, mb_memmodel_next_valid(model, start));
	}
	return 0;
}

/* init_unavailable_range, a phase of its own: it comes in pieces, range by range. */
static int init_unavailable(struct mb_boot *boot, struct mb_zone *zone, mb_pfn_t start,
			    mb_pfn_t end)
{
	struct mb_phase_stat *phase = mb_boot_stat(boot, &mb_pageinit_stage)->phases;
	uint64_t before = zone->unavailable, since = mb_host_now_ns(boot->host);
	int r = init_holes(boot, zone, start, end);

	if (!boot->config.dry_run)
		phase->ns += mb_host_now_ns(boot->host) - since;
	phase->pages += zone->unavailable - before;
	return r ? r : note_hole(boot, zone, zone->unavailable - before);
}

/* Owners of pages that are wanted early need all descriptors before there are workers. */
static bool may_defer(const struct mb_boot *boot)
{
	return boot->config.policy != MB_POLICY_EAGER &&
	       !mb_cmdline_has(boot->machine->cmdline, "early_page_ext");
}

/* What is not left to the deferred stage of [start, end), then the hole under it. */
static int init_zone_range(struct mb_boot *boot, struct defer_state *state, struct mb_zone *zone,
			   mb_pfn_t start, mb_pfn_t end, mb_pfn_t *hole_pfn)
{
	mb_pfn_t early = end;
	int r;

	if (state->allowed && !mb_movable_overlaps(boot, boot->nodes[zone->nid]))
		early = early_end(boot, state, boot->nodes[zone->nid], zone, start, end);
	r = init_range(boot, zone, start, early);
	mb_boot_stat(boot, &mb_pageinit_stage)->pages += early - start;
	if (!r && *hole_pfn < start)
		r = init_unavailable(boot, zone, *hole_pfn, start);
	*hole_pfn = end;
	return r;
}

/*
 * The end of the hole behind the last range: that of its section, with flat that of its largest block, or
 * until 6.12 nothing: the rest of flat's array stays as memblock gave it.
 */
static mb_pfn_t tail_end(const struct mb_boot *boot, mb_pfn_t end)
{
	const struct mb_geometry *geo = &boot->model.geo;

	if (boot->model.id != MB_MEMMODEL_FLAT)
		return mb_align_up_pow2(end, geo->pages_per_section);
	if (!boot->profile->flat_tail_hole)
		return end;
	return mb_align_up_pow2(end, UINT64_C(1) << geo->max_order);
}

static bool is_mirrored(const struct mb_boot *boot, int region)
{
	return boot->memblock.memory.regions[region].flags & MB_MEMBLOCK_MIRROR;
}

static int pageinit_run(struct mb_boot *boot)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_pageinit_stage);
	struct defer_state state = {.allowed = may_defer(boot)};
	mb_pfn_t start, end, hole_pfn = 0;
	struct mb_zone *last = NULL;
	int index = -1, nid, r = 0;

	stat->phases[stat->nr_phases++].name = "init_unavailable_range";
	mb_boot_begin_pages(boot, boot->model.map_pages);
	while (!r && mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start,
						    &end, &nid)) {
		struct mb_node *node = boot->nodes[nid];

		for (unsigned z = 0; !r && z < MB_NR_ZONES; z++) {
			struct mb_zone *zone = &node->zones[z];
			mb_pfn_t from = mb_clamp(start, zone->start_pfn, mb_zone_end_pfn(zone));
			mb_pfn_t to = mb_clamp(end, zone->start_pfn, mb_zone_end_pfn(zone));

			if (!mb_zone_populated(zone))
				continue;
			last = zone;
			/* overlap_memmap_init: mirrored memory was Normal's a moment ago. */
			if (boot->mirrored && z == MB_ZONE_MOVABLE && is_mirrored(boot, index))
				continue;
			if (from < to)
				r = init_zone_range(boot, &state, zone, from, to, &hole_pfn);
		}
	}
	if (!r && last)
		r = init_unavailable(boot, last, hole_pfn, tail_end(boot, hole_pfn));
	stat->pages += stat->phases[0].pages;
	if (!boot->config.dry_run)
		stat->bytes = stat->pages * boot->model.geo.page_bytes;
	return r ? r : mb_window_status(boot);
}

/* --- check --- */

/* What is known of a block whose descriptors were read when they were turned over. */
static int check_turned(struct mb_boot *boot, const struct mb_node *node, mb_pfn_t pfn,
			const struct mb_window_told *told)
{
	if (!told->made && pfn < node->first_deferred_pfn)
		return MB_FAIL(&boot->err, -EUCLEAN, "page frame 0x%llx was never initialised",
			       (unsigned long long)pfn);
	if (told->made &&
	    (told->nid != node->nid || told->reserved ||
	     pfn - node->zones[told->zone].start_pfn >= node->zones[told->zone].spanned))
		return MB_FAIL(&boot->err, -EUCLEAN,
			       "page frame 0x%llx was initialised for node %d zone %s",
			       (unsigned long long)pfn, told->nid, mb_zone_name(told->zone));
	return 0;
}

/*
 * Every page frame of memory regions: below the boundary fresh, above it untouched (the memmap was
 * filled with ones).
 */
static int check_range(struct mb_boot *boot, const struct mb_node *node, mb_pfn_t start,
		       mb_pfn_t end)
{
	bool overlap = mb_movable_overlaps(boot, node);

	for (mb_pfn_t pfn = start; pfn < end; pfn++) {
		const struct mb_zone *zone = NULL;
		const struct mb_page *page;
		struct mb_window_told told;

		if (!(pfn & 0xffff) && mb_host_cancelled(boot->host))
			return -ECANCELED;
		if (!mb_memmodel_pfn_valid(&boot->model, pfn))
			continue;
		if (mb_window_tells(boot, pfn, end, &told)) {
			int r = check_turned(boot, node, pfn, &told);

			if (r)
				return r;
			pfn = told.end - 1;
			continue;
		}
		page = mb_memmodel_pfn_to_page(&boot->model, pfn);
		for (unsigned z = 0; z < MB_NR_ZONES && !zone; z++)
			if (mb_zone_populated(&node->zones[z]) &&
			    pfn - node->zones[z].start_pfn < node->zones[z].spanned &&
			    (!overlap || z == mb_page_zone(&boot->model.layout, page)))
				zone = &node->zones[z];
		if (!zone)
			return MB_FAIL(&boot->err, -EUCLEAN, "page frame 0x%llx is in no zone",
				       (unsigned long long)pfn);
		if (pfn >= node->first_deferred_pfn && mb_zone_end_pfn(zone) == node->end_pfn) {
			if (page->flags != UINT64_MAX)
				return MB_FAIL(&boot->err, -EUCLEAN,
					       "page frame 0x%llx is deferred but was touched",
					       (unsigned long long)pfn);
		} else if (!is_fresh(page,
				     mb_memmodel_fresh_flags(&boot->model, pfn, zone->type,
							     node->nid),
				     boot->model.geo.page_bytes)) {
			return MB_FAIL(&boot->err, -EUCLEAN,
				       "page frame 0x%llx is not as memmap_init leaves it",
				       (unsigned long long)pfn);
		}
	}
	return 0;
}

/* What has a descriptor between memory regions is reserved, and in use by nobody. */
static int check_hole(struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end)
{
	const struct mb_memmodel *model = &boot->model;

	for (mb_pfn_t pfn = mb_memmodel_next_valid(model, start); pfn < end;
	     pfn = mb_memmodel_next_valid(model, pfn + 1)) {
		struct mb_window_told told;
		const struct mb_page *page;

		if (mb_window_tells(boot, pfn, end, &told) && told.reserved) {
			pfn = told.end - 1;
			continue;
		}
		page = mb_memmodel_pfn_to_page(model, pfn);

		if (!(pfn & 0xffff) && mb_host_cancelled(boot->host))
			return -ECANCELED;
		if (page->flags == UINT64_MAX || page->refcount != 1 ||
		    !mb_page_test(page, MB_PG_RESERVED))
			return MB_FAIL(
				&boot->err, -EUCLEAN,
				"page frame 0x%llx of a hole is not as memmap_init leaves it",
				(unsigned long long)pfn);
	}
	return 0;
}

static int pageinit_check(struct mb_boot *boot)
{
	mb_pfn_t start, end, hole = 0;
	int index = -1, nid, r;

	if (boot->config.dry_run)
		return 0;
	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      &nid)) {
		r = check_hole(boot, hole, start);
		if (!r)
			r = check_range(boot, boot->nodes[nid], start, end);
		if (r)
			return r;
		hole = end;
	}
	return check_hole(boot, hole, tail_end(boot, hole));
}

static void pageinit_undo(struct mb_boot *boot)
{
	free(boot->holes);
	boot->holes = NULL;
	boot->nr_holes = 0;
}

const struct mb_stage mb_pageinit_stage = {
	.name = "memmap_init",
	.linux_name = "memmap_init",
	.summary = "page descriptors on the boot CPU: all, or up to each node's deferred boundary",
	.dry_run = true,
	.run = pageinit_run,
	.check = pageinit_check,
	.undo = pageinit_undo,
};
