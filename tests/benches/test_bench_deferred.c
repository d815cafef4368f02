/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "core/buddy.h"
#include "tests/benches/bench_case.h"

/* 1 GiB: without its first section, and what holds its descriptors. */
#define PAGES (1024 * MB_MIB / 4096 - 32768 - 16 * MB_MIB / 4096)

/* One round: its ratio is that of its times; by one thread it is one chunk, as padata goes. */
static void test_ratio_is_of_its_times(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_deferred_row, NULL, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.totals.ok, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct bench_case_seen *row = &seen.seen[i];
		double parts =
			bench_case_counter(row, "init_ns") + bench_case_counter(row, "handoff_ns");
		double stage = bench_case_counter(row, "deferred_ns");

		assert_true(fabs(stage - row->result.time_ns.median) < 1);
		assert_true(fabs(bench_case_counter(row, "ratio") - stage / parts) < 1e-9);
		assert_true(row->result.has_goal);
		assert_in_range(row->result.pages, PAGES - 4096, PAGES);
		assert_int_equal(row->result.threads, i + 1);
		assert_int_equal(bench_case_counter(row, "chunks") > 1, i == 1);
	}
}

/* A row's data begins with the zone of the parts. */
static struct mb_zone *zone_of(struct mb_bench_run *run)
{
	return *(struct mb_zone **)run->data;
}

static int run_nothing(struct mb_bench_run *run)
{
	return 0;
}

static int run_and_lose(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	mb_buddy_alloc(zone_of(run), 0, MB_MIGRATE_MOVABLE);
	return rc;
}

static int run_and_repeat(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	mb_buddy_release_range(zone_of(run), zone_of(run)->start_pfn, zone_of(run)->start_pfn + 1,
			       0);
	return rc;
}

static void test_wrong_parts_are_an_error(void **state)
{
	bench_case_wrong(mb_bench_deferred_row, run_nothing, NULL, 2, "0 were handed over");
	bench_case_wrong(mb_bench_deferred_row, run_and_lose, NULL, 2, "were handed over");
	bench_case_wrong(mb_bench_deferred_row, run_and_repeat, NULL, 2, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ratio_is_of_its_times),
		cmocka_unit_test(test_wrong_parts_are_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
