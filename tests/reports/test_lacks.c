/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/lacks.h"
#include "tests/reports/sample.h"

static struct mb_result *with(enum mb_run_kind kind, const char *name, enum mb_metric_id metric)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, kind, name);

	mb_result_run_set(run, metric, 0, NAN);
	mb_result_run_set(run, metric, 1, 5);
	return result;
}

static void test_kinds(void **state)
{
	/* Which of them take it. */
	static const struct {
		enum mb_run_kind kind;
		enum mb_metric_id metric;
		bool times, figures, tracked, timeline;
	} rows[] = {
		{MB_RUN_STAGE, MB_METRIC_WALL_NS, true, true, true, true},
		{MB_RUN_TOTAL, MB_METRIC_WALL_NS, true, true, true, false},
		{MB_RUN_WORKER, MB_METRIC_WALL_NS, false, false, false, true},
		{MB_RUN_FACT, MB_METRIC_WALL_NS, false, false, false, false},
		{MB_RUN_BENCH, MB_METRIC_PAGES, false, true, false, false},
		{MB_RUN_BENCH, MB_METRIC_PAGE_FAULTS, false, true, true, false},
		{MB_RUN_BENCH, MB_METRIC_ROUNDS, false, false, false, false},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_result *result = with(rows[i].kind, "x", rows[i].metric);
		const struct mb_result *one = result;

		assert_true(!mb_lacks_times(&one, 1) == rows[i].times);
		assert_true(!mb_lacks_figures(&one, 1) == rows[i].figures);
		assert_true(!mb_lacks_tracked(&one, 1) == rows[i].tracked);
		assert_true(!mb_lacks_timeline(&one, 1) == rows[i].timeline);
		assert_true(!mb_lacks_common(&one, 1) == rows[i].tracked);
		assert_null(mb_lacks_runs(&one, 1));
		assert_non_null(mb_lacks_matrix(&one, 1));
		mb_result_free(result);
	}
}

/* What one has is enough for a list of results, but not for a table of them. */
static void test_several(void **state)
{
	struct mb_result *a = with(MB_RUN_STAGE, "x", MB_METRIC_WALL_NS);
	struct mb_result *b = with(MB_RUN_STAGE, "y", MB_METRIC_WALL_NS);
	struct mb_result *none = mb_result_new(NULL);
	const struct mb_result *same[] = {a, a}, *mixed[] = {a, b}, *half[] = {none, a};

	assert_null(mb_lacks_common(same, 2));
	assert_string_equal(mb_lacks_common(mixed, 2), "a figure that all of them have");
	assert_non_null(mb_lacks_common(half, 2));
	assert_null(mb_lacks_times(half, 2));
	assert_null(mb_lacks_runs(half, 2));
	assert_non_null(mb_lacks_runs(half, 1));
	mb_result_free(a);
	mb_result_free(b);
	mb_result_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
