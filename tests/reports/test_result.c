/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/reports/hostile.h"
#include "reports/text.h"

static void test_empty(void **state)
{
	struct mb_result *result = mb_result_new(NULL);

	assert_ptr_equal(result->metrics, &mb_metrics);
	assert_int_equal(result->status, MB_RESULT_COMPLETE);
	assert_int_equal(mb_result_error(result), 0);
	mb_result_free(result);
	mb_result_free(NULL);
}

/* Samples may come in any order; what was never set is missing, as are infinities. */
static void test_samples(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_STAGE, "x");
	const struct mb_samples *samples = &run->metrics[MB_METRIC_PAGES];

	assert_int_equal(mb_result_run_repetitions(run), 0);
	mb_result_run_set(run, MB_METRIC_PAGES, 3, 30);
	mb_result_run_set(run, MB_METRIC_PAGES, 1, 10);
	mb_result_run_set(run, MB_METRIC_PAGES, 2, INFINITY);
	mb_result_run_set(run, MB_METRIC_BYTES, 5, 1);
	assert_int_equal(samples->count, 4);
	assert_true(isnan(samples->values[0]) && isnan(samples->values[2]));
	assert_true(samples->values[1] == 10 && samples->values[3] == 30);
	assert_int_equal(mb_result_run_repetitions(run), 6);
	assert_int_equal(mb_result_error(result), 0);
	mb_result_free(result);
}

/* A wrong metric or repetition is remembered, and nothing is written out of bounds. */
static void test_bad_sample(void **state)
{
	static const struct {
		int metric;
		size_t repetition;
	} rows[] = {{-1, 0}, {MB_NR_METRICS, 0}, {0, MB_RUN_MAX_REPETITION}, {0, SIZE_MAX}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_result *result = mb_result_new(NULL);
		struct mb_run *run = mb_result_add_run(result, MB_RUN_STAGE, "x");

		mb_result_run_set(run, rows[i].metric, rows[i].repetition, 1);
		assert_int_equal(mb_result_error(result), -EINVAL);
		assert_null(mb_result_add_run(result, MB_RUN_STAGE, "y"));
		assert_int_equal(result->nr_runs, 1);
		mb_result_free(result);
	}
}

static void test_counts(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run, *other;

	mb_result_add_counter(result, "cycles", "generic, user mode", NULL);
	mb_result_add_counter(result, "stores", NULL, "no PMU");
	assert_int_equal(mb_result_counter_find(result, "stores"), 1);
	assert_int_equal(mb_result_counter_find(result, "store"), -ENOENT);
	run = mb_result_add_run(result, MB_RUN_STAGE, "x");
	other = mb_result_add_run(result, MB_RUN_STAGE, "y");
	assert_null(run->counts);
	mb_result_run_set_count(run, 0, 1, 5, 0.5);
	mb_result_run_set_count(run, 0, 2, NAN, 0.5);
	mb_result_run_set_count(NULL, 0, 0, 1, 1);
	assert_int_equal(run->counts[0].values.count, 3);
	assert_true(isnan(run->counts[0].values.values[0]) &&
		    isnan(run->counts[0].shares.values[2]));
	assert_true(run->counts[0].values.values[1] == 5 && run->counts[0].shares.values[1] == 0.5);
	assert_int_equal(run->counts[1].values.count, 0);
	assert_int_equal(mb_result_run_repetitions(run), 3);
	assert_null(other->counts);
	assert_int_equal(mb_result_error(result), 0);
	mb_result_run_set_count(run, 2, 0, 1, 1);
	assert_int_equal(mb_result_error(result), -EINVAL);
	mb_result_free(result);
}

/* The list of events is complete before anything is counted, and no name is there twice. */
static void test_bad_counter(void **state)
{
	for (unsigned twice = 0; twice < 2; twice++) {
		struct mb_result *result = mb_result_new(NULL);

		mb_result_add_counter(result, "cycles", "generic", NULL);
		if (!twice)
			mb_result_run_set_count(mb_result_add_run(result, MB_RUN_STAGE, "x"), 0, 0,
						1, 1);
		assert_int_equal(mb_result_error(result), 0);
		mb_result_add_counter(result, twice ? "cycles" : "stores", "generic", NULL);
		assert_int_equal(mb_result_error(result), -EINVAL);
		assert_int_equal(result->counters.count, 1);
		mb_result_free(result);
	}
}

