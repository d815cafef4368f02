/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_MEAN_H
#define MB_REPORTS_MEAN_H

#include "reports/result.h"

/*
 * Several goes that are one repetition: each is recorded in the result as that repetition and taken out again; in the end the mean of
 * each figure is put there, of the goes that had it. Shares of events become the least one.
 */
struct mb_mean_sum;

/* Zeroed: none was taken. */
struct mb_mean {
	struct mb_mean_sum **runs; /* of each run its metrics, then its counts */
	size_t nr_runs;
	size_t nr_goes;
};

/* Takes what the runs have in that repetition. Failures are remembered in the result. */
void mb_mean_take(struct mb_mean *mean, struct mb_result *result, size_t repetition);

/* Puts the means there, over what may be there by now; runs that have a time also get the number of goes as their rounds. */
void mb_mean_put(const struct mb_mean *mean, struct mb_result *result, size_t repetition);

/* Frees what is in it. */
void mb_mean_clear(struct mb_mean *mean);

#endif
