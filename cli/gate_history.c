/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/filter.h"
#include "cli/gate_bench.h"
#include "cli/gate_history.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "numa/clock.h"
#include "reports/text.h"

#define LOOK_AT    256       /* newest results of the host class, whatever they measured */
#define UNKNOWN    "--quick" /* what the program is run with where the history does not say */
#define MAX_WORDS  24
#define WORD_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:="

/* --- options of a result --- */

/* Those of `memboot bench` that change what is measured. */
static const struct option {
	const char *name;
	bool has_value, prefix; /* it takes a value; it begins the names of many */
} measuring[] = {
	{"--quick", false, false},     {"--full", false, false},
	{"--noise", false, false},     {"--interleave", false, false},
	{"--counters", true, false},   {"--counters-kernel", false, false},
	{"--min-time", true, false},   {"--repetitions", true, false},
	{"-r", true, false},           {"--compare-variant", true, false},
	{"--benchmark_", false, true},
};

static const struct option *find_option(const char *word, size_t length)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(measuring); i++) {
		const struct option *row = &measuring[i];
		size_t own = strlen(row->name);

		if (length < own || strncmp(word, row->name, own) != 0)
			continue;
		if (length == own || row->prefix || (row->has_value && word[own] == '='))
			return row;
	}
	return NULL;
}

/* The length of a word of a command line, quotes and what is in them taken as they are. */
static size_t word_length(const char *at)
{
	bool quoted = false;
	size_t length = 0;

	for (; at[length] && (quoted || at[length] != ' '); length++)
		quoted ^= at[length] == '\'';
	return length;
}

/* Options are written in one way: "--name=value". */
static const char *add_option(struct mb_strbuf *options, const struct option *row, const char *at,
			      size_t length)
{
	const char *before = options->length ? " " : "";
	bool apart = row->has_value && length == strlen(row->name);
	const char *value = at + length + strspn(at + length, " ");

	mb_strbuf_addf(options, "%s%.*s", before,
		       apart && !strcmp(row->name, "-r") ? 0 : (int)length, at);
	if (!apart)
		return at + length;
	length = word_length(value);
	mb_strbuf_addf(options, "%s%.*s",
		       strcmp(row->name, "-r") != 0 ? "=" : "--repetitions=", (int)length, value);
	return value + length;
}

int mb_gate_history_add_options(struct mb_strbuf *ret_options, const char *command_line)
{
	for (const char *at = command_line; *at;) {
		size_t length = word_length(at);
		const struct option *row = find_option(at, length);

		/* What has to be quoted is none that we take. */
		if (row && strspn(at, WORD_CHARS) >= length)
			at = add_option(ret_options, row, at, length);
		else
			at += length;
		at += strspn(at, " ");
	}
	return ret_options->error;
}

/* --- the history --- */

static bool is_bench(const struct mb_run *run, const void *arg)
{
	return run->kind == MB_RUN_BENCH;
}

/* *ret_options is NULL where a result does not say. */
static int options_of(const struct mb_result *result, char **ret_options)
{
	const char *line = result->fields[MB_RESULT_COMMAND_LINE];
	struct mb_strbuf options = {0};
	int rc;

	*ret_options = NULL;
	if (!line)
		return 0;
	mb_strbuf_add(&options, "");
	rc = mb_gate_history_add_options(&options, line);
	if (!rc)
		*ret_options = options.length ? mb_strbuf_take(&options) : strdup("");
	mb_strbuf_fini(&options);
	return rc ? rc : *ret_options ? 0 : -ENOMEM;
}

/* Whether one belongs to those that are taken, of which the first says what they are. 1, 0 or -ENOMEM. */
static int belongs(struct mb_gate_history *gate, const struct mb_result *result, const char *labels)
{
	char *options MB_FREE = NULL;
	int rc = options_of(result, &options);

	if (rc)
		return rc;
	if (!gate->nr_before) {
		gate->labels = strdup(labels);
		gate->options = MB_TAKE(options);
		return gate->labels ? 1 : -ENOMEM;
	}
	if (strcmp(labels, gate->labels) != 0) {
		gate->other_labels++;
		return 0;
	}
	if (!mb_text_same(options, gate->options)) {
		gate->left_out++;
		return 0;
	}
	return 1;
}

