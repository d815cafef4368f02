/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/facts_result.h"
#include "cli/interrupt.h"
#include "cli/machine_table.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/term.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/host_plain.h"
#include "numa/topo.h"
#include "reports/table.h"
#include "reports/text.h"
#include "reports/writer.h"

#define MAX_DIFFS 20 /* lines a fact; --verbose: all */

/* `memboot validate`: facts of a tree against a dry run of its machine. */
struct job {
	struct mb_cli *cli;
	struct mb_term term;
	struct mb_output output;
	struct mb_interrupt interrupt;
	struct mb_sysroot root;
	struct mb_fact_tree tree;
	struct mb_boot *boot;
	struct mb_err boot_err;
	bool *wanted, *may_miss;        /* of each fact */
	struct mb_fact_result *results; /* of each fact; zero where not wanted */
};

static const char *const status_names[] = {
	[MB_FACT_EQUAL] = "equal",
	[MB_FACT_DIFFERENT] = "different",
	[MB_FACT_NOT_COMPARED] = "not compared",
};

static const enum mb_table_style status_styles[] = {
	[MB_FACT_EQUAL] = MB_TABLE_GREEN,
	[MB_FACT_DIFFERENT] = MB_TABLE_RED,
	[MB_FACT_NOT_COMPARED] = MB_TABLE_YELLOW,
};

/* Marks the facts that a list such as "F2,F6" names. */
static int choose(const struct mb_cli *cli, const char *option, const char *list, bool *marks)
{
	for (const char *at = list; at; at = *at ? at + 1 : NULL) {
		size_t length = strcspn(at, ",");
		const struct mb_fact_row *fact = mb_facts_find(at, length);

		if (!fact)
			return mb_say(cli, MB_EXIT_USAGE,
				      "option '--%s' takes facts such as F2,F6, not '%.*s'; "
				      "'memboot list facts' has them",
				      option, (int)length, at);
		marks[fact - mb_facts] = true;
		at += length;
	}
	return MB_EXIT_OK;
}

/* Facts are no benchmarks. */
static int check_writer(const struct job *job)
{
	const struct mb_writer *writer = NULL;

	if (job->output.path)
		writer = mb_writer_find(job->output.path, job->cli->opts.format, NULL);
	if (!writer || !writer->benchmarks_only)
		return MB_EXIT_OK;
	return mb_say(job->cli, MB_EXIT_USAGE,
		      "format %s holds benchmarks, and facts are none; use json, csv or text",
		      writer->name);
}

static int collect(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	int status = MB_EXIT_OK;

	job->term = mb_term_open(opts);
	job->wanted = calloc(mb_nr_facts, sizeof(*job->wanted));
	job->may_miss = calloc(mb_nr_facts, sizeof(*job->may_miss));
	job->results = calloc(mb_nr_facts, sizeof(*job->results));
	if (!job->wanted || !job->may_miss || !job->results)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	for (size_t i = 0; i < mb_nr_facts; i++)
		job->wanted[i] = !opts->facts;
	if (opts->facts)
		status = choose(job->cli, "facts", opts->facts, job->wanted);
	if (!status && opts->allow_missing)
		status = choose(job->cli, "allow-missing", opts->allow_missing, job->may_miss);
	if (!status)
		status = mb_output_open(job->cli, &job->output);
	return status ? status : check_writer(job);
}

static bool is_cancelled(const struct job *job)
{
	return atomic_load(&job->interrupt.cancel);
}

static int interrupted(const struct job *job)
{
	return mb_say(job->cli, MB_EXIT_SIGNAL, "interrupted; nothing is compared");
}

