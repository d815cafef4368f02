/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "benches/bench.h"

/*
 * What the runner adds to what it measures: two readings of the clock and a call between them. Every other row's time has that in
 * it, so rounds must be long enough for it not to count.
 */
static int do_nothing(struct mb_bench_run *run)
{
	return 0;
}

/* The time is the runner's own. */
static int validate(struct mb_bench_run *run)
{
	return run->ns ? MB_FAIL(&run->err, -EUCLEAN, "an empty round has a time of its own") : 0;
}

bool mb_bench_runner_row(size_t index, struct mb_bench *ret_row)
{
	if (index)
		return false;
	*ret_row = (struct mb_bench){
		.group = "runner",
		.name = "empty",
		.summary = "a round that does nothing: what measuring adds to each",
		.temperature = MB_BENCH_WARM,
		.is_empty = true,
		.run = do_nothing,
		.validate = validate,
	};
	return true;
}
