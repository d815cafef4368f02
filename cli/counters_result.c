/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "cli/counters_result.h"
#include "reports/counter.h"
#include "reports/derive.h"

int mb_counters_result_metric(enum mb_counters_role role)
{
	static const int metrics[MB_COUNTERS_NR_ROLES] = {
		[MB_COUNTERS_OTHER] = -1,
		[MB_COUNTERS_CYCLES] = MB_METRIC_CYCLES,
		[MB_COUNTERS_INSTRUCTIONS] = MB_METRIC_INSTRUCTIONS,
		[MB_COUNTERS_STALLED_CYCLES] = MB_METRIC_STALLED_CYCLES,
		[MB_COUNTERS_LLC_MISSES] = MB_METRIC_LLC_MISSES,
		[MB_COUNTERS_DTLB_MISSES] = MB_METRIC_DTLB_MISSES,
		[MB_COUNTERS_STORES] = MB_METRIC_STORES,
		[MB_COUNTERS_REMOTE_ACCESSES] = MB_METRIC_REMOTE_ACCESSES,
		[MB_COUNTERS_BRANCHES] = MB_METRIC_BRANCHES,
		[MB_COUNTERS_BRANCH_MISSES] = MB_METRIC_BRANCH_MISSES,
		[MB_COUNTERS_PAGE_FAULTS] = MB_METRIC_PAGE_FAULTS,
		[MB_COUNTERS_TASK_CLOCK] = MB_METRIC_TASK_CLOCK_NS,
		[MB_COUNTERS_CONTEXT_SWITCHES] = MB_METRIC_CONTEXT_SWITCHES,
		[MB_COUNTERS_CPU_MIGRATIONS] = MB_METRIC_CPU_MIGRATIONS,
	};

	return metrics[role];
}

bool mb_counters_result_has(enum mb_run_kind kind)
{
	return kind == MB_RUN_STAGE || kind == MB_RUN_NODE || kind == MB_RUN_WORKER ||
	       kind == MB_RUN_BENCH;
}

/* What an event counts of the reading of all. */
static void add_overheads(struct mb_result *result, const struct mb_counters *counters)
{
	for (size_t i = 0; i < mb_counters_count(counters); i++) {
		double overhead = mb_counters_overhead(counters, i);
		char name[sizeof(MB_COUNTERS_RESULT_OVERHEAD) +
			  sizeof(((struct mb_counters_event *)NULL)->name)];
		char text[32];

		snprintf(name, sizeof(name), "%s%s", MB_COUNTERS_RESULT_OVERHEAD,
			 mb_counters_event(counters, i)->name);
		snprintf(text, sizeof(text), "%.15g", overhead);
		if (overhead > 0)
			mb_result_add_fact(result, name, text, NULL);
	}
}

void mb_counters_result_begin(struct mb_result *result, const struct mb_counters *counters)
{
	char text[160];

	for (size_t i = 0; i < mb_counters_count(counters); i++) {
		const struct mb_counters_event *event = mb_counters_event(counters, i);

		snprintf(text, sizeof(text), "%s, %s mode%s",
			 mb_counters_source_name(event->source), mb_counters_event_scope(event),
			 event->faults ? ", by getrusage" : "");
		mb_result_add_counter(result, event->name, event->code ? NULL : text,
				      event->code ? event->reason : NULL);
		mb_counter_set_metric(
			result, i, mb_counters_result_metric((enum mb_counters_role)event->role));
	}
	snprintf(text, sizeof(text), "%.15g ns", round(mb_counters_read_ns(counters)));
	mb_result_add_fact(result, "counter_library", mb_counters_version(), NULL);
	mb_result_add_fact(result, "counter_read_cost",
			   mb_counters_read_ns(counters) > 0 ? text : NULL,
			   mb_counters_read_ns(counters) > 0 ? NULL : "no event counts here");
	add_overheads(result, counters);
}

/* An event that counts on the host, and did not in this run; what nobody began there was not to be counted. */
static void add_reason(struct mb_run *run, const struct mb_counters *counters, size_t index,
		       int code)
{
	char text[sizeof(((struct mb_counters_event *)NULL)->reason)];

	if (code == -ENOENT || mb_counters_event(counters, index)->code)
		return;
	mb_counters_reason(counters, index, code, text, sizeof(text));
	mb_result_run_set_uncounted(run, index, text);
}

static void add_counts(struct mb_run *run, const struct mb_counters *counters, size_t repetition)
{
	for (size_t i = 0; i < mb_counters_count(counters); i++) {
		struct mb_counters_value value;
		int r = mb_counters_sum(counters, run->name, run->node, run->worker, i, &value);

		if (r)
			add_reason(run, counters, i, r);
		else
			mb_counter_set(run, i, repetition, value.count, value.share);
	}
	mb_derive_set(run, repetition);
}

void mb_counters_result_add(struct mb_result *result, const struct mb_counters *counters,
			    size_t repetition)
{
	for (size_t i = 0; i < result->nr_runs; i++) {
		struct mb_run *run = result->runs[i];

		if (mb_counters_result_has(run->kind) &&
		    repetition < run->metrics[MB_METRIC_WALL_NS].count)
			add_counts(run, counters, repetition);
	}
}
