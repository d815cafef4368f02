/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/buddy.h"
#include "tests/benches/bench_case.h"

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_buddy_alloc_row, NULL, &seen);
	assert_int_equal(seen.count, 4 * 11);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
		assert_true(seen.seen[i].result.ops >= 180);
		assert_true(seen.seen[i].result.ns_per_op > 0);
	}
}

/* --- what is lost, and what is free twice --- */

/* A row's data begins with its zone. */
static struct mb_zone *zone_of(struct mb_bench_run *run)
{
	return *(struct mb_zone **)run->data;
}

static int run_and_lose(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	mb_buddy_alloc(zone_of(run), 0, MB_MIGRATE_MOVABLE);
	return rc;
}

static int run_and_free_twice(struct mb_bench_run *run)
{
	struct mb_page *page;
	int rc = bench_case_right(run);

	page = mb_buddy_alloc(zone_of(run), 0, MB_MIGRATE_MOVABLE);
	mb_buddy_free(zone_of(run), page, 0);
	mb_buddy_free(zone_of(run), page, 0);
	return rc;
}

/* The zone has less than it counts: what is asked for is not there. */
static int run_on_too_little(struct mb_bench_run *run)
{
	unsigned order = (unsigned)run->arg;

	while (mb_buddy_alloc(zone_of(run), order, MB_MIGRATE_MOVABLE))
		;
	return bench_case_right(run);
}

static void check_wrong(int (*run)(struct mb_bench_run *run), const char *reason)
{
	bench_case_wrong(mb_bench_buddy_alloc_row, run, "order:[03]$", 8, reason);
}

static void test_wrong_allocator_is_an_error(void **state)
{
	check_wrong(run_and_lose, "were before");
	check_wrong(run_and_free_twice, "");
	check_wrong(run_on_too_little, "block 0 is not what was asked for");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_wrong_allocator_is_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
