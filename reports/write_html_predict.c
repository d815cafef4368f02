/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/grow.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "reports/answer_several.h"
#include "reports/costmodel_features.h"
#include "reports/format.h"
#include "reports/pick.h"
#include "reports/predicted.h"
#include "reports/write_html.h"

/* Sections about predictions: times to all memory beside what was measured, and the parts of each predicted machine. */

#define ALL_MEMORY "to_all_memory"
#define DEFERRED   "deferred_init" /* of a published table, which knows no other */
#define CHUNK      "chunk"         /* an argument: bytes of memory in a chunk of padata */
#define NO_CURVE   SIZE_MAX

/* What times are drawn over: a kind of chart in report.js, the title of the column, by which it finds it, and the words for it. */
enum over { OVER_MEMORY, OVER_THREADS, OVER_CHUNK, NR_OVERS };
static const struct {
	const char *chart, *title, *words;
	bool bytes;
} overs[NR_OVERS] = {
	[OVER_MEMORY] = {"bandmemory", "memory", "memory", true},
	[OVER_THREADS] = {"bandthreads", "threads a node", "threads a node", false},
	[OVER_CHUNK] = {"bandchunk", "chunk", "the size of a chunk", true},
};

/* A time, and all that it may be drawn over. NaN: not known. */
struct point {
	size_t result;
	double over[NR_OVERS], x;              /* x: that one of them which it is drawn over */
	double measured, predicted, low, high; /* measured: or published, of a table */
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
	if (mb_grow(&points->rows, points->count, sizeof(*point)))
		html->error = -ENOMEM;
	else
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
				  .over = {page_bytes(own) *
						   mb_pick_figure(memory, MB_METRIC_PRESENT_PAGES),
					   most_threads(own), NAN},
				  .measured = mb_pick_figure(total, MB_METRIC_WALL_NS),
				  .predicted = NAN,
				  .low = NAN,
				  .high = NAN,
			  });
}

/* The number that a point of a curve over threads has as argument, be it 0, or that of its workers. */
static double threads_of(const struct mb_run *run)
{
	const char *text = mb_result_fact(&run->args, "threads");
	uint64_t threads;

	if (text && !mb_parse_u64(text, strlen(text), &threads))
		return (double)threads;
	return run->threads ? run->threads : NAN;
}

static double chunk_bytes(const struct mb_run *run)
{
	const char *text = mb_result_fact(&run->args, CHUNK);

	return text ? strtod(text, NULL) : NAN;
}

static bool is_term(const struct mb_run *run)
{
	return run->kind == MB_RUN_PREDICTION && mb_result_fact(&run->args, "term");
}

/* A point of a curve has the value that is varied as its argument. */
static bool is_point(const struct mb_run *run, const char *name, bool of_curve)
{
	return run->kind == MB_RUN_PREDICTION && run->node < 0 && !strcmp(run->name, name) &&
	       (run->args.count > 0) == of_curve && !is_term(run);
}

static void add_predicted(struct mb_html *html, size_t result, const char *name, bool of_curve,
			  struct points *points)
{
	const struct mb_result *own = html->results[result];

	for (size_t i = 0; i < own->nr_runs; i++) {
		const struct mb_run *run = own->runs[i];

		if (!is_point(run, name, of_curve))
			continue;
		add_point(html, points,
			  &(struct point){
				  .result = result,
				  .over = {mb_pick_figure(run, MB_METRIC_BYTES), threads_of(run),
					   chunk_bytes(run)},
				  .measured = mb_pick_figure(run, MB_METRIC_PUBLISHED_NS),
				  .predicted = mb_pick_figure(run, MB_METRIC_PREDICTED_NS),
				  .low = mb_pick_figure(run, MB_METRIC_PREDICTED_LOW_NS),
				  .high = mb_pick_figure(run, MB_METRIC_PREDICTED_HIGH_NS),
			  });
	}
}

static bool has_curve(const struct mb_result *result, const char *name)
{
	for (size_t i = 0; i < result->nr_runs; i++)
		if (is_point(result->runs[i], name, true))
			return true;
	return false;
}

