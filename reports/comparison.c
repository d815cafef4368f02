/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "reports/comparison.h"
#include "reports/host_class.h"

struct mb_comparison *mb_comparison_new(const char *command)
{
	struct mb_comparison *comparison = calloc(1, sizeof(*comparison));

	if (!comparison)
		return NULL;
	comparison->command = strdup(command);
	comparison->threshold = MB_JUDGE_THRESHOLD;
	comparison->confidence = MB_JUDGE_CONFIDENCE;
	if (comparison->command)
		return comparison;
	free(comparison);
	return NULL;
}

void mb_comparison_free(struct mb_comparison *comparison)
{
	if (!comparison)
		return;
	for (size_t i = 0; i < comparison->nr_sides; i++) {
		free(comparison->sides[i].title);
		free(comparison->sides[i].host_class);
		free(comparison->sides[i].kernel);
		free(comparison->sides[i].compiler);
	}
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		free(comparison->rows[i].name);
		free(comparison->rows[i].label);
	}
	for (size_t i = 0; i < comparison->nr_notes; i++)
		free(comparison->notes[i]);
	free(comparison->sides);
	free(comparison->rows);
	free(comparison->notes);
	free(comparison->unfit);
	free(comparison->command);
	free(comparison);
}

/* Room for one more in a list. */
static bool grow(struct mb_comparison *comparison, void *list, size_t count, size_t size)
{
	if (mb_grow(list, count, size))
		comparison->error = -ENOMEM;
	return !comparison->error;
}

static char *copy(struct mb_comparison *comparison, const char *text)
{
	char *copied = text ? strdup(text) : NULL;

	if (text && !copied)
		comparison->error = -ENOMEM;
	return copied;
}

/* With its flags. */
static char *compiler_of(struct mb_comparison *comparison, const struct mb_result *result)
{
	const char *compiler = mb_result_fact(&result->facts, "compiler");
	const char *flags = mb_result_fact(&result->facts, "compiler_flags");
	struct mb_strbuf text = {0};

	if (!compiler)
		return NULL;
	mb_strbuf_addf(&text, "%s%s%s", compiler, flags ? " " : "", flags ? flags : "");
	if (text.error)
		comparison->error = -ENOMEM;
	return mb_strbuf_take(&text);
}

void mb_comparison_add_side(struct mb_comparison *comparison, const char *title,
			    const struct mb_result *result, size_t process_runs)
{
	struct mb_comparison_side side = {.process_runs = process_runs};
	struct mb_strbuf class = {0};

	if (!comparison || comparison->error ||
	    !grow(comparison, &comparison->sides, comparison->nr_sides, sizeof(side)))
		return;
	side.title = copy(comparison, title);
	if (result) {
		side.kernel = copy(comparison, mb_result_fact(&result->facts, "kernel"));
		side.compiler = compiler_of(comparison, result);
		if (mb_host_class(result, &class))
			comparison->error = -ENOMEM;
		side.host_class = mb_strbuf_take(&class);
	}
	comparison->sides[comparison->nr_sides++] = side;
}

struct mb_comparison_row *mb_comparison_add_row(struct mb_comparison *comparison, size_t side,
						const char *name, const struct mb_metric *metric)
{
	struct mb_comparison_row row = {
		.metric = metric, .side = side, .base_value = NAN, .value = NAN};

	if (!comparison || comparison->error ||
	    !grow(comparison, &comparison->rows, comparison->nr_rows, sizeof(row)))
		return NULL;
	row.name = copy(comparison, name);
	if (!row.name)
		return NULL;
	mb_judge_refuse(&row.finding, "no sample");
	comparison->rows[comparison->nr_rows++] = row;
	return &comparison->rows[comparison->nr_rows - 1];
}

void mb_comparison_set_label(struct mb_comparison *comparison, struct mb_comparison_row *row,
			     const char *label)
{
	if (!comparison || !row || comparison->error)
		return;
	free(row->label);
	row->label = copy(comparison, label);
}

