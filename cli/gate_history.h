/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_GATE_HISTORY_H
#define MB_CLI_GATE_HISTORY_H

#include "cli/gate_plan.h"
#include "reports/comparison.h"
#include "reports/history.h"

/*
 * A program against what earlier ones took on the same class of host. The samples are process runs on both sides: of the history the newest
 * results, of the row one for each process of each visit, the median of its turns.
 */
#define MB_GATE_HISTORY_NEWEST 32

/*
 * Judges a row whose two sides were the same program, and fills the samples of row. divisor: of a round's time, for the unit of the row's
 * metric. What the history lacks makes it not comparable. 0, or a negative errno with err.
 */
int mb_gate_history_judge(struct mb_history *history, const char *host_class,
			  const struct mb_gate_row *from, double divisor,
			  const struct mb_judge_rule *rule, struct mb_comparison *comparison,
			  struct mb_comparison_row *row, struct mb_err *err);

/* Medians of the turns of each visit and side, ns: fewer than ret_values has room for, 2 * from->visits. 0 or -ENOMEM. */
int mb_gate_history_samples(const struct mb_gate_row *from, double *ret_values, size_t *ret_count);

#endif
