/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_STATS_H
#define MB_REPORTS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	double mad;    /* mb_stats_mad() from the median */
	double stddev; /* with n - 1; NaN below two samples */
	double cv;     /* stddev / |mean|; NaN below two samples or when the mean is 0 */
	/* Confidence interval of the median at 95 % or more; NaN when there are too few samples (below 6). */
	double median_low, median_high;
	double median_confidence; /* what the interval really covers, 0.95 … 1; NaN without an interval */
};

/* Summary of the samples, which need no order. 0 or -ENOMEM. */
int mb_stats_summarise(const double *samples, size_t count, struct mb_stats *ret_stats);

/*
 * Whether a and b differ by more than their samples do among themselves: the intervals of their medians are apart, or
 * with few samples all of one lie below all of the other. One sample a side says nothing of its noise: look at the counts.
 */
bool mb_stats_apart(const struct mb_stats *a, const struct mb_stats *b);

/* Sorts ascending in place, the NaN values last; returns how many values are not NaN. */
size_t mb_stats_sort(double *values, size_t count);

/*
 * Median absolute deviation from the centre, times MB_STATS_MAD_SCALE. Writes over the values, which need no order; NaN are left
 * out, and without any other it is NaN.
 */
double mb_stats_mad(double *values, size_t count, double centre);

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

/* --- pairs --- */

/*
 * Where the differences of pairs are centred: the median of their Walsh averages (x_i + x_j) / 2, i <= j, which is the Hodges-
 * Lehmann estimate; and an interval that ends at the kth smallest and the kth largest of them, by the distribution of
 * Wilcoxon's signed ranks. It asks that differences are symmetric about their centre, which those of two turns are whose order
 * changes. Hollander, Wolfe: Nonparametric Statistical Methods, 2nd edition, sections 3.2 and 3.3.
 */
struct mb_stats_shift {
	size_t count;      /* differences that are there */
	double centre;     /* NaN when count is 0 */
	double low, high;  /* NaN when there are too few for the confidence: below 6 at 95 % */
	double confidence; /* what the interval really covers; NaN without one */
};

/* Of the differences, in any order; confidence in (0, 1). 0 or -ENOMEM. */
int mb_stats_shift(const double *differences, size_t count, double confidence,
		   struct mb_stats_shift *ret_shift);

/*
 * The ratio b/a of things measured in pairs: the shift of its logarithms, and back. Pairs without two numbers above 0 are left
 * out. 0 or -ENOMEM.
 */
int mb_stats_ratio(const double *a, const double *b, size_t count, double confidence,
		   struct mb_stats_shift *ret_ratio);

/* The k of such an interval, as mb_stats_median_rank(); more than 100 by the normal distribution. */
size_t mb_stats_signed_rank(size_t count, double confidence, double *ret_coverage);

/*
 * How far two measurements of the same thing may lie apart: the 95th percentile of |b/a - 1| over the neighbours 0 and 1, 2 and
 * 3, … of the samples, in the order in which they were taken; equal ones are 0 apart, 0 and something else 1. Pairs without two
 * numbers are left out; *ret_band is NaN below MB_STATS_BAND_PAIRS of them. 0 or -ENOMEM.
 */
#define MB_STATS_BAND_PAIRS 20
int mb_stats_band(const double *samples, size_t count, double *ret_band);

/* --- resampling --- */

/*
 * The same estimate with an interval from MB_STATS_ROUNDS resamples, which asks for no symmetry. Percentiles of the resamples make it too
 * narrow for few samples; they are taken further out, at Phi(-sqrt(n / (n - 1)) t(n - 1)), the expanded percentile interval: Hesterberg:
 * What Teachers Should Know About the Bootstrap, The American Statistician 69 (2015). NaN are left out; the interval is NaN below 2
 * samples. The same seed gives the same interval. 0 or -ENOMEM.
 */
#define MB_STATS_ROUNDS 2000
int mb_stats_boot_pairs(const double *differences, size_t count, double confidence, uint64_t seed,
			struct mb_stats_shift *ret_shift);

/*
 * How far b lies above a: the median of all differences b_j - a_i (Hodges, Lehmann: Estimates of Location Based on Rank Tests, The Annals
 * of Mathematical Statistics 34 (1963); Hollander, Wolfe, section 4.2). Both are resampled; count is that of the smaller one.
 */
int mb_stats_boot_groups(const double *a, size_t nr_a, const double *b, size_t nr_b,
			 double confidence, uint64_t seed, struct mb_stats_shift *ret_shift);

/* --- ranks --- */

/*
 * p of both tails that differences are centred at 0: Wilcoxon's signed ranks, zeros left out (Hollander, Wolfe, section 3.1). Exact up to
 * 100 without ties, else normal with the correction for ties and for continuity. NaN without any; 1 where all are 0. 0 or -ENOMEM.
 */
int mb_stats_signed_rank_p(const double *differences, size_t count, double *ret_p);

/* That two groups are alike: the rank sum test of Wilcoxon, Mann and Whitney (section 4.1); exact up to 30 in each. Likewise. */
int mb_stats_rank_sum_p(const double *a, size_t nr_a, const double *b, size_t nr_b, double *ret_p);

/*
 * p values corrected for their number, so that the chance of one false alarm among them is what each promises: Holm: A Simple Sequentially
 * Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6 (1979). NaN stay NaN and do not count. 0 or -ENOMEM.
 */
int mb_stats_holm(const double *p, size_t count, double *ret_adjusted);

/* --- changes of a series --- */

/* Where the level of a series changes. */
struct mb_stats_change {
	size_t index;            /* of the first sample after it */
	size_t first, last;      /* index may as well lie anywhere here: 95 % */
	double shift, low, high; /* by how much, and its interval: 95 % */
};

/*
 * Changes of the level of a series in order of time: two levels at least MB_STATS_CHANGE_SIDE samples long each. Outliers are drawn in to
 * 3 scaled deviations of a running median; the rest is taken for levels with autoregressive noise, x_t - m = phi (x_(t-1) - m) + e_t, whose phi
 * and variance come from the series. A change is where two levels explain a part of the series better than one does by more than
 * 6 + 2 log(count) variances, and somewhat more in short series; parts are those of seeded binary segmentation (Kovacs, Buhlmann, Li,
 * Munk: Seeded Binary Segmentation, Biometrika 110 (2023)). The samples are in order of time and none is NaN; give logarithms of what
 * changes by a factor. The caller frees *ret_changes. 0, -EINVAL or -ENOMEM.
 */
#define MB_STATS_CHANGE_SIDE 5
int mb_stats_changes(const double *samples, size_t count, struct mb_stats_change **ret_changes,
		     size_t *ret_count);

#endif
