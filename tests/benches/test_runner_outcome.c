/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/runner_outcome.h"
#include "core/base/align.h"

static const double samples[][3] = {{10, 20, 30}, {40, 50, 60}};
static const struct mb_runner_rep reps[] = {
	{.samples_ns = samples[0], .nr_samples = 3, .median_ns = 20, .counters = {1, 5}},
	{.samples_ns = samples[1], .nr_samples = 3, .median_ns = 50, .counters = {3, 5}},
};

static struct mb_bench_counter counters[2];

static struct mb_runner_result filled(const struct mb_bench *row, bool no_rates)
{
	struct mb_runner_result result = {.row = row,
					  .name = row->name,
					  .status = MB_RUNNER_OK,
					  .reps = reps,
					  .nr_reps = 2,
					  .pages = 7,
					  .ops = 5,
					  .bytes = 70,
					  .no_rates = no_rates,
					  .counters = counters,
					  .nr_counters = 2};

	counters[0].name = "a";
	counters[1].name = "b";
	assert_int_equal(mb_runner_outcome_fill(&result, counters), 0);
	return result;
}

static bool is(double value, double expected)
{
	return fabs(value - expected) < 1e-9 * expected;
}

/* A repetition is one value: its median round, and its counters. One alone is as many as it has rounds. */
static void test_fill(void **state)
{
	static const struct mb_bench row = {.name = "row"};
	struct mb_runner_result result = filled(&row, false);

	assert_int_equal(result.time_ns.count, 2);
	assert_true(is(result.time_ns.median, 35));
	assert_true(is(result.spread, result.time_ns.mad / 35));
	assert_true(is(result.ns_per_page, 5));
	assert_true(is(result.ns_per_op, 7));
	assert_true(is(result.bytes_per_s, 2e9));
	assert_true(is(result.counters[0].value, 2));
	assert_true(is(result.counters[1].value, 5));
	assert_false(result.has_goal);
	assert_true(filled(&row, true).bytes_per_s == 0);
	result.nr_reps = 1;
	assert_int_equal(mb_runner_outcome_fill(&result, counters), 0);
	assert_int_equal(result.time_ns.count, 3);
	assert_true(is(result.time_ns.median, 20));
}

static void test_goal(void **state)
{
	static const struct {
		const char *goal;
		double max;
		bool has, met;
	} rows[] = {
		{"ns", 35, true, true},  {"ns", 34.9, true, false},    {"b", 5, true, true},
		{"b", 4.9, true, false}, {"nothing", 9, false, false},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		const struct mb_bench row = {
			.name = "row", .goal = rows[i].goal, .goal_max = rows[i].max};
		struct mb_runner_totals totals = {0};
		struct mb_runner_result result = filled(&row, false);

		assert_int_equal(result.has_goal, rows[i].has);
		assert_int_equal(result.goal_met, rows[i].met);
		mb_runner_outcome_count(&totals, &result, false);
		assert_int_equal(totals.goals, rows[i].has);
		assert_int_equal(totals.goals_met, rows[i].met);
	}
}

/* The shortest round is one that the runner's clock measures, and of a row that came to an end. */
static void test_overhead(void **state)
{
	static const struct mb_bench empty = {.name = "empty", .is_empty = true},
				     row = {.name = "row"};
	static const struct {
		double ns;
		enum mb_runner_status status;
		bool own_clock;
	} rows[] = {
		{5000, MB_RUNNER_OK, false},     {3000, MB_RUNNER_OK, false},
		{4000, MB_RUNNER_OK, false},     {1000, MB_RUNNER_OK, true},
		{500, MB_RUNNER_SKIPPED, false}, {0, MB_RUNNER_ERROR, false},
	};

	for (int slow = 0; slow < 2; slow++) {
		struct mb_runner_totals totals = {0};
		struct mb_runner_result result = {.row = &empty, .name = "empty"};

		mb_runner_outcome_judge_overhead(&totals);
		assert_int_equal(totals.goals, 0);
		result.time_ns.median = slow ? 31 : 30;
		mb_runner_outcome_count(&totals, &result, false);
		for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
			result = (struct mb_runner_result){
				.row = &row, .name = "row", .status = rows[i].status};
			result.time_ns.median = rows[i].ns;
			mb_runner_outcome_count(&totals, &result, rows[i].own_clock);
		}
		mb_runner_outcome_judge_overhead(&totals);
		assert_true(totals.shortest_ns == 3000);
		assert_string_equal(totals.shortest, "row");
		assert_int_equal(totals.ok, 5);
		assert_int_equal(totals.skipped, 1);
		assert_int_equal(totals.errors, 1);
		assert_int_equal(totals.goals, 1);
		assert_int_equal(totals.goals_met, !slow);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_goal),
		cmocka_unit_test(test_overhead),
	};

	return cmocka_run_group_tests_name("runner_outcome", tests, NULL, NULL);
}
