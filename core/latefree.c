/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: cma_init_reserved_areas (mm/cma.c), free_reserved_area, free_initmem,
 * adjust_managed_page_count (mm/page_alloc.c), 6.1.
 * Kept: pages freed count as managed in the zone that they lie in. Left out: the buddy; a record
 * goes with a dry run.
 * Invariants: no zone manages more than is present.
 */
#include <errno.h>

#include "core/boot_state.h"
#include "core/latefree.h"
#include "core/record.h"

static uint64_t free_range(struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end)
{
	struct mb_node *node;
	uint64_t pages = 0;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			struct mb_zone *zone = &node->zones[z];
			mb_pfn_t from = mb_clamp(start, zone->start_pfn, mb_zone_end_pfn(zone));
			mb_pfn_t to = mb_clamp(end, zone->start_pfn, mb_zone_end_pfn(zone));

			if (from == to)
				continue;
			atomic_fetch_add_explicit(&zone->managed, to - from, memory_order_relaxed);
			pages += to - from;
		}
	return pages;
}

static void free_all(struct mb_boot *boot, const struct mb_stage *stage, bool before_marks)
{
	const struct mb_record *record = boot->config.record;
	unsigned shift = boot->machine->page_shift;

	for (size_t i = 0; i < record->nr_frees; i++) {
		const struct mb_record_free *free = &record->frees[i];

		if (free->before_marks == before_marks)
			mb_boot_stat(boot, stage)->pages +=
				free_range(boot, free->start >> shift, free->end >> shift);
	}
}

static int early_run(struct mb_boot *boot)
{
	free_all(boot, &mb_latefree_early_stage, true);
	return 0;
}

static int late_run(struct mb_boot *boot)
{
	free_all(boot, &mb_latefree_stage, false);
	return 0;
}

static int check(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			if (mb_zone_managed(&node->zones[z]) > node->zones[z].present)
				return MB_FAIL(&boot->err, -EUCLEAN,
					       "node %d zone %s manages more than is present",
					       node->nid, mb_zone_name((enum mb_zone_type)z));
	return 0;
}

const struct mb_stage mb_latefree_early_stage = {
	.name = "early_frees",
	.linux_name = "cma_init_reserved_areas",
	.summary = "CMA areas and what SMP start-up leaves, as a record of the boot says",
	.dry_run = true,
	.recorded = true,
	.run = early_run,
	.check = check,
};

const struct mb_stage mb_latefree_stage = {
	.name = "late_frees",
	.linux_name = "free_initmem",
	.summary = "initrd and init sections, as a record of the boot says",
	.dry_run = true,
	.recorded = true,
	.run = late_run,
	.check = check,
};
