/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/runner.h"
#include "core/base/align.h"

#define REPS 40

/* Row and limit drift together; in each pair the second one is some part larger. */
static struct mb_runner_rep reps[REPS];

static void fill(double part, double limit_part)
{
	for (size_t i = 0; i < REPS; i++) {
		double drift = 1000 * (1 + (double)(i / 2));

		reps[i] = (struct mb_runner_rep){
			.median_ns = drift * (i % 2 ? 1 + part : 1),
			.pages = 100,
			.of_limit = (i % 2 ? (1 + limit_part) / (1 + part) : 1) / 3,
			.counters = {5, i % 2 ? 2.2 : 2, i % 2 ? 900 : 300},
		};
	}
}

static struct mb_runner_bands bands_of(const char *limit, size_t nr_counters, size_t nr_reps)
{
	static const struct mb_bench_counter counters[] = {
		{"looked", 5}, {"ratio", 2}, {"other_ns", 300}};
	const struct mb_runner_result result = {
		.reps = reps,
		.nr_reps = nr_reps,
		.limit = limit,
		.counters = counters,
		.nr_counters = nr_counters,
	};
	struct mb_runner_bands bands;

	assert_int_equal(mb_runner_bands_of(&result, &bands), 0);
	return bands;
}

static bool near(double value, double expected)
{
	return fabs(value - expected) < 1e-9;
}

static void test_bands(void **state)
{
	struct mb_runner_bands bands;

	fill(0.1, 0.1);
	bands = bands_of("fill", 1, REPS);
	assert_true(near(bands.time, 0.1));
	/* What both meet is not in their ratio. */
	assert_true(near(bands.limit, 0));
	assert_true(isnan(bands.ratio));
	assert_true(bands.counted == 0);
	assert_false(bands.unsteady);

	/* What repetition 39 is of the limit is missing, and so is the twentieth pair. */
	reps[REPS - 1].of_limit = (double)NAN;
	assert_true(isnan(bands_of("fill", 1, REPS).limit));
	assert_true(isnan(bands_of(NULL, 1, REPS).limit));

	bands = bands_of(NULL, 1, REPS - 1);
	assert_true(isnan(bands.time) && isnan(bands.counted));
	assert_false(bands.unsteady);
}

/* Each of the limits alone; a row of turns is judged by its ratio and not by its time. */
static void test_unsteady(void **state)
{
	struct mb_runner_bands bands;

	fill(0.249, 0.249);
	assert_false(bands_of("fill", 1, REPS).unsteady);
	fill(0.251, 0.251);
	assert_true(bands_of("fill", 1, REPS).unsteady);
	fill(0.05, -0.04);
	assert_true(bands_of("fill", 1, REPS).limit > MB_RUNNER_BAND_RATIO);
	assert_true(bands_of("fill", 1, REPS).unsteady);
	assert_false(bands_of(NULL, 1, REPS).unsteady);

	fill(0.5, 0);
	bands = bands_of(NULL, 3, REPS);
	assert_true(near(bands.ratio, 0.1) && bands.unsteady);
	/* "other_ns" is time, however it varies. */
	assert_true(bands.counted == 0);
	for (size_t i = 0; i < REPS; i++)
		reps[i].counters[1] = 2;
	assert_false(bands_of(NULL, 3, REPS).unsteady);
	for (size_t i = 0; i < REPS; i++)
		reps[i].pages = i % 2 ? 1000 : 994;
	bands = bands_of(NULL, 3, REPS);
	assert_true(bands.counted > MB_RUNNER_BAND_COUNTED && bands.unsteady);
}

static void test_sum(void **state)
{
	const double nan = (double)NAN;
	const struct mb_runner_bands rows[] = {
		{0.1, nan, nan, 0, false}, {0.3, 0.02, nan, 0, true}, {0.2, 0.04, 0.05, 0, false}};
	struct mb_runner_band_list list = {0};
	struct mb_runner_noise noise;

	assert_int_equal(mb_runner_band_list_sum(&list, &noise), 0);
	assert_int_equal(noise.rows, 0);
	assert_true(isnan(noise.time));
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_int_equal(mb_runner_band_list_add(&list, &rows[i]), 0);
	assert_int_equal(mb_runner_band_list_sum(&list, &noise), 0);
	assert_true(near(noise.time, 0.2) && near(noise.limit, 0.03) && near(noise.ratio, 0.05));
	assert_int_equal(noise.rows, 3);
	assert_int_equal(noise.limit_rows, 2);
	assert_int_equal(noise.ratio_rows, 1);
	assert_int_equal(noise.unsteady, 1);
	mb_runner_band_list_fini(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bands),
		cmocka_unit_test(test_unsteady),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
