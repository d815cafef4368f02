/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/boots.h"
#include "core/base/align.h"
#include "core/handoff.h"
#include "core/memmodel.h"
#include "core/pageinit.h"
#include "tests/benches/bench_case.h"

#define SMALL "node0=512M node0.cpus=0"

static const struct mb_boots kinds[] = {
	{.machine = SMALL, .policy = MB_POLICY_EAGER, .stage = &mb_pageinit_stage},
	{.machine = SMALL, .policy = MB_POLICY_DEFERRED, .stage = &mb_handoff_stage},
	{.machine = SMALL, .policy = MB_POLICY_DEFERRED, .check = true},
	{.machine = SMALL, .dry_run = true, .stage = &mb_memmodel_stage},
};

static struct mb_boots boots;
static int (*run_hook)(struct mb_bench_run *run);

static int setup(struct mb_bench_run *run)
{
	return mb_boots_setup(run, &boots);
}

/* The one row of a test: what boots says. */
static bool rows(size_t index, struct mb_bench *ret_row)
{
	*ret_row = (struct mb_bench){
		.group = "boots",
		.name = "one",
		.rounds = 1,
		.setup = setup,
		.run = run_hook,
		.validate = mb_boots_validate,
		.report = mb_boots_report,
		.teardown = mb_boots_teardown,
	};
	return index == 0;
}

static struct bench_case_seen run_row(int (*hook)(struct mb_bench_run *run))
{
	run_hook = hook;
	return bench_case_one(rows, "boots/one");
}

static void test_every_kind_with_every_model(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(kinds); i++)
		for (unsigned id = 0; id < MB_NR_MEMMODELS; id++) {
			struct bench_case_seen seen;

			boots = kinds[i];
			boots.model = &mb_memmodels[id];
			seen = run_row(mb_boots_run);
			assert_string_equal(seen.reason, "");
			assert_int_equal(seen.result.status, MB_RUNNER_OK);
			/* A stage of a real boot has its pages for unit. */
			assert_int_equal(seen.result.pages > 0, boots.stage && !boots.dry_run);
		}
}

/* Without a model it is vmemmap's boot; with flat there would be no second node. */
static void test_models(void **state)
{
	struct bench_case_seen seen;

	boots = (struct mb_boots){.machine = "nodes=2 each=512M", .dry_run = true};
	seen = run_row(mb_boots_run);
	assert_int_equal(seen.result.status, MB_RUNNER_OK);
	boots.model = mb_memmodel_find("flat");
	seen = run_row(mb_boots_run);
	assert_int_equal(seen.result.status, MB_RUNNER_SKIPPED);
	assert_non_null(strstr(seen.reason, "model flat cannot hold this machine"));
}

/* What is counted is a counter, where the boot has it; a row of a time that its boot does not have is an error. */
static void test_figures(void **state)
{
	struct bench_case_seen seen;

	boots = (struct mb_boots){
		.machine = "node0=256M@0+512M@4G",
		.policy = MB_POLICY_LAZY,
		.timed = MB_BOOTS_ALL_MEMORY,
		.counted = UINT64_C(1) << MB_BOOTS_FIRST_ALLOCATION |
			   UINT64_C(1) << MB_BOOTS_GROWTH_MAX | UINT64_C(1) << MB_BOOTS_JOBS,
	};
	seen = run_row(mb_boots_run);
	assert_string_equal(seen.reason, "");
	assert_int_equal(seen.result.nr_counters, 2);
	assert_true(bench_case_counter(&seen, "growth_max_ns") > 0);
	assert_true(bench_case_counter(&seen, "first_allocation_ns") < seen.result.time_ns.median);
	boots.timed = MB_BOOTS_LAST_NODE;
	seen = run_row(mb_boots_run);
	assert_int_equal(seen.result.status, MB_RUNNER_ERROR);
	assert_non_null(strstr(seen.reason, "last_node_ns"));
}

static int boot_nothing(struct mb_bench_run *run)
{
	return 0;
}

static void test_no_boot_is_an_error(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(kinds); i++) {
		struct bench_case_seen seen;

		boots = kinds[i];
		seen = run_row(boot_nothing);
		assert_int_equal(seen.result.status, MB_RUNNER_ERROR);
		assert_non_null(strstr(seen.reason, "0 pages are present"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_with_every_model),
		cmocka_unit_test(test_models),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_no_boot_is_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