static void test_null_run(void **state)
{
	mb_result_run_set(NULL, 0, 0, 0);
	mb_result_run_set_arg(NULL, "a", "b");
	mb_result_run_set_model(NULL, "a");
	mb_result_run_set_placement(NULL, "a");
	mb_result_run_set_status(NULL, MB_RUN_OK, NULL);
}

/* The same identity gives the same run, in the order of adding, in the reverse order, and at random. */
static void test_find_run(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_rng rng = {seed()};
	struct mb_run *runs[40];

	for (int i = 0; i < 40; i++)
		runs[i] = mb_result_run(result, i % 2 ? MB_RUN_NODE : MB_RUN_WORKER,
					i % 4 < 2 ? "a" : "b", i / 8, i / 4 % 2);
	assert_int_equal(result->nr_runs, 40);
	for (int round = 0; round < 400; round++) {
		int i = round < 80    ? round % 40
			: round < 160 ? 39 - round % 40
				      : (int)mb_rng_below(&rng, 40);

		assert_ptr_equal(mb_result_run(result, i % 2 ? MB_RUN_NODE : MB_RUN_WORKER,
					       i % 4 < 2 ? "a" : "b", i / 8, i / 4 % 2),
				 runs[i]);
	}
	assert_int_equal(result->nr_runs, 40);
	assert_int_equal(runs[39]->node, 4);
	mb_result_free(result);
}

static void test_args(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "x");

	mb_result_run_set_arg(run, "order", "3");
	mb_result_run_set_arg(run, "policy", "eager");
	mb_result_run_set_arg(run, "order", "4");
	assert_int_equal(run->args.count, 2);
	assert_string_equal(run->args.rows[0].value, "4");
	assert_string_equal(mb_result_fact(&run->args, "policy"), "eager");
	assert_null(mb_result_fact(&run->args, "none"));
	mb_result_run_set_arg(run, NULL, "4");
	assert_int_equal(mb_result_error(result), -EINVAL);
	mb_result_free(result);
}

/* All text that goes in is UTF-8 when it is there. */
static void test_utf8(void **state)
{
	struct mb_result *result = mb_result_new(NULL);

	for (size_t i = 0; i < MB_ARRAY_SIZE(hostile); i++) {
		mb_result_add_fact(result, hostile[i], hostile[i], hostile[i]);
		for (const char *at = result->facts.rows[i].reason; *at;)
			assert_true(mb_text_next(&at) != UINT32_MAX);
	}
	mb_result_set(result, MB_RESULT_MACHINE, "a\xff");
	assert_string_equal(result->fields[MB_RESULT_MACHINE], "a\\xff");
	mb_result_set(result, MB_RESULT_MACHINE, NULL);
	assert_null(result->fields[MB_RESULT_MACHINE]);
	mb_result_free(result);
}

/* Names in files and back. */
static void test_names(void **state)
{
	for (int i = 0; i < MB_RUN_NR_KINDS; i++)
		assert_int_equal(mb_result_kind_find(mb_result_kind_name((enum mb_run_kind)i)), i);
	for (int i = 0; i < MB_RUN_NR_STATUSES; i++)
		assert_int_equal(
			mb_result_run_status_find(mb_result_run_status_name((enum mb_run_status)i)),
			i);
	for (int i = 0; i <= MB_RESULT_FAILED; i++)
		assert_int_equal(
			mb_result_status_find(mb_result_status_name((enum mb_result_status)i)), i);
	assert_int_equal(mb_result_kind_find("stages"), -ENOENT);
	for (int i = 0; i < MB_RESULT_NR_FIELDS; i++)
		assert_true(*mb_result_fields[i].key && *mb_result_fields[i].label);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),      cmocka_unit_test(test_samples),
		cmocka_unit_test(test_counts),     cmocka_unit_test(test_bad_counter),
		cmocka_unit_test(test_bad_sample), cmocka_unit_test(test_null_run),
		cmocka_unit_test(test_find_run),   cmocka_unit_test(test_args),
		cmocka_unit_test(test_utf8),       cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
