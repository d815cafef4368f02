/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/stats.h"

static void assert_near(double value, double expected, double relative)
{
	if (fabs(value - expected) > relative * fabs(expected))
		fail_msg("%.17g, expected %.17g", value, expected);
}

static struct mb_stats summary(const double *samples, size_t count)
{
	struct mb_stats stats;

	assert_int_equal(mb_stats_summarise(samples, count, &stats), 0);
	return stats;
}

/* No sample, and only missing ones: nothing is known, nothing is invented. */
static void test_empty(void **state)
{
	static const double missing[] = {NAN, NAN};
	struct mb_stats none = summary(NULL, 0), gone = summary(missing, 2);

	assert_int_equal(none.count, 0);
	assert_int_equal(gone.missing, 2);
	assert_true(isnan(none.median) && isnan(none.mean) && isnan(none.mad) && isnan(none.min));
	assert_true(isnan(gone.median) && isnan(gone.cv) && isnan(gone.median_low));
}

static void test_one(void **state)
{
	static const double one[] = {42};
	struct mb_stats stats = summary(one, 1);

	assert_true(stats.min == 42 && stats.max == 42 && stats.median == 42 && stats.q1 == 42);
	assert_true(stats.mad == 0);
	assert_true(isnan(stats.stddev) && isnan(stats.cv) && isnan(stats.median_low));
}

/* R, help page of mad(): mad(c(1:9)) is 2.9652. The order of samples and missing ones do not matter. */
static void test_mad(void **state)
{
	static const double samples[] = {9, 1, NAN, 8, 2, 7, 3, 6, 4, 5};
	struct mb_stats stats = summary(samples, MB_ARRAY_SIZE(samples));

	assert_near(stats.mad, 2.9652, 1e-12);
	assert_true(stats.median == 5);
	assert_int_equal(stats.count, 9);
	assert_int_equal(stats.missing, 1);
}

