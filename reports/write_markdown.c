/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "reports/answer.h"
#include "reports/answer_several.h"
#include "reports/counter.h"
#include "reports/format.h"
#include "reports/markdown.h"
#include "reports/row.h"
#include "reports/text.h"
#include "reports/writer.h"

/*
 * A summary to paste into a pull request (GitHub Flavored Markdown 0.29): what was measured, the times side by side, what did not go
 * well, and folded away all figures.
 */
#define COMMENT_BYTES \
	65536 /* GitHub takes no longer comments; it counts characters, which are no more than bytes */

struct output {
	FILE *file;
	int error;
	const struct mb_result *const *results;
	size_t count;
	const char *model; /* of all runs that have one; NULL: they differ */
};

static void put_code(struct output *out, const char *text)
{
	struct mb_strbuf words = {0};

	mb_markdown_add_code(&words, text);
	fputs(mb_strbuf_text(&words), out->file);
	if (words.error)
		out->error = -ENOMEM;
	mb_strbuf_fini(&words);
}

static void put_if(struct output *out, const char *before, const char *text)
{
	if (!text || !*text)
		return;
	fputs(before, out->file);
	put_code(out, text);
}

/* The memory model is said once, unless the runs have several. */
static void find_model(struct output *out)
{
	const char *model = NULL;

	for (size_t i = 0; i < out->count; i++)
		for (size_t k = 0; k < out->results[i]->nr_runs; k++) {
			const char *own = out->results[i]->runs[k]->model;

			if (own && model && strcmp(own, model) != 0)
				return;
			model = own ? own : model;
		}
	out->model = model;
}

/* A row's name, less the model that all have. */
static void put_name(struct output *out, const char *name)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf part = {0}, words = {0};
	const char *at = NULL;

	mb_strbuf_addf(&part, "/model:%s", out->model ? out->model : "");
	if (out->model)
		at = strstr(name, mb_strbuf_text(&part));
	if (at && (!at[part.length] || at[part.length] == '/'))
		mb_strbuf_addf(&words, "%.*s%s", (int)(at - name), name, at + part.length);
	else
		mb_strbuf_add(&words, name);
	if (part.error || words.error)
		out->error = -ENOMEM;
	put_code(out, mb_strbuf_text(&words));
}

static void put_sentence(struct output *out, const char *text)
{
	struct mb_strbuf words = {0};

	mb_markdown_add_sentence(&words, text);
	fputs(mb_strbuf_text(&words), out->file);
	if (words.error)
		out->error = -ENOMEM;
	mb_strbuf_fini(&words);
}

static void put_lines(struct output *out, const struct mb_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct mb_answer_line *line = &answer->lines[i];

		fprintf(out->file, "- **%s", mb_answer_topic_label(line->topic));
		if (line->figure) {
			fputs(": ", out->file);
			put_sentence(out, line->figure);
		}
		fputs(".** ", out->file);
		put_sentence(out, line->text);
		fputs("\n", out->file);
	}
	if (answer->count)
		fputs("\n", out->file);
}

/* What one result says, or several beside each other. */
static void put_answer(struct output *out)
{
	MB_CLEANUP(mb_answer_fini) struct mb_answer answer = {0};
	int error = out->count > 1 ? mb_answer_compare(out->results, out->count, &answer)
				   : mb_answer_make(out->results[0], &answer);

	if (error)
		out->error = error;
	else
		put_lines(out, &answer);
}

/* A host's own machine has its kernel's command line, which is nobody's business in public. */
static const char *machine_of(const struct mb_result *result)
{
	const char *source = result->fields[MB_RESULT_MAP_SOURCE];

	return source && !strcmp(source, "text") ? result->fields[MB_RESULT_MACHINE] : NULL;
}

/* One line a result: where, when, how. Further down they have the names that it gives them. */
static void put_results(struct output *out)
{
	for (size_t i = 0; i < out->count; i++) {
		const struct mb_result *result = out->results[i];
		const char *host = mb_result_fact(&result->facts, "host_name");

		fprintf(out->file, "- **%s** ", mb_answer_name(i).text);
		put_code(out, host && *host ? host : "unknown host");
		put_if(out, ", ", result->fields[MB_RESULT_STARTED_UTC]);
		put_if(out, ", ", result->fields[MB_RESULT_COMMAND_LINE]);
		put_if(out, ", rules of Linux ", result->fields[MB_RESULT_KERNEL_PROFILE]);
		put_if(out, ", policy ", result->fields[MB_RESULT_POLICY]);
		put_if(out, ", model ", out->model);
		put_if(out, ", ", mb_result_fact(&result->facts, "cpu_model"));
		put_if(out, ", machine ", machine_of(result));
		fprintf(out->file, "; **%s**", mb_result_status_name(result->status));
		put_if(out, ": ", result->reason);
		fputs("\n", out->file);
	}
	fputs("\n", out->file);
}

