/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "benches/boots_figure.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/deferred.h"
#include "core/deferred_grow.h"
#include "core/handoff.h"
#include "reports/stats.h"

/* --- parts of a boot --- */

static const struct mb_stage_stat *stage_of(const struct mb_boot *boot,
					    const struct mb_stage *stage)
{
	size_t count;
	const struct mb_stage_stat *stats = mb_boot_stats(boot, &count);

	for (size_t i = 0; i < count; i++)
		if (stats[i].stage == stage && stats[i].ran)
			return &stats[i];
	return NULL;
}

static const struct mb_phase_stat *phase_of(const struct mb_boot *boot, const char *name)
{
	size_t count;
	const struct mb_stage_stat *stats = mb_boot_stats(boot, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; stats[i].ran && j < stats[i].nr_phases; j++)
			if (!strcmp(stats[i].phases[j].name, name))
				return &stats[i].phases[j];
	return NULL;
}

static double time_or_nan(uint64_t ns)
{
	return ns ? (double)ns : (double)NAN;
}

/* --- figures --- */

static double first_allocation(const struct mb_boot *boot)
{
	struct mb_boot_totals totals;

	mb_boot_totals(boot, &totals);
	return time_or_nan(totals.first_allocation_ns);
}

static double all_memory(const struct mb_boot *boot)
{
	struct mb_boot_totals totals;

	mb_boot_totals(boot, &totals);
	return time_or_nan(totals.all_memory_ns);
}

static double user_space(const struct mb_boot *boot)
{
	bool lazy = stage_of(boot, &mb_deferred_grow_stage);

	return lazy ? first_allocation(boot) : all_memory(boot);
}

static double last_node(const struct mb_boot *boot)
{
	const struct mb_stage_stat *stat = stage_of(boot, &mb_deferred_stage);

	return stat && stat->nr_nodes ? time_or_nan(stat->nodes[stat->nr_nodes - 1].ns)
				      : (double)NAN;
}

/* All stages up to one, without those that are beside the totals. */
static void add_until(const struct mb_boot *boot, const struct mb_stage *last,
		      struct mb_bench_run *run)
{
	size_t count;
	const struct mb_stage_stat *stats = mb_boot_stats(boot, &count);

	for (size_t i = 0; i < count; i++) {
		if (stats[i].ran && !stats[i].stage->untotalled)
			mb_bench_add_part(run, stats[i].stage->name, -1);
		if (stats[i].stage == last)
			return;
	}
}

static void add_first_allocation(const struct mb_boot *boot, struct mb_bench_run *run)
{
	add_until(boot, &mb_handoff_stage, run);
}

static void add_all_memory(const struct mb_boot *boot, struct mb_bench_run *run)
{
	const struct mb_stage *last = stage_of(boot, &mb_deferred_grow_stage)
					      ? &mb_deferred_grow_stage
				      : stage_of(boot, &mb_deferred_stage) ? &mb_deferred_stage
									   : &mb_handoff_stage;

	add_until(boot, last, run);
}

static void add_user_space(const struct mb_boot *boot, struct mb_bench_run *run)
{
	if (stage_of(boot, &mb_deferred_grow_stage))
		add_first_allocation(boot, run);
	else
		add_all_memory(boot, run);
}

static void add_last_node(const struct mb_boot *boot, struct mb_bench_run *run)
{
	const struct mb_stage_stat *stat = stage_of(boot, &mb_deferred_stage);

	if (stat && stat->nr_nodes)
		mb_bench_add_part(run, stat->stage->name, stat->nodes[stat->nr_nodes - 1].nid);
}

static double jobs(const struct mb_boot *boot)
{
	const struct mb_stage_stat *stat = stage_of(boot, &mb_deferred_stage);
	uint64_t count = 0;

	for (size_t i = 0; stat && i < stat->nr_nodes; i++)
		count += stat->nodes[i].jobs;
	return stat ? (double)count : (double)NAN;
}

/* Of the pages that the machine has, those whose descriptors the boot CPU initialises by itself. */
static double serial_percent(const struct mb_boot *boot)
{
	const struct mb_stage_stat *stat = stage_of(boot, &mb_deferred_stage);
	struct mb_boot_totals totals;

	mb_boot_totals(boot, &totals);
	if (!stat || !totals.present_pages)
		return (double)NAN;
	return 100 - 100 * (double)stat->pages / (double)totals.present_pages;
}

