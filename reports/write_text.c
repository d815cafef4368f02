/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "reports/counter.h"
#include "reports/format.h"
#include "reports/identity.h"
#include "reports/table.h"
#include "reports/uncounted.h"
#include "reports/writer.h"

/*
 * A plain dump for people: what is known about the whole, then one table for each kind of run with the columns that its runs
 * have. A metric's cell is its aggregate over the repetitions; beside repeated metrics with noise stands the spread,
 * the scaled median absolute deviation in per cent of the median.
 */
static const struct mb_table_options plain = {.indent = 2};

static int put_table(FILE *file, struct mb_table *table)
{
	struct mb_strbuf text = {0};
	int error = mb_table_render(table, &plain, &text);

	if (!error)
		fputs(mb_strbuf_text(&text), file);
	mb_strbuf_fini(&text);
	mb_table_free(table);
	return error;
}

static int put_fields(const struct mb_result *result, FILE *file)
{
	static const struct mb_table_column columns[] = {{NULL, MB_TABLE_LEFT},
							 {NULL, MB_TABLE_LEFT}};
	struct mb_table *table = mb_table_new(columns, 2);

	for (size_t i = 0; i < MB_RESULT_NR_FIELDS; i++) {
		if (!result->fields[i])
			continue;
		mb_table_cell(table, mb_result_fields[i].label);
		mb_table_cell(table, result->fields[i]);
	}
	mb_table_cell(table, "status");
	mb_table_cellf(table, "%s%s%s", mb_result_status_name(result->status),
		       result->reason ? ": " : "", result->reason ? result->reason : "");
	fputs("result\n", file);
	return put_table(file, table);
}

static int put_facts(const char *title, const struct mb_facts *facts, FILE *file)
{
	static const struct mb_table_column columns[] = {{NULL, MB_TABLE_LEFT},
							 {NULL, MB_TABLE_LEFT}};
	struct mb_table *table;

	if (!facts->count)
		return 0;
	table = mb_table_new(columns, 2);
	for (size_t i = 0; i < facts->count; i++) {
		const struct mb_fact *fact = &facts->rows[i];

		mb_table_cell(table, fact->name);
		if (fact->value)
			mb_table_cell(table, fact->value);
		else
			mb_table_cellf(table, "unknown%s%s", fact->reason ? ": " : "",
				       fact->reason ? fact->reason : "");
	}
	fprintf(file, "\n%s\n", title);
	return put_table(file, table);
}

/* What is not fine, one line each; how many are. */
static int put_noise(const struct mb_noises *noise, FILE *file)
{
	static const struct mb_table_column columns[] = {{NULL, MB_TABLE_LEFT},
							 {NULL, MB_TABLE_LEFT},
							 {NULL, MB_TABLE_LEFT},
							 {NULL, MB_TABLE_LEFT}};
	struct mb_table *table;

	if (!noise->count)
		return 0;
	table = mb_table_new(columns, 4);
	for (size_t i = 0; i < noise->count; i++) {
		const struct mb_noise *row = &noise->rows[i];
		const char *value = row->texts[MB_NOISE_VALUE];

		if (row->verdict == MB_NOISE_FINE)
			continue;
		mb_table_cell(table, mb_noise_verdict_label(row->verdict));
		mb_table_cell(table, row->texts[MB_NOISE_NAME]);
		mb_table_cell(table, value ? value : row->texts[MB_NOISE_REASON]);
		if (value && row->texts[MB_NOISE_SHOULD])
			mb_table_cellf(table, "should be %s", row->texts[MB_NOISE_SHOULD]);
		mb_table_end_row(table);
	}
	fprintf(file, "\nnoise: %zu of %zu checks are fine\n", mb_noise_count(noise, MB_NOISE_FINE),
		noise->count);
	return put_table(file, table);
}

