/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "reports/spread.h"
#include "tests/seed.h"

static double noise_of(const double *shifts, size_t count)
{
	double noise = -1;

	assert_int_equal(mb_spread_noise(shifts, count, &noise), 0);
	return noise;
}

static void test_shift(void **state)
{
	assert_true(mb_spread_shift(1) == 0);
	assert_true(fabs(mb_spread_shift(1.25) - 0.25) < 1e-12);
	assert_true(fabs(mb_spread_shift(0.8) - 0.25) < 1e-12);
	assert_true(isnan(mb_spread_shift(0)) && isnan(mb_spread_shift((double)NAN)));
}

/*
 * The bound from few gates, against 10th percentiles of chi squared from tables: 2.706 is the 90th of one degree and 0.0158 its 10th, 0.211
 * of 2, 1.610 of 5, 4.865 of 10, 12.443 of 20, 82.358 of 100.
 */
static void test_few(void **state)
{
	static const struct {
		size_t count;
		double quantile, tolerance;
	} cases[] = {{2, 0.211, 0.1},
		     {5, 1.610, 0.01},
		     {10, 4.865, 0.003},
		     {20, 12.443, 0.001},
		     {100, 82.358, 0.001}};
	double shifts[100];

	for (size_t i = 0; i < MB_ARRAY_SIZE(shifts); i++)
		shifts[i] = i % 2 ? 0.01 : -0.01;
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		double expected = 2.5758 * 0.01 * sqrt((double)cases[i].count / cases[i].quantile);
		double noise = noise_of(shifts, cases[i].count);

		assert_true(fabs(noise / expected - 1) < cases[i].tolerance);
	}
	assert_true(isnan(noise_of(shifts, 0)) && isnan(noise_of(shifts, 1)));
}

/* Never below what was seen, and with many gates what they say. */
static void test_many(void **state)
{
	double shifts[1001];

	for (size_t i = 0; i < MB_ARRAY_SIZE(shifts); i++)
		shifts[i] = (i % 2 ? 1 : -1) * (double)i / 1000;
	assert_true(fabs(noise_of(shifts, 1001) - 0.99) < 1e-12);
	memset(shifts, 0, sizeof(shifts));
	shifts[3] = -0.5;
	assert_true(noise_of(shifts, 100) == 0.5);
	shifts[3] = (double)NAN;
	assert_true(noise_of(shifts, 100) == 0);
}

/* Nine of ten bounds from 20 normal gates are above the true percentile, and hardly any is twice as much. */
static void test_confidence(void **state)
{
	unsigned seed = (unsigned)seed_or(20240917), above = 0, far = 0;

	for (int i = 0; i < 4000; i++) {
		double shifts[20], noise;

		for (size_t j = 0; j < MB_ARRAY_SIZE(shifts); j++) {
			shifts[j] = -6;
			for (int k = 0; k < 12; k++)
				shifts[j] += (double)rand_r(&seed) / RAND_MAX;
		}
		noise = noise_of(shifts, MB_ARRAY_SIZE(shifts));
		above += noise > 2.5758;
		far += noise > 2 * 2.5758;
	}
	assert_true(above > 3500 && above < 3750);
	assert_true(far < 40);
}

static void test_find(void **state)
{
	static const double small[] = {0.1, -0.1, 0.1}, large[] = {0.01, -0.01, 0.01};
	struct mb_spread spread = {0};

	assert_true(isnan(mb_spread_find(NULL, "a", 8)));
	assert_true(isnan(mb_spread_find(&spread, "a", 8)));
	assert_int_equal(mb_spread_add(&spread, "a", 32, large, 3), 0);
	assert_int_equal(mb_spread_add(&spread, "a", 8, small, 3), 0);
	assert_true(isnan(mb_spread_find(&spread, "a", 7)));
	assert_true(mb_spread_find(&spread, "a", 8) > 0.1);
	assert_true(mb_spread_find(&spread, "a", 31) == mb_spread_find(&spread, "a", 8));
	assert_true(mb_spread_find(&spread, "a", 32) < 0.1);
	assert_true(mb_spread_find(&spread, "a", 1000) == mb_spread_find(&spread, "a", 32));
	assert_true(isnan(mb_spread_find(&spread, "ab", 8)));
	/* Measured anew. */
	assert_int_equal(mb_spread_add(&spread, "a", 8, large, 3), 0);
	assert_int_equal(spread.nr_rows, 2);
	assert_true(mb_spread_find(&spread, "a", 8) < 0.1);
	assert_true(spread.rows[1].largest == 0.01 && spread.rows[1].gates == 3);
	mb_spread_fini(&spread);
}

