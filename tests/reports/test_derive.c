/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/derive.h"
#include "tests/reports/sample.h"

static double got(const struct mb_run *run, int metric, size_t repetition)
{
	const struct mb_samples *samples = &run->metrics[metric];

	return repetition < samples->count ? samples->values[repetition] : NAN;
}

static void test_figures(void **state)
{
	static const struct {
		int metric;
		double value;
	} given[] =
		{
			{MB_METRIC_WALL_NS, 2000},  {MB_METRIC_PAGES, 100},
			{MB_METRIC_CYCLES, 4000},   {MB_METRIC_INSTRUCTIONS, 6000},
			{MB_METRIC_LLC_MISSES, 50}, {MB_METRIC_DTLB_MISSES, 25},
			{MB_METRIC_STORES, 800},    {MB_METRIC_STALLED_CYCLES, 1000},
			{MB_METRIC_BRANCHES, 500},  {MB_METRIC_BRANCH_MISSES, 10},
		},
	  wanted[] = {
		  {MB_METRIC_IPC, 1.5},
		  {MB_METRIC_CYCLES_PER_PAGE, 40},
		  {MB_METRIC_INSTRUCTIONS_PER_PAGE, 60},
		  {MB_METRIC_STALL_PERCENT, 25},
		  {MB_METRIC_LLC_MISSES_PER_PAGE, 0.5},
		  {MB_METRIC_LLC_BYTES_PER_SECOND, 1.6e9}, /* 3200 bytes in 2 us */
		  {MB_METRIC_DTLB_MISSES_PER_PAGE, 0.25},
		  {MB_METRIC_STORES_PER_PAGE, 8},
		  {MB_METRIC_BRANCH_MISS_PERCENT, 2},
	  };
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_STAGE, "x");

	for (size_t i = 0; i < MB_ARRAY_SIZE(given); i++)
		mb_result_run_set(run, given[i].metric, 3, given[i].value);
	mb_derive_set(run, 3);
	for (size_t i = 0; i < MB_ARRAY_SIZE(wanted); i++) {
		assert_true(fabs(got(run, wanted[i].metric, 3) - wanted[i].value) <=
			    1e-12 * wanted[i].value);
		assert_true(isnan(got(run, wanted[i].metric, 2)));
	}
	assert_int_equal(mb_result_error(result), 0);
	mb_result_free(result);
}

/* Nothing follows from what is not there, and nothing is divided by 0. */
static void test_missing(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_STAGE, "x");

	mb_derive_set(run, 0);
	mb_result_run_set(run, MB_METRIC_INSTRUCTIONS, 0, 5);
	mb_derive_set(run, 0);
	mb_result_run_set(run, MB_METRIC_CYCLES, 0, 0);
	mb_derive_set(run, 0);
	for (int metric = 0; metric < MB_NR_METRICS; metric++)
		assert_int_equal(run->metrics[metric].count,
				 metric == MB_METRIC_INSTRUCTIONS || metric == MB_METRIC_CYCLES);
	mb_result_run_set(run, MB_METRIC_INSTRUCTIONS, 1, 0);
	mb_result_run_set(run, MB_METRIC_CYCLES, 1, 8);
	mb_derive_set(run, 1);
	assert_true(got(run, MB_METRIC_IPC, 1) == 0);
	mb_derive_set(NULL, 0);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests_name("derive", tests, NULL, NULL);
}
