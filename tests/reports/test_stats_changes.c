/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "reports/stats.h"
#include "tests/seed.h"

/*
 * mb_stats_changes() of reports/stats.c. MB_SERIES=10000 makes that many of each kind of series; each test prints its seed.
 */
#define MAX_COUNT 400

static size_t nr_series(void)
{
	const char *given = getenv("MB_SERIES");

	return given ? strtoul(given, NULL, 0) : 1000;
}

static double uniform(struct mb_rng *rng)
{
	return ((double)(mb_rng_next(rng) >> 11) + 0.5) * 0x1p-53;
}

static double normal(struct mb_rng *rng)
{
	double radius = sqrt(-2 * log(uniform(rng)));

	return radius * cos(2 * 3.14159265358979323846 * uniform(rng));
}

static struct mb_stats_change *changes_of(const double *samples, size_t count, size_t *ret_count)
{
	struct mb_stats_change *changes = NULL;

	assert_int_equal(mb_stats_changes(samples, count, &changes, ret_count), 0);
	return changes;
}

/* Kinds of noise: 2 % of the level each. */
enum kind {
	GAUSSIAN,
	PERSISTENT, /* phi 0.5 */
	SKEWED,     /* log-normal, and 2 % of the samples are 20 % above */
	NR_KINDS,
};

static const struct {
	const char *name;
	double found; /* at least so many are to be found within 3 points; what is measured is 7 % above */
} kinds[NR_KINDS] = {
	[GAUSSIAN] = {"normal", 0.95},
	[PERSISTENT] = {"autoregressive", 0.85},
	[SKEWED] = {"log-normal with outliers", 0.90},
};

/* Logarithms of a level that rises by 5 % at `at`. */
static void make(struct mb_rng *rng, enum kind kind, size_t count, size_t at, double *ret_samples)
{
	double last = normal(rng);

	for (size_t i = 0; i < count; i++) {
		double noise = normal(rng), level = i < at ? 1e6 : 1.05e6;

		last = i ? 0.5 * last + sqrt(0.75) * noise : last;
		switch (kind) {
		case GAUSSIAN: level *= 1 + 0.02 * noise; break;
		case PERSISTENT: level *= 1 + 0.02 * last; break;
		default: level *= exp(0.02 * noise) * (uniform(rng) < 0.02 ? 1.2 : 1);
		}
		ret_samples[i] = log(level);
	}
}

/* What came out of all series of a kind. */
struct tally {
	size_t found, false_points, placed, covered;
};

static void count_changes(const struct mb_stats_change *changes, size_t count, size_t at,
			  struct tally *tally)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		size_t off = changes[i].index > at ? changes[i].index - at : at - changes[i].index;

		assert_in_range(changes[i].index, changes[i].first, changes[i].last);
		assert_true(changes[i].low < changes[i].shift &&
			    changes[i].shift < changes[i].high);
		if (off <= 3 && !found) {
			found = true;
			tally->placed += changes[i].first <= at && at <= changes[i].last;
			tally->covered +=
				changes[i].low <= log(1.05) && log(1.05) <= changes[i].high;
		} else {
			tally->false_points++;
		}
	}
	tally->found += found;
}

/* A step of 5 % anywhere but near the ends, and none, in 200 points. */
static void test_rates(void **state)
{
	struct mb_rng rng = {seed_or((uint64_t)time(NULL))};
	size_t series = nr_series();
	double samples[200];

	for (enum kind kind = 0; kind < NR_KINDS; kind++) {
		struct tally step = {0}, none = {0};

		for (size_t i = 0; i < series; i++) {
			size_t at = 20 + mb_rng_below(&rng, 161), count = 0;
			struct mb_stats_change *changes;

			make(&rng, kind, 200, at, samples);
			changes = changes_of(samples, 200, &count);
			count_changes(changes, count, at, &step);
			free(changes);
			make(&rng, kind, 200, 200, samples);
			changes = changes_of(samples, 200, &count);
			count_changes(changes, count, 1000, &none);
			free(changes);
		}
		print_message(
			"%s: %zu of %zu found; false of 1000 points: %.3f with a step, %.3f without; "
			"place covered %zu, size %zu\n",
			kinds[kind].name, step.found, series,
			5 * (double)step.false_points / (double)series,
			5 * (double)none.false_points / (double)series, step.placed, step.covered);
		assert_true((double)step.found >= kinds[kind].found * (double)series);
		assert_true(5 * step.false_points < series && 5 * none.false_points < series);
		assert_true((double)step.placed >= 0.9 * (double)step.found);
		assert_true((double)step.covered >= 0.85 * (double)step.found);
	}
}

/* Short series without a change, at the lengths where noise is hardest to tell. */
static void test_short(void **state)
{
	struct mb_rng rng = {seed_or((uint64_t)time(NULL))};
	size_t points = 0, found = 0;
	double samples[60];

	for (size_t i = 0; i < 4 * nr_series(); i++) {
		size_t length = 10 + mb_rng_below(&rng, 51), count = 0;

		make(&rng, (enum kind)(i % NR_KINDS), length, length, samples);
		free(changes_of(samples, length, &count));
		found += count;
		points += length;
	}
	print_message("%zu false of %zu points\n", found, points);
	assert_true(1000 * found < points);
}

