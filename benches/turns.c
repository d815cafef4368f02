/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/turns.h"
#include "reports/stats.h"

bool mb_turns_change(struct mb_turns *turns, enum mb_turn next)
{
	bool change = turns->last != next;

	turns->last = next;
	return change;
}

void mb_turns_add(struct mb_turns *turns, uint64_t a_ns, uint64_t b_ns)
{
	size_t at = turns->count++ % MB_TURNS_MAX;

	turns->a_ns[at] = (double)a_ns;
	turns->b_ns[at] = (double)b_ns;
}

int mb_turns_ratio(const struct mb_turns *turns, double *ret_ratio)
{
	struct mb_stats_shift ratio;
	int rc = mb_stats_ratio(turns->a_ns, turns->b_ns, mb_turns_kept(turns), 0.95, &ratio);

	if (!rc)
		*ret_ratio = ratio.centre;
	return rc;
}
