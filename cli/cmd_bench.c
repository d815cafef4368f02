/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "benches/paced.h"
#include "benches/runner.h"
#include "benches/runner_flags.h"
#include "cli/answers.h"
#include "cli/bench_opt.h"
#include "cli/compare_variant.h"
#include "cli/counters_opt.h"
#include "cli/counters_result.h"
#include "cli/counters_table.h"
#include "cli/figure.h"
#include "cli/host_noise.h"
#include "cli/machine_table.h"
#include "cli/noise_line.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/interrupt.h"
#include "core/base/align.h"
#include "numa/clock.h"
#include "numa/topo.h"
#include "numa/virt.h"

/*
 * `memboot bench`: hands the options to the runner, collects what it reports, shows it as one
 * table.
 */
struct job {
	struct mb_cli *cli;
	struct mb_term term;
	struct mb_output output;
	struct mb_runner_options options;
	const char **flags; /* of the options, owned */
	struct mb_topo *topo;
	struct mb_interrupt interrupt;
	struct mb_counters *counters; /* NULL: none were asked for */
	struct mb_result *result;
	struct mb_table *table;
	struct mb_runner_totals totals;
	struct mb_strbuf no_rates; /* why the table has none */
	struct mb_strbuf limits;   /* what rows were held against, a line each */
	struct mb_question_outcomes outcomes;
	size_t passes; /* that came to an end, of the row that has most */

	pthread_mutex_t lock; /* for the progress line: what follows */
	char name[64];
	unsigned done, total;       /* repetitions of all rows */
	uint64_t start_ns, done_ns; /* of the run; since when so many are done */
};

#define QUESTION_REPETITIONS 6 /* the fewest with an interval of their median */

/* On an emulated CPU there are no rates; the result says why in their place. */
static void look_at_cpu(struct job *job)
{
	const struct mb_sysroot live = {.path = "/"};
	struct mb_virt virt;

	mb_virt_detect(&live, &virt);
	job->options.no_rates = mb_host_noise_no_rates(&virt, &job->no_rates);
	for (size_t i = 0; job->options.no_rates && i < 2; i++)
		mb_result_add_fact(job->result, i ? "limit_percent" : "bytes_per_second", NULL,
				   mb_strbuf_text(&job->no_rates));
}

/* What --quick and --full stand for: flags of Google Benchmark, so that the user's, which follow, win. */
static const struct preset {
	const char *flags[3];
	unsigned rounds; /* of rows that have a fixed number of them; 0: theirs */
} quick_preset = {{"--benchmark_min_time=0.01"}, 2},
  full_preset = {{"--benchmark_repetitions=15", "--benchmark_min_time=0.1",
		  "--benchmark_enable_random_interleaving=true"},
		 0},
  noise_preset = {{"--benchmark_min_time=0.01"}, 2};

#define NOISE_PASSES (2 * MB_STATS_BAND_PAIRS)

static int set_flags(struct job *job)
{
	static const struct preset none;
	const struct mb_opts *opts = &job->cli->opts;
	const struct preset *preset = opts->quick   ? &quick_preset
				      : opts->full  ? &full_preset
				      : opts->noise ? &noise_preset
						    : &none;
	size_t nr_passed = (size_t)job->cli->nr_passed, count = 0;

	job->flags = calloc(MB_ARRAY_SIZE(preset->flags) + nr_passed, sizeof(*job->flags));
	if (!job->flags)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	while (count < MB_ARRAY_SIZE(preset->flags) && preset->flags[count]) {
		job->flags[count] = preset->flags[count];
		count++;
	}
	for (size_t i = 0; i < nr_passed; i++)
		job->flags[count++] = job->cli->passed[i];
	job->options.flags = job->flags;
	job->options.nr_flags = count;
	job->options.rounds = preset->rounds;
	job->options.full = opts->full;
	if (opts->noise)
		job->options.passes =
			opts->repetitions ? (unsigned)opts->repetitions : NOISE_PASSES;
	return MB_EXIT_OK;
}