/* Levels of random lengths without noise: what is found is what was made, however long. */
static void test_exact(void **state)
{
	struct mb_rng rng = {seed_or((uint64_t)time(NULL))};
	double samples[MAX_COUNT];

	for (int round = 0; round < 500; round++) {
		size_t begins[16] = {0}, nr = 1 + mb_rng_below(&rng, 6), count = 0, found = 0;
		double levels[16];
		struct mb_stats_change *changes;

		for (size_t k = 0; k < nr; k++) {
			size_t length = 11 + mb_rng_below(&rng, 50);

			do
				levels[k] = (double)mb_rng_below(&rng, 20);
			while (k && levels[k] == levels[k - 1]);
			begins[k] = count;
			for (size_t i = 0; i < length; i++)
				samples[count++] = levels[k];
		}
		changes = changes_of(samples, count, &found);
		assert_int_equal(found, nr - 1);
		for (size_t k = 0; k < found; k++) {
			assert_int_equal(changes[k].index, begins[k + 1]);
			assert_true(fabs(changes[k].shift - (levels[k + 1] - levels[k])) < 1e-9);
		}
		free(changes);
	}
}

/* Least squares of two levels, tried at every place. */
static size_t best_split(const double *samples, size_t count)
{
	double best = INFINITY;
	size_t place = 0;

	for (size_t at = 5; at + 5 <= count; at++) {
		double sum[2] = {0}, square = 0;

		for (size_t i = 0; i < count; i++)
			sum[i >= at] += samples[i];
		for (size_t i = 0; i < count; i++) {
			double mean = i < at ? sum[0] / (double)at : sum[1] / (double)(count - at);

			square += (samples[i] - mean) * (samples[i] - mean);
		}
		if (square >= best)
			continue;
		best = square;
		place = at;
	}
	return place;
}

/* One clear step of short series in noise that turns, against the search of all places. Moved, scaled and turned around it stays where it is. */
static void test_oracle(void **state)
{
	struct mb_rng rng = {seed_or((uint64_t)time(NULL))};
	double samples[60], other[60];

	for (int round = 0; round < 1000; round++) {
		size_t length = 16 + mb_rng_below(&rng, 45), nr = 0, nr_other = 0;
		size_t at = 6 + mb_rng_below(&rng, length - 11);
		struct mb_stats_change *changes, *others;

		for (size_t i = 0; i < length; i++) {
			samples[i] = (i < at ? 0 : 20) + (i % 2 ? 1 : -1) * uniform(&rng);
			other[i] = 1024 - 4 * samples[i];
		}
		changes = changes_of(samples, length, &nr);
		others = changes_of(other, length, &nr_other);
		assert_int_equal(nr, 1);
		assert_int_equal(nr_other, 1);
		assert_int_equal(changes[0].index, best_split(samples, length));
		assert_int_equal(changes[0].index, others[0].index);
		assert_true(fabs(others[0].shift + 4 * changes[0].shift) < 1e-6);
		free(changes);
		free(others);
	}
}

/* Up and down again within a long series: both are there, which halving alone would miss. */
static void test_bump(void **state)
{
	struct mb_rng rng = {seed_or((uint64_t)time(NULL))};
	double samples[300];
	size_t both = 0;

	for (int round = 0; round < 200; round++) {
		struct mb_stats_change *changes;
		size_t count = 0;

		for (size_t i = 0; i < 300; i++)
			samples[i] = (i >= 140 && i < 160 ? 3 : 0) + normal(&rng);
		changes = changes_of(samples, 300, &count);
		both += count >= 2;
		free(changes);
	}
	assert_true(both >= 190);
}

static void test_degenerate(void **state)
{
	double samples[40] = {0};
	struct mb_stats_change *changes = (void *)samples;
	size_t count = 77;

	samples[3] = NAN;
	assert_int_equal(mb_stats_changes(samples, 40, &changes, &count), -EINVAL);
	samples[3] = -INFINITY;
	assert_int_equal(mb_stats_changes(samples, 40, &changes, &count), -EINVAL);
	assert_ptr_equal(changes, samples);
	assert_int_equal(count, 77);
	for (size_t i = 0; i < 40; i++)
		samples[i] = i < 4 ? 1 : 9;
	for (size_t i = 0; i < 10; i++) {
		free(changes_of(samples, i, &count));
		assert_int_equal(count, 0);
	}
	for (size_t i = 0; i < 40; i++)
		samples[i] = i == 12 || i == 30 ? 1e9 : 5; /* outliers, no level */
	free(changes_of(samples, 40, &count));
	assert_int_equal(count, 0);
	for (size_t i = 0; i < 40; i++)
		samples[i] = (double)(i % 2); /* turns: negative correlation */
	free(changes_of(samples, 40, &count));
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates), cmocka_unit_test(test_short),
		cmocka_unit_test(test_exact), cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_bump),  cmocka_unit_test(test_degenerate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
