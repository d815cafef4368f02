/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/reports/costmodel_case.h"

static double truth[MB_COSTMODEL_NR_TERMS];
static struct case_machine machines[CASE_MACHINES];
static struct mb_costmodel_sample samples[CASE_MACHINES];

static size_t term(enum mb_costmodel_phase phase, const char *name)
{
	size_t i = 0;

	while (mb_costmodel_terms[i].phase != phase || strcmp(mb_costmodel_terms[i].name, name))
		i++;
	return i;
}

static struct mb_costmodel fit(double noise, double gb_s, struct mb_rng *rng)
{
	struct mb_strbuf why = {0};
	struct mb_costmodel model;

	case_truth(truth, gb_s);
	case_calibrate(machines, truth, noise, rng, samples);
	assert_int_equal(mb_costmodel_fit(samples, CASE_MACHINES, NULL, &why, &model),
			 MB_COSTMODEL_FITTED);
	assert_string_equal(mb_strbuf_text(&why), "");
	mb_strbuf_fini(&why);
	return model;
}

/* Without noise the fit says what was measured, and the coefficients that machines can tell apart come back. */
static void test_exact(void **state)
{
	struct mb_rng rng = {1};
	struct mb_costmodel model = fit(0, 0, &rng);
	static const struct {
		enum mb_costmodel_phase phase;
		const char *name;
	} known[] = {
		{MB_COSTMODEL_PAGEINIT, "early pages"},   {MB_COSTMODEL_FAULT, "first touch"},
		{MB_COSTMODEL_HANDOFF, "released pages"}, {MB_COSTMODEL_DEFERRED, "pages"},
		{MB_COSTMODEL_SPARSE, "sections"},        {MB_COSTMODEL_PERCPU, "CPUs"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(known); i++) {
		size_t k = term(known[i].phase, known[i].name);

		assert_true(fabs(model.coefficients[k] / truth[k] - 1) < 1e-3);
	}
	for (size_t i = 0; i < CASE_MACHINES; i++) {
		struct mb_costmodel_prediction prediction;

		mb_costmodel_predict(&model, &machines[i].features, &prediction);
		assert_true(fabs(prediction.all_memory.ns / case_all(&machines[i], truth) - 1) <
			    1e-3);
	}
	assert_true(model.all.residual < 1e-3);
}

/* A bandwidth that two threads reach is found. */
static void test_bandwidth(void **state)
{
	struct mb_rng rng = {case_seed()};
	struct mb_costmodel model = fit(0.01, 12, &rng);
	size_t k = term(MB_COSTMODEL_DEFERRED, "bytes");

	assert_true(model.coefficients[k] > 0.8 / 12 && model.coefficients[k] < 1.25 / 12);
	model = fit(0.01, 0, &rng);
	assert_true(model.coefficients[k] < 0.3 / 12);
}

static void test_not_negative(void **state)
{
	struct mb_rng rng = {case_seed()};

	for (int round = 0; round < 30; round++) {
		struct mb_costmodel model = fit(0.1, round % 2 ? 20 : 0, &rng);

		for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++) {
			assert_true(model.coefficients[i] >= 0);
			assert_true(isfinite(model.coefficients[i]));
		}
	}
}

/* One wild machine moves the fit by little. */
static void test_outlier(void **state)
{
	struct mb_rng rng = {case_seed()};
	struct mb_strbuf why = {0};
	size_t k = term(MB_COSTMODEL_DEFERRED, "pages");
	struct mb_costmodel model;

	case_truth(truth, 0);
	case_calibrate(machines, truth, 0.01, &rng, samples);
	for (size_t i = 0; i < CASE_REPEATS; i++)
		machines[1].ns[MB_COSTMODEL_DEFERRED * CASE_REPEATS + i] *= 1.6;
	assert_int_equal(mb_costmodel_fit(samples, CASE_MACHINES, NULL, &why, &model),
			 MB_COSTMODEL_FITTED);
	assert_true(fabs(model.coefficients[k] / truth[k] - 1) < 0.08);
}

/*
 * Nine of ten machines lie in their interval, be they of the sizes of the fit or far beyond: what is measured of them is the truth with the
 * noise of the fit's.
 */