static struct mb_result *host(const char *kernel, const char *thp)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_result_add_fact(result, "cpu_model", "A CPU", NULL);
	mb_result_add_fact(result, "packages", "1", NULL);
	mb_result_add_fact(result, "nodes", "2", NULL);
	mb_result_add_fact(result, "memory", "8589934592 bytes", NULL);
	mb_result_add_fact(result, "kernel", kernel, NULL);
	mb_result_add_knob(result, "transparent_hugepage", thp, thp ? NULL : "no such file");
	mb_result_add_knob(result, "smt", "on", NULL);
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

/* Who may count events changes no time: neither now, nor where a file of an earlier version has it. */
static void test_permits(void **state)
{
	struct mb_result *then = host("6.1", "madvise"), *now = host("6.1", "madvise");
	struct mb_spread was = {0}, is = {0};
	struct mb_strbuf why = {0};

	mb_result_add_knob(then, "perf_event_paranoid", "4", NULL);
	mb_result_add_knob(now, "perf_event_paranoid", "-1", NULL);
	assert_int_equal(mb_spread_set_host(&was, then, MB_MIB), 0);
	assert_int_equal(mb_spread_set_host(&is, now, MB_MIB), 0);
	assert_false(mb_conditions_outdated(&was.facts, &is.facts, &why));
	assert_int_equal(mb_conditions_set(&was.facts, "perf_event_paranoid", "4"), 0);
	assert_false(mb_conditions_outdated(&was.facts, &is.facts, &why));
	assert_int_equal(mb_conditions_set(&was.facts, "smt", "off"), 0);
	assert_true(mb_conditions_outdated(&was.facts, &is.facts, &why));
	mb_strbuf_fini(&why);
	mb_spread_fini(&was);
	mb_spread_fini(&is);
	mb_result_free(then);
	mb_result_free(now);
}

static void test_outdated(void **state)
{
	static const struct {
		const char *kernel, *thp;
		size_t arena_bytes;
		const char *why;
	} cases[] = {
		{"6.1", "madvise", MB_MIB, ""},
		{"6.12", "madvise", MB_MIB, "kernel was 6.1, is 6.12"},
		{"6.12", "never", MB_MIB,
		 "kernel was 6.1, is 6.12; transparent_hugepage was madvise, is never"},
		{"6.1", NULL, MB_MIB, "transparent_hugepage was madvise, is not known"},
		{"6.1", "madvise", 2 * MB_MIB, "arena was 1 MiB, is 2 MiB"},
	};
	struct mb_spread was = {0};
	struct mb_result *then = host("6.1", "madvise");

	assert_int_equal(mb_spread_set_host(&was, then, MB_MIB), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_result *now = host(cases[i].kernel, cases[i].thp);
		struct mb_strbuf why = {0};
		struct mb_spread is = {0};

		assert_int_equal(mb_spread_set_host(&is, now, cases[i].arena_bytes), 0);
		assert_int_equal(mb_conditions_outdated(&was.facts, &is.facts, &why),
				 *cases[i].why != '\0');
		assert_string_equal(mb_strbuf_text(&why), cases[i].why);
		mb_strbuf_fini(&why);
		mb_spread_fini(&is);
		mb_result_free(now);
	}
	mb_spread_fini(&was);
	mb_result_free(then);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shift),   cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),    cmocka_unit_test(test_confidence),
		cmocka_unit_test(test_find),    cmocka_unit_test(test_outdated),
		cmocka_unit_test(test_permits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
