/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_RUNNER_ROUND_H
#define MB_BENCHES_RUNNER_ROUND_H

#include "benches/bench.h"
#include "benches/turns.h"

/* What the runner does with one run of a row, from its setup to its end. One thread. */

/* Setup, and the round that does not count where the row wants one. 0 or what the row returned. */
int mb_runner_round_open(struct mb_bench_run *run);

/* After the last round: is the result right, and the row's counters. 0 or what the row returned. */
int mb_runner_round_check(struct mb_bench_run *run);

/* After every mb_runner_round_open(), also one that failed. */
void mb_runner_round_close(struct mb_bench_run *run);

/*
 * One round and its time in ns: what the row says that it took, or the clock. Held against its limit (turns not NULL) a round of that goes
 * before it, or behind it with limit_first false, and turns gets both times. 0 or what the row returned.
 */
int mb_runner_round(struct mb_bench_run *run, struct mb_turns *turns, bool limit_first,
		    uint64_t *ret_ns);

/* A round that only leaves the caches as its like does: neither its time nor its events count. */
int mb_runner_round_warm(struct mb_bench_run *run);

#endif
