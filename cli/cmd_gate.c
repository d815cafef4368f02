/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/gate_history.h"
#include "cli/gate_host.h"
#include "cli/gate_run.h"
#include "cli/host_facts.h"
#include "cli/host_noise.h"
#include "cli/interrupt.h"
#include "cli/label_opt.h"
#include "cli/noise_known.h"
#include "cli/overwrite.h"
#include "cli/say.h"
#include "cli/verdict.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/sysstate.h"
#include "numa/topo.h"
#include "reports/comparison.h"
#include "reports/host_class.h"

/* `memboot gate`: two programs take turns on one host, or one is run as those of a history were, and they are judged. */
struct job {
	struct mb_cli *cli;
	struct mb_output output;
	struct mb_interrupt interrupt;
	struct mb_gate_run run;
	char *filter;
	uint64_t arena_bytes;
	struct mb_topo *topo;
	struct mb_result *host; /* its facts, knobs and noise at the begin */
	struct mb_noise_known noise;
	struct mb_sysstate_ticks ticks; /* at the begin */
	struct mb_comparison *comparison;
	const char *history_path; /* without --base; else NULL */
	struct mb_history *history;
	struct mb_strbuf host_class;
	struct mb_facts labels; /* of the history's results that count */
	struct mb_gate_history process_runs;
};

#define DEFAULT_BUDGET_S 60

/* --- before --- */

static int say_history(const struct job *job, const struct mb_err *err)
{
	char what[192];

	snprintf(what, sizeof(what), "the history '%.120s'", job->history_path);
	return mb_say_err(job->cli, MB_EXIT_USAGE, what, err);
}

static int open_history(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_err err = {0};

	job->history_path = opts->history ? opts->history : getenv("MEMBOOT_HISTORY");
	if (!job->history_path || !*job->history_path)
		return mb_say(
			job->cli, MB_EXIT_USAGE,
			"needs --base: the program that --new is held against; or a history: --history FILE, or the variable "
			"MEMBOOT_HISTORY");
	if (opts->arena)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "'--arena' needs --base: what a history has was measured with the "
			      "benches' own");
	if (mb_overwrite_check(job->cli, job->history_path))
		return MB_EXIT_USAGE;
	if (mb_history_open(job->history_path, MB_HISTORY_READ, &err, &job->history))
		return say_history(job, &err);
	return MB_EXIT_OK;
}

static int check_options(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;

	if (!opts->new_)
		return mb_say(
			job->cli, MB_EXIT_USAGE,
			"needs --new: the program that is judged, such as --new build/cli/memboot");
	if (!opts->base)
		return open_history(job);
	if (opts->labels.count)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "'--label' chooses results of a history, and --base needs none");
	return MB_EXIT_OK;
}

static int look_at_host(struct job *job)
{
	const struct mb_sysroot root = {.path = "/"};
	struct mb_err err = {0};

	if (mb_topo_new(&err, &job->topo))
		return mb_say_err(job->cli, MB_EXIT_UNFIT, "this host's topology", &err);
	job->host = mb_result_new(NULL);
	if (!job->host)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	mb_host_facts_add(job->host, job->topo);
	mb_host_noise_add_now(job->host);
	mb_sysstate_read_ticks(&root, &job->ticks);
	if (mb_result_error(job->host) || mb_host_class(job->host, &job->host_class))
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	return MB_EXIT_OK;
}

/* --- after --- */

/* The figure that stands for a round: per page or operation where there are any. */
static const struct mb_metric *metric_of(const struct mb_gate_row *row, double *ret_divisor)
{
	const struct mb_gate_work *work = &row->work[MB_GATE_NEW];
	int metric = work->pages ? MB_METRIC_NS_PER_PAGE
		     : work->ops ? MB_METRIC_NS_PER_OPERATION
				 : MB_METRIC_WALL_NS;

	*ret_divisor = work->pages ? (double)work->pages : work->ops ? (double)work->ops : 1;
	return &mb_metrics.rows[metric];
}

static int judge_pairs(struct job *job, struct mb_gate_row *from, double divisor,
		       struct mb_comparison_row *row)
{
	int rc = mb_gate_plan_judge(&job->run.plan, from, &row->finding);

	for (int side = 0; side < MB_GATE_NR_SIDES; side++)
		for (size_t i = 0; i < from->pairs; i++)
			from->values[side][i] /= divisor;
	mb_comparison_set_samples(job->comparison, row, from->values[MB_GATE_BASE], from->pairs,
				  from->values[MB_GATE_NEW], from->pairs);
	return rc;
}

static int add_row(struct job *job, struct mb_gate_row *from)
{
	double divisor;
	const struct mb_metric *metric = metric_of(from, &divisor);
	struct mb_comparison_row *row =
		mb_comparison_add_row(job->comparison, 1, from->name, metric);

	return row ? judge_pairs(job, from, divisor, row) : -ENOMEM;
}

static int add_alone(struct job *job, enum mb_gate_side side)
{
	for (size_t i = 0; i < job->run.nr_alone[side]; i++) {
		struct mb_comparison_row *row =
			mb_comparison_add_row(job->comparison, 1, job->run.alone[side][i],
					      &mb_metrics.rows[MB_METRIC_WALL_NS]);

		if (!row)
			return -ENOMEM;
		mb_judge_refuse(&row->finding, "%s has no such row",
				side == MB_GATE_BASE ? "new" : "base");
	}
	return 0;
}

