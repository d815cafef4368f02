/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "reports/lacks.h"
#include "reports/matrix.h"
#include "reports/row.h"

typedef bool has_fn(const struct mb_run *run);

static bool any(const struct mb_result *const *results, size_t count, has_fn *has)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < results[i]->nr_runs; k++)
			if (has(results[i]->runs[k]))
				return true;
	return false;
}

static bool has_sample(const struct mb_run *run, size_t metric)
{
	const struct mb_samples *samples = &run->metrics[metric];

	for (size_t i = 0; i < samples->count; i++)
		if (!isnan(samples->values[i]))
			return true;
	return false;
}

static bool is_run(const struct mb_run *run)
{
	return true;
}

static bool has_time(const struct mb_run *run)
{
	return mb_row_is(run) && has_sample(run, MB_METRIC_WALL_NS);
}

static bool has_figure(const struct mb_run *run)
{
	for (size_t i = 0; i < run->result->metrics->count && mb_row_is(run); i++)
		if (i != MB_METRIC_ROUNDS && i != MB_METRIC_START_NS && has_sample(run, i))
			return true;
	return false;
}

static bool has_tracked(const struct mb_run *run)
{
	const struct mb_metric_table *metrics = run->result->metrics;

	for (size_t i = 0; i < metrics->count && mb_row_is(run); i++)
		if (mb_row_tracked(&metrics->rows[i]) && has_sample(run, i))
			return true;
	return false;
}

static bool has_slice(const struct mb_run *run)
{
	return (run->kind == MB_RUN_STAGE || run->kind == MB_RUN_NODE ||
		run->kind == MB_RUN_WORKER || run->kind == MB_RUN_BENCH) &&
	       has_sample(run, MB_METRIC_WALL_NS);
}

const char *mb_lacks_runs(const struct mb_result *const *results, size_t count)
{
	return any(results, count, is_run) ? NULL : "a phase, fact or bench";
}

const char *mb_lacks_times(const struct mb_result *const *results, size_t count)
{
	return any(results, count, has_time) ? NULL : "a time of a phase or bench";
}

const char *mb_lacks_figures(const struct mb_result *const *results, size_t count)
{
	return any(results, count, has_figure) ? NULL : "a figure of a phase or bench";
}

const char *mb_lacks_tracked(const struct mb_result *const *results, size_t count)
{
	return any(results, count, has_tracked) ? NULL : "a figure worth tracking";
}

const char *mb_lacks_timeline(const struct mb_result *const *results, size_t count)
{
	return any(results, count, has_slice) ? NULL : "a time of a phase, worker or bench";
}

static bool all_have(const struct mb_row *row, size_t count, size_t metric)
{
	for (size_t i = 0; i < count; i++)
		if (!row->runs[i] || !has_sample(row->runs[i], metric))
			return false;
	return true;
}

/* Without memory: nothing, since the writer will say so. */
const char *mb_lacks_common(const struct mb_result *const *results, size_t count)
{
	const struct mb_metric_table *metrics = results[0]->metrics;
	struct mb_rows rows;
	bool found = false;

	if (mb_rows_init(&rows, results, count))
		return NULL;
	for (size_t i = 0; i < rows.count && !found; i++)
		for (size_t k = 0; k < metrics->count && !found; k++)
			found = mb_row_tracked(&metrics->rows[k]) &&
				all_have(&rows.rows[i], count, k);
	mb_rows_fini(&rows);
	if (found)
		return NULL;
	return count > 1 ? "a figure that all of them have" : "a figure worth tracking";
}

const char *mb_lacks_matrix(const struct mb_result *const *results, size_t count)
{
	const char *lacking = NULL;

	for (size_t i = 0; i < count && !lacking; i++)
		lacking = mb_matrix_lacks(results[i]);
	return lacking;
}
