/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: setup_per_cpu_pageset, zone_batchsize, zone_highsize, rmqueue_pcplist, free_unref_page
 * (mm/page_alloc.c, 6.1).
 * Kept: one pageset a possible CPU in every populated zone, batch and high, refill and drain by
 * batch. Left out: the growth of free batches under pressure, and from 6.7 the tuning between
 * high_min and high_max.
 * Invariants: a pageset's count is the pages on its lists; no page on a list is marked free or
 * reserved.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/bits.h"
#include "core/boot_state.h"
#include "core/pcp.h"

/* --- sizes --- */

unsigned mb_pcp_batch(uint64_t managed_pages, unsigned page_shift)
{
	uint64_t batch = mb_min(managed_pages >> 10, MB_MIB >> page_shift) / 4;

	batch = mb_max(batch, 1);
	batch = (UINT64_C(1) << mb_ilog2(batch + batch / 2)) - 1;
	return (unsigned)mb_max(batch, 1);
}

unsigned mb_pcp_high(uint64_t pages, unsigned local_cpus, unsigned online_cpus, unsigned batch)
{
	unsigned cpus = local_cpus ? local_cpus : online_cpus;

	return (unsigned)mb_max(pages / (cpus ? cpus : 1), 4 * (uint64_t)batch);
}

static void update_zone(struct mb_boot *boot, struct mb_zone *zone)
{
	unsigned local = mb_machine_count_cpus(boot->machine, zone->nid, MB_CPU_ONLINE);
	unsigned online = mb_machine_count_cpus(boot->machine, MB_NO_NODE, MB_CPU_ONLINE);
	uint64_t managed = mb_zone_managed(zone);
	unsigned fraction = boot->tunables.percpu_pagelist_high_fraction;

	zone->pcp_batch = mb_pcp_batch(managed, boot->machine->page_shift);
	zone->pcp_high_min =
		mb_pcp_high(fraction ? managed / fraction : zone->watermark[MB_WMARK_LOW], local,
			    online, zone->pcp_batch);
	zone->pcp_high_max = fraction ? zone->pcp_high_min
				      : mb_pcp_high(managed / 8, local, online, zone->pcp_batch);
	zone->pcp_high = zone->pcp_high_min;
}

void mb_pcp_update(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			if (node->zones[z].has_pagesets)
				update_zone(boot, &node->zones[z]);
}

/* --- lists --- */

/* Index of a list, or -1 when blocks of that order are not kept. */
static int list_index(const struct mb_zone *zone, unsigned order, enum mb_migratetype type)
{
	if (order <= MB_PCP_COSTLY_ORDER)
		return (int)(order * MB_MIGRATE_PCPTYPES + type);
	if (order == zone->model->geo.pageblock_order)
		return MB_PCP_LISTS - 2 + (type == MB_MIGRATE_MOVABLE);
	return -1;
}

static unsigned list_order(const struct mb_zone *zone, unsigned index)
{
	return index < MB_PCP_LISTS - 2 ? index / MB_MIGRATE_PCPTYPES
					: zone->model->geo.pageblock_order;
}

struct mb_page *mb_pcp_alloc(struct mb_zone *zone, unsigned cpu, unsigned order,
			     enum mb_migratetype type)
{
	struct mb_pageset *pageset;
	struct mb_list *list;
	struct mb_page *page;
	int index = list_index(zone, order, type);

	if (!zone->pagesets || index < 0)
		return mb_buddy_alloc(zone, order, type);
	pageset = &zone->pagesets[cpu];
	list = &pageset->lists[index];
	if (mb_list_empty(list)) {
		unsigned batch = zone->pcp_batch;
		unsigned blocks = batch > 1 ? (unsigned)mb_max(batch >> order, 2) : batch;

		pageset->count += mb_buddy_alloc_bulk(zone, order, type, blocks, list) << order;
	}
	if (mb_list_empty(list))
		return NULL;
	page = MB_LIST_ENTRY(list->next, struct mb_page, lru);
	mb_list_del_init(&page->lru);
	pageset->count -= 1u << order;
	page->refcount = 1;
	return page;
}

