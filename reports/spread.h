/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_SPREAD_H
#define MB_REPORTS_SPREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"
#include "reports/conditions.h"
#include "reports/result.h"

/*
 * How far gates of a program against itself miss 1 on a host: what a gate's shift may be without any change. A row for each bench and
 * number of pairs, beside what the host was then; `memboot noise` measures it, `memboot gate` reads it. A zeroed one is empty.
 */
#define MB_SPREAD_PERCENTILE 0.99

struct mb_spread_row {
	char *name;   /* of the bench */
	size_t pairs; /* of each gate */
	size_t gates;
	double largest; /* |shift|, as a fraction: 0.02 where one side seemed 1.02 times as slow as the other */
	double noise; /* the 99th percentile of |shift|: see mb_spread_noise() */
};

struct mb_spread {
	char *made_utc; /* when it was measured last; NULL: not known */
	/* What the host was: "host" (its class), "kernel", "arena", and its settings by name, as far as they change figures. */
	struct mb_conditions facts;
	struct mb_spread_row *rows;
	size_t nr_rows;
};

/*
 * The 99th percentile of |shift| that count gates tell of. From 200 on it is theirs (type 7). Few gates have no 99th percentile: shifts of
 * gates without a change are about normal around 0, and then it is 2.576 sigma, with the upper bound that sigma has with 90 % confidence:
 * sqrt(sum of squares / the 10th percentile of chi squared with count degrees of freedom, Wilson and Hilferty 1931). Never below the
 * largest one that was seen. NaN below 2 gates. *ret_noise untouched on failure. 0 or -ENOMEM.
 */
int mb_spread_noise(const double *shifts, size_t count, double *ret_noise);

/* Of a ratio new/base: max(ratio, 1 / ratio) - 1. */
double mb_spread_shift(double ratio);

/* 0 or -ENOMEM; the text is copied. */
int mb_spread_set_made(struct mb_spread *spread, const char *utc);

/* Sets the facts of a host, from those and the knobs of a result that matter (mb_knob_matters()). 0 or -ENOMEM. */
int mb_spread_set_host(struct mb_spread *spread, const struct mb_result *host, size_t arena_bytes);

/* A row from the shifts of its gates; one of the same name and size is replaced. 0 or -ENOMEM. */
int mb_spread_add(struct mb_spread *spread, const char *name, size_t pairs, const double *shifts,
		  size_t count);

/* The same as it stands in a file. */
int mb_spread_put(struct mb_spread *spread, const struct mb_spread_row *row);

/*
 * The noise of a row in a gate of that many pairs: that of the nearest size that is not larger, whose noise is not smaller. NaN where there
 * is none, or spread is NULL.
 */
double mb_spread_find(const struct mb_spread *spread, const char *name, size_t pairs);

void mb_spread_fini(struct mb_spread *spread);

/* --- the file, reports/json_spread.c --- */

/* A writer for mb_save_write(): JSON. arg is the spread. 0, -EIO or -ENOMEM. */
int mb_json_spread_write(void *arg, FILE *file);

/* 0; -ENOENT without such a file; -EINVAL for one that is none of these, with err saying why; or another errno with err. */
int mb_json_spread_read(const char *path, struct mb_err *err, struct mb_spread *ret_spread);

#endif
