/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COSTMODEL_TABLE_H
#define MB_REPORTS_COSTMODEL_TABLE_H

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"
#include "reports/costmodel.h"

/*
 * Times of one node's deferred init over threads that somebody has published: a curve from the first points, and what it says of the rest.
 */
struct mb_costmodel_point {
	double threads; /* 0: a kernel without them, which does as one thread does */
	double ms;
};

/* What a table may say of the node; NaN: not said. */
struct mb_costmodel_table {
	char *title, *source; /* NULL: not said */
	double pages;         /* that are deferred */
	double page_bytes;    /* of a descriptor; 64 unless said */
	double cpus, cores;   /* cores: as many as CPUs unless said */
	double peak_gb_s; /* of all its memory channels: their number x transfers a second x 8 bytes */
	double store_gb_s; /* of descriptors that it takes, as measured; goes before the peak */
	struct mb_costmodel_point *points; /* threads rise */
	size_t nr_points;
};

/*
 * What plain stores get of the peak. Each line is read before it is written, so that traffic is twice the bytes; and reads and writes in
 * turns use about three quarters of a channel (McCalpin: STREAM; the tables of e44431498f5f end at 0.66 to 0.73 on three machines).
 */
#define MB_COSTMODEL_TABLE_TRAFFIC 2.0
#define MB_COSTMODEL_TABLE_REACHED 0.75

/*
 * A text file: '#' and what follows is a comment, then "name = value" lines of the names above, and "threads ms [stdev]" lines, of
 * which the standard deviation is for readers. 0; -EINVAL with err that begins "line N: " where one is wrong; -EISDIR, -EIO or -ENOMEM
 * with err. *ret_table is untouched on failure.
 */
int mb_costmodel_table_read(FILE *file, struct mb_err *err, struct mb_costmodel_table *ret_table);
void mb_costmodel_table_fini(struct mb_costmodel_table *table);

/*
 * The curve: root of the squares of the work over the team of threads, and of what memory needs. Threads beyond the first do their part with
 * some efficiency, which stands for chunks that are left over, for lower clocks of many cores, and for helpers that begin late.
 */
struct mb_costmodel_curve {
	double work_ms;     /* of one thread, if memory took no time */
	double memory_ms;   /* that memory needs at least */
	double efficiency;  /* of more than one thread, up to 1 */
	double cpus, cores; /* of the node */
	double error;       /* of the logarithm of a prediction, as a standard deviation */
	double freedom;     /* degrees of it */
	size_t fitted;      /* points that it is from */
};

/*
 * What a curve is off where it was not fitted: as it was for the tables of e44431498f5f when fitted on their first points alone, with the
 * degrees of freedom of their number.
 */
#define MB_COSTMODEL_TABLE_ERROR   0.15
#define MB_COSTMODEL_TABLE_FREEDOM 5.0

/*
 * A curve from the first nr_fitted points. Those of 0 and 1 threads are one piece of information and give the work, those of more give the
 * efficiency. A table that says nothing of its memory takes three such to find it. A table of which the curve is far off, be it where it was
 * not fitted, is not described by it. MB_COSTMODEL_FITTED, or another status with the reason in ret_why, and *ret_curve is untouched:
 * MB_COSTMODEL_TOO_FEW where the first points cannot tell a curve ("has no …", and what to add), MB_COSTMODEL_SCATTERED where none describes them.
 */
enum mb_costmodel_status mb_costmodel_table_fit(const struct mb_costmodel_table *table,
						size_t nr_fitted, struct mb_strbuf *ret_why,
						struct mb_costmodel_curve *ret_curve);

/* Time with a number of threads, in nanoseconds; the interval is that of MB_COSTMODEL_CONFIDENCE. */
void mb_costmodel_table_predict(const struct mb_costmodel_curve *curve, double threads,
				struct mb_costmodel_value *ret_value);

#endif
