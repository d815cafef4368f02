/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/runner_turns.h"
#include "core/base/align.h"
#include "reports/stats.h"

bool mb_runner_turns_change(struct mb_runner_turns *turns, enum mb_runner_turn whose)
{
	bool change = turns->last != whose;

	turns->last = whose;
	return change;
}

void mb_runner_turns_add(struct mb_runner_turns *turns, uint64_t row_ns, uint64_t limit_ns)
{
	size_t at = turns->count++ % MB_RUNNER_TURNS_MAX;

	turns->row_ns[at] = (double)row_ns;
	turns->limit_ns[at] = (double)limit_ns;
}

int mb_runner_turns_ratio(const struct mb_runner_turns *turns, double *ret_ratio)
{
	size_t count = (size_t)mb_min(turns->count, MB_RUNNER_TURNS_MAX);
	struct mb_stats_shift ratio;
	int rc = mb_stats_ratio(turns->row_ns, turns->limit_ns, count, 0.95, &ratio);

	if (!rc)
		*ret_ratio = ratio.centre;
	return rc;
}
