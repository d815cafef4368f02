/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/filter.h"
#include "cli/inputs.h"
#include "cli/noise_known.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "cli/verdict.h"
#include "core/base/err.h"
#include "reports/join.h"

/* `memboot compare`: results that were written as JSON, held against the first of them. */
struct job {
	struct mb_cli *cli;
	struct mb_inputs *sides; /* one an operand, in their order */
	size_t nr_sides;
	int *metrics; /* of --metric; NULL: not given */
	size_t nr_metrics;
	struct mb_filter *filter;
	bool standard; /* standard input is one of the files */
};

/* --- options --- */

static const char *next_metric(const void *arg, size_t index)
{
	return index < mb_metrics.count ? mb_metrics.rows[index].key : NULL;
}

static int add_metric(struct job *job, const char *key)
{
	int metric = mb_metric_find(&mb_metrics, key);
	const char *near = metric < 0 ? mb_suggest(key, next_metric, NULL) : NULL;
	const struct mb_metric *row = metric < 0 ? NULL : &mb_metrics.rows[metric];

	if (near)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "metric '%.60s' is unknown; did you mean '%s'?", key, near);
	if (!row)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "metric '%.60s' is unknown; 'memboot list metrics' has them", key);
	if (row->better == MB_BETTER_NONE && row->noise_band > 0)
		return mb_say(job->cli, MB_EXIT_USAGE, "metric '%s' has no better and no worse",
			      row->key);
	for (size_t i = 0; i < job->nr_metrics; i++)
		if (job->metrics[i] == metric)
			return MB_EXIT_OK;
	job->metrics[job->nr_metrics++] = metric;
	return MB_EXIT_OK;
}

static int read_metrics(struct job *job)
{
	char *list = strdup(job->cli->opts.metric), *rest = list, *key;
	int status = MB_EXIT_OK;

	job->metrics = calloc(mb_metrics.count, sizeof(*job->metrics));
	if (!list || !job->metrics)
		status = mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	while (!status && (key = strsep(&rest, ",")))
		status = add_metric(job, key);
	free(list);
	return status;
}

static int read_options(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_err err = {0};
	int r = opts->filter ? mb_filter_new(opts->filter, &err, &job->filter) : 0;

	if (r)
		return mb_say_err(job->cli, r == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE,
				  "option '--filter'", &err);
	return opts->metric ? read_metrics(job) : MB_EXIT_OK;
}

/* --- files --- */

/* FILE, FILE,FILE or patterns: all of them are process runs of one side. A file whose name has a comma is meant as it is. */
static int read_side(struct job *job, struct mb_inputs *side, const char *arg)
{
	char *list, *rest, *path;
	int status = MB_EXIT_OK;

	if (!strchr(arg, ',') || !access(arg, F_OK))
		return mb_inputs_read(job->cli, arg, &job->standard, side);
	list = rest = strdup(arg);
	if (!list)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	while ((path = strsep(&rest, ","))) {
		int own = *path ? mb_inputs_read(job->cli, path, &job->standard, side) : MB_EXIT_OK;

		status = status ? status : own;
	}
	free(list);
	if (!status && !side->count)
		status = mb_say(job->cli, MB_EXIT_USAGE, "'%.60s' names no file", arg);
	return status;
}

/* Every input that cannot be read gets its line before the command ends. */
static int read_all(struct job *job)
{
	int status = MB_EXIT_OK;

	job->nr_sides = (size_t)job->cli->nr_args;
	job->sides = calloc(job->nr_sides, sizeof(*job->sides));
	if (!job->sides)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	for (size_t i = 0; i < job->nr_sides; i++) {
		int own = read_side(job, &job->sides[i], job->cli->args[i]);

		status = status ? status : own;
	}
	return status;
}

/* --- comparing --- */

static bool wanted(const void *arg, const char *name)
{
	return mb_filter_name(arg, name);
}

static int judge(struct job *job, const struct mb_output *output)
{
	struct mb_join_options options = {
		.metrics = job->metrics,
		.nr_metrics = job->nr_metrics,
		.threshold = mb_verdict_threshold(&job->cli->opts),
		.wanted = job->filter ? wanted : NULL,
		.arg = job->filter,
	};
	struct mb_comparison *comparison = mb_comparison_new("compare");
	struct mb_join_side *sides = calloc(job->nr_sides, sizeof(*sides));
	struct mb_noise_known noise = {0};
	int status;

	if (!comparison || !sides) {
		status = mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < job->nr_sides; i++)
		sides[i] = (struct mb_join_side){
			job->cli->args[i], (const struct mb_result *const *)job->sides[i].results,
			job->sides[i].count};
	mb_noise_known_read(&job->cli->opts, sides[0].results[0], 0, comparison, &noise);
	options.spread = mb_noise_known_spread(&noise);
	mb_join_sides(comparison, sides, job->nr_sides, &options);
	mb_noise_known_note_rows(&noise, comparison);
	status = mb_verdict_show(job->cli, output, comparison);
out:
	mb_noise_known_fini(&noise);
	mb_comparison_free(comparison);
	free(sides);
	return status;
}

static int compare(struct job *job)
{
	struct mb_output output;
	int status;

	if (job->cli->nr_args < 2)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "two results are needed: memboot compare BASE NEW...");
	status = mb_verdict_open(job->cli, &output);
	if (!status)
		status = read_options(job);
	if (!status)
		status = read_all(job);
	return status ? status : judge(job, &output);
}

int mb_cmd_compare_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli};
	int status = compare(&job);

	for (size_t i = 0; job.sides && i < job.nr_sides; i++)
		mb_inputs_fini(&job.sides[i]);
	free(job.sides);
	free(job.metrics);
	mb_filter_free(job.filter);
	return status;
}
