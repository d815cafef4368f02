/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/reports/costmodel_case.h"

/* A fit of a host with two CPUs, up to 32 GiB. */
static struct mb_costmodel fitted(double gb_s)
{
	struct case_machine machines[CASE_MACHINES];
	struct mb_costmodel_sample samples[CASE_MACHINES];
	double truth[MB_COSTMODEL_NR_TERMS];
	struct mb_rng rng = {7};
	struct mb_strbuf why = {0};
	struct mb_costmodel model;

	case_truth(truth, gb_s);
	case_calibrate(machines, truth, 0.02, &rng, samples);
	assert_int_equal(mb_costmodel_fit(samples, CASE_MACHINES, NULL, &why, &model), 0);
	return model;
}

static void test_sums(void **state)
{
	struct mb_costmodel model = fitted(0);
	struct mb_costmodel_prediction prediction;
	struct case_machine machine;

	for (int policy = CASE_EAGER; policy <= CASE_LAZY; policy++) {
		enum mb_costmodel_phase last;
		double all = 0, first = 0;

		case_machine(&machine, 2, 64, 2, 2, true, policy);
		mb_costmodel_predict(&model, &machine.features, &prediction);
		last = mb_costmodel_last(&machine.features);
		for (unsigned i = 0; i <= last; i++) {
			const struct mb_costmodel_value *value = &prediction.phases[i];

			assert_int_equal(isnan(value->ns), !mb_costmodel_has(&machine.features, i));
			if (isnan(value->ns))
				continue;
			assert_true(value->low <= value->ns && value->ns <= value->high);
			if (mb_costmodel_phases[i].beside)
				continue;
			all += value->ns;
			first += i <= MB_COSTMODEL_HANDOFF ? value->ns : 0;
		}
		assert_true(fabs(prediction.all_memory.ns / all - 1) < 1e-9);
		assert_true(fabs(prediction.first_allocation.ns / first - 1) < 1e-9);
		assert_true(prediction.all_memory.low < all && prediction.all_memory.high > all);
	}
}

/* The farther away, the wider, in proportion. */
static void test_far(void **state)
{
	struct mb_costmodel model = fitted(0);
	struct mb_costmodel_prediction prediction;
	struct case_machine machine;
	double before = 1;

	for (double each = 32; each <= 32768; each *= 4) {
		double width;

		case_machine(&machine, 1, each, 2, 2, true, CASE_DEFERRED);
		mb_costmodel_predict(&model, &machine.features, &prediction);
		width = prediction.all_memory.high / prediction.all_memory.low;
		assert_true(width > before);
		assert_int_equal(prediction.beyond, each > 32 ? MB_COSTMODEL_BEYOND_SIZE : 0);
		before = width;
	}
}

/* More workers than the fit had widen what depends on them, a doubling as much as another scatter or two, and nothing else. */
static void test_many(void **state)
{
	struct mb_costmodel model = fitted(0);
	struct mb_costmodel_prediction prediction;
	struct case_machine machine;
	double least = exp(2 * model.all.residual), first = 0, before = 1;

	for (double threads = 2; threads <= 128; threads *= 2) {
		const struct mb_costmodel_value *all = &prediction.all_memory;

		case_machine(&machine, 1, 32, threads, 128, true, CASE_DEFERRED);
		machine.features.cpus = 2;
		mb_costmodel_predict(&model, &machine.features, &prediction);
		assert_true(all->high / all->low > before * (threads > 2 ? least : 1));
		before = all->high / all->low;
		if (threads > 2)
			assert_true(fabs(prediction.first_allocation.high / first - 1) < 1e-9);
		first = prediction.first_allocation.high;
	}
}

static void test_beyond(void **state)
{
	struct mb_costmodel model = fitted(0);
	struct mb_costmodel_prediction prediction;
	struct case_machine machine;

	case_machine(&machine, 8, 4, 2, 2, true, CASE_DEFERRED);
	mb_costmodel_predict(&model, &machine.features, &prediction);
	assert_int_equal(prediction.beyond, MB_COSTMODEL_BEYOND_NODES);
	case_machine(&machine, 1, 32, 16, 16, true, CASE_DEFERRED);
	mb_costmodel_predict(&model, &machine.features, &prediction);
	assert_int_equal(prediction.beyond,
			 MB_COSTMODEL_BEYOND_THREADS | MB_COSTMODEL_NO_BANDWIDTH);
	/* More threads than CPUs are no more than these. */
	case_machine(&machine, 1, 32, 16, 2, true, CASE_DEFERRED);
	mb_costmodel_predict(&model, &machine.features, &prediction);
	assert_int_equal(prediction.beyond, 0);
	machine.groups[0].cpus = 16;
	machine.groups[0].gb_s = 5;
	mb_costmodel_predict(&model, &machine.features, &prediction);
	assert_int_equal(prediction.beyond, MB_COSTMODEL_BEYOND_THREADS);
	/* 5 bytes a ns: no faster, whatever the CPUs could do. */
	assert_true(prediction.phases[MB_COSTMODEL_DEFERRED].ns >= machine.nodes[0].pages * 64 / 5);
}

