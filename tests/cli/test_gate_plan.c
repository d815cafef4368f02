/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/gate_plan.h"
#include "core/base/align.h"
#include "reports/spread.h"

/* --- two programs that take programmed times, on a clock of their own --- */

#define ROWS 3

struct world {
	double now_s;
	double setup_s;
	double ns[MB_GATE_NR_SIDES][ROWS]; /* of a round */
	double scatter[ROWS];              /* each turn is up to so much longer or shorter */
	struct mb_gate_work work[MB_GATE_NR_SIDES];
	int refuses[MB_GATE_NR_SIDES];     /* what opening the first row returns */
	int fails_close[MB_GATE_NR_SIDES]; /* what closing it returns */
	int slow_visits; /* the first so many processes of NEW take twice as long */
	int breaks_at;   /* the turn that fails; 0: none */
	int breaks_as;   /* with this; 0: as one that died */
	unsigned seed;

	int open[MB_GATE_NR_SIDES]; /* row, -1: none */
	bool had_turn[MB_GATE_NR_SIDES];
	char order
		[4096]; /* a letter a turn; '|' where a row is closed, '*' where processes are new */
	uint64_t rounds[MB_GATE_NR_SIDES][ROWS];
	int turns, renewals;
};

static void note(struct world *world, char letter)
{
	size_t length = strlen(world->order);

	if (length + 1 < sizeof(world->order))
		world->order[length] = letter;
}

static double now_s(void *ctx)
{
	return ((struct world *)ctx)->now_s;
}

static int open_row(void *ctx, enum mb_gate_side side, size_t row, struct mb_err *err)
{
	struct world *world = ctx;

	assert_int_equal(world->open[side], -1);
	assert_true(row < ROWS);
	world->now_s += world->setup_s;
	if (world->refuses[side] && row == 0)
		return MB_FAIL(err, world->refuses[side], "no such node");
	world->open[side] = (int)row;
	world->had_turn[side] = false;
	return 0;
}

static int turn(void *ctx, enum mb_gate_side side, uint64_t rounds, struct mb_err *err,
		struct mb_gate_turn *ret_turn)
{
	struct world *world = ctx;
	int row = world->open[side];
	double ns;

	assert_true(row >= 0 && world->open[!side] == row);
	if (++world->turns == world->breaks_at) {
		world->open[side] = -1;
		return MB_FAIL(err, world->breaks_as ? world->breaks_as : -ECHILD, "no such node");
	}
	world->had_turn[side] = true;
	note(world, side == MB_GATE_NEW ? 'B' : 'A');
	world->rounds[side][row] = rounds;
	ns = world->ns[side][row] *
	     (1 + world->scatter[row] * (2.0 * rand_r(&world->seed) / RAND_MAX - 1));
	if (side == MB_GATE_NEW && world->renewals < world->slow_visits)
		ns *= 2;
	world->now_s += 1e-9 * ns * (double)rounds;
	*ret_turn = (struct mb_gate_turn){ns, ns * (double)rounds};
	return 0;
}

static int close_row(void *ctx, enum mb_gate_side side, struct mb_err *err,
		     struct mb_gate_work *ret_work)
{
	struct world *world = ctx;

	assert_true(world->open[side] >= 0);
	assert_true(world->had_turn[side]);
	if (world->open[side] == 0 && world->fails_close[side]) {
		world->open[side] = -1;
		return MB_FAIL(err, world->fails_close[side], "no such node");
	}
	world->open[side] = -1;
	*ret_work = world->work[side];
	note(world, '|');
	return 0;
}

static int renew(void *ctx, struct mb_err *err)
{
	struct world *world = ctx;

	world->open[0] = world->open[1] = -1;
	world->renewals++;
	note(world, '*');
	return 0;
}

static const struct mb_gate_ops ops = {now_s, open_row, turn, close_row, renew};

