/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/boot_result.h"
#include "core/base/cleanup.h"
#include "core/check.h"
#include "numa/host_map.h"

/* A sample, unless the value is 0: the engine's way of saying that there is none. */
static void set(struct mb_run *run, int metric, size_t repetition, uint64_t value)
{
	if (value)
		mb_result_run_set(run, metric, repetition, (double)value);
}

static void set_work(struct mb_run *run, size_t repetition, uint64_t ns, uint64_t pages)
{
	mb_result_run_set(run, MB_METRIC_WALL_NS, repetition, (double)ns);
	if (!pages)
		return;
	mb_result_run_set(run, MB_METRIC_PAGES, repetition, (double)pages);
	mb_result_run_set(run, MB_METRIC_NS_PER_PAGE, repetition, (double)ns / (double)pages);
}

/* Where the node's memory and workers really were. */
static void place(struct mb_run *run, const struct mb_host_map *map, int nid)
{
	const struct mb_host_map_node *node = map ? mb_host_map_find(map, nid) : NULL;
	char text[64];

	if (!node || run->placement)
		return;
	snprintf(text, sizeof(text), "node%d->host%d", nid, node->host->os_index);
	mb_result_run_set_placement(run, text);
}

static void add_node(struct mb_result *result, const char *stage, const struct mb_node_stat *stat,
		     const struct mb_host_map *map, size_t repetition)
{
	struct mb_run *run = mb_result_run(result, MB_RUN_NODE, stage, stat->nid, MB_RUN_NONE);

	set_work(run, repetition, stat->ns, stat->pages);
	set(run, MB_METRIC_JOBS, repetition, stat->jobs);
	set(run, MB_METRIC_CHUNKS, repetition, stat->chunks);
	if (!run)
		return;
	run->threads = stat->threads;
	place(run, map, stat->nid);
}

static void add_worker(struct mb_result *result, const char *stage,
		       const struct mb_worker_stat *stat, size_t repetition)
{
	struct mb_run *run =
		mb_result_run(result, MB_RUN_WORKER, stage, stat->nid, (int)stat->index);

	set_work(run, repetition, stat->ns, stat->pages);
	mb_result_run_set(run, MB_METRIC_CHUNKS, repetition, (double)stat->chunks);
	if (run)
		run->cpu = stat->cpu;
}

static void add_stage(struct mb_result *result, const struct mb_stage_stat *stat,
		      const struct mb_host_map *map, uint64_t total_ns, size_t repetition)
{
	const char *name = stat->stage->name;
	struct mb_run *run = mb_result_run(result, MB_RUN_STAGE, name, MB_RUN_NONE, MB_RUN_NONE);

	set_work(run, repetition, stat->ns, stat->pages);
	set(run, MB_METRIC_BYTES, repetition, stat->bytes);
	if (!stat->stage->untotalled && total_ns)
		mb_result_run_set(run, MB_METRIC_SHARE_PERCENT, repetition,
				  100.0 * (double)stat->ns / (double)total_ns);
	for (size_t i = 0; i < stat->nr_nodes; i++) {
		const struct mb_node_stat *node = &stat->nodes[i];

		add_node(result, name, node, map, repetition);
		for (size_t k = 0; k < stat->nr_workers; k++) {
			if (stat->workers[k].nid == node->nid)
				add_worker(result, name, &stat->workers[k], repetition);
		}
	}
}

static void add_total(struct mb_result *result, const char *name, int metric, size_t repetition,
		      uint64_t value)
{
	if (value)
		set(mb_result_run(result, MB_RUN_TOTAL, name, MB_RUN_NONE, MB_RUN_NONE), metric,
		    repetition, value);
}

static void add_totals(struct mb_result *result, const struct mb_boot *boot, uint64_t phases_ns,
		       size_t rep)
{
	const char *memory = MB_BOOT_TOTAL_MEMORY;
	struct mb_boot_totals totals;

	mb_boot_totals(boot, &totals);
	add_total(result, MB_BOOT_TOTAL_FIRST_ALLOCATION, MB_METRIC_WALL_NS, rep,
		  totals.first_allocation_ns);
	add_total(result, MB_BOOT_TOTAL_FIRST_KMALLOC, MB_METRIC_WALL_NS, rep,
		  totals.first_kmalloc_ns);
	add_total(result, MB_BOOT_TOTAL_ALL_MEMORY, MB_METRIC_WALL_NS, rep, totals.all_memory_ns);
	add_total(result, MB_BOOT_TOTAL_PHASES, MB_METRIC_WALL_NS, rep, phases_ns);
	add_total(result, MB_BOOT_TOTAL_FAULT, MB_METRIC_WALL_NS, rep, totals.fault_ns);
	add_total(result, memory, MB_METRIC_SPANNED_PAGES, rep, totals.spanned_pages);
	add_total(result, memory, MB_METRIC_PRESENT_PAGES, rep, totals.present_pages);
	add_total(result, memory, MB_METRIC_MANAGED_PAGES, rep, totals.managed_pages);
	add_total(result, memory, MB_METRIC_FREE_PAGES, rep, totals.free_pages);
	add_total(result, memory, MB_METRIC_MEMMAP_PAGES, rep, totals.memmap_pages);
	add_total(result, memory, MB_METRIC_MEMMAP_BYTES, rep, totals.memmap_bytes);
	if (totals.placement <= 0)
		mb_result_set(result, MB_RESULT_PLACEMENT,
			      totals.placement ? "unverified" : "verified");
}

