/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_BEST_FILL_H
#define MB_BENCHES_BEST_FILL_H

#include "benches/bench.h"
#include "benches/fill.h"

/*
 * The limit of a row: of the fills that this CPU has and that do not store zeros the one that is fastest for the row's threads and
 * nodes. It is looked for when a row first asks, and stays the same for the whole run: which of two equal ones wins is chance, and
 * would be noise in what is held against it.
 */
#define MB_BEST_FILLS_MAX 64 /* kinds of surroundings; more are looked for each time */

struct mb_best_fills {
	struct {
		unsigned threads;
		int nid, cpu_nid;
		const struct mb_fill *fill;
	} found[MB_BEST_FILLS_MAX];
	size_t count;
};

/* One round of a fill: 0 and its time, or a negative errno. */
typedef int mb_best_fill_round_fn(void *arg, const struct mb_fill *fill, uint64_t *ret_ns);

/*
 * For the run's threads and nodes; fills may be NULL. All fills take MB_BEST_FILL_TURNS turns, two rounds in each of which the second
 * counts; the best has the least median of its time over the mean of all in the same turn. 0 or as round.
 */
#define MB_BEST_FILL_TURNS 11
int mb_best_fill_find(struct mb_best_fills *fills, const struct mb_bench_run *run,
		      mb_best_fill_round_fn *round, void *arg, const struct mb_fill **ret_fill);

#endif
