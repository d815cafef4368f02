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
#include "tests/benches/bench_case.h"

/* One round: its ratio is that of the times reported. */
static void test_ratio_is_of_the_two_times(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_ratio_row, NULL, &seen);
	assert_int_equal(seen.totals.ok + seen.totals.skipped, seen.count);
	assert_int_equal(seen.count, 5);
	for (size_t i = 0; i < seen.count; i++) {
		const struct bench_case_seen *row = &seen.seen[i];
		double ratio;

		if (row->result.status == MB_RUNNER_SKIPPED)
			continue;
		ratio = bench_case_counter(row, "ratio");
		assert_true(ratio > 0);
		assert_true(fabs(ratio * bench_case_counter(row, "other_ns") -
				 row->result.time_ns.median) < 1);
		assert_true(fabs(bench_case_counter(row, "ratio_min") - ratio) < 1e-12);
		assert_true(row->result.has_goal);
		assert_true(fabs(row->result.goal_value - ratio) < 1e-12);
	}
}

/* --- halves that leave one bit wrong, as the last or not the last of a round --- */

static unsigned rounds;

static int run_and_flip(struct mb_bench_run *run)
{
	unsigned char *bytes = run->ground->addr;
	int rc = 0;

	for (unsigned i = 0; !rc && i < rounds; i++)
		rc = bench_case_right(run);
	bytes[12345] ^= 8;
	return rc;
}

static void test_one_wrong_bit_is_an_error(void **state)
{
	/* After two rounds, what lies there is a fill but where both are initialisers. */
	for (rounds = 1; rounds <= 2; rounds++)
		bench_case_wrong(mb_bench_ratio_row, run_and_flip,
				 rounds == 1 ? NULL : "kernel-stream", BENCH_CASE_SOME,
				 "descriptor ");
}

static void test_host_refuses_memory(void **state)
{
	bench_case_refused(mb_bench_ratio_row, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ratio_is_of_the_two_times),
		cmocka_unit_test(test_one_wrong_bit_is_an_error),
		cmocka_unit_test(test_host_refuses_memory),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
