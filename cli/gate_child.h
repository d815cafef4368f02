/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_GATE_CHILD_H
#define MB_CLI_GATE_CHILD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/*
 * A program that runs rows at our pace: `PROGRAM bench --paced` (benches/paced_line.h), or anything that speaks the same. It sleeps
 * but for its turns, and never outlives us: its input ends, and the kernel kills it. One thread uses a child.
 */
struct mb_gate_child;

struct mb_gate_child_spec {
	const char *title;   /* how messages call it: "base"; outlives the child */
	bool judged;         /* what it does wrong is an answer, not a failure of the gate */
	const char *program; /* path, or a name to look up in PATH */
	const char *filter;  /* of rows; a regular expression */
	uint64_t arena_bytes;
	double patience_s; /* for one answer */
	const atomic_int *cancel;
};

/* What a round works on, 0 where that is not its unit. */
struct mb_gate_work {
	uint64_t pages, ops, bytes;
};

/*
 * Starts it and reads the names of its rows. All functions below give 0, -ECANCELED, or one of these with err, after which the child
 * can only be freed:
 *   -ENOEXEC   it cannot be started, or does not speak this
 *   -ECHILD    it ended in the midst of it; err has its exit status or signal and the last line that it said
 *   -ETIME     no answer in time
 */
int mb_gate_child_start(const struct mb_gate_child_spec *spec, struct mb_err *err,
			struct mb_gate_child **ret_child);

size_t mb_gate_child_nr_rows(const struct mb_gate_child *child);
const char *mb_gate_child_row(const struct mb_gate_child *child, size_t index);

/* What the rounds of a turn took. */
struct mb_gate_turn {
	double ns, loop_ns; /* the median round, and all of them with what they do not time */
};

/*
 * Sets up a row; so many rounds of the row that is open; checks the row and ends it. Also -ENOTSUP
 * for a row that this host cannot do and -EUCLEAN for one that went wrong or computed something wrong, both with err, the row closed and the
 * child alive.
 */
int mb_gate_child_open(struct mb_gate_child *child, size_t row, struct mb_err *err);
int mb_gate_child_turn(struct mb_gate_child *child, uint64_t rounds, struct mb_err *err,
		       struct mb_gate_turn *ret_turn);
int mb_gate_child_close(struct mb_gate_child *child, struct mb_err *err,
			struct mb_gate_work *ret_work);

/* Ends it, kindly at first, and waits for that. NULL is fine. */
void mb_gate_child_free(struct mb_gate_child *child);

#endif
