/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_LINEAR_H
#define MB_REPORTS_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Least squares of a few columns, from sums over the rows: any number of rows, no allocation. Work happens on columns of length 1, so that
 * units do not matter; a column that is within 1e-5 of a combination of those before it is taken for one.
 */
#define MB_LINEAR_MAX_COLUMNS 8

/* What rows add up to; start with columns set and the rest zeroed. */
struct mb_linear {
	size_t columns, rows;
	double products[MB_LINEAR_MAX_COLUMNS][MB_LINEAR_MAX_COLUMNS]; /* of columns */
	double target[MB_LINEAR_MAX_COLUMNS];                          /* of column and value */
};

/* Adds a row whose value should be the sum of its cells times the coefficients; weight multiplies its squared residual. */
void mb_linear_add(struct mb_linear *linear, const double *cells, double value, double weight);

/*
 * The coefficients, none below 0, that leave the smallest sum of squares: the active set method of Lawson and Hanson: Solving Least Squares
 * Problems, 1974, chapter 23. ret_used says which were let go from 0. A column that others make up stays at 0.
 */
void mb_linear_nnls(const struct mb_linear *linear, double *ret_coefficients, bool *ret_used);

/*
 * Inverse of the products of the used columns, 0 for the others: times the variance of a residual it is the covariance of their
 * coefficients. 0, or -EDOM when used columns make up each other; then nothing is written.
 */
int mb_linear_inverse(const struct mb_linear *linear, const bool *used,
		      double (*ret_inverse)[MB_LINEAR_MAX_COLUMNS]);

#endif
