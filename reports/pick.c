/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/pick.h"

#define MAX_LOOKED_AT 256 /* runs: the limits, which say it, come first */

const struct mb_run *mb_pick_run(const struct mb_result *result, enum mb_run_kind kind,
				 const char *name)
{
	for (size_t i = 0; i < result->nr_runs; i++)
		if (result->runs[i]->kind == kind && !strcmp(result->runs[i]->name, name))
			return result->runs[i];
	return NULL;
}

bool mb_pick_any(const struct mb_result *result, enum mb_run_kind kind)
{
	for (size_t i = 0; i < result->nr_runs; i++)
		if (result->runs[i]->kind == kind)
			return true;
	return false;
}

bool mb_pick_is_table(const struct mb_result *result)
{
	return mb_pick_any(result, MB_RUN_PREDICTION) &&
	       !mb_pick_run(result, MB_RUN_PREDICTION, "to_all_memory");
}

double mb_pick_figure(const struct mb_run *run, int metric)
{
	struct mb_stats stats;

	if (!run ||
	    mb_stats_summarise(run->metrics[metric].values, run->metrics[metric].count, &stats))
		return NAN;
	return mb_metric_aggregate(&run->result->metrics->rows[metric], &stats);
}

double mb_pick_spread(const struct mb_run *run, int metric)
{
	struct mb_stats stats;

	if (!run ||
	    mb_stats_summarise(run->metrics[metric].values, run->metrics[metric].count, &stats))
		return NAN;
	return stats.count > 1 && stats.median != 0 ? 100 * stats.mad / fabs(stats.median) : NAN;
}

bool mb_pick_is_part(const struct mb_run *run)
{
	return run->kind == MB_RUN_STAGE && !mb_pick_run(run->result, MB_RUN_TOTAL, run->name);
}

size_t mb_pick_family_length(const struct mb_run *run)
{
	const char *slash = strrchr(run->name, '/');

	return slash && strchr(slash, ':') ? (size_t)(slash - run->name) : strlen(run->name);
}

bool mb_pick_has_family(const struct mb_run *run, const char *family, const char *arg)
{
	size_t length = strlen(family);

	return run->kind == MB_RUN_BENCH && mb_pick_family_length(run) == length &&
	       !strncmp(run->name, family, length) && mb_result_fact(&run->args, arg);
}

unsigned mb_pick_threads(const struct mb_run *run)
{
	const char *text = mb_result_fact(&run->args, "threads");
	const struct mb_result *result = run->result;
	char *end;
	unsigned long number;

	if (run->threads || !text)
		return run->threads;
	number = strtoul(text, &end, 10);
	if (end != text && !*end && number <= UINT_MAX)
		return (unsigned)number;
	for (size_t i = 0; i < result->nr_runs && i < MAX_LOOKED_AT; i++) {
		const char *other = mb_result_fact(&result->runs[i]->args, "threads");

		if (result->runs[i]->threads && other && !strcmp(other, text))
			return result->runs[i]->threads;
	}
	return 0;
}

bool mb_pick_is_initialiser(const struct mb_run *run)
{
	static const char group[] = "pageinit/";
	size_t length = mb_pick_family_length(run);

	return run->kind == MB_RUN_BENCH && !strncmp(run->name, group, sizeof(group) - 1) &&
	       !memchr(run->name + sizeof(group) - 1, '/', length - (sizeof(group) - 1)) &&
	       mb_result_fact(&run->args, "threads");
}
