/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/answer_several.h"
#include "reports/format.h"
#include "reports/pick.h"
#include "reports/write_html.h"

/* Sections about a boot: its phases, what nodes and workers did, and what a kernel's log says beside it. */

static size_t count_kind(const struct mb_result *result, enum mb_run_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < result->nr_runs; i++)
		count += result->runs[i]->kind == kind;
	return count;
}

static const struct mb_metric *metric_row(const struct mb_html *html, int metric)
{
	return &html->results[0]->metrics->rows[metric];
}

/* Columns without any figure are left out. */
static bool has_metric(const struct mb_html *html, enum mb_run_kind kind, const char *name,
		       int metric)
{
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++) {
			const struct mb_run *run = html->results[i]->runs[j];

			if (run->kind == kind && (!name || !strcmp(run->name, name)) &&
			    run->metrics[metric].count)
				return true;
		}
	return false;
}

/* Those of metrics that any run of that kind and name (NULL: any) has, and the first in any case; how many. */
static size_t keep_metrics(const struct mb_html *html, enum mb_run_kind kind, const char *name,
			   const int *metrics, size_t count, int *ret_kept)
{
	size_t kept = 0;

	for (size_t k = 0; k < count; k++)
		if (!k || has_metric(html, kind, name, metrics[k]))
			ret_kept[kept++] = metrics[k];
	return kept;
}

static double sample(const struct mb_run *run, int metric, size_t repetition)
{
	return metric >= 0 && repetition < run->metrics[metric].count
		       ? run->metrics[metric].values[repetition]
		       : NAN;
}

/* The repetition in which the run took nearest to its median: medians of parts are of different boots. */
static size_t typical(const struct mb_run *run)
{
	double median = mb_pick_figure(run, MB_METRIC_WALL_NS), least = INFINITY;
	size_t repetition = 0;

	for (size_t i = 0; run && i < run->metrics[MB_METRIC_WALL_NS].count; i++) {
		double distance = fabs(sample(run, MB_METRIC_WALL_NS, i) - median);

		if (distance < least) {
			least = distance;
			repetition = i;
		}
	}
	return repetition;
}

/* --- phases --- */

static bool has_phases(const struct mb_html *html)
{
	return mb_html_any_kind(html, MB_RUN_STAGE);
}

/* What is shown of a phase: more of one result than of several beside each other. */
static const int phase_metrics[] = {MB_METRIC_WALL_NS, MB_METRIC_NS_PER_PAGE, MB_METRIC_PAGES,
				    MB_METRIC_BYTES, MB_METRIC_SHARE_PERCENT};
static const int worker_metrics[] = {MB_METRIC_WALL_NS, MB_METRIC_NS_PER_PAGE, MB_METRIC_PAGES,
				     MB_METRIC_CHUNKS};
static const int few_metrics[] = {MB_METRIC_WALL_NS, MB_METRIC_NS_PER_PAGE};

#define ADD_UP 0.05 /* of the total: medians whose sum is this near are said to add up */

/* What a boot took; without a total its longest phase. */
static const struct mb_run *whole_of(const struct mb_result *result)
{
	const struct mb_run *whole = mb_pick_run(result, MB_RUN_TOTAL, "to_all_memory");

	for (size_t i = 0; !whole && i < result->nr_runs; i++)
		if (result->runs[i]->kind == MB_RUN_STAGE && mb_pick_is_part(result->runs[i]))
			whole = result->runs[i];
	for (size_t i = 0; whole && whole->kind == MB_RUN_STAGE && i < result->nr_runs; i++)
		if (result->runs[i]->kind == MB_RUN_STAGE && mb_pick_is_part(result->runs[i]) &&
		    mb_pick_figure(result->runs[i], MB_METRIC_WALL_NS) >
			    mb_pick_figure(whole, MB_METRIC_WALL_NS))
			whole = result->runs[i];
	return whole;
}

/* Of several repetitions one is drawn: phases of one boot add up, their medians need not. */
static bool draws_one(const struct mb_result *result)
{
	const struct mb_run *whole = whole_of(result);

	return whole && mb_result_run_repetitions(whole) > 1;
}

