/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "core/buddy.h"
#include "core/memmodel.h"
#include "tests/benches/bench_case.h"

#define PAGES (2 * MB_MIB / 64)

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_buddy_row, NULL, &seen);
	assert_true(seen.count >= 4 + 4);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
		assert_int_equal(seen.seen[i].result.pages, PAGES);
		assert_true(seen.seen[i].result.ns_per_page > 0);
	}
}

/* What hand-over takes on top of its stores, of what initialising takes: by the times that are reported. */
static void test_ratio_is_of_its_times(void **state)
{
	struct bench_case_seen seen = bench_case_one(mb_bench_buddy_row, "buddy/ratio/unchecked");
	double init = bench_case_counter(&seen, "memmap_init_ns");
	double stores = bench_case_counter(&seen, "stores_ns");
	double once = bench_case_counter(&seen, "stores_once_ns");
	double handoff = bench_case_counter(&seen, "handoff_ns");

	/* One round; its time went through seconds. */
	assert_true(fabs(handoff - seen.result.time_ns.median) < 1);
	assert_true(fabs(bench_case_counter(&seen, "ratio") - (handoff - stores) / init) < 1e-9);
	assert_true(fabs(bench_case_counter(&seen, "ratio_once") - (handoff - once) / init) < 1e-9);
	assert_true(seen.result.has_goal);
}

/* --- hand-overs that go wrong --- */

/* A row's data begins with its zone. */
static struct mb_zone *zone_of(struct mb_bench_run *run)
{
	return *(struct mb_zone **)run->data;
}

static struct mb_page *page_of(struct mb_bench_run *run, mb_pfn_t offset)
{
	return mb_memmodel_pfn_to_page(zone_of(run)->model, zone_of(run)->start_pfn + offset);
}

static int run_nothing(struct mb_bench_run *run)
{
	return 0;
}

/* A page was not handed over; the lists agree with what they count. */
static int run_and_lose(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	mb_buddy_alloc(zone_of(run), 0, MB_MIGRATE_MOVABLE);
	return rc;
}

/* A block is handed over twice: its pages are free twice. */
static int run_and_repeat(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	mb_buddy_release_range(zone_of(run), zone_of(run)->start_pfn, zone_of(run)->start_pfn + 1,
			       0);
	return rc;
}

/* One that is in use is free. */
static int run_and_use(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	page_of(run, PAGES / 2 + 7)->refcount = 1;
	return rc;
}

/* One that was never initialised is released. */
static int run_and_miscount(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	zone_of(run)->bad_pages = 1;
	return rc;
}

static void check_wrong(int (*run)(struct mb_bench_run *run), const char *reason)
{
	bench_case_wrong(mb_bench_buddy_row, run, "/(handoff/.*/threads:1|stores|stores_once)$", 6,
			 reason);
}

static void test_wrong_hand_over_is_an_error(void **state)
{
	check_wrong(run_nothing, "0 pages are free and");
	check_wrong(run_and_lose, "pages are free and");
	check_wrong(run_and_repeat, "");
	check_wrong(run_and_use, "inside a free block is in use");
	check_wrong(run_and_miscount, "were not as free pages must be");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_ratio_is_of_its_times),
		cmocka_unit_test(test_wrong_hand_over_is_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
