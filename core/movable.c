/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/cmdline.h"
#include "core/movable.h"

enum mb_zone_type mb_movable_source(const struct mb_boot *boot)
{
	int z = MB_ZONE_NORMAL;

	while (z > 0 && boot->zone_low[z] >= boot->zone_high[z])
		z--;
	return (enum mb_zone_type)z;
}

static mb_pfn_t region_pfn(const struct mb_boot *boot, const struct mb_memblock_region *region)
{
	return mb_div_ceil(region->base, UINT64_C(1) << boot->machine->page_shift);
}

static void lower_to(struct mb_node *node, mb_pfn_t pfn)
{
	if (!node->movable_pfn || pfn < node->movable_pfn)
		node->movable_pfn = pfn;
}

/* movable_node: from the lowest hotpluggable page of each node on. */
static void find_hotpluggable(struct mb_boot *boot)
{
	const struct mb_memblock_type *memory = &boot->memblock.memory;

	for (unsigned long i = 0; i < memory->cnt; i++)
		if (memory->regions[i].flags & MB_MEMBLOCK_HOTPLUG)
			lower_to(boot->nodes[memory->regions[i].nid],
				 region_pfn(boot, &memory->regions[i]));
}

/* kernelcore=mirror: from the lowest page above 4 GiB that is not mirrored. */
static void find_unmirrored(struct mb_boot *boot)
{
	const struct mb_memblock_type *memory = &boot->memblock.memory;
	mb_pfn_t limit = (4 * MB_GIB) >> boot->machine->page_shift;

	if (!boot->memblock.has_mirror && boot->profile->mirror_needs_memory)
		return;
	boot->mirrored = true;
	for (unsigned long i = 0; i < memory->cnt; i++) {
		mb_pfn_t pfn = region_pfn(boot, &memory->regions[i]);

		if (!(memory->regions[i].flags & MB_MEMBLOCK_MIRROR) && pfn >= limit)
			lower_to(boot->nodes[memory->regions[i].nid], pfn);
	}
}

/* --- amounts --- */

static uint64_t count_pages(const struct mb_boot *boot)
{
	mb_pfn_t start, end;
	uint64_t pages = 0;
	int index = -1;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      NULL))
		pages += end - start;
	return pages;
}

static uint64_t option_pages(const struct mb_machine *machine, const char *name, uint64_t total)
{
	struct mb_cmdline_amount amount;

	if (!mb_cmdline_amount(machine->cmdline, name, &amount))
		return 0;
	if (amount.percent)
		return (uint64_t)((__uint128_t)total * amount.value / 100);
	return amount.value >> machine->page_shift;
}

uint64_t mb_movable_core(const struct mb_machine *machine, uint64_t total, unsigned max_order)
{
	uint64_t kernelcore = option_pages(machine, "kernelcore", total);
	uint64_t movablecore = option_pages(machine, "movablecore", total);

	if (movablecore) {
		movablecore =
			mb_min(mb_align_up_pow2(movablecore, UINT64_C(1) << max_order), total);
		kernelcore = mb_max(kernelcore, total - movablecore);
	}
	return kernelcore < total ? kernelcore : 0;
}

/* What is left to spread, and what this node still takes of it. */
struct spread {
	mb_pfn_t usable; /* lowest page frame of the zone that gives */
	uint64_t remaining, left;
};

static void take_pages(struct spread *spread, uint64_t pages)
{
	spread->left -= mb_min(spread->left, pages);
	spread->remaining -= mb_min(spread->remaining, pages);
}

/*
 * One memory region of a node: what it gives to the kernel moves the node's movable start up. True: the
 * node has given its share. A share met by lower zones alone still moves the start to the giving zone.
 */
static bool spread_region(struct spread *spread, struct mb_node *node, mb_pfn_t start, mb_pfn_t end)
{
	uint64_t size;

	start = mb_max(start, node->movable_pfn);
	if (start >= end)
		return false;
	if (start < spread->usable) {
		take_pages(spread, mb_min(end, spread->usable) - start);
		if (end <= spread->usable) {
			node->movable_pfn = end;
			return false;
		}
		start = spread->usable;
	}
	size = mb_min(end - start, spread->left);
	node->movable_pfn = start + size;
	take_pages(spread, size);
	return !spread->left;
}

static void spread_node(struct mb_boot *boot, struct spread *spread, struct mb_node *node,
			uint64_t quota)
{
	mb_pfn_t start, end;
	int index = -1;

	spread->left = quota;
	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, node->nid, &start, &end,
					      NULL)) {
		if (spread_region(spread, node, start, end))
			break;
	}
}

/* Passes over the nodes, each of them an even share of what is left, until too little is left to share. */
static void spread_core(struct mb_boot *boot, uint64_t core)
{
	struct spread spread = {.usable = boot->zone_low[mb_movable_source(boot)],
				.remaining = core};
	struct mb_node *node;
	uint64_t usable = 0;

	mb_node_for_each(node, boot)
		usable += node->end_pfn != 0;
	do {
		uint64_t quota = spread.remaining / usable;

		mb_node_for_each(node, boot) {
			if (!node->end_pfn)
				continue;
			if (spread.remaining < quota)
				quota = spread.remaining / usable;
			spread_node(boot, &spread, node, quota);
		}
		usable--;
	} while (usable && spread.remaining > usable);
}

static void align_starts(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot) {
		node->movable_pfn = mb_align_up_pow2(node->movable_pfn,
						     UINT64_C(1) << boot->model.geo.max_order);
		if (node->movable_pfn >= node->end_pfn)
			node->movable_pfn = 0;
	}
}

void mb_movable_find(struct mb_boot *boot)
{
	uint64_t core;

	if (boot->memblock.movable_node)
		find_hotpluggable(boot);
	else if (boot->memblock.mirror)
		find_unmirrored(boot);
	else if ((core = mb_movable_core(boot->machine, count_pages(boot),
					 boot->model.geo.max_order)))
		spread_core(boot, core);
	align_starts(boot);
}

bool mb_movable_overlaps(const struct mb_boot *boot, const struct mb_node *node)
{
	const struct mb_zone *movable = &node->zones[MB_ZONE_MOVABLE];

	for (unsigned z = 0; boot->mirrored && movable->spanned && z < MB_ZONE_MOVABLE; z++)
		if (node->zones[z].spanned && mb_zone_end_pfn(&node->zones[z]) > movable->start_pfn)
			return true;
	return false;
}

bool mb_movable_owns(const struct mb_boot *boot, const struct mb_zone *zone, mb_pfn_t pfn)
{
	const struct mb_node *node = boot->nodes[zone->nid];
	const struct mb_memblock_type *memory = &boot->memblock.memory;
	mb_phys_t addr = pfn << boot->machine->page_shift;

	if (!mb_movable_overlaps(boot, node) || pfn < node->movable_pfn ||
	    zone->type < mb_movable_source(boot))
		return true;
	for (unsigned long i = 0; i < memory->cnt; i++) {
		bool mirrored = memory->regions[i].flags & MB_MEMBLOCK_MIRROR;

		if (addr - memory->regions[i].base < memory->regions[i].size)
			return mirrored == (zone->type != MB_ZONE_MOVABLE);
	}
	return false;
}
