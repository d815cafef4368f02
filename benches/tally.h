/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_TALLY_H
#define MB_BENCHES_TALLY_H

#include "benches/bench.h"

struct mb_run;

/*
 * What performance events counted in the rounds of a repetition, per round: of all threads together, and of each worker. Setting up
 * and validating is in none of it.
 */

/* What a whole round is counted as on the thread that runs it. */
#define MB_TALLY_ROUND "round"

struct mb_tally_count {
	double count, share; /* as in struct mb_counters_value, of the mean round */
	int code;            /* 0; or why it was not counted, see mb_counters_sum() */
};

struct mb_tally_worker {
	int nid, index, cpu; /* cpu: the one that it was on all the time, or -1 */
};

struct mb_tally {
	size_t nr_events; /* 0: nothing was to be counted */
	size_t nr_workers;
	struct mb_tally_worker *workers; /* by node and index */
	struct mb_tally_count *counts;   /* nr_events of all threads, then as many of each worker */
};

/* Of an event: worker -1 stands for all threads. */
const struct mb_tally_count *mb_tally_count(const struct mb_tally *tally, int worker, size_t event);

/*
 * Before the first round and after setup: opens the events of the calling thread, which runs the rounds, and forgets what was counted
 * so far. Without counters in the run's environment these functions do nothing. 0 or -ENOMEM.
 */
int mb_tally_begin(struct mb_bench_run *run);

/*
 * After the last of so many rounds: what they have counted; of a row that tells its own time by neither mb_timer_begin() nor
 * mb_team_measure() nor the marks of a stage, nothing, with the code -ENOTSUP. The caller clears it. 0 or -ENOMEM.
 */
int mb_tally_take(const struct mb_bench_run *run, uint64_t rounds, struct mb_tally *ret_tally);

/* After teardown, when all threads of the row have ended: closes their events. */
void mb_tally_end(struct mb_bench_run *run);

/*
 * What a repetition has counted, as counts and metrics of its run, and of a run of kind "worker" and the same name for each worker, or
 * why an event was not counted. Pages and operations of the repetition stand in the run before: some metrics are per page. The events
 * are those of the result's list, in its order. mb_result_error() tells of failures. run NULL: nothing.
 */
void mb_tally_add_counts(const struct mb_tally *tally, const struct mb_counters *events,
			 size_t repetition, struct mb_run *run);

/* Frees what is in it. A zeroed one is fine. */
void mb_tally_clear(struct mb_tally *tally);

#endif
