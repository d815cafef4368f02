/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "reports/linear.h"

#define MAX MB_LINEAR_MAX_COLUMNS
#define NEAR \
	1e-10 /* square of the distance to others at which a column of length 1 is one of them */
#define UPHILL \
	1e-12 /* slope of a column of length 1, against the length of the values, that still helps */
#define ROUNDS (8 * MAX)

void mb_linear_add(struct mb_linear *linear, const double *cells, double value, double weight)
{
	for (size_t i = 0; i < linear->columns; i++) {
		for (size_t k = 0; k < linear->columns; k++)
			linear->products[i][k] += weight * cells[i] * cells[k];
		linear->target[i] += weight * cells[i] * value;
	}
	linear->rows++;
}

/* Those columns that are used, each of length 1. */
struct scaled {
	size_t count, column[MAX];
	double length[MAX];
	double factor[MAX][MAX]; /* Cholesky's, lower */
};

/* False when one of them is a combination of those before it. */
static bool factorise(const struct mb_linear *linear, const bool *used, struct scaled *scaled)
{
	scaled->count = 0;
	for (size_t i = 0; i < linear->columns; i++)
		if (used[i]) {
			scaled->column[scaled->count] = i;
			scaled->length[scaled->count++] = sqrt(linear->products[i][i]);
		}
	for (size_t i = 0; i < scaled->count; i++)
		for (size_t k = 0; k <= i; k++) {
			double sum = linear->products[scaled->column[i]][scaled->column[k]] /
				     (scaled->length[i] * scaled->length[k]);

			for (size_t m = 0; m < k; m++)
				sum -= scaled->factor[i][m] * scaled->factor[k][m];
			if (i == k && !(sum > NEAR))
				return false;
			scaled->factor[i][k] = i == k ? sqrt(sum) : sum / scaled->factor[k][k];
		}
	return true;
}

/* Solves for the right side in place: both by position among the used ones. */
static void solve(const struct scaled *scaled, double *side)
{
	for (size_t i = 0; i < scaled->count; i++) {
		side[i] /= scaled->length[i];
		for (size_t k = 0; k < i; k++)
			side[i] -= scaled->factor[i][k] * side[k];
		side[i] /= scaled->factor[i][i];
	}
	for (size_t i = scaled->count; i--;) {
		for (size_t k = i + 1; k < scaled->count; k++)
			side[i] -= scaled->factor[k][i] * side[k];
		side[i] /= scaled->factor[i][i];
	}
	for (size_t i = 0; i < scaled->count; i++)
		side[i] /= scaled->length[i];
}

/* The best coefficients of the used columns, whatever their sign; 0 for the others. */
static bool unbound(const struct mb_linear *linear, const bool *used, double *ret_best)
{
	struct scaled scaled;
	double side[MAX];

	if (!factorise(linear, used, &scaled))
		return false;
	for (size_t i = 0; i < scaled.count; i++)
		side[i] = linear->target[scaled.column[i]];
	solve(&scaled, side);
	memset(ret_best, 0, linear->columns * sizeof(*ret_best));
	for (size_t i = 0; i < scaled.count; i++)
		ret_best[scaled.column[i]] = side[i];
	return true;
}

/* The column at 0 along which the residual falls most; columns when there is none. */
static size_t steepest(const struct mb_linear *linear, const double *at, const bool *used,
		       const bool *barred)
{
	size_t best = linear->columns;
	double slope = 0;

	for (size_t i = 0; i < linear->columns; i++) {
		double sum = linear->target[i], length = sqrt(linear->products[i][i]);

		for (size_t k = 0; k < linear->columns; k++)
			sum -= linear->products[i][k] * at[k];
		if (used[i] || barred[i] || !(length > 0) ||
		    sum <= UPHILL * fabs(linear->target[i]) || sum / length <= slope)
			continue;
		slope = sum / length;
		best = i;
	}
	return best;
}

/* Goes towards best as far as nothing falls below 0, and takes out what reaches it. Whether best was reached. */
static bool walk(const struct mb_linear *linear, double *at, const double *best, bool *used)
{
	double step = 1;

	for (size_t i = 0; i < linear->columns; i++)
		if (used[i] && best[i] <= 0)
			step = fmin(step, at[i] / (at[i] - best[i]));
	for (size_t i = 0; i < linear->columns; i++) {
		double from = at[i];

		at[i] += step * (best[i] - from);
		if (used[i] && best[i] <= 0 && at[i] <= 1e-12 * from) {
			at[i] = 0;
			used[i] = false;
		}
	}
	return step >= 1;
}

void mb_linear_nnls(const struct mb_linear *linear, double *ret_coefficients, bool *ret_used)
{
	double at[MAX] = {0}, best[MAX] = {0};
	bool used[MAX] = {0}, barred[MAX] = {0};

	for (size_t round = 0; round < ROUNDS; round++) {
		size_t i = steepest(linear, at, used, barred);

		if (i == linear->columns)
			break;
		used[i] = true;
		if (!unbound(linear, used, best) || best[i] <= 0) {
			used[i] = false;
			barred[i] = true;
			continue;
		}
		while (!walk(linear, at, best, used) && unbound(linear, used, best))
			;
	}
	memcpy(ret_coefficients, at, linear->columns * sizeof(*at));
	memcpy(ret_used, used, linear->columns * sizeof(*used));
}

int mb_linear_inverse(const struct mb_linear *linear, const bool *used,
		      double (*ret_inverse)[MB_LINEAR_MAX_COLUMNS])
{
	struct scaled scaled;

	if (!factorise(linear, used, &scaled))
		return -EDOM;
	memset(ret_inverse, 0, MAX * sizeof(*ret_inverse));
	for (size_t i = 0; i < scaled.count; i++) {
		double side[MAX] = {0};

		side[i] = 1;
		solve(&scaled, side);
		for (size_t k = 0; k < scaled.count; k++)
			ret_inverse[scaled.column[k]][scaled.column[i]] = side[k];
	}
	return 0;
}
