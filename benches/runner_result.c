/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "benches/runner.h"
#include "benches/tally.h"
#include "reports/result.h"

static const enum mb_run_status run_statuses[] = {
	[MB_RUNNER_OK] = MB_RUN_OK,
	[MB_RUNNER_SKIPPED] = MB_RUN_SKIPPED,
	[MB_RUNNER_ERROR] = MB_RUN_ERROR,
	[MB_RUNNER_CANCELLED] = MB_RUN_SKIPPED,
};

/* Counters that are metrics of the result model. */
static const struct {
	const char *counter;
	enum mb_metric_id metric;
} counter_metrics[] = {
	{"ratio", MB_METRIC_RATIO},
	{"iterations", MB_METRIC_ITERATIONS},
	{"jobs", MB_METRIC_JOBS},
	{"growths", MB_METRIC_GROWTHS},
	{"growth_median_ns", MB_METRIC_GROWTH_MEDIAN_NS},
	{"growth_max_ns", MB_METRIC_GROWTH_MAX_NS},
	{"first_allocation_ns", MB_METRIC_FIRST_ALLOCATION_NS},
	{"serial_percent", MB_METRIC_SERIAL_PERCENT},
	{"reserved_ns", MB_METRIC_RESERVED_NS},
	{"reserved_pages", MB_METRIC_RESERVED_PAGES},
	{"hole_ns", MB_METRIC_HOLE_NS},
	{"hole_pages", MB_METRIC_HOLE_PAGES},
};

static void set_number_arg(struct mb_run *run, const char *key, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, value);
	mb_result_run_set_arg(run, key, text);
}

static void set_arg(struct mb_run *run, const struct mb_bench *row, int64_t arg)
{
	if (!row->arg_name)
		return;
	if (!strcmp(row->arg_name, "model"))
		mb_result_run_set_model(run, row->arg_text(arg));
	else if (row->arg_text)
		mb_result_run_set_arg(run, row->arg_name, row->arg_text(arg));
	else
		set_number_arg(run, row->arg_name, arg);
}

static void set_rep(struct mb_run *run, const struct mb_runner_result *outcome, size_t index)
{
	const struct mb_runner_rep *rep = &outcome->reps[index];
	double ns = rep->median_ns;

	mb_result_run_set(run, MB_METRIC_WALL_NS, index, ns);
	mb_result_run_set(run, MB_METRIC_ROUNDS, index, (double)rep->rounds);
	if (outcome->pages) {
		mb_result_run_set(run, MB_METRIC_PAGES, index, (double)outcome->pages);
		mb_result_run_set(run, MB_METRIC_NS_PER_PAGE, index, ns / (double)outcome->pages);
	}
	if (outcome->ops) {
		mb_result_run_set(run, MB_METRIC_OPERATIONS, index, (double)outcome->ops);
		mb_result_run_set(run, MB_METRIC_NS_PER_OPERATION, index,
				  ns / (double)outcome->ops);
	}
	if (outcome->bytes) {
		mb_result_run_set(run, MB_METRIC_BYTES, index, (double)outcome->bytes);
		if (!outcome->no_rates)
			mb_result_run_set(run, MB_METRIC_BYTES_PER_SECOND, index,
					  (double)outcome->bytes * 1e9 / ns);
	}
	if (outcome->limit)
		mb_result_run_set(run, MB_METRIC_LIMIT_PERCENT, index, 100 * rep->of_limit);
	for (size_t i = 0; i < outcome->nr_counters; i++)
		for (size_t j = 0; j < sizeof(counter_metrics) / sizeof(counter_metrics[0]); j++)
			if (!strcmp(outcome->counters[i].name, counter_metrics[j].counter))
				mb_result_run_set(run, (int)counter_metrics[j].metric, index,
						  rep->counters[i]);
}

struct mb_run *mb_runner_add_run(struct mb_result *result, const struct mb_runner_result *outcome)
{
	const struct mb_bench *row = outcome->row;
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, outcome->name);

	mb_result_run_set_arg(run, "temperature", mb_benches_temperature_name(row->temperature));
	set_arg(run, row, outcome->arg);
	if (outcome->nid)
		set_number_arg(run, "memory_node", outcome->nid);
	if (outcome->cpu_nid)
		set_number_arg(run, "cpu_node", outcome->cpu_nid);
	if (run)
		run->threads = outcome->threads;
	if (outcome->status != MB_RUNNER_OK)
		mb_result_run_set_status(run, run_statuses[outcome->status], outcome->reason);
	for (size_t i = 0; i < outcome->nr_reps; i++) {
		set_rep(run, outcome, i);
		if (outcome->reps[i].tally)
			mb_tally_add_counts(outcome->reps[i].tally, outcome->events, i, run);
	}
	if (!isnan(outcome->bands.time))
		mb_result_run_set(run, MB_METRIC_BAND_PERCENT, 0, 100 * outcome->bands.time);
	if (!isnan(outcome->bands.limit))
		mb_result_run_set(run, MB_METRIC_LIMIT_BAND_PERCENT, 0, 100 * outcome->bands.limit);
	return run;
}
