/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/writer.h"

static void test_golden(void **state)
{
	assert_golden_sample(mb_write_otava, "sample.otava.csv");
}

static void test_new_metric(void **state)
{
	assert_new_metric(mb_write_otava, 77, ",total/first_allocation widgets_per_hour\r\n",
			  ",77\r\n");
}

static struct mb_result *result_at(const char *when, const char *name, double ns)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_result_set(result, MB_RESULT_STARTED_UTC, when);
	mb_result_add_fact(result, "revision", *name == 'l' ? "2f0c" : NULL, NULL);
	mb_result_run_set(mb_result_add_run(result, MB_RUN_BENCH, "always"), MB_METRIC_WALL_NS, 0,
			  ns);
	mb_result_run_set(mb_result_add_run(result, MB_RUN_BENCH, name), MB_METRIC_WALL_NS, 0, 1);
	return result;
}

/* In the order of time, and only with what every result has: no number is missing. */
static void test_history(void **state)
{
	struct mb_result *late = result_at("2026-01-03T00:00:00Z", "late", 3);
	struct mb_result *early = result_at("2026-01-01T00:00:00Z", "early", 1);
	const struct mb_result *results[] = {late, early};
	char *text = written_all(mb_write_otava, results, 2);

	assert_string_equal(
		text,
		"time,commit,host,tool_version,machine_hash,kernel_profile,policy,result_status,"
		"always wall_ns\r\n"
		"2026-01-01T00:00:00Z,,,,,,,complete,1\r\n"
		"2026-01-03T00:00:00Z,2f0c,,,,,,complete,3\r\n");
	free(text);
	mb_result_free(late);
	mb_result_free(early);
}

/* Python's reader: as many cells in each record, numbers where a number is due, no name twice. */
static void test_hostile(void **state)
{
	struct mb_rng rng = {seed()};

	for (size_t i = 0; i < 20; i++) {
		struct mb_result *result = random_result(&rng);
		const struct mb_result *results[] = {result, result};
		FILE *python = popen("python3 -c 'import csv, sys\n"
				     "head, *rows = csv.reader(sys.stdin, strict=True)\n"
				     "assert len(rows) == 2 and len(set(head)) == len(head), head\n"
				     "for row in rows:\n"
				     "  assert len(row) == len(head), row\n"
				     "  [float(cell) for cell in row[8:]]'",
				     "w");

		assert_non_null(python);
		assert_int_equal(mb_write_otava(results, 2, python), 0);
		assert_int_equal(pclose(python), 0);
		mb_result_free(result);
	}
}

static void test_full(void **state)
{
	assert_reports_full(mb_write_otava);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),  cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_history), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("write_otava", tests, NULL, NULL);
}
