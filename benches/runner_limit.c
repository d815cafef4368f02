/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "benches/runner_limit.h"
#include "core/base/align.h"

static struct mb_runner_limit *find(struct mb_runner_limits *limits,
				    const struct mb_runner_result *result)
{
	for (size_t i = 0; i < limits->count; i++) {
		struct mb_runner_limit *limit = &limits->best[i];

		if (limit->temperature == result->row->temperature &&
		    limit->threads == mb_max(result->threads, 1) && limit->nid == result->nid)
			return limit;
	}
	return NULL;
}

void mb_runner_limits_add(struct mb_runner_limits *limits, const struct mb_runner_result *result)
{
	struct mb_runner_limit *limit;

	if (!result->row->is_limit || !(result->bytes_per_s > 0))
		return;
	limit = find(limits, result);
	if (!limit && limits->count < MB_RUNNER_MAX_LIMITS) {
		limit = &limits->best[limits->count++];
		*limit = (struct mb_runner_limit){
			.temperature = result->row->temperature,
			.threads = mb_max(result->threads, 1),
			.nid = result->nid,
		};
	}
	if (!limit || limit->bytes_per_s >= result->bytes_per_s)
		return;
	limit->bytes_per_s = result->bytes_per_s;
	limit->reps = result->reps;
	limit->nr_reps = result->nr_reps;
	snprintf(limit->name, sizeof(limit->name), "%s", result->name);
}

bool mb_runner_limits_wants(const struct mb_runner_result *result)
{
	return !result->row->is_limit && !result->row->no_limit && result->bytes_per_s > 0 &&
	       result->row->temperature != MB_BENCH_MIXED;
}

const struct mb_runner_limit *mb_runner_limits_find(const struct mb_runner_limits *limits,
						    const struct mb_runner_result *result)
{
	return mb_runner_limits_wants(result) ? find((struct mb_runner_limits *)limits, result)
					      : NULL;
}