/* Takes one, or leaves it out; it is owned from here on. */
static int take(struct mb_gate_history *gate, struct mb_result *result, const char *labels,
		const struct mb_filter *filter)
{
	int rc = 0;

	mb_result_keep_runs(result, is_bench, NULL);
	if (mb_filter_result(filter, result))
		rc = belongs(gate, result, labels);
	if (rc > 0)
		gate->before[gate->nr_before++] = result;
	else
		mb_result_free(result);
	return rc < 0 ? rc : 0;
}

int mb_gate_history_read(struct mb_gate_history *gate, struct mb_history *history,
			 const struct mb_history_query *query, const char *filter,
			 struct mb_err *err)
{
	struct mb_history_query newest = *query;
	MB_CLEANUP(mb_history_entries_fini) struct mb_history_entries entries = {0};
	struct mb_filter *wanted = NULL;
	int rc;

	newest.newest = LOOK_AT;
	gate->labelled = query->labels && query->labels->count;
	rc = mb_history_list(history, &newest, err, &entries);
	if (!rc)
		rc = mb_filter_new(filter, err, &wanted);
	gate->before = rc ? NULL : calloc(MB_GATE_HISTORY_NEWEST, sizeof(struct mb_result *));
	if (!rc && !gate->before)
		rc = MB_FAIL(err, -ENOMEM, "out of memory");
	for (size_t i = entries.count; !rc && i-- && gate->nr_before < MB_GATE_HISTORY_NEWEST;) {
		struct mb_result *result = NULL;

		rc = mb_history_load(history, entries.rows[i].id, err, &result);
		if (!rc && take(gate, result, entries.rows[i].labels, wanted))
			rc = MB_FAIL(err, -ENOMEM, "out of memory");
	}
	mb_filter_free(wanted);
	return rc;
}

/* --- the program --- */

static double spent_s(const struct mb_gate_history *gate)
{
	return (double)(mb_clock_now_ns() - gate->begin_ns) * 1e-9;
}

static int run_words(struct mb_gate_history *gate, const struct mb_gate_child_spec *spec,
		     const char *const *words, struct mb_err *err)
{
	struct mb_gate_child_spec own = *spec;
	/* With nothing to hold it against one tells which rows there are. */
	size_t most = gate->nr_before ? MB_GATE_HISTORY_RUNS : 1;
	double longest_s = 0, begin_s;
	int rc = 0;

	while (!rc && gate->nr_now < most &&
	       (begin_s = spent_s(gate)) + longest_s < gate->budget_s) {
		own.patience_s = gate->budget_s - begin_s;
		rc = mb_gate_bench_run(&own, words, err, &gate->now[gate->nr_now]);
		if (rc)
			break;
		gate->nr_now++;
		atomic_fetch_add(&gate->done, 1);
		longest_s = fmax(longest_s, spent_s(gate) - begin_s);
	}
	if (rc != -ETIME || !gate->nr_now)
		return rc;
	mb_err_clear(err);
	return 0;
}

int mb_gate_history_run(struct mb_gate_history *gate, const struct mb_gate_child_spec *spec,
			double budget_s, struct mb_err *err)
{
	char *text MB_FREE = strdup(gate->options ? gate->options : UNKNOWN);
	const char *words[MAX_WORDS + 1] = {NULL};
	size_t count = 0;
	char *rest = text, *word;

	if (!text)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	while (count < MAX_WORDS && (word = strsep(&rest, " ")))
		if (*word)
			words[count++] = word;
	gate->budget_s = budget_s;
	gate->begin_ns = mb_clock_now_ns();
	return run_words(gate, spec, words, err);
}

void mb_gate_history_view(void *arg, struct mb_progress_view *ret_view)
{
	struct mb_gate_history *gate = arg;
	double used_s = gate->begin_ns ? fmin(spent_s(gate), gate->budget_s) : 0;

	snprintf(ret_view->label, sizeof(ret_view->label), "process run %u",
		 atomic_load(&gate->done) + 1);
	ret_view->total = (uint64_t)(1000 * gate->budget_s);
	ret_view->done = (uint64_t)(1000 * used_s);
	ret_view->left_s = gate->budget_s - used_s;
}

/* --- the verdict --- */