static void put_repetition_head(struct mb_html *html, size_t index)
{
	const struct mb_run *whole = whole_of(html->results[index]);
	struct mb_strbuf label = {0};

	mb_strbuf_addf(&label, "repetition %zu of %zu", typical(whole) + 1,
		       mb_result_run_repetitions(whole));
	mb_html_head_metric(html, metric_row(html, MB_METRIC_WALL_NS), mb_strbuf_text(&label),
			    (int)index, true);
	mb_strbuf_fini(&label);
}

static void put_phase_heads(struct mb_html *html, const int *metrics, size_t nr_metrics)
{
	mb_html_head(html, "phase");
	for (size_t k = 0; k < nr_metrics; k++)
		for (size_t i = 0; i < html->count; i++) {
			bool time = metrics[k] == MB_METRIC_WALL_NS;
			bool one = time && draws_one(html->results[i]);

			if (!mb_pick_any(html->results[i], MB_RUN_STAGE))
				continue;
			mb_html_head_metric(html, metric_row(html, metrics[k]),
					    one ? "median" : NULL, (int)i, time && !one);
			if (one)
				put_repetition_head(html, i);
		}
	mb_html_head(html, "");
	mb_html_body(html);
}

/* What the chart shows, and where the medians in the table would say another total. */
static void add_phase_caption(const struct mb_html *html, struct mb_strbuf *caption)
{
	bool one = false;

	mb_strbuf_add(caption, "Time of each phase, one after another");
	for (size_t i = 0; i < html->count; i++)
		one |= draws_one(html->results[i]);
	if (one)
		mb_strbuf_addf(caption,
			       ", in the repetition%s whose total is nearest to the median",
			       mb_html_several(html) ? " of each result" : "");
	for (size_t i = 0; i < html->count; i++) {
		const struct mb_result *result = html->results[i];
		double sum = 0,
		       ns = mb_pick_figure(mb_pick_run(result, MB_RUN_TOTAL, "to_all_memory"),
					   MB_METRIC_WALL_NS);

		for (size_t j = 0; j < result->nr_runs; j++)
			if (result->runs[j]->kind == MB_RUN_STAGE &&
			    mb_pick_is_part(result->runs[j]))
				sum += fmax(0, mb_pick_figure(result->runs[j], MB_METRIC_WALL_NS));
		if (!draws_one(result) || !(fabs(sum - ns) > ADD_UP * ns))
			continue;
		mb_strbuf_addf(caption,
			       ". The medians%s%s do not add up: %s, while the median total is ",
			       mb_html_several(html) ? " of " : "",
			       mb_html_several(html) ? mb_answer_name(i).text : "",
			       mb_format_time(sum, MB_FORMAT_UTF8).text);
		mb_strbuf_add(caption, mb_format_time(ns, MB_FORMAT_UTF8).text);
	}
}

static void put_phase_cells(struct mb_html *html, const struct mb_run *like, int metric)
{
	for (size_t i = 0; i < html->count; i++) {
		const struct mb_run *run = mb_pick_run(html->results[i], like->kind, like->name);

		if (!mb_pick_any(html->results[i], MB_RUN_STAGE))
			continue;
		mb_html_cell_run(html, run, metric);
		if (metric == MB_METRIC_WALL_NS && draws_one(html->results[i]))
			mb_html_cell_metric(
				html, metric_row(html, metric),
				run ? sample(run, metric, typical(whole_of(html->results[i])))
				    : NAN);
	}
}

static void put_phase(struct mb_html *html, const struct mb_run *run, const int *metrics,
		      size_t nr_metrics)
{
	bool part = run->kind == MB_RUN_PHASE, beside = !part && !mb_pick_is_part(run);

	mb_html_raw(html, "<tr%s>",
		    part     ? " class=\"part\" data-skip=\"\""
		    : beside ? " class=\"beside\" data-skip=\"\""
			     : "");
	mb_html_name(html, run->name);
	for (size_t k = 0; k < nr_metrics; k++)
		put_phase_cells(html, run, metrics[k]);
	mb_html_cell(html, part ? "part of it" : beside ? "beside the totals" : NULL);
	mb_html_raw(html, "</tr>\n");
}