/* A question is answered from boots that took turns, unless somebody says how often. */
static void take_turns(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;

	if (opts->quick || opts->full || opts->noise || opts->repetitions || job->cli->nr_passed ||
	    !job->options.filter || !mb_answers_asked(&job->options))
		return;
	job->options.repetitions = QUESTION_REPETITIONS;
	job->options.interleave = true;
}

static int collect(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_err err = {0};
	int status = 0;

	if (job->cli->nr_args && opts->filter)
		status = mb_say(job->cli, MB_EXIT_USAGE,
				"REGEX and '--filter' say the same; give one");
	if (!status)
		status = mb_output_open(job->cli, &job->output);
	if (status)
		return status;
	job->term = mb_term_open(opts);
	job->options = (struct mb_runner_options){
		.filter = job->cli->nr_args ? job->cli->args[0] : opts->filter,
		.repetitions = (unsigned)opts->repetitions,
		.min_time_s = opts->min_time,
		.interleave = opts->interleave,
		.cancel = &job->interrupt.cancel,
		.program = "memboot",
	};
	status = set_flags(job);
	if (!status)
		status = mb_bench_opt_check(job->cli, &job->options, &job->output);
	if (status)
		return status;
	if (mb_runner_flags_display(&job->options))
		job->output.tables = false;
	if (mb_topo_new(&err, &job->topo))
		return mb_say_err(job->cli, MB_EXIT_UNFIT, "this host's topology", &err);
	job->options.topo = job->topo;
	take_turns(job);
	return mb_bench_opt_check_format(job->cli, &job->options, &job->output);
}

/* As long for each of the others as for those that are done; 0: not known. */
static double seconds_left(const struct job *job)
{
	double ns = (double)(job->done_ns - job->start_ns);

	if (!job->done || !job->total)
		return 0;
	ns = ns / job->done * (job->total - job->done) - (double)(mb_clock_now_ns() - job->done_ns);
	return fmax(ns * 1e-9, 0);
}

static void view_progress(void *arg, struct mb_progress_view *ret_view)
{
	struct job *job = arg;

	pthread_mutex_lock(&job->lock);
	snprintf(ret_view->label, sizeof(ret_view->label), "%.62s", job->name);
	ret_view->done = job->done;
	ret_view->total = job->total;
	ret_view->left_s = seconds_left(job);
	pthread_mutex_unlock(&job->lock);
}

static void on_progress(const char *name, unsigned done, unsigned total, void *arg)
{
	struct job *job = arg;

	pthread_mutex_lock(&job->lock);
	snprintf(job->name, sizeof(job->name), "%s", name);
	if (done != job->done)
		job->done_ns = mb_clock_now_ns();
	job->done = done;
	job->total = total;
	pthread_mutex_unlock(&job->lock);
}

static void cell_or_dash(struct mb_table *table, bool known, const char *text)
{
	mb_table_cell(table, known ? text : "-");
}

/* Of one operation: from an empty loop's to milliseconds. */
static void cell_ns(const struct job *job, double ns)
{
	if (ns >= 100)
		mb_table_cell(job->table, mb_format_count(ns, job->term.charset).text);
	else if (ns > 0)
		mb_table_cellf(job->table, "%.1f", ns);
	else
		mb_table_cell(job->table, "-");
}

/* A time has a unit; other goals are counters, named. */
static void cell_goal(const struct job *job, const struct mb_runner_result *row)
{
	const char *verdict = row->goal_met ? "met" : "missed";
	double value = row->goal_value, most = row->row->goal_max;

	if (strcmp(row->row->goal, "ns") == 0)
		mb_table_cellf(job->table, "%s, goal %s %s",
			       mb_format_time(value, job->term.charset).text,
			       mb_format_time(most, job->term.charset).text, verdict);
	else
		mb_table_cellf(job->table, "%s %.3g, goal %.3g %s", row->row->goal, value, most,
			       verdict);
	mb_table_style_cell(job->table, row->goal_met ? MB_TABLE_GREEN : MB_TABLE_YELLOW);
}

