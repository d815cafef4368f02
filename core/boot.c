/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/boot_state.h"
#include "core/deferred.h"
#include "core/deferred_grow.h"
#include "core/fault.h"
#include "core/handoff.h"
#include "core/hash.h"
#include "core/latefree.h"
#include "core/memblock_stage.h"
#include "core/memmodel.h"
#include "core/pageinit.h"
#include "core/pcp.h"
#include "core/percpu_stage.h"
#include "core/slab_stage.h"
#include "core/touch.h"
#include "core/watermark.h"
#include "core/window.h"
#include "core/zonelist.h"

/*
 * Who comes when: the order of Linux 6.1, with the host's first and second touch where the
 * memmap becomes real. After a lazy boot comes what its users bring about.
 */
/* clang-format off */
const struct mb_stage *const mb_boot_stages[] = {
	&mb_memblock_stage, &mb_node_stage, &mb_memmodel_stage, &mb_fault_stage, &mb_touch_stage,
	&mb_zone_stage, &mb_pageinit_stage, &mb_percpu_stage, &mb_zonelist_stage, &mb_hash_stage,
	&mb_handoff_stage, &mb_slab_stage, &mb_pcp_stage, &mb_deferred_stage,
	&mb_latefree_early_stage, &mb_watermark_stage, &mb_latefree_stage,
	&mb_deferred_grow_stage,
};
/* clang-format on */

const size_t mb_boot_nr_stages = MB_ARRAY_SIZE(mb_boot_stages);

const char *const mb_boot_policies[MB_NR_POLICIES] = {
	[MB_POLICY_EAGER] = "eager",
	[MB_POLICY_DEFERRED] = "deferred",
	[MB_POLICY_LAZY] = "lazy",
};

/* --- life --- */

int mb_boot_new(const struct mb_boot_config *config, struct mb_err *err, struct mb_boot **ret_boot)
{
	struct mb_boot *boot;

	if (!config->machine || !config->profile || !config->host)
		return MB_FAIL(err, -EINVAL, "a boot needs a machine, a kernel profile and a host");
	if (config->record && !config->dry_run)
		return MB_FAIL(err, -EINVAL, "the record of a boot goes with a dry run");
	boot = aligned_alloc(_Alignof(struct mb_boot), sizeof(*boot));
	if (!boot)
		return MB_FAIL(err, -ENOMEM, "the host has no memory for a boot");
	memset(boot, 0, sizeof(*boot));
	boot->config = *config;
	boot->machine = config->machine;
	boot->profile = config->profile;
	boot->host = config->host;
	boot->tunables = config->tunables ? *config->tunables : MB_TUNABLES_DEFAULT;
	boot->placement = 1;
	boot->stats = calloc(mb_boot_nr_stages, sizeof(*boot->stats));
	if (!boot->stats) {
		free(boot);
		return MB_FAIL(err, -ENOMEM, "the host has no memory for a boot");
	}
	for (size_t i = 0; i < mb_boot_nr_stages; i++)
		boot->stats[i].stage = mb_boot_stages[i];
	*ret_boot = boot;
	return 0;
}

static bool wanted(const struct mb_boot *boot, const struct mb_stage *stage)
{
	if (stage->policies && !(stage->policies >> boot->config.policy & 1))
		return false;
	if (stage->recorded && !boot->config.record)
		return false;
	return !boot->config.dry_run || stage->dry_run;
}

void mb_boot_free(struct mb_boot *boot)
{
	if (!boot)
		return;
	while (boot->nr_run--) {
		const struct mb_stage *stage = mb_boot_stages[boot->nr_run];

		if (stage->undo && wanted(boot, stage))
			stage->undo(boot);
	}
	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		free(boot->stats[i].nodes);
		free(boot->stats[i].workers);
	}
	free(boot->stats);
	free(boot);
}

/* --- running --- */

