/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/ground.h"
#include "benches/tally.h"
#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "numa/host.h"

const struct mb_tally_count *mb_tally_count(const struct mb_tally *tally, int worker, size_t event)
{
	return &tally->counts[(size_t)(worker + 1) * tally->nr_events + event];
}

int mb_tally_begin(struct mb_bench_run *run)
{
	struct mb_counters *counters = run->env->counters;
	struct mb_numa_host *numa = run->ground ? run->ground->numa : NULL;

	if (!counters)
		return 0;
	/* A host has opened them for its boot thread, which is this one: twice they would take turns. */
	run->events = numa ? mb_host_events(numa) : mb_counters_thread_new(counters);
	mb_counters_clear(counters);
	return run->events ? 0 : MB_FAIL(&run->err, -ENOMEM, "out of memory");
}

void mb_tally_end(struct mb_bench_run *run)
{
	run->events = NULL;
	if (run->env->counters)
		mb_counters_drop(run->env->counters);
}

static void set_count(struct mb_tally_count *count, const struct mb_counters *counters,
		      const char *stage, int nid, int worker, size_t event)
{
	struct mb_counters_value value = {.share = 1};

	count->code = mb_counters_sum(counters, stage, nid, worker, event, &value);
	count->count = value.count;
	count->share = value.share;
}

/* What the workers have counted is no part of the round on the thread that waits for them. */
static void add_worker(const struct mb_tally_count *worker, struct mb_tally_count *all)
{
	if (!all->code)
		all->code = worker->code;
	all->count += worker->count;
	all->share = mb_min(all->share, worker->share);
}

/* What was begun on the thread of the rounds is the round; on workers, whatever they have begun. */
static void set_event(const struct mb_bench_run *run, uint64_t rounds, size_t event,
		      const struct mb_tally *tally)
{
	const struct mb_counters *counters = run->env->counters;
	struct mb_tally_count *all = &tally->counts[event];

	set_count(all, counters, run->part ? run->part : MB_TALLY_ROUND, -1, -1, event);
	if (!run->part && run->ns)
		all->code = -ENOTSUP;
	for (size_t i = 0; i < tally->nr_workers; i++) {
		struct mb_tally_count *count = &tally->counts[(i + 1) * tally->nr_events + event];

		set_count(count, counters, run->part, tally->workers[i].nid,
			  tally->workers[i].index, event);
		if (!run->part)
			add_worker(count, all);
		count->count /= (double)rounds;
	}
	all->count /= (double)rounds;
}

/* Where the host has seen it; -1 when that was on several, or nobody looked. */
static int cpu_of(const struct mb_bench_run *run, const struct mb_counters_worker *worker)
{
	uint64_t map[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	struct mb_numa_host *numa = run->ground ? run->ground->numa : NULL;
	int found = -1;

	if (!numa || !run->part ||
	    mb_host_seen(numa, run->part, worker->nid, (unsigned)worker->worker, map))
		return -1;
	for (int cpu = 0; cpu < MB_TOPO_MAX_CPUS; cpu++) {
		if (!mb_bit_test(map, (size_t)cpu))
			continue;
		if (found >= 0)
			return -1;
		found = cpu;
	}
	return found;
}

int mb_tally_take(const struct mb_bench_run *run, uint64_t rounds, struct mb_tally *ret_tally)
{
	const struct mb_counters *counters = run->env->counters;
	MB_FREE struct mb_counters_worker *workers = NULL;
	struct mb_tally tally = {.nr_events = counters ? mb_counters_count(counters) : 0};

	if (!tally.nr_events || !rounds) {
		*ret_tally = (struct mb_tally){0};
		return 0;
	}
	if (mb_counters_workers(counters, run->part, &workers, &tally.nr_workers))
		return -ENOMEM;
	tally.workers = calloc(tally.nr_workers + 1, sizeof(*tally.workers));
	tally.counts = calloc((tally.nr_workers + 1) * tally.nr_events, sizeof(*tally.counts));
	if (!tally.workers || !tally.counts) {
		mb_tally_clear(&tally);
		return -ENOMEM;
	}
	for (size_t i = 0; i < tally.nr_workers; i++)
		tally.workers[i] = (struct mb_tally_worker){workers[i].nid, workers[i].worker,
							    cpu_of(run, &workers[i])};
	for (size_t i = 0; i < tally.nr_events; i++)
		set_event(run, rounds, i, &tally);
	*ret_tally = tally;
	return 0;
}

void mb_tally_clear(struct mb_tally *tally)
{
	free(tally->workers);
	free(tally->counts);
	*tally = (struct mb_tally){0};
}
