/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: free_area_init, free_area_init_node, calculate_node_totalpages, free_area_init_core,
 * subsection_map_init (mm/page_alloc.c, 6.1).
 * Kept: possible ranges from the architecture's limits, spans clipped to the node, absent pages,
 * the estimate of managed, empty free lists. Left out: CMA.
 * With kernelcore=mirror Linux corrects the count of Normal alone, empties it where a node begins with
 * memory for Movable, and counts nowhere what is not mirrored below Movable's rounded start. Here it is the
 * zone below Movable, whichever that is, and it has all that is not Movable's.
 * Invariants: spanned = present + absent; zones of a node do not overlap; the sum of present over
 * zones is the sum of whole pages over memory regions.
 */
#include <errno.h>
#include <string.h>

#include "core/boot_state.h"
#include "core/cmdline.h"
#include "core/machine.h"
#include "core/movable.h"
#include "core/zone.h"

static const char *const zone_names[MB_NR_ZONES] = {
	[MB_ZONE_DMA] = "DMA",         [MB_ZONE_DMA32] = "DMA32",   [MB_ZONE_NORMAL] = "Normal",
	[MB_ZONE_MOVABLE] = "Movable", [MB_ZONE_DEVICE] = "Device",
};

struct mb_zone *mb_zone_of(const struct mb_boot *boot, int nid, enum mb_zone_type type)
{
	if (!boot->nodes || nid < 0 || (unsigned)nid >= boot->nr_node_ids || !boot->nodes[nid])
		return NULL;
	return &boot->nodes[nid]->zones[type];
}

const char *mb_zone_name(enum mb_zone_type type)
{
	return zone_names[type];
}

/* --- limits --- */

/*
 * Highest page frame + 1 that each zone may have, by architecture (zone_sizes_init); 0: the zone
 * does not exist.
 */
static void zone_max(const struct mb_machine *machine, mb_pfn_t first_pfn, mb_pfn_t end_pfn,
		     mb_pfn_t max[MB_NR_ZONES])
{
	mb_pfn_t gib4 = (4 * MB_GIB) >> machine->page_shift;

	memset(max, 0, MB_NR_ZONES * sizeof(max[0]));
	if (machine->arch == MB_ARCH_X86_64)
		max[MB_ZONE_DMA] = mb_min((16 * MB_MIB) >> machine->page_shift, end_pfn);
	else /* RAM that starts above the limit lifts it */
		max[MB_ZONE_DMA] = first_pfn < gib4 ? mb_min(gib4, end_pfn) : end_pfn;
	max[MB_ZONE_DMA32] = mb_min(gib4, end_pfn);
	max[MB_ZONE_NORMAL] = end_pfn;
}

void mb_zone_limits(const struct mb_machine *machine, mb_pfn_t first_pfn, mb_pfn_t end_pfn,
		    mb_pfn_t low[MB_NR_ZONES], mb_pfn_t high[MB_NR_ZONES])
{
	mb_pfn_t max[MB_NR_ZONES], start = first_pfn;

	zone_max(machine, first_pfn, end_pfn, max);
	for (int z = 0; z < MB_NR_ZONES; z++) {
		low[z] = high[z] = 0;
		if (z == MB_ZONE_MOVABLE)
			continue;
		low[z] = start;
		high[z] = mb_max(max[z], start);
		start = high[z];
	}
}

/* --- spans --- */

static bool has_mirror(const struct mb_memblock_region *region)
{
	return region->flags & MB_MEMBLOCK_MIRROR;
}

/* Normal, or what is highest, and Movable share a span on this node. */
static bool is_shared(const struct mb_boot *boot, const struct mb_node *node)
{
	return boot->mirrored && node->movable_pfn;
}

/*
 * Pages of the node's memory regions inside [start, end) that are the zone's: where Normal, or what is
 * highest, and Movable share a span, mirrored memory is Normal's and the rest Movable's.
 */
static uint64_t present_in(const struct mb_boot *boot, const struct mb_node *node,
			   enum mb_zone_type type, mb_pfn_t start, mb_pfn_t end)
{
	mb_pfn_t from, to;
	uint64_t present = 0;
	int index = -1;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, node->nid, &from, &to,
					      NULL)) {
		bool mirror = has_mirror(&boot->memblock.memory.regions[index]);
		mb_pfn_t limit = end;

		if (is_shared(boot, node) && type == MB_ZONE_MOVABLE && mirror)
			continue;
		if (is_shared(boot, node) && type == mb_movable_source(boot) && !mirror)
			limit = mb_clamp(node->movable_pfn, start, end);
		from = mb_clamp(from, start, limit);
		to = mb_clamp(to, start, limit);
		present += to - from;
	}
	return present;
}

