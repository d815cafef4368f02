/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_RUNNER_OUTCOME_H
#define MB_BENCHES_RUNNER_OUTCOME_H

#include "benches/runner.h"

/* What comes of a row's repetitions, and of all rows. */

/*
 * From the repetitions of a row that is ok, and from what a round handles: time, spread, rates, the median of each counter, the goal.
 * counters: the array that result->counters points to, with their names. 0 or -ENOMEM.
 */
int mb_runner_outcome_fill(struct mb_runner_result *result, struct mb_bench_counter *counters);

/* Adds a row that is filled. own_clock: see struct mb_bench_run; such a row's round may be shorter than what the runner measures. */
void mb_runner_outcome_count(struct mb_runner_totals *totals, const struct mb_runner_result *result,
			     bool own_clock);

/* After the last row: the empty round against the shortest, as a goal; nothing unless both were in the run. */
void mb_runner_outcome_judge_overhead(struct mb_runner_totals *totals);

#endif
