/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_GATE_RUN_H
#define MB_CLI_GATE_RUN_H

#include "cli/cmd.h"
#include "cli/gate_plan.h"
#include "cli/progress.h"

/* Two programs that take turns, as `memboot gate` and `memboot noise` have them: the children, their rows, and a progress line. */
struct mb_gate_run {
	struct mb_gate_child_spec specs[MB_GATE_NR_SIDES];
	struct mb_gate_child *children[MB_GATE_NR_SIDES];
	struct mb_gate_plan plan;
	/* Rows that only one of them has, by name; owned. */
	char **alone[MB_GATE_NR_SIDES];
	size_t nr_alone[MB_GATE_NR_SIDES];
};

/*
 * What follows "--" on the command line: the word 'bench' and regular expressions, as one. MB_EXIT_OK and a text that the caller frees, or
 * the exit status after saying what is missing.
 */
int mb_gate_run_filter(const struct mb_cli *cli, char **ret_filter);

/* --arena, or what benches take by themselves. */
uint64_t mb_gate_run_arena(const struct mb_cli *cli);

/*
 * Sets all up but starts nothing: two programs, rows that match, and how turns are taken. programs, filter and cancel are borrowed.
 */
void mb_gate_run_begin(struct mb_gate_run *run, const char *const programs[MB_GATE_NR_SIDES],
		       const char *filter, uint64_t arena_bytes, const atomic_int *cancel);

/*
 * Starts both and lets them take turns by the plan's options. An answer may take the budget and some seconds, two minutes at most. 0,
 * or a negative errno with err: see gate_child.h and gate_plan.h.
 */
int mb_gate_run(struct mb_gate_run *run, struct mb_err *err);

/* The exit status after a failure, having said why: the one that is to blame may be the program that is looked at. */
int mb_gate_run_say(const struct mb_cli *cli, const struct mb_gate_run *run, int code,
		    const struct mb_err *err);

/* How far a run is, for a progress line; arg is the run. */
mb_progress_fn mb_gate_run_view;

/* Ends the children; a zeroed one is fine. */
void mb_gate_run_fini(struct mb_gate_run *run);

#endif
