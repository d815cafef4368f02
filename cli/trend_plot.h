/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_TREND_PLOT_H
#define MB_CLI_TREND_PLOT_H

#include "cli/term.h"
#include "core/base/strbuf.h"
#include "reports/trend.h"

#define MB_TREND_PLOT_COLUMNS 80

/*
 * Adds a picture of a series, MB_TREND_PLOT_COLUMNS wide at most: a dot a point where there is room, oldest on the left, the
 * metric's values on the axis, and below it the number of each change.
 */
void mb_trend_plot_add(struct mb_strbuf *text, const struct mb_history_points *points,
		       const struct mb_trend *trend, const struct mb_metric *metric,
		       enum mb_format_charset charset);

#endif
