/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_REPORTS_COMPARISON_CASE_H
#define MB_TESTS_REPORTS_COMPARISON_CASE_H

#include <errno.h>

#include "reports/comparison_text.h"
#include "reports/comparison_writer.h"
#include "tests/reports/hostile.h"

/* Comparisons that the tests of several writers share. */

static inline struct mb_comparison_row *case_row(struct mb_comparison *comparison, const char *name,
						 int metric, enum mb_verdict verdict, double ratio)
{
	struct mb_comparison_row *row =
		mb_comparison_add_row(comparison, 1, name, &mb_metrics.rows[metric]);
	double base = 1000, now = 1000 * ratio;

	assert_non_null(row);
	if (verdict == MB_VERDICT_NOT_COMPARABLE)
		return row;
	mb_comparison_set_samples(comparison, row, &base, 1, &now, 1);
	row->finding = (struct mb_finding){
		.verdict = verdict,
		.ratio = ratio,
		.low = ratio - 0.03,
		.high = ratio + 0.03,
		.p = 0.0001,
		.p_holm = 0.0001,
		.bar = 0.05,
		.noise = NAN,
		.samples = 12,
		.more = verdict == MB_VERDICT_INCONCLUSIVE ? 7 : 0,
	};
	if (verdict == MB_VERDICT_INCONCLUSIVE)
		snprintf(row->finding.why, sizeof(row->finding.why),
			 "the interval reaches over the bar");
	return row;
}

/* One row of each verdict, and one that was counted; no name is another's part. */
static inline struct mb_comparison *case_comparison(void)
{
	struct mb_comparison *comparison = mb_comparison_new("compare");
	struct mb_comparison_row *row;

	mb_comparison_add_side(comparison, "base.json", NULL, 1);
	mb_comparison_add_side(comparison, "new.json", NULL, 1);
	case_row(comparison, "alpha", MB_METRIC_WALL_NS, MB_VERDICT_WORSE, 1.2);
	case_row(comparison, "bravo", MB_METRIC_WALL_NS, MB_VERDICT_BETTER, 0.8);
	case_row(comparison, "charlie", MB_METRIC_WALL_NS, MB_VERDICT_SAME, 1);
	case_row(comparison, "delta", MB_METRIC_WALL_NS, MB_VERDICT_INCONCLUSIVE, 1.05);
	row = case_row(comparison, "echo", MB_METRIC_WALL_NS, MB_VERDICT_NOT_COMPARABLE, 1);
	mb_judge_refuse(&row->finding, "not in %s", "new.json");
	row = case_row(comparison, "foxtrot", MB_METRIC_INSTRUCTIONS, MB_VERDICT_WORSE, 1.01);
	row->finding.low = row->finding.high = row->finding.p = row->finding.p_holm = NAN;
	row->finding.bar = 0;
	row->finding.exact = true;
	mb_comparison_set_label(comparison, row, "fox");
	mb_comparison_note(comparison, "a note");
	assert_int_equal(mb_comparison_finish(comparison), 0);
	return comparison;
}

/* Hostile texts wherever a text may be. */
static inline struct mb_comparison *case_hostile(void)
{
	struct mb_comparison *comparison = mb_comparison_new("compare");

	mb_comparison_add_side(comparison, hostile[1], NULL, 1);
	for (size_t i = 0; i < MB_ARRAY_SIZE(hostile); i++) {
		struct mb_result *result = mb_result_new(NULL);
		struct mb_comparison_row *row;

		mb_result_add_fact(result, "cpu_model", hostile[i], NULL);
		mb_result_add_fact(result, "kernel", hostile[i], NULL);
		mb_result_add_fact(result, "compiler", hostile[i], NULL);
		mb_comparison_add_side(comparison, hostile[i], result, 1);
		mb_result_free(result);
		row = case_row(comparison, hostile[i], MB_METRIC_WALL_NS,
			       i % 2 ? MB_VERDICT_NOT_COMPARABLE : MB_VERDICT_WORSE, 1.2);
		row->side = i + 1;
		if (i % 2)
			mb_judge_refuse(&row->finding, "%s", hostile[i]);
		mb_comparison_note(comparison, hostile[i]);
	}
	mb_comparison_set_unfit(comparison, hostile[3]);
	assert_int_equal(mb_comparison_finish(comparison), 0);
	return comparison;
}

/* What a writer makes of it; the caller frees it. */
static __attribute__((noinline, unused)) char *case_written(mb_comparison_writer_fn *write,
							    const struct mb_comparison *comparison)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	assert_non_null(file);
	assert_int_equal(write(comparison, file), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(strlen(text), length);
	return text;
}

/* A program of Python's that reads what a writer makes; what it prints is shown, and its status has to be 0. */
static inline void case_python(const char *program, mb_comparison_writer_fn *write,
			       const struct mb_comparison *comparison)
{
	char command[4096];
	FILE *python;

	assert_true(snprintf(command, sizeof(command), "python3 -c '%s'", program) < 4096);
	python = popen(command, "w");
	assert_non_null(python);
	assert_int_equal(write(comparison, python), 0);
	assert_int_equal(pclose(python), 0);
}

/* A device that is full is an error. */
static inline void case_full(mb_comparison_writer_fn *write)
{
	struct mb_comparison *comparison = case_comparison();
	FILE *file = fopen("/dev/full", "w");

	assert_non_null(file);
	setvbuf(file, NULL, _IONBF, 0);
	assert_int_equal(write(comparison, file), -EIO);
	fclose(file);
	mb_comparison_free(comparison);
}

#endif
