/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/rng.h"
#include "reports/linear.h"
#include "tests/seed.h"

#define MAX MB_LINEAR_MAX_COLUMNS

static double uniform(struct mb_rng *rng)
{
	return ((double)(mb_rng_next(rng) >> 11) + 0.5) * 0x1p-53;
}

/* y = 2 + 3 x, by hand: four points on a line. */
static void test_line(void **state)
{
	struct mb_linear linear = {.columns = 2};
	double at[MAX], inverse[MAX][MAX];
	bool used[MAX];

	for (double x = 0; x < 4; x++)
		mb_linear_add(&linear, (double[]){1, x}, 2 + 3 * x, 1);
	mb_linear_nnls(&linear, at, used);
	assert_true(used[0] && used[1]);
	assert_true(fabs(at[0] - 2) < 1e-12 && fabs(at[1] - 3) < 1e-12);
	/* Products are 4 6; 6 14, and their determinant is 20. */
	assert_int_equal(mb_linear_inverse(&linear, used, inverse), 0);
	assert_true(fabs(inverse[0][0] - 0.7) < 1e-12 && fabs(inverse[1][1] - 0.2) < 1e-12);
	assert_true(fabs(inverse[0][1] + 0.3) < 1e-12 && fabs(inverse[1][0] + 0.3) < 1e-12);
}

/* y = -2 + 3 x wants a negative offset: it is 0, and the slope is sum(xy) / sum(xx) = 30 / 14. */
static void test_bound(void **state)
{
	struct mb_linear linear = {.columns = 2};
	double at[MAX], inverse[MAX][MAX];
	bool used[MAX];

	for (double x = 0; x < 4; x++)
		mb_linear_add(&linear, (double[]){1, x}, -2 + 3 * x, 1);
	mb_linear_nnls(&linear, at, used);
	assert_true(!used[0] && used[1]);
	assert_true(at[0] == 0 && fabs(at[1] - 30.0 / 14) < 1e-12); /* NOLINT: exactly 0 */
	assert_int_equal(mb_linear_inverse(&linear, used, inverse), 0);
	assert_true(inverse[0][0] == 0 && fabs(inverse[1][1] - 1.0 / 14) < 1e-12);
}

/* A weight of two is the row twice. */
static void test_weight(void **state)
{
	struct mb_linear once = {.columns = 2}, twice = {.columns = 2};
	double a[MAX], b[MAX];
	bool used[MAX];

	for (double x = 0; x < 5; x++) {
		double weight = x < 2 ? 2 : 1;

		mb_linear_add(&once, (double[]){1, x}, 1 + x * x, weight);
		for (double k = 0; k < weight; k++)
			mb_linear_add(&twice, (double[]){1, x}, 1 + x * x, 1);
	}
	mb_linear_nnls(&once, a, used);
	mb_linear_nnls(&twice, b, used);
	assert_true(fabs(a[0] - b[0]) < 1e-12 && fabs(a[1] - b[1]) < 1e-12);
}

/* A column that says the same as another, and one of zeros, are left at 0. */
static void test_same(void **state)
{
	struct mb_linear linear = {.columns = 4};
	double at[MAX], inverse[MAX][MAX];
	bool used[MAX], all[MAX] = {true, true, true, false};

	for (double x = 0; x < 5; x++)
		mb_linear_add(&linear, (double[]){x, 1e6 * x, 1, 0}, 7 * x + 1, 1);
	mb_linear_nnls(&linear, at, used);
	assert_true(used[0] != used[1] && used[2] && !used[3]);
	assert_true(fabs(at[0] + 1e6 * at[1] - 7) < 1e-9 && fabs(at[2] - 1) < 1e-9);
	assert_int_equal(mb_linear_inverse(&linear, all, inverse), -EDOM);
}

static void test_empty(void **state)
{
	struct mb_linear linear = {.columns = 3};
	double at[MAX];
	bool used[MAX];

	mb_linear_nnls(&linear, at, used);
	for (size_t i = 0; i < 3; i++)
		assert_true(at[i] == 0 && !used[i]);
}