/* Whether the zone has mirrored memory of the node where Movable shares its span. */
static bool keeps_mirrored(const struct mb_boot *boot, const struct mb_node *node,
			   enum mb_zone_type type, mb_pfn_t start, mb_pfn_t end)
{
	return is_shared(boot, node) && type == mb_movable_source(boot) &&
	       present_in(boot, node, type, start, end);
}

/* adjust_zone_range_for_zone_movable: Movable takes the top of the highest zone, lower zones end there. */
static void make_room_for_movable(const struct mb_boot *boot, const struct mb_node *node,
				  enum mb_zone_type type, mb_pfn_t *start, mb_pfn_t *end)
{
	mb_pfn_t movable = node->movable_pfn;

	if (!movable)
		return;
	if (type == MB_ZONE_MOVABLE) {
		*start = movable;
		*end = mb_min(node->end_pfn, boot->zone_high[mb_movable_source(boot)]);
	} else if (!boot->mirrored && (*start < movable) && (*end > movable)) {
		*end = movable;
	} else if (*start >= movable && !keeps_mirrored(boot, node, type, *start, *end)) {
		*start = *end;
	}
}

static void span_zone(const struct mb_boot *boot, const struct mb_node *node, struct mb_zone *zone)
{
	mb_pfn_t start =
		mb_clamp(node->start_pfn, boot->zone_low[zone->type], boot->zone_high[zone->type]);
	mb_pfn_t end =
		mb_clamp(node->end_pfn, boot->zone_low[zone->type], boot->zone_high[zone->type]);

	if (!node->end_pfn)
		return;
	make_room_for_movable(boot, node, zone->type, &start, &end);
	if (start >= end)
		return;
	zone->spanned = end - start;
	zone->start_pfn = start;
	zone->present = present_in(boot, node, zone->type, start, end);
}

/*
 * What managed is thought to be until hand-over: until 6.9 present less the pages of the zone's own
 * memmap, counted by the span unless holes make up more than a sixteenth of present, and less
 * dma_reserve in the lowest zone.
 */
static uint64_t estimate_managed(const struct mb_boot *boot, const struct mb_zone *zone)
{
	uint64_t managed = zone->present, pages = zone->spanned, memmap_pages;

	if (!boot->profile->managed_estimate)
		return managed;
	if (boot->model.id != MB_MEMMODEL_FLAT &&
	    zone->spanned > zone->present + zone->present / 16)
		pages = zone->present;
	memmap_pages = mb_div_ceil(pages * boot->model.geo.page_bytes,
				   UINT64_C(1) << boot->machine->page_shift);
	if (managed >= memmap_pages)
		managed -= memmap_pages;
	if (zone->type == MB_ZONE_DMA && managed > boot->dma_reserve)
		managed -= boot->dma_reserve;
	return managed;
}

/* Whether release looks at each page (mem_debugging_and_hardening_init). Debian builds INIT_ON_ALLOC_DEFAULT_ON. */
static bool checks_pages(const struct mb_boot *boot)
{
	const char *cmdline = boot->machine->cmdline;

	return boot->profile->pages_always_checked ||
	       mb_cmdline_bool(cmdline, "init_on_alloc", true) ||
	       mb_cmdline_bool(cmdline, "init_on_free", false);
}

static int init_zone(struct mb_boot *boot, struct mb_node *node, enum mb_zone_type type,
		     bool check_pages)
{
	struct mb_zone *zone = &node->zones[type];

	zone->type = type;
	zone->nid = node->nid;
	zone->model = &boot->model;
	zone->nr_orders = boot->model.geo.max_order + 1;
	zone->nr_list_orders = zone->nr_orders - (boot->model.windows != NULL);
	zone->release_order = boot->profile->release_in_pageblocks ? boot->model.geo.pageblock_order
								   : boot->model.geo.max_order;
	zone->check_pages = check_pages;
	zone->pcp_batch = 1;
	mb_lock_init(&zone->lock);
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++)
		for (unsigned t = 0; t < MB_MIGRATE_TYPES; t++)
			mb_list_init(&zone->free_area[order].free_list[t]);
	span_zone(boot, node, zone);
	atomic_store_explicit(&zone->managed, estimate_managed(boot, zone), memory_order_relaxed);
	node->spanned += zone->spanned;
	node->present += zone->present;
	if (!mb_zone_populated(zone))
		return 0;
	node->nr_zones = type + 1;
	node->has_memory = true;
	node->has_normal |= type <= MB_ZONE_NORMAL;
	return mb_memmodel_zone_usemap(boot, zone);
}