static void begin(struct world *world, struct mb_gate_plan *plan, size_t rows, double budget_s)
{
	static const char *const names[ROWS] = {"first", "second", "third"};

	*world = (struct world){.now_s = 1000, .setup_s = 0.05, .seed = 7, .open = {-1, -1}};
	for (int row = 0; row < ROWS; row++) {
		world->ns[0][row] = world->ns[1][row] = 1e6 * (row + 1);
		world->scatter[row] = 0.01;
	}
	*plan = (struct mb_gate_plan){
		.options = {.budget_s = budget_s,
			    .turn_s = 0.03,
			    .swaps_per_visit = 4,
			    .min_pairs = 8,
			    .settle = true,
			    .rule = mb_judge_rule(&mb_metrics.rows[MB_METRIC_WALL_NS])},
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	for (size_t i = 0; i < rows; i++)
		assert_int_equal(mb_gate_plan_add(plan, names[i], i, i), 0);
}

static void run(struct world *world, struct mb_gate_plan *plan, int expected)
{
	struct mb_err err = {0};

	assert_int_equal(mb_gate_plan_run(plan, &ops, world, &err), expected);
	assert_int_equal(!!expected, !!err.code);
}

static enum mb_verdict verdict(const struct mb_gate_plan *plan, size_t row)
{
	struct mb_finding finding;

	assert_int_equal(mb_gate_plan_judge(plan, &plan->rows[row], &finding), 0);
	return finding.verdict;
}

/* --- who has a turn when --- */

static void test_order(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 1, 100);
	world.setup_s = 0.001;
	run(&world, &plan, 0);
	/* Two trials of each in the first visit and one in the others, which the sides begin in turn. Eight visits are eight pairs. */
	assert_string_equal(world.order, "ABABABBAABBA||"
					 "*BABAABBAAB||*ABABBAABBA||*BABAABBAAB||*ABABBAABBA||"
					 "*BABAABBAAB||*ABABBAABBA||*BABAABBAAB||");
	assert_int_equal(plan.rows[0].pairs, 8);
	for (size_t i = 0; i < 8; i++)
		assert_true(plan.rows[0].values[0][i] > 0 && plan.rows[0].values[1][i] > 0);
	mb_gate_plan_fini(&plan);
}

/* A turn takes about as long as it should, and both sides do the same. */
static void test_rounds(void **state)
{
	static const double ns[] = {1e3, 1e6, 7e6, 1e9}, expected[] = {1000, 30, 4, 1};

	for (size_t i = 0; i < MB_ARRAY_SIZE(ns); i++) {
		struct mb_gate_plan plan;
		struct world world;

		begin(&world, &plan, 1, 100);
		world.ns[0][0] = world.ns[1][0] = ns[i];
		run(&world, &plan, 0);
		assert_int_equal(world.rounds[0][0], world.rounds[1][0]);
		assert_true(fabs((double)plan.rows[0].rounds - expected[i]) <=
			    1 + expected[i] / 50);
		mb_gate_plan_fini(&plan);
	}
}

/* Swaps of the sides take at least half of the time, whatever it costs to set a row up. */
static void test_worth(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 1, 20);
	world.setup_s = 0.5;
	plan.options.settle = false;
	run(&world, &plan, 0);
	assert_true(plan.rows[0].visits > 5);
	assert_true(plan.rows[0].extra_s < 0.6 * plan.rows[0].spent_s / plan.rows[0].visits);
	mb_gate_plan_fini(&plan);
}

/* The processes of each visit are new. */
static void test_renewal(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 2, 10);
	plan.options.settle = false;
	run(&world, &plan, 0);
	assert_true(world.renewals > 4);
	assert_int_equal(world.renewals, plan.rows[0].visits + plan.rows[1].visits - 1);
	mb_gate_plan_fini(&plan);
}

/* --- when it ends --- */

static void test_verdicts(void **state)
{
	static const struct {
		double factor;
		enum mb_verdict verdict;
	} cases[] = {{1, MB_VERDICT_SAME},
		     {1.2, MB_VERDICT_WORSE},
		     {0.8, MB_VERDICT_BETTER},
		     {1.02, MB_VERDICT_SAME}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_gate_plan plan;
		struct world world;

		begin(&world, &plan, 3, 60);
		world.ns[MB_GATE_NEW][1] *= cases[i].factor;
		run(&world, &plan, 0);
		assert_int_equal(verdict(&plan, 0), MB_VERDICT_SAME);
		assert_int_equal(verdict(&plan, 1), cases[i].verdict);
		assert_int_equal(verdict(&plan, 2), MB_VERDICT_SAME);
		/* Long before the budget was over. */
		assert_true(world.now_s < 1000 + 20);
		mb_gate_plan_fini(&plan);
	}
}

