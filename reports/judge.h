/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_JUDGE_H
#define MB_REPORTS_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/metric.h"

/*
 * Whether a figure got better or worse. All is done on logarithms, so that twice as long and half as long are equally far away: the
 * Hodges-Lehmann shift of the logarithms is that of the ratio new/base, its interval is a bootstrap's, and a rank test has to agree.
 * A sample is a process run, or an alternating pair of live processes: what an iteration gives is not independent of its neighbours.
 *
 * With the bar, the largest of threshold, noise and floor, and B = 1 + bar, of a metric of which less is better:
 *   worse          the whole interval is above B, and p is below 1 - confidence, after mb_judge_holm() too
 *   better         the whole interval is below 1 / B, and likewise
 *   same           the whole interval is within 1 / B … B
 *   inconclusive   else: more samples would tell, and about how many
 *   not comparable there are too few samples, or none
 * What is counted exactly has no interval: every difference is one.
 */
enum mb_verdict {
	MB_VERDICT_SAME,
	MB_VERDICT_BETTER,
	MB_VERDICT_WORSE,
	MB_VERDICT_INCONCLUSIVE,
	MB_VERDICT_NOT_COMPARABLE,
	MB_NR_VERDICTS,
};

#define MB_JUDGE_THRESHOLD   0.05
#define MB_JUDGE_FLOOR       0.005 /* below it layout and clocks change figures that nobody touched */
#define MB_JUDGE_CONFIDENCE  0.95
#define MB_JUDGE_MIN_SAMPLES 8
#define MB_JUDGE_MAX_MORE    100000 /* nobody takes more samples than that */

struct mb_judge_rule {
	double threshold; /* fraction from which on a change counts: the user's */
	double noise; /* 99th percentile of |shift| of gates of this size without any change; NaN: unknown */
	double floor; /* fraction: the metric's own, low enough for thresholds that are asked for */
	enum mb_better better;
	bool exact;         /* counted: the same work gives the same number */
	double confidence;  /* of the interval, and 1 - p of the rank test */
	size_t min_samples; /* pairs, or of each group */
	uint64_t seed;      /* of the bootstrap */
};

/* The rule with the house's numbers for a metric; noise is NaN. */
struct mb_judge_rule mb_judge_rule(const struct mb_metric *metric);

struct mb_finding {
	enum mb_verdict verdict;
	double ratio;     /* new/base; NaN: none */
	double low, high; /* its interval; NaN: none, as of what is exact */
	double p;         /* of the rank test; NaN: none */
	double p_holm;    /* corrected for the rows tested; p until mb_judge_holm() */
	double bar;       /* the largest of threshold, noise and floor; 0: exact */
	double noise;     /* the rule's; NaN: unknown */
	bool exact;       /* it was counted, and not judged by its noise */
	size_t samples;   /* pairs, or those of the smaller group */
	size_t more;      /* about how many more would tell; 0: not a matter of these */
	char why[256];    /* of inconclusive and not comparable, a fragment; else "" */
};

/*
 * Of alternating pairs: base[i] and new_values[i] were taken side by side. A pair with one that is NaN or not above 0 is left out. Pairs are of
 * times: that a rule is exact says nothing here. 0 or -ENOMEM.
 */
int mb_judge_pairs(const double *base, const double *new_values, size_t count,
		   const struct mb_judge_rule *rule, struct mb_finding *ret_finding);

/* Of two groups of process runs. What is NaN, or not above 0 unless the rule is exact, is left out. 0 or -ENOMEM. */
int mb_judge_groups(const double *base, size_t nr_base, const double *new_values, size_t nr_new,
		    const struct mb_judge_rule *rule, struct mb_finding *ret_finding);

/* Why nothing can be said; the format is printf's. */
void mb_judge_refuse(struct mb_finding *ret_finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Corrects p for having looked at several rows (Holm), and takes better and worse back where it then is above 1 - confidence. To be
 * called once, with all rows that are judged together. 0 or -ENOMEM.
 */
int mb_judge_holm(struct mb_finding *const *findings, size_t count, double confidence);

/* "same", "better", "worse", "inconclusive", "not comparable"; in files with '_' for the space. */
const char *mb_judge_label(enum mb_verdict verdict);
const char *mb_judge_name(enum mb_verdict verdict);

#endif