static int run_stage(struct mb_boot *boot, size_t i)
{
	const struct mb_stage *stage = mb_boot_stages[i];
	uint64_t start;
	int r;

	if (mb_host_cancelled(boot->host))
		return -ECANCELED;
	mb_boot_begin_pages(boot, 0);
	atomic_store_explicit(&boot->current, stage, memory_order_relaxed);
	boot->nr_run = i + 1;
	r = stage->prepare ? stage->prepare(boot) : 0;
	start = mb_host_begin(boot->host, stage->name, NULL);
	if (!boot->began)
		boot->began_ns = start;
	boot->began = true;
	boot->stats[i].start_ns = start - boot->began_ns;
	r = r ? r : stage->run(boot);
	boot->stats[i].ns = mb_host_end(boot->host, stage->name, NULL) - start;
	if (!r) {
		boot->stats[i].ran = true;
		if (stage->check && (boot->config.check || stage->check_always))
			r = stage->check(boot);
	}
	boot->ended = r != 0;
	if (r && r != -ECANCELED)
		MB_FAIL(&boot->err, r, "%s", strerror(-r));
	if (r && !boot->err.stage)
		boot->err.stage = stage->name;
	return r;
}

int mb_boot_run_until(struct mb_boot *boot, const struct mb_stage *last)
{
	int r = boot->settled || boot->ended || boot->err.code ? -EINVAL : 0;

	for (size_t i = boot->nr_run; !r && i < mb_boot_nr_stages; i++) {
		if (wanted(boot, mb_boot_stages[i]))
			r = run_stage(boot, i);
		else
			boot->nr_run = i + 1;
		if (mb_boot_stages[i] == last)
			break;
	}
	atomic_store_explicit(&boot->current, NULL, memory_order_relaxed);
	return r;
}

int mb_boot_run(struct mb_boot *boot)
{
	return mb_boot_run_until(boot, NULL);
}

/* --- questions --- */

struct mb_stage_stat *mb_boot_stat(struct mb_boot *boot, const struct mb_stage *stage)
{
	for (size_t i = 0; i < mb_boot_nr_stages; i++)
		if (mb_boot_stages[i] == stage)
			return &boot->stats[i];
	return NULL; /* never: every stage that asks is in the table */
}

const struct mb_err *mb_boot_err(const struct mb_boot *boot)
{
	return &boot->err;
}

const struct mb_stage_stat *mb_boot_stats(const struct mb_boot *boot, size_t *ret_count)
{
	*ret_count = mb_boot_nr_stages;
	return boot->stats;
}

void mb_boot_progress(const struct mb_boot *boot, struct mb_boot_progress *ret_progress)
{
	ret_progress->stage = atomic_load_explicit(&boot->current, memory_order_relaxed);
	ret_progress->done = atomic_load_explicit(&boot->done_pages, memory_order_relaxed);
	ret_progress->total = atomic_load_explicit(&boot->total_pages, memory_order_relaxed);
}

/*
 * Time from the start to the end of a stage, without what stands beside the totals; 0 when it did
 * not end.
 */
static uint64_t time_to(const struct mb_boot *boot, const struct mb_stage *last)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		if (!mb_boot_stages[i]->untotalled)
			ns += boot->stats[i].ns;
		if (mb_boot_stages[i] == last)
			return boot->stats[i].ran ? ns : 0;
	}
	return 0;
}

static void count_zones(const struct mb_boot *boot, struct mb_boot_totals *totals)
{
	struct mb_node *node;

	if (!boot->nodes)
		return;
	mb_node_for_each(node, boot) {
		totals->left_pages += node->left_pages;
		totals->lock_held_ns = mb_max(totals->lock_held_ns, node->lock_held_ns);
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			const struct mb_zone *zone = &node->zones[z];

			totals->spanned_pages += zone->spanned;
			totals->present_pages += zone->present;
			totals->managed_pages += mb_zone_managed(zone);
			totals->free_pages += zone->free_pages;
		}
	}
}