/* The tree, a boot of its machine, and each fact's result. */
static int compare(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	const struct mb_profile *profile = opts->kernel ? mb_profile_find(opts->kernel) : NULL;
	struct mb_host_plain host;
	struct mb_err err = {0};
	int r = 0;

	if (mb_interrupt_begin(job->cli, &job->interrupt))
		return MB_EXIT_UNFIT;
	job->root.path = "/";
	if (opts->sysroot)
		r = mb_sysroot_open(opts->sysroot, &err, &job->root);
	if (!r && !is_cancelled(job))
		r = mb_facts_open(&job->root, profile, &err, &job->tree);
	if (is_cancelled(job))
		return interrupted(job);
	if (r)
		return mb_say_err(job->cli, opts->sysroot ? MB_EXIT_USAGE : MB_EXIT_UNFIT,
				  opts->sysroot ? opts->sysroot : "this host's memory map", &err);
	mb_host_plain_init(&host);
	host.host.cancel = &job->interrupt.cancel;
	mb_facts_boot(&job->tree, &host.host, &job->boot_err, &job->boot);
	for (size_t i = 0; !r && !is_cancelled(job) && i < mb_nr_facts; i++)
		if (job->wanted[i])
			r = mb_facts_compare(&mb_facts[i], &job->tree, job->boot, &job->boot_err,
					     &job->results[i]);
	mb_boot_free(job->boot);
	if (is_cancelled(job))
		return interrupted(job);
	return r ? mb_say(job->cli, MB_EXIT_UNFIT, "out of memory") : MB_EXIT_OK;
}

/* --- showing --- */

static void add_machine(const struct job *job, struct mb_strbuf *text)
{
	const struct mb_fact_tree *tree = &job->tree;

	mb_machine_table_heading(text, &job->term, "Kernel");
	mb_strbuf_add(text, "  ");
	mb_text_add_printable(text, *tree->release ? tree->release : "of an unknown release");
	mb_strbuf_addf(text, ", compared by the rules of Linux %s\n", tree->profile.name);
	mb_strbuf_add(text, "  map from ");
	mb_text_add_printable(text, tree->machine->source);
	mb_strbuf_add(text, tree->log ? "" : "; no log: ");
	if (!tree->log)
		mb_text_add_printable(text, tree->no_log.text);
	mb_strbuf_add(text, "\n");
}

/* How many values, or one value itself where there is one alone. */
static void cell_values(struct mb_table *table, const struct mb_fact_values *values)
{
	if (values->count + values->unlisted == 1 && values->count)
		mb_table_cell(table, values->list[0].value);
	else
		mb_table_cellf(table, "%zu values", values->count + values->unlisted);
}

static void add_row(const struct job *job, struct mb_table *table, size_t i)
{
	const struct mb_fact_result *result = &job->results[i];

	mb_table_cell(table, mb_facts[i].id);
	mb_table_cell(table, mb_facts[i].title);
	if (result->status == MB_FACT_NOT_COMPARED) {
		mb_table_cell(table, "-");
		mb_table_cell(table, "-");
	} else {
		cell_values(table, &result->expected);
		cell_values(table, &result->got);
	}
	mb_table_cell(table, status_names[result->status]);
	mb_table_style_cell(table, status_styles[result->status]);
	if (result->status == MB_FACT_DIFFERENT)
		mb_table_cellf(table, "%zu of %zu values", result->nr_diffs, result->nr_compared);
	else
		mb_table_cell(table, result->reason);
}

static int add_facts(const struct job *job, struct mb_strbuf *text)
{
	static const struct mb_table_column columns[] = {
		{"fact", MB_TABLE_LEFT}, {"what", MB_TABLE_LEFT},   {"expected", MB_TABLE_LEFT},
		{"got", MB_TABLE_LEFT},  {"result", MB_TABLE_LEFT}, {"why", MB_TABLE_LEFT},
	};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	int r;

	mb_machine_table_heading(text, &job->term, "Facts");
	for (size_t i = 0; i < mb_nr_facts; i++)
		if (job->wanted[i])
			add_row(job, table, i);
	r = table ? mb_table_render(table, &job->term.table, text) : -ENOMEM;
	mb_table_free(table);
	return r;
}

/* The values of a fact that differ, as many as are wanted; returns how many there are in the table. */
static size_t add_fact_diffs(const struct job *job, size_t fact, struct mb_table *table)
{
	const struct mb_fact_result *result = &job->results[fact];
	size_t limit = job->cli->opts.verbose ? SIZE_MAX : MAX_DIFFS, shown = 0;

	for (size_t i = 0; i < result->nr_pairs && shown < limit; i++) {
		const struct mb_fact_pair *pair = &result->pairs[i];

		if (pair->equal)
			continue;
		mb_table_cell(table, mb_facts[fact].id);
		mb_table_cell(table, pair->key);
		mb_table_cell(table, pair->expected ? pair->expected : "absent");
		mb_table_cell(table, pair->got ? pair->got : "absent");
		shown++;
	}
	if (shown < result->nr_diffs) {
		mb_table_cell(table, mb_facts[fact].id);
		mb_table_cellf(table, "and %zu more (--verbose)", result->nr_diffs - shown);
		mb_table_end_row(table);
	}
	return shown;
}