/* --- stage --- */

static int zone_run(struct mb_boot *boot)
{
	const struct mb_memblock *memblock = &boot->memblock;
	const bool check_pages = checks_pages(boot);
	unsigned shift = boot->machine->page_shift;
	struct mb_node *node;
	mb_pfn_t start, end;
	int index = -1, r = 0;

	mb_zone_limits(boot->machine, mb_memblock_start_of_DRAM(memblock) >> shift,
		       mb_memblock_end_of_DRAM(memblock) >> shift, boot->zone_low, boot->zone_high);
	mb_movable_find(boot);
	while (mb_memblock_next_mem_pfn_range(memblock, &index, MB_MAX_NODES, &start, &end, NULL))
		mb_memmodel_map_subsections(&boot->model, start, end);
	mb_node_for_each(node, boot) {
		if (r || (!node->pgdat && (r = mb_node_alloc_pgdat(boot, node))))
			return r;
		node->first_deferred_pfn = node->boundary_pfn = MB_PFN_NONE;
		for (unsigned z = 0; !r && z < MB_NR_ZONES; z++)
			r = init_zone(boot, node, (enum mb_zone_type)z, check_pages);
		mb_boot_stat(boot, &mb_zone_stage)->pages += node->spanned;
	}
	/* calc_nr_kernel_pages, from 6.10 */
	boot->early_free_pages =
		mb_memblock_count_free_pages(memblock, MB_MAX_NODES, 0, MB_PFN_NONE);
	return r;
}

static int check_zone(struct mb_boot *boot, const struct mb_node *node, const struct mb_zone *zone)
{
	if (zone->present > zone->spanned)
		return MB_FAIL(&boot->err, -EUCLEAN,
			       "node %d zone %s has %llu pages in a span of %llu", node->nid,
			       mb_zone_name(zone->type), (unsigned long long)zone->present,
			       (unsigned long long)zone->spanned);
	if (zone->spanned &&
	    (zone->start_pfn < node->start_pfn || mb_zone_end_pfn(zone) > node->end_pfn))
		return MB_FAIL(&boot->err, -EUCLEAN, "node %d zone %s reaches outside its node",
			       node->nid, mb_zone_name(zone->type));
	for (unsigned lower = 0; zone->spanned && lower < zone->type; lower++) {
		const struct mb_zone *other = &node->zones[lower];

		if (other->spanned && mb_zone_end_pfn(other) > zone->start_pfn && !boot->mirrored)
			return MB_FAIL(&boot->err, -EUCLEAN, "node %d zones %s and %s overlap",
				       node->nid, mb_zone_name(other->type),
				       mb_zone_name(zone->type));
	}
	return 0;
}

static int zone_check(struct mb_boot *boot)
{
	uint64_t present = 0, memory = 0;
	struct mb_node *node;
	mb_pfn_t start, end;
	int index = -1;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			int r = check_zone(boot, node, &node->zones[z]);

			if (r)
				return r;
			present += node->zones[z].present;
		}
	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      NULL))
		memory += end - start;
	if (present != memory)
		return MB_FAIL(&boot->err, -EUCLEAN,
			       "zones hold %llu present pages, memory regions %llu",
			       (unsigned long long)present, (unsigned long long)memory);
	return 0;
}

static void zone_undo(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			if (node->zones[z].nr_orders)
				mb_lock_fini(&node->zones[z].lock);
}

const struct mb_stage mb_zone_stage = {
	.name = "free_area_init",
	.linux_name = "free_area_init",
	.summary = "zone limits, spans, present pages and empty free lists",
	.dry_run = true,
	.run = zone_run,
	.check = zone_check,
	.undo = zone_undo,
};
