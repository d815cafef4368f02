/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_CBENCH_FIT_H
#define MB_BENCHES_CBENCH_FIT_H

#include <math.h>
#include <stddef.h>

#include "cbench.h"

/* Which curve times follow, by least squares: cbench.cc's part that needs no library. C and C++ may include it. */
struct cbench_fit {
	double factor; /* time = factor * curve(n) */
	double rms; /* the error, as a part of the mean time; NaN where the curve cannot be fitted */
};

static inline double cbench_fit_at(int complexity, double n)
{
	switch (complexity) {
	case CBENCH_O_LOG_N: return log2(n);
	case CBENCH_O_N: return n;
	case CBENCH_O_N_LOG_N: return n * log2(n);
	case CBENCH_O_N_SQUARED: return n * n;
	case CBENCH_O_N_CUBED: return n * n * n;
	default: return 1;
	}
}

static inline struct cbench_fit cbench_fit_curve(int complexity, const double *n,
						 const double *times, size_t count)
{
	double dot = 0, norm = 0, sum = 0, squares = 0;
	struct cbench_fit fit;

	for (size_t i = 0; i < count; i++) {
		double curve = cbench_fit_at(complexity, n[i]);

		dot += times[i] * curve;
		norm += curve * curve;
		sum += times[i];
	}
	fit.factor = dot / norm;
	for (size_t i = 0; i < count; i++) {
		double error = times[i] - fit.factor * cbench_fit_at(complexity, n[i]);

		squares += error * error;
	}
	fit.rms = sqrt(squares / (double)count) / (sum / (double)count);
	return fit;
}

/* An error that is no number never wins. */
static inline int cbench_fit_best(const double *n, const double *times, size_t count)
{
	int best = CBENCH_O_1;

	for (int other = best + 1; other < CBENCH_O_AUTO; other++)
		if (cbench_fit_curve(other, n, times, count).rms <
		    cbench_fit_curve(best, n, times, count).rms)
			best = other;
	return best;
}

#endif
