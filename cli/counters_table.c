/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/counters_result.h"
#include "cli/counters_table.h"
#include "cli/figure.h"
#include "cli/machine_table.h"
#include "core/base/align.h"
#include "reports/counter.h"
#include "reports/uncounted.h"

/* A column is a metric, or the count of an event that is none. */
static const struct {
	const char *title;
	int metric;
} metric_columns[] = {
	{"cycles", MB_METRIC_CYCLES},
	{"instructions", MB_METRIC_INSTRUCTIONS},
	{"IPC", MB_METRIC_IPC},
	{"instr/page", MB_METRIC_INSTRUCTIONS_PER_PAGE},
	{"instr/op", MB_METRIC_INSTRUCTIONS_PER_OPERATION},
	{"stalled", MB_METRIC_STALL_PERCENT},
	{"LLC misses", MB_METRIC_LLC_MISSES},
	{"LLC/page", MB_METRIC_LLC_MISSES_PER_PAGE},
	{"LLC/op", MB_METRIC_LLC_MISSES_PER_OPERATION},
	{"LLC traffic", MB_METRIC_LLC_BYTES_PER_SECOND},
	{"dTLB misses", MB_METRIC_DTLB_MISSES},
	{"dTLB/page", MB_METRIC_DTLB_MISSES_PER_PAGE},
	{"dTLB/op", MB_METRIC_DTLB_MISSES_PER_OPERATION},
	{"stores", MB_METRIC_STORES},
	{"stores/page", MB_METRIC_STORES_PER_PAGE},
	{"stores/op", MB_METRIC_STORES_PER_OPERATION},
	{"remote", MB_METRIC_REMOTE_ACCESSES},
	{"branches", MB_METRIC_BRANCHES},
	{"missed", MB_METRIC_BRANCH_MISS_PERCENT},
	{"page faults", MB_METRIC_PAGE_FAULTS},
	{"CPU time", MB_METRIC_TASK_CLOCK_NS},
	{"switches", MB_METRIC_CONTEXT_SWITCHES},
	{"migrations", MB_METRIC_CPU_MIGRATIONS},
};

#define MAX_COLUMNS 64

struct column {
	int metric;   /* -1: a counter */
	size_t event; /* whose counts these are */
};

struct page {
	struct mb_strbuf *text;
	const struct mb_term *term;
	const struct mb_result *result;
	struct column columns[MAX_COLUMNS];
	size_t nr_columns;
	bool workers;   /* have lines */
	bool estimated; /* a figure with a mark was shown */
};

struct mb_format_text mb_counters_table_number(double number)
{
	static const char prefixes[] = " kMGTPE";
	struct mb_format_text text;
	size_t at = 0;
	int digits = 0;

	if (!isfinite(number)) {
		snprintf(text.text, sizeof(text.text), "-");
		return text;
	}
	for (; fabs(number) >= 999.5 && prefixes[at + 1]; at++)
		number /= 1000;
	if (at || number != round(number))
		digits = fabs(number) < 9.995 ? 2 : fabs(number) < 99.95 ? 1 : 0;
	if (at)
		snprintf(text.text, sizeof(text.text), "%.*f %c", digits, number, prefixes[at]);
	else
		snprintf(text.text, sizeof(text.text), "%.*f", digits, number);
	return text;
}

static bool is_counted(const struct page *page, const struct mb_run *run)
{
	return run->counts && mb_counters_result_has(run->kind) &&
	       (page->workers || run->kind != MB_RUN_WORKER);
}

/* The figure for all repetitions. */
static double aggregate(struct page *page, const struct mb_samples *samples)
{
	return mb_figure_stats(samples, page->text).median;
}

static const struct mb_samples *samples_of(const struct mb_run *run, const struct column *column)
{
	return column->metric >= 0 ? &run->metrics[column->metric]
				   : &run->counts[column->event].values;
}

