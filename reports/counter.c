/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "reports/counter.h"

void mb_counter_set_metric(struct mb_result *result, size_t counter, int metric)
{
	if (counter < result->counters.count && metric < (int)result->metrics->count)
		result->counters.rows[counter].metric = metric < 0 ? -1 : metric;
	else if (!result->error)
		result->error = -EINVAL;
}

void mb_counter_set(struct mb_run *run, size_t counter, size_t repetition, double count,
		    double share)
{
	int metric;

	mb_result_run_set_count(run, counter, repetition, count, share);
	if (!run || counter >= run->result->counters.count)
		return;
	metric = run->result->counters.rows[counter].metric;
	if (metric >= 0 && mb_counter_of_metric(run->result, metric) == (int)counter)
		mb_result_run_set(run, metric, repetition, count);
}

int mb_counter_of_metric(const struct mb_result *result, int metric)
{
	for (size_t i = 0; metric >= 0 && i < result->counters.count; i++)
		if (result->counters.rows[i].metric == metric && result->counters.rows[i].value)
			return (int)i;
	return -ENOENT;
}

const struct mb_metric *mb_counter_metric(const struct mb_result *result, size_t counter)
{
	int metric = result->counters.rows[counter].metric;

	return metric >= 0 ? &result->metrics->rows[metric] : NULL;
}

bool mb_counter_is_estimated(const struct mb_run *run, size_t counter)
{
	const struct mb_samples *shares = run->counts ? &run->counts[counter].shares : NULL;

	for (size_t i = 0; shares && i < shares->count; i++)
		if (shares->values[i] < 1)
			return true;
	return false;
}

const char *mb_counter_heading(const struct mb_result *result, int metric, const char *label)
{
	int own = mb_counter_of_metric(result, metric);

	for (size_t i = 0; own >= 0 && i < result->counters.count; i++)
		if ((int)i != own && !strcmp(result->counters.rows[i].name, label))
			return result->counters.rows[own].name;
	return label;
}
