/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "benches/runner.h"
#include "benches/team.h"
#include "benches/versus.h"
#include "cli/bench_opt.h"
#include "cli/compare_variant.h"
#include "cli/counters_opt.h"
#include "cli/counters_result.h"
#include "cli/counters_table.h"
#include "cli/host_noise.h"
#include "cli/interrupt.h"
#include "cli/machine_table.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "core/base/align.h"
#include "numa/topo.h"

#define MAX_SIZES 2 /* threads 1 and all */

struct job {
	struct mb_cli *cli;
	struct mb_variant pair[2];
	struct mb_bench_env env;
	struct mb_topo *topo;
	struct mb_output output;
	struct mb_interrupt interrupt;
	struct mb_counters *counters; /* NULL: none were asked for */
	struct mb_result *result;
	unsigned pairs;
	unsigned threads[MAX_SIZES];
	struct mb_versus versus[MAX_SIZES];
	size_t nr_sizes, nr_done; /* of threads, of versus */
	struct mb_err err;        /* why the last one did not come to its end */
	int rc;
	atomic_uint done; /* pairs, for the progress line */
};

void mb_compare_variant_list(struct mb_table *table)
{
	struct mb_variant variant;

	for (size_t i = 0; mb_variant_row(i, &variant); i++) {
		mb_table_cell(table, mb_variant_kind_name(variant.kind));
		mb_table_cell(table, variant.name);
		mb_table_cell(table, variant.summary);
	}
}

/* --- which two --- */

static const char *next_variant(const void *arg, size_t index)
{
	struct mb_variant variant;

	(void)arg;
	return mb_variant_row(index, &variant) ? variant.name : NULL;
}

static int say_unknown(const struct mb_cli *cli, const char *name)
{
	const char *near = mb_suggest(name, next_variant, NULL);

	if (near)
		return mb_say(cli, MB_EXIT_USAGE, "variant '%.40s' is unknown; did you mean '%s'?",
			      name, near);
	return mb_say(cli, MB_EXIT_USAGE,
		      "variant '%.40s' is unknown; 'memboot list variants' shows them", name);
}

static int find_pair(struct job *job)
{
	const char *text = job->cli->opts.compare_variant;
	size_t length = strcspn(text, ",");
	struct mb_variant found[2];
	char names[2][64];

	snprintf(names[0], sizeof(names[0]), "%.*s", (int)mb_min(length, 63), text);
	snprintf(names[1], sizeof(names[1]), "%s", text[length] ? text + length + 1 : "");
	if (!*names[0] || !*names[1] || strchr(names[1], ','))
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "option '--compare-variant' takes two names with a comma between "
			      "them, such as kernel,mine");
	if (mb_variant_find_pair(names[0], names[1], job->pair))
		return MB_EXIT_OK;
	for (int i = 0; i < 2; i++)
		if (!mb_variant_find(names[i], &found[i]))
			return say_unknown(job->cli, names[i]);
	return mb_say(
		job->cli, MB_EXIT_USAGE,
		"'%s' is one kind of variant and '%s' another: %s and %s; give two of one kind",
		found[0].name, found[1].name, mb_variant_kind_name(found[0].kind),
		mb_variant_kind_name(found[1].kind));
}

