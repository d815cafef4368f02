/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/ground.h"
#include "benches/runner_round.h"
#include "benches/tally.h"
#include "core/base/align.h"
#include "numa/clock.h"
#include "numa/counters.h"

static int call_hook(int (*hook)(struct mb_bench_run *), struct mb_bench_run *run)
{
	return hook ? hook(run) : 0;
}

/* Before events are counted; what the round has left in run is the next one's to fill. */
static int warm_up(struct mb_bench_run *run)
{
	int rc = run->row->warm_up && !mb_bench_cancelled(run->env) ? run->row->run(run) : 0;

	run->ns = 0;
	run->nr_parts = 0;
	return rc;
}

int mb_runner_round_open(struct mb_bench_run *run)
{
	int rc = call_hook(run->row->setup, run);

	return rc ? rc : warm_up(run);
}

int mb_runner_round_check(struct mb_bench_run *run)
{
	int rc = call_hook(run->row->validate, run);

	return rc ? rc : call_hook(run->row->report, run);
}

void mb_runner_round_close(struct mb_bench_run *run)
{
	if (run->row->teardown)
		run->row->teardown(run);
	mb_ground_close(run->ground);
}

/* --- rounds --- */

static int run_round(struct mb_bench_run *run, uint64_t *ret_ns)
{
	uint64_t start, ns;
	int rc;

	run->ns = 0;
	mb_counters_begin(run->events, MB_TALLY_ROUND, -1, -1);
	start = mb_clock_now_ns();
	rc = run->row->run(run);
	ns = mb_clock_now_ns() - start;
	mb_counters_end(run->events, MB_TALLY_ROUND);
	/* A round of no time at all would make the library ask for ever more of them. */
	*ret_ns = mb_max(run->ns ? run->ns : ns, 1);
	return rc;
}

int mb_runner_round_warm(struct mb_bench_run *run)
{
	const struct mb_bench_env *env = run->env;
	struct mb_bench_env uncounted = *env;
	struct mb_counters_thread *events = run->events;
	int rc;

	uncounted.counters = NULL;
	run->env = &uncounted;
	run->events = NULL;
	rc = run->row->run(run);
	run->events = events;
	run->env = env;
	return rc;
}

static int turn_row(struct mb_bench_run *run, struct mb_turns *turns, uint64_t *ret_ns)
{
	int rc = mb_turns_change(turns, MB_TURN_A) ? mb_runner_round_warm(run) : 0;

	return rc ? rc : run_round(run, ret_ns);
}

static int turn_limit(struct mb_bench_run *run, struct mb_turns *turns, uint64_t *ret_ns)
{
	int rc = mb_turns_change(turns, MB_TURN_B) ? run->row->limit_turn(run, ret_ns) : 0;

	return rc ? rc : run->row->limit_turn(run, ret_ns);
}

int mb_runner_round(struct mb_bench_run *run, struct mb_turns *turns, bool limit_first,
		    uint64_t *ret_ns)
{
	uint64_t limit_ns = 0;
	int rc;

	if (!turns)
		return run_round(run, ret_ns);
	rc = limit_first ? turn_limit(run, turns, &limit_ns) : 0;
	if (!rc)
		rc = turn_row(run, turns, ret_ns);
	if (!rc && !limit_first)
		rc = turn_limit(run, turns, &limit_ns);
	if (!rc)
		mb_turns_add(turns, *ret_ns, limit_ns);
	return rc;
}
