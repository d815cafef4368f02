/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/gate_plan.h"
#include "core/base/align.h"
#include "core/base/grow.h"
#include "reports/spread.h"
#include "reports/stats.h"

#define MAX_ROUNDS 1000
#define MAX_SWAPS  64    /* of a visit: more tell no more of its processes */
#define TRIAL_S    0.002 /* of the second trial turn */
#define WORTH      1
#define LOOK_FACTOR \
	1.25 /* as many pairs again until a row is looked at once more: the bootstrap takes time */

/* What one run works with. */
struct walk {
	struct mb_gate_plan *plan;
	const struct mb_gate_ops *ops;
	void *ctx;
	struct mb_err *err;
};

/* --- rows --- */

int mb_gate_plan_add(struct mb_gate_plan *plan, const char *name, size_t base_index,
		     size_t new_index)
{
	struct mb_gate_row *row;

	if (mb_grow(&plan->rows, plan->nr_rows, sizeof(*row)))
		return -ENOMEM;
	row = &plan->rows[plan->nr_rows];
	*row = (struct mb_gate_row){.name = strdup(name), .index = {base_index, new_index}};
	if (!row->name)
		return -ENOMEM;
	plan->nr_rows++;
	return 0;
}

void mb_gate_plan_fini(struct mb_gate_plan *plan)
{
	for (size_t i = 0; i < plan->nr_rows; i++) {
		free(plan->rows[i].name);
		free(plan->rows[i].values[MB_GATE_BASE]);
		free(plan->rows[i].values[MB_GATE_NEW]);
	}
	free(plan->rows);
	plan->rows = NULL;
	plan->nr_rows = 0;
}

/* What a visit sees: of each swap the mean of the two times' logarithms, and their difference. */
struct swaps {
	double level[MAX_SWAPS], apart[MAX_SWAPS];
	size_t count;
};

static void add_swap(struct swaps *swaps, const struct mb_gate_turn turns[MB_GATE_NR_SIDES])
{
	double base = log(turns[MB_GATE_BASE].ns), new = log(turns[MB_GATE_NEW].ns);

	swaps->level[swaps->count] = (base + new) / 2;
	swaps->apart[swaps->count++] = new - base;
}

static double median(double *values, size_t count)
{
	return mb_stats_quantile(values, mb_stats_sort(values, count), 0.5);
}

/* The visit is one sample of the row. */
static int add_pair(struct mb_gate_row *row, struct swaps *swaps)
{
	double level = median(swaps->level, swaps->count);
	double apart = median(swaps->apart, swaps->count);

	for (int side = 0; side < MB_GATE_NR_SIDES; side++)
		if (mb_grow(&row->values[side], row->pairs, sizeof(double)))
			return -ENOMEM;
	row->values[MB_GATE_BASE][row->pairs] = exp(level - apart / 2);
	row->values[MB_GATE_NEW][row->pairs++] = exp(level + apart / 2);
	return 0;
}

static void refuse(struct mb_gate_row *row, const char *why)
{
	snprintf(row->refused, sizeof(row->refused), "%s", why);
	row->done = true;
}

/* --- turns --- */

static double now(const struct walk *walk)
{
	return walk->ops->now_s(walk->ctx);
}

static int take_turn(const struct walk *walk, enum mb_gate_side side, uint64_t rounds,
		     struct mb_gate_turn *ret_turn)
{
	walk->plan->side = side;
	return walk->ops->turn(walk->ctx, side, rounds, walk->err, ret_turn);
}

/* One of each side. */
static int take_two(const struct walk *walk, enum mb_gate_side first, uint64_t rounds,
		    struct mb_gate_turn turns[MB_GATE_NR_SIDES])
{
	int rc = take_turn(walk, first, rounds, &turns[first]);

	return rc ? rc : take_turn(walk, !first, rounds, &turns[!first]);
}

static uint64_t rounds_for(double seconds, uint64_t rounds,
			   const struct mb_gate_turn turns[MB_GATE_NR_SIDES])
{
	double loop_ns = (turns[MB_GATE_BASE].loop_ns + turns[MB_GATE_NEW].loop_ns) / 2;
	double wanted = seconds * 1e9 * (double)rounds / fmax(loop_ns, 1);

	return (uint64_t)mb_clamp(wanted, 1, MAX_ROUNDS);
}

