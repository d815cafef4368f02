/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_PACED_H
#define MB_BENCHES_PACED_H

#include <stdio.h>

#include "benches/runner.h"

/*
 * Rows that are run at somebody else's pace: another process says when a row is set up, when it does so many rounds, and when it is
 * checked, so that two programs take turns on one host (benches/paced_line.h has the words). Between turns a row stays set up and the
 * thread sleeps. The loop and the clock are this file's own: Google Benchmark would set rows up anew for each repetition.
 */

#define MB_PACED_MAX_ROUNDS 100000 /* of a turn */

/*
 * Serves what comes in until "end" or the end of input. Of the options filter, arena_bytes, topo, cancel and rows count. 0 however rows
 * fare; -ENOENT when nothing matches; -EINVAL for a bad filter; -EIO when answers cannot be written; -ENOMEM.
 */
int mb_paced_serve(const struct mb_runner_options *options, FILE *in, FILE *out,
		   struct mb_err *err);

#endif
