/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: deferred_grow_zone (mm/page_alloc.c, 6.1; mm/mm_init.c, 6.18). The policy lazy, which never
 * ends the deferred part by itself, is that of kernels with deferred_init=lazy; mainline grows zones
 * only until the deferred threads have started.
 * Kept: the node's last zone alone; the look at first_deferred_pfn before the lock, and a new
 * try when another thread was faster; the whole growth under the node lock; window by window to a
 * section's end, on to the next free page (6.1, 6.12), or section by section (6.18).
 * Left out: the touch of the watchdog.
 * Invariants: every page of a free range is initialised and released once; what is below
 * first_deferred_pfn is all released.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/buddy.h"
#include "core/deferred.h"
#include "core/deferred_grow.h"
#include "core/handoff.h"
#include "core/window.h"
#include "core/zonelist.h"

/* --- one growth --- */

/*
 * 6.1 and 6.12: windows of the largest order from *first on. Where the next free page is in another section
 * and there are enough, it stops, and the rest begins at that page. Returns pages.
 */
static uint64_t grow_windows(struct mb_boot *boot, struct mb_zone *zone, uint64_t needed,
			     mb_pfn_t *first)
{
	uint64_t pps = boot->model.geo.pages_per_section;
	uint64_t window = UINT64_C(1) << boot->model.geo.max_order;
	struct mb_window_ring *ring = mb_window_node_ring(boot, zone->nid);
	uint64_t cursor = 0, at, pages = 0;
	mb_pfn_t pfn = *first, last = pfn, start, end;

	for (;;) {
		*first = MB_PFN_NONE;
		if (!mb_deferred_next_free(boot, zone, &cursor, pfn, &at, &start, &end))
			break;
		*first = start;
		if (pages >= needed && (last ^ start) >= pps)
			break;
		last = start;
		pfn = mb_align_down_pow2(start, window) + window;
		pages += mb_deferred_init_window(boot, zone, ring, at, start, pfn);
		if (pfn < end)
			cursor = at; /* the range goes on */
	}
	mb_boot_did_pages(boot, pages);
	return pages;
}

/* 6.18: a chunk a section. Where none had a free page, nothing is left. Returns pages. */
static uint64_t grow_sections(struct mb_boot *boot, struct mb_zone *zone, uint64_t needed,
			      mb_pfn_t *first)
{
	mb_pfn_t pfn = *first, zone_end = mb_zone_end_pfn(zone);
	uint64_t pages = 0;

	while (pages < needed && pfn < zone_end) {
		mb_pfn_t next = mb_memmodel_section_end(&boot->model, pfn, MB_PFN_NONE);

		pages += mb_deferred_init_chunk(boot, zone, mb_window_node_ring(boot, zone->nid),
						pfn, next, NULL);
		pfn = next;
	}
	*first = pages ? pfn : MB_PFN_NONE;
	return pages;
}

/* Keeps the time of one growth. */
static void add_growth(struct mb_node *node, uint64_t ns)
{
	if (node->nr_growths == node->max_growths) {
		size_t max = node->max_growths ? 2 * node->max_growths : 64;
		uint64_t *more = realloc(node->growth_ns, max * sizeof(*more));

		if (!more) {
			node->growths_lost = true;
			return;
		}
		node->growth_ns = more;
		node->max_growths = max;
	}
	node->growth_ns[node->nr_growths++] = ns;
}

/* With the lock held. True: try again. */
static bool grow_locked(struct mb_boot *boot, struct mb_node *node, struct mb_zone *zone,
			unsigned order)
{
	uint64_t pps = boot->model.geo.pages_per_section;
	uint64_t needed = mb_align_up_pow2(UINT64_C(1) << order, pps);
	bool by_section = boot->profile->deferred_grow_by_section;
	uint64_t since = mb_host_now_ns(boot->host), pages, ns;
	mb_pfn_t first = node->first_deferred_pfn;

	pages = by_section ? grow_sections(boot, zone, needed, &first)
			   : grow_windows(boot, zone, needed, &first);
	node->first_deferred_pfn = first;
	ns = mb_node_note_held(boot, node, since);
	if (pages)
		add_growth(node, ns);
	/* 6.1 and 6.12: nothing free behind the boundary is worth one more try. */
	return pages || (!by_section && first == MB_PFN_NONE);
}

bool mb_deferred_grow_zone(struct mb_boot *boot, struct mb_zone *zone, unsigned order)
{
	struct mb_node *node = boot->nodes[zone->nid];
	mb_pfn_t first = node->first_deferred_pfn;
	bool again;

	if (first == MB_PFN_NONE || mb_zone_end_pfn(zone) != node->end_pfn)
		return false;
	mb_lock_take(&node->size_lock);
	again = first != node->first_deferred_pfn || grow_locked(boot, node, zone, order);
	mb_lock_drop(&node->size_lock);
	return again;
}

/* --- the stage --- */

/* One node's memory, touched by one worker. */
struct touch {
	struct mb_boot *boot;
	struct mb_node *node;
	struct mb_node_stat *stat;
};