static bool is_phase(const struct mb_run *run)
{
	return run->kind == MB_RUN_STAGE || run->kind == MB_RUN_PHASE;
}

/* Each phase once, in the order in which the results have them. */
static bool is_new(const struct mb_html *html, size_t result, const struct mb_run *run)
{
	for (size_t i = 0; i < result; i++)
		if (mb_pick_run(html->results[i], run->kind, run->name))
			return false;
	return mb_pick_run(html->results[result], run->kind, run->name) == run;
}

static void put_phases(struct mb_html *html)
{
	const int *metrics = mb_html_several(html) ? few_metrics : phase_metrics;
	size_t nr_metrics =
		mb_html_several(html) ? MB_ARRAY_SIZE(few_metrics) : MB_ARRAY_SIZE(phase_metrics);
	struct mb_strbuf caption = {0};

	add_phase_caption(html, &caption);
	mb_html_figure(html, "stack", mb_strbuf_text(&caption),
		       count_kind(html->results[0], MB_RUN_STAGE));
	if (caption.error)
		html->error = caption.error;
	mb_strbuf_fini(&caption);
	put_phase_heads(html, metrics, nr_metrics);
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++) {
			const struct mb_run *run = html->results[i]->runs[j];

			if (is_phase(run) && is_new(html, i, run))
				put_phase(html, run, metrics, nr_metrics);
		}
	mb_html_figure_end(html);
}

const struct mb_write_html_section mb_write_html_phases = {
	"phases",
	"Phases",
	"From memblock's start to the last page in the buddy. The first touch of the memmap is the host's cost, and in no total.",
	has_phases,
	put_phases,
};

/* --- nodes --- */

static bool has_nodes(const struct mb_html *html)
{
	return mb_html_any_kind(html, MB_RUN_NODE);
}

static void put_row_place(struct mb_html *html, size_t result, const struct mb_run *run)
{
	struct mb_strbuf name = {0};

	if (mb_html_several(html))
		mb_strbuf_addf(&name, "%s ", mb_answer_name(result).text);
	mb_strbuf_addf(&name, "node %d", run->node);
	if (run->worker >= 0)
		mb_strbuf_addf(&name, " worker %d", run->worker);
	mb_html_name(html, mb_strbuf_text(&name));
	if (name.error)
		html->error = name.error;
	mb_strbuf_fini(&name);
}

/* A row a node of one stage. */
static void put_stage_nodes(struct mb_html *html, const char *stage)
{
	static const int wanted[] = {MB_METRIC_WALL_NS,       MB_METRIC_NS_PER_PAGE,
				     MB_METRIC_PAGES,         MB_METRIC_JOBS,
				     MB_METRIC_CHUNKS,        MB_METRIC_LEFT_PAGES,
				     MB_METRIC_GROWTHS,       MB_METRIC_GROWTH_MEDIAN_NS,
				     MB_METRIC_GROWTH_P99_NS, MB_METRIC_GROWTH_MAX_NS};
	int metrics[MB_ARRAY_SIZE(wanted)];
	size_t nr_metrics =
		keep_metrics(html, MB_RUN_NODE, stage, wanted, MB_ARRAY_SIZE(wanted), metrics);
	struct mb_strbuf caption = {0};
	size_t nr_rows = 0;

	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++)
			nr_rows += html->results[i]->runs[j]->kind == MB_RUN_NODE &&
				   !strcmp(html->results[i]->runs[j]->name, stage);
	mb_strbuf_addf(&caption, "%s on each node", stage);
	mb_html_figure(html, "bars", mb_strbuf_text(&caption), nr_rows);
	mb_strbuf_fini(&caption);
	mb_html_head(html, "node");
	mb_html_head(html, "workers");
	for (size_t k = 0; k < nr_metrics; k++)
		mb_html_head_metric(html, metric_row(html, metrics[k]), NULL, -1, k == 0);
	mb_html_head(html, "memory of");
	mb_html_body(html);
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++) {
			const struct mb_run *run = html->results[i]->runs[j];

			if (run->kind != MB_RUN_NODE || strcmp(run->name, stage) != 0)
				continue;
			mb_html_raw(html, "<tr>");
			put_row_place(html, i, run);
			mb_html_cell_number(html, run->threads ? run->threads : NAN);
			for (size_t k = 0; k < nr_metrics; k++)
				mb_html_cell_run(html, run, metrics[k]);
			mb_html_cell(html, run->placement);
			mb_html_raw(html, "</tr>\n");
		}
	mb_html_figure_end(html);
}