void mb_boot_totals(const struct mb_boot *boot, struct mb_boot_totals *ret_totals)
{
	/* The stage that hands the last page over. */
	static const struct mb_stage *const last[MB_NR_POLICIES] = {
		[MB_POLICY_EAGER] = &mb_handoff_stage,
		[MB_POLICY_DEFERRED] = &mb_deferred_stage,
		[MB_POLICY_LAZY] = &mb_deferred_grow_stage,
	};
	struct mb_boot_totals totals = {
		.first_allocation_ns = time_to(boot, &mb_handoff_stage),
		.first_kmalloc_ns = time_to(boot, &mb_slab_stage),
		.all_memory_ns = time_to(boot, last[boot->config.policy]),
		.memmap_pages = boot->model.map_pages,
		.memmap_bytes = boot->model.map_pages * boot->model.geo.page_bytes,
		.placement = boot->placement,
	};

	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		if (mb_boot_stages[i] == &mb_fault_stage && boot->stats[i].ran)
			totals.fault_ns = boot->stats[i].ns;
		if (mb_boot_stages[i] == &mb_touch_stage && boot->stats[i].ran)
			totals.touch_ns = boot->stats[i].ns;
	}
	if (boot->config.dry_run) /* memory is counted there, not handed over */
		totals.first_allocation_ns = totals.first_kmalloc_ns = totals.all_memory_ns = 0;
	count_zones(boot, &totals);
	*ret_totals = totals;
}

unsigned mb_boot_max_order(const struct mb_boot *boot)
{
	return boot->model.geo.max_order;
}

uint64_t mb_boot_nr_free(const struct mb_boot *boot, unsigned order)
{
	uint64_t blocks = 0;
	struct mb_node *node;

	if (boot->nodes && order < MB_MAX_ORDERS)
		mb_node_for_each(node, boot)
			for (unsigned z = 0; z < MB_NR_ZONES; z++)
				blocks += node->zones[z].free_area[order].nr_free;
	return blocks;
}

size_t mb_boot_zones(const struct mb_boot *boot, struct mb_boot_zone *zones, size_t max)
{
	struct mb_node *node;
	size_t count = 0;

	if (!boot->nodes)
		return 0;
	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			const struct mb_zone *zone = &node->zones[z];

			if (!mb_zone_populated(zone))
				continue;
			if (count < max)
				zones[count] = (struct mb_boot_zone){
					.nid = node->nid,
					.type = zone->type,
					.name = mb_zone_name(zone->type),
					.start_pfn = zone->start_pfn,
					.spanned = zone->spanned,
					.present = zone->present,
					.managed = mb_zone_managed(zone),
					.free = zone->free_pages,
					.left = mb_zone_end_pfn(zone) == node->end_pfn
							? node->left_pages
							: 0,
					.watermark_min = zone->watermark[MB_WMARK_MIN],
					.watermark_low = zone->watermark[MB_WMARK_LOW],
					.watermark_high = zone->watermark[MB_WMARK_HIGH],
					.pcp_batch = zone->pcp_batch,
					.pcp_high = zone->pcp_high,
				};
			count++;
		}
	return count;
}

size_t mb_boot_nr_sections(const struct mb_boot *boot)
{
	return boot->model.nr_present;
}

size_t mb_boot_fallback(const struct mb_boot *boot, int nid, int *nids, size_t max)
{
	const struct mb_node *node;

	if (!boot->nodes || nid < 0 || (unsigned)nid >= boot->nr_node_ids ||
	    !(node = boot->nodes[nid]))
		return 0;
	for (size_t i = 0; i < node->nr_fallback && i < max; i++)
		nids[i] = node->fallback_nodes[i];
	return node->nr_fallback;
}

/* --- memory --- */

uint64_t mb_boot_memory_needed(const struct mb_boot_config *config)
{
	const struct mb_machine *machine = config->machine;
	const struct mb_page_size *size =
		config->struct_page ? config->struct_page : &mb_page_sizes[MB_PAGE_SIZE_DEFAULT];
	const struct mb_memmodel_row *vmemmap = &mb_memmodels[MB_MEMMODEL_VMEMMAP];
	uint64_t pages = mb_memmodel_map_pages(config->model ? config->model : vmemmap, machine);
	uint64_t sections = mb_memmodel_map_pages(vmemmap, machine) >>
			    (machine->section_shift - machine->page_shift);
	/*
	 * Roots, usage, zones and pagesets: a few hundred bytes a section and some KiB a node and
	 * CPU.
	 */
	uint64_t bytes =
		16 * MB_MIB + sections * 128 + (uint64_t)machine->nr_node_ids * 16 * MB_KIB;

	if (config->dry_run)
		return bytes;
	bytes += (uint64_t)machine->nr_node_ids * MB_MIB +
		 (uint64_t)machine->nr_cpus * machine->nr_node_ids * MB_KIB;
	return bytes + (config->window_bytes ? mb_window_needed(config) : pages * size->bytes);
}
