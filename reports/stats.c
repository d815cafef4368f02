/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "reports/stats.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

size_t mb_stats_sort(double *values, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i]))
			values[kept++] = values[i];
	for (size_t i = kept; i < count; i++)
		values[i] = NAN;
	if (kept)
		qsort(values, kept, sizeof(*values), compare);
	return kept;
}

/* Hyndman, Fan: Sample Quantiles in Statistical Packages, The American Statistician 50 (1996), definition 7. */
double mb_stats_quantile(const double *sorted, size_t count, double p)
{
	double position;
	size_t below;

	if (!count)
		return NAN;
	position = p * (double)(count - 1);
	below = (size_t)position;
	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

/*
 * The number of samples below the median is binomial(n, 1/2), so the kth smallest and kth largest enclose it with probability
 * 1 - 2 P(B <= k - 1): David, Nagaraja: Order Statistics, 3rd edition, section 7.1; Conover: Practical Nonparametric
 * Statistics, 3rd edition, section 3.2. The sum starts 20 standard deviations below the middle: what lies further out is
 * below 1e-80, and starting there keeps 2^-n from underflowing.
 */
size_t mb_stats_median_rank(size_t count, double confidence, double *ret_coverage)
{
	double n = (double)count;
	double first = floor(n / 2 - 10 * sqrt(n));
	double i = first > 0 ? first : 0;
	double tail = 0, term, coverage = NAN;
	size_t rank = 0;
	int sign;

	if (!count)
		return 0;
	term = exp(lgamma_r(n + 1, &sign) - lgamma_r(i + 1, &sign) - lgamma_r(n - i + 1, &sign) -
		   n * log(2));
	for (; i < n / 2; i++) {
		tail += term;
		if (1 - 2 * tail < confidence)
			break;
		rank = (size_t)i + 1;
		coverage = 1 - 2 * tail;
		term *= (n - i) / (i + 1);
	}
	if (rank && ret_coverage)
		*ret_coverage = coverage;
	return rank;
}

size_t mb_stats_median_min_count(double confidence)
{
	size_t count = 1;

	while (!mb_stats_median_rank(count, confidence, NULL))
		count++;
	return count;
}

/* Running mean and sum of squared deviations: Welford, Technometrics 4 (1962). */
static void moments(const double *values, size_t count, struct mb_stats *stats)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		double delta = values[i] - mean;

		mean += delta / (double)(i + 1);
		squares += delta * (values[i] - mean);
	}
	stats->mean = mean;
	if (count < 2)
		return;
	stats->stddev = sqrt(squares / (double)(count - 1));
	if (mean != 0)
		stats->cv = stats->stddev / fabs(mean);
}

/* Overwrites the values, which are sorted. */
static double deviation(double *sorted, size_t count, double median)
{
	for (size_t i = 0; i < count; i++)
		sorted[i] = fabs(sorted[i] - median);
	mb_stats_sort(sorted, count);
	return MB_STATS_MAD_SCALE * mb_stats_quantile(sorted, count, 0.5);
}

int mb_stats_summarise(const double *samples, size_t count, struct mb_stats *ret_stats)
{
	MB_FREE double *sorted = malloc((count ? count : 1) * sizeof(*sorted));
	struct mb_stats stats = {
		.min = NAN, .max = NAN, .mean = NAN, .median = NAN, .q1 = NAN, .q3 = NAN};
	size_t rank;

	if (!sorted)
		return -ENOMEM;
	if (count)
		memcpy(sorted, samples, count * sizeof(*sorted));
	stats.count = mb_stats_sort(sorted, count);
	stats.missing = count - stats.count;
	stats.mad = stats.stddev = stats.cv = NAN;
	stats.median_low = stats.median_high = stats.median_confidence = NAN;
	if (stats.count) {
		stats.min = sorted[0];
		stats.max = sorted[stats.count - 1];
		stats.median = mb_stats_quantile(sorted, stats.count, 0.5);
		stats.q1 = mb_stats_quantile(sorted, stats.count, 0.25);
		stats.q3 = mb_stats_quantile(sorted, stats.count, 0.75);
		moments(sorted, stats.count, &stats);
		rank = mb_stats_median_rank(stats.count, 0.95, &stats.median_confidence);
		if (rank) {
			stats.median_low = sorted[rank - 1];
			stats.median_high = sorted[stats.count - rank];
		}
		stats.mad = deviation(sorted, stats.count, stats.median);
	}
	*ret_stats = stats;
	return 0;
}

bool mb_stats_apart(const struct mb_stats *a, const struct mb_stats *b)
{
	bool few = isnan(a->median_low) || isnan(b->median_low);
	double a_low = few ? a->min : a->median_low, a_high = few ? a->max : a->median_high;
	double b_low = few ? b->min : b->median_low, b_high = few ? b->max : b->median_high;

	return a_high < b_low || b_high < a_low;
}

/* --- pairs --- */

/* Walsh averages of ascending values that are at most x. */
static size_t count_walsh(const double *sorted, size_t count, double x)
{
	size_t found = 0, end = count; /* those before end go with the ith */

	for (size_t i = 0; i < count; i++) {
		while (end > i && (sorted[i] + sorted[end - 1]) / 2 > x)
			end--;
		if (end <= i)
			break;
		found += end - i;
	}
	return found;
}

