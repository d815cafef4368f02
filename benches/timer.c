/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/timer.h"
#include "core/base/align.h"
#include "numa/clock.h"
#include "numa/counters.h"

void mb_timer_begin(struct mb_bench_run *run)
{
	mb_bench_add_part(run, MB_TIMER_PART, -1);
	mb_counters_begin(run->events, MB_TIMER_PART, -1, -1);
	run->since_ns = mb_clock_now_ns();
}

void mb_timer_end(struct mb_bench_run *run)
{
	uint64_t ns = mb_clock_now_ns() - run->since_ns;

	mb_counters_end(run->events, MB_TIMER_PART);
	run->ns += mb_max(ns, 1);
}
