/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/boot_state.h"
#include "tests/benches/bench_case.h"

/* The largest machine takes a second or more. */
#define SMALL "nodes:(2|4|8|16|32|64|128)$"

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_zonelist_row, SMALL, &seen);
	assert_int_equal(seen.count, 7);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
		/* Small machines are several. */
		assert_int_equal(seen.seen[i].result.ops, i < 4 ? 32 : 2 << i);
	}
}

/* As many nodes as Linux can have. */
static void test_all_nodes(void **state)
{
	struct bench_case_seen seen =
		bench_case_one(mb_bench_zonelist_row, "zonelist/build/nodes:1024");

	assert_string_equal(seen.reason, "");
	assert_int_equal(seen.result.status, MB_RUNNER_OK);
}

/* --- lists that are wrong --- */

/* A row's data begins with its boot. */
static struct mb_node *node_of(struct mb_bench_run *run, size_t nid)
{
	return (*(struct mb_boot **)run->data)->nodes[nid];
}

static int run_nothing(struct mb_bench_run *run)
{
	return 0;
}

static int run_and_forget_a_node(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	node_of(run, 1)->nr_fallback--;
	return rc;
}

static int run_and_swap_zones(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);
	struct mb_zoneref *list = node_of(run, 1)->zonelists[MB_ZONELIST_FALLBACK];
	struct mb_zoneref first = list[0];

	list[0] = list[1];
	list[1] = first;
	return rc;
}

static int run_and_cut_a_list(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	node_of(run, 0)->zonelists[MB_ZONELIST_NOFALLBACK][0].zone = NULL;
	return rc;
}

static void check_wrong(int (*run)(struct mb_bench_run *run), const char *reason)
{
	bench_case_wrong(mb_bench_zonelist_row, run, SMALL, 7, reason);
}

static void test_wrong_lists_are_an_error(void **state)
{
	check_wrong(run_nothing, "there are no zonelists");
	check_wrong(run_and_forget_a_node, "0 times in node 1's zonelist");
	check_wrong(run_and_swap_zones, "node 1's zonelist is not the populated zones");
	check_wrong(run_and_cut_a_list, "node 0's zonelist without fallback is not");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_all_nodes),
		cmocka_unit_test(test_wrong_lists_are_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
