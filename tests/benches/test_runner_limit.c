/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/runner_limit.h"

static const struct mb_bench warm_limit = {.is_limit = true},
			     cold_limit = {.is_limit = true, .temperature = MB_BENCH_COLD},
			     zero = {.no_limit = true}, warm = {.name = "warm"},
			     cold = {.temperature = MB_BENCH_COLD},
			     boot = {.temperature = MB_BENCH_MIXED};

static struct mb_runner_result result(const struct mb_bench *row, const char *name,
				      unsigned threads, int nid, double bytes_per_s)
{
	return (struct mb_runner_result){.row = row,
					 .name = name,
					 .threads = threads,
					 .nid = nid,
					 .bytes_per_s = bytes_per_s};
}

static const struct mb_runner_limit *held(const struct mb_runner_limits *limits,
					  const struct mb_bench *row, unsigned threads, int nid)
{
	const struct mb_runner_result is = result(row, "row", threads, nid, 5);

	return mb_runner_limits_find(limits, &is);
}

/* The best one of equal surroundings, in whatever order they come. */
static void test_best(void **state)
{
	static const double orders[][3] = {{1, 2, 3}, {3, 2, 1}, {2, 3, 1}};

	for (size_t i = 0; i < 3; i++) {
		struct mb_runner_limits limits = {0};

		for (size_t j = 0; j < 3; j++) {
			char name[] = "limit/0";
			struct mb_runner_result is =
				result(&warm_limit, name, 1, 0, orders[i][j] * 1e9);

			name[6] = (char)('0' + (int)orders[i][j]);
			mb_runner_limits_add(&limits, &is);
		}
		assert_int_equal(limits.count, 1);
		assert_true(held(&limits, &warm, 1, 0)->bytes_per_s == 3e9);
		assert_string_equal(held(&limits, &warm, 1, 0)->name, "limit/3");
		/* A row that says nothing of threads is one. */
		assert_non_null(held(&limits, &warm, 0, 0));
	}
}

/* Threads, temperature and node must be equal. */
static void test_key(void **state)
{
	struct mb_runner_limits limits = {0};
	const struct mb_runner_result is[] = {
		result(&warm_limit, "a", 1, 0, 1),  result(&warm_limit, "b", 8, 0, 2),
		result(&warm_limit, "c", 8, 1, 3),  result(&cold_limit, "d", 8, 0, 4),
		result(&zero, "zero", 8, 0, 99),    result(&cold_limit, "no rate", 1, 0, 0),
		result(&warm, "no limit", 8, 0, 9),
	};

	for (size_t i = 0; i < sizeof(is) / sizeof(is[0]); i++)
		mb_runner_limits_add(&limits, &is[i]);
	assert_int_equal(limits.count, 4);
	assert_string_equal(held(&limits, &warm, 1, 0)->name, "a");
	assert_string_equal(held(&limits, &warm, 8, 0)->name, "b");
	assert_string_equal(held(&limits, &warm, 8, 1)->name, "c");
	assert_string_equal(held(&limits, &cold, 8, 0)->name, "d");
	assert_null(held(&limits, &cold, 1, 0));
	assert_null(held(&limits, &warm, 2, 0));
	assert_null(held(&limits, &warm, 1, 1));
	assert_null(held(&limits, &warm_limit, 1, 0));
	assert_null(held(&limits, &zero, 1, 0));
	assert_null(held(&limits, &boot, 1, 0));
}

/* More surroundings than there is room for are left out. */
static void test_full(void **state)
{
	struct mb_runner_limits limits = {0};

	for (unsigned i = 1; i <= MB_RUNNER_MAX_LIMITS + 9; i++) {
		const struct mb_runner_result is = result(&warm_limit, "x", i, 0, i);

		mb_runner_limits_add(&limits, &is);
	}
	assert_int_equal(limits.count, MB_RUNNER_MAX_LIMITS);
	assert_non_null(held(&limits, &warm, MB_RUNNER_MAX_LIMITS, 0));
	assert_null(held(&limits, &warm, MB_RUNNER_MAX_LIMITS + 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