static void put_nodes(struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++) {
			const struct mb_run *run = html->results[i]->runs[j];

			if (run->kind == MB_RUN_NODE && is_new(html, i, run))
				put_stage_nodes(html, run->name);
		}
}

const struct mb_write_html_section mb_write_html_nodes = {
	"nodes",
	"Nodes",
	"What each node's part of a phase took. In deferred_init all nodes work at the same time, so the longest counts.",
	has_nodes,
	put_nodes,
};

/* --- workers --- */

/* Benches have workers, too, which are counted and not timed. */
static bool is_worker(const struct mb_run *run)
{
	return run->kind == MB_RUN_WORKER && run->metrics[MB_METRIC_WALL_NS].count;
}

static bool has_workers(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++)
			if (is_worker(html->results[i]->runs[j]))
				return true;
	return false;
}

/* When the phase began in that repetition; where it does not say, its first worker. NaN: nobody says. */
static double origin_of(const struct mb_result *result, const char *stage, size_t repetition)
{
	const struct mb_run *whole = mb_pick_run(result, MB_RUN_STAGE, stage);
	double origin = whole ? sample(whole, MB_METRIC_START_NS, repetition) : NAN;
	double first = NAN;

	for (size_t j = 0; isnan(origin) && j < result->nr_runs; j++)
		if (is_worker(result->runs[j]) && !strcmp(result->runs[j]->name, stage))
			first = fmin(first,
				     sample(result->runs[j], MB_METRIC_START_NS, repetition));
	return isnan(origin) ? first : origin;
}

/* Begins are since origin. Who found nothing left to do has no figures. */
static void put_worker(struct mb_html *html, size_t result, const struct mb_run *run, double origin,
		       size_t repetition)
{
	bool worked = sample(run, MB_METRIC_WALL_NS, repetition) > 0;

	mb_html_raw(html, "<tr>");
	put_row_place(html, result, run);
	mb_html_cell_number(html, run->cpu >= 0 ? run->cpu : NAN);
	mb_html_cell_metric(html, metric_row(html, MB_METRIC_START_NS),
			    worked ? sample(run, MB_METRIC_START_NS, repetition) - origin : NAN);
	for (size_t k = 0; k < MB_ARRAY_SIZE(worker_metrics); k++)
		mb_html_cell_metric(html, metric_row(html, worker_metrics[k]),
				    worked ? sample(run, worker_metrics[k], repetition) : NAN);
	mb_html_raw(html, "</tr>\n");
}