/* Options that choose or order rows of the list, or say how long those are measured. */
static int check_options(const struct mb_cli *cli)
{
	const struct mb_opts *opts = &cli->opts;
	const struct {
		const char *name;
		bool given, how_long; /* which -r says here */
	} rows[] = {
		{"REGEX", cli->nr_args > 0, false},
		{"--filter", opts->filter != NULL, false},
		{"--list", opts->list, false},
		{"--interleave", opts->interleave, false},
		{"--full", opts->full, true},
		{"--quick", opts->quick, true},
		{"--noise", opts->noise, true},
		{"--min-time", opts->min_time > 0, true},
		{"--benchmark_…", cli->nr_passed > 0, false},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		if (rows[i].given)
			return mb_say(
				cli, MB_EXIT_USAGE,
				"'--compare-variant' measures two variants and no rows; leave "
				"%s out%s",
				rows[i].name,
				rows[i].how_long && !opts->repetitions
					? ", or give the number of pairs with -r instead"
					: "");
	return MB_EXIT_OK;
}

static int collect(struct job *job)
{
	unsigned all;
	int status = check_options(job->cli);

	if (!status)
		status = find_pair(job);
	if (!status)
		status = mb_output_open(job->cli, &job->output);
	if (!status)
		status = mb_bench_opt_check_variants(job->cli, &job->output);
	if (status)
		return status;
	if (mb_topo_new(&job->err, &job->topo))
		return mb_say_err(job->cli, MB_EXIT_UNFIT, "this host's topology", &job->err);
	job->env = (struct mb_bench_env){
		.arena_bytes = mb_runner_arena_bytes(),
		.topo = job->topo,
		.cancel = &job->interrupt.cancel,
	};
	job->pairs =
		job->cli->opts.repetitions ? (unsigned)job->cli->opts.repetitions : MB_VERSUS_PAIRS;
	all = mb_team_size(&job->env, MB_TEAM_ALL);
	job->threads[job->nr_sizes++] = 1;
	if (all > 1)
		job->threads[job->nr_sizes++] = all;
	return MB_EXIT_OK;
}

/* --- turns --- */

static void on_pair(unsigned done, void *arg)
{
	struct job *job = arg;

	atomic_store(&job->done, (unsigned)job->nr_done * job->pairs + done);
}

static void view_progress(void *arg, struct mb_progress_view *ret_view)
{
	struct job *job = arg;

	snprintf(ret_view->label, sizeof(ret_view->label), "%.28s, %.28s", job->pair[0].name,
		 job->pair[1].name);
	ret_view->done = atomic_load(&job->done);
	ret_view->total = (uint64_t)job->pairs * job->nr_sizes;
}

static void run(struct job *job)
{
	struct mb_progress *progress =
		mb_progress_new(job->output.tables && !job->cli->opts.no_progress);

	mb_progress_watch(progress, view_progress, job);
	while (!job->rc && job->nr_done < job->nr_sizes) {
		const struct mb_versus_options options = {
			.env = &job->env,
			.pair = job->pair,
			.threads = job->threads[job->nr_done],
			.pairs = job->pairs,
			.on_pair = on_pair,
			.arg = job,
		};
		struct mb_versus *versus = &job->versus[job->nr_done];

		job->rc = mb_versus_run(&options, &job->err, versus);
		job->nr_done++;
		mb_versus_add_runs(job->result, job->pair, versus,
				   job->rc && versus->wrong >= 0 ? job->err.text : NULL);
	}
	mb_progress_free(progress);
}

/* --- what a person sees --- */

static void cell_verdict(const struct job *job, const struct mb_versus *versus,
			 struct mb_table *table)
{
	static const enum mb_table_style styles[] = {
		[MB_VERSUS_UNKNOWN] = MB_TABLE_DIM,
		[MB_VERSUS_FASTER] = MB_TABLE_GREEN,
		[MB_VERSUS_SLOWER] = MB_TABLE_YELLOW,
		[MB_VERSUS_ALIKE] = MB_TABLE_DIM,
	};
	enum mb_versus_verdict verdict = mb_versus_judge(&versus->ratio);
	const struct mb_stats_shift *ratio = &versus->ratio;

	if (verdict == MB_VERSUS_UNKNOWN)
		mb_table_cellf(table, "%.3f of %s's time: %s", ratio->centre, job->pair[0].name,
			       mb_versus_verdict_name(verdict));
	else
		mb_table_cellf(table, "%.3f of %s's time, %.0f %% interval %.3f to %.3f: %s",
			       ratio->centre, job->pair[0].name, 100 * ratio->confidence,
			       ratio->low, ratio->high, mb_versus_verdict_name(verdict));
	mb_table_style_cell(table, styles[verdict]);
}

static void fill_rows(const struct job *job, const struct mb_versus *versus,
		      enum mb_format_charset charset, struct mb_table *table)
{
	for (int i = 0; i < 2; i++) {
		const struct mb_stats *time = &versus->time_ns[i];

		mb_table_cell(table, job->pair[i].name);
		mb_table_cellf(table, "%u", versus->threads);
		if (versus->nr_pairs) {
			mb_table_cell(table, mb_format_time(time->median, charset).text);
			mb_table_cell(table,
				      mb_format_percent(100 * time->mad / time->median).text);
			mb_table_cellf(table, "%.2f", time->median / (double)versus->pages);
		} else {
			for (int cell = 0; cell < 3; cell++)
				mb_table_cell(table, "-");
		}
		if (job->rc && versus->wrong == i) {
			mb_table_cellf(table, "error: %s", job->err.text);
			mb_table_style_cell(table, MB_TABLE_RED);
		} else if (i && versus->nr_pairs && versus->wrong < 0) {
			cell_verdict(job, versus, table);
		}
		mb_table_end_row(table);
	}
}

/* "30 pairs", or how far an interrupted run came with each number of threads. */
static void add_pairs(const struct job *job, struct mb_strbuf *text)
{
	if (job->rc != -ECANCELED) {
		mb_strbuf_addf(text, "%u pair%s\n", job->pairs, job->pairs == 1 ? "" : "s");
		return;
	}
	mb_strbuf_add(text, "partial:");
	for (size_t i = 0; i < job->nr_sizes; i++)
		mb_strbuf_addf(text, "%s %zu of %u pair%s with %u thread%s", i ? "," : "",
			       i < job->nr_done ? job->versus[i].nr_pairs : 0, job->pairs,
			       job->pairs == 1 ? "" : "s", job->threads[i],
			       job->threads[i] == 1 ? "" : "s");
	mb_strbuf_add(text, "\n");
}

static int show(const struct job *job)
{
	static const struct mb_table_column columns[] = {
		{"variant", MB_TABLE_LEFT}, {"threads", MB_TABLE_RIGHT}, {"time", MB_TABLE_RIGHT},
		{"spread", MB_TABLE_RIGHT}, {"ns/page", MB_TABLE_RIGHT}, {"", MB_TABLE_LEFT},
	};
	struct mb_term term = mb_term_open(&job->cli->opts);
	struct mb_strbuf text = {0};
	struct mb_table *table;

	if (!job->output.tables)
		return MB_EXIT_OK;
	table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	mb_machine_table_heading(&text, &term, "Variants");
	mb_strbuf_addf(&text, "  two %ss in turns on the same %s of descriptors, ",
		       mb_variant_kind_name(job->pair->kind),
		       mb_format_bytes((double)job->env.arena_bytes).text);
	add_pairs(job, &text);
	for (size_t i = 0; i < job->nr_done; i++)
		fill_rows(job, &job->versus[i], term.charset, table);
	mb_table_drop_empty(table);
	mb_term_add_table(&text, &term, table);
	mb_counters_table_add(&text, &term, job->result, job->cli->opts.verbose);
	mb_host_noise_add_line(&text, job->result);
	return mb_term_write(job->cli, &text);
}

static int say_end(const struct job *job)
{
	switch (job->rc) {
	case 0: return MB_EXIT_OK;
	case -ECANCELED:
		return mb_say(job->cli, MB_EXIT_SIGNAL, "interrupted; what ended is shown");
	case -ENOTSUP:
	case -ENOMEM: return mb_say_err(job->cli, MB_EXIT_UNFIT, NULL, &job->err);
	default: return mb_say_err(job->cli, MB_EXIT_NO, NULL, &job->err);
	}
}

static int measure(struct job *job)
{
	int status = mb_counters_opt_open(job->cli, &job->counters), saved, shown;

	job->env.counters = job->counters;
	if (!status)
		status = mb_output_begin(job->cli, job->topo, &job->result);
	if (!status)
		status = mb_interrupt_begin(job->cli, &job->interrupt);
	if (status)
		return status;
	if (job->counters)
		mb_counters_result_begin(job->result, job->counters);
	run(job);
	if (job->rc == -ENOTSUP || job->rc == -ENOMEM)
		return say_end(job);
	if (job->rc == -ECANCELED)
		mb_result_set_status(job->result, MB_RESULT_PARTIAL, "interrupted");
	saved = mb_output_save(job->cli, &job->output, job->result);
	shown = show(job);
	status = say_end(job);
	if (!status)
		status = mb_counters_opt_check(job->cli, job->result);
	return status ? status : saved ? saved : shown;
}

int mb_compare_variant_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli, .interrupt = {.signal_fd = -1, .stop_fd = -1}};
	int status = collect(&job);

	if (!status)
		status = measure(&job);
	for (size_t i = 0; i < job.nr_done; i++)
		mb_versus_fini(&job.versus[i]);
	mb_result_free(job.result);
	mb_counters_free(job.counters);
	mb_interrupt_stop(&job.interrupt);
	mb_topo_free(job.topo);
	return status;
}