/* Some run has a figure there. */
static bool is_used(struct page *page, const struct column *column)
{
	for (size_t i = 0; i < page->result->nr_runs; i++) {
		const struct mb_run *run = page->result->runs[i];

		if (is_counted(page, run) && !isnan(aggregate(page, samples_of(run, column))))
			return true;
	}
	return false;
}

/* A counter whose figures are those of a metric that has a column needs none of its own. */
static bool is_metric(const struct page *page, size_t event)
{
	int metric = page->result->counters.rows[event].metric;

	for (size_t k = 0; metric >= 0 && k < page->nr_columns; k++)
		if (page->columns[k].metric == metric)
			return mb_counter_of_metric(page->result, metric) == (int)event;
	return false;
}

static void add_column(struct page *page, const struct column *column)
{
	if (page->nr_columns < MAX_COLUMNS && is_used(page, column))
		page->columns[page->nr_columns++] = *column;
}

static void choose_columns(struct page *page)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(metric_columns); i++)
		add_column(page, &(struct column){.metric = metric_columns[i].metric});
	for (size_t i = 0; i < page->result->counters.count; i++)
		if (!is_metric(page, i))
			add_column(page, &(struct column){.metric = -1, .event = i});
}

static const char *title_of(const struct page *page, const struct column *column)
{
	if (column->metric < 0)
		return page->result->counters.rows[column->event].name;
	for (size_t i = 0; i < MB_ARRAY_SIZE(metric_columns); i++)
		if (metric_columns[i].metric == column->metric)
			return mb_counter_heading(page->result, column->metric,
						  metric_columns[i].title);
	return "";
}

/* Some event of the run was not on a counter all the time. */
static bool is_estimated(const struct page *page, const struct mb_run *run)
{
	for (size_t i = 0; i < page->result->counters.count; i++)
		if (mb_counter_is_estimated(run, i))
			return true;
	return false;
}

/* What a column's figures are; NULL: plain numbers. */
static const struct mb_metric *metric_of(const struct page *page, const struct column *column)
{
	return column->metric < 0 ? mb_counter_metric(page->result, column->event)
				  : &page->result->metrics->rows[column->metric];
}

static struct mb_format_text figure(const struct page *page, const struct column *column,
				    double number)
{
	const struct mb_metric *metric = metric_of(page, column);
	struct mb_format_text text;

	if (isnan(number) || !metric || metric->format == MB_METRIC_FORMAT_COUNT ||
	    (metric->format == MB_METRIC_FORMAT_RATIO && *metric->unit))
		return mb_counters_table_number(number);
	if (metric->format != MB_METRIC_FORMAT_RATIO)
		return mb_format_metric(metric, number, page->term->charset);
	snprintf(text.text, sizeof(text.text), "%.2f", number);
	return text;
}

static void add_run(struct page *page, struct mb_table *table, const struct mb_run *run)
{
	bool estimated = is_estimated(page, run);

	mb_table_style(table, run->kind == MB_RUN_WORKER ? MB_TABLE_DIM : MB_TABLE_PLAIN);
	if (run->kind == MB_RUN_STAGE || run->kind == MB_RUN_BENCH)
		mb_table_cell(table, run->name);
	else if (run->kind == MB_RUN_NODE)
		mb_table_cellf(table, "  node %d", run->node);
	else
		mb_table_cellf(table, "    worker %d", run->worker);
	for (size_t k = 0; k < page->nr_columns; k++)
		mb_table_cell(table, figure(page, &page->columns[k],
					    aggregate(page, samples_of(run, &page->columns[k])))
					     .text);
	mb_table_cell(table, estimated ? "~" : NULL);
	page->estimated |= estimated;
}

static const char *title_of_runs(const struct page *page)
{
	for (size_t i = 0; i < page->result->nr_runs; i++)
		if (page->result->runs[i]->kind == MB_RUN_BENCH)
			return "bench, per round";
	return "phase";
}

