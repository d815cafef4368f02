/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/answer_several.h"
#include "reports/counter.h"
#include "reports/format.h"
#include "reports/identity.h"
#include "reports/pick.h"
#include "reports/write_html.h"

/* Sections that walk all runs: what was counted, every sample, and the table of everything. */

static const struct mb_metric plain_count = {
	.label = "count", .unit = "", .format = MB_METRIC_FORMAT_COUNT};

static const struct mb_metric_table *metrics_of(const struct mb_html *html)
{
	return html->results[0]->metrics;
}

/* --- counters --- */

static bool has_counts(const struct mb_run *run)
{
	return run->counts && (run->kind == MB_RUN_STAGE || run->kind == MB_RUN_BENCH);
}

/* What events tell, and what follows from them: not the times, pages and bytes that every run has. */
static bool is_counted(const struct mb_result *result, size_t metric)
{
	static const int derived[] = {
		MB_METRIC_IPC,
		MB_METRIC_CYCLES_PER_PAGE,
		MB_METRIC_INSTRUCTIONS_PER_PAGE,
		MB_METRIC_STALL_PERCENT,
		MB_METRIC_LLC_MISSES_PER_PAGE,
		MB_METRIC_LLC_BYTES_PER_SECOND,
		MB_METRIC_DTLB_MISSES_PER_PAGE,
		MB_METRIC_STORES_PER_PAGE,
		MB_METRIC_BRANCH_MISS_PERCENT,
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(derived); i++)
		if ((size_t)derived[i] == metric)
			return true;
	return mb_counter_of_metric(result, (int)metric) >= 0;
}

static bool has_metric(const struct mb_result *result, size_t metric)
{
	for (size_t i = 0; i < result->nr_runs; i++)
		if (has_counts(result->runs[i]) && result->runs[i]->metrics[metric].count)
			return true;
	return false;
}

static bool has_counters(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		for (size_t k = 0; k < html->results[i]->nr_runs; k++)
			if (has_counts(html->results[i]->runs[k]))
				return true;
	return false;
}

/* Figures per page have a chart each: their units differ. */
static bool is_per_page(const struct mb_metric *metric)
{
	static const char end[] = "_per_page";
	size_t length = strlen(metric->key);

	return length >= sizeof(end) && !strcmp(metric->key + length + 1 - sizeof(end), end);
}

static void put_counted(struct mb_html *html, size_t index)
{
	const struct mb_result *result = html->results[index];
	struct mb_strbuf caption = {0};
	size_t nr_rows = 0;

	for (size_t i = 0; i < result->nr_runs; i++)
		nr_rows += has_counts(result->runs[i]);
	mb_strbuf_add(&caption, "What was counted");
	if (mb_html_several(html))
		mb_strbuf_addf(&caption, ", result %s", mb_answer_name(index).text);
	mb_html_figure(html, "each", mb_strbuf_text(&caption), nr_rows);
	mb_strbuf_fini(&caption);
	mb_html_head(html, "phase or bench");
	for (size_t k = 0; k < result->metrics->count; k++)
		if (is_counted(result, k) && has_metric(result, k))
			mb_html_head_metric(html, &result->metrics->rows[k], NULL, -1,
					    is_per_page(&result->metrics->rows[k]));
	mb_html_body(html);
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		if (!has_counts(run))
			continue;
		mb_html_raw(html, "<tr>");
		mb_html_name(html, run->name);
		for (size_t k = 0; k < result->metrics->count; k++)
			if (is_counted(result, k) && has_metric(result, k))
				mb_html_cell_run(html, run, (int)k);
		mb_html_raw(html, "</tr>\n");
	}
	mb_html_figure_end(html);
}

/* Who knows each event, or why it does not count here. */
static void put_events(struct mb_html *html, size_t index)
{
	const struct mb_facts *events = &html->results[index]->counters;

	mb_html_figure(html, NULL, "Events", events->count);
	mb_html_head(html, "event");
	mb_html_head(html, "counted by");
	mb_html_head(html, "why not");
	mb_html_body(html);
	for (size_t i = 0; i < events->count; i++) {
		mb_html_raw(html, "<tr>");
		mb_html_name(html, events->rows[i].name);
		mb_html_cell(html, events->rows[i].value ? events->rows[i].value : "\u2013");
		mb_html_cell(html, events->rows[i].reason);
		mb_html_raw(html, "</tr>\n");
	}
	mb_html_figure_end(html);
}

