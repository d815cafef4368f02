/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_GATE_PLAN_H
#define MB_CLI_GATE_PLAN_H

#include <pthread.h>
#include <stdbool.h>

#include "cli/gate_child.h"
#include "reports/judge.h"

struct mb_spread;

/*
 * Who takes a turn when, until every row is settled or the budget is over. Rows are visited in turn, the one that has had least time
 * first: both sides set the row up, do a turn that does not count, then turns in the order A B B A …, and check what they
 * computed; the next visit begins with the other side. The processes of each visit are new: which
 * pages and addresses they happen to get is luck that must not decide. It can double a time for as long as a process lives, so that a
 * visit is one sample, a pair of live processes, however many turns they took.
 *
 * A row is settled when it has min_pairs, its interval is narrower than the bar, and it does not lie across the bar. It then
 * leaves its time to the others.
 */
enum mb_gate_side { MB_GATE_BASE, MB_GATE_NEW, MB_GATE_NR_SIDES };

struct mb_gate_plan_options {
	double budget_s;
	double turn_s;               /* that a turn is to take */
	size_t swaps_per_visit;      /* at least: a turn of each side */
	size_t min_pairs, max_pairs; /* of processes, which are visits; max 0: none */
	bool settle;               /* false: rows go on until max_pairs or the end of the budget */
	struct mb_judge_rule rule; /* noise: from the spread */
	const struct mb_spread *spread; /* borrowed; NULL: not known */
};

/* What the plan works with: two children, or those of a test, whose clock is its own. Errors as in gate_child.h. */
struct mb_gate_ops {
	double (*now_s)(void *ctx);
	int (*open)(void *ctx, enum mb_gate_side side, size_t row, struct mb_err *err);
	int (*turn)(void *ctx, enum mb_gate_side side, uint64_t rounds, struct mb_err *err,
		    struct mb_gate_turn *ret_turn);
	int (*close)(void *ctx, enum mb_gate_side side, struct mb_err *err,
		     struct mb_gate_work *ret_work);
	/* Both processes; a row that is still open ends unchecked. */
	int (*renew)(void *ctx, struct mb_err *err);
};

struct mb_gate_row {
	char *name;
	size_t index[MB_GATE_NR_SIDES]; /* of the side's own list */
	/*
	 * Of each pair of processes, ns: the median over its swaps of how long a round took and of how far the sides lay apart, by
	 * logarithms.
	 */
	double *values[MB_GATE_NR_SIDES];
	size_t pairs;
	uint64_t rounds; /* of a turn, the same for both; 0: not known yet */
	struct mb_gate_work work[MB_GATE_NR_SIDES];
	unsigned visits;
	double spent_s, swap_s, close_s,
		extra_s; /* all, and of the newest visit: a swap, the end, and all but the swaps */
	size_t judged;   /* pairs, when it was last looked at */
	bool done;
	char refused[192]; /* why it cannot be compared; "": it can */
};

struct mb_gate_plan {
	struct mb_gate_plan_options options;
	struct mb_gate_row *rows;
	size_t nr_rows;
	double begin_s, end_s;  /* of the budget, by the clock of the ops */
	bool used;              /* the present processes have had their visit */
	enum mb_gate_side side; /* that had its turn last: whose failure it was */

	pthread_mutex_t lock; /* for the progress line: what follows */
	const char *current;
};

/* 0 or -ENOMEM. */
int mb_gate_plan_add(struct mb_gate_plan *plan, const char *name, size_t base_index,
		     size_t new_index);

/*
 * 0 when all rows are done or the budget is over; else what a side's operation returned, but for -ENOTSUP, which refuses the row alone:
 * then what was measured stays. -ENOMEM.
 */
int mb_gate_plan_run(struct mb_gate_plan *plan, const struct mb_gate_ops *ops, void *ctx,
		     struct mb_err *err);

/* What its pairs say, before mb_judge_holm(). 0 or -ENOMEM. */
int mb_gate_plan_judge(const struct mb_gate_plan *plan, const struct mb_gate_row *row,
		       struct mb_finding *ret_finding);

void mb_gate_plan_fini(struct mb_gate_plan *plan);

#endif
