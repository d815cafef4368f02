/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a windowed memmap: how much of what there is, where, and which of it is known to be needed before the first
 * descriptor is made.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/grow.h"
#include "core/boot_state.h"
#include "core/check_block.h"
#include "core/deferred.h"
#include "core/window_internal.h"

#define HOST_PAGE  UINT64_C(4096) /* what hooks count in */
#define SLOT_ALIGN 512            /* slots of a node: their bytes are a multiple of 2 MiB */

/* --- sizes --- */

/*
 * Blocks that hold memory of a node or the holes below it, at most; those of sections whose descriptors came from it, and of
 * these in zones below Normal; and those that are cut by what is known now.
 */
struct count {
	uint64_t memory, sections, low, cut;
};

static void count_memory(const struct mb_boot *boot, const struct mb_window *window,
			 struct count *counts)
{
	uint64_t per_section = boot->model.geo.pages_per_section / window->block_pages;
	mb_pfn_t start, end;
	int index = -1, nid;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      &nid)) {
		counts[nid].memory += (end - start) / window->block_pages + 2 + per_section;
		counts[nid].cut += 2;
	}
}

/* Where zones below Normal end, 0 without memory there. The stage of the zones comes later. */
static mb_pfn_t low_end(const struct mb_boot *boot)
{
	mb_pfn_t low[MB_NR_ZONES], high[MB_NR_ZONES];
	unsigned shift = boot->machine->page_shift;
	mb_pfn_t start = mb_memblock_start_of_DRAM(&boot->memblock) >> shift;

	mb_zone_limits(boot->machine, start, mb_memblock_end_of_DRAM(&boot->memblock) >> shift, low,
		       high);
	return low[MB_ZONE_NORMAL] > start ? low[MB_ZONE_NORMAL] : 0;
}

static void count_sections(const struct mb_boot *boot, const struct mb_window *window,
			   struct count *counts)
{
	const struct mb_memmodel *model = &boot->model;
	uint64_t per_section = model->geo.pages_per_section / window->block_pages;
	mb_pfn_t end = low_end(boot);

	for (int64_t nr = mb_memmodel_next_present(model, -1); nr >= 0;
	     nr = mb_memmodel_next_present(model, nr)) {
		struct count *count = &counts[mb_window_section_nid(model, (uint64_t)nr)];

		count->sections += per_section;
		if ((uint64_t)nr * model->geo.pages_per_section < end)
			count->low += per_section;
	}
}

static void count_reserved(const struct mb_boot *boot, const struct mb_window *window,
			   struct count *counts)
{
	const struct mb_memblock_type *reserved = &boot->memblock.reserved;
	uint64_t bytes = window->block_pages << boot->machine->page_shift, last = UINT64_MAX;

	for (unsigned long i = 0; i < reserved->cnt; i++) {
		const struct mb_memblock_region *region = &reserved->regions[i];
		mb_phys_t ends[2] = {region->base, region->base + region->size};

		for (unsigned e = 0; e < 2; e++) {
			mb_pfn_t pfn = ends[e] >> boot->machine->page_shift;

			if (!(ends[e] % bytes) || ends[e] / bytes == last ||
			    !mb_memmodel_pfn_valid(&boot->model, pfn))
				continue;
			last = ends[e] / bytes;
			counts[mb_window_section_nid(&boot->model,
						     mb_memmodel_section_nr(&boot->model, pfn))]
				.cut++;
		}
	}
}

/* A node's window: what was asked for, no more than its memmap, enough for each worker; and private memory. */
static int size_node(struct mb_boot *boot, struct mb_window *window, struct mb_window_node *node,
		     const struct count *count)
{
	struct mb_boot_config small = boot->config;
	uint64_t least;

	small.window_bytes = 0;
	least = mb_window_slots(&small, node->nid, count->sections);
	node->nr_workers = mb_deferred_threads(&small, node->nid);
	if (boot->config.window_bytes / window->block_bytes < least && !boot->config.window_auto)
		return MB_FAIL(&boot->err, -EINVAL,
			       "a window of %s is too small: node %d needs %s for %u worker%s",
			       mb_strbuf_size(boot->config.window_bytes).text, node->nid,
			       mb_strbuf_size(least * window->block_bytes).text, node->nr_workers,
			       node->nr_workers == 1 ? "" : "s");
	node->nr_slots = mb_window_slots(&boot->config, node->nid, count->sections);
	/* Where there is room for all in slots, none of them is made anew. */
	node->low_stays = count->low && 2 * count->low <= node->nr_slots &&
			  node->nr_slots < count->sections && count->low + least <= count->sections;
	if (node->low_stays)
		node->nr_slots = mb_min(node->nr_slots, count->sections - count->low);
	node->max_private =
		mb_round_up(node->nr_slots + count->memory + count->sections + MB_WINDOW_SPARE,
			    SLOT_ALIGN) -
		node->nr_slots;
	node->backed_private =
		mb_min(count->cut, count->sections) + (node->low_stays ? count->low : 0);
	node->backed_private = mb_min(node->backed_private + MB_WINDOW_SPARE, node->max_private);
	return 0;
}

