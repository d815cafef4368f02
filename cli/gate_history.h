/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_GATE_HISTORY_H
#define MB_CLI_GATE_HISTORY_H

#include <stdatomic.h>

#include "cli/gate_child.h"
#include "cli/progress.h"
#include "reports/comparison.h"
#include "reports/history.h"
#include "reports/join.h"

/*
 * A program against what earlier ones took on the same class of host. Turns of live processes are measured otherwise than results in a
 * history, so the program makes such results itself: process runs of `memboot bench`, with the options of the newest one in the history. What
 * was taken otherwise, or on another kernel, is left out.
 */
#define MB_GATE_HISTORY_NEWEST 32 /* results of the history */
#define MB_GATE_HISTORY_RUNS   64 /* of the program, at most */

struct mb_gate_history {
	struct mb_result **before; /* newest first, with the benches of the filter alone */
	size_t nr_before;
	char *options; /* that they were taken with, words between spaces; NULL: it is not known */
	bool labelled; /* results were asked for by their labels */
	char *labels;  /* of each of them, as mb_history_entry's */
	size_t left_out, other_labels; /* taken with other options; of other labels */
	struct mb_result *now[MB_GATE_HISTORY_RUNS];
	size_t nr_now;

	/* For the progress line: */
	double budget_s;
	uint64_t begin_ns;
	atomic_uint done;
};

/*
 * Reads the newest results of the query's class of host and labels that have benches the filter lets through. Those of other labels are another
 * series: the newest one says which it is. 0 also when there is none, or a negative errno with err: see reports/history.h.
 */
int mb_gate_history_read(struct mb_gate_history *gate, struct mb_history *history,
			 const struct mb_history_query *query, const char *filter,
			 struct mb_err *err);

/*
 * Runs the program as often as the budget allows, at most MB_GATE_HISTORY_RUNS times. One that would not end in it is not begun, or killed
 * and not counted. 0; -ETIME with err when none has ended; or what mb_gate_bench_run() gives.
 */
int mb_gate_history_run(struct mb_gate_history *gate, const struct mb_gate_child_spec *spec,
			double budget_s, struct mb_err *err);

/*
 * Adds both sides and their rows, and finishes the comparison. Fewer runs than a verdict needs are inconclusive. options: as for
 * mb_join_sides(). 0 or -ENOMEM.
 */
int mb_gate_history_judge(struct mb_gate_history *gate, struct mb_comparison *comparison,
			  const char *const titles[2], const struct mb_join_options *options);

/*
 * The options in a result's command line that change what is measured: "--quick --min-time=0.1". 0 or -ENOMEM; nothing is added for a
 * command line without any.
 */
int mb_gate_history_add_options(struct mb_strbuf *ret_options, const char *command_line);

mb_progress_fn mb_gate_history_view; /* arg is the struct */
void mb_gate_history_fini(struct mb_gate_history *gate);

#endif
