/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COSTMODEL_HOLDOUT_H
#define MB_REPORTS_COSTMODEL_HOLDOUT_H

#include "reports/costmodel.h"

/*
 * How well the model says what it has not seen: machines are held out of the fit, and what the others say of them is held against what
 * they took. Stone: Cross-Validatory Choice and Assessment of Statistical Predictions, Journal of the Royal Statistical Society B 36
 * (1974), with groups that are alike in what is to be extrapolated.
 */

/* What those that are held out have in common. */
enum mb_costmodel_held {
	MB_COSTMODEL_HELD_SIZE,    /* at least so many descriptors */
	MB_COSTMODEL_HELD_NODES,   /* so many nodes */
	MB_COSTMODEL_HELD_THREADS, /* so many workers that can work at once */
	MB_COSTMODEL_NR_HELD,
};

struct mb_costmodel_holdout {
	enum mb_costmodel_held held;
	double value;            /* descriptors, nodes, workers */
	size_t machines, inside; /* inside: whose time to all memory is in its interval */
	double error; /* median of |predicted / measured - 1|; NaN: the others are not fit to predict from */
};

/*
 * Holds out each number of nodes and of workers in turn, and for sizes each of the upper half with all that is larger. Up to max; the
 * number of them, or a negative errno: -ENOMEM, or what mb_costmodel_fit() returns. Times are medians over repetitions.
 */
int mb_costmodel_holdouts(const struct mb_costmodel_sample *samples, size_t count,
			  struct mb_costmodel_holdout *holdouts, size_t max);

#endif
