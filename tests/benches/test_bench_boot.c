/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/boot.h"
#include "tests/benches/bench_case.h"

/* Stages that run without the record of a real boot. */
static size_t nr_stages(void)
{
	size_t count = 0;

	for (size_t i = 0; i < mb_boot_nr_stages; i++)
		count += !mb_boot_stages[i]->recorded;
	return count;
}

/* The stage table is the only list: each of those has a row of its name. */
static void test_each_stage_has_a_row(void **state)
{
	size_t found = 0;
	struct mb_bench row;

	for (size_t i = 0; mb_bench_boot_row(i, &row); i++)
		for (size_t j = 0; j < mb_boot_nr_stages; j++)
			if (row.param == mb_boot_stages[j]) {
				assert_string_equal(row.name, mb_boot_stages[j]->name);
				assert_string_equal(row.group, "boot");
				found++;
			}
	assert_int_equal(found, nr_stages());
}

static void test_dry_run_row(void **state)
{
	struct bench_case_seen seen = bench_case_one(mb_bench_boot_row, "boot/dry_run/16x4T");

	assert_string_equal(seen.reason, "");
	assert_int_equal(seen.result.status, MB_RUNNER_OK);
	assert_true(seen.result.has_goal);
}

static void test_stage_rows(void **state)
{
	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		struct bench_case_seen seen;
		char name[64];

		if (mb_boot_stages[i]->recorded)
			continue;
		snprintf(name, sizeof(name), "boot/%s", mb_boot_stages[i]->name);
		seen = bench_case_one(mb_bench_boot_row, name);
		assert_string_equal(seen.reason, "");
		assert_int_equal(seen.result.status, MB_RUNNER_OK);
		assert_int_equal(seen.result.time_ns.count, 1);
	}
}

/* Each policy has its way to the first page and to all; growing is told where there is any. */
static void test_policy_rows(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_boot_row, "^boot/(first_allocation|all_memory)/", &seen);
	assert_int_equal(seen.count, 2 * MB_NR_POLICIES);
	assert_int_equal(seen.totals.ok, seen.count);
	for (size_t i = 0; i < seen.count; i++) {
		bool grows = !strcmp(seen.seen[i].name, "boot/all_memory/policy:lazy");

		assert_int_equal(seen.seen[i].result.nr_counters, grows ? 3 : 0);
		if (grows)
			assert_true(bench_case_counter(&seen.seen[i], "growth_max_ns") >=
				    bench_case_counter(&seen.seen[i], "growth_median_ns"));
	}
}

static int boot_nothing(struct mb_bench_run *run)
{
	return 0;
}

static void test_no_boot_is_an_error(void **state)
{
	bench_case_wrong(mb_bench_boot_row, boot_nothing, "^boot/all_memory/", MB_NR_POLICIES,
			 "0 pages are present");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_stage_has_a_row), cmocka_unit_test(test_dry_run_row),
		cmocka_unit_test(test_stage_rows),           cmocka_unit_test(test_policy_rows),
		cmocka_unit_test(test_no_boot_is_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
