/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/runner_outcome.h"
#include "core/base/cleanup.h"

static const char *const status_names[] = {
	[MB_RUNNER_OK] = "ok",
	[MB_RUNNER_SKIPPED] = "skipped",
	[MB_RUNNER_ERROR] = "error",
	[MB_RUNNER_CANCELLED] = "cancelled",
};

const char *mb_runner_status_name(enum mb_runner_status status)
{
	return status_names[status];
}

/* Over the repetitions, each by its median round: what is stored of them. With one alone: over its rounds. */
static int summarise_repetitions(struct mb_runner_result *result)
{
	MB_FREE double *medians = calloc(result->nr_reps, sizeof(*medians));

	if (!medians)
		return -ENOMEM;
	for (size_t i = 0; i < result->nr_reps; i++)
		medians[i] = result->reps[i].median_ns;
	return mb_stats_summarise(medians, result->nr_reps, &result->time_ns);
}

static int summarise_time(struct mb_runner_result *result)
{
	const struct mb_runner_rep *only = result->reps;
	int rc = result->nr_reps == 1
			 ? mb_stats_summarise(only->samples_ns, only->nr_samples, &result->time_ns)
			 : summarise_repetitions(result);

	if (rc || !result->time_ns.count)
		return rc;
	result->spread = result->time_ns.mad / result->time_ns.median;
	if (result->pages)
		result->ns_per_page = result->time_ns.median / (double)result->pages;
	if (result->ops)
		result->ns_per_op = result->time_ns.median / (double)result->ops;
	if (result->bytes && !result->no_rates)
		result->bytes_per_s = (double)result->bytes * 1e9 / result->time_ns.median;
	return 0;
}

/* Median of each counter over the repetitions. */
static int summarise_counters(const struct mb_runner_result *result,
			      struct mb_bench_counter *counters)
{
	MB_FREE double *values = calloc(result->nr_reps ? result->nr_reps : 1, sizeof(*values));

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < result->nr_counters; i++) {
		struct mb_stats stats;

		for (size_t r = 0; r < result->nr_reps; r++)
			values[r] = result->reps[r].counters[i];
		if (mb_stats_summarise(values, result->nr_reps, &stats))
			return -ENOMEM;
		counters[i].value = stats.median;
	}
	return 0;
}

/* Median over the repetitions of what they reached in turns. */
static int summarise_turns(struct mb_runner_result *result)
{
	MB_FREE double *values = calloc(result->nr_reps ? result->nr_reps : 1, sizeof(*values));
	struct mb_stats stats;

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < result->nr_reps; i++)
		values[i] = result->reps[i].of_limit;
	if (mb_stats_summarise(values, result->nr_reps, &stats))
		return -ENOMEM;
	result->limit_percent = 100 * stats.median;
	return 0;
}

static void judge_goal(struct mb_runner_result *result)
{
	const char *goal = result->row->goal;

	if (!goal)
		return;
	if (!strcmp(goal, "ns")) {
		result->has_goal = true;
		result->goal_value = result->time_ns.median;
	}
	for (size_t i = 0; i < result->nr_counters; i++)
		if (!strcmp(result->counters[i].name, goal)) {
			result->has_goal = true;
			result->goal_value = result->counters[i].value;
		}
	result->goal_met = result->has_goal && result->goal_value <= result->row->goal_max;
}

int mb_runner_outcome_fill(struct mb_runner_result *result, struct mb_bench_counter *counters)
{
	int rc = summarise_time(result);

	if (!rc)
		rc = summarise_counters(result, counters);
	if (!rc && result->limit)
		rc = summarise_turns(result);
	if (!rc)
		judge_goal(result);
	return rc;
}

static void look_at_length(struct mb_runner_totals *totals, const struct mb_runner_result *result,
			   bool own_clock)
{
	double ns = result->time_ns.median;

	if (result->row->is_empty) {
		totals->empty_ns = ns;
	} else if (!own_clock && ns > 0 && (totals->shortest_ns <= 0 || ns < totals->shortest_ns)) {
		totals->shortest_ns = ns;
		snprintf(totals->shortest, sizeof(totals->shortest), "%s", result->name);
	}
}

void mb_runner_outcome_count(struct mb_runner_totals *totals, const struct mb_runner_result *result,
			     bool own_clock)
{
	unsigned *counts[] = {
		[MB_RUNNER_OK] = &totals->ok,
		[MB_RUNNER_SKIPPED] = &totals->skipped,
		[MB_RUNNER_ERROR] = &totals->errors,
		[MB_RUNNER_CANCELLED] = &totals->cancelled,
	};

	if (result->status == MB_RUNNER_OK)
		look_at_length(totals, result, own_clock);
	++*counts[result->status];
	totals->goals += result->has_goal;
	totals->goals_met += result->goal_met;
}

void mb_runner_outcome_judge_overhead(struct mb_runner_totals *totals)
{
	if (totals->empty_ns <= 0 || totals->shortest_ns <= 0)
		return;
	totals->goals++;
	totals->goals_met += totals->empty_ns <= MB_RUNNER_OVERHEAD * totals->shortest_ns;
}