static void put_counters(struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++) {
		if (!html->results[i]->counters.count)
			continue;
		put_counted(html, i);
		put_events(html, i);
	}
}

const struct mb_write_html_section mb_write_html_counters = {
	"counters",
	"Counters",
	"Counted between the same two points as the time. ~ marks an estimate: the event took turns with others.",
	has_counters,
	put_counters,
};

/* --- every sample --- */

#define MAX_STRIPS 30 /* of the widest spread; the others are in the table of all runs */

struct strip {
	const struct mb_run *run;
	size_t result;
	double spread;
};

/* Not the parts of a stage, and what is beside the totals once. */
static bool repeats(const struct mb_run *run)
{
	return (mb_pick_is_part(run) || run->kind == MB_RUN_TOTAL || run->kind == MB_RUN_BENCH) &&
	       run->metrics[MB_METRIC_WALL_NS].count > 1 &&
	       !isnan(mb_pick_spread(run, MB_METRIC_WALL_NS));
}

static bool has_samples(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		for (size_t k = 0; k < html->results[i]->nr_runs; k++)
			if (repeats(html->results[i]->runs[k]))
				return true;
	return false;
}

static int by_spread(const void *a, const void *b)
{
	double x = ((const struct strip *)a)->spread, y = ((const struct strip *)b)->spread;

	return (x < y) - (x > y);
}

static void put_strip(struct mb_html *html, const struct strip *strip)
{
	const struct mb_metric *metric = &metrics_of(html)->rows[MB_METRIC_WALL_NS];
	const struct mb_samples *samples = &strip->run->metrics[MB_METRIC_WALL_NS];
	struct mb_strbuf name = {0};
	struct mb_stats stats;

	if (mb_stats_summarise(samples->values, samples->count, &stats)) {
		html->error = -ENOMEM;
		return;
	}
	if (mb_html_several(html))
		mb_strbuf_addf(&name, "%s ", mb_answer_name(strip->result).text);
	mb_strbuf_addf(&name, "%s", strip->run->name);
	mb_html_raw(html, "<tr>");
	mb_html_name(html, mb_strbuf_text(&name));
	mb_strbuf_fini(&name);
	mb_html_cell_number(html, (double)stats.count);
	mb_html_cell_metric(html, metric, stats.median);
	mb_html_cell_metric(html, &(struct mb_metric){.format = MB_METRIC_FORMAT_PERCENT},
			    strip->spread);
	mb_html_cell_metric(html, metric, stats.min);
	mb_html_cell_metric(html, metric, stats.max);
	mb_html_raw(html, "<td class=\"samples\" data-samples=\"");
	for (size_t i = 0; i < samples->count; i++)
		if (!isnan(samples->values[i]))
			mb_html_raw(html, "%s ", mb_format_exact(samples->values[i]).text);
	mb_html_raw(html, "\">");
	for (size_t i = 0; i < samples->count; i++)
		if (!isnan(samples->values[i]))
			mb_html_raw(
				html, "%s%s", i ? ", " : "",
				mb_format_metric(metric, samples->values[i], MB_FORMAT_UTF8).text);
	mb_html_raw(html, "</td></tr>\n");
}

static size_t collect_strips(const struct mb_html *html, struct strip *strips)
{
	size_t count = 0;

	for (size_t i = 0; i < html->count; i++)
		for (size_t k = 0; k < html->results[i]->nr_runs; k++) {
			const struct mb_run *run = html->results[i]->runs[k];

			if (repeats(run))
				strips[count++] = (struct strip){
					run, i, mb_pick_spread(run, MB_METRIC_WALL_NS)};
		}
	return count;
}