/* The last stage sets the marks and sizes the pagesets. */
static void add_zone(struct mb_result *result, const struct mb_boot_zone *zone, bool marked,
		     size_t rep)
{
	struct mb_run *run = mb_result_run(result, MB_RUN_ZONE, zone->name, zone->nid, MB_RUN_NONE);

	mb_result_run_set(run, MB_METRIC_SPANNED_PAGES, rep, (double)zone->spanned);
	mb_result_run_set(run, MB_METRIC_PRESENT_PAGES, rep, (double)zone->present);
	mb_result_run_set(run, MB_METRIC_MANAGED_PAGES, rep, (double)zone->managed);
	mb_result_run_set(run, MB_METRIC_FREE_PAGES, rep, (double)zone->free);
	if (zone->watermark_high) { /* the smallest zones have marks of 0 pages */
		if (!marked)
			return;
		mb_result_run_set(run, MB_METRIC_WATERMARK_MIN_PAGES, rep,
				  (double)zone->watermark_min);
		mb_result_run_set(run, MB_METRIC_WATERMARK_LOW_PAGES, rep,
				  (double)zone->watermark_low);
		mb_result_run_set(run, MB_METRIC_WATERMARK_HIGH_PAGES, rep,
				  (double)zone->watermark_high);
	}
	set(run, MB_METRIC_PCP_BATCH_PAGES, rep, zone->pcp_batch);
	set(run, MB_METRIC_PCP_HIGH_PAGES, rep, zone->pcp_high);
}

static void add_zones(struct mb_result *result, const struct mb_boot *boot, size_t repetition)
{
	size_t count = mb_boot_zones(boot, NULL, 0), nr_stages;
	const struct mb_stage_stat *stats = mb_boot_stats(boot, &nr_stages);
	struct mb_boot_zone *zones MB_FREE = calloc(count + 1, sizeof(*zones));

	if (!zones) {
		result->error = -ENOMEM;
		return;
	}
	count = mb_boot_zones(boot, zones, count);
	for (size_t i = 0; i < count; i++)
		add_zone(result, &zones[i], stats[nr_stages - 1].ran, repetition);
}

void mb_boot_result_add(struct mb_result *result, const struct mb_boot *boot,
			const struct mb_host_map *map, size_t repetition)
{
	const struct mb_stage_stat *stats;
	uint64_t total_ns = 0;
	size_t count;

	stats = mb_boot_stats(boot, &count);
	for (size_t i = 0; i < count; i++) {
		if (stats[i].ran && !stats[i].stage->untotalled)
			total_ns += stats[i].ns;
	}
	for (size_t i = 0; i < count; i++) {
		if (stats[i].ran)
			add_stage(result, &stats[i], map, total_ns, repetition);
	}
	add_totals(result, boot, total_ns, repetition);
	add_zones(result, boot, repetition);
}

int mb_boot_result_settle(struct mb_result *result, struct mb_boot *boot, size_t repetition,
			  struct mb_err *err)
{
	uint64_t digest;
	char text[32];
	int r = mb_check_digest(boot, &digest);

	if (r)
		return r;
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)digest);
	if (result->fields[MB_RESULT_DIGEST] && strcmp(result->fields[MB_RESULT_DIGEST], text) != 0)
		return MB_FAIL(err, -EUCLEAN, "descriptors differ between repetitions: %s, then %s",
			       result->fields[MB_RESULT_DIGEST], text);
	mb_result_set(result, MB_RESULT_DIGEST, text);
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++) {
		snprintf(text, sizeof(text), "%s%u", MB_BOOT_TOTAL_FREE_BLOCKS, order);
		if (order <= mb_boot_max_order(boot))
			mb_result_run_set(
				mb_result_run(result, MB_RUN_TOTAL, text, MB_RUN_NONE, MB_RUN_NONE),
				MB_METRIC_FREE_BLOCKS, repetition,
				(double)mb_boot_nr_free(boot, order));
	}
	return 0;
}