/* The columns of one kind: which identity columns and which metrics any of its runs has. */
struct group {
	const struct mb_result *result;
	enum mb_run_kind kind;
	bool *identity, *metrics, *counters;
	struct mb_table_column *columns;
	size_t nr_columns, nr_runs;
	int error;
};

/* "ok" is the rule: status is a column only where it says something else. The kind is the title. */
static bool shows(struct group *group, const struct mb_identity_column *column,
		  const struct mb_run *run)
{
	struct mb_strbuf text = {0};
	const char *words;
	bool said;

	column->add(run, &text);
	words = mb_strbuf_text(&text);
	said = *words && strcmp(column->key, "kind") != 0 &&
	       (strcmp(column->key, "status") != 0 || run->status != MB_RUN_OK);
	if (text.error)
		group->error = text.error;
	mb_strbuf_fini(&text);
	return said;
}

static void add_column(struct group *group, const char *title, bool number)
{
	group->columns[group->nr_columns++] =
		(struct mb_table_column){title, number ? MB_TABLE_RIGHT : MB_TABLE_LEFT};
}

/* The figures of a metric that is shown: they need no second column. */
static bool is_metric(const struct group *group, size_t counter)
{
	int metric = group->result->counters.rows[counter].metric;

	return metric >= 0 && group->metrics[metric] &&
	       mb_counter_of_metric(group->result, metric) == (int)counter;
}

static void choose_columns(struct group *group)
{
	const struct mb_metric_table *metrics = group->result->metrics;

	for (size_t i = 0; i < group->result->nr_runs; i++) {
		const struct mb_run *run = group->result->runs[i];

		if (run->kind != group->kind)
			continue;
		group->nr_runs++;
		for (size_t j = 0; j < mb_identity_count; j++)
			group->identity[j] |= shows(group, &mb_identity_columns[j], run);
		for (size_t j = 0; j < metrics->count; j++)
			group->metrics[j] |= run->metrics[j].count > 0;
		for (size_t j = 0; run->counts && j < group->result->counters.count; j++)
			group->counters[j] |= run->counts[j].values.count > 0;
	}
	for (size_t j = 0; j < mb_identity_count; j++)
		if (group->identity[j])
			add_column(group, mb_identity_columns[j].label,
				   mb_identity_columns[j].number);
	add_column(group, "n", true);
	for (size_t j = 0; j < metrics->count; j++)
		if (group->metrics[j])
			add_column(
				group,
				mb_counter_heading(group->result, (int)j, metrics->rows[j].label),
				true);
	for (size_t j = 0; j < group->result->counters.count; j++)
		group->counters[j] &= !is_metric(group, j);
	for (size_t j = 0; j < group->result->counters.count; j++)
		if (group->counters[j])
			add_column(group, group->result->counters.rows[j].name, true);
}

/* "~" before a figure: estimated in some repetition. */
static int add_metric(struct mb_table *table, const struct mb_metric *metric,
		      const struct mb_samples *samples, bool estimated)
{
	const char *mark = estimated ? "~" : "";
	struct mb_format_text value;
	struct mb_stats stats;
	int error = mb_stats_summarise(samples->values, samples->count, &stats);

	if (error)
		return error;
	if (!stats.count) {
		mb_table_cell(table, NULL);
		return 0;
	}
	value = mb_format_metric(metric, mb_metric_aggregate(metric, &stats), MB_FORMAT_UTF8);
	if (stats.count > 1 && metric->noise_band > 0 && stats.median != 0)
		mb_table_cellf(table, "%s%s ±%s", mark, value.text,
			       mb_format_percent(100 * stats.mad / fabs(stats.median)).text);
	else
		mb_table_cellf(table, "%s%s", mark, value.text);
	return 0;
}

static int add_run_metric(struct mb_table *table, const struct mb_run *run, size_t metric)
{
	int counter = mb_counter_of_metric(run->result, (int)metric);

	return add_metric(table, &run->result->metrics->rows[metric], &run->metrics[metric],
			  counter >= 0 && mb_counter_is_estimated(run, (size_t)counter));
}

