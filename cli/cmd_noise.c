/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/gate_run.h"
#include "cli/host_facts.h"
#include "cli/interrupt.h"
#include "cli/machine_table.h"
#include "cli/noise_store.h"
#include "cli/say.h"
#include "cli/term.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/topo.h"
#include "reports/format.h"
#include "reports/save.h"
#include "reports/stats.h"
#include "reports/table.h"

/* `memboot noise`: gates of this program against itself, and what they miss 1 by. */
#define DEFAULT_BUDGET_S 240
#define DEFAULT_GATES    20
#define MIN_GATES        5 /* of a size, for it to be stored */
#define SHOWN_FACTS      3 /* host, kernel and arena: settings are named where they differ */
#define SELF             "/proc/self/exe"

/* Sizes of gates that are stored; a gate of many pairs is also one of fewer, its first. */
static const size_t sizes[] = {8, 12, 16, 24, 32, 48, 64, 96, 128};

/* Shifts of one row, by size. */
struct shifts {
	char *name;
	double *values[MB_ARRAY_SIZE(sizes)]; /* as many as gates are wanted */
	size_t counts[MB_ARRAY_SIZE(sizes)];
};

struct job {
	struct mb_cli *cli;
	struct mb_interrupt interrupt;
	struct mb_gate_run run;
	char *filter, *path, *program;
	uint64_t arena_bytes;
	struct mb_topo *topo;
	struct mb_result *host;
	struct mb_spread now;    /* facts of this host as it is */
	struct mb_spread spread; /* what is stored, then what will be */
	struct shifts *rows;
	size_t nr_rows;
	size_t gates, gate; /* wanted, under way */
};

/* --- shifts --- */

static int begin_rows(struct job *job)
{
	const struct mb_gate_plan *plan = &job->run.plan;

	job->rows = calloc(plan->nr_rows + 1, sizeof(*job->rows));
	if (!job->rows)
		return -ENOMEM;
	for (; job->nr_rows < plan->nr_rows; job->nr_rows++) {
		struct shifts *row = &job->rows[job->nr_rows];

		row->name = strdup(plan->rows[job->nr_rows].name);
		for (size_t i = 0; row->name && i < MB_ARRAY_SIZE(sizes); i++) {
			row->values[i] = calloc(job->gates, sizeof(*row->values[i]));
			if (!row->values[i])
				return -ENOMEM;
		}
		if (!row->name)
			return -ENOMEM;
	}
	return 0;
}

/*
 * The gate's first pairs, as far as there are so many, and where their interval is as narrow as that of a gate has to be: how far sure
 * ratios are off is what an interval does not tell.
 */
static int add_gate(struct shifts *row, const struct mb_gate_row *gate)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(sizes) && sizes[i] <= gate->pairs; i++) {
		struct mb_stats_shift ratio;

		if (mb_stats_ratio(gate->values[MB_GATE_BASE], gate->values[MB_GATE_NEW], sizes[i],
				   MB_JUDGE_CONFIDENCE, &ratio))
			return -ENOMEM;
		if (ratio.high / ratio.low - 1 < MB_JUDGE_THRESHOLD)
			row->values[i][row->counts[i]++] = mb_spread_shift(ratio.centre);
	}
	return 0;
}

static int add_gates(struct job *job)
{
	int rc = job->rows ? 0 : begin_rows(job);

	for (size_t i = 0; !rc && i < job->nr_rows; i++)
		rc = add_gate(&job->rows[i], &job->run.plan.rows[i]);
	return rc;
}

static int add_spread(struct job *job, const struct shifts *row)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < MB_ARRAY_SIZE(sizes); i++)
		if (row->counts[i] >= MIN_GATES)
			rc = mb_spread_add(&job->spread, row->name, sizes[i], row->values[i],
					   row->counts[i]);
	return rc;
}

/* --- showing --- */

static void add_facts(const struct job *job, struct mb_strbuf *text)
{
	mb_strbuf_addf(text, "  measured %s, stored in %s\n",
		       job->spread.made_utc ? job->spread.made_utc : "some time ago", job->path);
	for (size_t i = 0; i < job->spread.facts.count && i < SHOWN_FACTS; i++) {
		const struct mb_condition *fact = &job->spread.facts.rows[i];

		if (fact->value)
			mb_strbuf_addf(text, "  %s: %s\n", fact->name, fact->value);
	}
}

