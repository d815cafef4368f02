/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_RUNNER_FLAGS_H
#define MB_BENCHES_RUNNER_FLAGS_H

#include "benches/cbench.h"
#include "benches/runner.h"

/*
 * What the options of a run and the flags of Google Benchmark among them say together: an option wins over flags, a later flag over
 * others.
 */

/* Rows for full runs too: someone who names rows means all that have the name. */
bool mb_runner_flags_full(const struct mb_runner_options *options);

/* Repetitions of each row, at least 1. The flags are those that the library has accepted. */
unsigned mb_runner_flags_repetitions(const struct mb_runner_options *options);

/* -EINVAL for a flag that an option of the program stands for. */
int mb_runner_flags_check(const struct mb_runner_options *options, struct mb_err *err);

/*
 * Gives them to the library, the flags verbatim first. With passes each row has lap repetitions, or one when that is 0, and none are
 * interleaved. 0; -ENOMEM; -EINVAL for what it does not take, with cbench_error().
 */
int mb_runner_flags_add(const struct mb_runner_options *options, unsigned lap,
			struct cbench *cbench);

/*
 * Whether the flags ask for the library's own list or its own display, so that the caller leaves
 * its table out.
 */
bool mb_runner_flags_list(const struct mb_runner_options *options);
bool mb_runner_flags_display(const struct mb_runner_options *options);

#endif