/* The blocks are as they were taken, but for the reference count of their first page. */
static void give_back(struct mb_boot *boot, struct mb_list *held)
{
	while (!mb_list_empty(held)) {
		struct mb_page *page = MB_LIST_ENTRY(held->next, struct mb_page, lru);
		struct mb_node *node = boot->nodes[mb_page_nid(&boot->model.layout, page)];
		struct mb_list block;

		mb_list_del(&page->lru);
		mb_list_init(&block);
		mb_list_add(&page->lru, &block);
		page->refcount = 0;
		mb_buddy_free_bulk(&node->zones[mb_page_zone(&boot->model.layout, page)],
				   boot->model.geo.max_order, &block);
	}
}

static int touch_node(void *arg, const struct mb_worker *worker)
{
	struct touch *touch = arg;
	struct mb_boot *boot = touch->boot;
	const char *stage = mb_deferred_grow_stage.name;
	uint64_t since = mb_host_begin(boot->host, stage, worker);
	struct mb_list held;
	int r = 0;

	mb_list_init(&held);
	while (!r && touch->node->first_deferred_pfn != MB_PFN_NONE) {
		struct mb_page *page =
			mb_zonelist_alloc(boot, worker->nid, 0, boot->model.geo.max_order,
					  MB_MIGRATE_MOVABLE, MB_ALLOC_THISNODE);

		if (page)
			mb_list_add_tail(&page->lru, &held);
		else if (touch->node->first_deferred_pfn != MB_PFN_NONE)
			r = -EUCLEAN;
		if (mb_host_cancelled(boot->host))
			r = -ECANCELED;
	}
	touch->stat->start_ns = since - boot->began_ns;
	touch->stat->ns = mb_host_end(boot->host, stage, worker) - since;
	give_back(boot, &held);
	return r;
}

/* Free pages behind the node's boundary. */
static uint64_t count_left(const struct mb_boot *boot, const struct mb_node *node)
{
	mb_pfn_t start, end;
	uint64_t cursor = 0, pages = 0;

	while (node->first_deferred_pfn != MB_PFN_NONE &&
	       mb_memblock_next_free_pfn_range(&boot->memblock, &cursor, node->nid, &start, &end,
					       NULL)) {
		start = mb_max(start, node->first_deferred_pfn);
		pages += start < end ? mb_handoff_valid_pages(boot, start, end) : 0;
	}
	return pages;
}

/* A row for every node that had a deferred part, with what the boot left of it. */
static int list_nodes(struct mb_boot *boot, struct mb_stage_stat *stat)
{
	struct mb_node *node;

	stat->nodes = calloc(boot->nr_node_ids, sizeof(*stat->nodes));
	if (!stat->nodes)
		return MB_FAIL(&boot->err, -ENOMEM, "the host has no memory for a list of nodes");
	mb_node_for_each(node, boot)
		if (node->boundary_pfn != MB_PFN_NONE) {
			node->left_pages = count_left(boot, node);
			stat->nodes[stat->nr_nodes++] = (struct mb_node_stat){
				.nid = node->nid,
				.pages = node->left_pages,
				.left_pages = node->left_pages,
			};
		}
	return 0;
}

static int touch_all(struct mb_boot *boot, struct mb_stage_stat *stat)
{
	int r = 0;

	mb_boot_begin_pages(boot, mb_deferred_pages(boot));
	for (size_t i = 0; !r && i < stat->nr_nodes; i++) {
		struct mb_node_stat *row = &stat->nodes[i];
		struct mb_node *node = boot->nodes[row->nid];
		struct touch touch = {.boot = boot, .node = node, .stat = row};
		struct mb_task task = {
			.nid = row->nid, .threads = 1, .fn = touch_node, .arg = &touch};

		row->threads = 1;
		r = boot->host->ops->run(boot->host->ctx, &task, 1);
		if (r == -EUCLEAN)
			MB_FAIL(&boot->err, r, "node %d has deferred pages that cannot be reached",
				row->nid);
		else if (r && r != -ECANCELED)
			MB_FAIL(&boot->err, r, "the host cannot run a worker for node %d",
				row->nid);
		else if (node->growths_lost)
			r = MB_FAIL(&boot->err, -ENOMEM,
				    "the host has no memory for the times of growth");
		stat->pages += row->pages;
	}
	for (size_t i = 0; i < stat->nr_nodes; i++) {
		const struct mb_node *node = boot->nodes[stat->nodes[i].nid];

		stat->nodes[i].lock_held_ns = node->lock_held_ns;
		stat->nodes[i].growth_ns = node->growth_ns;
		stat->nodes[i].nr_growths = node->nr_growths;
	}
	stat->bytes = stat->pages * boot->model.geo.page_bytes;
	return r ? r : mb_window_status(boot);
}

static int grow_run(struct mb_boot *boot)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_deferred_grow_stage);
	int r = list_nodes(boot, stat);

	if (r)
		return r;
	if (!boot->config.dry_run)
		return touch_all(boot, stat);
	mb_deferred_count(boot, stat);
	return 0;
}

const struct mb_stage mb_deferred_grow_stage = {
	.name = "deferred_grow",
	.linux_name = "deferred_grow_zone",
	.summary = "what a lazy boot left, brought up by the allocations that need it",
	.policies = 1u << MB_POLICY_LAZY,
	.dry_run = true,
	.run = grow_run,
	.check = mb_deferred_check,
};
