/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/counter.h"
#include "reports/writer.h"

static void test_golden(void **state)
{
	assert_golden_sample(mb_write_text, "sample.txt");
}

static void test_new_metric(void **state)
{
	assert_new_metric(mb_write_text, 777777, "widgets\n",
			  "777\xe2\x80\xaf"
			  "777\n");
}

/* Events are listed with why they do not count; those that do are the last columns, estimates marked. */
static void test_counters(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;
	char *text;

	mb_result_add_counter(result, "r003", "libpfm4, user mode", NULL);
	mb_result_add_counter(result, "r004", NULL, "no PMU");
	run = mb_result_add_run(result, MB_RUN_STAGE, "x");
	mb_result_run_set_count(run, 0, 0, 40, 0.5);
	run = mb_result_add_run(result, MB_RUN_STAGE, "y");
	mb_result_run_set_uncounted(run, 0, "too many open files");
	text = written(mb_write_text, result);
	assert_non_null(strstr(text, "\ncounters\n"));
	assert_non_null(strstr(text, "  r004  unknown: no PMU\n"));
	assert_non_null(strstr(text, "  not counted in 1 of 2 rows: r003: too many open files\n"));
	assert_non_null(strstr(text, "  name  n  r003\n"));
	assert_non_null(strstr(text, "  x     1   ~40\n"));
	assert_non_null(strstr(text, "  y     0\n"));
	free(text);
	mb_result_free(result);
}

/*
 * The event behind a metric is no column of its own, and its estimates are marked there; another event of the metric is
 * shown in the metric's unit, and no two headings are alike.
 */
static void test_metric_columns(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;
	char *text;

	mb_result_add_counter(result, "inst_retired", "libpfm4, user mode", NULL);
	mb_result_add_counter(result, "instructions", "generic, user mode", NULL);
	mb_result_add_counter(result, "task-clock", "software, user mode", NULL);
	mb_result_add_counter(result, "cpu-clock", "software, user mode", NULL);
	for (size_t i = 0; i < 4; i++)
		mb_counter_set_metric(result, i,
				      i < 2 ? MB_METRIC_INSTRUCTIONS : MB_METRIC_TASK_CLOCK_NS);
	run = mb_result_add_run(result, MB_RUN_STAGE, "x");
	for (size_t i = 0; i < 4; i++)
		mb_result_run_set_count(run, i, 0, 4000 + (double)i, i ? 1 : 0.5);
	mb_result_run_set(run, MB_METRIC_INSTRUCTIONS, 0, 4000);
	mb_result_run_set(run, MB_METRIC_TASK_CLOCK_NS, 0, 4002);
	text = written(mb_write_text, result);
	assert_non_null(
		strstr(text, "  name  n  inst_retired  CPU time  instructions  cpu-clock\n"));
	assert_non_null(strstr(text, "  x     1        ~4\xe2\x80\xaf"
				     "000   4.00 µs         4\xe2\x80\xaf"
				     "001    4.00 µs\n"));
	free(text);
	mb_result_free(result);
}

/* No control byte but the line feed, no trailing space, whatever the texts are. */
static void test_hostile(void **state)
{
	struct mb_rng rng = {seed()};

	for (size_t round = 0; round < 200; round++) {
		struct mb_result *result = random_result(&rng);
		char *text = written(mb_write_text, result);

		for (const char *at = text; *at; at++)
			assert_true(*at == '\n' || ((unsigned char)*at >= 0x20 && *at != 0x7f));
		free(text);
		mb_result_free(result);
	}
}

static void test_full(void **state)
{
	assert_reports_full(mb_write_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),   cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_counters), cmocka_unit_test(test_metric_columns),
		cmocka_unit_test(test_hostile),  cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("write_text", tests, NULL, NULL);
}