/* A phase that was never measured is not in the sums, unless they cannot do without. */
static void test_missing(void **state)
{
	struct mb_costmodel model = fitted(0);
	struct mb_costmodel_prediction prediction;
	struct case_machine machine;

	case_machine(&machine, 1, 32, 2, 2, true, CASE_DEFERRED);
	model.phases[MB_COSTMODEL_HASH].points = 0;
	mb_costmodel_predict(&model, &machine.features, &prediction);
	assert_true(isnan(prediction.phases[MB_COSTMODEL_HASH].ns));
	assert_false(isnan(prediction.all_memory.ns));
	model.phases[MB_COSTMODEL_DEFERRED].points = 0;
	mb_costmodel_predict(&model, &machine.features, &prediction);
	assert_true(isnan(prediction.all_memory.ns));
	assert_false(isnan(prediction.first_allocation.ns));
}

static void test_node(void **state)
{
	struct mb_costmodel model = fitted(0);
	struct mb_costmodel_prediction prediction;
	struct mb_costmodel_value one, two;
	struct case_machine machine;

	/* On a host of their own the longest is the phase. */
	case_machine(&machine, 2, 32, 2, 2, false, CASE_DEFERRED);
	machine.nodes[1].pages *= 2;
	mb_costmodel_predict(&model, &machine.features, &prediction);
	mb_costmodel_predict_node(&model, &machine.features, 0, &one);
	mb_costmodel_predict_node(&model, &machine.features, 1, &two);
	assert_true(fabs(two.ns / prediction.phases[MB_COSTMODEL_DEFERRED].ns - 1) < 1e-9);
	assert_true(one.ns < 0.6 * two.ns && one.low < one.ns && one.ns < one.high);
	/* Together: the small one is done when two thirds are. */
	case_machine(&machine, 2, 32, 2, 2, true, CASE_DEFERRED);
	machine.nodes[1].pages *= 2;
	mb_costmodel_predict_node(&model, &machine.features, 0, &one);
	mb_costmodel_predict_node(&model, &machine.features, 1, &two);
	assert_true(fabs(one.ns / two.ns - 2.0 / 3) < 1e-9);
	machine.nodes[0].pages = 0;
	mb_costmodel_predict_node(&model, &machine.features, 0, &one);
	assert_true(isnan(one.ns));
}

static void test_explain(void **state)
{
	struct mb_costmodel_share shares[MB_COSTMODEL_NR_TERMS];
	struct mb_costmodel model = fitted(12);
	struct case_machine machine;
	struct mb_costmodel_prediction prediction;
	size_t cpu = 0;

	while (mb_costmodel_terms[cpu].kind != MB_COSTMODEL_CPU)
		cpu++;
	case_machine(&machine, 1, 64, 1, 64, true, CASE_DEFERRED);
	mb_costmodel_predict(&model, &machine.features, &prediction);
	mb_costmodel_explain(&model, &machine.features, shares);
	for (unsigned phase = 0; phase < MB_COSTMODEL_NR_PHASES; phase++) {
		double sum = 0, ns = 0, rules = 0;

		for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++)
			if (mb_costmodel_terms[i].phase == phase) {
				sum += shares[i].share;
				ns += shares[i].ns;
				rules += shares[i].rules;
			}
		if (!mb_costmodel_has(&machine.features, phase))
			continue;
		assert_true(fabs(sum - 1) < 1e-9 && rules == 1);
		assert_true(fabs(ns / prediction.phases[phase].ns - 1) < 1e-9);
	}
	assert_true(shares[cpu].rules && !shares[cpu + 1].rules);
	assert_true(shares[cpu].error > 0 && shares[cpu].error < shares[cpu].coefficient);
	case_machine(&machine, 1, 64, 64, 64, true, CASE_DEFERRED);
	mb_costmodel_explain(&model, &machine.features, shares);
	assert_true(!shares[cpu].rules && shares[cpu + 1].rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),    cmocka_unit_test(test_far),
		cmocka_unit_test(test_many),    cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_missing), cmocka_unit_test(test_node),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