/* Rows that do not settle share the budget alike, and none is begun that cannot be ended in it. */
static void test_budget(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 3, 15);
	for (int row = 0; row < ROWS; row++)
		world.scatter[row] = 0.9;
	run(&world, &plan, 0);
	assert_true(world.now_s > 1000 + 13.5 && world.now_s < 1000 + 15.3);
	for (size_t i = 0; i < ROWS; i++) {
		assert_true(fabs(plan.rows[i].spent_s - 5) < 1.5);
		assert_int_equal(verdict(&plan, i), MB_VERDICT_INCONCLUSIVE);
	}
	mb_gate_plan_fini(&plan);
}

/* A settled row leaves its time to the others. */
static void test_drop(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 3, 40);
	world.scatter[1] = 0.9;
	run(&world, &plan, 0);
	assert_true(plan.rows[0].done && !plan.rows[1].done && plan.rows[2].done);
	assert_true(plan.rows[1].spent_s > 30);
	assert_true(plan.rows[1].pairs > 4 * plan.rows[0].pairs);
	mb_gate_plan_fini(&plan);
}

/* A row across the bar goes on although its interval is narrow. */
static void test_across(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 1, 10);
	world.ns[MB_GATE_NEW][0] *= 1.05;
	world.scatter[0] = 0.02;
	run(&world, &plan, 0);
	assert_true(world.now_s > 1000 + 5);
	mb_gate_plan_fini(&plan);
}

/* An interval has to be narrower than the bar that counts, not than a threshold below it. */
static void test_settled(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 1, 100);
	plan.options.rule.threshold = 0.0001;
	plan.options.rule.floor = 0.05;
	run(&world, &plan, 0);
	assert_true(plan.rows[0].done && world.now_s < 1000 + 20);
	mb_gate_plan_fini(&plan);
}

static void test_noise(void **state)
{
	struct mb_spread spread = {0};
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 1, 20);
	world.ns[MB_GATE_NEW][0] *= 1.2;
	assert_int_equal(
		mb_spread_put(&spread, &(struct mb_spread_row){(char[]){"first"}, 8, 20, 0.3, 0.3}),
		0);
	plan.options.spread = &spread;
	run(&world, &plan, 0);
	assert_int_equal(verdict(&plan, 0), MB_VERDICT_SAME);
	mb_gate_plan_fini(&plan);
	mb_spread_fini(&spread);
}

static void test_too_short(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 3, 0.2);
	run(&world, &plan, 0);
	for (size_t i = 0; i < ROWS; i++)
		assert_int_equal(verdict(&plan, i), MB_VERDICT_NOT_COMPARABLE);
	assert_true(world.now_s < 1000 + 0.6);
	mb_gate_plan_fini(&plan);
}

static void test_max_pairs(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 3, 1000);
	plan.options.settle = false;
	plan.options.max_pairs = 9;
	run(&world, &plan, 0);
	for (size_t i = 0; i < ROWS; i++)
		assert_int_equal(plan.rows[i].pairs, 9);
	mb_gate_plan_fini(&plan);
}

/*
 * A process that is slow for as long as it lives is one sample: for its eight swaps nothing is worse. A program whose every process is
 * slow is.
 */
static void test_slow_process(void **state)
{
	static const struct {
		int visits; /* that are slow, of the first eight */
		enum mb_verdict verdict;
	} cases[] = {{1, MB_VERDICT_SAME}, {8, MB_VERDICT_WORSE}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_gate_plan plan;
		struct world world;

		begin(&world, &plan, 1, 60);
		world.slow_visits = cases[i].visits;
		run(&world, &plan, 0);
		assert_int_equal(verdict(&plan, 0), cases[i].verdict);
		mb_gate_plan_fini(&plan);
	}
}