static void note_unknown(const struct mb_gate_history *gate, struct mb_comparison *comparison)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf note = {0};

	if (!gate->nr_before)
		mb_strbuf_addf(
			&note, "the history has no results of these benches%s this class of host%s",
			gate->labelled ? "," : " and", gate->labelled ? " and these labels" : "");
	else if (!gate->options)
		mb_strbuf_add(&note, "what the history's results were measured with is not known; "
				     "new was run with " UNKNOWN);
	if (note.length)
		mb_comparison_note(comparison, mb_strbuf_text(&note));
}

static void note_left_out(struct mb_comparison *comparison, size_t count, const char *why,
			  const char *newest)
{
	char note[400];

	snprintf(note, sizeof(note),
		 "%zu result%s of the history left out: %s than the newest one (%s)", count,
		 count == 1 ? "" : "s", why,
		 !newest   ? "not known"
		 : *newest ? newest
			   : "none");
	if (count)
		mb_comparison_note(comparison, note);
}

/*
 * Leaves out what was taken on another kernel, with other settings or another compiler, unless all of it was: then the rows say so.
 */
static int choose(const struct mb_gate_history *gate, struct mb_comparison *comparison,
		  const struct mb_result **ret_chosen, size_t *ret_count)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf first = {0};
	size_t count = 0, others;
	char note[400];

	for (size_t i = 0; i < gate->nr_before; i++) {
		MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};

		if (mb_join_differ(gate->before[i], gate->now[0], &why))
			return -ENOMEM;
		if (!why.length)
			ret_chosen[count++] = gate->before[i];
		else if (!first.length)
			mb_strbuf_add(&first, mb_strbuf_text(&why));
	}
	others = gate->nr_before - count;
	if (count && others) {
		snprintf(note, sizeof(note), "%zu result%s of the history left out: %s", others,
			 others == 1 ? "" : "s", mb_strbuf_text(&first));
		mb_comparison_note(comparison, note);
	}
	for (; !count && count < gate->nr_before; count++)
		ret_chosen[count] = gate->before[count];
	*ret_count = count;
	return first.error;
}

/* Too few of the history cannot be helped; of the program it is a matter of the budget. */
static void soften(struct mb_comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		struct mb_comparison_row *row = &comparison->rows[i];
		struct mb_finding *finding = &row->finding;

		if (finding->verdict != MB_VERDICT_NOT_COMPARABLE || !finding->more ||
		    row->base_samples < MB_JUDGE_MIN_SAMPLES)
			continue;
		finding->verdict = MB_VERDICT_INCONCLUSIVE;
		snprintf(finding->why, sizeof(finding->why),
			 "new had %zu process run%s in the budget, %d are needed", row->samples,
			 row->samples == 1 ? "" : "s", MB_JUDGE_MIN_SAMPLES);
	}
}

/* Nothing before: an empty result stands for it, and each row is on one side alone. */
int mb_gate_history_judge(struct mb_gate_history *gate, struct mb_comparison *comparison,
			  const char *const titles[2], const struct mb_join_options *options)
{
	const struct mb_result *before[MB_GATE_HISTORY_NEWEST];
	struct mb_join_side sides[] = {
		{titles[0], before, 0},
		{titles[1], (const struct mb_result *const *)gate->now, gate->nr_now},
	};
	struct mb_result *nothing = NULL;
	int rc;

	note_unknown(gate, comparison);
	note_left_out(comparison, gate->other_labels, "other labels", gate->labels);
	note_left_out(comparison, gate->left_out, "taken with other options", gate->options);
	rc = choose(gate, comparison, before, &sides[0].count);
	if (!rc && !sides[0].count) {
		nothing = mb_result_new(NULL);
		before[0] = nothing;
		sides[0].count = 1;
		rc = nothing ? 0 : -ENOMEM;
	}
	if (!rc)
		rc = mb_join_sides(comparison, sides, MB_ARRAY_SIZE(sides), options);
	if (!rc)
		soften(comparison);
	if (!rc && nothing) {
		free(comparison->sides[0].host_class);
		comparison->sides[0].host_class = NULL;
	}
	mb_result_free(nothing);
	return rc;
}

void mb_gate_history_fini(struct mb_gate_history *gate)
{
	for (size_t i = 0; i < gate->nr_before; i++)
		mb_result_free(gate->before[i]);
	for (size_t i = 0; i < gate->nr_now; i++)
		mb_result_free(gate->now[i]);
	free(gate->before);
	free(gate->options);
	free(gate->labels);
}
