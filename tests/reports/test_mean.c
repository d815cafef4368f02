/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/mean.h"

static struct mb_run *stage(struct mb_result *result, const char *name)
{
	return mb_result_run(result, MB_RUN_STAGE, name, MB_RUN_NONE, MB_RUN_NONE);
}

static double at(const struct mb_run *run, int metric, size_t repetition)
{
	return repetition < run->metrics[metric].count ? run->metrics[metric].values[repetition]
						       : (double)NAN;
}

/* Three goes in each of two repetitions; one run comes late, and one figure is in two of them alone. */
static void test_goes(void **state)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_result_add_counter(result, "cycles", "generic", NULL);
	for (size_t rep = 0; rep < 2; rep++) {
		struct mb_mean mean = {0};

		for (int go = 0; go < 3; go++) {
			mb_result_run_set(stage(result, "first"), MB_METRIC_WALL_NS, rep, 10 + go);
			mb_result_run_set_count(stage(result, "first"), 0, rep, 100 * go,
						1 - 0.25 * go);
			if (go) {
				mb_result_run_set(stage(result, "late"), MB_METRIC_WALL_NS, rep,
						  100 * go);
				mb_result_run_set(stage(result, "first"), MB_METRIC_PAGES, rep, 7);
			}
			mb_mean_take(&mean, result, rep);
			assert_true(isnan(at(stage(result, "first"), MB_METRIC_WALL_NS, rep)));
		}
		/* A go that came to no end. */
		mb_result_run_set(stage(result, "first"), MB_METRIC_WALL_NS, rep, 99999);
		mb_mean_put(&mean, result, rep);
		mb_mean_clear(&mean);
		assert_null(mean.runs);
	}
	assert_int_equal(mb_result_error(result), 0);
	for (size_t rep = 0; rep < 2; rep++) {
		const struct mb_run *first = stage(result, "first"), *late = stage(result, "late");

		assert_true(at(first, MB_METRIC_WALL_NS, rep) == 11);
		assert_true(at(first, MB_METRIC_PAGES, rep) == 7);
		assert_true(at(first, MB_METRIC_ROUNDS, rep) == 3);
		assert_true(first->counts[0].values.values[rep] == 100);
		assert_true(first->counts[0].shares.values[rep] == 0.5);
		assert_true(at(late, MB_METRIC_WALL_NS, rep) == 150);
		assert_true(isnan(at(late, MB_METRIC_PAGES, rep)));
		assert_null(late->counts);
	}
	mb_result_free(result);
}

/* Nothing was taken: nothing changes. */
static void test_none(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_mean mean = {0};

	mb_result_run_set(stage(result, "first"), MB_METRIC_WALL_NS, 0, 5);
	mb_mean_put(&mean, result, 0);
	assert_true(at(stage(result, "first"), MB_METRIC_WALL_NS, 0) == 5);
	assert_true(isnan(at(stage(result, "first"), MB_METRIC_ROUNDS, 0)));
	mb_mean_clear(&mean);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("mean", tests, NULL, NULL);
}