static bool differ(double a, double b)
{
	return fabs(a / b - 1) > 0.01;
}

/* Memory where it is not the same of all, which a curve over its size is; else chunks where they are known. */
static enum over choose_over(const struct point *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (differ(rows[i].over[OVER_MEMORY], rows[0].over[OVER_MEMORY]))
			return OVER_MEMORY;
	return count && !isnan(rows[0].over[OVER_CHUNK]) ? OVER_CHUNK : OVER_THREADS;
}

/* Keeps those that have a place in the figure: over anything but memory, all are of machines with as much. */
static void place(struct points *points, enum over over)
{
	double memory = points->count ? points->rows[0].over[OVER_MEMORY] : NAN;
	size_t kept = 0;

	for (size_t i = 0; i < points->count; i++) {
		struct point point = points->rows[i];

		point.x = point.over[over];
		if (!isnan(point.x) &&
		    (over == OVER_MEMORY || !differ(point.over[OVER_MEMORY], memory)))
			points->rows[kept++] = point;
	}
	points->count = kept;
}

static int compare_x(const void *a, const void *b)
{
	const struct point *x = a, *y = b;

	return (x->x > y->x) - (x->x < y->x);
}

/* The points of a result's curve, or those of all results that are of none, and what was measured; by what they are drawn over. */
static enum over collect(struct mb_html *html, const char *name, size_t curve,
			 struct points *points)
{
	size_t predicted;
	enum over over;

	for (size_t i = 0; i < html->count; i++)
		if (curve == NO_CURVE || curve == i)
			add_predicted(html, i, name, curve == i, points);
	predicted = points->count;
	for (size_t i = 0; predicted && !strcmp(name, ALL_MEMORY) && i < html->count; i++)
		add_measured(html, i, points);
	over = choose_over(points->rows, curve == NO_CURVE ? points->count : predicted);
	place(points, over);
	if (points->count)
		qsort(points->rows, points->count, sizeof(*points->rows), compare_x);
	return over;
}

/* --- beside what was measured --- */

/* The times of a table were measured by others, elsewhere. */
static const char *measured_label(const char *name)
{
	return strcmp(name, DEFERRED) ? "measured" : "published";
}

static void add_caption(const struct mb_html *html, const char *name, size_t curve, enum over over,
			const struct points *points, struct mb_strbuf *caption)
{
	bool measured = false;

	for (size_t i = 0; i < points->count; i++)
		measured |= !isnan(points->rows[i].measured);
	mb_strbuf_addf(caption, "%s over %s",
		       strcmp(name, ALL_MEMORY) ? "Deferred init of a node" : "Time to all memory",
		       overs[over].words);
	if (curve != NO_CURVE && mb_html_several(html))
		mb_strbuf_addf(caption, ", result %s", mb_answer_name(curve).text);
	mb_strbuf_add(caption, ": predicted with its 90 % interval");
	if (measured)
		mb_strbuf_addf(caption, ", and %s", measured_label(name));
	if (over == OVER_THREADS && points->rows[0].x == 0) /* rows are in order */
		mb_strbuf_add(caption, "; 0 threads are in the table alone");
}

/* Whether any point says it: the others have no column. */
static bool is_known(const struct points *points, enum over over)
{
	for (size_t i = 0; i < points->count; i++)
		if (!isnan(points->rows[i].over[over]))
			return true;
	return false;
}

static void put_heads(struct mb_html *html, const char *name, const struct points *points)
{
	const char *const labels[] = {measured_label(name), "predicted", "low", "high"};

	mb_html_head(html, mb_html_several(html) ? "result" : "");
	for (int over = 0; over < NR_OVERS; over++) {
		if (!is_known(points, over))
			continue;
		if (overs[over].bytes)
			mb_html_head_metric(html, metric_row(html, MB_METRIC_BYTES),
					    overs[over].title, -1, false);
		else
			mb_html_head(html, overs[over].title);
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(labels); i++)
		mb_html_head_metric(html, metric_row(html, MB_METRIC_WALL_NS), labels[i], -1, true);
}

