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

/* --- pairs --- */

/*
 * Hollander and Wolfe, table 3.1: depression scale factors of nine patients before and after tranquilisers. Examples 3.2 and
 * 3.3: the shift is -0.46, and (-0.786, -0.010) covers it with 96.1 %: 1 - 2 * 10 / 512.
 */
static void test_shift_example(void **state)
{
	static const double before[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
	static const double after[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
	struct mb_stats_shift shift;
	double differences[10] = {[9] = NAN};

	for (size_t i = 0; i < 9; i++)
		differences[i] = after[i] - before[i];
	assert_int_equal(mb_stats_shift(differences, 10, 0.95, &shift), 0);
	assert_int_equal(shift.count, 9);
	assert_near(shift.centre, -0.46, 1e-9);
	assert_near(shift.low, -0.786, 1e-9);
	assert_near(shift.high, -0.010, 1e-9);
	assert_near(shift.confidence, 1 - 20.0 / 512, 1e-12);
}

/* Sums of ranks counted by going through all signs; none for 5: 1 - 2 / 32 is below 0.95. */
static void test_signed_rank(void **state)
{
	for (unsigned n = 1; n <= 14; n++) {
		size_t rank, most = n * (n + 1) / 2, sums[106] = {0}, below = 0;
		double coverage = -1;

		for (unsigned signs = 0; signs < 1u << n; signs++) {
			size_t sum = 0;

			for (unsigned i = 0; i < n; i++)
				sum += signs >> i & 1 ? i + 1 : 0;
			sums[sum]++;
		}
		rank = mb_stats_signed_rank(n, 0.95, &coverage);
		assert_int_equal(rank > 0, n >= 6);
		for (size_t i = 0; i < rank; i++)
			below += sums[i];
		if (rank)
			assert_near(coverage, 1 - 2.0 * (double)below / (double)(1u << n), 1e-12);
		else
			assert_true(coverage == -1);
		below += rank < most ? sums[rank] : 0;
		assert_true(1 - 2.0 * (double)below / (double)(1u << n) < 0.95);
	}
	assert_int_equal(mb_stats_signed_rank(0, 0.95, NULL), 0);
}

/* Where the normal distribution takes over, it agrees with what was exact just before. */
static void test_signed_rank_large(void **state)
{
	double exact, near;
	size_t before = mb_stats_signed_rank(100, 0.95, &exact);
	size_t after = mb_stats_signed_rank(101, 0.95, &near);

	/* n (n + 1) / 4 - 1.96 sqrt(n (n + 1) (2n + 1) / 24): 1955 and 1998.1 */
	assert_in_range(before, 1954, 1957);
	assert_in_range(after, 1997, 2000);
	assert_true(exact >= 0.95 && exact < 0.951 && near >= 0.95 && near < 0.951);
	assert_true(mb_stats_signed_rank(10000, 0.95, &near) > 0);
	assert_near(near, 0.95, 1e-4);
}

/* All Walsh averages one by one, of random differences with ties. */
static void test_shift_is_of_walsh_averages(void **state)
{
	struct mb_rng rng = {seed()};

	for (size_t round = 0; round < 200; round++) {
		size_t count = 1 + mb_rng_below(&rng, 30), nr = 0, rank;
		double x[30], walsh[30 * 31 / 2];
		struct mb_stats_shift shift;

		for (size_t i = 0; i < count; i++)
			x[i] = (double)mb_rng_below(&rng, 40) / 7 - 3;
		for (size_t i = 0; i < count; i++)
			for (size_t j = i; j < count; j++)
				walsh[nr++] = (x[i] + x[j]) / 2;
		mb_stats_sort(walsh, nr);
		assert_int_equal(mb_stats_shift(x, count, 0.9, &shift), 0);
		rank = mb_stats_signed_rank(count, 0.9, NULL);
		assert_true(fabs(shift.centre - mb_stats_quantile(walsh, nr, 0.5)) < 1e-12);
		assert_int_equal(isnan(shift.low), rank == 0);
		if (rank)
			assert_true(shift.low == walsh[rank - 1] && shift.high == walsh[nr - rank]);
	}
}

/* The ratio turns around with its halves; what has no ratio is left out. */
static void test_ratio(void **state)
{
	static const double a[] = {1, 2, 4, 8, 10, 20, 40, NAN, 0, 5};
	static const double b[] = {2, 4, 8, 16, 21, 40, 79, 7, 7, -1};
	struct mb_stats_shift there, back;

	assert_int_equal(mb_stats_ratio(a, b, 10, 0.95, &there), 0);
	assert_int_equal(mb_stats_ratio(b, a, 10, 0.95, &back), 0);
	assert_int_equal(there.count, 7);
	assert_near(there.centre, 2, 1e-12);
	assert_near(there.centre * back.centre, 1, 1e-12);
	assert_near(there.low * back.high, 1, 1e-12);
	assert_true(there.low < 2 && there.high > 2);
	assert_int_equal(mb_stats_ratio(a, b, 5, 0.95, &there), 0);
	assert_true(isnan(there.low) && isnan(there.high) && isnan(there.confidence));
	assert_int_equal(mb_stats_ratio(NULL, NULL, 0, 0.95, &there), 0);
	assert_true(isnan(there.centre));
}

/* Twenty pairs, the ith with i per cent between its two; 95 % of them are within 19.05 (type 7). */
static void test_band(void **state)
{
	double samples[42], band;

	for (size_t i = 0; i < 20; i++) {
		samples[2 * i] = 100;
		samples[2 * i + 1] = i % 2 ? 101 + (double)i : 99 - (double)i;
	}
	assert_int_equal(mb_stats_band(samples, 40, &band), 0);
	assert_near(band, 0.1905, 1e-9);
	assert_int_equal(mb_stats_band(samples, 39, &band), 0);
	assert_true(isnan(band));
	/* A missing one costs its pair. */
	samples[40] = samples[41] = samples[0] = NAN;
	assert_int_equal(mb_stats_band(samples, 42, &band), 0);
	assert_true(isnan(band));
	samples[40] = samples[41] = 100;
	assert_int_equal(mb_stats_band(samples, 42, &band), 0);
	assert_near(band, 0.1905, 1e-9);
	samples[0] = samples[1] = 0;
	assert_int_equal(mb_stats_band(samples, 42, &band), 0);
	assert_near(band, 0.19, 1e-9);
	samples[0] = 0, samples[1] = 7;
	assert_int_equal(mb_stats_band(samples, 40, &band), 0);
	assert_near(band, 0.2 + 0.05 * 0.8, 1e-9);
	/* Neighbours count, not the drift from one pair to the next. */
	for (size_t i = 0; i < 40; i++)
		samples[i] = (double)(1 + i / 2);
	assert_int_equal(mb_stats_band(samples, 40, &band), 0);
	assert_true(band == 0);
}

static struct mb_stats stats_of(const double *samples, size_t count)
{
	struct mb_stats stats;

	assert_int_equal(mb_stats_summarise(samples, count, &stats), 0);
	return stats;
}

/*
 * Few samples: all of one below all of the other. Many: one that strays far changes nothing, since the medians' intervals are
 * what is compared.
 */
static void test_apart(void **state)
{
	double low[] = {1, 2, 3, 1, 2, 3, 1, 2, 3}, high[] = {4, 5, 6, 4, 5, 6, 4, 5, 6};
	struct mb_stats a = stats_of(low, 3), b = stats_of(high, 3);

	assert_true(mb_stats_apart(&a, &b));
	assert_true(mb_stats_apart(&b, &a));
	assert_false(mb_stats_apart(&a, &a));
	high[0] = 2.5;
	b = stats_of(high, 3);
	assert_false(mb_stats_apart(&a, &b));
	a = stats_of(low, MB_ARRAY_SIZE(low));
	b = stats_of(high, MB_ARRAY_SIZE(high));
	assert_false(isnan(a.median_low));
	assert_true(mb_stats_apart(&a, &b));
	assert_false(mb_stats_apart(&b, &b));
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
		cmocka_unit_test(test_shift_example),
		cmocka_unit_test(test_signed_rank),
		cmocka_unit_test(test_signed_rank_large),
		cmocka_unit_test(test_shift_is_of_walsh_averages),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_band),
		cmocka_unit_test(test_apart),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
