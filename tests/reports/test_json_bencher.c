/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/json.h"

static void test_golden(void **state)
{
	assert_golden_sample(mb_json_bencher, "sample.bmf.json");
}

static void test_new_metric(void **state)
{
	assert_new_metric(mb_json_bencher, 77, "\"widgets-per-hour\": {\"value\": 77}", "");
}

/* The bounds are the median's interval; what is no figure of merit is not there. */
static void test_bounds(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "x");
	char *text;

	for (size_t i = 0; i < 9; i++) {
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, (double)i);
		mb_result_run_set(run, MB_METRIC_PAGES, i, 5);
	}
	text = written(mb_json_bencher, result);
	assert_string_equal(text, "{\n\"x\": {\"latency\": {\"value\": 4, \"lower_value\": 1, "
				  "\"upper_value\": 7}}\n}\n");
	free(text);
	mb_result_free(result);
}

/* Python's reader takes it, each benchmark once; every value is a number. */
static void test_hostile(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *results[] = {result};
	FILE *python;

	for (size_t i = 0; i < 2 * MB_ARRAY_SIZE(hostile); i++) {
		struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH,
						       hostile[i % MB_ARRAY_SIZE(hostile)]);

		mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 1.5);
		mb_result_run_set(run, MB_METRIC_BYTES_PER_SECOND, 0, NAN);
	}
	python = popen(
		"python3 -c 'import json, sys\n"
		"def no(x): raise ValueError(x)\n"
		"def once(pairs):\n"
		"  assert len(dict(pairs)) == len(pairs), pairs\n"
		"  return dict(pairs)\n"
		"d = json.load(sys.stdin, parse_constant=no, object_pairs_hook=once)\n"
		"assert all(n and m == {\"latency\": {\"value\": 1.5}} for n, m in d.items()), d\n"
		"sys.exit(0 if len(d) == 17 else 1)'",
		"w");
	assert_non_null(python);
	assert_int_equal(mb_json_bencher(results, 1, python), 0);
	assert_int_equal(pclose(python), 0);
	mb_result_free(result);
}

static void test_full(void **state)
{
	assert_reports_full(mb_json_bencher);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden), cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("json_bencher", tests, NULL, NULL);
}
