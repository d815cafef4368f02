/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: nothing. The memmap of a machine that is larger than the host, a block of the largest order at a time.
 * Kept: every descriptor is initialised and released by the same code as in a backed memmap, and stores go through memory that
 * is not in the caches. Left out: what a descriptor held, once its slot is used again.
 * Invariants: a block's word says where its descriptors are; a slot is one ring's; a free block of the largest order is on its
 * list by its head or by private memory; what a turned over block's descriptors were is in its word.
 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/check_block.h"
#include "core/pageinit.h"
#include "core/window_internal.h"

void mb_window_fail(struct mb_window *window, const struct mb_err *err)
{
	mb_lock_take(&window->err_lock);
	if (!window->err.code)
		window->err = *err;
	mb_lock_drop(&window->err_lock);
}

static void set_map(struct mb_window_block *block, uintptr_t map)
{
	atomic_store_explicit(&block->map, map, memory_order_relaxed);
}

static uintptr_t get_map(const struct mb_window_block *block)
{
	return atomic_load_explicit(&block->map, memory_order_relaxed);
}

/* --- by address --- */

mb_pfn_t mb_window_pfn_of(const struct mb_memmodel *model, const struct mb_page *page)
{
	const struct mb_window *window = model->windows;
	size_t at = (size_t)((uintptr_t)page - (uintptr_t)window->slots);

	if (at < window->slots_bytes)
		return window->slot[at / window->block_bytes].pfn +
		       at % window->block_bytes / window->page_bytes;
	at = (size_t)((uintptr_t)page - (uintptr_t)window->heads);
	if (at < window->heads_bytes)
		return (window->first_block + at / window->page_bytes) << window->order;
	return MB_PFN_NONE;
}

bool mb_window_is_head(const struct mb_memmodel *model, const struct mb_page *page)
{
	const struct mb_window *window = model->windows;

	return (uintptr_t)page - (uintptr_t)window->heads < window->heads_bytes;
}

/* --- private memory --- */

/* Node lock held. */
static int extend_private(struct mb_window *window, struct mb_window_node *node)
{
	const struct mb_host *host = window->host;
	struct mb_worker self = {.nid = node->nid, .cpu = -1};
	size_t blocks = mb_min(MB_WINDOW_PRIVATE_STEP, node->max_private - node->backed_private);
	char *addr = mb_window_slot_addr(window,
					 node->first_slot + node->nr_slots + node->backed_private);
	int r = -ENOMEM;

	if (blocks)
		r = host->ops->back(host->ctx, addr, blocks * window->block_bytes, node->nid);
	if (!r) {
		node->backed_private += blocks;
		r = host->ops->fault(host->ctx, addr, blocks * window->block_bytes, &self);
	}
	return r;
}

/* Memory for a block's descriptors; NULL after a failure. */
static char *take_private(struct mb_window *window, struct mb_window_node *node, mb_pfn_t pfn)
{
	struct mb_err err = {0};
	size_t slot = 0;
	int r = 0;

	mb_lock_take(&node->lock);
	if (node->nr_private == node->backed_private)
		r = extend_private(window, node);
	if (!r)
		slot = node->first_slot + node->nr_slots + node->nr_private++;
	mb_lock_drop(&node->lock);
	if (r) {
		MB_FAIL(&err, r, "the host has no memory for descriptors of node %d that stay",
			node->nid);
		mb_window_fail(window, &err);
		return NULL;
	}
	window->slot[slot].pfn = pfn;
	return mb_window_slot_addr(window, slot);
}

/* --- contents --- */

/* The block's descriptors as memmap_init leaves them, by its code. */
static void make_fresh(struct mb_window *window, struct mb_memmodel *at, mb_pfn_t pfn,
		       uintptr_t links)
{
	if (window->check)
		memset(mb_memmodel_pfn_to_page(at, pfn), 0xff, window->block_bytes);
	mb_pageinit_lookup(at, pfn, pfn + window->block_pages, mb_window_links_zone(links),
			   mb_window_links_nid(links));
}

/* The same of reserved pages. */
static void make_reserved(struct mb_window *window, struct mb_memmodel *at, mb_pfn_t pfn,
			  uintptr_t links)
{
	struct mb_page *page = mb_memmodel_pfn_to_page(at, pfn);

	make_fresh(window, at, pfn, links);
	for (uint64_t i = 0; i < window->block_pages;
	     i++, page = mb_page_at(page, 1, window->page_bytes))
		page->flags |= MB_PAGE_FLAG(RESERVED);
}

/* A vmemmap whose block at pfn stands at addr. */
static void point(const struct mb_window *window, struct mb_memmodel *at, mb_pfn_t pfn,
		  const char *addr)
{
	at->base = (uintptr_t)addr - pfn * window->page_bytes;
}

