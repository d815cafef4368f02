/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/costmodel_holdout.h"
#include "tests/reports/costmodel_case.h"

#define MAX 16

static struct case_machine machines[CASE_MACHINES];
static struct mb_costmodel_sample samples[CASE_MACHINES];

static void calibrate(double noise, struct mb_rng *rng)
{
	double truth[MB_COSTMODEL_NR_TERMS];

	case_truth(truth, 0);
	case_calibrate(machines, truth, noise, rng, samples);
}

static size_t count_nodes(size_t nodes)
{
	size_t count = 0;

	for (size_t i = 0; i < CASE_MACHINES; i++)
		count += samples[i].features.nr_nodes == nodes;
	return count;
}

/* Every number of nodes and of workers, and the larger half of the sizes, each with all machines that have it. */
static void test_who(void **state)
{
	struct mb_rng rng = {1};
	struct mb_costmodel_holdout holdouts[MAX];
	size_t seen[MB_COSTMODEL_NR_HELD] = {0}, larger = 0;
	int count;

	calibrate(0, &rng);
	count = mb_costmodel_holdouts(samples, CASE_MACHINES, holdouts, MAX);
	assert_int_equal(count, 2 + 3 + 2);
	for (int i = 0; i < count; i++) {
		const struct mb_costmodel_holdout *holdout = &holdouts[i];

		seen[holdout->held]++;
		assert_true(holdout->inside <= holdout->machines);
		if (holdout->held == MB_COSTMODEL_HELD_NODES)
			assert_int_equal(holdout->machines, count_nodes((size_t)holdout->value));
		if (holdout->held == MB_COSTMODEL_HELD_SIZE) {
			assert_true(holdout->value == (larger ? 32 : 16) * GIB);
			assert_int_equal(holdout->machines, CASE_MACHINES / (larger ? 4 : 2));
			larger++;
		}
	}
	assert_int_equal(seen[MB_COSTMODEL_HELD_NODES], 3);
	assert_int_equal(seen[MB_COSTMODEL_HELD_THREADS], 2);
	assert_int_equal(mb_costmodel_holdouts(samples, CASE_MACHINES, holdouts, 2), 2);
}

/* What follows the model is predicted well by the others. */
static void test_good(void **state)
{
	struct mb_rng rng = {seed_or(CASE_SEED)};
	struct mb_costmodel_holdout holdouts[MAX];
	size_t all = 0, inside = 0, held = 0, near = 0;

	for (int round = 0; round < 20; round++) {
		int count;

		calibrate(0.02, &rng);
		count = mb_costmodel_holdouts(samples, CASE_MACHINES, holdouts, MAX);
		for (int i = 0; i < count; i++) {
			bool few = holdouts[i].held == MB_COSTMODEL_HELD_SIZE &&
				   holdouts[i].value == 16 * GIB;

			/* Two sizes are left then, which are too few for a fit. */
			assert_int_equal(isnan(holdouts[i].error), few);
			held += !few;
			near += holdouts[i].error < 0.10;
			if (few)
				continue;
			all += holdouts[i].machines;
			inside += holdouts[i].inside;
		}
	}
	assert_true((double)near > 0.9 * (double)held);
	assert_true((double)inside > 0.8 * (double)all);
}

/* What only those that are held out cost is not known to the others: it shows. */
static void test_bad(void **state)
{
	struct mb_rng rng = {seed_or(CASE_SEED)};
	struct mb_costmodel_holdout holdouts[MAX];
	int count;

	calibrate(0.01, &rng);
	for (size_t i = 0; i < CASE_MACHINES; i++)
		for (size_t k = 0;
		     samples[i].features.nr_nodes == 4 && k < MB_COSTMODEL_NR_PHASES * CASE_REPEATS;
		     k++)
			machines[i].ns[k] *= 2;
	count = mb_costmodel_holdouts(samples, CASE_MACHINES, holdouts, MAX);
	for (int i = 0; i < count; i++)
		if (holdouts[i].held == MB_COSTMODEL_HELD_NODES && holdouts[i].value == 4) {
			assert_true(holdouts[i].error > 0.4 && holdouts[i].error < 0.6);
			assert_int_equal(holdouts[i].inside, 0);
			return;
		}
	fail_msg("nobody held the machines of four nodes out");
}

/* Nothing is left to predict from when all are alike; and where few are left that is said, not guessed. */
static void test_few(void **state)
{
	struct mb_rng rng = {1};
	struct mb_costmodel_holdout holdouts[MAX];
	int count;

	calibrate(0, &rng);
	for (size_t i = 1; i < CASE_MACHINES; i++)
		samples[i] = samples[0];
	assert_int_equal(mb_costmodel_holdouts(samples, CASE_MACHINES, holdouts, MAX), 0);
	calibrate(0, &rng);
	count = mb_costmodel_holdouts(samples, 7, holdouts, MAX);
	assert_true(count > 0);
	for (int i = 0; i < count; i++)
		assert_true(isnan(holdouts[i].error) || holdouts[i].machines == 1);
	samples[3].repetitions = 0;
	assert_int_equal(mb_costmodel_holdouts(samples, CASE_MACHINES, holdouts, MAX), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
