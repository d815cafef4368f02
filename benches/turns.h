/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_TURNS_H
#define MB_BENCHES_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Rounds of two kinds, a and b, that take turns: two neighbours are a pair, and what the host does for longer than they take is not in
 * their ratio. What a round leaves in the caches is the next one's to write back, so where the kind changes a round that does not
 * count comes first: a pair of rounds as they would be among their like. In the order of pairs a b, b a, a b, … that is one for
 * each pair.
 */
#define MB_TURNS_MAX 256 /* pairs; the newest are kept */

struct mb_turns {
	double a_ns[MB_TURNS_MAX], b_ns[MB_TURNS_MAX];
	uint64_t count; /* of pairs, those that are not kept too */
	enum mb_turn {
		MB_TURN_NONE,
		MB_TURN_A,
		MB_TURN_B,
	} last; /* the newest round */
};

/* The next round is of this kind: true when the newest one was not, so that one that does not count comes first. */
bool mb_turns_change(struct mb_turns *turns, enum mb_turn next);

void mb_turns_add(struct mb_turns *turns, uint64_t a_ns, uint64_t b_ns);

/* Time of b over that of a: the Hodges-Lehmann estimate of the pairs' ratios (mb_stats_ratio); NaN without pairs. 0 or -ENOMEM. */
int mb_turns_ratio(const struct mb_turns *turns, double *ret_ratio);

/* Pairs that are kept. */
static inline size_t mb_turns_kept(const struct mb_turns *turns)
{
	return turns->count < MB_TURNS_MAX ? (size_t)turns->count : MB_TURNS_MAX;
}

#endif
