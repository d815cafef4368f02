/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_STUDENT_H
#define MB_REPORTS_STUDENT_H

/*
 * Student's t distribution: the incomplete beta function by its continued fraction, inverted by halving. Abramowitz, Stegun: Handbook of
 * Mathematical Functions, 26.5.8 and 26.7.1. Relative error below 1e-9 for 1 to 10000 degrees of freedom, which need not be whole.
 */

/* How likely it is to stay below t. NaN when freedom is not above 0. */
double mb_student_below(double t, double freedom);

/* Where it stays below with probability p in (0, 1); infinite freedom: the normal distribution. NaN for anything else. */
double mb_student_quantile(double p, double freedom);

#endif
