/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/machine_table.h"
#include "cli/predict_published.h"
#include "cli/predict_table.h"
#include "cli/say.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/deferred.h"
#include "reports/costmodel_table.h"
#include "reports/predicted.h"
#include "reports/stats.h"
#include "reports/text.h"

#define FITTED 2 /* points, unless it is said; the rest tells how good that is */

struct job {
	const struct mb_cli *cli;
	const struct mb_output *output;
	const struct mb_predict_vary *vary;
	struct mb_term term;
	struct mb_costmodel_table table;
	struct mb_costmodel_curve curve;
	struct mb_predict_point points[MB_PREDICT_VARY_MAX]; /* of vary */
	struct mb_result *result;
};

static int read_table(struct job *job)
{
	const char *path = job->cli->opts.from_table;
	bool standard = !strcmp(path, "-");
	MB_FCLOSE FILE *opened = standard ? NULL : fopen(path, "re");
	FILE *file = standard ? stdin : opened;
	struct mb_err err = {0};
	char what[160];

	snprintf(what, sizeof(what), "cannot read table '%.120s'", path);
	if (!file)
		return mb_say(job->cli, MB_EXIT_USAGE, "%s: %s", what, strerror(errno));
	if (mb_costmodel_table_read(file, &err, &job->table))
		return mb_say_err(job->cli, MB_EXIT_USAGE, what, &err);
	return MB_EXIT_OK;
}

/* The first ones, and what is said of the memory; where nothing is, all of them have to tell. */
static size_t count_fitted(const struct job *job)
{
	const struct mb_costmodel_table *table = &job->table;
	bool known =
		!isnan(table->pages) && (!isnan(table->peak_gb_s) || !isnan(table->store_gb_s));
	size_t wanted = job->cli->opts.fit_points ? job->cli->opts.fit_points
			: known                   ? FITTED
						  : table->nr_points;

	return mb_min(wanted, table->nr_points);
}

/* Too few points were fitted: more of them would have done, or the table has not what it takes. */
static int say_too_few(const struct job *job, size_t fitted)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	const char *path = job->cli->opts.from_table;
	struct mb_costmodel_curve curve;

	for (size_t enough = fitted; enough <= job->table.nr_points; enough++) {
		mb_strbuf_fini(&why);
		if (mb_costmodel_table_fit(&job->table, enough, &why, &curve) ==
		    MB_COSTMODEL_TOO_FEW)
			continue;
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "option '--fit-points %zu': table '%.120s' does not say what its "
			      "memory takes, and so needs %zu fitted points or more",
			      fitted, path, enough);
	}
	return mb_say(job->cli, MB_EXIT_USAGE, "cannot use table '%.120s': %s", path,
		      mb_strbuf_text(&why));
}

static int fit(struct job *job)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	uint64_t wanted = job->cli->opts.fit_points;
	enum mb_costmodel_status status;
	size_t fitted = count_fitted(job);

	if (wanted > job->table.nr_points)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "option '--fit-points %llu': the table has %zu point%s",
			      (unsigned long long)wanted, job->table.nr_points,
			      job->table.nr_points == 1 ? "" : "s");
	status = mb_costmodel_table_fit(&job->table, fitted, &why, &job->curve);
	if (status == MB_COSTMODEL_TOO_FEW)
		return say_too_few(job, fitted);
	if (status)
		return mb_say(job->cli, MB_EXIT_UNFIT, "unfit: %s", mb_strbuf_text(&why));
	return MB_EXIT_OK;
}

/* Of a point; a kernel without threads does as one thread does. */
static void predict(const struct job *job, double threads, struct mb_costmodel_value *ret_value)
{
	mb_costmodel_table_predict(&job->curve, fmax(threads, 1), ret_value);
}

/* --- what is shown --- */

/* A line, unless the table does not say it. */
static void add_fact(struct mb_strbuf *text, const char *before, const char *value,
		     const char *after, double number)
{
	if (!isnan(number))
		mb_strbuf_addf(text, "  %s%s%s\n", before, value, after);
}

/* "1 page is deferred"; nothing where the table does not say it. */
static void add_count(const struct job *job, struct mb_strbuf *text, double count, const char *one,
		      const char *many)
{
	struct mb_format_text shown = mb_format_count(count, job->term.charset);

	add_fact(text, "", shown.text, strcmp(shown.text, "1") ? many : one, count);
}