/* The first visit finds out how many rounds a turn has; later ones warm up. */
static int warm_up(const struct walk *walk, struct mb_gate_row *row, enum mb_gate_side first)
{
	struct mb_gate_turn turns[MB_GATE_NR_SIDES];
	uint64_t rounds;
	int rc = take_two(walk, first, 1, turns);

	if (rc || row->rounds)
		return rc;
	rounds = rounds_for(TRIAL_S, 1, turns);
	rc = take_two(walk, first, rounds, turns);
	if (!rc)
		row->rounds = rounds_for(walk->plan->options.turn_s, rounds, turns);
	return rc;
}

/*
 * Swaps until the visit or the budget is over; the order changes with each. A visit has at least so many, and goes on for as long
 * as it took to get there: half of the time is spent on what counts.
 */
static int take_swaps(const struct walk *walk, struct mb_gate_row *row, enum mb_gate_side first,
		      double opened_s, struct swaps *swaps)
{
	const struct mb_gate_plan_options *options = &walk->plan->options;
	double begin_s = now(walk), long_s = WORTH * (begin_s - opened_s);
	int rc = 0;

	for (; !rc && swaps->count < MAX_SWAPS; first = !first) {
		struct mb_gate_turn turns[MB_GATE_NR_SIDES];
		double swap_s = now(walk);

		if (swaps->count >= options->swaps_per_visit && swap_s - begin_s >= long_s)
			break;
		if (swap_s + row->swap_s + row->close_s > walk->plan->end_s)
			break;
		rc = take_two(walk, first, row->rounds, turns);
		if (!rc)
			add_swap(swaps, turns);
		row->swap_s = now(walk) - swap_s;
	}
	return rc;
}

/* --- visits --- */

static int open_side(const struct walk *walk, const struct mb_gate_row *row, enum mb_gate_side side)
{
	walk->plan->side = side;
	return walk->ops->open(walk->ctx, side, row->index[side], walk->err);
}

static int close_side(const struct walk *walk, struct mb_gate_row *row, enum mb_gate_side side)
{
	walk->plan->side = side;
	return walk->ops->close(walk->ctx, side, walk->err, &row->work[side]);
}

/* Times of unlike amounts of work say nothing of each other. */
static void compare_work(struct mb_gate_row *row)
{
	const struct mb_gate_work *base = &row->work[MB_GATE_BASE], *new = &row->work[MB_GATE_NEW];
	const struct {
		const char *unit;
		uint64_t base, new;
	} units[] = {{"pages", base->pages, new->pages},
		     {"operations", base->ops, new->ops},
		     {"bytes", base->bytes, new->bytes}};
	char why[sizeof(row->refused)];

	for (size_t i = 0; i < MB_ARRAY_SIZE(units) && !row->done; i++) {
		if (units[i].base == units[i].new)
			continue;
		snprintf(why, sizeof(why), "a round of base is %llu %s, one of new %llu",
			 (unsigned long long)units[i].base, units[i].unit,
			 (unsigned long long)units[i].new);
		refuse(row, why);
	}
}

static int visit_open(const struct walk *walk, struct mb_gate_row *row, enum mb_gate_side first,
		      double opened_s, struct swaps *swaps)
{
	double closing_s;
	int rc = warm_up(walk, row, first);

	if (!rc)
		rc = take_swaps(walk, row, first, opened_s, swaps);
	closing_s = now(walk);
	if (!rc)
		rc = close_side(walk, row, first);
	if (!rc)
		rc = close_side(walk, row, !first);
	row->close_s = now(walk) - closing_s;
	if (!rc)
		compare_work(row);
	return rc;
}

/* New processes, and the row on both of them. */
static int open_both(const struct walk *walk, const struct mb_gate_row *row,
		     enum mb_gate_side first)
{
	struct mb_gate_plan *plan = walk->plan;
	int rc = plan->used ? walk->ops->renew(walk->ctx, walk->err) : 0;

	plan->used = true;
	if (!rc)
		rc = open_side(walk, row, first);
	return rc ? rc : open_side(walk, row, !first);
}