/* Descriptors of the block that stay, as they are or were; false after a failure. made: all of them are going to be. */
static bool own(struct mb_window_ring *ring, mb_pfn_t pfn, bool made)
{
	struct mb_window *window = ring->window;
	struct mb_window_block *block = mb_window_block(window, pfn);
	uintptr_t map = get_map(block);
	char *addr;

	if (mb_window_state(map) == MB_WINDOW_PRIVATE) {
		point(window, &ring->local, pfn, (char *)(map & ~MB_WINDOW_STATE_MASK));
		return true;
	}
	assert(mb_window_state(map) != MB_WINDOW_HEAD && mb_window_state(map) != MB_WINDOW_SLOT);
	addr = take_private(window, ring->node, pfn);
	if (!addr)
		return false;
	point(window, &ring->local, pfn, addr);
	if (mb_window_state(map) == MB_WINDOW_FRESH)
		make_fresh(window, &ring->local, pfn, map);
	else if (mb_window_state(map) == MB_WINDOW_RESERVED)
		make_reserved(window, &ring->local, pfn, map);
	else if (window->check || !made)
		memset(addr, window->check ? 0xff : 0, window->block_bytes);
	set_map(block, (uintptr_t)addr | MB_WINDOW_PRIVATE);
	return true;
}

/* --- slots --- */

static void take_slot(struct mb_window_ring *ring, size_t *next, mb_pfn_t pfn, uintptr_t links)
{
	struct mb_window *window = ring->window;
	size_t slot = *next;
	char *addr = mb_window_slot_addr(window, slot);

	*next = slot + 1 == ring->end ? ring->first : slot + 1;
	ring->pfn = pfn;
	ring->slot = slot;
	ring->in_slot = true;
	ring->links = links & ~MB_WINDOW_STATE_MASK;
	ring->turns++;
	window->slot[slot].pfn = pfn;
	point(window, &ring->local, pfn, addr);
	set_map(mb_window_block(window, pfn), (uintptr_t)addr | MB_WINDOW_SLOT);
}

/*
 * The slot's descriptors are to be as memmap_init left those of this block. Those of the block before do where zone and node are
 * the same, because all else is equal; what was released differs in the reference counts alone, which are written, not read, by
 * a release. In a checked boot they are made anew, so that every block's are its own.
 */
static void refresh(struct mb_window_ring *ring)
{
	uintptr_t content = ring->window->slot[ring->slot].content;

	if (ring->window->check || !content || (content & ~MB_WINDOW_STATE_MASK) != ring->links)
		make_fresh(ring->window, &ring->local, ring->pfn, ring->links);
}

/* Has no descriptors; memmap_init makes those of blocks anew that were another zone's a moment ago. */
static bool is_out(enum mb_window_state state)
{
	return state == MB_WINDOW_ABSENT || state == MB_WINDOW_FRESH || state == MB_WINDOW_RESERVED;
}

/*
 * A slot that a block of another zone had is made anew at hand-over, which memory of the whole memmap is not: so low zones that
 * are small are no part of the ring, and what follows them is one zone's.
 */
static bool stays(const struct mb_window_ring *ring, const struct mb_zone *zone)
{
	return ring->node->low_stays && zone->type < MB_ZONE_NORMAL;
}

const struct mb_memmodel *mb_window_open(struct mb_window_ring *ring, mb_pfn_t pfn,
					 enum mb_window_use use, const struct mb_zone *zone)
{
	struct mb_window *window = ring->window;
	uintptr_t map = get_map(mb_window_block(window, pfn));
	enum mb_window_state state = mb_window_state(map);

	pfn = mb_align_down_pow2(pfn, window->block_pages);
	ring->in_slot = false;
	if (use == MB_WINDOW_MAKE && is_out(state) && !stays(ring, zone)) {
		take_slot(ring, &ring->next, pfn, mb_window_links(zone->type, zone->nid));
		if (window->check)
			memset(mb_window_slot_addr(window, ring->slot), 0xff, window->block_bytes);
		return &ring->local;
	}
	if (use == MB_WINDOW_FILL && state == MB_WINDOW_FRESH) {
		take_slot(ring, &ring->next_fill, pfn, map);
		refresh(ring);
		return &ring->local;
	}
	return own(ring, pfn, use == MB_WINDOW_MAKE) ? &ring->local : NULL;
}

/*
 * A block that was released and is not free as a whole, because some of it could not be: its descriptors become private, and
 * those on lists are found there. Under the zone's lock.
 */