/* "growth_max 1.23 ms": a time loses the unit of its name. */
static void add_counter(const struct job *job, const struct mb_bench_counter *counter,
			struct mb_strbuf *text)
{
	size_t length = strlen(counter->name);
	bool is_time = length > 3 && !strcmp(counter->name + length - 3, "_ns");

	mb_strbuf_addf(text, "%s%.*s %s", text->length ? ", " : "",
		       (int)(is_time ? length - 3 : length), counter->name,
		       is_time ? mb_format_time(counter->value, job->term.charset).text
			       : mb_format_count(counter->value, job->term.charset).text);
}

/* What the row counted, by name. */
static void cell_counters(const struct job *job, const struct mb_runner_result *row)
{
	struct mb_strbuf text = {0};

	for (size_t i = 0; i < row->nr_counters; i++)
		add_counter(job, &row->counters[i], &text);
	mb_table_cell(job->table, text.data ? text.data : "");
	mb_strbuf_fini(&text);
}

/* A goal, and whether it was met; or what was counted; or why there are no figures. */
static void cell_note(const struct job *job, const struct mb_runner_result *row)
{
	struct mb_table *table = job->table;

	cell_or_dash(table, !isnan(row->bands.time), mb_format_percent(100 * row->bands.time).text);
	mb_table_cell(table, row->bands.unsteady ? "unsteady" : "");
	mb_table_style_cell(table, MB_TABLE_YELLOW);
	if (row->status != MB_RUNNER_OK) {
		mb_table_cellf(table, "%s: %s", mb_runner_status_name(row->status), row->reason);
		mb_table_style_cell(table,
				    row->status == MB_RUNNER_ERROR ? MB_TABLE_RED : MB_TABLE_DIM);
	} else if (row->has_goal) {
		cell_goal(job, row);
	} else {
		cell_counters(job, row);
	}
	mb_table_end_row(table);
}

/* What events counted, as far as there is a column for it; the table of counters has the rest. */
static void cell_counts(const struct job *job, const struct mb_run *run)
{
	static const int metrics[] = {MB_METRIC_IPC, MB_METRIC_INSTRUCTIONS_PER_PAGE,
				      MB_METRIC_INSTRUCTIONS_PER_OPERATION, MB_METRIC_PAGE_FAULTS};
	struct mb_strbuf error = {0};

	for (size_t i = 0; i < MB_ARRAY_SIZE(metrics); i++) {
		double number = run ? mb_figure_of(job->result, run, metrics[i], &error) : NAN;

		if (metrics[i] == MB_METRIC_IPC && !isnan(number))
			mb_table_cellf(job->table, "%.2f", number);
		else
			mb_table_cell(job->table, mb_counters_table_number(number).text);
	}
	mb_strbuf_fini(&error);
}

/* Each limit once, below the table. */
static void note_limit(struct job *job, const struct mb_runner_result *row)
{
	unsigned threads = mb_max(row->threads, 1);
	char text[256], place[32] = "";

	if (!row->limit)
		return;
	if (row->nid)
		snprintf(place, sizeof(place), ", memory of node %d", row->nid);
	snprintf(text, sizeof(text), "  limit, %s, %u thread%s%s: %s, in turns with each row\n",
		 mb_benches_temperature_name(row->row->temperature), threads,
		 threads == 1 ? "" : "s", place, row->limit);
	if (!job->limits.data || !strstr(job->limits.data, text))
		mb_strbuf_add(&job->limits, text);
}