static int size_nodes(struct mb_boot *boot, struct mb_window *window)
{
	struct count *counts = calloc(window->nr_nodes, sizeof(*counts));
	int r = counts ? 0 : -ENOMEM;

	if (counts) {
		count_memory(boot, window, counts);
		count_sections(boot, window, counts);
		count_reserved(boot, window, counts);
	}
	for (unsigned nid = 0; !r && nid < window->nr_nodes; nid++) {
		struct mb_window_node *node = &window->nodes[nid];

		node->nid = (int)nid;
		node->first_slot = window->nr_slots;
		if (boot->nodes[nid] && counts[nid].memory + counts[nid].sections)
			r = size_node(boot, window, node, &counts[nid]);
		window->nr_slots += node->nr_slots + node->max_private;
	}
	free(counts);
	return r;
}

/* --- what is known to be needed --- */

static int add_area(struct mb_window *window, char *addr, size_t bytes, int nid, bool keep)
{
	if (!bytes)
		return 0;
	if (mb_grow(&window->areas, window->nr_areas, sizeof(*window->areas)))
		return -ENOMEM;
	window->areas[window->nr_areas++] = (struct mb_window_area){{addr, bytes, nid}, keep};
	return 0;
}

/* Part of an array with an entry for each block: whole pages, less those that were added already. */
static int add_entries(struct mb_window *window, char *array, size_t *done, uint64_t first,
		       uint64_t end, size_t bytes, int nid, bool keep)
{
	size_t from =
		mb_max(mb_align_down_pow2((first - window->first_block) * bytes, HOST_PAGE), *done);
	size_t to = mb_align_up_pow2((end - window->first_block) * bytes, HOST_PAGE);

	if (from >= to)
		return 0;
	*done = to;
	return add_area(window, array + from, to - from, nid, keep);
}

/* The last of the present sections from nr on, side by side, whose descriptors came from one node. */
static uint64_t run_end(const struct mb_memmodel *model, uint64_t nr)
{
	int nid = mb_window_section_nid(model, nr);

	while (mb_memmodel_next_present(model, (int64_t)nr) == (int64_t)nr + 1 &&
	       mb_window_section_nid(model, nr + 1) == nid)
		nr++;
	return nr;
}

/* Table and heads of the sections that have memory. */
static int add_tables(struct mb_window *window)
{
	const struct mb_memmodel *model = window->model;
	uint64_t per_section = model->geo.pages_per_section / window->block_pages;
	size_t heads = 0, blocks = 0;
	int64_t nr = -1;
	int r = 0;

	while (!r && (nr = mb_memmodel_next_present(model, nr)) >= 0) {
		int nid = mb_window_section_nid(model, (uint64_t)nr);
		uint64_t first = (uint64_t)nr * per_section, end;

		nr = (int64_t)run_end(model, (uint64_t)nr);
		end = ((uint64_t)nr + 1) * per_section;
		r = add_entries(window, (char *)window->blocks, &blocks, first, end,
				sizeof(*window->blocks), nid, true);
		if (!r)
			r = add_entries(window, window->heads, &heads, first, end,
					window->page_bytes, nid, false);
	}
	return r;
}

static int add_areas(struct mb_window *window)
{
	int r = add_tables(window);

	for (unsigned nid = 0; !r && nid < window->nr_nodes; nid++) {
		const struct mb_window_node *node = &window->nodes[nid];

		r = add_area(window, mb_window_slot_addr(window, node->first_slot),
			     (node->nr_slots + node->backed_private) * window->block_bytes,
			     (int)nid, false);
	}
	return r;
}

bool mb_window_next_piece(const struct mb_window *window, uint64_t *cursor, size_t max_bytes,
			  struct mb_memmodel_piece *ret_piece, bool *ret_keep)
{
	size_t skip = 0;

	for (size_t i = 0; i < window->nr_areas; i++) {
		const struct mb_window_area *area = &window->areas[i];

		if (*cursor - skip < area->piece.bytes) {
			size_t at = *cursor - skip;

			ret_piece->addr = (char *)area->piece.addr + at;
			ret_piece->bytes = mb_min(max_bytes, area->piece.bytes - at);
			ret_piece->nid = area->piece.nid;
			*ret_keep = area->keep;
			*cursor += ret_piece->bytes;
			return true;
		}
		skip += area->piece.bytes;
	}
	return false;
}

/* --- making --- */

static void init_ring(struct mb_window *window, struct mb_window_node *node,
		      struct mb_window_ring *ring, size_t first, size_t end)
{
	*ring = (struct mb_window_ring){
		.window = window,
		.node = node,
		.first = node->first_slot + first,
		.end = node->first_slot + end,
		.next = node->first_slot + first,
		.next_fill = node->first_slot + first,
		.local = *window->model,
	};
	ring->local.code = ring->local.id;
	ring->local.blocks = NULL;
	ring->local.windows = NULL;
}

