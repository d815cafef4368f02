/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/amount.h"
#include "core/deferred.h"
#include "core/handoff.h"
#include "core/pageinit.h"

/* --- blocks --- */

/* Naturally aligned blocks that [start, end) falls into, none larger than the order. */
static uint64_t blocks_of(mb_pfn_t start, mb_pfn_t end, unsigned max_order)
{
	mb_pfn_t first = mb_align_up_pow2(start, UINT64_C(1) << max_order);
	mb_pfn_t last = mb_align_down_pow2(end, UINT64_C(1) << max_order);
	uint64_t blocks = 0;

	for (; first > last && start < end; blocks++) { /* inside one such block */
		unsigned order = (unsigned)__builtin_ctzll(start);

		while (start + (UINT64_C(1) << order) > end)
			order--;
		start += UINT64_C(1) << order;
	}
	if (first > last)
		return blocks;
	blocks = (last - first) >> max_order;
	blocks += (uint64_t)__builtin_popcountll(first - start);
	return blocks + (uint64_t)__builtin_popcountll(end - last);
}

/* --- nodes --- */

static struct mb_amount_node *find_node(const struct mb_amount *count, int nid)
{
	for (size_t i = 0; i < count->nr_nodes; i++)
		if (count->nodes[i].nid == nid)
			return &count->nodes[i];
	return NULL;
}

static int add_nodes(const struct mb_boot *boot, struct mb_amount *count)
{
	struct mb_node *node;

	count->nodes = calloc(boot->nr_node_ids + 1, sizeof(*count->nodes));
	if (!count->nodes)
		return -ENOMEM;
	mb_node_for_each(node, boot) {
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			count->zones += mb_zone_populated(&node->zones[z]);
		if (node->has_memory)
			count->nodes[count->nr_nodes++] = (struct mb_amount_node){
				.nid = node->nid,
				.present_pages = node->present,
			};
	}
	return 0;
}

/* The free ranges: what hand-over releases, and what it leaves. */
static void add_free(const struct mb_boot *boot, struct mb_amount *count)
{
	mb_pfn_t start, end;
	uint64_t cursor = 0;
	int nid;

	while (mb_memblock_next_free_pfn_range(&boot->memblock, &cursor, MB_MAX_NODES, &start, &end,
					       &nid)) {
		struct mb_amount_node *node = find_node(count, nid);
		mb_pfn_t cut = mb_clamp(boot->nodes[nid]->boundary_pfn, start, end);
		uint64_t left = mb_handoff_valid_pages(boot, cut, end);

		count->released_blocks += blocks_of(start, cut, boot->model.geo.max_order);
		count->deferred_pages += left;
		if (node)
			node->deferred_pages += left;
	}
}

int mb_amount_boot(const struct mb_boot *boot, struct mb_amount *ret_count)
{
	struct mb_amount count = {.regions = boot->memblock.memory.cnt,
				  .reserved_regions = boot->memblock.reserved.cnt,
				  .sections = mb_boot_nr_sections(boot),
				  .memmap_pages = boot->model.map_pages,
				  .released_pages = boot->released_pages,
				  .cpus = boot->machine->nr_cpus};
	struct mb_boot *counted = (struct mb_boot *)(uintptr_t)boot; /* which is only read */
	const struct mb_stage_stat *init = mb_boot_stat(counted, &mb_pageinit_stage);
	const struct mb_stage_stat *handoff = mb_boot_stat(counted, &mb_handoff_stage);
	int r;

	if (!init->ran || !handoff->ran || mb_boot_stat(counted, &mb_deferred_stage)->ran)
		return -EINVAL;
	count.hole_pages = init->phases[0].pages;
	count.early_pages = init->pages - count.hole_pages;
	count.reserved_pages = handoff->phases[0].pages;
	r = add_nodes(boot, &count);
	if (r)
		return r;
	add_free(boot, &count);
	for (size_t i = 0; boot->config.policy == MB_POLICY_DEFERRED && i < count.nr_nodes; i++)
		mb_deferred_cut(boot, boot->nodes[count.nodes[i].nid], &count.nodes[i].threads,
				&count.nodes[i].jobs, &count.nodes[i].chunks);
	*ret_count = count;
	return 0;
}

int mb_amount_config(const struct mb_boot_config *config, struct mb_err *err,
		     struct mb_amount *ret_count)
{
	struct mb_boot_config dry = *config;
	struct mb_boot *boot;
	int r;

	dry.dry_run = true;
	dry.check = false;
	r = mb_boot_new(&dry, err, &boot);
	if (r)
		return r;
	r = mb_boot_run_until(boot, &mb_handoff_stage);
	if (r && err)
		*err = *mb_boot_err(boot);
	if (!r)
		r = mb_amount_boot(boot, ret_count);
	mb_boot_free(boot);
	return r;
}

void mb_amount_fini(struct mb_amount *count)
{
	free(count->nodes);
	*count = (struct mb_amount){0};
}