/*
 * What makes the minimum (Kuhn, Tucker): no slope along what is used, none downhill along what is at 0. Units 1e9 apart do not matter.
 */
static void test_minimum(void **state)
{
	struct mb_rng rng = {seed_or(20240607)};

	for (int round = 0; round < 2000; round++) {
		size_t columns = 1 + mb_rng_below(&rng, MAX), rows = 1 + mb_rng_below(&rng, 30);
		struct mb_linear linear = {.columns = columns};
		double at[MAX], unit[MAX], largest[MAX] = {0};
		bool used[MAX];

		for (size_t i = 0; i < columns; i++)
			unit[i] = pow(10, uniform(&rng) * 9);
		for (size_t r = 0; r < rows; r++) {
			double cells[MAX], y = uniform(&rng) - 0.3;

			for (size_t i = 0; i < columns; i++)
				cells[i] = unit[i] * (uniform(&rng) - 0.2);
			mb_linear_add(&linear, cells, y, 0.1 + uniform(&rng));
			for (size_t i = 0; i < columns; i++)
				largest[i] += fabs(cells[i] * y);
		}
		mb_linear_nnls(&linear, at, used);
		for (size_t i = 0; i < columns; i++) {
			double slope = linear.target[i];

			for (size_t k = 0; k < columns; k++)
				slope -= linear.products[i][k] * at[k];
			assert_true(at[i] >= 0 && (used[i] || at[i] == 0));
			assert_true(slope <= 1e-5 * largest[i]);
			assert_true(!used[i] || slope >= -1e-5 * largest[i]);
		}
	}
}

static const char oracle[] = "import json, sys\n"
			     "import numpy as np\n"
			     "from scipy.optimize import nnls\n"
			     "for line in sys.stdin:\n"
			     "  d = json.loads(line)\n"
			     "  a, b, x = (np.array(d[k]) for k in \"abx\")\n"
			     "  want, norm = nnls(a.reshape(len(b), -1), b)\n"
			     "  assert np.allclose(x, want, rtol=1e-7, atol=1e-9), (line, want)\n";

static void put_case(FILE *file, struct mb_rng *rng)
{
	size_t columns = 1 + mb_rng_below(rng, MAX), rows = columns + 2 + mb_rng_below(rng, 20);
	struct mb_linear linear = {.columns = columns};
	double cells[32 * MAX], values[32], at[MAX];
	bool used[MAX];

	for (size_t i = 0; i < rows; i++) {
		for (size_t k = 0; k < columns; k++)
			cells[i * columns + k] = uniform(rng) - 0.3;
		values[i] = uniform(rng) - 0.2;
		mb_linear_add(&linear, &cells[i * columns], values[i], 1);
	}
	mb_linear_nnls(&linear, at, used);
	fputs("{\"a\": [", file);
	for (size_t i = 0; i < rows * columns; i++)
		fprintf(file, "%s%.17g", i ? ", " : "", cells[i]);
	fputs("], \"b\": [", file);
	for (size_t i = 0; i < rows; i++)
		fprintf(file, "%s%.17g", i ? ", " : "", values[i]);
	fputs("], \"x\": [", file);
	for (size_t i = 0; i < columns; i++)
		fprintf(file, "%s%.17g", i ? ", " : "", at[i]);
	fputs("]}\n", file);
}

static void test_scipy(void **state)
{
	struct mb_rng rng = {seed_or(20240607)};
	char command[1024];
	FILE *python;

	if (system("/usr/bin/python3 -c 'import scipy.optimize' 2>/dev/null")) {
		print_message("skipped: no SciPy (Debian package python3-scipy)\n");
		skip();
	}
	assert_true(snprintf(command, sizeof(command), "/usr/bin/python3 -c '%s'", oracle) < 1024);
	python = popen(command, "w");
	assert_non_null(python);
	for (int i = 0; i < 300; i++)
		put_case(python, &rng);
	assert_int_equal(pclose(python), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),   cmocka_unit_test(test_bound),
		cmocka_unit_test(test_weight), cmocka_unit_test(test_same),
		cmocka_unit_test(test_empty),  cmocka_unit_test(test_minimum),
		cmocka_unit_test(test_scipy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
