/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "reports/answer_several.h"
#include "reports/format.h"
#include "reports/pick.h"
#include "reports/write_html.h"

/* Sections about predictions: times to all memory beside what was measured, and the parts of each predicted machine. */

#define ALL_MEMORY "to_all_memory"
#define DEFERRED   "deferred_init" /* of a published table, which knows no other */

/* A time over what a chart draws it over. */
struct point {
	size_t result;
	const char *what; /* varied, or NULL */
	double memory_bytes, threads;
	double measured, predicted, low, high; /* NaN: not known */
};

struct points {
	struct point *rows;
	size_t count;
};

static const struct mb_metric *metric_row(const struct mb_html *html, int metric)
{
	return &html->results[0]->metrics->rows[metric];
}

/* --- points --- */

static void add_point(struct mb_html *html, struct points *points, const struct point *point)
{
	struct point *more = realloc(points->rows, (points->count + 1) * sizeof(*more));

	if (!more) {
		html->error = -ENOMEM;
		return;
	}
	points->rows = more;
	points->rows[points->count++] = *point;
}

/* Of the machine text; 4 KiB where it does not say. */
static double page_bytes(const struct mb_result *result)
{
	const char *text = result->fields[MB_RESULT_MACHINE];
	const char *item = text ? strstr(text, "page=") : NULL;
	uint64_t bytes;

	if (!item || mb_parse_size(item + 5, strcspn(item + 5, " \n"), &bytes))
		return 4096;
	return (double)bytes;
}

static double most_threads(const struct mb_result *result)
{
	double most = NAN;

	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		if (run->kind == MB_RUN_NODE && !strcmp(run->name, DEFERRED) && run->threads)
			most = fmax(most, run->threads);
	}
	return most;
}

static void add_measured(struct mb_html *html, size_t result, struct points *points)
{
	const struct mb_result *own = html->results[result];
	const struct mb_run *total = mb_pick_run(own, MB_RUN_TOTAL, ALL_MEMORY);
	const struct mb_run *memory = mb_pick_run(own, MB_RUN_TOTAL, "memory");

	if (!isnan(mb_pick_figure(total, MB_METRIC_WALL_NS)))
		add_point(html, points,
			  &(struct point){
				  .result = result,
				  .memory_bytes = page_bytes(own) *
						  mb_pick_figure(memory, MB_METRIC_PRESENT_PAGES),
				  .threads = most_threads(own),
				  .measured = mb_pick_figure(total, MB_METRIC_WALL_NS),
				  .predicted = NAN,
				  .low = NAN,
				  .high = NAN,
			  });
}

static void add_predicted(struct mb_html *html, size_t result, const char *name,
			  struct points *points)
{
	const struct mb_result *own = html->results[result];

	for (size_t i = 0; i < own->nr_runs; i++) {
		const struct mb_run *run = own->runs[i];

		if (run->kind != MB_RUN_PREDICTION || strcmp(run->name, name) != 0 ||
		    run->node >= 0)
			continue;
		add_point(html, points,
			  &(struct point){
				  .result = result,
				  .what = run->args.count ? run->args.rows[0].name : NULL,
				  .memory_bytes = mb_pick_figure(run, MB_METRIC_BYTES),
				  .threads = run->threads ? run->threads : NAN,
				  .measured = mb_pick_figure(run, MB_METRIC_WALL_NS),
				  .predicted = mb_pick_figure(run, MB_METRIC_PREDICTED_NS),
				  .low = mb_pick_figure(run, MB_METRIC_PREDICTED_LOW_NS),
				  .high = mb_pick_figure(run, MB_METRIC_PREDICTED_HIGH_NS),
			  });
	}
}

/* The points of a figure, predicted ones first. */
static struct points collect(struct mb_html *html, const char *name)
{
	struct points points = {0};

	for (size_t i = 0; i < html->count; i++)
		add_predicted(html, i, name, &points);
	for (size_t i = 0; points.count && !strcmp(name, ALL_MEMORY) && i < html->count; i++)
		add_measured(html, i, &points);
	return points;
}

/* Whether they are of several sizes of memory; else they are drawn over threads. */
static bool varies_memory(const struct points *points)
{
	for (size_t i = 0; i < points->count; i++)
		if (fabs(points->rows[i].memory_bytes / points->rows[0].memory_bytes - 1) > 0.01)
			return true;
	return false;
}

static int compare_memory(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	return (x->memory_bytes > y->memory_bytes) - (x->memory_bytes < y->memory_bytes);
}

static int compare_threads(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	return (x->threads > y->threads) - (x->threads < y->threads);
}

/* --- beside what was measured --- */

static void put_point(struct mb_html *html, const struct point *point)
{
	const struct mb_metric *time = metric_row(html, MB_METRIC_WALL_NS);

	mb_html_raw(html, "<tr>");
	mb_html_name(html, mb_html_several(html) ? mb_answer_name(point->result).text : "");
	mb_html_cell_metric(html, metric_row(html, MB_METRIC_BYTES), point->memory_bytes);
	mb_html_cell_number(html, point->threads);
	mb_html_cell_metric(html, time, point->measured);
	mb_html_cell_metric(html, time, point->predicted);
	mb_html_cell_metric(html, time, point->low);
	mb_html_cell_metric(html, time, point->high);
	mb_html_raw(html, "</tr>\n");
}

