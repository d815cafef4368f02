/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/buddy.h"
#include "core/pcp.h"
#include "tests/benches/bench_case.h"

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_pcp_row, NULL, &seen);
	assert_true(seen.count >= 4 * 5 + 2);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
		assert_true(seen.seen[i].result.ops >= 32);
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

	mb_pcp_alloc(zone_of(run), 0, 0, MB_MIGRATE_MOVABLE);
	return rc;
}

static int run_and_free_twice(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);
	struct mb_page *page = mb_pcp_alloc(zone_of(run), 0, 0, MB_MIGRATE_MOVABLE);

	mb_pcp_free(zone_of(run), 0, page, 0);
	mb_pcp_free(zone_of(run), 0, page, 0);
	return rc;
}

/* Once to the CPU's lists, and once to the buddy. */
static int run_and_free_to_both(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);
	struct mb_page *page = mb_pcp_alloc(zone_of(run), 0, 0, MB_MIGRATE_MOVABLE);

	mb_pcp_free(zone_of(run), 0, page, 0);
	mb_buddy_free(zone_of(run), page, 0);
	return rc;
}

/* No pages are left. */
static int run_on_nothing(struct mb_bench_run *run)
{
	for (unsigned order = zone_of(run)->nr_orders; order--;)
		while (mb_buddy_alloc(zone_of(run), order, MB_MIGRATE_MOVABLE))
			;
	return bench_case_right(run);
}

static void check_wrong(int (*run)(struct mb_bench_run *run), const char *reason)
{
	bench_case_wrong(mb_bench_pcp_row, run, "(order:[03]|threads:1)$", 4 * 2 + 2, reason);
}

static void test_wrong_lists_are_an_error(void **state)
{
	check_wrong(run_and_lose, "were before");
	check_wrong(run_and_free_twice, "pageset counts");
	check_wrong(run_and_free_to_both, "");
	check_wrong(run_on_nothing, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_wrong_lists_are_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
