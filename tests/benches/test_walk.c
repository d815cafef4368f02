/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/walk.h"
#include "tests/benches/bench_case.h"

/* Three sections, a hole of more than a root (256), one more: the highest is section 1024. */
#define MACHINE "arch=x86_64 page=4K section=128M phys-bits=46 node0=384M@0+128M@128G node0.cpus=0"
#define ALL     UINT64_C(524288) /* 2^46 / 2^27 */

static int setup(struct mb_bench_run *run)
{
	return mb_walk_setup(run, MACHINE, NULL);
}

static uint64_t expected(const struct mb_bench *row)
{
	switch (((const struct mb_walk_way *)row->param)->walk) {
	case MB_MEMMODEL_WALK_ALL: return ALL;
	case MB_MEMMODEL_WALK_PRESENT: return 1025;
	default:
		return 256 + 3 +
		       1; /* the first root, one for each missing root, the last section */
	}
}

static int validate(struct mb_bench_run *run)
{
	return mb_walk_validate(run, expected(run->row), 4);
}

static int one_more(struct mb_bench_run *run)
{
	return mb_walk_validate(run, expected(run->row) + 1, 4);
}

static int one_present_less(struct mb_bench_run *run)
{
	return mb_walk_validate(run, expected(run->row), 3);
}

static bool rows_with(size_t index, int (*hook)(struct mb_bench_run *run), struct mb_bench *ret_row)
{
	if (index >= MB_WALK_NR_WAYS)
		return false;
	mb_walk_row(&mb_walk_ways[index], ret_row);
	ret_row->group = "test";
	ret_row->setup = setup;
	ret_row->validate = hook;
	return true;
}

static bool right(size_t index, struct mb_bench *ret_row)
{
	return rows_with(index, validate, ret_row);
}

static bool looks_too_much(size_t index, struct mb_bench *ret_row)
{
	return rows_with(index, one_more, ret_row);
}

static bool finds_too_many(size_t index, struct mb_bench *ret_row)
{
	return rows_with(index, one_present_less, ret_row);
}

static void test_walks(void **state)
{
	struct bench_case seen;

	bench_case_run(right, NULL, &seen);
	assert_int_equal(seen.count, MB_WALK_NR_WAYS);
	for (size_t i = 0; i < seen.count; i++) {
		struct mb_bench row;

		right(i, &row);
		assert_string_equal(seen.seen[i].reason, "");
		assert_true(bench_case_counter(&seen.seen[i], "iterations") ==
			    (double)expected(&row));
		assert_true(bench_case_counter(&seen.seen[i], "present") == 4);
	}
}

static void check_wrong(mb_bench_rows_fn *rows, const char *reason)
{
	struct bench_case seen;

	bench_case_run(rows, NULL, &seen);
	assert_int_equal(seen.count, MB_WALK_NR_WAYS);
	for (size_t i = 0; i < seen.count; i++) {
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_ERROR);
		assert_non_null(strstr(seen.seen[i].reason, reason));
	}
}

static void test_wrong_walks(void **state)
{
	check_wrong(looks_too_much, "the walk looked at");
	check_wrong(finds_too_many, "and found 4, not at");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_wrong_walks),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
