/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/counter.h"

/* A stuck event leaves its metric to the next that tells it. */
static struct mb_result *sample(void)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_result_add_counter(result, "stuck", NULL, "does not count");
	mb_result_add_counter(result, "cpu_cycles", "libpfm4, user mode", NULL);
	mb_result_add_counter(result, "cycles", "generic, user mode", NULL);
	mb_result_add_counter(result, "r003", "libpfm4, user mode", NULL);
	for (size_t i = 0; i < 3; i++)
		mb_counter_set_metric(result, i, MB_METRIC_CYCLES);
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

static void test_metrics(void **state)
{
	struct mb_result *result = sample();

	(void)state;
	assert_int_equal(mb_counter_of_metric(result, MB_METRIC_CYCLES), 1);
	assert_int_equal(mb_counter_of_metric(result, MB_METRIC_WALL_NS), -ENOENT);
	assert_int_equal(mb_counter_of_metric(result, -1), -ENOENT);
	assert_ptr_equal(mb_counter_metric(result, 2), &result->metrics->rows[MB_METRIC_CYCLES]);
	assert_null(mb_counter_metric(result, 3));
	mb_counter_set_metric(result, 2, -1);
	assert_null(mb_counter_metric(result, 2));
	assert_int_equal(mb_result_error(result), 0);
	mb_counter_set_metric(result, 4, -1);
	assert_int_equal(mb_result_error(result), -EINVAL);
	mb_result_free(result);
	result = sample();
	mb_counter_set_metric(result, 0, MB_NR_METRICS);
	assert_int_equal(mb_result_error(result), -EINVAL);
	mb_result_free(result);
}

/* A count is also its metric's figure when nobody else's is. */
static void test_set(void **state)
{
	struct mb_result *result = sample();
	struct mb_run *run = mb_result_add_run(result, MB_RUN_STAGE, "stage");

	(void)state;
	mb_counter_set(run, 2, 0, 77, 1);
	assert_int_equal(run->metrics[MB_METRIC_CYCLES].count, 0);
	mb_counter_set(run, 1, 0, 55, 0.5);
	mb_counter_set(run, 3, 0, 33, 1);
	mb_counter_set(NULL, 1, 0, 5, 1);
	assert_true(run->metrics[MB_METRIC_CYCLES].values[0] == 55);
	assert_true(run->counts[1].values.values[0] == 55 &&
		    run->counts[1].shares.values[0] == 0.5);
	assert_true(run->counts[2].values.values[0] == 77 && run->counts[3].values.values[0] == 33);
	assert_int_equal(mb_result_error(result), 0);
	mb_counter_set(run, 4, 0, 1, 1);
	assert_int_equal(mb_result_error(result), -EINVAL);
	mb_result_free(result);
}

static void test_headings(void **state)
{
	struct mb_result *result = sample();

	(void)state;
	assert_string_equal(mb_counter_heading(result, MB_METRIC_CYCLES, "cycles"), "cpu_cycles");
	assert_string_equal(mb_counter_heading(result, MB_METRIC_CYCLES, "Cycles"), "Cycles");
	assert_string_equal(mb_counter_heading(result, MB_METRIC_IPC, "cycles"), "cycles");
	mb_result_free(result);
}

static void test_estimated(void **state)
{
	struct mb_result *result = sample();
	struct mb_run *run = mb_result_add_run(result, MB_RUN_STAGE, "x");

	(void)state;
	assert_false(mb_counter_is_estimated(run, 1));
	mb_result_run_set_count(run, 1, 0, 5, 1);
	mb_result_run_set_count(run, 2, 0, 5, 1);
	mb_result_run_set_count(run, 2, 3, 5, 0.5);
	assert_false(mb_counter_is_estimated(run, 1));
	assert_true(mb_counter_is_estimated(run, 2));
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_headings),
		cmocka_unit_test(test_estimated),
	};

	return cmocka_run_group_tests_name("counter", tests, NULL, NULL);
}