static int make_rings(struct mb_window *window)
{
	for (unsigned nid = 0; nid < window->nr_nodes; nid++) {
		struct mb_window_node *node = &window->nodes[nid];
		size_t slots = node->nr_slots, threads = node->nr_workers;

		init_ring(window, node, &node->whole, 0, slots);
		if (!threads)
			continue;
		node->workers = aligned_alloc(_Alignof(struct mb_window_ring),
					      threads * sizeof(*node->workers));
		if (!node->workers)
			return -ENOMEM;
		for (size_t i = 0; i < threads; i++)
			init_ring(window, node, &node->workers[i], i * slots / threads,
				  (i + 1) * slots / threads);
	}
	return 0;
}

static int map(struct mb_window *window, size_t bytes, void *ret_addr)
{
	return window->host->ops->map(window->host->ctx, bytes, 2 * MB_MIB, ret_addr);
}

static int map_all(struct mb_window *window)
{
	size_t blocks = mb_align_up_pow2(window->nr_blocks * sizeof(*window->blocks), HOST_PAGE);
	size_t heads = mb_align_up_pow2(window->nr_blocks * window->page_bytes, HOST_PAGE);
	size_t slots = window->nr_slots * window->block_bytes;
	void *addr;
	int r = map(window, blocks, &addr);

	if (r)
		return r;
	window->blocks = addr;
	window->blocks_bytes = blocks;
	r = map(window, heads, &addr);
	if (r)
		return r;
	window->heads = addr;
	window->heads_bytes = heads;
	r = map(window, slots, &addr);
	if (r)
		return r;
	window->slots = addr;
	window->slots_bytes = slots;
	window->slot = calloc(window->nr_slots, sizeof(*window->slot));
	return window->slot ? 0 : -ENOMEM;
}

/* What the digest of a block is that holds nothing but the ones of a checked boot. */
static int digest_absent(struct mb_window *window)
{
	struct mb_page *ones = aligned_alloc(4096, window->block_bytes);

	if (!ones)
		return -ENOMEM;
	memset(ones, 0xff, window->block_bytes);
	window->absent_digest = mb_check_digest_block(window->model, ones,
						      mb_check_digest_tail(window->model, ones));
	free(ones);
	return 0;
}

static struct mb_window *new_window(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	struct mb_window *window = calloc(1, sizeof(*window));
	uint64_t per_section;

	if (!window)
		return NULL;
	mb_lock_init(&window->err_lock);
	window->model = model;
	window->host = boot->host;
	window->check = boot->config.check;
	window->order = model->geo.max_order;
	window->page_bytes = model->geo.page_bytes;
	window->block_pages = UINT64_C(1) << window->order;
	window->block_bytes = window->block_pages * window->page_bytes;
	per_section = model->geo.pages_per_section / window->block_pages;
	window->first_block = (uint64_t)mb_memmodel_next_present(model, -1) * per_section;
	window->nr_blocks =
		((uint64_t)model->highest_present + 1) * per_section - window->first_block;
	window->nr_nodes = boot->nr_node_ids;
	window->nodes = aligned_alloc(_Alignof(struct mb_window_node),
				      window->nr_nodes * sizeof(*window->nodes));
	if (!window->nodes) {
		mb_lock_fini(&window->err_lock);
		free(window);
		return NULL;
	}
	memset(window->nodes, 0, window->nr_nodes * sizeof(*window->nodes));
	for (unsigned nid = 0; nid < window->nr_nodes; nid++)
		mb_lock_init(&window->nodes[nid].lock);
	return window;
}

int mb_window_new(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	struct mb_window *window;
	int r;

	if (model->id != MB_MEMMODEL_VMEMMAP)
		return MB_FAIL(&boot->err, -EINVAL, "model %s has no windows, only vmemmap has",
			       model->row->name);
	window = new_window(boot);
	model->windows = window;
	r = window ? size_nodes(boot, window) : -ENOMEM;
	if (!r)
		r = map_all(window);
	if (!r && window->check)
		r = digest_absent(window);
	if (!r)
		r = make_rings(window);
	if (!r)
		r = add_areas(window);
	if (r)
		return MB_FAIL(&boot->err, r,
			       "the host cannot hold the tables of a windowed memmap");
	model->blocks = window->blocks - window->first_block;
	model->code = MB_MEMMODEL_CODE_WINDOW;
	return 0;
}

void mb_window_free(struct mb_boot *boot)
{
	struct mb_window *window = boot->model.windows;
	const struct mb_host *host = boot->host;

	if (!window)
		return;
	if (window->blocks)
		host->ops->unmap(host->ctx, window->blocks, window->blocks_bytes);
	if (window->heads)
		host->ops->unmap(host->ctx, window->heads, window->heads_bytes);
	if (window->slots)
		host->ops->unmap(host->ctx, window->slots, window->slots_bytes);
	for (unsigned nid = 0; nid < window->nr_nodes; nid++) {
		free(window->nodes[nid].workers);
		mb_lock_fini(&window->nodes[nid].lock);
	}
	mb_lock_fini(&window->err_lock);
	free(window->nodes);
	free(window->slot);
	free(window->areas);
	free(window);
	boot->model.windows = NULL;
	boot->model.blocks = NULL;
	boot->model.code = boot->model.id;
}