static void put_stage_workers(struct mb_html *html, size_t result, const char *stage)
{
	const struct mb_result *own = html->results[result];
	const struct mb_run *whole = mb_pick_run(own, MB_RUN_STAGE, stage);
	size_t repetition = typical(whole), nr_rows = 0;
	double origin = origin_of(own, stage, repetition);
	struct mb_strbuf caption = {0};

	for (size_t j = 0; j < own->nr_runs; j++)
		nr_rows += is_worker(own->runs[j]) && !strcmp(own->runs[j]->name, stage);

	mb_strbuf_addf(&caption, "Workers of %s", stage);
	if (mb_html_several(html))
		mb_strbuf_addf(&caption, ", result %s", mb_answer_name(result).text);
	if (whole && mb_result_run_repetitions(whole) > 1)
		mb_strbuf_addf(&caption, ", repetition %zu of %zu", repetition + 1,
			       mb_result_run_repetitions(whole));
	mb_html_figure(html, "timeline", mb_strbuf_text(&caption), nr_rows);
	mb_strbuf_fini(&caption);
	mb_html_head(html, "worker");
	mb_html_head(html, "CPU");
	mb_html_head_metric(html, metric_row(html, MB_METRIC_START_NS), "after the phase began", -1,
			    true);
	for (size_t k = 0; k < MB_ARRAY_SIZE(worker_metrics); k++)
		mb_html_head_metric(html, metric_row(html, worker_metrics[k]), NULL, -1, k == 0);
	mb_html_body(html);
	for (size_t j = 0; j < own->nr_runs; j++)
		if (is_worker(own->runs[j]) && !strcmp(own->runs[j]->name, stage))
			put_worker(html, result, own->runs[j], origin, repetition);
	mb_html_figure_end(html);
}

static void put_workers(struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++) {
			const struct mb_run *run = html->results[i]->runs[j];

			if (is_worker(run) &&
			    mb_pick_run(html->results[i], MB_RUN_WORKER, run->name) == run)
				put_stage_workers(html, i, run->name);
		}
}

const struct mb_write_html_section mb_write_html_workers = {
	"workers",
	"Workers",
	"What each worker did of the deferred part, in the repetition that took nearest to the median. A worker without a time found nothing left to do.",
	has_workers,
	put_workers,
};

/* --- beside a kernel's log --- */

static bool has_kernel(const struct mb_html *html)
{
	return mb_html_any_kind(html, MB_RUN_KERNEL);
}

static void put_kernel(struct mb_html *html)
{
	static const int metrics[] = {MB_METRIC_WALL_NS, MB_METRIC_KERNEL_NS, MB_METRIC_RATIO,
				      MB_METRIC_PAGES};
	static const char *const args[] = {"kernel_workers", "kernel_cpu", "log", "note"};
	static const char *const heads[] = {"kernel's workers", "kernel's CPU", "log", "note"};
	size_t nr_rows = 0;

	for (size_t i = 0; i < html->count; i++)
		nr_rows += count_kind(html->results[i], MB_RUN_KERNEL);
	mb_html_figure(html, "bars",
		       "Deferred part of each node: the engine's time and the kernel's own",
		       nr_rows);
	mb_html_head(html, "node");
	mb_html_head(html, "workers");
	for (size_t k = 0; k < MB_ARRAY_SIZE(metrics); k++)
		mb_html_head_metric(html, metric_row(html, metrics[k]), k ? NULL : "engine", -1,
				    k < 2);
	for (size_t k = 0; k < MB_ARRAY_SIZE(heads); k++)
		mb_html_head(html, heads[k]);
	mb_html_body(html);
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++) {
			const struct mb_run *run = html->results[i]->runs[j];

			if (run->kind != MB_RUN_KERNEL)
				continue;
			mb_html_raw(html, "<tr>");
			put_row_place(html, i, run);
			mb_html_cell_number(html, run->threads ? run->threads : NAN);
			for (size_t k = 0; k < MB_ARRAY_SIZE(metrics); k++)
				mb_html_cell_run(html, run, metrics[k]);
			for (size_t k = 0; k < MB_ARRAY_SIZE(args); k++) {
				const char *text = mb_result_fact(&run->args, args[k]);

				mb_html_cell(html, text || k + 1 < MB_ARRAY_SIZE(args)
							   ? text
							   : run->reason);
			}
			mb_html_raw(html, "</tr>\n");
		}
	mb_html_figure_end(html);
}

const struct mb_write_html_section mb_write_html_kernel = {
	"kernel",
	"Beside the kernel's log",
	"What the kernel's own log says of the same nodes. It counts in whole ticks of its timer; the ratio is the engine's time over the kernel's.",
	has_kernel,
	put_kernel,
};