/* The spread as in the tables for terminals; "~", escaped because two would strike text through: estimated in some repetition. */
static void put_figure(struct output *out, const struct mb_run *run, size_t metric)
{
	const struct mb_metric *row = &run->result->metrics->rows[metric];
	int counter = mb_counter_of_metric(run->result, (int)metric);
	struct mb_stats stats;
	int known = mb_row_summarise(run, metric, &stats);

	if (known < 0)
		out->error = known;
	if (known <= 0)
		return;
	fprintf(out->file, "%s%s",
		counter >= 0 && mb_counter_is_estimated(run, (size_t)counter) ? "\\~" : "",
		mb_format_metric(row, mb_metric_aggregate(row, &stats), MB_FORMAT_UTF8).text);
	if (stats.count > 1 && row->noise_band > 0 && stats.median != 0)
		fprintf(out->file, " ±%s",
			mb_format_percent(100 * stats.mad / fabs(stats.median)).text);
}

static void end_heading(struct output *out, size_t left, size_t right)
{
	fputs("|\n|", out->file);
	for (size_t i = 0; i < left; i++)
		fputs(":--|", out->file);
	for (size_t i = 0; i < right; i++)
		fputs("--:|", out->file);
	fputs("\n", out->file);
}

static bool has_time(const struct output *out, const struct mb_row *row)
{
	for (size_t i = 0; i < out->count; i++)
		if (row->runs[i] && row->runs[i]->metrics[MB_METRIC_WALL_NS].count)
			return true;
	return false;
}

static bool is_total(const struct output *out, const struct mb_row *row)
{
	for (size_t i = 0; i < out->count; i++)
		if (row->runs[i])
			return row->runs[i]->kind == MB_RUN_TOTAL;
	return false;
}

static void put_time_row(struct output *out, const struct mb_row *row)
{
	fputs("| ", out->file);
	put_name(out, row->name);
	for (size_t i = 0; i < out->count; i++) {
		fputs(" | ", out->file);
		if (row->runs[i])
			put_figure(out, row->runs[i], MB_METRIC_WALL_NS);
	}
	fputs(" |\n", out->file);
}

/* Times of all rows that have one, a column a result; totals first, as they answer what was asked. */
static void put_times(struct output *out, const struct mb_rows *rows)
{
	bool heading = false;

	for (int total = 1; total >= 0; total--)
		for (size_t i = 0; i < rows->count; i++) {
			const struct mb_row *row = &rows->rows[i];

			if (!has_time(out, row) || is_total(out, row) != total)
				continue;
			if (!heading)
				fputs("| time ", out->file);
			for (size_t k = 0; !heading && k < out->count; k++)
				fprintf(out->file, "| %s ", mb_answer_name(k).text);
			if (!heading)
				end_heading(out, 1, out->count);
			heading = true;
			put_time_row(out, row);
		}
	if (heading)
		fputs("\n", out->file);
}

static void put_failures(struct output *out, const struct mb_result *result, size_t index)
{
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		if (run->status == MB_RUN_OK || run->kind == MB_RUN_VALUE)
			continue;
		fputs("- ", out->file);
		if (out->count > 1)
			fprintf(out->file, "%s: ", mb_answer_name(index).text);
		fprintf(out->file, "%s ", mb_result_kind_name(run->kind));
		put_code(out, run->name);
		fprintf(out->file, " **%s**", mb_result_run_status_name(run->status));
		put_if(out, ": ", run->reason);
		fputs("\n", out->file);
	}
}

static bool has_noise(const struct mb_result *result, const struct mb_noise *row)
{
	for (size_t i = 0; i < result->noise.count; i++)
		if (result->noise.rows[i].verdict == row->verdict &&
		    mb_text_same(result->noise.rows[i].texts[MB_NOISE_NAME],
				 row->texts[MB_NOISE_NAME]) &&
		    mb_text_same(result->noise.rows[i].texts[MB_NOISE_VALUE],
				 row->texts[MB_NOISE_VALUE]))
			return true;
	return false;
}

/* What makes figures noisy, once for all results that have it. */
static void put_noise(struct output *out, size_t result, const struct mb_noise *row)
{
	const char *join = "";

	if (row->verdict != MB_NOISE_DISTURBS && row->verdict != MB_NOISE_SPOILS)
		return;
	for (size_t i = 0; i < result; i++)
		if (has_noise(out->results[i], row))
			return;
	fputs("- ", out->file);
	for (size_t i = result; i < out->count && out->count > 1; i++) {
		if (!has_noise(out->results[i], row))
			continue;
		fprintf(out->file, "%s%s", join, mb_answer_name(i).text);
		join = ", ";
	}
	fprintf(out->file, "%s**%s**: ", out->count > 1 ? ": " : "",
		mb_noise_verdict_label(row->verdict));
	put_code(out, row->texts[MB_NOISE_NAME]);
	put_if(out, " is ", row->texts[MB_NOISE_VALUE]);
	put_if(out, ", should be ", row->texts[MB_NOISE_SHOULD]);
	fputs("\n", out->file);
}