static int add_count(struct mb_table *table, const struct mb_run *run, size_t counter)
{
	static const struct mb_metric plain_count = {.format = MB_METRIC_FORMAT_COUNT};
	const struct mb_metric *metric = mb_counter_metric(run->result, counter);

	if (!run->counts) {
		mb_table_cell(table, NULL);
		return 0;
	}
	return add_metric(table, metric ? metric : &plain_count, &run->counts[counter].values,
			  mb_counter_is_estimated(run, counter));
}

static int add_run(const struct group *group, struct mb_table *table, const struct mb_run *run)
{
	const struct mb_metric_table *metrics = group->result->metrics;
	int error = 0;

	for (size_t j = 0; j < mb_identity_count; j++) {
		struct mb_strbuf text = {0};

		if (!group->identity[j])
			continue;
		mb_identity_columns[j].add(run, &text);
		mb_table_cell(table, mb_strbuf_text(&text));
		error = error ? error : text.error;
		mb_strbuf_fini(&text);
	}
	mb_table_cellf(table, "%zu", mb_result_run_repetitions(run));
	for (size_t j = 0; j < metrics->count && !error; j++)
		if (group->metrics[j])
			error = add_run_metric(table, run, j);
	for (size_t j = 0; j < group->result->counters.count && !error; j++)
		if (group->counters[j])
			error = add_count(table, run, j);
	return error;
}

static int put_group(const struct mb_result *result, enum mb_run_kind kind, FILE *file)
{
	size_t nr_metrics = result->metrics->count, nr_counters = result->counters.count;
	MB_FREE bool *identity = calloc(mb_identity_count, sizeof(*identity));
	MB_FREE bool *metrics = calloc(nr_metrics, sizeof(*metrics));
	MB_FREE bool *counters = calloc(nr_counters + 1, sizeof(*counters));
	MB_FREE struct mb_table_column *columns =
		calloc(mb_identity_count + 1 + nr_metrics + nr_counters, sizeof(*columns));
	struct group group = {result, kind, identity, metrics, counters, columns, 0, 0, 0};
	struct mb_table *table;
	int error = 0;

	if (!identity || !metrics || !counters || !columns)
		return -ENOMEM;
	choose_columns(&group);
	if (group.error || !group.nr_runs)
		return group.error;
	table = mb_table_new(columns, group.nr_columns);
	for (size_t i = 0; i < result->nr_runs && !error; i++)
		if (result->runs[i]->kind == kind)
			error = add_run(&group, table, result->runs[i]);
	if (error) {
		mb_table_free(table);
		return error;
	}
	fprintf(file, "\n%s\n", mb_result_kind_name(kind));
	return put_table(file, table);
}

/* Below the events: in how many runs one that counts here is missing. */
static int put_uncounted(const struct mb_result *result, FILE *file)
{
	struct mb_strbuf text = {0};
	int error;

	mb_uncounted_add(&text, result);
	error = text.error;
	if (!error)
		fputs(mb_strbuf_text(&text), file);
	mb_strbuf_fini(&text);
	return error;
}

static int put_result(const struct mb_result *result, FILE *file)
{
	int error = put_fields(result, file);

	if (!error)
		error = put_facts("host", &result->facts, file);
	if (!error)
		error = put_facts("knobs", &result->knobs, file);
	if (!error)
		error = put_noise(&result->noise, file);
	if (!error)
		error = put_facts("counters", &result->counters, file);
	if (!error)
		error = put_uncounted(result, file);
	for (int kind = 0; kind < MB_RUN_NR_KINDS && !error; kind++)
		error = put_group(result, (enum mb_run_kind)kind, file);
	return error;
}

/* One after another. */
int mb_write_text(const struct mb_result *const *results, size_t count, FILE *file)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		if (i)
			fputs("\n\n", file);
		error = put_result(results[i], file);
	}
	return error ? error : ferror(file) ? -EIO : 0;
}