/* Among many rows a difference needs a smaller p, and the row goes on until it has that: nothing is taken back at the end. */
static void test_many_rows(void **state)
{
	struct mb_finding findings[ROWS + 37], *all[ROWS + 37];
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, ROWS, 600);
	world.scatter[0] = 0.02;
	world.ns[MB_GATE_NEW][0] *= 1.2;
	for (int i = ROWS; i < ROWS + 37; i++) {
		assert_int_equal(mb_gate_plan_add(&plan, "more", 1, 1), 0);
	}
	run(&world, &plan, 0);
	for (size_t i = 0; i < plan.nr_rows; i++) {
		all[i] = &findings[i];
		assert_int_equal(mb_gate_plan_judge(&plan, &plan.rows[i], all[i]), 0);
	}
	assert_true(plan.rows[0].pairs > 8);
	assert_int_equal(mb_judge_holm(all, plan.nr_rows, MB_JUDGE_CONFIDENCE), 0);
	assert_int_equal(findings[0].verdict, MB_VERDICT_WORSE);
	mb_gate_plan_fini(&plan);
}

/* --- what goes wrong --- */

static void check_refused(struct world *world, struct mb_gate_plan *plan)
{
	run(world, plan, 0);
	assert_string_equal(plan->rows[0].refused, "no such node");
	assert_int_equal(verdict(plan, 0), MB_VERDICT_NOT_COMPARABLE);
	assert_int_equal(plan->rows[0].visits, 1);
	for (size_t i = 1; i < ROWS; i++)
		assert_int_equal(verdict(plan, i), MB_VERDICT_SAME);
	/* What is open ends with its process: the visits of the others begin with new ones. */
	assert_int_equal(world->renewals, plan->rows[1].visits + plan->rows[2].visits);
	mb_gate_plan_fini(plan);
}

/* The host lacks what one side's row needs: the others go on. */
static void test_lacking(void **state)
{
	for (int side = 0; side < MB_GATE_NR_SIDES; side++) {
		struct mb_gate_plan plan;
		struct world world;

		begin(&world, &plan, ROWS, 60);
		world.refuses[side] = -ENOTSUP;
		check_refused(&world, &plan);
	}
}

/* The same, found out later. */
static void test_lacking_late(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	for (int at = 1; at <= 12; at++) {
		begin(&world, &plan, ROWS, 60);
		world.setup_s = 0.001;
		world.breaks_at = at;
		world.breaks_as = -ENOTSUP;
		check_refused(&world, &plan);
	}
	for (int side = 0; side < MB_GATE_NR_SIDES; side++) {
		begin(&world, &plan, ROWS, 60);
		world.fails_close[side] = -ENOTSUP;
		check_refused(&world, &plan);
	}
}

static void test_wrong(void **state)
{
	for (int side = 0; side < MB_GATE_NR_SIDES; side++) {
		struct mb_gate_plan plan;
		struct world world;

		begin(&world, &plan, 1, 60);
		world.refuses[side] = -EUCLEAN;
		run(&world, &plan, -EUCLEAN);
		assert_int_equal(plan.side, side);
		mb_gate_plan_fini(&plan);
	}
}

static void test_death(void **state)
{
	for (int at = 1; at < 20; at++) {
		struct mb_gate_plan plan;
		struct world world;

		begin(&world, &plan, 1, 60);
		world.breaks_at = at;
		run(&world, &plan, -ECHILD);
		mb_gate_plan_fini(&plan);
	}
}

static void test_unlike_work(void **state)
{
	struct mb_gate_plan plan;
	struct world world;

	begin(&world, &plan, 1, 60);
	world.work[0] = (struct mb_gate_work){100, 5, 64};
	world.work[1] = (struct mb_gate_work){100, 6, 64};
	run(&world, &plan, 0);
	assert_string_equal(plan.rows[0].refused, "a round of base is 5 operations, one of new 6");
	assert_int_equal(plan.rows[0].visits, 1);
	mb_gate_plan_fini(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),       cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_worth),       cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_verdicts),    cmocka_unit_test(test_budget),
		cmocka_unit_test(test_drop),        cmocka_unit_test(test_across),
		cmocka_unit_test(test_noise),       cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_max_pairs),   cmocka_unit_test(test_lacking),
		cmocka_unit_test(test_wrong),       cmocka_unit_test(test_death),
		cmocka_unit_test(test_unlike_work), cmocka_unit_test(test_lacking_late),
		cmocka_unit_test(test_settled),     cmocka_unit_test(test_slow_process),
		cmocka_unit_test(test_many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