static void add_table(struct page *page)
{
	struct mb_table_column columns[MAX_COLUMNS + 2] = {{title_of_runs(page), MB_TABLE_LEFT}};
	struct mb_table *table;

	for (size_t k = 0; k < page->nr_columns; k++)
		columns[k + 1] =
			(struct mb_table_column){title_of(page, &page->columns[k]), MB_TABLE_RIGHT};
	columns[page->nr_columns + 1] = (struct mb_table_column){"", MB_TABLE_LEFT};
	table = mb_table_new(columns, page->nr_columns + 2);
	for (size_t i = 0; i < page->result->nr_runs; i++)
		if (is_counted(page, page->result->runs[i]))
			add_run(page, table, page->result->runs[i]);
	mb_term_add_table(page->text, page->term, table);
}

/* Events with the same reason share a line. */
static void add_missing(const struct page *page)
{
	const struct mb_facts *counters = &page->result->counters;

	for (size_t i = 0; i < counters->count; i++) {
		const char *reason = counters->rows[i].reason;
		bool first = true;

		for (size_t k = 0; reason && k < i && first; k++)
			first = !counters->rows[k].reason ||
				strcmp(counters->rows[k].reason, reason) != 0;
		if (!reason || !first)
			continue;
		mb_strbuf_add(page->text, "  not counted: ");
		for (size_t k = i; k < counters->count; k++)
			if (counters->rows[k].reason && !strcmp(counters->rows[k].reason, reason))
				mb_strbuf_addf(page->text, "%s%s", k == i ? "" : ", ",
					       counters->rows[k].name);
		mb_strbuf_addf(page->text, ": %s\n", reason);
	}
}

/* What the readings themselves add to each figure of a column; 0: nothing. */
static double overhead_of(const struct page *page, const struct column *column)
{
	int event = column->metric < 0 ? (int)column->event
				       : mb_counter_of_metric(page->result, column->metric);
	struct mb_strbuf name = {0};
	const char *text;
	double number;

	if (event < 0)
		return 0;
	mb_strbuf_addf(&name, "%s%s", MB_COUNTERS_RESULT_OVERHEAD,
		       page->result->counters.rows[event].name);
	text = mb_result_fact(&page->result->facts, mb_strbuf_text(&name));
	number = text ? strtod(text, NULL) : 0;
	mb_strbuf_fini(&name);
	return number;
}

/* Some figure is at most half work. */
static bool has_small(struct page *page, const struct column *column, double overhead)
{
	for (size_t i = 0; i < page->result->nr_runs && overhead > 0; i++) {
		const struct mb_run *run = page->result->runs[i];

		if (is_counted(page, run) &&
		    aggregate(page, samples_of(run, column)) < 2 * overhead)
			return true;
	}
	return false;
}

/* Nothing is subtracted, as in perf: it is said where it matters. */
static void add_overheads(struct page *page)
{
	const char *join = "  in each figure, of reading the counters: ";
	bool said = false;

	for (size_t k = 0; k < page->nr_columns; k++) {
		const struct column *column = &page->columns[k];
		double overhead = overhead_of(page, column);

		if (!has_small(page, column, overhead))
			continue;
		mb_strbuf_addf(page->text, "%s%s %s", join, title_of(page, column),
			       figure(page, column, overhead).text);
		join = ", ";
		said = true;
	}
	if (said)
		mb_strbuf_add(page->text, "; figures below twice that are mostly the reading\n");
}

void mb_counters_table_add(struct mb_strbuf *text, const struct mb_term *term,
			   const struct mb_result *result, bool workers)
{
	struct page page = {.text = text, .term = term, .result = result, .workers = workers};

	if (!result->counters.count)
		return;
	mb_machine_table_heading(text, term, "Counters");
	choose_columns(&page);
	if (page.nr_columns)
		add_table(&page);
	if (page.estimated)
		mb_strbuf_add(text, "  ~ estimated: events took turns on the counters, and what "
				    "they missed is extrapolated\n");
	add_overheads(&page);
	add_missing(&page);
	mb_uncounted_add(text, result);
}