static void move_out(struct mb_window_ring *ring, struct mb_zone *zone)
{
	struct mb_window *window = ring->window;
	struct mb_page *from = (struct mb_page *)(void *)mb_window_slot_addr(window, ring->slot);
	char *addr = take_private(window, ring->node, ring->pfn);
	struct mb_page *to = (struct mb_page *)(void *)addr;

	if (!addr)
		return;
	mb_lock_take(&zone->lock);
	memcpy(addr, from, window->block_bytes);
	for (uint64_t i = 0; i < window->block_pages; i++) {
		if (mb_list_empty(&from->lru)) {
			mb_list_init(&to->lru);
		} else if (mb_page_is_buddy(&ring->local.layout, from)) {
			to->lru.prev->next = &to->lru;
			to->lru.next->prev = &to->lru;
		}
		from = mb_page_at(from, 1, window->page_bytes);
		to = mb_page_at(to, 1, window->page_bytes);
	}
	set_map(mb_window_block(window, ring->pfn), (uintptr_t)addr | MB_WINDOW_PRIVATE);
	mb_lock_drop(&zone->lock);
}

void mb_window_close(struct mb_window_ring *ring, enum mb_window_state state, struct mb_zone *zone)
{
	struct mb_window *window = ring->window;
	struct mb_window_block *block = mb_window_block(window, ring->pfn);

	if (!ring->in_slot)
		return;
	ring->in_slot = false;
	window->slot[ring->slot].content = ring->links | state;
	if (state == MB_WINDOW_HEAD && mb_window_state(get_map(block)) == MB_WINDOW_SLOT) {
		window->slot[ring->slot].content = 0;
		move_out(ring, zone);
		return;
	}
	if (window->check)
		mb_window_verify(window, ring->pfn,
				 (struct mb_page *)(void *)mb_window_slot_addr(window, ring->slot),
				 ring->links, state);
	if (state != MB_WINDOW_HEAD)
		set_map(block, ring->links | state);
}

/* --- heads --- */

struct mb_page *mb_window_home(const struct mb_memmodel *model, struct mb_page *page, mb_pfn_t pfn)
{
	struct mb_window *window = model->windows;
	struct mb_window_block *block = mb_window_block(window, pfn);
	struct mb_page *head;

	if (mb_window_state(get_map(block)) != MB_WINDOW_SLOT)
		return page;
	head = mb_window_head_of(window, pfn);
	memcpy(head, page, window->page_bytes);
	set_map(block, (uintptr_t)head | MB_WINDOW_HEAD);
	return head;
}

struct mb_page *mb_window_split(const struct mb_memmodel *model, struct mb_page *head)
{
	struct mb_window *window = model->windows;
	struct mb_window_node *node;
	struct mb_memmodel at;
	struct mb_page *first, *page;
	mb_pfn_t pfn;

	if (!mb_window_is_head(model, head))
		return head;
	pfn = mb_window_pfn_of(model, head);
	node = &window->nodes[mb_page_nid(&model->layout, head)];
	first = page = (struct mb_page *)(void *)take_private(window, node, pfn);
	if (!page)
		return NULL;
	at = node->whole.local;
	point(window, &at, pfn, (char *)page);
	make_fresh(window, &at, pfn,
		   mb_window_links(mb_page_zone(&model->layout, head), node->nid));
	for (uint64_t i = 0; i < window->block_pages;
	     i++, page = mb_page_at(page, 1, window->page_bytes))
		page->refcount = 0;
	memcpy(first, head, window->page_bytes);
	mb_list_init(&first->lru);
	set_map(mb_window_block(window, pfn), (uintptr_t)first | MB_WINDOW_PRIVATE);
	return first;
}

/* --- rings --- */

struct mb_window_ring *mb_window_node_ring(const struct mb_boot *boot, int nid)
{
	return boot->model.windows ? &boot->model.windows->nodes[nid].whole : NULL;
}

struct mb_window_ring *mb_window_worker_ring(const struct mb_boot *boot, int nid, unsigned index)
{
	return boot->model.windows ? &boot->model.windows->nodes[nid].workers[index] : NULL;
}

struct mb_window_ring *mb_window_ring_at(const struct mb_boot *boot, mb_pfn_t pfn)
{
	const struct mb_memmodel *model = &boot->model;
	int nid = mb_window_section_nid(model, mb_memmodel_section_nr(model, pfn));

	return &model->windows->nodes[nid].whole;
}

bool mb_window_is_whole(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end)
{
	uint64_t pages = UINT64_C(1) << model->geo.max_order;

	return !(start & (pages - 1)) && end - start == pages;
}

mb_pfn_t mb_window_block_end(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end)
{
	uint64_t pages = UINT64_C(1) << model->geo.max_order;

	return mb_min(end, mb_align_down_pow2(start, pages) + pages);
}

/* --- questions --- */

bool mb_window_tells(const struct mb_boot *boot, mb_pfn_t pfn, mb_pfn_t end,
		     struct mb_window_told *ret_told)
{
	const struct mb_memmodel *model = &boot->model;
	struct mb_window_told told = {0};
	enum mb_window_state state;
	uintptr_t map;

