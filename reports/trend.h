/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_TREND_H
#define MB_REPORTS_TREND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/strbuf.h"
#include "reports/history.h"
#include "reports/metric.h"

/* What a series of a history says: where its level changed, by how much, between which revisions, and whether that is good. */

#define MB_TREND_MIN_POINTS (2 * MB_STATS_CHANGE_SIDE)

/* A change below this counts as none; of metrics whose noise band is smaller, that. */
#define MB_TREND_THRESHOLD 0.01

struct mb_trend_change {
	size_t index;            /* of the first point after it */
	double ratio, low, high; /* new level over old one, and its interval: 95 % */
	/* Of the range in which it lies with 95 % confidence, borrowed from the points: the last before it, the first after it. */
	const char *old_revision, *new_revision;
	bool worse, better; /* by the metric's direction */
};

struct mb_trend {
	struct mb_trend_change *changes; /* in order of time */
	size_t count;
	bool too_few; /* points to say anything */
};

/*
 * Of the points, which must outlive the trend; threshold is a fraction, NaN: as above. Ratios of figures that are not all above 0 are NaN
 * where there is none. 0 and a trend that mb_trend_fini() ends, or -ENOMEM.
 */
int mb_trend_init(struct mb_trend *trend, const struct mb_history_points *points,
		  const struct mb_metric *metric, double threshold);
void mb_trend_fini(struct mb_trend *trend);

/*
 * The change for the worse that came first from points->after on and has not been undone since: NULL when the newest level is no worse
 * than the one before it by more than the threshold.
 */
const struct mb_trend_change *mb_trend_regression(const struct mb_trend *trend,
						  const struct mb_history_points *points,
						  const struct mb_metric *metric, double threshold);

/* Adds "old..new", ids of git cut to 12 digits; one name where both are the same. */
void mb_trend_add_range(struct mb_strbuf *text, const struct mb_trend_change *change);

/* Adds a revision, an id of git cut to 12 digits. */
void mb_trend_add_revision(struct mb_strbuf *text, const char *revision);

#endif