static void add_about(const struct job *job, struct mb_strbuf *text)
{
	const struct mb_costmodel_table *table = &job->table;

	mb_machine_table_heading(text, &job->term, "Published times of deferred init");
	if (table->title) {
		mb_strbuf_add(text, "  ");
		mb_text_add_printable(text, table->title);
		mb_strbuf_add(text, "\n");
	}
	if (table->source) {
		mb_strbuf_add(text, "  source: ");
		mb_text_add_printable(text, table->source);
		mb_strbuf_add(text, "\n");
	}
	add_count(job, text, table->pages, " page is deferred", " pages are deferred");
	add_count(job, text, table->cpus, " CPU", " CPUs");
	add_fact(text, "its memory has a peak of ", mb_format_rate(table->peak_gb_s * 1e9).text, "",
		 table->peak_gb_s);
	add_fact(text, "its memory takes ", mb_format_rate(table->store_gb_s * 1e9).text,
		 " of descriptors", table->store_gb_s);
	mb_strbuf_addf(text, "  fitted on the first %zu of %zu point%s\n\n", job->curve.fitted,
		       table->nr_points, table->nr_points == 1 ? "" : "s");
}

static bool is_inside(double ns, const struct mb_costmodel_value *value)
{
	return ns >= value->low && ns <= value->high;
}

static void add_point(const struct job *job, struct mb_table *table, size_t index)
{
	const struct mb_costmodel_point *point = &job->table.points[index];
	enum mb_format_charset charset = job->term.charset;
	double ns = point->ms * 1e6;
	struct mb_costmodel_value value;

	predict(job, point->threads, &value);
	mb_table_cellf(table, "%.0f", point->threads);
	mb_table_cell(table, mb_format_time(ns, charset).text);
	mb_table_cell(table, mb_format_time(value.ns, charset).text);
	mb_table_cell(table, mb_format_time(value.low, charset).text);
	mb_table_cell(table, mb_format_time(value.high, charset).text);
	mb_table_cellf(table, "%+.1f %%", 100 * (value.ns / ns - 1));
	mb_table_cell(table, index < job->curve.fitted ? "fitted"
			     : is_inside(ns, &value)   ? ""
						       : "outside the interval");
	mb_table_end_row(table);
}

/* How good it is where it was not fitted. Nothing where all points were. */
static void add_judgement(const struct job *job, struct mb_strbuf *text)
{
	double *errors = calloc(job->table.nr_points + 1, sizeof(*errors));
	size_t count = 0, inside = 0;

	for (size_t i = job->curve.fitted; errors && i < job->table.nr_points; i++) {
		double ns = job->table.points[i].ms * 1e6;
		struct mb_costmodel_value value;

		predict(job, job->table.points[i].threads, &value);
		errors[count++] = 100 * fabs(value.ns / ns - 1);
		inside += is_inside(ns, &value);
	}
	if (!errors)
		text->error = -ENOMEM;
	if (count) {
		mb_stats_sort(errors, count);
		mb_strbuf_addf(
			text,
			"the %zu point%s not fitted: off by %s at the median, %zu inside the %.0f %% "
			"interval",
			count, count > 1 ? "s that were" : " that was",
			mb_format_percent(mb_stats_quantile(errors, count, 0.5)).text, inside,
			100 * MB_COSTMODEL_CONFIDENCE);
	}
	free(errors);
}

/* "fitted on 2 of 8 points, those of 0, 1 threads; the 6 points that were not fitted: …" */
static void add_trust(const struct job *job, struct mb_strbuf *text)
{
	struct mb_strbuf judgement = {0};

	mb_strbuf_addf(text, "fitted on %zu of %zu points, those of", job->curve.fitted,
		       job->table.nr_points);
	for (size_t i = 0; i < job->curve.fitted; i++)
		mb_strbuf_addf(text, "%s %.0f", i ? "," : "", job->table.points[i].threads);
	mb_strbuf_add(text, " threads");
	add_judgement(job, &judgement);
	if (judgement.length)
		mb_strbuf_addf(text, "; %s", mb_strbuf_text(&judgement));
	if (judgement.error)
		text->error = judgement.error;
	mb_strbuf_fini(&judgement);
}