static struct mb_table *make_table(const struct mb_spread *spread)
{
	static const struct mb_table_column columns[] = {
		{"bench", MB_TABLE_LEFT},    {"pairs", MB_TABLE_RIGHT}, {"gates", MB_TABLE_RIGHT},
		{"largest", MB_TABLE_RIGHT}, {"noise", MB_TABLE_RIGHT},
	};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));

	for (size_t i = 0; i < spread->nr_rows; i++) {
		const struct mb_spread_row *row = &spread->rows[i];
		bool same = i && !strcmp(row->name, spread->rows[i - 1].name);

		mb_table_cell(table, same ? "" : row->name);
		mb_table_cellf(table, "%zu", row->pairs);
		mb_table_cellf(table, "%zu", row->gates);
		mb_table_cell(table, mb_format_percent(100 * row->largest).text);
		mb_table_cell(table,
			      isnan(row->noise) ? "-" : mb_format_percent(100 * row->noise).text);
		mb_table_end_row(table);
	}
	return table;
}

static int show(const struct job *job)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	struct mb_term term = mb_term_open(&job->cli->opts);
	struct mb_strbuf text = {0};
	struct mb_table *table;
	bool outdated = mb_conditions_outdated(&job->spread.facts, &job->now.facts, &why);
	int status;

	if (job->cli->opts.quiet)
		return outdated ? MB_EXIT_NO : MB_EXIT_OK;
	table = make_table(&job->spread);
	mb_machine_table_heading(&text, &term, "Noise of gates on this host");
	add_facts(job, &text);
	mb_strbuf_add(&text, "\n");
	if (!table || mb_table_render(table, &term.table, &text))
		text.error = -ENOMEM;
	mb_strbuf_add(
		&text,
		"\n  noise: a gate of so many pairs misses by less in 99 of 100 cases (a bound, from the gates that came to a sure ratio)\n");
	if (outdated)
		mb_strbuf_addf(&text, "\nout of date: %s; measure it anew\n", mb_strbuf_text(&why));
	mb_table_free(table);
	status = mb_term_write(job->cli, &text);
	return status ? status : outdated ? MB_EXIT_NO : MB_EXIT_OK;
}

/* --- the store --- */

static int say_store(const struct job *job, const char *what, const struct mb_err *err)
{
	char text[256];

	snprintf(text, sizeof(text), "%s '%.160s'", what, job->path);
	return mb_say_err(job->cli, MB_EXIT_USAGE, text, err);
}

static int show_stored(struct job *job)
{
	struct mb_err err = {0};
	int rc = mb_noise_store_read(job->path, &err, &job->spread);

	if (rc == -ENOENT)
		return mb_say(
			job->cli, MB_EXIT_USAGE,
			"no noise is stored in '%.160s'; 'memboot noise -- bench REGEX' measures it",
			job->path);
	return rc ? say_store(job, "cannot read", &err) : show(job);
}

/* What is stored of other rows stays, as long as this is the same host. */
static int keep_stored(struct job *job)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	struct mb_err err = {0};
	int rc = mb_noise_store_read(job->path, &err, &job->spread);

	if (rc && rc != -ENOENT)
		return say_store(job, "cannot read", &err);
	if (!rc && mb_conditions_outdated(&job->spread.facts, &job->now.facts, &why))
		mb_spread_fini(&job->spread);
	return MB_EXIT_OK;
}

static int store(struct job *job)
{
	struct mb_err err = {0};
	int rc = mb_spread_set_host(&job->spread, job->host, job->arena_bytes);

	if (!rc)
		rc = mb_spread_set_made(&job->spread, mb_format_utc(time(NULL)).text);
	for (size_t i = 0; !rc && i < job->nr_rows; i++)
		rc = add_spread(job, &job->rows[i]);
	if (rc)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	if (mb_noise_store_write(job->path, &job->spread, &err))
		return say_store(job, "cannot write", &err);
	return show(job);
}

/* --- measuring --- */

static void view(void *arg, struct mb_progress_view *ret_view)
{
	struct job *job = arg;
	struct mb_progress_view one = {0};
	double budget_s = job->run.plan.options.budget_s;

	mb_gate_run_view(&job->run, &one);
	*ret_view = one;
	ret_view->total = one.total * job->gates;
	ret_view->done = one.done + one.total * job->gate;
	ret_view->left_s = one.left_s + budget_s * (double)(job->gates - job->gate - 1);
}

