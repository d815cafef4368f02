/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_RUNNER_BAND_H
#define MB_BENCHES_RUNNER_BAND_H

#include <stdbool.h>
#include <stddef.h>

struct mb_runner_result;

/*
 * How far two repetitions of a row lie apart on this host, from neighbouring ones of the run, which took turns (mb_stats_band): the noise of the
 * row's figures is computed, not chosen. As fractions, NaN when there are fewer repetitions than twice MB_STATS_BAND_PAIRS or
 * there is no such figure.
 */
struct mb_runner_bands {
	double time;    /* of a repetition's median round */
	double limit;   /* of that over the limit's of the same repetition */
	double ratio;   /* of the row's counter "ratio": halves that take turns within a round */
	double counted; /* the largest of pages, operations, bytes and the row's other counters */
	bool unsteady;  /* one of them is more than what follows */
};

/*
 * Above these a row is marked unsteady, since what it shows could not tell a change that matters: a quarter of its time is what a
 * kernel's change to a boot phase is made for; a ratio whose halves meet the same host is to tell a tenth; what is counted is the
 * same each time but for what a host adds or takes away, such as a page.
 */
#define MB_RUNNER_BAND_TIME    0.25
#define MB_RUNNER_BAND_RATIO   0.08 /* limit and ratio */
#define MB_RUNNER_BAND_COUNTED 0.005

/* Of a result whose limit and counters are known. 0 or -ENOMEM. */
int mb_runner_bands_of(const struct mb_runner_result *result, struct mb_runner_bands *ret_bands);

/* Over the rows of a run: medians, NaN where no row has one. */
struct mb_runner_noise {
	double time, limit, ratio, counted;
	unsigned rows, limit_rows, ratio_rows, counted_rows; /* that have one */
	unsigned unsteady;
};

/* Bands of rows as they come. */
struct mb_runner_band_list {
	struct mb_runner_bands *rows;
	size_t count;
};

/* 0 or -ENOMEM. */
int mb_runner_band_list_add(struct mb_runner_band_list *list, const struct mb_runner_bands *bands);
int mb_runner_band_list_sum(const struct mb_runner_band_list *list,
			    struct mb_runner_noise *ret_noise);
void mb_runner_band_list_fini(struct mb_runner_band_list *list);

#endif