static void put_samples(struct mb_html *html)
{
	const struct mb_metric *metric = &metrics_of(html)->rows[MB_METRIC_WALL_NS];
	static const struct mb_metric spread = {.label = "spread",
						.format = MB_METRIC_FORMAT_PERCENT};
	struct strip *strips MB_FREE = NULL;
	size_t nr_runs = 0, count, shown;
	struct mb_strbuf caption = {0};

	for (size_t i = 0; i < html->count; i++)
		nr_runs += html->results[i]->nr_runs;
	strips = calloc(nr_runs + 1, sizeof(*strips));
	if (!strips) {
		html->error = -ENOMEM;
		return;
	}
	count = collect_strips(html, strips);
	shown = mb_min(count, MAX_STRIPS);
	qsort(strips, count, sizeof(*strips), by_spread);
	mb_strbuf_addf(&caption, "Every sample over its run's median%s",
		       shown < count ? ", the runs of the widest spread" : "");
	mb_html_figure(html, "strips", mb_strbuf_text(&caption), shown);
	mb_strbuf_fini(&caption);
	mb_html_head(html, "run");
	mb_html_raw(html, "<th scope=\"col\" class=\"n\">samples</th>");
	mb_html_head_metric(html, metric, "median", -1, false);
	mb_html_head_metric(html, &spread, NULL, -1, false);
	mb_html_head_metric(html, metric, "least", -1, false);
	mb_html_head_metric(html, metric, "most", -1, false);
	mb_html_head(html, "each, in the order of measuring");
	mb_html_body(html);
	for (size_t i = 0; i < shown; i++)
		put_strip(html, &strips[i]);
	mb_html_figure_end(html);
}

const struct mb_write_html_section mb_write_html_samples = {
	"samples",
	"Samples",
	"A point is one repetition. Two heaps of points are two ways in which it can go; the median hides that.",
	has_samples,
	put_samples,
};

/* --- everything --- */

/* The columns of one kind: identity, metrics and events that any of its runs has. */
struct columns {
	const struct mb_html *html;
	enum mb_run_kind kind;
	bool *identity, *metrics;
	size_t nr_runs;
};

static bool says(struct mb_html *html, const struct mb_identity_column *column,
		 const struct mb_run *run)
{
	struct mb_strbuf text = {0};
	bool said;

	if (!strcmp(column->key, "kind") ||
	    (!strcmp(column->key, "status") && run->status == MB_RUN_OK))
		return false;
	column->add(run, &text);
	said = text.length > 0;
	if (text.error)
		html->error = text.error;
	mb_strbuf_fini(&text);
	return said;
}

static void choose(struct mb_html *html, struct columns *columns)
{
	for (size_t i = 0; i < html->count; i++)
		for (size_t k = 0; k < html->results[i]->nr_runs; k++) {
			const struct mb_run *run = html->results[i]->runs[k];

			if (run->kind != columns->kind)
				continue;
			columns->nr_runs++;
			for (size_t j = 0; j < mb_identity_count; j++)
				columns->identity[j] |= !columns->identity[j] &&
							says(html, &mb_identity_columns[j], run);
			for (size_t j = 0; j < metrics_of(html)->count; j++)
				columns->metrics[j] |= run->metrics[j].count > 0;
		}
}

static void put_identity(struct mb_html *html, const struct mb_identity_column *column,
			 const struct mb_run *run)
{
	struct mb_strbuf text = {0};

	column->add(run, &text);
	if (column->number && text.length)
		mb_html_raw(html, "<td class=\"n\" data-v=\"%s\">", mb_strbuf_text(&text));
	else
		mb_html_cell_begin(html, NULL, mb_strbuf_text(&text));
	mb_html_text(html, mb_strbuf_text(&text));
	mb_html_raw(html, "</td>");
	if (text.error)
		html->error = text.error;
	mb_strbuf_fini(&text);
}

/* Events whose counts no metric shows. */
static void put_run_events(struct mb_html *html, const struct mb_run *run)
{
	const char *join = "";

	mb_html_raw(html, run->counts ? "<td class=\"words\">" : "<td>");
	for (size_t i = 0; run->counts && i < run->result->counters.count; i++) {
		const struct mb_metric *metric = mb_counter_metric(run->result, i);
		const struct mb_samples *values = &run->counts[i].values;
		struct mb_stats stats;

		if (mb_stats_summarise(values->values, values->count, &stats) || !stats.count)
			continue;
		mb_html_raw(html, "%s", join);
		mb_html_text(html, run->result->counters.rows[i].name);
		mb_html_raw(html, " %s%s", mb_counter_is_estimated(run, i) ? "~" : "",
			    mb_format_metric(metric ? metric : &plain_count, stats.median,
					     MB_FORMAT_UTF8)
				    .text);
		join = ", ";
	}
	mb_html_raw(html, "</td>");
}

