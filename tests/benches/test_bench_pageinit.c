/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
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

	bench_case_run(mb_bench_pageinit_row, NULL, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.totals.ok, 2);
	for (size_t i = 0; i < seen.count; i++) {
		assert_int_equal(seen.seen[i].result.pages, 2 * MB_MIB / 64);
		assert_int_equal(seen.seen[i].result.bytes, 2 * MB_MIB);
		assert_true(seen.seen[i].result.ns_per_page > 0);
	}
}

static void test_ratio_is_of_the_two_times(void **state)
{
	struct bench_case_seen seen = bench_case_one(mb_bench_pageinit_row, "pageinit/ratio");
	double ratio = bench_case_counter(&seen, "ratio");

	/* One round: its ratio is that of the times reported. */
	assert_true(ratio > 0);
	assert_true(fabs(ratio * bench_case_counter(&seen, "memset_ns") -
			 seen.result.time_ns.median) < 1);
	assert_true(fabs(bench_case_counter(&seen, "ratio_min") - ratio) < 1e-12);
	assert_true(seen.result.has_goal);
	assert_true(fabs(seen.result.goal_value - ratio) < 1e-12);
}

/* --- an initialiser that leaves one bit wrong --- */

static uint64_t wrong_word;

static int real_run(struct mb_bench_run *run)
{
	struct mb_bench row;

	for (size_t i = 0; mb_bench_pageinit_row(i, &row); i++)
		if (!strcmp(row.name, run->row->name))
			return row.run(run);
	return -ENOENT;
}

static int run_and_flip(struct mb_bench_run *run)
{
	uint64_t *words = run->ground->addr;
	int rc = real_run(run);

	words[wrong_word] ^= UINT64_C(1) << wrong_word % 64;
	return rc;
}

static bool wrong_rows(size_t index, struct mb_bench *ret_row)
{
	if (!mb_bench_pageinit_row(index, ret_row))
		return false;
	ret_row->run = run_and_flip;
	return true;
}

static void test_one_wrong_bit_is_an_error(void **state)
{
	static const char *const names[] = {"pageinit/kernel", "pageinit/ratio"};
	struct mb_rng rng = {.state = bench_case_seed()};
	const uint64_t words = 2 * MB_MIB / 8;

	for (size_t i = 0; i < 8; i++) {
		struct bench_case_seen seen;

		/* The first, the last, and any. */
		wrong_word = i < 4 ? i / 2 * (words - 1) : mb_rng_below(&rng, words);
		seen = bench_case_one(wrong_rows, names[i % 2]);

		assert_int_equal(seen.result.status, MB_RUNNER_ERROR);
		assert_non_null(strstr(seen.reason, "descriptor "));
		assert_int_equal(seen.result.nr_reps, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_ratio_is_of_the_two_times),
		cmocka_unit_test(test_one_wrong_bit_is_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
