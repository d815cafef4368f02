/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_CREW_H
#define MB_BENCHES_CREW_H

#include "benches/ground.h"

/* Several threads that do one thing at the same time: workers of the ground's node 0. */

#define MB_CREW_MAX 1024

/*
 * Arguments of rows by the number of threads, and their text: 1, 2, 4 … up to the CPUs that are online, and "all" (0)
 * where their number is none of these.
 */
const int64_t *mb_crew_args(size_t *ret_count);
const char *mb_crew_arg_text(int64_t arg);

/* CPUs that are online, and no more than MB_CREW_MAX. */
unsigned mb_crew_cpus(void);

/* What each of them does; index from 0. 0 or a negative errno. */
typedef int mb_crew_fn(void *arg, unsigned index);

/*
 * How many an argument means on this ground. 0; -ENOTSUP with err when the host cannot run so many at
 * once: it has fewer CPUs for node 0, or fewer at all where threads are not pinned.
 */
int mb_crew_size(const struct mb_ground *ground, int64_t arg, struct mb_err *err,
		 unsigned *ret_threads);

/*
 * Runs fn on so many threads, at most MB_CREW_MAX. They begin together: *ret_ns is from the first one's begin
 * to the last one's end, without what it takes to start them. 0, the first failure of fn, or why they could not be
 * started, with err.
 */
int mb_crew_run(const struct mb_ground *ground, unsigned threads, mb_crew_fn *fn, void *arg,
		struct mb_err *err, uint64_t *ret_ns);

#endif
