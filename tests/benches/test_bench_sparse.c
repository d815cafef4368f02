/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "core/memmodel.h"
#include "tests/benches/bench_case.h"

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_sparse_row, NULL, &seen);
	assert_int_equal(seen.count, 4 * 4);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
		assert_true(seen.seen[i].result.ns_per_op > 0);
	}
}

static void check_walk(const char *name, double iterations)
{
	struct bench_case_seen seen = bench_case_one(mb_bench_sparse_row, name);

	assert_int_equal(seen.result.status, MB_RUNNER_OK);
	assert_true(bench_case_counter(&seen, "iterations") == iterations);
}

/*
 * 4096 sections, 256 of them a root. In 16 ranges each is one root, and two more roots follow it: the last
 * range ends at section 15 * 768 + 256. In 4096 ranges each is the first section of its root.
 */
static void test_iterations(void **state)
{
	check_walk("sparse/walk/all/ranges:16", 33554432);
	check_walk("sparse/walk/present/ranges:1", 4096);
	check_walk("sparse/walk/roots/ranges:1", 4096);
	check_walk("sparse/walk/present/ranges:16", 11776);
	check_walk("sparse/walk/roots/ranges:16", 15 * (256 + 2) + 256);
	check_walk("sparse/walk/present/ranges:4096", 4095.0 * 768 + 1);
	check_walk("sparse/walk/roots/ranges:4096", 4095.0 * (256 + 2) + 1);
}

/* --- walks that miss something --- */

static int run_nothing(struct mb_bench_run *run)
{
	return 0;
}

/* A walk's data begins with its boot, whose table is to be damaged here. */
static struct mb_memmodel *model_of(struct mb_bench_run *run)
{
	return (struct mb_memmodel *)mb_memmodel_of(*(struct mb_boot **)run->data);
}

static int run_without_one(struct mb_bench_run *run)
{
	mb_memmodel_section(model_of(run), 0)->section_mem_map = 0;
	return bench_case_right(run);
}

static int run_too_far(struct mb_bench_run *run)
{
	model_of(run)->highest_present++;
	return bench_case_right(run);
}

static void test_wrong_work_is_an_error(void **state)
{
	bench_case_wrong(mb_bench_sparse_row, run_nothing, "build/", 4, "0 pages are present");
	bench_case_wrong(mb_bench_sparse_row, run_nothing, "walk/", 12,
			 "the walk looked at 0 sections");
	bench_case_wrong(mb_bench_sparse_row, run_without_one, "walk/(present|roots)/", 8,
			 "and found 4095, not at");
	bench_case_wrong(mb_bench_sparse_row, run_too_far, "walk/(present|roots)/", 8,
			 "sections and found 4096, not at");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_iterations),
		cmocka_unit_test(test_wrong_work_is_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
