/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "reports/text.h"
#include "reports/trend.h"

#define ABBREVIATED 12 /* digits of an id of git */

static double threshold_of(const struct mb_metric *metric, double threshold)
{
	return isnan(threshold) ? fmin(MB_TREND_THRESHOLD, metric->noise_band) : threshold;
}

/* Whether values are such that their ratios mean something. */
static bool is_positive(const struct mb_history_points *points)
{
	for (size_t i = 0; i < points->count; i++)
		if (!(points->values[i] > 0))
			return false;
	return true;
}

/* The level before a change, of values that have no logarithm: the median of the points since the change before. */
static double level_before(const struct mb_history_points *points, size_t first, size_t end)
{
	struct mb_stats stats;

	return mb_stats_summarise(points->values + first, end - first, &stats) ? NAN : stats.median;
}

static struct mb_trend_change describe(const struct mb_history_points *points,
				       const struct mb_stats_change *found, size_t first,
				       bool logarithms)
{
	double level = logarithms ? NAN : level_before(points, first, found->index);
	struct mb_trend_change change = {
		.index = found->index,
		.ratio = logarithms ? exp(found->shift) : 1 + found->shift / level,
		.low = logarithms ? exp(found->low) : 1 + found->low / level,
		.high = logarithms ? exp(found->high) : 1 + found->high / level,
		.old_revision = points->revisions[found->first - 1],
		.new_revision = points->revisions[found->last],
	};

	if (!logarithms && !(level > 0))
		change.ratio = change.low = change.high = NAN;
	return change;
}

static bool is_above(double ratio, double threshold)
{
	return ratio > 1 + threshold;
}

/* Without a ratio any change counts, and the shift says its direction. */
static void judge(struct mb_trend_change *change, double shift, const struct mb_metric *metric,
		  double threshold)
{
	bool up = isnan(change->ratio) ? shift > 0 : is_above(change->ratio, threshold);
	bool down = isnan(change->ratio) ? shift < 0 : is_above(1 / change->ratio, threshold);

	change->worse = (metric->better == MB_BETTER_LOWER && up) ||
			(metric->better == MB_BETTER_HIGHER && down);
	change->better = (metric->better == MB_BETTER_HIGHER && up) ||
			 (metric->better == MB_BETTER_LOWER && down);
}

int mb_trend_init(struct mb_trend *trend, const struct mb_history_points *points,
		  const struct mb_metric *metric, double threshold)
{
	MB_FREE double *values = calloc(points->count + 1, sizeof(*values));
	MB_FREE struct mb_stats_change *found = NULL;
	struct mb_trend made = {.too_few = points->count < MB_TREND_MIN_POINTS};
	bool logarithms = is_positive(points);
	size_t count = 0;

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < points->count; i++)
		values[i] = logarithms ? log(points->values[i]) : points->values[i];
	if (mb_stats_changes(values, points->count, &found, &count))
		return -ENOMEM;
	made.changes = calloc(count + 1, sizeof(*made.changes));
	if (!made.changes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct mb_trend_change *change = &made.changes[made.count];

		*change = describe(points, &found[i], i ? found[i - 1].index : 0, logarithms);
		judge(change, found[i].shift, metric, threshold_of(metric, threshold));
		made.count += change->worse || change->better;
	}
	*trend = made;
	return 0;
}

void mb_trend_fini(struct mb_trend *trend)
{
	free(trend->changes);
	*trend = (struct mb_trend){0};
}

const struct mb_trend_change *mb_trend_regression(const struct mb_trend *trend,
						  const struct mb_history_points *points,
						  const struct mb_metric *metric, double threshold)
{
	const struct mb_trend_change *found = NULL;
	double bar = threshold_of(metric, threshold), ratio = 1;

	for (size_t i = trend->count; i-- > 0 && trend->changes[i].index >= points->after;) {
		const struct mb_trend_change *change = &trend->changes[i];
		double worse;

		ratio *= isnan(change->ratio) ? 1 : change->ratio;
		worse = metric->better == MB_BETTER_LOWER ? ratio : 1 / ratio;
		if (change->worse && (isnan(change->ratio) || is_above(worse, bar)))
			found = change;
	}
	return found;
}

void mb_trend_add_revision(struct mb_strbuf *text, const char *revision)
{
	size_t length = strlen(revision);

	if (length >= 40 && strspn(revision, "0123456789abcdef") == length)
		mb_strbuf_addf(text, "%.*s", ABBREVIATED, revision);
	else
		mb_text_add_printable(text, revision);
}

void mb_trend_add_range(struct mb_strbuf *text, const struct mb_trend_change *change)
{
	mb_trend_add_revision(text, change->old_revision);
	if (mb_text_same(change->old_revision, change->new_revision))
		return;
	mb_strbuf_add(text, "..");
	mb_trend_add_revision(text, change->new_revision);
}