static int add_diffs(const struct job *job, struct mb_strbuf *text)
{
	static const struct mb_table_column columns[] = {
		{"fact", MB_TABLE_LEFT},
		{"value", MB_TABLE_LEFT},
		{"expected", MB_TABLE_LEFT},
		{"got", MB_TABLE_LEFT},
	};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	size_t rows = 0;
	int r = table ? 0 : -ENOMEM;

	for (size_t i = 0; i < mb_nr_facts; i++)
		rows += add_fact_diffs(job, i, table);
	if (rows && !r) {
		mb_machine_table_heading(text, &job->term, "Differences");
		r = mb_table_render(table, &job->term.table, text);
	}
	mb_table_free(table);
	return r;
}

/* --- end --- */

struct counts {
	size_t status[MB_ARRAY_SIZE(status_names)], missing, values;
};

static struct counts count(const struct job *job)
{
	struct counts counts = {0};

	for (size_t i = 0; i < mb_nr_facts; i++) {
		if (!job->wanted[i])
			continue;
		counts.status[job->results[i].status]++;
		counts.missing +=
			job->results[i].status == MB_FACT_NOT_COMPARED && !job->may_miss[i];
		counts.values += job->results[i].nr_compared;
	}
	return counts;
}

/* The result that -o and --format ask for. */
static int save(const struct job *job)
{
	struct mb_result *result = NULL;
	struct mb_topo *topo = NULL;
	struct mb_err err = {0};
	int status;

	if (!job->output.path)
		return MB_EXIT_OK;
	if (mb_topo_new(&err, &topo))
		return mb_say_err(job->cli, MB_EXIT_UNFIT, "this host's topology", &err);
	status = mb_output_begin(job->cli, topo, &result);
	if (!status) {
		mb_facts_result_begin(result, &job->tree);
		for (size_t i = 0; i < mb_nr_facts; i++)
			if (job->wanted[i])
				mb_facts_result_add(result, &mb_facts[i], &job->results[i]);
		status = mb_output_save(job->cli, &job->output, result);
	}
	mb_result_free(result);
	mb_topo_free(topo);
	return status;
}

static int show(const struct job *job, const struct counts *counts)
{
	struct mb_strbuf text = {0};

	if (!job->output.tables)
		return MB_EXIT_OK;
	add_machine(job, &text);
	if (add_facts(job, &text) || add_diffs(job, &text))
		text.error = -ENOMEM;
	mb_strbuf_addf(
		&text,
		"\nfacts: %zu equal, %zu different, %zu not compared; values: %zu compared\n",
		counts->status[MB_FACT_EQUAL], counts->status[MB_FACT_DIFFERENT],
		counts->status[MB_FACT_NOT_COMPARED], counts->values);
	return mb_term_write(job->cli, &text);
}

/* The result is written before the tables: a reader of those that goes away must not cost it. */
static int finish(const struct job *job)
{
	struct counts counts = count(job);
	int saved = save(job), shown = show(job, &counts);

	if (saved || shown)
		return saved ? saved : shown;
	return counts.status[MB_FACT_DIFFERENT] ? MB_EXIT_NO
	       : counts.missing                 ? MB_EXIT_PART
						: MB_EXIT_OK;
}

int mb_cmd_validate_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli, .interrupt = {.signal_fd = -1, .stop_fd = -1}};
	int status = collect(&job);

	if (!status)
		status = compare(&job);
	mb_interrupt_stop(&job.interrupt);
	if (!status)
		status = finish(&job);
	for (size_t i = 0; job.results && i < mb_nr_facts; i++)
		mb_facts_result_fini(&job.results[i]);
	free(job.results);
	free(job.wanted);
	free(job.may_miss);
	mb_facts_close(&job.tree);
	mb_sysroot_close(&job.root);
	return status;
}