/* The kth smallest of them, k from 1: between neighbouring numbers in the end, so none is kept or rounded. */
static double find_walsh(const double *sorted, size_t count, size_t k)
{
	double below = sorted[0], at = sorted[count - 1], middle;

	if (count_walsh(sorted, count, below) >= k)
		return below;
	for (;;) {
		middle = below + (at - below) / 2;
		if (middle <= below || middle >= at)
			return at;
		if (count_walsh(sorted, count, middle) >= k)
			at = middle;
		else
			below = middle;
	}
}

#define MAX_EXACT 100

/* P(W = 0), P(W = 1), … up to the middle: each rank is added or not, with the same chance. */
static size_t signed_rank_exact(size_t count, double confidence, double *ret_coverage)
{
	double chance[MAX_EXACT * (MAX_EXACT + 1) / 4 + 1] = {1};
	size_t middle = count * (count + 1) / 4, rank = 0;
	double tail = 0;

	for (size_t i = 1; i <= count; i++)
		for (size_t sum = middle + 1; sum-- > 0;)
			chance[sum] = (chance[sum] + (sum >= i ? chance[sum - i] : 0)) / 2;
	for (size_t sum = 0; sum < middle; sum++) {
		tail += chance[sum];
		if (1 - 2 * tail < confidence)
			break;
		rank = sum + 1;
		*ret_coverage = 1 - 2 * tail;
	}
	return rank;
}

/* The same with mean n (n + 1) / 4 and variance n (n + 1) (2n + 1) / 24, and half a step of continuity. */
static size_t signed_rank_normal(size_t count, double confidence, double *ret_coverage)
{
	double n = (double)count, mean = n * (n + 1) / 4;
	double deviation = sqrt(n * (n + 1) * (2 * n + 1) / 24);
	size_t low = 0, high = (size_t)mean; /* low covers enough, high does not */

	while (high - low > 1) {
		size_t rank = low + (high - low) / 2;
		double steps = (mean - ((double)rank - 0.5)) / deviation;
		double coverage = 1 - erfc(steps / sqrt(2));

		if (coverage < confidence) {
			high = rank;
			continue;
		}
		low = rank;
		*ret_coverage = coverage;
	}
	return low;
}

size_t mb_stats_signed_rank(size_t count, double confidence, double *ret_coverage)
{
	double coverage = NAN;
	size_t rank = count <= MAX_EXACT ? signed_rank_exact(count, confidence, &coverage)
					 : signed_rank_normal(count, confidence, &coverage);

	if (rank && ret_coverage)
		*ret_coverage = coverage;
	return rank;
}

int mb_stats_shift(const double *differences, size_t count, double confidence,
		   struct mb_stats_shift *ret_shift)
{
	MB_FREE double *sorted = malloc((count ? count : 1) * sizeof(*sorted));
	struct mb_stats_shift shift = {0, NAN, NAN, NAN, NAN};
	size_t averages, rank;

	if (!sorted)
		return -ENOMEM;
	if (count)
		memcpy(sorted, differences, count * sizeof(*sorted));
	shift.count = count = mb_stats_sort(sorted, count);
	averages = count * (count + 1) / 2;
	if (count) {
		double low = find_walsh(sorted, count, (averages + 1) / 2);
		double high = averages % 2 ? low : find_walsh(sorted, count, averages / 2 + 1);

		shift.centre = low + (high - low) / 2;
	}
	rank = mb_stats_signed_rank(count, confidence, &shift.confidence);
	if (rank) {
		shift.low = find_walsh(sorted, count, rank);
		shift.high = find_walsh(sorted, count, averages + 1 - rank);
	}
	*ret_shift = shift;
	return 0;
}

int mb_stats_ratio(const double *a, const double *b, size_t count, double confidence,
		   struct mb_stats_shift *ret_ratio)
{
	MB_FREE double *logs = malloc((count ? count : 1) * sizeof(*logs));
	int error;

	if (!logs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		logs[i] = a[i] > 0 && b[i] > 0 ? log(b[i] / a[i]) : NAN;
	error = mb_stats_shift(logs, count, confidence, ret_ratio);
	if (error)
		return error;
	ret_ratio->centre = exp(ret_ratio->centre);
	ret_ratio->low = exp(ret_ratio->low);
	ret_ratio->high = exp(ret_ratio->high);
	return 0;
}

int mb_stats_band(const double *samples, size_t count, double *ret_band)
{
	size_t pairs = count / 2;
	MB_FREE double *apart = malloc((pairs ? pairs : 1) * sizeof(*apart));

	if (!apart)
		return -ENOMEM;
	for (size_t i = 0; i < pairs; i++) {
		double a = samples[2 * i], b = samples[2 * i + 1];

		apart[i] = a == 0 && b != 0 ? 1 : a == b ? 0 : fabs(b / a - 1);
		if (isnan(a) || isnan(b))
			apart[i] = NAN;
	}
	pairs = mb_stats_sort(apart, pairs);
	*ret_band = pairs < MB_STATS_BAND_PAIRS ? NAN : mb_stats_quantile(apart, pairs, 0.95);
	return 0;
}