	if (!model->windows)
		return false;
	map = get_map(mb_window_block(model->windows, pfn));
	state = mb_window_state(map);
	if (state == MB_WINDOW_PRIVATE)
		return false;
	told.end = mb_window_block_end(model, pfn, end);
	told.made = state != MB_WINDOW_ABSENT;
	told.reserved = state == MB_WINDOW_RESERVED;
	told.zone = mb_window_links_zone(map);
	told.nid = mb_window_links_nid(map);
	if (state == MB_WINDOW_HEAD) {
		const struct mb_page *head = mb_window_head_of(model->windows, pfn);

		told.zone = mb_page_zone(&model->layout, head);
		told.nid = mb_page_nid(&model->layout, head);
		told.reserved = mb_page_test(head, MB_PG_RESERVED);
	}
	*ret_told = told;
	return true;
}

uint64_t mb_window_digest(const struct mb_boot *boot, mb_pfn_t pfn)
{
	const struct mb_memmodel *model = &boot->model;
	const struct mb_window_block *block = mb_window_block(model->windows, pfn);
	const struct mb_page *first;

	switch (mb_window_state(get_map(block))) {
	case MB_WINDOW_ABSENT: return model->windows->absent_digest;
	case MB_WINDOW_HEAD:
		return mb_check_digest_block(model, mb_memmodel_pfn_to_page(model, pfn),
					     block->digest);
	case MB_WINDOW_FRESH:
	case MB_WINDOW_RESERVED: return block->digest;
	default:
		first = mb_memmodel_pfn_to_page(model, pfn);
		return mb_check_digest_block(model, first, mb_check_digest_tail(model, first));
	}
}

/* Gives the block that is cut at pfn private memory. */
static bool split_at(struct mb_boot *boot, mb_pfn_t pfn)
{
	const struct mb_memmodel *model = &boot->model;

	if (!(pfn & (model->windows->block_pages - 1)) || !mb_memmodel_pfn_valid(model, pfn))
		return true;
	return own(mb_window_ring_at(boot, pfn),
		   mb_align_down_pow2(pfn, model->windows->block_pages), false);
}

/*
 * Hand-over finds descriptors in the order in which memmap_init made them: what was made first is first, if it is still there,
 * and else what is there for longest.
 */
static void rewind_rings(struct mb_window *window)
{
	for (unsigned nid = 0; nid < window->nr_nodes; nid++) {
		struct mb_window_ring *ring = &window->nodes[nid].whole;

		ring->next_fill = ring->turns > ring->end - ring->first ? ring->next : ring->first;
	}
}

int mb_window_prepare_handoff(struct mb_boot *boot)
{
	const struct mb_memblock_type *types[] = {&boot->memblock.memory, &boot->memblock.reserved};
	unsigned shift = boot->machine->page_shift;
	bool done = true;

	if (!boot->model.windows)
		return 0;
	rewind_rings(boot->model.windows);
	for (size_t t = 0; t < MB_ARRAY_SIZE(types); t++)
		for (unsigned long i = 0; done && i < types[t]->cnt; i++) {
			const struct mb_memblock_region *region = &types[t]->regions[i];
			mb_phys_t end = region->base + region->size;

			/* Both pages that a region shares with what is around it. */
			done = !region->size ||
			       (split_at(boot, mb_div_ceil(region->base, UINT64_C(1) << shift)) &&
				split_at(boot, region->base >> shift) &&
				split_at(boot, end >> shift) &&
				split_at(boot, mb_div_ceil(end, UINT64_C(1) << shift)));
		}
	return mb_window_status(boot);
}

int mb_window_status(struct mb_boot *boot)
{
	struct mb_window *window = boot->model.windows;

	if (window && window->err.code && !boot->err.code)
		boot->err = window->err;
	return window ? window->err.code : 0;
}

size_t mb_window_stats(const struct mb_boot *boot, struct mb_window_stat *stats, size_t max)
{
	const struct mb_window *window = boot->model.windows;
	size_t count = 0;

	for (unsigned nid = 0; window && nid < window->nr_nodes; nid++) {
		const struct mb_window_node *node = &window->nodes[nid];
		struct mb_window_stat stat = {
			.nid = node->nid,
			.window_bytes = node->nr_slots * window->block_bytes,
			.slots = node->nr_slots,
			.turns = node->whole.turns,
			.private_blocks = node->nr_private,
			.private_bytes = node->nr_private * window->block_bytes,
		};

		if (!node->nr_slots)
			continue;
		for (unsigned i = 0; i < node->nr_workers; i++)
			stat.turns += node->workers[i].turns;
		if (count < max)
			stats[count] = stat;
		count++;
	}
	return count;
}
