/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_RUNNER_TURNS_H
#define MB_BENCHES_RUNNER_TURNS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Rounds of a row that take turns with rounds of its limit, in one repetition: two neighbours are a pair, and what the host does for
 * longer than they take is not in their ratio. What one leaves in the caches is the next one's to write back, so a round of the
 * other kind comes after one of its own kind that does not count: row, row, limit, limit, limit, row, row, row, … of which the
 * first and each one after a change do not count.
 */
#define MB_RUNNER_TURNS_MAX 256 /* pairs; the newest are kept */

struct mb_runner_turns {
	double row_ns[MB_RUNNER_TURNS_MAX], limit_ns[MB_RUNNER_TURNS_MAX];
	uint64_t count; /* of pairs, those that are not kept too */
	enum mb_runner_turn {
		MB_RUNNER_TURN_NONE,
		MB_RUNNER_TURN_ROW,
		MB_RUNNER_TURN_LIMIT,
	} last; /* whose round was the newest */
};

/* A round is the row's or the limit's: true when the newest one was not, so that one that does not count comes first. */
bool mb_runner_turns_change(struct mb_runner_turns *turns, enum mb_runner_turn whose);

void mb_runner_turns_add(struct mb_runner_turns *turns, uint64_t row_ns, uint64_t limit_ns);

/*
 * The row's rate over the limit's: the Hodges-Lehmann estimate of the pairs' ratios (mb_stats_ratio); NaN without pairs.
 * 0 or -ENOMEM.
 */
int mb_runner_turns_ratio(const struct mb_runner_turns *turns, double *ret_ratio);

#endif