static int on_result(const struct mb_runner_result *row, void *arg)
{
	struct job *job = arg;
	bool ok = row->status == MB_RUNNER_OK;
	const struct mb_run *run = mb_runner_add_run(job->result, row);
	char text[32];

	job->passes = mb_max(job->passes, row->nr_reps);
	mb_question_note(&job->outcomes, row);
	mb_table_cell(job->table, row->name);
	cell_or_dash(job->table, ok, mb_format_time(row->time_ns.median, job->term.charset).text);
	cell_or_dash(job->table, ok && row->time_ns.count > 1 && job->options.repetitions != 1,
		     mb_format_percent(100 * row->spread).text);
	snprintf(text, sizeof(text), "%.2f", row->ns_per_page);
	cell_or_dash(job->table, ok && row->ns_per_page > 0, text);
	cell_ns(job, ok ? row->ns_per_op : 0);
	cell_or_dash(job->table, ok && row->bytes_per_s > 0, mb_format_rate(row->bytes_per_s).text);
	cell_or_dash(job->table, row->limit_percent > 0,
		     mb_format_percent(row->limit_percent).text);
	cell_counts(job, run);
	note_limit(job, row);
	cell_note(job, row);
	return 0;
}

static int run(struct job *job, struct mb_err *err)
{
	static const struct mb_table_column columns[] = {
		{"bench", MB_TABLE_LEFT},
		{"time", MB_TABLE_RIGHT},
		{"spread", MB_TABLE_RIGHT},
		{"ns/page", MB_TABLE_RIGHT},
		{"ns/op", MB_TABLE_RIGHT},
		{"rate", MB_TABLE_RIGHT},
		{"of limit", MB_TABLE_RIGHT},
		{"IPC", MB_TABLE_RIGHT},
		{"instr/page", MB_TABLE_RIGHT},
		{"instr/op", MB_TABLE_RIGHT},
		{"faults", MB_TABLE_RIGHT},
		{"band", MB_TABLE_RIGHT},
		{"", MB_TABLE_LEFT},
		{"", MB_TABLE_LEFT},
	};
	const struct mb_runner_hooks hooks = {on_result, on_progress, job};
	struct mb_progress *progress =
		mb_progress_new(job->output.tables && !job->cli->opts.no_progress);
	int r;

	job->table = mb_table_new(columns, sizeof(columns) / sizeof(columns[0]));
	job->start_ns = mb_clock_now_ns();
	mb_progress_watch(progress, view_progress, job);
	r = mb_runner_run(&job->options, &hooks, err, &job->totals);
	mb_progress_free(progress);
	return r;
}

static int show(struct job *job)
{
	struct mb_strbuf text = {0};

	if (!job->output.tables)
		return MB_EXIT_OK;
	mb_machine_table_heading(&text, &job->term, "Benches");
	mb_table_drop_empty(job->table);
	if (!job->table || mb_table_render(job->table, &job->term.table, &text))
		text.error = -ENOMEM;
	if (job->options.no_rates)
		mb_strbuf_addf(&text, "  no rates: %s\n", mb_strbuf_text(&job->no_rates));
	mb_strbuf_add(&text, mb_strbuf_text(&job->limits));
	mb_noise_line_add(&text, &job->totals.noise);
	if (job->cli->opts.noise && !job->totals.noise.rows)
		mb_noise_line_add_missing(&text, job->passes);
	mb_noise_line_add_overhead(&text, &job->totals, job->term.charset);
	if (job->totals.goals)
		mb_strbuf_addf(&text, "\n%u of %u goals met\n", job->totals.goals_met,
			       job->totals.goals);
	mb_answers_add(&text, &job->term, &job->outcomes);
	mb_counters_table_add(&text, &job->term, job->result, job->cli->opts.verbose);
	mb_host_noise_add_line(&text, job->result);
	return mb_term_write(job->cli, &text);
}

