/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/runner_round.h"

struct counts {
	int rounds, counted, limits;
	uint64_t says_ns;
};

static int run_round(struct mb_bench_run *run)
{
	struct counts *counts = (struct counts *)(uintptr_t)run->row->param;

	counts->rounds++;
	counts->counted += run->env->counters != NULL;
	run->ns = counts->says_ns;
	return 0;
}

static int limit_turn(struct mb_bench_run *run, uint64_t *ret_ns)
{
	((struct counts *)(uintptr_t)run->row->param)->limits++;
	*ret_ns = 50;
	return 0;
}

static int not_right(struct mb_bench_run *run)
{
	return MB_FAIL(&run->err, -EUCLEAN, "not right");
}

static struct mb_bench row_of(struct counts *counts)
{
	return (struct mb_bench){.param = counts, .run = run_round, .limit_turn = limit_turn};
}

/* What the row says that it took, else the clock; never nothing. */
static void test_time(void **state)
{
	struct counts counts = {.says_ns = 1234567890};
	const struct mb_bench row = row_of(&counts);
	const struct mb_bench_env env = {.arena_bytes = 1};
	struct mb_bench_run run = {.row = &row, .env = &env};
	uint64_t ns = 0;

	assert_int_equal(mb_runner_round(&run, NULL, false, &ns), 0);
	assert_int_equal(ns, 1234567890);
	counts.says_ns = 0;
	assert_int_equal(mb_runner_round(&run, NULL, true, &ns), 0);
	assert_true(ns >= 1 && ns < 1234567890);
	assert_int_equal(counts.limits, 0);
}

/* One round that does not count whenever the kind changes. */
static void test_turns(void **state)
{
	struct counts counts = {.says_ns = 100};
	const struct mb_bench row = row_of(&counts);
	const struct mb_bench_env env = {.arena_bytes = 1};
	struct mb_bench_run run = {.row = &row, .env = &env};
	struct mb_turns turns = {.count = 0};
	uint64_t ns;

	for (int i = 0; i < 4; i++)
		assert_int_equal(mb_runner_round(&run, &turns, i % 2, &ns), 0);
	assert_int_equal(turns.count, 4);
	assert_int_equal(counts.rounds, 4 + 3);
	assert_int_equal(counts.limits, 4 + 2);
}

static void test_warm(void **state)
{
	struct counts counts = {.says_ns = 100};
	const struct mb_bench row = row_of(&counts);
	const struct mb_bench_env env = {.counters = (struct mb_counters *)&counts};
	struct mb_bench_run run = {.row = &row, .env = &env};

	assert_int_equal(mb_runner_round_warm(&run), 0);
	assert_int_equal(counts.rounds, 1);
	assert_int_equal(counts.counted, 0);
	assert_ptr_equal(run.env, &env);
}

/* A row may do without everything but run; what warms it up leaves no trace; its check may fail. */
static void test_open(void **state)
{
	struct counts counts = {.says_ns = 100};
	struct mb_bench row = row_of(&counts);
	const struct mb_bench_env env = {.arena_bytes = 1};
	struct mb_bench_run run = {.row = &row, .env = &env};

	assert_int_equal(mb_runner_round_open(&run), 0);
	assert_int_equal(counts.rounds, 0);
	row.warm_up = true;
	assert_int_equal(mb_runner_round_open(&run), 0);
	assert_int_equal(counts.rounds, 1);
	assert_int_equal(run.ns, 0);
	assert_int_equal(mb_runner_round_check(&run), 0);
	row.report = not_right;
	assert_int_equal(mb_runner_round_check(&run), -EUCLEAN);
	assert_string_equal(run.err.text, "not right");
	mb_runner_round_close(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_warm),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
