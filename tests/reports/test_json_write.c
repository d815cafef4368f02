/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/written.h"
#include "reports/counter.h"
#include "reports/json.h"

static void test_golden(void **state)
{
	assert_golden_sample(mb_json_write, "sample.json");
}

static void test_empty(void **state)
{
	struct mb_result *result = mb_result_new(NULL), *back = NULL;
	char *text = written(mb_json_write, result);

	assert_int_equal(mb_json_read(text, strlen(text), NULL, NULL, &back), 0);
	assert_int_equal(back->nr_runs, 0);
	mb_result_free(back);
	mb_result_free(result);
	free(text);
}

/* A new row in the metric table is all that a new metric takes. */
static void test_new_metric(void **state)
{
	struct more_metrics more;
	struct mb_result *result;
	char *text;

	more_metrics_init(&more);
	result = sample_result(&more.table);
	mb_result_run_set(result->runs[0], MB_NR_METRICS, 0, 77);
	text = written(mb_json_write, result);
	assert_non_null(strstr(
		text, "{\"key\": \"widgets_per_hour\", \"label\": \"widgets\", \"unit\": \"1/h\", "
		      "\"better\": \"higher\"}"));
	assert_non_null(strstr(text, "\"widgets_per_hour\": [77]"));
	free(text);
	mb_result_free(result);
}

/* Numbers are JSON numbers: no NaN, no infinity; whole ones without a fraction. */
static void test_numbers(void **state)
{
	static const double numbers[] = {1, NAN, 0.5, -0.0, 0x1p53, 1e300};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "x");
	char *text;

	for (size_t i = 0; i < MB_ARRAY_SIZE(numbers); i++)
		mb_result_run_set(run, MB_METRIC_RATIO, i, numbers[i]);
	text = written(mb_json_write, result);
	assert_non_null(
		strstr(text, "[1, null, 0.5, -0.0, 9007199254740992, 1.0000000000000001e300]"));
	free(text);
	mb_result_free(result);
}

/* Shares stand there only for what was estimated. */
static void test_counts(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;
	char *text;

	mb_result_add_counter(result, "cycles", "generic, user mode", NULL);
	mb_result_add_counter(result, "stores", "generic, user mode", NULL);
	mb_result_add_counter(result, "remote", NULL, "no PMU");
	mb_counter_set_metric(result, 0, MB_METRIC_CYCLES);
	run = mb_result_add_run(result, MB_RUN_STAGE, "x");
	mb_result_run_set_count(run, 0, 0, 1000, 1);
	mb_result_run_set_count(run, 1, 1, 500, 0.5);
	mb_result_run_set_uncounted(run, 0, "its turn never came");
	text = written(mb_json_write, result);
	assert_non_null(
		strstr(text, "{\"name\": \"remote\", \"value\": null, \"reason\": \"no PMU\"}"));
	assert_non_null(strstr(text, "\"value\": \"generic, user mode\", \"metric\": \"cycles\"}"));
	assert_non_null(strstr(text, "\"counts\": {\"cycles\": [1000], \"stores\": [null, 500]}, "
				     "\"count_shares\": {\"stores\": [null, 0.5]}, "
				     "\"count_reasons\": {\"cycles\": \"its turn never came\"}}"));
	free(text);
	mb_result_free(result);
}

static void test_full(void **state)
{
	assert_reports_full(mb_json_write);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),     cmocka_unit_test(test_empty),
		cmocka_unit_test(test_new_metric), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_counts),     cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