static bool any_counts(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		if (html->results[i]->counters.count)
			return true;
	return false;
}

static void put_run(struct mb_html *html, const struct columns *columns, size_t result,
		    const struct mb_run *run, bool counts)
{
	mb_html_raw(html, "<tr%s>", run->status == MB_RUN_OK ? "" : " class=\"not-ok\"");
	mb_html_cell_who(html, result);
	for (size_t j = 0; j < mb_identity_count; j++)
		if (columns->identity[j])
			put_identity(html, &mb_identity_columns[j], run);
	mb_html_cell_number(html, (double)mb_result_run_repetitions(run));
	for (size_t j = 0; j < metrics_of(html)->count; j++)
		if (columns->metrics[j])
			mb_html_cell_run(html, run, (int)j);
	if (counts)
		put_run_events(html, run);
	mb_html_raw(html, "</tr>\n");
}

static void put_kind_heads(struct mb_html *html, const struct columns *columns, bool counts)
{
	if (mb_html_several(html))
		mb_html_head(html, "result");
	for (size_t j = 0; j < mb_identity_count; j++)
		if (columns->identity[j])
			mb_html_raw(html, "<th scope=\"col\"%s>%s</th>",
				    mb_identity_columns[j].number ? " class=\"n\"" : "",
				    mb_identity_columns[j].label);
	mb_html_raw(html, "<th scope=\"col\" class=\"n\">n</th>");
	for (size_t j = 0; j < metrics_of(html)->count; j++)
		if (columns->metrics[j])
			mb_html_head_metric(html, &metrics_of(html)->rows[j], NULL, -1, false);
	if (counts)
		mb_html_head(html, "events");
	mb_html_body(html);
}

/* Of such results the runs are what there is to see: their table is open, and before what is about the host. */
static bool benches_alone(const struct mb_html *html)
{
	bool alone = mb_html_any_kind(html, MB_RUN_BENCH);

	for (int kind = 0; kind < MB_RUN_NR_KINDS && alone; kind++)
		alone = kind == MB_RUN_BENCH || kind == MB_RUN_WORKER ||
			!mb_html_any_kind(html, (enum mb_run_kind)kind);
	return alone;
}

static void put_kind(struct mb_html *html, enum mb_run_kind kind)
{
	bool *identity MB_FREE = calloc(mb_identity_count, sizeof(*identity));
	bool *metrics MB_FREE = calloc(metrics_of(html)->count, sizeof(*metrics));
	struct columns columns = {html, kind, identity, metrics, 0};
	bool counts = any_counts(html);

	if (!identity || !metrics) {
		html->error = -ENOMEM;
		return;
	}
	choose(html, &columns);
	if (!columns.nr_runs)
		return;
	mb_html_raw(html, "<details class=\"kind\"%s>\n<summary>%s <small>%zu</small></summary>\n",
		    kind == MB_RUN_BENCH && benches_alone(html) ? " open" : "",
		    mb_result_kind_name(kind), columns.nr_runs);
	mb_html_raw(
		html,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Runs of kind %s\">\n"
		"<table>\n<thead>\n<tr>",
		mb_result_kind_name(kind));
	put_kind_heads(html, &columns, counts);
	for (size_t i = 0; i < html->count; i++)
		for (size_t k = 0; k < html->results[i]->nr_runs; k++)
			if (html->results[i]->runs[k]->kind == kind)
				put_run(html, &columns, i, html->results[i]->runs[k], counts);
	mb_html_raw(html, "</tbody>\n</table>\n</div>\n</details>\n");
}

static bool has_runs(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		if (html->results[i]->nr_runs)
			return !benches_alone(html);
	return false;
}

static void put_runs(struct mb_html *html)
{
	mb_html_raw(html, "<div class=\"all-runs\">\n");
	for (int kind = 0; kind < MB_RUN_NR_KINDS; kind++)
		put_kind(html, (enum mb_run_kind)kind);
	mb_html_raw(html, "</div>\n");
}

#define RUNS_NOTE "Every run of the results, by kind; a figure is the median of its n repetitions."

const struct mb_write_html_section mb_write_html_benches = {
	"runs", "All runs", RUNS_NOTE, benches_alone, put_runs,
};

const struct mb_write_html_section mb_write_html_runs = {
	"runs", "All runs", RUNS_NOTE, has_runs, put_runs,
};