static void add_points(const struct job *job, struct mb_strbuf *text)
{
	static const struct mb_table_column columns[] = {
		{"threads", MB_TABLE_RIGHT},   {"published", MB_TABLE_RIGHT},
		{"predicted", MB_TABLE_RIGHT}, {"low", MB_TABLE_RIGHT},
		{"high", MB_TABLE_RIGHT},      {"off", MB_TABLE_RIGHT},
		{"", MB_TABLE_LEFT},
	};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));

	for (size_t i = 0; i < job->table.nr_points; i++)
		add_point(job, table, i);
	if (!table || mb_table_render(table, &job->term.table, text))
		text->error = -ENOMEM;
	mb_table_free(table);
	if (job->curve.fitted == job->table.nr_points)
		return;
	mb_strbuf_add(text, "\n");
	add_judgement(job, text);
	mb_strbuf_add(text, "\n");
}

static void fill_curve(struct job *job)
{
	for (size_t i = 0; job->vary && i < job->vary->count; i++) {
		job->points[i] = (struct mb_predict_point){
			.value = job->vary->values[i],
			.threads = job->vary->values[i],
			.first_allocation = {NAN, NAN, NAN},
		};
		predict(job, job->vary->values[i], &job->points[i].all_memory);
	}
}

static int show(const struct job *job)
{
	struct mb_strbuf text = {0};

	if (!job->output->tables)
		return MB_EXIT_OK;
	add_about(job, &text);
	add_points(job, &text);
	if (job->vary)
		mb_predict_table_add_curve(&text, &job->term, job->vary, job->points,
					   mb_deferred_stage.name);
	return mb_term_write(job->cli, &text);
}

/* --- the result --- */

/* The deferred stage of one node with so many threads: what was published, and what is predicted. */
static void add_run(struct mb_result *result, double threads, double ms,
		    const struct mb_costmodel_value *value)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_PREDICTION, mb_deferred_stage.name);
	char text[32];

	snprintf(text, sizeof(text), "%.0f", threads);
	mb_result_run_set_arg(run, "threads", text);
	if (run)
		run->threads = (unsigned)threads;
	if (!isnan(ms))
		mb_result_run_set(run, MB_METRIC_PUBLISHED_NS, 0, ms * 1e6);
	mb_predict_result_set(run, value);
}

static bool is_published(const struct job *job, double threads)
{
	for (size_t i = 0; i < job->table.nr_points; i++)
		if (job->table.points[i].threads == threads)
			return true;
	return false;
}

/* Whose times they are: not of this host, of which nothing is said. */
static void add_facts(const struct job *job, struct mb_result *result)
{
	const char *title = job->table.title ? job->table.title : "a published table";
	struct mb_strbuf trust = {0};

	mb_result_set_fact(result, "host_name", title);
	mb_result_set_fact(result, MB_PREDICTED_HOST, title);
	if (job->table.source)
		mb_result_set_fact(result, MB_PREDICTED_SOURCE, job->table.source);
	add_trust(job, &trust);
	mb_result_set_fact(result, MB_PREDICTED_POINTS, mb_strbuf_text(&trust));
	result->error = trust.error ? trust.error : result->error;
	mb_strbuf_fini(&trust);
}

static int make_result(struct job *job)
{
	struct mb_costmodel_value value;
	int status = mb_output_begin_bare(job->cli, NULL, &job->result);

	if (status)
		return status;
	add_facts(job, job->result);
	if (job->vary)
		mb_predict_result_add_knee(job->result, job->vary, job->points);
	for (size_t i = 0; i < job->table.nr_points; i++) {
		const struct mb_costmodel_point *point = &job->table.points[i];

		predict(job, point->threads, &value);
		add_run(job->result, point->threads, point->ms, &value);
	}
	for (size_t i = 0; job->vary && i < job->vary->count; i++) {
		if (is_published(job, job->vary->values[i]))
			continue;
		predict(job, job->vary->values[i], &value);
		add_run(job->result, job->vary->values[i], NAN, &value);
	}
	return mb_output_save(job->cli, job->output, job->result);
}

int mb_predict_published_run(const struct mb_cli *cli, const struct mb_output *output,
			     const struct mb_predict_vary *vary)
{
	struct job job = {
		.cli = cli, .output = output, .vary = vary, .term = mb_term_open(&cli->opts)};
	int status = read_table(&job), saved = MB_EXIT_OK;

	if (!status)
		status = fit(&job);
	if (!status)
		fill_curve(&job);
	if (!status && output->path)
		saved = make_result(&job);
	if (!status)
		status = show(&job);
	mb_costmodel_table_fini(&job.table);
	mb_result_free(job.result);
	return saved ? saved : status;
}
