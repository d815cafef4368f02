/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_COUNTERS_RESULT_H
#define MB_CLI_COUNTERS_RESULT_H

#include "numa/counters.h"
#include "reports/result.h"

/*
 * Performance events in a result: which were asked for and which metrics they are, for every command that counts; and what they counted
 * in a boot. What benches and variants counted is put there by benches/tally.h.
 */

/* A fact for each event that counts something of its own reading, which is in every count: this and the event's name. */
#define MB_COUNTERS_RESULT_OVERHEAD "counter_overhead:"

/* Before the first repetition: the events, whether they count, and what reading them costs and counts. */
void mb_counters_result_begin(struct mb_result *result, const struct mb_counters *counters);

/*
 * After a repetition was added to the result: each stage's, node's and worker's run that has a time gets its counts, the
 * metrics that they are, and those that follow, or why an event was not counted. Failures are remembered in the result.
 */
void mb_counters_result_add(struct mb_result *result, const struct mb_counters *counters,
			    size_t repetition);

/* Whether events are counted for runs of that kind: of stages and benches, and of nodes and workers in them. */
bool mb_counters_result_has(enum mb_run_kind kind);

/* The metric that a role is; -1: none. */
int mb_counters_result_metric(enum mb_counters_role role);

#endif