static double cover(double noise, double each, size_t nodes, struct mb_rng *rng)
{
	const int rounds = 400;
	double inside = 0;

	for (int round = 0; round < rounds; round++) {
		struct mb_costmodel model = fit(noise, 0, rng);
		struct mb_costmodel_prediction prediction;
		struct case_machine machine;
		double ns = 0;

		case_machine(&machine, nodes, each, 2, 2, true, CASE_DEFERRED);
		case_measure(&machine, truth, noise, rng);
		for (unsigned phase = 0; phase <= MB_COSTMODEL_DEFERRED; phase++)
			if (!mb_costmodel_phases[phase].beside)
				ns += machine.ns[phase * CASE_REPEATS + 1];
		mb_costmodel_predict(&model, &machine.features, &prediction);
		inside += ns >= prediction.all_memory.low && ns <= prediction.all_memory.high;
	}
	return inside / rounds;
}

static void test_coverage(void **state)
{
	struct mb_rng rng = {case_seed()};
	double within = cover(0.03, 12, 1, &rng), far = cover(0.03, 256, 1, &rng),
	       farthest = cover(0.03, 4096, 16, &rng);

	print_message("coverage: %.3f within, %.3f at 256 GiB, %.3f at 64 TiB\n", within, far,
		      farthest);
	assert_true(within >= 0.85 && within <= 0.96);
	assert_true(far >= 0.85);
	assert_true(farthest >= 0.85);
}

/* --- no fit --- */

static void no_fit(int want, size_t count, const char *loaded, const char *text)
{
	struct mb_costmodel model = {.max_nodes = 77};
	struct mb_strbuf why = {0};

	assert_int_equal(mb_costmodel_fit(samples, count, loaded, &why, &model), want);
	assert_non_null(strstr(mb_strbuf_text(&why), text));
	assert_true(model.max_nodes == 77);
	mb_strbuf_fini(&why);
}

static void test_unfit(void **state)
{
	struct mb_rng rng = {case_seed()};

	case_truth(truth, 0);
	case_calibrate(machines, truth, 0.01, &rng, samples);
	no_fit(MB_COSTMODEL_LOADED, CASE_MACHINES, "load average 6.0 on 2 CPUs",
	       "the host was busy meanwhile: load average 6.0 on 2 CPUs");
	no_fit(MB_COSTMODEL_TOO_FEW, 5, NULL,
	       "5 machines of 4 sizes were measured; a fit needs 6 of 3");
	no_fit(MB_COSTMODEL_TOO_FEW, 0, NULL, "0 machines of 0 sizes");
	for (size_t i = 0; i < CASE_MACHINES; i++)
		samples[i] = samples[0];
	no_fit(MB_COSTMODEL_TOO_FEW, CASE_MACHINES, NULL, "20 machines of 1 sizes");
}

/* Times that have nothing to do with the work. */
static void test_scattered(void **state)
{
	struct mb_rng rng = {case_seed()};

	case_truth(truth, 0);
	case_calibrate(machines, truth, 0.9, &rng, samples);
	no_fit(MB_COSTMODEL_SCATTERED, CASE_MACHINES, NULL, "about the fit; at most");
}

static void test_senseless(void **state)
{
	struct mb_rng rng = {case_seed()};

	case_truth(truth, 0);
	case_calibrate(machines, truth, 0.01, &rng, samples);
	samples[3].repetitions = 0;
	no_fit(-EINVAL, CASE_MACHINES, NULL, "");
	samples[3].repetitions = CASE_REPEATS;
	machines[3].nodes[0].group = 1;
	no_fit(-EINVAL, CASE_MACHINES, NULL, "");
	machines[3].nodes[0].group = 0;
	machines[0].nodes[0].threads = 0;
	no_fit(-EINVAL, CASE_MACHINES, NULL, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),        cmocka_unit_test(test_bandwidth),
		cmocka_unit_test(test_not_negative), cmocka_unit_test(test_outlier),
		cmocka_unit_test(test_coverage),     cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_scattered),    cmocka_unit_test(test_senseless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