static int run_gate(struct job *job, struct mb_err *err)
{
	const char *const programs[] = {job->program, job->program};
	const struct mb_opts *opts = &job->cli->opts;
	int rc;

	mb_gate_run_begin(&job->run, programs, job->filter, job->arena_bytes,
			  &job->interrupt.cancel);
	job->run.plan.options.budget_s =
		(opts->budget > 0 ? opts->budget : DEFAULT_BUDGET_S) / (double)job->gates;
	job->run.plan.options.max_pairs = sizes[MB_ARRAY_SIZE(sizes) - 1];
	job->run.plan.options.settle = false;
	rc = mb_gate_run(&job->run, err);
	return rc ? rc : add_gates(job);
}

static int measure(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	int status = mb_interrupt_begin(job->cli, &job->interrupt), rc = 0;
	struct mb_err err = {0};

	for (job->gate = 0; !status && !rc && job->gate < job->gates; job->gate++) {
		struct mb_progress *progress = mb_progress_new(!opts->quiet && !opts->no_progress);

		mb_progress_watch(progress, view, job);
		rc = run_gate(job, &err);
		mb_progress_free(progress);
		if (rc)
			status = mb_gate_run_say(job->cli, &job->run, rc, &err);
		mb_gate_run_fini(&job->run);
		job->run = (struct mb_gate_run){0};
	}
	return status;
}

/* Nothing to store is no noise of 0. */
static int check_rows(const struct job *job)
{
	for (size_t i = 0; i < job->nr_rows; i++)
		for (size_t k = 0; k < MB_ARRAY_SIZE(sizes); k++)
			if (job->rows[i].counts[k] >= MIN_GATES)
				return MB_EXIT_OK;
	return mb_say(
		job->cli, MB_EXIT_PART,
		"fewer than %d of the %zu gates came to a sure ratio of any bench; give more --budget or fewer benches, or wait for a "
		"quieter host ('memboot doctor')",
		MIN_GATES, job->gates);
}

static int begin(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_err err = {0};

	job->gates = opts->gates ? opts->gates : DEFAULT_GATES;
	job->arena_bytes = mb_gate_run_arena(job->cli);
	job->path = mb_noise_store_path(opts);
	if (!job->path)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "nowhere to store it: HOME is not set; give --store FILE");
	if (mb_topo_new(&err, &job->topo))
		return mb_say_err(job->cli, MB_EXIT_UNFIT, "this host's topology", &err);
	job->program = realpath(SELF, NULL);
	job->host = mb_result_new(NULL);
	if (!job->host || !job->program)
		return mb_say(job->cli, MB_EXIT_UNFIT,
			      job->host ? "cannot find this program in " SELF : "out of memory");
	mb_host_facts_add(job->host, job->topo);
	if (mb_spread_set_host(&job->now, job->host, job->arena_bytes))
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	return MB_EXIT_OK;
}

static void fini(struct job *job)
{
	for (size_t i = 0; i < job->nr_rows; i++) {
		for (size_t k = 0; k < MB_ARRAY_SIZE(sizes); k++)
			free(job->rows[i].values[k]);
		free(job->rows[i].name);
	}
	free(job->rows);
	mb_interrupt_stop(&job->interrupt);
	mb_spread_fini(&job->spread);
	mb_spread_fini(&job->now);
	mb_result_free(job->host);
	mb_topo_free(job->topo);
	free(job->filter);
	free(job->path);
	free(job->program);
}

/* The gates, and what is stored of them. */
static int measure_anew(struct job *job)
{
	int status = keep_stored(job);

	if (!status)
		status = measure(job);
	if (!status)
		status = check_rows(job);
	return status ? status : store(job);
}

static int check_usage(struct job *job)
{
	const struct mb_cli *cli = job->cli;

	if (!cli->opts.show)
		return mb_gate_run_filter(cli, &job->filter);
	if (cli->nr_args)
		return mb_say(cli, MB_EXIT_USAGE,
			      "'--show' measures nothing; leave the benches out");
	return MB_EXIT_OK;
}

int mb_cmd_noise_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli, .interrupt = {.signal_fd = -1, .stop_fd = -1}};
	int status = check_usage(&job);

	if (!status)
		status = begin(&job);
	if (!status)
		status = cli->opts.show ? show_stored(&job) : measure_anew(&job);
	fini(&job);
	return status;
}