static void judge_host(struct job *job)
{
	const struct mb_sysroot root = {.path = "/"};
	struct mb_sysstate_ticks now = job->ticks;

	mb_sysstate_read_ticks(&root, &now);
	mb_gate_host_judge(job->comparison, &job->host->noise, &job->ticks, &now);
}

/* Facts of the host are both sides'; the compiler is that of this program. */
static void add_sides(struct job *job)
{
	const char *const titles[] = {job->cli->opts.base, job->cli->opts.new_};

	for (int side = 0; side < MB_GATE_NR_SIDES; side++) {
		struct mb_comparison_side *added;

		mb_comparison_add_side(job->comparison, titles[side], job->host, 1);
		if (job->comparison->error)
			return;
		added = &job->comparison->sides[side];
		free(added->compiler);
		added->compiler = NULL;
	}
}

static int judge_turns(struct job *job)
{
	int rc = 0;

	add_sides(job);
	for (size_t i = 0; !rc && i < job->run.plan.nr_rows; i++)
		rc = add_row(job, &job->run.plan.rows[i]);
	for (int side = 0; !rc && side < MB_GATE_NR_SIDES; side++)
		rc = add_alone(job, side);
	return rc ? rc : mb_comparison_finish(job->comparison);
}

static int judge_process_runs(struct job *job)
{
	const char *const titles[] = {job->history_path, job->cli->opts.new_};
	const struct mb_join_options options = {
		.threshold = job->comparison->threshold,
		.spread = mb_noise_known_spread(&job->noise),
		.by_process = true,
		.any_noise = true, /* load is seen in the intervals, and the host is judged here */
	};

	return mb_gate_history_judge(&job->process_runs, job->comparison, titles, &options);
}

static int judge(struct job *job)
{
	judge_host(job);
	if (job->history ? judge_process_runs(job) : judge_turns(job))
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	mb_noise_known_note_rows(&job->noise, job->comparison);
	return mb_verdict_show(job->cli, &job->output, job->comparison);
}

/* --- all of it --- */

static int begin(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	const char *const programs[] = {opts->base, opts->new_};
	struct mb_gate_plan_options *options;

	job->comparison = mb_comparison_new("gate");
	if (!job->comparison)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	job->arena_bytes = mb_gate_run_arena(job->cli);
	mb_gate_run_begin(&job->run, programs, job->filter, job->arena_bytes,
			  &job->interrupt.cancel);
	options = &job->run.plan.options;
	options->budget_s = opts->budget > 0 ? opts->budget : DEFAULT_BUDGET_S;
	options->rule.threshold = job->comparison->threshold = mb_verdict_threshold(opts);
	if (opts->seed)
		options->rule.seed = opts->seed;
	mb_noise_known_read(opts, job->host, job->arena_bytes, job->comparison, &job->noise);
	options->spread = mb_noise_known_spread(&job->noise);
	return MB_EXIT_OK;
}

static int read_history(struct job *job)
{
	const struct mb_history_query query = {.host_class = mb_strbuf_text(&job->host_class),
					       .labels = &job->labels};
	struct mb_err err = {0};

	if (mb_gate_history_read(&job->process_runs, job->history, &query, job->filter, &err))
		return say_history(job, &err);
	return MB_EXIT_OK;
}

/* Process runs of the program that is judged. */
static int run_alone(struct job *job, struct mb_progress *progress, struct mb_err *err)
{
	job->run.plan.side = MB_GATE_NEW;
	mb_progress_watch(progress, mb_gate_history_view, &job->process_runs);
	return mb_gate_history_run(&job->process_runs, &job->run.specs[MB_GATE_NEW],
				   job->run.plan.options.budget_s, err);
}

static int run_turns(struct job *job, struct mb_progress *progress, struct mb_err *err)
{
	mb_progress_watch(progress, mb_gate_run_view, &job->run);
	return mb_gate_run(&job->run, err);
}

static int measure(struct job *job)
{
	struct mb_progress *progress;
	struct mb_err err = {0};
	int rc = mb_interrupt_begin(job->cli, &job->interrupt);

	if (rc)
		return rc;
	progress = mb_progress_new(job->output.tables && !job->cli->opts.no_progress);
	rc = job->history ? run_alone(job, progress, &err) : run_turns(job, progress, &err);
	mb_progress_free(progress);
	if (job->history && rc == -ETIME)
		return mb_say(
			job->cli, MB_EXIT_PART,
			"new did not end a process run within the budget of %g s; give more with "
			"--budget",
			job->run.plan.options.budget_s);
	return rc ? mb_gate_run_say(job->cli, &job->run, rc, &err) : judge(job);
}

static void fini(struct job *job)
{
	mb_gate_run_fini(&job->run);
	mb_gate_history_fini(&job->process_runs);
	mb_history_close(job->history);
	mb_strbuf_fini(&job->host_class);
	mb_label_opt_fini(&job->labels);
	mb_interrupt_stop(&job->interrupt);
	mb_comparison_free(job->comparison);
	mb_noise_known_fini(&job->noise);
	mb_result_free(job->host);
	mb_topo_free(job->topo);
	free(job->filter);
}

int mb_cmd_gate_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli, .interrupt = {.signal_fd = -1, .stop_fd = -1}};
	int status = check_options(&job);

	if (!status)
		status = mb_label_opt_read(cli, &job.labels);
	if (!status)
		status = mb_gate_run_filter(cli, &job.filter);
	if (!status)
		status = mb_verdict_open(cli, &job.output);
	if (!status)
		status = look_at_host(&job);
	if (!status)
		status = begin(&job);
	if (!status && job.history)
		status = read_history(&job);
	if (!status)
		status = measure(&job);
	fini(&job);
	return status;
}