static void put_point(struct mb_html *html, const struct points *points, const struct point *point)
{
	const struct mb_metric *time = metric_row(html, MB_METRIC_WALL_NS);

	mb_html_raw(html, "<tr>");
	mb_html_name(html, mb_html_several(html) ? mb_answer_name(point->result).text : "");
	for (int over = 0; over < NR_OVERS; over++) {
		if (!is_known(points, over))
			continue;
		if (overs[over].bytes)
			mb_html_cell_metric(html, metric_row(html, MB_METRIC_BYTES),
					    point->over[over]);
		else if (point->over[over] == 0) /* no place on the chart's scale */
			mb_html_raw(html, "<td class=\"n\">0</td>");
		else
			mb_html_cell_number(html, point->over[over]);
	}
	mb_html_cell_metric(html, time, point->measured);
	mb_html_cell_metric(html, time, point->predicted);
	mb_html_cell_metric(html, time, point->low);
	mb_html_cell_metric(html, time, point->high);
	mb_html_raw(html, "</tr>\n");
}

static void put_points(struct mb_html *html, const char *name, size_t curve)
{
	struct mb_strbuf caption = {0};
	struct points points = {0};
	enum over over = collect(html, name, curve, &points);

	if (points.count > 1) { /* one machine is in the figure of its parts */
		add_caption(html, name, curve, over, &points, &caption);
		mb_html_figure(html, overs[over].chart, mb_strbuf_text(&caption), points.count);
		put_heads(html, name, &points);
		mb_html_body(html);
		for (size_t i = 0; i < points.count; i++)
			put_point(html, &points, &points.rows[i]);
		mb_html_figure_end(html);
		html->error = caption.error ? caption.error : html->error;
	}
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
	int phase = mb_costmodel_phase_find(run->name);
	bool beside = phase >= 0 && mb_costmodel_phases[phase].beside;
	bool total = !strncmp(run->name, "to_", 3);
	struct mb_strbuf name = {0};

	mb_strbuf_add(&name, run->name);
	if (run->node >= 0)
		mb_strbuf_addf(&name, ", node %d", run->node);
	if (beside)
		mb_strbuf_add(&name, ", beside the totals");
	mb_html_raw(html, "<tr%s>",
		    beside  ? " class=\"beside\" data-skip=\"\""
		    : total ? " data-skip=\"\""
			    : "");
	mb_html_name(html, mb_strbuf_text(&name));
	for (size_t i = 0; i < MB_ARRAY_SIZE(metrics); i++)
		mb_html_cell_run(html, run, metrics[i]);
	mb_html_cell_number(html, run->threads ? run->threads : NAN);
	mb_html_raw(html, "</tr>\n");
	html->error = name.error ? name.error : html->error;
	mb_strbuf_fini(&name);
}

/* Which result it is, where a page has several. */
static void add_result_name(struct mb_strbuf *caption, const struct mb_html *html, size_t result)
{
	if (mb_html_several(html))
		mb_strbuf_addf(caption, " of result %s", mb_answer_name(result).text);
}

static void put_parts(struct mb_html *html, size_t result)
{
	const struct mb_result *own = html->results[result];
	const char *host = mb_result_fact(&own->facts, MB_PREDICTED_HOST);
	struct mb_strbuf caption = {0};
	size_t nr_rows = 0;

	for (size_t i = 0; i < own->nr_runs; i++)
		nr_rows += is_part(own->runs[i]);
	if (!nr_rows)
		return;
	mb_strbuf_add(&caption, "Each part");
	add_result_name(&caption, html, result);
	mb_strbuf_addf(&caption, ", predicted from a fit of %s",
		       host ? host : "a host that is not known");
	mb_html_figure(html, "ranges", mb_strbuf_text(&caption), nr_rows);
	mb_html_head(html, "part");
	mb_html_head_metric(html, metric_row(html, MB_METRIC_PREDICTED_NS), NULL, -1, true);
	mb_html_head_metric(html, metric_row(html, MB_METRIC_PREDICTED_LOW_NS), "low", -1, true);
	mb_html_head_metric(html, metric_row(html, MB_METRIC_PREDICTED_HIGH_NS), "high", -1, true);
	mb_html_head(html, "threads");
	mb_html_body(html);
	for (size_t i = 0; i < own->nr_runs; i++)
		if (is_part(own->runs[i]))
			put_part(html, own->runs[i]);
	mb_html_figure_end(html);
	html->error = caption.error ? caption.error : html->error;
	mb_strbuf_fini(&caption);
}

