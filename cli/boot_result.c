/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/boot_result.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "core/check.h"
#include "core/window.h"
#include "numa/host.h"
#include "reports/format.h"

/* A sample, unless the value is 0: the engine's way of saying that there is none. */
static void set(struct mb_run *run, int metric, size_t repetition, uint64_t value)
{
	if (value)
		mb_result_run_set(run, metric, repetition, (double)value);
}

static void set_work(struct mb_run *run, size_t repetition, uint64_t ns, uint64_t pages)
{
	mb_result_run_set(run, MB_METRIC_WALL_NS, repetition, (double)ns);
	set(run, MB_METRIC_PAGES, repetition, pages);
	if (pages)
		mb_result_run_set(run, MB_METRIC_NS_PER_PAGE, repetition,
				  (double)ns / (double)pages);
}

static void set_start(struct mb_run *run, size_t repetition, uint64_t start_ns)
{
	mb_result_run_set(run, MB_METRIC_START_NS, repetition, (double)start_ns);
}

/* A part of a stage, whose pages a dry run counts without doing anything to them. */
static void set_part(struct mb_run *run, const struct mb_boot_repetition *rep, uint64_t ns,
		     uint64_t pages)
{
	if (rep->dry_run)
		set(run, MB_METRIC_PAGES, rep->index, pages);
	else
		set_work(run, rep->index, ns, pages);
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

/* growth_ns: of all growths in order, which are sorted here. */
static void set_growth(struct mb_run *run, size_t repetition, double *growth_ns, size_t count)
{
	double total = 0, first;

	if (!count)
		return;
	first = growth_ns[0];
	for (size_t i = 0; i < count; i++)
		total += growth_ns[i];
	count = mb_stats_sort(growth_ns, count);
	mb_result_run_set(run, MB_METRIC_GROWTHS, repetition, (double)count);
	mb_result_run_set(run, MB_METRIC_GROWTH_FIRST_NS, repetition, first);
	mb_result_run_set(run, MB_METRIC_GROWTH_MIN_NS, repetition, growth_ns[0]);
	mb_result_run_set(run, MB_METRIC_GROWTH_MEDIAN_NS, repetition,
			  mb_stats_quantile(growth_ns, count, 0.5));
	mb_result_run_set(run, MB_METRIC_GROWTH_P99_NS, repetition,
			  mb_stats_quantile(growth_ns, count, 0.99));
	mb_result_run_set(run, MB_METRIC_GROWTH_MAX_NS, repetition, growth_ns[count - 1]);
	mb_result_run_set(run, MB_METRIC_GROWTH_TOTAL_NS, repetition, total);
}

/* The growths of these nodes together. */
static void add_growth(struct mb_run *run, const struct mb_node_stat *nodes, size_t nr_nodes,
		       size_t repetition)
{
	double *growth_ns MB_FREE = NULL;
	uint64_t left = 0;
	size_t count = 0;

	for (size_t i = 0; i < nr_nodes; i++) {
		count += nodes[i].nr_growths;
		left += nodes[i].left_pages;
	}
	set(run, MB_METRIC_LEFT_PAGES, repetition, left);
	growth_ns = calloc(count + 1, sizeof(*growth_ns));
	if (!growth_ns) {
		if (run)
			run->result->error = -ENOMEM;
		return;
	}
	count = 0;
	for (size_t i = 0; i < nr_nodes; i++)
		for (size_t k = 0; k < nodes[i].nr_growths; k++)
			growth_ns[count++] = (double)nodes[i].growth_ns[k];
	set_growth(run, repetition, growth_ns, count);
}

static void add_phase(struct mb_result *result, const char *stage,
		      const struct mb_phase_stat *phase, const struct mb_boot_repetition *rep)
{
	struct mb_run *run =
		mb_result_run(result, MB_RUN_PHASE, phase->name, MB_RUN_NONE, MB_RUN_NONE);

	mb_result_run_set_arg(run, "stage", stage);
	set_part(run, rep, phase->ns, phase->pages);
}

static void add_node(struct mb_result *result, const char *stage, const struct mb_node_stat *stat,
		     const struct mb_boot_repetition *rep)
{
	struct mb_run *run = mb_result_run(result, MB_RUN_NODE, stage, stat->nid, MB_RUN_NONE);

	set_part(run, rep, stat->ns, stat->pages);
	if (!rep->dry_run)
		set_start(run, rep->index, stat->start_ns);
	set(run, MB_METRIC_JOBS, rep->index, stat->jobs);
	set(run, MB_METRIC_CHUNKS, rep->index, stat->chunks);
	set(run, MB_METRIC_LOCK_HELD_NS, rep->index, stat->lock_held_ns);
	add_growth(run, stat, 1, rep->index);
	if (!run)
		return;
	run->threads = stat->threads;
	place(run, rep->map, stat->nid);
}

void mb_boot_result_set_cpus(struct mb_run *run, int pinned_cpu, const uint64_t *map)
{
	struct mb_strbuf list = {0};
	char pinned[16] = "none", one[16];

	if (!run)
		return;
	run->cpu = MB_RUN_NONE;
	for (int cpu = 0; cpu < MB_TOPO_MAX_CPUS && run->cpu < 0; cpu++)
		if (mb_bit_test(map, (size_t)cpu))
			run->cpu = cpu;
	mb_parse_list_print(&list, map, MB_TOPO_MAX_CPUS);
	snprintf(one, sizeof(one), "%d", run->cpu);
	if (pinned_cpu >= 0)
		snprintf(pinned, sizeof(pinned), "%d", pinned_cpu);
	if (strcmp(mb_strbuf_text(&list), pinned) != 0)
		mb_result_run_set_arg(run, MB_BOOT_ARG_PINNED, pinned);
	if (strcmp(mb_strbuf_text(&list), one) != 0) {
		mb_result_run_set_arg(run, MB_BOOT_ARG_CPUS, mb_strbuf_text(&list));
		run->cpu = MB_RUN_NONE;
	}
	if (list.error)
		run->result->error = list.error;
	mb_strbuf_fini(&list);
}

static void add_worker(struct mb_result *result, const char *stage,
		       const struct mb_worker_stat *stat, const struct mb_boot_repetition *rep)
{
	struct mb_run *run =
		mb_result_run(result, MB_RUN_WORKER, stage, stat->nid, (int)stat->index);
	uint64_t map[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};

	set_work(run, rep->index, stat->ns, stat->pages);
	set_start(run, rep->index, stat->start_ns);
	mb_result_run_set(run, MB_METRIC_CHUNKS, rep->index, (double)stat->chunks);
	if (rep->host && !mb_host_seen(rep->host, stage, stat->nid, stat->index, map))
		mb_boot_result_set_cpus(run, stat->cpu, map);
	else if (run)
		run->cpu = stat->cpu;
}

/* In a dry run this stage counts a memmap that it does not make. */
static bool makes_memmap(const struct mb_stage *stage)
{
	return strcmp(stage->name, "sparse_init") == 0;
}

/* total_ns is the sum that the shares are of; 0: there are no shares. */
static void add_stage(struct mb_result *result, const struct mb_stage_stat *stat,
		      const struct mb_boot_repetition *rep, uint64_t total_ns)
{
	const char *name = stat->stage->name;
	struct mb_run *run = mb_result_run(result, MB_RUN_STAGE, name, MB_RUN_NONE, MB_RUN_NONE);

	set_work(run, rep->index, stat->ns, stat->pages);
	set_start(run, rep->index, stat->start_ns);
	if (!rep->dry_run || !makes_memmap(stat->stage))
		set(run, MB_METRIC_BYTES, rep->index, stat->bytes);
	if (!stat->stage->untotalled && total_ns)
		mb_result_run_set(run, MB_METRIC_SHARE_PERCENT, rep->index,
				  100.0 * (double)stat->ns / (double)total_ns);
	add_growth(run, stat->nodes, stat->nr_nodes, rep->index);
	for (size_t i = 0; i < stat->nr_phases; i++)
		add_phase(result, name, &stat->phases[i], rep);
	for (size_t i = 0; i < stat->nr_nodes; i++) {
		const struct mb_node_stat *node = &stat->nodes[i];

		add_node(result, name, node, rep);
		for (size_t k = 0; k < stat->nr_workers; k++) {
			if (stat->workers[k].nid == node->nid)
				add_worker(result, name, &stat->workers[k], rep);
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

/* Time of the stages that ended and are not beside the totals. */
static uint64_t sum_stages(const struct mb_boot *boot)
{
	size_t count;
	const struct mb_stage_stat *stats = mb_boot_stats(boot, &count);
	uint64_t ns = 0;

	for (size_t i = 0; i < count; i++) {
		if (stats[i].ran && !stats[i].stage->untotalled)
			ns += stats[i].ns;
	}
	return ns;
}

/* Whether all memory is where the boot leaves it: in an unfinished boot it is on its way. */
static bool handed_over(const struct mb_boot_repetition *rep)
{
	return rep->complete && !rep->dry_run;
}

static void add_totals(struct mb_result *result, const struct mb_boot *boot,
		       const struct mb_boot_repetition *rep, uint64_t phases_ns)
{
	const char *memory = MB_BOOT_TOTAL_MEMORY;
	struct mb_boot_totals totals;
	size_t i = rep->index;

	mb_boot_totals(boot, &totals);
	add_total(result, MB_BOOT_TOTAL_FIRST_ALLOCATION, MB_METRIC_WALL_NS, i,
		  totals.first_allocation_ns);
	add_total(result, MB_BOOT_TOTAL_FIRST_KMALLOC, MB_METRIC_WALL_NS, i,
		  totals.first_kmalloc_ns);
	add_total(result, MB_BOOT_TOTAL_ALL_MEMORY, MB_METRIC_WALL_NS, i, totals.all_memory_ns);
	add_total(result, MB_BOOT_TOTAL_PHASES, MB_METRIC_WALL_NS, i, phases_ns);
	add_total(result, MB_BOOT_TOTAL_FAULT, MB_METRIC_WALL_NS, i, totals.fault_ns);
	add_total(result, MB_BOOT_TOTAL_TOUCH, MB_METRIC_WALL_NS, i, totals.touch_ns);
	add_total(result, memory, MB_METRIC_SPANNED_PAGES, i, totals.spanned_pages);
	add_total(result, memory, MB_METRIC_PRESENT_PAGES, i, totals.present_pages);
	if (handed_over(rep)) {
		add_total(result, memory, MB_METRIC_MANAGED_PAGES, i, totals.managed_pages);
		add_total(result, memory, MB_METRIC_FREE_PAGES, i, totals.free_pages);
		mb_result_run_set(mb_result_run(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_NODE_LOCK,
						MB_RUN_NONE, MB_RUN_NONE),
				  MB_METRIC_LOCK_HELD_NS, i, (double)totals.lock_held_ns);
	}
	add_total(result, memory, MB_METRIC_MEMMAP_PAGES, i, totals.memmap_pages);
	add_total(result, memory, MB_METRIC_MEMMAP_BYTES, i, totals.memmap_bytes);
	if (totals.placement <= 0)
		mb_result_set(result, MB_RESULT_PLACEMENT,
			      totals.placement ? "unverified" : "verified");
}

/* The last stages set the marks and size the pagesets. */
static void add_zone(struct mb_result *result, const struct mb_boot_zone *zone,
		     const struct mb_boot_repetition *rep)
{
	struct mb_run *run = mb_result_run(result, MB_RUN_ZONE, zone->name, zone->nid, MB_RUN_NONE);
	size_t i = rep->index;

	mb_result_run_set(run, MB_METRIC_SPANNED_PAGES, i, (double)zone->spanned);
	mb_result_run_set(run, MB_METRIC_PRESENT_PAGES, i, (double)zone->present);
	if (!handed_over(rep))
		return;
	mb_result_run_set(run, MB_METRIC_MANAGED_PAGES, i, (double)zone->managed);
	mb_result_run_set(run, MB_METRIC_FREE_PAGES, i, (double)zone->free);
	set(run, MB_METRIC_LEFT_PAGES, i, zone->left);
	if (zone->watermark_high) { /* the smallest zones have marks of 0 pages */
		mb_result_run_set(run, MB_METRIC_WATERMARK_MIN_PAGES, i,
				  (double)zone->watermark_min);
		mb_result_run_set(run, MB_METRIC_WATERMARK_LOW_PAGES, i,
				  (double)zone->watermark_low);
		mb_result_run_set(run, MB_METRIC_WATERMARK_HIGH_PAGES, i,
				  (double)zone->watermark_high);
	}
	set(run, MB_METRIC_PCP_BATCH_PAGES, i, zone->pcp_batch);
	set(run, MB_METRIC_PCP_HIGH_PAGES, i, zone->pcp_high);
}

static void add_zones(struct mb_result *result, const struct mb_boot *boot,
		      const struct mb_boot_repetition *rep)
{
	size_t count = mb_boot_zones(boot, NULL, 0);
	struct mb_boot_zone *zones MB_FREE = calloc(count + 1, sizeof(*zones));

	if (!zones) {
		result->error = -ENOMEM;
		return;
	}
	count = mb_boot_zones(boot, zones, count);
	for (size_t i = 0; i < count; i++)
		add_zone(result, &zones[i], rep);
}

/* How often blocks went over the window, the last time perhaps over a part of it. */
static uint64_t uses(const struct mb_window_stat *stat)
{
	return mb_div_ceil(stat->turns, stat->slots);
}

/* "128.0 MiB, used 3 times; 20 blocks of descriptors in memory of their own (1.2 MiB)" */
static void add_window_fact(struct mb_result *result, const char *name,
			    const struct mb_window_stat *stat, uint64_t least)
{
	struct mb_strbuf text = {0};

	mb_strbuf_addf(&text, "%s, used ", mb_format_bytes((double)stat->window_bytes).text);
	if (least < uses(stat))
		mb_strbuf_addf(&text, "%llu to ", (unsigned long long)least);
	mb_strbuf_addf(&text, "%llu time%s; %llu block%s of descriptors in memory of %s own (",
		       (unsigned long long)uses(stat), uses(stat) == 1 ? "" : "s",
		       (unsigned long long)stat->private_blocks,
		       stat->private_blocks == 1 ? "" : "s",
		       stat->private_blocks == 1 ? "its" : "their");
	mb_strbuf_addf(&text, "%s)", mb_format_bytes((double)stat->private_bytes).text);
	mb_result_add_fact(result, name, mb_strbuf_text(&text), NULL);
	mb_strbuf_fini(&text);
}

/* Of all nodes: the largest window, the most uses, all blocks that stay. */
static void add_windows(struct mb_result *result, const struct mb_boot *boot)
{
	size_t count = mb_window_stats(boot, NULL, 0);
	struct mb_window_stat *stats MB_FREE = calloc(count + 1, sizeof(*stats));
	struct mb_window_stat all = {.slots = 1};
	uint64_t least = UINT64_MAX;
	char name[40];

	if (!count || mb_result_fact(&result->facts, MB_BOOT_FACT_WINDOWS))
		return;
	if (!stats) {
		result->error = -ENOMEM;
		return;
	}
	count = mb_window_stats(boot, stats, count);
	for (size_t i = 0; i < count; i++) {
		all.window_bytes = mb_max(all.window_bytes, stats[i].window_bytes);
		all.turns = mb_max(all.turns, uses(&stats[i]));
		all.private_blocks += stats[i].private_blocks;
		all.private_bytes += stats[i].private_bytes;
		least = mb_min(least, uses(&stats[i]));
	}
	add_window_fact(result, MB_BOOT_FACT_WINDOWS, &all, least);
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%d", MB_BOOT_FACT_WINDOW, stats[i].nid);
		add_window_fact(result, name, &stats[i], uses(&stats[i]));
	}
}

void mb_boot_result_add(struct mb_result *result, const struct mb_boot *boot,
			const struct mb_boot_repetition *rep)
{
	uint64_t total_ns = rep->complete ? sum_stages(boot) : 0;
	const struct mb_stage_stat *stats;
	size_t count;

	stats = mb_boot_stats(boot, &count);
	for (size_t i = 0; i < count; i++) {
		if (stats[i].ran)
			add_stage(result, &stats[i], rep, total_ns);
	}
	add_totals(result, boot, rep, total_ns);
	add_zones(result, boot, rep);
	if (rep->complete)
		add_windows(result, boot);
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
