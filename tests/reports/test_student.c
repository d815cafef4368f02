/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "reports/student.h"

/* Closed forms: one degree is Cauchy's distribution, two have a root. */
static void test_closed(void **state)
{
	for (double p = 0.001; p < 1; p += 0.0137) {
		double cauchy = tan(3.14159265358979323846 * (p - 0.5));
		double two = (2 * p - 1) / sqrt(2 * p * (1 - p));

		assert_true(fabs(mb_student_quantile(p, 1) - cauchy) <= 1e-8 * (1 + fabs(cauchy)));
		assert_true(fabs(mb_student_quantile(p, 2) - two) <= 1e-8 * (1 + fabs(two)));
	}
}

/* Tables of any handbook. */
static void test_tables(void **state)
{
	static const struct {
		double p, freedom, t;
	} rows[] = {
		{0.95, 1, 6.3138},    {0.95, 4, 2.1318},        {0.975, 4, 2.7764},
		{0.95, 10, 1.8125},   {0.99, 7, 2.9980},        {0.95, 30, 1.6973},
		{0.95, 1000, 1.6464}, {0.95, INFINITY, 1.6449},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_true(fabs(mb_student_quantile(rows[i].p, rows[i].freedom) - rows[i].t) <
			    6e-5);
}

static void test_symmetric(void **state)
{
	for (double freedom = 0.5; freedom < 200; freedom *= 1.7)
		for (double t = 0.01; t < 50; t *= 1.9) {
			double p = mb_student_below(t, freedom);

			assert_true(fabs(p + mb_student_below(-t, freedom) - 1) < 1e-12);
			p = mb_student_below(-t, freedom);
			assert_true(!(p > 0) ||
				    fabs(mb_student_quantile(p, freedom) + t) < 1e-8 * t);
		}
	assert_true(mb_student_quantile(0.5, 3) == 0); /* NOLINT: exactly */
	assert_true(mb_student_below(INFINITY, 3) == 1);
	assert_true(mb_student_below(-INFINITY, 3) == 0);
}

static void test_senseless(void **state)
{
	static const double p[] = {0, 1, -1, 2, NAN};

	for (size_t i = 0; i < MB_ARRAY_SIZE(p); i++)
		assert_true(isnan(mb_student_quantile(p[i], 3)));
	assert_true(isnan(mb_student_quantile(0.9, 0)));
	assert_true(isnan(mb_student_quantile(0.9, NAN)));
	assert_true(isnan(mb_student_below(NAN, 3)));
}

static const char oracle[] = "import sys\n"
			     "from scipy import stats\n"
			     "for line in sys.stdin:\n"
			     "  p, freedom, t = map(float, line.split())\n"
			     "  want = stats.t.ppf(p, freedom)\n"
			     "  assert abs(t - want) <= 1e-8 * max(1, abs(want)), (line, want)\n";

static void test_scipy(void **state)
{
	char command[1024];
	FILE *python;

	if (system("/usr/bin/python3 -c 'import scipy.stats' 2>/dev/null")) {
		print_message("skipped: no SciPy (Debian package python3-scipy)\n");
		skip();
	}
	assert_true(snprintf(command, sizeof(command), "/usr/bin/python3 -c '%s'", oracle) < 1024);
	python = popen(command, "w");
	assert_non_null(python);
	for (double freedom = 0.8; freedom < 10000; freedom *= 1.6)
		for (double p = 0.0005; p < 1; p += 0.0499)
			fprintf(python, "%.17g %.17g %.17g\n", p, freedom,
				mb_student_quantile(p, freedom));
	assert_int_equal(pclose(python), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),    cmocka_unit_test(test_tables),
		cmocka_unit_test(test_symmetric), cmocka_unit_test(test_senseless),
		cmocka_unit_test(test_scipy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
