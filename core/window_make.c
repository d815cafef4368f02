/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a windowed memmap: how much of what there is, where, and which of it is known to be needed before the first
 * descriptor is made.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/check_block.h"
#include "core/deferred.h"
#include "core/window_internal.h"

#define LEAST_AUTO_BYTES (128 * MB_MIB)
#define HOST_PAGE        UINT64_C(4096) /* what hooks count in */
#define SLOT_ALIGN       512            /* slots of a node: their bytes are a multiple of 2 MiB */

/* --- sizes --- */

/* Blocks that hold memory of a node, or whose descriptors came from it, and those that are cut by what is known now. */
struct count {
	uint64_t blocks, cut;
};

static void count_memory(const struct mb_boot *boot, const struct mb_window *window,
			 struct count *counts)
{
	mb_pfn_t start, end;
	int index = -1, nid;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      &nid)) {
		counts[nid].blocks += (end - start) / window->block_pages + 2;
		counts[nid].cut += 2;
	}
}

static void count_sections(const struct mb_memmodel *model, const struct mb_window *window,
			   struct count *counts)
{
	uint64_t per_section = model->geo.pages_per_section / window->block_pages;

	for (int64_t nr = mb_memmodel_next_present(model, -1); nr >= 0;
	     nr = mb_memmodel_next_present(model, nr))
		counts[mb_memmodel_section(model, (uint64_t)nr)->usage->memmap_nid].blocks +=
			per_section;
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
			counts[mb_memmodel_section(&boot->model,
						   mb_memmodel_section_nr(&boot->model, pfn))
				       ->usage->memmap_nid]
				.cut++;
		}
	}
}

static uint64_t block_bytes(const struct mb_machine *machine, const struct mb_page_size *size)
{
	return (uint64_t)size->bytes << mb_profile_max_order(machine->page_shift);
}

static uint64_t node_pages(const struct mb_machine *machine, int nid, uint64_t *ret_ranges)
{
	uint64_t bytes = 0;

	*ret_ranges = 0;
	for (size_t i = 0; i < machine->nr_mem; i++)
		if (machine->mem[i].nid == nid) {
			bytes += machine->mem[i].end - machine->mem[i].start;
			++*ret_ranges;
		}
	return bytes >> machine->page_shift;
}

/* Blocks that hold descriptors of a node's sections, at most. */
static uint64_t node_blocks(const struct mb_machine *machine, int nid, uint64_t *ret_ranges)
{
	uint64_t pages = node_pages(machine, nid, ret_ranges);
	uint64_t section_pages = UINT64_C(1) << (machine->section_shift - machine->page_shift);

	if (!pages)
		return 0;
	pages += 2 * *ret_ranges * section_pages;
	return (pages >> mb_profile_max_order(machine->page_shift)) + 1;
}

static const struct mb_page_size *size_of(const struct mb_boot_config *config)
{
	return config->struct_page ? config->struct_page : &mb_page_sizes[MB_PAGE_SIZE_DEFAULT];
}

uint64_t mb_window_least(const struct mb_boot_config *config, int nid)
{
	uint64_t ranges, blocks = node_blocks(config->machine, nid, &ranges);
	unsigned threads = mb_deferred_threads(config, nid);

	if (!blocks)
		return 0;
	return mb_max(threads, mb_min(blocks, (uint64_t)threads * MB_WINDOW_LEAST_SLOTS)) *
	       block_bytes(config->machine, size_of(config));
}

/* Slots of a node's window: what was asked for, no more than it has blocks, enough for each worker. */
static int size_node(struct mb_boot *boot, struct mb_window *window, struct mb_window_node *node,
		     const struct count *count)
{
	uint64_t wanted = boot->config.window_bytes / window->block_bytes;
	unsigned threads = mb_deferred_threads(&boot->config, node->nid);
	uint64_t least =
		mb_max(threads, mb_window_least(&boot->config, node->nid) / window->block_bytes);

	if (wanted < least && !boot->config.window_auto)
		return MB_FAIL(&boot->err, -EINVAL,
			       "a window of %s is too small: node %d needs %s for %u worker%s",
			       mb_strbuf_size(boot->config.window_bytes).text, node->nid,
			       mb_strbuf_size(least * window->block_bytes).text, threads,
			       threads == 1 ? "" : "s");
	node->nr_slots = mb_max(least, mb_min(wanted, count->blocks));
	node->max_private =
		mb_round_up(node->nr_slots + count->blocks + MB_WINDOW_SPARE, SLOT_ALIGN) -
		node->nr_slots;
	node->backed_private = mb_min(count->cut + MB_WINDOW_SPARE, node->max_private);
	node->nr_workers = threads;
	return 0;
}