/* A run of one of the kinds that are shown in full. */
static bool shown(const struct mb_run *run, enum mb_run_kind kind)
{
	return run->kind == kind && run->status == MB_RUN_OK;
}

static void put_row(struct output *out, const struct mb_run *run, const bool *metrics)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf name = {0};

	mb_row_add_name(&name, run);
	if (name.error)
		out->error = name.error;
	fputs("| ", out->file);
	put_name(out, mb_strbuf_text(&name));
	for (size_t i = 0; i < run->result->metrics->count; i++) {
		if (!metrics[i])
			continue;
		fputs(" | ", out->file);
		put_figure(out, run, i);
	}
	fputs(" |\n", out->file);
}

/* All figures of one kind of run, with the columns that any of them has. */
static void put_kind(struct output *out, const struct mb_result *result, enum mb_run_kind kind)
{
	const struct mb_metric_table *table = result->metrics;
	MB_FREE bool *metrics = calloc(table->count, sizeof(*metrics));
	size_t columns = 0;

	if (!metrics) {
		out->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < result->nr_runs; i++)
		for (size_t k = 0; k < table->count && shown(result->runs[i], kind); k++)
			metrics[k] |= result->runs[i]->metrics[k].count > 0;
	for (size_t k = 0; k < table->count; k++)
		columns += metrics[k];
	if (!columns)
		return;
	fprintf(out->file, "\n| %s ", mb_result_kind_name(kind));
	for (size_t k = 0; k < table->count; k++)
		if (metrics[k])
			fprintf(out->file, "| %s ", table->rows[k].label);
	end_heading(out, 1, columns);
	for (size_t i = 0; i < result->nr_runs; i++)
		if (shown(result->runs[i], kind))
			put_row(out, result->runs[i], metrics);
}

/* Those of zones, workers and single values would make it longer than a comment may be. */
static void put_figures(struct output *out, const struct mb_result *result, size_t index)
{
	static const enum mb_run_kind kinds[] = {MB_RUN_TOTAL,     MB_RUN_STAGE,  MB_RUN_NODE,
						 MB_RUN_BENCH,     MB_RUN_KERNEL, MB_RUN_FACT,
						 MB_RUN_PREDICTION};
	bool any = false;

	for (size_t i = 0; i < result->nr_runs; i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			any |= shown(result->runs[i], kinds[k]);
	if (!any)
		return;
	fputs("\n<details><summary>", out->file);
	if (out->count > 1)
		fprintf(out->file, "All figures of %s", mb_answer_name(index).text);
	else
		fputs("All figures", out->file);
	fputs("</summary>\n", out->file);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		put_kind(out, result, kinds[i]);
	fputs("\n</details>\n", out->file);
}

static int put_summary(struct output *out)
{
	struct mb_rows rows;
	int error = mb_rows_init(&rows, out->results, out->count);

	if (error)
		return error;
	fputs("### memboot\n\n", out->file);
	put_results(out);
	put_answer(out);
	put_times(out, &rows);
	mb_rows_fini(&rows);
	for (size_t i = 0; i < out->count; i++)
		put_failures(out, out->results[i], i);
	for (size_t i = 0; i < out->count; i++)
		for (size_t k = 0; k < out->results[i]->noise.count; k++)
			put_noise(out, i, &out->results[i]->noise.rows[k]);
	return 0;
}

/* Writes what fits into a comment: everything, or all but the folded figures. */
static int put_fitting(struct output *out, FILE *file, const char *summary, const char *figures)
{
	fputs(summary, file);
	if (strlen(summary) + strlen(figures) <= COMMENT_BYTES)
		fputs(figures, file);
	else
		fputs("\nThe other figures would not fit into a comment; the formats csv and json have them.\n",
		      file);
	return out->error ? out->error : ferror(file) ? -EIO : 0;
}

int mb_write_markdown(const struct mb_result *const *results, size_t count, FILE *file)
{
	struct output out = {.results = results, .count = count};
	MB_FREE char *summary = NULL, *figures = NULL;
	size_t length;
	int error;

	find_model(&out);
	out.file = open_memstream(&summary, &length);
	if (!out.file)
		return -ENOMEM;
	error = put_summary(&out);
	if (fclose(out.file))
		return -ENOMEM;
	out.file = open_memstream(&figures, &length);
	if (!out.file)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		put_figures(&out, results[i], i);
	if (fclose(out.file))
		return -ENOMEM;
	return error ? error : put_fitting(&out, file, summary, figures);
}