/* Returns whole lists, small orders first, until the pageset holds no more than keep pages. */
static void drain_to(struct mb_zone *zone, struct mb_pageset *pageset, unsigned keep)
{
	for (unsigned index = 0; index < MB_PCP_LISTS && pageset->count > keep; index++) {
		unsigned order = list_order(zone, index);
		struct mb_list back;

		mb_list_init(&back);
		while (!mb_list_empty(&pageset->lists[index]) && pageset->count > keep) {
			struct mb_list *item = pageset->lists[index].prev;

			mb_list_del(item);
			mb_list_add_tail(item, &back);
			pageset->count -= 1u << order;
		}
		mb_buddy_free_bulk(zone, order, &back);
	}
}

void mb_pcp_free(struct mb_zone *zone, unsigned cpu, struct mb_page *page, unsigned order)
{
	mb_pfn_t pfn = mb_memmodel_page_to_pfn(zone->model, page);
	enum mb_migratetype type = mb_memmodel_block_type(zone->model, pfn);
	struct mb_pageset *pageset;
	int index;

	if (type >= MB_MIGRATE_PCPTYPES)
		type = MB_MIGRATE_MOVABLE;
	index = list_index(zone, order, type);
	if (!zone->pagesets || index < 0) {
		mb_buddy_free(zone, page, order);
		return;
	}
	pageset = &zone->pagesets[cpu];
	mb_buddy_prepare_free(zone, page, order);
	mb_list_add(&page->lru, &pageset->lists[index]);
	pageset->count += 1u << order;
	if (pageset->count >= zone->pcp_high)
		drain_to(zone, pageset,
			 pageset->count - (unsigned)mb_min(zone->pcp_batch, pageset->count));
}

void mb_pcp_drain(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			for (unsigned cpu = 0; cpu < node->zones[z].nr_pagesets; cpu++)
				drain_to(&node->zones[z], &node->zones[z].pagesets[cpu], 0);
}

/* --- stage --- */

static int pcp_run(struct mb_boot *boot)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_pcp_stage);
	unsigned cpus = boot->machine->nr_cpus;
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			struct mb_zone *zone = &node->zones[z];

			if (!mb_zone_populated(zone))
				continue;
			zone->has_pagesets = true;
			if (boot->config.dry_run)
				continue;
			zone->pagesets = calloc(cpus, sizeof(*zone->pagesets));
			if (!zone->pagesets)
				return MB_FAIL(&boot->err, -ENOMEM,
					       "the host has no memory for %u pagesets", cpus);
			zone->nr_pagesets = cpus;
			stat->bytes += cpus * sizeof(*zone->pagesets);
			for (unsigned cpu = 0; cpu < cpus; cpu++)
				for (unsigned i = 0; i < MB_PCP_LISTS; i++)
					mb_list_init(&zone->pagesets[cpu].lists[i]);
		}
	mb_pcp_update(boot);
	return 0;
}

/* A list that leads back into itself, as one with a page that was freed twice does, ends the walk. */
static int check_pageset(struct mb_boot *boot, const struct mb_zone *zone, unsigned cpu)
{
	const struct mb_pageset *pageset = &zone->pagesets[cpu];
	unsigned pages = 0;

	for (unsigned i = 0; i < MB_PCP_LISTS; i++) {
		const struct mb_list *pos;

		mb_list_for_each(pos, &pageset->lists[i]) {
			const struct mb_page *page = MB_LIST_ENTRY(pos, struct mb_page, lru);

			if (pages > pageset->count)
				break;
			if (mb_page_is_buddy(&zone->model->layout, page) ||
			    mb_page_test(page, MB_PG_RESERVED))
				return MB_FAIL(&boot->err, -EUCLEAN,
					       "a page in CPU %u's pageset is free or reserved",
					       cpu);
			pages += 1u << list_order(zone, i);
		}
	}
	if (pages != pageset->count)
		return MB_FAIL(&boot->err, -EUCLEAN,
			       "CPU %u's pageset counts %u pages, its lists hold %u", cpu,
			       pageset->count, pages);
	return 0;
}

static int pcp_check(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			for (unsigned cpu = 0; cpu < node->zones[z].nr_pagesets; cpu++) {
				int r = check_pageset(boot, &node->zones[z], cpu);

				if (r)
					return r;
			}
	return 0;
}

static void pcp_undo(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			free(node->zones[z].pagesets);
			node->zones[z].pagesets = NULL;
			node->zones[z].nr_pagesets = 0;
		}
}

const struct mb_stage mb_pcp_stage = {
	.name = "pagesets",
	.linux_name = "setup_per_cpu_pageset",
	.summary = "per-CPU page lists of every populated zone",
	.dry_run = true,
	.run = pcp_run,
	.check = pcp_check,
	.undo = pcp_undo,
};
