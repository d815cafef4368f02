/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/comparison.h"

static void add(struct mb_comparison *comparison, const char *name, enum mb_verdict verdict,
		double ratio, double p)
{
	struct mb_comparison_row *row =
		mb_comparison_add_row(comparison, 1, name, &mb_metrics.rows[MB_METRIC_WALL_NS]);

	assert_non_null(row);
	row->finding.verdict = verdict;
	row->finding.ratio = ratio;
	row->finding.p = p;
}

static struct mb_comparison *two_sides(void)
{
	struct mb_comparison *comparison = mb_comparison_new("compare");

	mb_comparison_add_side(comparison, "a.json", NULL, 1);
	mb_comparison_add_side(comparison, "b.json", NULL, 1);
	return comparison;
}

/* The exit status for each mixture of verdicts, on a host that can judge and on one that cannot. */
static void test_status(void **state)
{
	static const struct {
		enum mb_verdict verdicts[2];
		int fit, unfit;
	} rows[] = {
		{{MB_VERDICT_SAME, MB_VERDICT_SAME}, 0, 0},
		{{MB_VERDICT_SAME, MB_VERDICT_BETTER}, 0, 0},
		{{MB_VERDICT_SAME, MB_VERDICT_WORSE}, 1, 4},
		{{MB_VERDICT_WORSE, MB_VERDICT_INCONCLUSIVE}, 1, 4},
		{{MB_VERDICT_SAME, MB_VERDICT_INCONCLUSIVE}, 3, 4},
		{{MB_VERDICT_NOT_COMPARABLE, MB_VERDICT_BETTER}, 3, 3},
		{{MB_VERDICT_NOT_COMPARABLE, MB_VERDICT_WORSE}, 1, 4},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_comparison *comparison = two_sides();

		add(comparison, "a", rows[i].verdicts[0], 1, NAN);
		add(comparison, "b", rows[i].verdicts[1], 1, NAN);
		assert_int_equal(mb_comparison_finish(comparison), 0);
		assert_int_equal(mb_comparison_status(comparison), rows[i].fit);
		mb_comparison_set_unfit(comparison, "another program runs");
		assert_int_equal(mb_comparison_status(comparison), rows[i].unfit);
		mb_comparison_free(comparison);
	}
}

/* Nothing to compare is no success. */
static void test_empty(void **state)
{
	struct mb_comparison *comparison = two_sides();

	assert_int_equal(mb_comparison_finish(comparison), 0);
	assert_int_equal(mb_comparison_status(comparison), 3);
	mb_comparison_set_unfit(comparison, "no counter counts");
	assert_int_equal(mb_comparison_status(comparison), 4);
	mb_comparison_free(comparison);
	mb_comparison_free(NULL);
}

/* What is counted does not depend on how busy the host is. */
static void test_exact_on_unfit(void **state)
{
	struct mb_comparison *comparison = two_sides();

	add(comparison, "time", MB_VERDICT_WORSE, 1.2, 0.001);
	add(comparison, "instructions", MB_VERDICT_WORSE, 1.1, NAN);
	mb_comparison_set_unfit(comparison, "another program runs");
	assert_int_equal(mb_comparison_finish(comparison), 0);
	assert_int_equal(mb_comparison_status(comparison), 4);
	comparison->rows[1].finding.exact = true;
	assert_int_equal(mb_comparison_status(comparison), 1);
	mb_comparison_free(comparison);
}

/* Worst first, and p is corrected for the rows tested alone. */
static void test_finish(void **state)
{
	struct mb_comparison *comparison = two_sides();

	add(comparison, "same", MB_VERDICT_SAME, 1, 0.5);
	add(comparison, "a little", MB_VERDICT_WORSE, 1.1, 0.001);
	add(comparison, "not sure", MB_VERDICT_WORSE, 1.3, 0.03);
	add(comparison, "missing", MB_VERDICT_NOT_COMPARABLE, NAN, NAN);
	add(comparison, "a lot", MB_VERDICT_WORSE, 1.2, 0.001);
	assert_int_equal(mb_comparison_finish(comparison), 0);
	assert_string_equal(comparison->rows[0].name, "a lot");
	assert_string_equal(comparison->rows[1].name, "a little");
	assert_true(comparison->rows[1].finding.p_holm == 0.004);
	assert_int_equal(comparison->rows[2].finding.verdict, MB_VERDICT_INCONCLUSIVE);
	assert_true(comparison->rows[2].finding.p_holm == 0.06);
	assert_string_equal(comparison->rows[4].name, "same");
	mb_comparison_free(comparison);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_exact_on_unfit),
		cmocka_unit_test(test_finish),
	};

	return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
