/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_RUNNER_TWINS_H
#define MB_BENCHES_RUNNER_TWINS_H

#include "benches/bench.h"
#include "benches/turns.h"

/*
 * Two passes of one row at once: each with a setup of its own, as two programs of a comparison have, and taking turns, a few rounds of
 * one and then of the other (A B B A …), as those do. What the host does for longer than a turn meets both. A neighbour on the same core
 * may make all of it 1.5 to 1.9 times slower for tenths of a second, and that says nothing of the row.
 */
#define MB_RUNNER_TWINS 2

struct mb_runner_pass {
	struct mb_bench_run run;
	struct mb_turns turns;
	uint64_t *ns; /* of each round */
};

struct mb_runner_twins {
	struct mb_runner_pass passes[MB_RUNNER_TWINS];
	uint64_t rounds;
};

/*
 * So many rounds of each pass, held against the row's limit in turns or not. 0 and twins that mb_runner_twins_free() ends, all
 * that they stood on already closed; or what the row returned, -ENOMEM, -ECANCELED, with ret_err.
 */
int mb_runner_twins_run(const struct mb_bench *row, const struct mb_bench_env *env, int64_t arg,
			uint64_t rounds, bool in_turns, struct mb_err *ret_err,
			struct mb_runner_twins **ret_twins);

/* NULL is fine. */
void mb_runner_twins_free(struct mb_runner_twins *twins);

#endif
