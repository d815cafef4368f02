/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "benches/ground.h"
#include "benches/tally.h"
#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "numa/host.h"
#include "reports/counter.h"
#include "reports/derive.h"
#include "reports/result.h"

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

static void add_sum(struct mb_tally_count *count, int code, const struct mb_counters_value *value)
{
	count->code = code;
	count->count += code ? 0 : value->count;
	count->share = code ? count->share : fmin(count->share, value->share);
}

/*
 * Of the parts of the round that are counted, or of all that workers have begun; worker -1: of all threads. -ENOENT where nobody has
 * begun any.
 */
static void set_count(const struct mb_bench_run *run, int nid, int worker, size_t event,
		      struct mb_tally_count *count)
{
	static const struct mb_bench_part whole = {.mark = NULL, .nid = -1};
	size_t nr_parts = run->nr_parts ? run->nr_parts : 1;

	*count = (struct mb_tally_count){.share = 1, .code = -ENOENT};
	for (size_t i = 0; i < nr_parts; i++) {
		const struct mb_bench_part *part = run->nr_parts ? &run->parts[i] : &whole;
		struct mb_counters_value value;
		int code;

		if (nid >= 0 && part->nid >= 0 && part->nid != nid)
			continue;
		code = mb_counters_sum(run->env->counters, part->mark, nid >= 0 ? nid : part->nid,
				       worker, event, &value);
		if (code == -ENOENT)
			continue;
		add_sum(count, code, &value);
		if (code)
			return;
	}
}

/* A whole round is also what the thread that runs it does, besides its workers. */
static void add_round(const struct mb_bench_run *run, size_t event, struct mb_tally_count *all)
{
	struct mb_counters_value value;
	int code = mb_counters_sum(run->env->counters, MB_TALLY_ROUND, -1, -1, event, &value);

	if (all->code == -ENOENT || !all->code)
		add_sum(all, code, &value);
}

static void set_all(const struct mb_bench_run *run, struct mb_tally *tally)
{
	for (size_t i = 0; i < tally->nr_events; i++) {
		struct mb_tally_count *all = &tally->counts[i];

		set_count(run, -1, -1, i, all);
		if (!run->nr_parts)
			add_round(run, i, all);
		if (!run->nr_parts && run->ns)
			all->code = -ENOTSUP;
	}
}

/* Where the host has seen it; -1 when that was on several, or nobody looked. */
static int cpu_of(const struct mb_bench_run *run, const struct mb_counters_worker *worker)
{
	uint64_t map[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	struct mb_numa_host *numa = run->ground ? run->ground->numa : NULL;
	int found = -1;

	if (!numa || run->nr_parts != 1 ||
	    mb_host_seen(numa, run->parts[0].mark, worker->nid, (unsigned)worker->worker, map))
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

/* Unless it took part in nothing that is counted. */
static void add_worker(const struct mb_bench_run *run, const struct mb_counters_worker *worker,
		       struct mb_tally *tally)
{
	struct mb_tally_count *counts = &tally->counts[(tally->nr_workers + 1) * tally->nr_events];
	bool any = false;

	for (size_t i = 0; i < tally->nr_events; i++) {
		set_count(run, worker->nid, worker->worker, i, &counts[i]);
		any |= counts[i].code != -ENOENT && !mb_counters_event(run->env->counters, i)->code;
	}
	if (any)
		tally->workers[tally->nr_workers++] =
			(struct mb_tally_worker){worker->nid, worker->worker, cpu_of(run, worker)};
}

int mb_tally_take(const struct mb_bench_run *run, uint64_t rounds, struct mb_tally *ret_tally)
{
	const struct mb_counters *counters = run->env->counters;
	MB_FREE struct mb_counters_worker *workers = NULL;
	struct mb_tally tally = {.nr_events = counters ? mb_counters_count(counters) : 0};
	size_t nr_workers;

	if (!tally.nr_events || !rounds) {
		*ret_tally = (struct mb_tally){0};
		return 0;
	}
	if (mb_counters_workers(counters, NULL, &workers, &nr_workers))
		return -ENOMEM;
	tally.workers = calloc(nr_workers + 1, sizeof(*tally.workers));
	tally.counts = calloc((nr_workers + 1) * tally.nr_events, sizeof(*tally.counts));
	if (!tally.workers || !tally.counts) {
		mb_tally_clear(&tally);
		return -ENOMEM;
	}
	set_all(run, &tally);
	for (size_t i = 0; i < nr_workers; i++)
		add_worker(run, &workers[i], &tally);
	for (size_t i = 0; i < (tally.nr_workers + 1) * tally.nr_events; i++)
		tally.counts[i].count /= (double)rounds;
	*ret_tally = tally;
	return 0;
}

/* --- in a result --- */

/* An event that does not count on the host has its reason there. */
static void set_reason(struct mb_run *run, const struct mb_counters *events, size_t event, int code)
{
	char text[sizeof(((struct mb_counters_event *)NULL)->reason)];

	if (mb_counters_event(events, event)->code)
		return;
	if (code == -ENOTSUP || code == -ENOENT)
		snprintf(text, sizeof(text), "the row does not say which part of its rounds");
	else
		mb_counters_reason(events, event, code, text, sizeof(text));
	mb_result_run_set_uncounted(run, event, text);
}

/* worker -1: all threads. */
static void set_counts(const struct mb_tally *tally, const struct mb_counters *events,
		       size_t repetition, int worker, struct mb_run *run)
{
	for (size_t i = 0; i < tally->nr_events; i++) {
		const struct mb_tally_count *count = mb_tally_count(tally, worker, i);

		if (count->code)
			set_reason(run, events, i, count->code);
		else
			mb_counter_set(run, i, repetition, count->count, count->share);
	}
	mb_derive_set(run, repetition);
}

void mb_tally_add_counts(const struct mb_tally *tally, const struct mb_counters *events,
			 size_t repetition, struct mb_run *run)
{
	if (!run)
		return;
	set_counts(tally, events, repetition, -1, run);
	for (size_t i = 0; i < tally->nr_workers; i++) {
		const struct mb_tally_worker *worker = &tally->workers[i];
		struct mb_run *own = mb_result_run(run->result, MB_RUN_WORKER, run->name,
						   worker->nid, worker->index);

		if (!own)
			return;
		own->cpu = worker->cpu;
		set_counts(tally, events, repetition, (int)i, own);
	}
}

void mb_tally_clear(struct mb_tally *tally)
{
	free(tally->workers);
	free(tally->counts);
	*tally = (struct mb_tally){0};
}