static int visit(const struct walk *walk, struct mb_gate_row *row)
{
	enum mb_gate_side first = row->visits++ & 1 ? MB_GATE_NEW : MB_GATE_BASE;
	struct swaps swaps = {.count = 0};
	double begin_s = now(walk), all_s;
	int rc = open_both(walk, row, first);

	if (!rc)
		rc = visit_open(walk, row, first, begin_s, &swaps);
	if (!rc && swaps.count)
		rc = add_pair(row, &swaps);
	if (rc == -ENOTSUP) {
		/* Where the other side has it open, it ends with its process: it may have done nothing that could be checked. */
		refuse(row, walk->err->text);
		mb_err_clear(walk->err);
		rc = 0;
	}
	all_s = now(walk) - begin_s;
	row->spent_s += all_s;
	row->extra_s = fmax(all_s - row->swap_s * (double)swaps.count, 0);
	return rc;
}

/* --- when it is enough --- */

int mb_gate_plan_judge(const struct mb_gate_plan *plan, const struct mb_gate_row *row,
		       struct mb_finding *ret_finding)
{
	struct mb_judge_rule rule = plan->options.rule;

	if (*row->refused) {
		mb_judge_refuse(ret_finding, "%s", row->refused);
		return 0;
	}
	rule.noise = mb_spread_find(plan->options.spread, row->name, row->pairs);
	return mb_judge_pairs(row->values[MB_GATE_BASE], row->values[MB_GATE_NEW], row->pairs,
			      &rule, ret_finding);
}

/* A difference has to stand when all rows have been tested: at the worst, mb_judge_holm() takes p that many times. */
static bool will_stand(const struct mb_gate_plan *plan, const struct mb_finding *finding)
{
	return finding->p * (double)plan->nr_rows < 1 - plan->options.rule.confidence;
}

static bool is_settled(const struct mb_gate_plan *plan, const struct mb_finding *finding)
{
	bool narrow = finding->high / finding->low - 1 < finding->bar;

	switch (finding->verdict) {
	case MB_VERDICT_SAME: return narrow;
	case MB_VERDICT_BETTER:
	case MB_VERDICT_WORSE: return narrow && will_stand(plan, finding);
	default: return false;
	}
}

static int look(struct mb_gate_plan *plan, struct mb_gate_row *row)
{
	const struct mb_gate_plan_options *options = &plan->options;
	struct mb_finding finding;
	int rc;

	row->done |= options->max_pairs && row->pairs >= options->max_pairs;
	if (row->done || !options->settle || row->pairs < options->min_pairs ||
	    (double)row->pairs < LOOK_FACTOR * (double)row->judged)
		return 0;
	row->judged = row->pairs;
	rc = mb_gate_plan_judge(plan, row, &finding);
	if (!rc)
		row->done = is_settled(plan, &finding);
	return rc;
}

/* The row that has had least time, of those for which another visit is worth its time; NULL: none. */
static struct mb_gate_row *next_row(const struct walk *walk)
{
	double left_s = walk->plan->end_s - now(walk);
	struct mb_gate_row *next = NULL;

	for (size_t i = 0; i < walk->plan->nr_rows; i++) {
		struct mb_gate_row *row = &walk->plan->rows[i];
		double swaps_s = row->swap_s * (double)walk->plan->options.swaps_per_visit;

		if (!row->done && row->extra_s + swaps_s < left_s &&
		    (!next || row->spent_s < next->spent_s))
			next = row;
	}
	return next;
}

static void show(struct mb_gate_plan *plan, const char *current)
{
	pthread_mutex_lock(&plan->lock);
	plan->current = current;
	pthread_mutex_unlock(&plan->lock);
}

int mb_gate_plan_run(struct mb_gate_plan *plan, const struct mb_gate_ops *ops, void *ctx,
		     struct mb_err *err)
{
	const struct walk walk = {plan, ops, ctx, err};
	struct mb_gate_row *row;
	int rc = 0;

	plan->begin_s = now(&walk);
	plan->end_s = plan->begin_s + plan->options.budget_s;
	while (!rc && (row = next_row(&walk))) {
		show(plan, row->name);
		rc = visit(&walk, row);
		if (!rc)
			rc = look(plan, row);
	}
	show(plan, NULL);
	if (rc == -ENOMEM)
		MB_FAIL(err, rc, "out of memory");
	return rc;
}