/* What the runner's return says about the whole. */
static int say_end(const struct job *job, int r, const struct mb_err *err)
{
	const char *pattern = job->options.filter;

	switch (r) {
	case 0:
		if (!job->totals.errors)
			return MB_EXIT_OK;
		return mb_say(job->cli, MB_EXIT_NO, "%u bench%s failed", job->totals.errors,
			      job->totals.errors == 1 ? "" : "es");
	case -ECANCELED:
		return mb_say(job->cli, MB_EXIT_SIGNAL, "interrupted; what ended is shown");
	case -ENOENT:
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "%s%s%.80s%s; 'memboot bench --list' has their names", err->text,
			      pattern ? " '" : "", pattern ? pattern : "", pattern ? "'" : "");
	case -EINVAL:
	case -ENOTSUP: return mb_say_err(job->cli, MB_EXIT_USAGE, NULL, err);
	default: return mb_say_err(job->cli, MB_EXIT_UNFIT, NULL, err);
	}
}

static int add_name(const char *name, const struct mb_bench *row, void *arg)
{
	mb_strbuf_addf(arg, "%s\n", name);
	return 0;
}

/* --list, --benchmark_list_tests: the names, as the library would print them. */
static int list(const struct job *job)
{
	struct mb_strbuf text = {0};
	struct mb_err err = {0};
	int r = mb_runner_list(&job->options, add_name, &text, &err);

	if (!r)
		return mb_term_write(job->cli, &text);
	mb_strbuf_fini(&text);
	return say_end(job, r, &err);
}

/* --paced: words on standard input and output, and nobody to show a table to. */
static int serve(struct job *job)
{
	struct mb_err err = {0};
	int r;

	/* Whoever paces it may be killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	job->options.arena_bytes = job->cli->opts.paced;
	r = mb_paced_serve(&job->options, stdin, stdout, &err);
	return r == -EIO ? mb_say_err(job->cli, MB_EXIT_USAGE, NULL, &err) : say_end(job, r, &err);
}

/* A failure before the first bench leaves nothing to write or to show. */
static int finish(struct job *job, int r, const struct mb_err *run_err)
{
	int status, saved, shown;

	if (r && r != -ECANCELED)
		return say_end(job, r, run_err);
	if (r)
		mb_result_set_status(job->result, MB_RESULT_PARTIAL, "interrupted");
	mb_answers_add_facts(job->result, &job->outcomes);
	saved = mb_output_save(job->cli, &job->output, job->result);
	shown = show(job);
	status = say_end(job, r, run_err);
	if (!status)
		status = mb_counters_opt_check(job->cli, job->result);
	return status ? status : saved ? saved : shown;
}

/* Everything after the options are understood. */
static int measure(struct job *job)
{
	struct mb_err err = {0};
	int status = mb_counters_opt_open(job->cli, &job->counters), r;

	job->options.counters = job->counters;
	if (!status)
		status = mb_output_begin(job->cli, job->topo, &job->result);
	if (!status)
		status = mb_interrupt_begin(job->cli, &job->interrupt);
	if (status)
		return status;
	look_at_cpu(job);
	if (job->counters)
		mb_counters_result_begin(job->result, job->counters);
	r = run(job, &err);
	return finish(job, r, &err);
}

int mb_cmd_bench_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli,
			  .interrupt = {.signal_fd = -1, .stop_fd = -1},
			  .lock = PTHREAD_MUTEX_INITIALIZER};
	int status;

	if (cli->opts.compare_variant)
		return mb_compare_variant_run(cli);
	status = collect(&job);
	if (!status && cli->opts.paced)
		status = serve(&job);
	else if (!status)
		status = cli->opts.list || mb_runner_flags_list(&job.options) ? list(&job)
									      : measure(&job);
	mb_strbuf_fini(&job.no_rates);
	mb_strbuf_fini(&job.limits);
	mb_question_fini(&job.outcomes);
	mb_table_free(job.table);
	mb_result_free(job.result);
	mb_counters_free(job.counters);
	mb_interrupt_stop(&job.interrupt);
	mb_topo_free(job.topo);
	free(job.flags);
	return status;
}