static double phase_ns(const struct mb_boot *boot, const char *name)
{
	const struct mb_phase_stat *phase = phase_of(boot, name);

	return phase ? (double)phase->ns : (double)NAN;
}

static double phase_pages(const struct mb_boot *boot, const char *name)
{
	const struct mb_phase_stat *phase = phase_of(boot, name);

	return phase ? (double)phase->pages : (double)NAN;
}

static const char reserved_phase[] = "memmap_init_reserved_pages";
static const char hole_phase[] = "init_unavailable_range";

static double reserved_ns(const struct mb_boot *boot)
{
	return phase_ns(boot, reserved_phase);
}

static double reserved_pages(const struct mb_boot *boot)
{
	return phase_pages(boot, reserved_phase);
}

static double hole_ns(const struct mb_boot *boot)
{
	return phase_ns(boot, hole_phase);
}

static double hole_pages(const struct mb_boot *boot)
{
	return phase_pages(boot, hole_phase);
}

static size_t nr_growths(const struct mb_stage_stat *stat)
{
	size_t count = 0;

	for (size_t i = 0; stat && i < stat->nr_nodes; i++)
		count += stat->nodes[i].nr_growths;
	return count;
}

static double growths(const struct mb_boot *boot)
{
	const struct mb_stage_stat *stat = stage_of(boot, &mb_deferred_grow_stage);

	return stat ? (double)nr_growths(stat) : (double)NAN;
}

/* 0: the shortest, 1: the longest of all growths. */
static double growth_quantile(const struct mb_boot *boot, double p)
{
	const struct mb_stage_stat *stat = stage_of(boot, &mb_deferred_grow_stage);
	MB_FREE double *all = calloc(nr_growths(stat) + 1, sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; all && stat && i < stat->nr_nodes; i++)
		for (size_t j = 0; j < stat->nodes[i].nr_growths; j++)
			all[count++] = (double)stat->nodes[i].growth_ns[j];
	return all ? mb_stats_quantile(all, mb_stats_sort(all, count), p) : (double)NAN;
}

static double growth_median(const struct mb_boot *boot)
{
	return growth_quantile(boot, 0.5);
}

static double growth_max(const struct mb_boot *boot)
{
	return growth_quantile(boot, 1);
}

const struct mb_boots_figure mb_boots_figures[MB_BOOTS_NR_FIGURES] = {
	[MB_BOOTS_FIRST_ALLOCATION] = {"first_allocation_ns",
				       "to the first page that the buddy can give",
				       .of = first_allocation, .add_parts = add_first_allocation},
	[MB_BOOTS_ALL_MEMORY] = {"all_memory_ns", "to the last page in the buddy", .of = all_memory,
				 .add_parts = add_all_memory},
	[MB_BOOTS_USER_SPACE] = {"user_space_ns", "what the boot waits for", .of = user_space,
				 .add_parts = add_user_space},
	[MB_BOOTS_LAST_NODE] = {"last_node_ns", "deferred part of the last node", .of = last_node,
				.add_parts = add_last_node},
	[MB_BOOTS_JOBS] = {"jobs", "padata jobs", .of = jobs},
	[MB_BOOTS_SERIAL_PERCENT] = {"serial_percent", "pages that are not deferred",
				     .of = serial_percent},
	[MB_BOOTS_RESERVED_NS] = {"reserved_ns", "descriptors of reserved pages",
				  .of = reserved_ns},
	[MB_BOOTS_RESERVED_PAGES] = {"reserved_pages", "how many these are", .of = reserved_pages},
	[MB_BOOTS_HOLE_NS] = {"hole_ns", "descriptors of holes", .of = hole_ns},
	[MB_BOOTS_HOLE_PAGES] = {"hole_pages", "how many these are", .of = hole_pages},
	[MB_BOOTS_GROWTHS] = {"growths", "how often a zone grew on demand", .of = growths},
	[MB_BOOTS_GROWTH_MEDIAN] = {"growth_median_ns", "what an allocation waits for one",
				    .of = growth_median},
	[MB_BOOTS_GROWTH_MAX] = {"growth_max_ns", "the worst single allocation", .of = growth_max,
				 .worst = true},
};
