/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdbool.h>

#include "reports/student.h"

#define STEPS 10000
#define EXACT 1e-15

static double apart(double value)
{
	return fabs(value) < 1e-300 ? 1e-300 : value;
}

/* The continued fraction of I_x(a, b), by Lentz's method; x below (a + 1) / (a + b + 2). */
static double fraction(double x, double a, double b)
{
	double c = 1, d = 1 / apart(1 - (a + b) * x / (a + 1)), value = d;

	for (int m = 1; m < STEPS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), step;

		d = 1 / apart(1 + even * d);
		c = apart(1 + even / c);
		value *= d * c;
		d = 1 / apart(1 + odd * d);
		c = apart(1 + odd / c);
		step = d * c;
		value *= step;
		if (fabs(step - 1) < EXACT)
			break;
	}
	return value;
}

/* I_x(a, b); rest is 1 - x, which may be too small to be told from it. */
static double incomplete_beta(double x, double rest, double a, double b)
{
	double scale = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(rest));

	if (x <= 0)
		return 0;
	if (rest <= 0)
		return 1;
	return x < (a + 1) / (a + b + 2) ? scale * fraction(x, a, b) / a
					 : 1 - scale * fraction(rest, b, a) / b;
}

double mb_student_below(double t, double freedom)
{
	double square = t * t, tail;

	if (isnan(t) || !(freedom > 0))
		return (double)NAN;
	if (isinf(freedom))
		return 0.5 * erfc(-t / sqrt(2));
	if (isinf(t))
		return t > 0 ? 1 : 0;
	tail = 0.5 * incomplete_beta(freedom / (freedom + square), square / (freedom + square),
				     freedom / 2, 0.5);
	return t > 0 ? 1 - tail : tail;
}

double mb_student_quantile(double p, double freedom)
{
	double low = 0, high = 1, tail = fmin(p, 1 - p);

	if (!(p > 0 && p < 1) || !(freedom > 0))
		return (double)NAN;
	if (p == 0.5) /* NOLINT: the middle itself */
		return 0;
	while (mb_student_below(-high, freedom) > tail && high < 1e300)
		high *= 2;
	for (int i = 0; i < 200 && high - low > EXACT * high; i++) {
		double middle = (low + high) / 2;

		if (mb_student_below(-middle, freedom) > tail)
			low = middle;
		else
			high = middle;
	}
	return p < 0.5 ? -high : high;
}
