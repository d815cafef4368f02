/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/ground.h"
#include "core/base/align.h"
#include "core/base/rng.h"
#include "tests/benches/bench_case.h"

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_limit_row, NULL, &seen);
	assert_true(seen.count >= 2);
	assert_int_equal(seen.totals.ok, seen.count);
	for (size_t i = 0; i < seen.count; i++) {
		assert_int_equal(seen.seen[i].result.bytes, 2 * MB_MIB);
		assert_true(seen.seen[i].result.bytes_per_s > 0);
	}
}

/* --- fills that do not do what they are paid for --- */

static int (*real_run)(struct mb_bench_run *run);
static uint64_t seed;

static int run_and_flip(struct mb_bench_run *run)
{
	struct mb_rng rng = {.state = seed};
	unsigned char *bytes = run->ground->addr;
	int rc = real_run(run);

	bytes[mb_rng_below(&rng, run->bytes)] ^= 1;
	return rc;
}

/* Stores nothing but keeps the row's own state. */
static int run_elsewhere(struct mb_bench_run *run)
{
	char elsewhere[64];
	struct mb_ground little = {.addr = elsewhere, .bytes = sizeof(elsewhere)},
			 *real = run->ground;
	int rc;

	run->ground = &little;
	rc = real_run(run);
	run->ground = real;
	return rc;
}

static int (*wrong_run)(struct mb_bench_run *run);

static bool wrong_rows(size_t index, struct mb_bench *ret_row)
{
	if (!mb_bench_limit_row(index, ret_row))
		return false;
	real_run = ret_row->run;
	ret_row->run = wrong_run;
	return true;
}

static void test_wrong_fills_are_errors(void **state)
{
	static int (*const runs[])(struct mb_bench_run *) = {run_and_flip, run_elsewhere};
	struct bench_case seen;

	seed = bench_case_seed();
	for (size_t i = 0; i < MB_ARRAY_SIZE(runs); i++) {
		wrong_run = runs[i];
		bench_case_run(wrong_rows, NULL, &seen);
		assert_true(seen.count >= 2);
		assert_int_equal(seen.totals.errors, seen.count);
		assert_non_null(strstr(seen.seen[0].reason, "is not filled"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_wrong_fills_are_errors),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
