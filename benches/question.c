/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/question.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"

/* --- what came out --- */

void mb_question_note(struct mb_question_outcomes *outcomes, const struct mb_runner_result *result)
{
	const struct mb_bench *row = result->row;
	struct mb_question_outcome *to;

	if (strcmp(row->group, MB_QUESTION_GROUP) != 0 || outcomes->error)
		return;
	if (mb_grow(&outcomes->rows, outcomes->count, sizeof(*to))) {
		outcomes->error = -ENOMEM;
		return;
	}
	to = &outcomes->rows[outcomes->count++];
	*to = (struct mb_question_outcome){
		.slug = row->name,
		.variant = row->variant,
		.value = row->arg_name && row->arg_text ? row->arg_text(result->arg) : NULL,
		.arg = result->arg,
		.status = result->status,
		.threads = result->threads,
		.pages = result->pages,
		.time_ns = result->time_ns,
		.nr_counters = mb_min(result->nr_counters, MB_BENCH_MAX_COUNTERS),
	};
	snprintf(to->name, sizeof(to->name), "%s", result->name);
	snprintf(to->reason, sizeof(to->reason), "%s", result->reason);
	for (size_t i = 0; i < to->nr_counters; i++)
		to->counters[i] = result->counters[i];
}

void mb_question_fini(struct mb_question_outcomes *outcomes)
{
	free(outcomes->rows);
	*outcomes = (struct mb_question_outcomes){0};
}

/* --- the answer --- */

static bool is_of(const struct mb_question_outcome *row, const struct mb_question *question)
{
	return !strcmp(row->slug, question->slug);
}

/* The first bench that has no figures is the reason. */
static void add_no_answer(const struct mb_question *question,
			  const struct mb_question_outcomes *outcomes, struct mb_strbuf *text)
{
	for (size_t i = 0; i < outcomes->count; i++) {
		const struct mb_question_outcome *row = &outcomes->rows[i];

		if (!is_of(row, question) || row->status == MB_RUNNER_OK)
			continue;
		mb_strbuf_addf(text, "no answer: %s: %s: %s", row->name,
			       mb_runner_status_name(row->status), row->reason);
		return;
	}
}

bool mb_question_answer(const struct mb_question *question,
			const struct mb_question_outcomes *outcomes, enum mb_format_charset charset,
			struct mb_strbuf *text)
{
	MB_FREE const struct mb_question_outcome **rows =
		calloc(outcomes->count + 1, sizeof(struct mb_question_outcome *));
	size_t found = 0, ok = 0, samples = SIZE_MAX;
	bool answered;

	if (!rows) {
		text->error = -ENOMEM;
		return false;
	}
	for (size_t i = 0; i < outcomes->count; i++) {
		const struct mb_question_outcome *row = &outcomes->rows[i];

		found += is_of(row, question);
		if (!is_of(row, question) || row->status != MB_RUNNER_OK)
			continue;
		rows[ok++] = row;
		samples = mb_min(samples, row->time_ns.count);
	}
	if (!found)
		return false;
	if (!ok) {
		add_no_answer(question, outcomes, text);
		return true;
	}
	answered = question->answer(rows, ok, charset, text);
	if (answered && found > ok)
		mb_strbuf_addf(text, "; %zu of %zu benches had no figures", found - ok, found);
	if (answered && samples < mb_stats_median_min_count(0.95))
		mb_strbuf_addf(text, "; a first look, of %zu boot%s each", samples,
			       samples == 1 ? "" : "s");
	return true;
}

double mb_question_counter(const struct mb_question_outcome *row, const char *name)
{
	for (size_t i = 0; i < row->nr_counters; i++)
		if (!strcmp(row->counters[i].name, name))
			return row->counters[i].value;
	return (double)NAN;
}
