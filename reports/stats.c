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