static void put_points(struct mb_html *html, const char *name)
{
	const struct mb_metric *time = metric_row(html, MB_METRIC_WALL_NS);
	struct points points = collect(html, name);
	bool memory = varies_memory(&points);
	struct mb_strbuf caption = {0};

	if (points.count < 2) { /* one machine is in the figure of its parts */
		free(points.rows);
		return;
	}
	qsort(points.rows, points.count, sizeof(*points.rows),
	      memory ? compare_memory : compare_threads);
	mb_strbuf_addf(&caption, "%s over %s: predicted with its 90 %% interval, and measured",
		       strcmp(name, ALL_MEMORY) ? "Deferred init of a node" : "Time to all memory",
		       memory ? "memory" : "threads a node");
	mb_html_figure(html, memory ? "bandmemory" : "bandthreads", mb_strbuf_text(&caption),
		       points.count);
	mb_html_head(html, mb_html_several(html) ? "result" : "");
	mb_html_head(html, "memory");
	mb_html_head(html, "threads a node");
	mb_html_head_metric(html, time, "measured", -1, true);
	mb_html_head_metric(html, time, "predicted", -1, true);
	mb_html_head_metric(html, time, "low", -1, true);
	mb_html_head_metric(html, time, "high", -1, true);
	mb_html_body(html);
	for (size_t i = 0; i < points.count; i++)
		put_point(html, &points.rows[i]);
	mb_html_figure_end(html);
	html->error = caption.error ? caption.error : html->error;
	mb_strbuf_fini(&caption);
	free(points.rows);
}

/* --- the parts of a machine --- */

static bool is_part(const struct mb_run *run)
{
	return run->kind == MB_RUN_PREDICTION && !run->args.count &&
	       !isnan(mb_pick_figure(run, MB_METRIC_PREDICTED_NS));
}

static void put_part(struct mb_html *html, const struct mb_run *run)
{
	static const int metrics[] = {MB_METRIC_PREDICTED_NS, MB_METRIC_PREDICTED_LOW_NS,
				      MB_METRIC_PREDICTED_HIGH_NS};
	struct mb_strbuf name = {0};

	mb_strbuf_add(&name, run->name);
	if (run->node >= 0)
		mb_strbuf_addf(&name, ", node %d", run->node);
	mb_html_raw(html, "<tr%s>", !strncmp(run->name, "to_", 3) ? " data-skip=\"\"" : "");
	mb_html_name(html, mb_strbuf_text(&name));
	for (size_t i = 0; i < MB_ARRAY_SIZE(metrics); i++)
		mb_html_cell_run(html, run, metrics[i]);
	mb_html_cell_number(html, run->threads ? run->threads : NAN);
	mb_html_raw(html, "</tr>\n");
	html->error = name.error ? name.error : html->error;
	mb_strbuf_fini(&name);
}

static void put_parts(struct mb_html *html, size_t result)
{
	const struct mb_result *own = html->results[result];
	const char *host = mb_result_fact(&own->facts, "predicted_for");
	struct mb_strbuf caption = {0};
	size_t nr_rows = 0;

	for (size_t i = 0; i < own->nr_runs; i++)
		nr_rows += is_part(own->runs[i]);
	if (!nr_rows)
		return;
	mb_strbuf_addf(&caption, "Each part%s%s, predicted from a fit of %s",
		       mb_html_several(html) ? " of result " : "",
		       mb_html_several(html) ? mb_answer_name(result).text : "",
		       host ? host : "a host that is not known");
	mb_html_figure(html, "bars", mb_strbuf_text(&caption), nr_rows);
	mb_html_head(html, "part");
	mb_html_head_metric(html, metric_row(html, MB_METRIC_PREDICTED_NS), NULL, -1, true);
	mb_html_head_metric(html, metric_row(html, MB_METRIC_PREDICTED_LOW_NS), "low", -1, false);
	mb_html_head_metric(html, metric_row(html, MB_METRIC_PREDICTED_HIGH_NS), "high", -1, false);
	mb_html_head(html, "threads");
	mb_html_body(html);
	for (size_t i = 0; i < own->nr_runs; i++)
		if (is_part(own->runs[i]))
			put_part(html, own->runs[i]);
	mb_html_figure_end(html);
	html->error = caption.error ? caption.error : html->error;
	mb_strbuf_fini(&caption);
}

/* --- the section --- */

static bool has_predictions(const struct mb_html *html)
{
	return mb_html_any_kind(html, MB_RUN_PREDICTION);
}

/* Points of a published table have their number of threads as argument, and no totals. */
static bool is_table(const struct mb_result *result)
{
	return mb_pick_any(result, MB_RUN_PREDICTION) &&
	       !mb_pick_run(result, MB_RUN_PREDICTION, ALL_MEMORY);
}

static void put_predictions(struct mb_html *html)
{
	bool table = false;

	for (size_t i = 0; i < html->count; i++)
		table |= is_table(html->results[i]);
	put_points(html, ALL_MEMORY);
	if (table)
		put_points(html, DEFERRED);
	for (size_t i = 0; i < html->count; i++)
		put_parts(html, i);
}

const struct mb_write_html_section mb_write_html_predictions = {
	"predictions",
	"Predictions",
	"What a cost model says, and beside it what was measured. The band has 90 % of the boots of such a machine.",
	has_predictions,
	put_predictions,
};