/* R: quantile(1:10) is 1, 3.25, 5.5, 7.75, 10; type 7 is its default. */
static void test_quantile(void **state)
{
	static const double sorted[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

	assert_near(mb_stats_quantile(sorted, 10, 0.25), 3.25, 1e-15);
	assert_near(mb_stats_quantile(sorted, 10, 0.5), 5.5, 1e-15);
	assert_near(mb_stats_quantile(sorted, 10, 0.75), 7.75, 1e-15);
	assert_true(mb_stats_quantile(sorted, 10, 0) == 1);
	assert_true(mb_stats_quantile(sorted, 10, 1) == 10);
	assert_true(isnan(mb_stats_quantile(sorted, 0, 0.5)));
}

/*
 * NIST Statistical Reference Datasets, univariate: NumAcc1 (mean 10000002, deviation 1), NumAcc3 and NumAcc4 (means
 * 1000000.2 and 10000000.2, deviation 0.1): naive sums of squares fail them.
 */
static void test_moments(void **state)
{
	static const double numacc1[] = {10000001, 10000003, 10000002};
	double numacc3[1001], numacc4[1001];
	struct mb_stats stats = summary(numacc1, 3);

	assert_true(stats.mean == 10000002);
	assert_true(stats.stddev == 1);
	for (size_t i = 0; i < 1001; i++) {
		double tenth = i == 0 ? 0.2 : i % 2 ? 0.1 : 0.3;

		numacc3[i] = 1000000 + tenth;
		numacc4[i] = 10000000 + tenth;
	}
	stats = summary(numacc3, 1001);
	assert_near(stats.mean, 1000000.2, 1e-14);
	assert_near(stats.stddev, 0.1, 1e-8);
	stats = summary(numacc4, 1001);
	assert_near(stats.mean, 10000000.2, 1e-14);
	assert_near(stats.stddev, 0.1, 1e-7);
	assert_near(stats.cv, 1e-8, 1e-6);
}

/*
 * Ranks of the 95 % sign-test interval as in the tables of Conover and of Hollander and Wolfe, and their exact
 * confidence from sums of binomial coefficients: n = 10, k = 2: 1 - 2 (1 + 10) / 1024.
 */
static void test_median_rank(void **state)
{
	static const struct {
		size_t count, rank;
		double coverage;
	} rows[] = {
		{5, 0, 0},
		{6, 1, 1 - 2.0 / 64},
		{8, 1, 1 - 2.0 / 256},
		{9, 2, 1 - 2.0 * (1 + 9) / 512},
		{10, 2, 1 - 2.0 * (1 + 10) / 1024},
		{12, 3, 1 - 2.0 * (1 + 12 + 66) / 4096},
		{15, 4, 1 - 2.0 * (1 + 15 + 105 + 455) / 32768},
		{20, 6, 1 - 2.0 * (1 + 20 + 190 + 1140 + 4845 + 15504) / 1048576},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		double coverage = -1;

		assert_int_equal(mb_stats_median_rank(rows[i].count, 0.95, &coverage),
				 rows[i].rank);
		if (rows[i].rank)
			assert_near(coverage, rows[i].coverage, 1e-12);
		else
			assert_true(coverage == -1);
	}
	assert_int_equal(mb_stats_median_rank(0, 0.95, NULL), 0);
	assert_int_equal(mb_stats_median_min_count(0.95), 6);
	assert_int_equal(mb_stats_median_min_count(0.99), 8);
	assert_int_equal(mb_stats_median_min_count(0.5), 2);
}

/* Large n: near n/2 - 1.96 sqrt(n)/2, the coverage within one step of the distribution, and nothing under- or overflows. */
static void test_median_rank_large(void **state)
{
	static const size_t counts[] = {1000, 100000, 1000000};

	for (size_t i = 0; i < MB_ARRAY_SIZE(counts); i++) {
		double n = (double)counts[i], coverage = 0;
		double rank = (double)mb_stats_median_rank(counts[i], 0.95, &coverage);

		assert_true(fabs(rank - (n / 2 - 1.959964 * sqrt(n) / 2)) < 2);
		assert_true(coverage >= 0.95 && coverage < 0.95 + 0.25 / sqrt(n));
	}
}

/* The interval encloses the true median in at least 95 % of random samples of a skewed distribution. */
static void test_interval_covers(void **state)
{
	struct mb_rng rng = {seed()};
	size_t covered = 0, rounds = 4000;
	double samples[11];

	for (size_t i = 0; i < rounds; i++) {
		struct mb_stats stats;

		for (size_t j = 0; j < MB_ARRAY_SIZE(samples); j++)
			samples[j] = -log(((double)(mb_rng_next(&rng) >> 11) + 0.5) * 0x1p-53);
		stats = summary(samples, MB_ARRAY_SIZE(samples));
		covered += stats.median_low <= log(2) && log(2) <= stats.median_high;
	}
	/* Expected 98.8 %; five standard deviations of the count are 0.9 %. */
	assert_in_range(covered, rounds * 979 / 1000, rounds * 997 / 1000);
}

/* Invariants of any sample: order of the quantiles, shift and scale. */
static void test_invariants(void **state)
{
	struct mb_rng rng = {seed()};

	for (size_t round = 0; round < 300; round++) {
		size_t count = 1 + mb_rng_below(&rng, 40);
		double samples[40], moved[40];
		struct mb_stats a, b;

		for (size_t i = 0; i < count; i++) {
			samples[i] = (double)mb_rng_below(&rng, 1000);
			moved[i] = 2 * samples[i] + 4096;
		}
		a = summary(samples, count);
		b = summary(moved, count);
		assert_true(a.min <= a.q1 && a.q1 <= a.median && a.median <= a.q3 && a.q3 <= a.max);
		assert_true(a.min <= a.mean && a.mean <= a.max);
		assert_true(count < 6 || (a.median_low <= a.median && a.median <= a.median_high));
		assert_near(b.median, 2 * a.median + 4096, 1e-12);
		assert_near(b.mad + 1, 2 * a.mad + 1, 1e-12);
		assert_true(count < 2 || fabs(b.stddev - 2 * a.stddev) < 1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_mad),
		cmocka_unit_test(test_quantile),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_median_rank),
		cmocka_unit_test(test_median_rank_large),
		cmocka_unit_test(test_interval_covers),
		cmocka_unit_test(test_invariants),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
