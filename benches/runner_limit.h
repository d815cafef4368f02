/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_RUNNER_LIMIT_H
#define MB_BENCHES_RUNNER_LIMIT_H

#include "benches/runner.h"

/*
 * The best of the rows that are limits, for each number of threads, temperature and node. Rows of equal
 * surroundings are held against it. Limits come first in the list of rows, so all are known by then.
 */
#define MB_RUNNER_MAX_LIMITS 128 /* more are not kept */

struct mb_runner_limits {
	struct mb_runner_limit {
		enum mb_bench_temperature temperature;
		unsigned threads;
		int nid;
		double bytes_per_s;               /* median of the best row */
		char name[64];                    /* that row's */
		const struct mb_runner_rep *reps; /* and its repetitions; the runner's */
		size_t nr_reps;
	} best[MB_RUNNER_MAX_LIMITS];
	size_t count;
};

/* Takes a row in when it is a limit and was measured. */
void mb_runner_limits_add(struct mb_runner_limits *limits, const struct mb_runner_result *result);

/* What a row is held against; NULL: nothing here, or it is a limit itself or has no rate. */
const struct mb_runner_limit *mb_runner_limits_find(const struct mb_runner_limits *limits,
						    const struct mb_runner_result *result);

/* Whether a row would have a limit: its bytes are what counts, and not a whole boot's. */
bool mb_runner_limits_wants(const struct mb_runner_result *result);

#endif
