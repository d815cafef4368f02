/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "tests/benches/bench_case.h"

static void test_empty_round(void **state)
{
	struct bench_case_seen seen = bench_case_one(mb_bench_runner_row, "runner/empty");

	assert_int_equal(seen.result.status, MB_RUNNER_OK);
	assert_int_equal(seen.result.pages + seen.result.ops + seen.result.bytes, 0);
	assert_true(seen.result.time_ns.median > 0);
}

static int run_with_a_time(struct mb_bench_run *run)
{
	run->ns = 1000;
	return 0;
}

static void test_own_time_is_an_error(void **state)
{
	bench_case_wrong(mb_bench_runner_row, run_with_a_time, NULL, 1, "a time of its own");
}

/* --- of which round it is a part --- */

static int ten_thousand(struct mb_bench_run *run)
{
	run->ns = 10000 * (uint64_t)run->row->name[0];
	return 0;
}

static int empty_setup(struct mb_bench_run *run)
{
	run->own_clock = run->row->name[0] == '!';
	return 0;
}

/* '!' is shorter, and not by the runner's clock. */
static const struct mb_bench others[] = {
	{.group = "t", .name = "b", .rounds = 1, .run = ten_thousand},
	{.group = "t", .name = "a", .rounds = 1, .run = ten_thousand},
	{.group = "t", .name = "!", .rounds = 1, .setup = empty_setup, .run = ten_thousand},
	{.group = "t", .name = "\1", .rounds = 1, .is_empty = true, .run = ten_thousand},
	{.group = "t", .name = "c", .rounds = 1, .run = ten_thousand},
};

static bool rows(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(others))
		return false;
	*ret_row = others[index];
	return true;
}

static void test_shortest_row(void **state)
{
	struct bench_case seen;

	bench_case_run(rows, NULL, &seen);
	assert_int_equal(seen.count, 5);
	assert_string_equal(seen.totals.shortest, "t/a");
	assert_in_range(seen.totals.shortest_ns, 10000 * 'a' - 1, 10000 * 'a' + 1);
	assert_in_range(seen.totals.empty_ns, 9999, 10001);
	/* 1 of 97: just missed. */
	assert_int_equal(seen.totals.goals, 1);
	assert_int_equal(seen.totals.goals_met, 0);
	bench_case_run(rows, "t/[bc\1]$", &seen);
	assert_string_equal(seen.totals.shortest, "t/b");
	bench_case_run(rows, "t/[ab]$", &seen);
	assert_int_equal(seen.totals.goals, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_round),
		cmocka_unit_test(test_own_time_is_an_error),
		cmocka_unit_test(test_shortest_row),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