void mb_comparison_set_samples(struct mb_comparison *comparison, struct mb_comparison_row *row,
			       const double *base, size_t nr_base, const double *values,
			       size_t count)
{
	struct mb_stats old, now;

	if (!comparison || !row || comparison->error)
		return;
	if (mb_stats_summarise(base, nr_base, &old) || mb_stats_summarise(values, count, &now)) {
		comparison->error = -ENOMEM;
		return;
	}
	row->base_value = old.median;
	row->value = now.median;
	row->base_samples = old.count;
	row->samples = now.count;
}

void mb_comparison_note(struct mb_comparison *comparison, const char *note)
{
	char *copied;

	if (!comparison || comparison->error)
		return;
	for (size_t i = 0; i < comparison->nr_notes; i++)
		if (!strcmp(comparison->notes[i], note))
			return;
	if (!grow(comparison, &comparison->notes, comparison->nr_notes, sizeof(*comparison->notes)))
		return;
	copied = copy(comparison, note);
	if (copied)
		comparison->notes[comparison->nr_notes++] = copied;
}

void mb_comparison_set_unfit(struct mb_comparison *comparison, const char *reason)
{
	if (comparison && !comparison->error && !comparison->unfit)
		comparison->unfit = copy(comparison, reason);
}

/* How soon a reader wants to see a verdict. */
static int urgency(enum mb_verdict verdict)
{
	static const int order[MB_NR_VERDICTS] = {
		[MB_VERDICT_WORSE] = 0,          [MB_VERDICT_INCONCLUSIVE] = 1,
		[MB_VERDICT_NOT_COMPARABLE] = 2, [MB_VERDICT_BETTER] = 3,
		[MB_VERDICT_SAME] = 4,
	};

	return order[verdict];
}

/* By verdict, the largest change first, then by name. */
static int compare(const void *one, const void *other)
{
	const struct mb_comparison_row *a = one, *b = other;
	double x = fabs(log(a->finding.ratio)), y = fabs(log(b->finding.ratio));
	int order = urgency(a->finding.verdict) - urgency(b->finding.verdict);

	if (order)
		return order;
	if (isnan(x) != isnan(y))
		return isnan(x) ? 1 : -1;
	if (x > y || x < y)
		return x > y ? -1 : 1;
	order = strcmp(a->name, b->name);
	if (order)
		return order;
	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	return (a->side > b->side) - (a->side < b->side);
}

int mb_comparison_finish(struct mb_comparison *comparison)
{
	MB_FREE struct mb_finding **findings = NULL;

	if (!comparison)
		return -ENOMEM;
	if (comparison->error || !comparison->nr_rows)
		return comparison->error;
	findings = calloc(comparison->nr_rows, sizeof(*findings));
	if (!findings)
		return comparison->error = -ENOMEM;
	for (size_t i = 0; i < comparison->nr_rows; i++)
		findings[i] = &comparison->rows[i].finding;
	comparison->error = mb_judge_holm(findings, comparison->nr_rows, comparison->confidence);
	qsort(comparison->rows, comparison->nr_rows, sizeof(*comparison->rows), compare);
	return comparison->error;
}

size_t mb_comparison_count(const struct mb_comparison *comparison, enum mb_verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < comparison->nr_rows; i++)
		count += comparison->rows[i].finding.verdict == verdict;
	return count;
}

bool mb_comparison_doubtful(const struct mb_comparison *comparison,
			    const struct mb_comparison_row *row)
{
	enum mb_verdict verdict = row->finding.verdict;

	return comparison->unfit && !row->finding.exact &&
	       (verdict == MB_VERDICT_WORSE || verdict == MB_VERDICT_INCONCLUSIVE);
}

int mb_comparison_status(const struct mb_comparison *comparison)
{
	size_t worse = 0, open = 0, doubtful = 0;

	for (size_t i = 0; i < comparison->nr_rows; i++) {
		const struct mb_comparison_row *row = &comparison->rows[i];
		enum mb_verdict verdict = row->finding.verdict;

		if (mb_comparison_doubtful(comparison, row))
			doubtful++;
		else if (verdict == MB_VERDICT_WORSE)
			worse++;
		else if (verdict != MB_VERDICT_SAME && verdict != MB_VERDICT_BETTER)
			open++;
	}
	if (worse)
		return 1;
	if (doubtful || (comparison->unfit && !comparison->nr_rows))
		return 4;
	return open || !comparison->nr_rows ? 3 : 0;
}
