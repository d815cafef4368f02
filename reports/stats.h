/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_STATS_H
#define MB_REPORTS_STATS_H

#include <stddef.h>

/*
 * Order statistics of repeated measurements. Nothing here does I/O, keeps state or assumes a distribution: times of
 * one piece of work are skewed to the right and often have two modes. NaN means a missing sample and is left out.
 */

/* Makes the median absolute deviation estimate the standard deviation when the data are normal: 1 / Phi^-1(3/4). */
#define MB_STATS_MAD_SCALE 1.4826

struct mb_stats {
	size_t count;   /* samples that are there */
	size_t missing; /* samples that are NaN */
	/* All NaN when count is 0. */
	double min, max, mean, median;
	double q1, q3; /* quartiles, linear interpolation (type 7 of Hyndman and Fan) */
	double mad;    /* median absolute deviation times MB_STATS_MAD_SCALE */
	double stddev; /* with n - 1; NaN below two samples */
	double cv;     /* stddev / |mean|; NaN below two samples or when the mean is 0 */
	/* Confidence interval of the median at 95 % or more; NaN when there are too few samples (below 6). */
	double median_low, median_high;
	double median_confidence; /* what the interval really covers, 0.95 … 1; NaN without an interval */
};

/* Summary of the samples, which need no order. 0 or -ENOMEM. */
int mb_stats_summarise(const double *samples, size_t count, struct mb_stats *ret_stats);

/* Sorts ascending in place, the NaN values last; returns how many values are not NaN. */
size_t mb_stats_sort(double *values, size_t count);

/* The functions below take ascending values without NaN, and give NaN when count is 0. */

/* Quantile p in [0, 1]: linear interpolation between the order statistics, type 7. */
double mb_stats_quantile(const double *sorted, size_t count, double p);

/*
 * Rank k, counted from 1, such that the kth smallest and the kth largest of count samples enclose the median with at least
 * the given confidence in (0, 1), whatever the distribution; 0 when no pair does. *ret_coverage, unless NULL, gets the
 * exact confidence, and is untouched when 0 is returned.
 */
size_t mb_stats_median_rank(size_t count, double confidence, double *ret_coverage);

/* Fewest samples that give an interval of the median with this confidence in (0, 1). */
size_t mb_stats_median_min_count(double confidence);

#endif
