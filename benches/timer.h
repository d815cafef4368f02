/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_TIMER_H
#define MB_BENCHES_TIMER_H

#include "benches/bench.h"

/*
 * For rows whose round is more than what they measure: time and events of a part of it, on the thread that runs the round. Parts
 * add up within a round. The events stand right outside of the two readings of the clock, so that reading them is in no time.
 * Parts that threads do together are mb_team_measure()'s. A row that uses neither is measured from the begin of
 * its run to its end.
 */

/* What the events of such a part are counted as. */
#define MB_TIMER_PART "part"

/* Adds to run->ns at the end. Not inside each other. */
void mb_timer_begin(struct mb_bench_run *run);
void mb_timer_end(struct mb_bench_run *run);

#endif
