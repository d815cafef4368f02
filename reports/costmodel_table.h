/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COSTMODEL_TABLE_H
#define MB_REPORTS_COSTMODEL_TABLE_H

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"
#include "reports/costmodel.h"

/*
 * Times of one node's deferred init over threads that somebody has published: a fit of the first points, and what it says of the rest.
 */
struct mb_costmodel_point {
	size_t line; /* of the file */
	double threads, ms;
	double stdev_ms; /* of the mean that ms is; NaN: not known */
};

struct mb_costmodel_table {
	char *title, *source;              /* NULL: not said */
	double pages;                      /* of the node */
	double page_bytes;                 /* of a descriptor; 64 unless said */
	double cpus, cores;                /* of the node; NaN: not said */
	double gb_s;                       /* what its memory takes, as a peak; NaN: not said */
	struct mb_costmodel_point *points; /* threads rise */
	size_t nr_points;
};

/*
 * A text file: '#' and what follows it is a comment, "name = value" lines, then lines "threads ms [stdev]". -EINVAL with err that begins
 * "line N: " for the first line that is wrong; or another errno with err. *ret_table is untouched on failure.
 */
int mb_costmodel_table_read(FILE *file, struct mb_err *err, struct mb_costmodel_table *ret_table);
void mb_costmodel_table_fini(struct mb_costmodel_table *table);

/* The curve of a table. */
struct mb_costmodel_curve {
	size_t fitted; /* points that it was fitted on: the first ones with at least one thread */
	double serial_ms;    /* at any number of threads */
	double work_ms;      /* of one thread */
	double bandwidth_ms; /* that the memory needs at least */
	double error;        /* relative, as a standard deviation of a prediction's logarithm */
};

/*
 * Fits on the first nr_fitted points with a thread, at least 2. MB_COSTMODEL_FITTED, or another status with the reason in ret_why, and
 * *ret_curve is untouched.
 */
enum mb_costmodel_status mb_costmodel_table_fit(const struct mb_costmodel_table *table,
						size_t nr_fitted, struct mb_strbuf *ret_why,
						struct mb_costmodel_curve *ret_curve);

/* Time of a number of threads; the interval is that of MB_COSTMODEL_CONFIDENCE. ns are nanoseconds. */
void mb_costmodel_table_predict(const struct mb_costmodel_curve *curve, double threads,
				struct mb_costmodel_value *ret_value);

#endif
