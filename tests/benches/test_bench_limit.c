/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/fill.h"
#include "benches/ground.h"
#include "core/base/align.h"
#include "core/base/rng.h"
#include "numa/topo.h"
#include "tests/benches/bench_case.h"

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_limit_row, ".", &seen);
	assert_int_equal(seen.totals.errors, 0);
	for (size_t i = 0; i < seen.count; i++) {
		if (seen.seen[i].result.status == MB_RUNNER_SKIPPED) {
			assert_true(strstr(seen.seen[i].reason, "this CPU has no ") ||
				    strstr(seen.seen[i].reason, "this host has one node"));
			continue;
		}
		assert_int_equal(seen.seen[i].result.bytes, 2 * MB_MIB);
		assert_true(seen.seen[i].result.bytes_per_s > 0);
	}
}

static unsigned count_named(const struct bench_case *seen, const char *part)
{
	unsigned count = 0;

	for (size_t i = 0; i < seen->count; i++)
		count += strstr(seen->seen[i].name, part) != NULL;
	return count;
}

/* Every fill with one thread and all; the first touch by memset alone unless it is asked for. */
static void test_what_is_run(void **state)
{
	struct bench_case few, all;
	unsigned fills = 0, supported = 0;

	for (const struct mb_fill *fill; (fill = mb_fill_row(fills)); fills++)
		supported += fill->unit && mb_fill_supported(fill);
	bench_case_run(mb_bench_limit_row, NULL, &few);
	bench_case_run(mb_bench_limit_row, ".", &all);
	assert_int_equal(count_named(&few, "/nonzero/threads:all"), 1 + supported);
	assert_int_equal(count_named(&few, "/cold/nonzero/threads:1"), 1);
	assert_int_equal(count_named(&few, "/cold/"), 3);
	assert_int_equal(count_named(&all, "/cold/nonzero/threads:1"), supported);
	assert_int_equal(count_named(&all, "/remote/"), 1);
	assert_true(few.totals.skipped <= 1 + fills - supported);
}

/* Every pair of nodes but those that the first node's rows are, from CPUs that are a node's own. */
static void test_pairs(void **state)
{
	struct mb_topo_node nodes[3] = {
		{.os_index = 0, .total_bytes = 1, .nr_cpus = 2, .cpu_node = 0},
		{.os_index = 1, .total_bytes = 1, .nr_cpus = 2, .cpu_node = 1},
		{.os_index = 2, .total_bytes = 1, .nr_cpus = 2, .cpu_node = 1},
	};
	const struct mb_topo topo = {.nodes = nodes, .nr_nodes = 3};
	const struct mb_bench_env env = {.arena_bytes = 2 * MB_MIB, .topo = &topo};
	char names[64] = "";
	struct mb_bench row;

	for (size_t i = 0; mb_bench_limit_row(i, &row); i++) {
		if (strcmp(row.name, "memset") || strcmp(row.variant, "between/nonzero"))
			continue;
		for (size_t j = 0; j < row.nr_args; j++)
			if (row.offer(&row, &env, row.args[j]) == MB_BENCH_OFFER_FULL) {
				strcat(names, row.arg_text(row.args[j]));
				strcat(names, " ");
			} else {
				assert_int_equal(row.offer(&row, &env, row.args[j]),
						 MB_BENCH_OFFER_NEVER);
			}
		assert_string_equal(row.arg_text(row.args[row.nr_args - 1]), "31-31");
	}
	assert_string_equal(names, "1-0 1-1 1-2 ");
}

/* --- fills that do not do what they are paid for --- */

static uint64_t seed;

static int run_and_flip(struct mb_bench_run *run)
{
	struct mb_rng rng = {.state = seed};
	unsigned char *bytes = run->ground->addr;
	int rc = bench_case_right(run);

	bytes[mb_rng_below(&rng, run->bytes)] ^= 1;
	return rc;
}

/* Stores nothing but keeps the row's own state. */
static int run_elsewhere(struct mb_bench_run *run)
{
	alignas(MB_FILL_BYTES) char elsewhere[2 * MB_FILL_BYTES];
	struct mb_ground *ground = run->ground, real = *ground;
	int rc;

	ground->addr = elsewhere;
	ground->bytes = sizeof(elsewhere);
	rc = bench_case_right(run);
	*ground = real;
	return rc;
}

static void test_wrong_fills_are_errors(void **state)
{
	static int (*const runs[])(struct mb_bench_run *) = {run_and_flip, run_elsewhere};

	seed = bench_case_seed();
	for (size_t i = 0; i < MB_ARRAY_SIZE(runs); i++)
		bench_case_wrong(mb_bench_limit_row, runs[i], "[^d]/(zero|nonzero)/threads",
				 BENCH_CASE_SOME, "is not filled");
}

static void test_host_refuses_memory(void **state)
{
	bench_case_refused(mb_bench_limit_row, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_what_is_run),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_wrong_fills_are_errors),
		cmocka_unit_test(test_host_refuses_memory),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