/* --- the terms of the model --- */

static void put_term(struct mb_html *html, const struct mb_run *run)
{
	static const char *const args[] = {"term", "kind"};
	static const int metrics[] = {MB_METRIC_COEFFICIENT, MB_METRIC_COEFFICIENT_ERROR};
	static const int figures[] = {MB_METRIC_PREDICTED_NS, MB_METRIC_SHARE_PERCENT};

	mb_html_raw(html, "<tr>");
	mb_html_name(html, run->name);
	for (size_t i = 0; i < MB_ARRAY_SIZE(args); i++)
		mb_html_cell(html, mb_result_fact(&run->args, args[i]));
	for (size_t i = 0; i < MB_ARRAY_SIZE(metrics); i++)
		mb_html_cell_run(html, run, metrics[i]);
	mb_html_cell(html, mb_result_fact(&run->args, "unit"));
	for (size_t i = 0; i < MB_ARRAY_SIZE(figures); i++)
		mb_html_cell_run(html, run, figures[i]);
	mb_html_raw(html, "</tr>\n");
}

static void put_terms(struct mb_html *html, size_t result)
{
	static const char *const heads[] = {"phase", "term", "kind", "each", "error", "unit"};
	const struct mb_result *own = html->results[result];
	struct mb_strbuf caption = {0};
	size_t nr_rows = 0;

	for (size_t i = 0; i < own->nr_runs; i++)
		nr_rows += is_term(own->runs[i]);
	if (!nr_rows)
		return;
	mb_strbuf_add(&caption, "Terms of the model");
	add_result_name(&caption, html, result);
	mb_strbuf_add(&caption, ": what each costs, and what it adds");
	mb_html_figure(html, NULL, mb_strbuf_text(&caption), nr_rows);
	for (size_t i = 0; i < MB_ARRAY_SIZE(heads); i++)
		mb_html_head(html, heads[i]);
	mb_html_head_metric(html, metric_row(html, MB_METRIC_PREDICTED_NS), "time", -1, false);
	mb_html_head_metric(html, metric_row(html, MB_METRIC_SHARE_PERCENT), "of its phase", -1,
			    false);
	mb_html_body(html);
	for (size_t i = 0; i < own->nr_runs; i++)
		if (is_term(own->runs[i]))
			put_term(html, own->runs[i]);
	mb_html_figure_end(html);
	html->error = caption.error ? caption.error : html->error;
	mb_strbuf_fini(&caption);
}

/* --- the section --- */

static bool has_predictions(const struct mb_html *html)
{
	return mb_html_any_kind(html, MB_RUN_PREDICTION);
}

static void put_predictions(struct mb_html *html)
{
	bool curves = false;

	for (size_t i = 0; i < html->count; i++) {
		const char *name = mb_pick_is_table(html->results[i]) ? DEFERRED : ALL_MEMORY;

		if (!has_curve(html->results[i], name))
			continue;
		put_points(html, name, i);
		curves = true;
	}
	if (!curves)
		put_points(html, ALL_MEMORY, NO_CURVE);
	for (size_t i = 0; i < html->count; i++) {
		put_parts(html, i);
		put_terms(html, i);
	}
}

const struct mb_write_html_section mb_write_html_predictions = {
	"predictions",
	"Predictions",
	"What a cost model says, and beside it what was measured. 90 % of the boots of such a machine take from low to high, which is the band of a curve and the line of a bar; bars end at the prediction, and what is beside the totals has none.",
	has_predictions,
	put_predictions,
};
