/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COUNTER_H
#define MB_REPORTS_COUNTER_H

#include "reports/result.h"

/* Which events of a result stand behind its metrics. */

/* Says that an event of the result's list tells a metric; -1: none. A bad index or metric is remembered in the result. */
void mb_counter_set_metric(struct mb_result *result, size_t counter, int metric);

/*
 * What an event of the result's list counted, as mb_result_run_set_count(); also as the metric that it tells, when the metric's figures
 * are this event's.
 */
void mb_counter_set(struct mb_run *run, size_t counter, size_t repetition, double count,
		    double share);

/* The event whose counts a metric's figures are: the first that tells it and counts on the host; -ENOENT: there is none. */
int mb_counter_of_metric(const struct mb_result *result, int metric);

/* What an event's counts are shown as, for their unit and scale; NULL: plain numbers. */
const struct mb_metric *mb_counter_metric(const struct mb_result *result, size_t counter);

/* In some repetition the event was not on a counter all the time: the figure is an estimate. */
bool mb_counter_is_estimated(const struct mb_run *run, size_t counter);

/*
 * Heading of a metric's figures: label, or the event's name where another event bears that label as its name, so that no two headings
 * are alike.
 */
const char *mb_counter_heading(const struct mb_result *result, int metric, const char *label);

#endif