static int size_nodes(struct mb_boot *boot, struct mb_window *window)
{
	struct count *counts = calloc(window->nr_nodes, sizeof(*counts));
	int r = counts ? 0 : -ENOMEM;

	if (counts) {
		count_memory(boot, window, counts);
		count_sections(&boot->model, window, counts);
		count_reserved(boot, window, counts);
	}
	for (unsigned nid = 0; !r && nid < window->nr_nodes; nid++) {
		struct mb_window_node *node = &window->nodes[nid];

		node->nid = (int)nid;
		node->first_slot = window->nr_slots;
		if (boot->nodes[nid] && counts[nid].blocks)
			r = size_node(boot, window, node, &counts[nid]);
		window->nr_slots += node->nr_slots + node->max_private;
	}
	free(counts);
	return r;
}

/* --- what is known to be needed --- */

static int add_area(struct mb_window *window, char *addr, size_t bytes, int nid, bool keep)
{
	struct mb_window_area *more;

	if (!bytes)
		return 0;
	more = realloc(window->areas, (window->nr_areas + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	window->areas = more;
	more[window->nr_areas++] = (struct mb_window_area){{addr, bytes, nid}, keep};
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

/* Table and heads of the sections that have memory. */
static int add_tables(struct mb_window *window)
{
	const struct mb_memmodel *model = window->model;
	uint64_t per_section = model->geo.pages_per_section / window->block_pages;
	size_t heads = 0, blocks = 0;
	int64_t nr = mb_memmodel_next_present(model, -1);
	int r = 0;

	while (!r && nr >= 0) {
		int nid = mb_memmodel_section(model, (uint64_t)nr)->usage->memmap_nid;
		int64_t next = nr;
		uint64_t first = (uint64_t)nr * per_section, end;

		do {
			end = ((uint64_t)next + 1) * per_section;
			nr = mb_memmodel_next_present(model, next);
		} while (nr == next + 1 &&
			 mb_memmodel_section(model, (uint64_t)nr)->usage->memmap_nid == nid &&
			 (next = nr, 1));
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

/* --- how much --- */

uint64_t mb_window_node_needed(const struct mb_machine *machine, const struct mb_page_size *size,
			       uint64_t window_bytes, int nid)
{
	uint64_t ranges, blocks = node_blocks(machine, nid, &ranges);
	/* What boots reserve, and what first allocations split. */
	uint64_t stay = 2 * ranges + 2 * MB_WINDOW_SPARE;

	if (!blocks)
		return 0;
	return mb_min(window_bytes, blocks * block_bytes(machine, size)) +
	       blocks * (size->bytes + sizeof(struct mb_window_block)) +
	       mb_min(stay, blocks) * block_bytes(machine, size);
}

uint64_t mb_window_needed(const struct mb_machine *machine, const struct mb_page_size *size,
			  uint64_t window_bytes)
{
	uint64_t blocks = mb_memmodel_map_pages(&mb_memmodels[MB_MEMMODEL_VMEMMAP], machine) >>
			  mb_profile_max_order(machine->page_shift);
	uint64_t bytes = mb_min(2 * machine->nr_reserved, blocks) * block_bytes(machine, size);

	for (unsigned nid = 0; nid < machine->nr_node_ids; nid++)
		bytes += mb_window_node_needed(machine, size, window_bytes, (int)nid);
	return bytes;
}

uint64_t mb_window_auto(const struct mb_machine *machine, const struct mb_page_size *size,
			uint64_t cache_bytes, uint64_t allowed_bytes)
{
	uint64_t bytes = mb_max(LEAST_AUTO_BYTES, 4 * cache_bytes), least = 2 * cache_bytes;
	uint64_t largest = 0, ranges;

	for (unsigned nid = 0; nid < machine->nr_node_ids; nid++)
		largest = mb_max(largest, node_pages(machine, (int)nid, &ranges) * size->bytes);
	if (largest <= bytes)
		return 0;
	while (bytes > least &&
	       mb_boot_memory_needed(machine, NULL, size, bytes, false) > allowed_bytes)
		bytes = mb_max(least, bytes - mb_max(bytes / 8, MB_MIB));
	return mb_max(mb_align_down_pow2(bytes, MB_MIB), MB_MIB);
}
