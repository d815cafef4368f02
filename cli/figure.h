/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_FIGURE_H
#define MB_CLI_FIGURE_H

#include "core/base/strbuf.h"
#include "reports/result.h"

/* Figures that stand for all repetitions, for tables. A failed allocation is remembered in text, and makes them NaN. */

/* Summary of samples: all NaN when there are none. */
struct mb_stats mb_figure_stats(const struct mb_samples *samples, struct mb_strbuf *text);

/* A run's figure of a metric, by the metric's own rule; NaN when there is none. */
double mb_figure_of(const struct mb_result *result, const struct mb_run *run, int metric,
		    struct mb_strbuf *text);

#endif
