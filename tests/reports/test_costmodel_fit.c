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
	assert_true(model.all.residual < 2e-3); /* boots of a machine are 0.1 % apart */
}

/* What is predicted is one boot's time: boots that lie apart widen it, though the model fits their medians. */
static void test_boots_apart(void **state)
{
	struct mb_rng rng = {1};
	struct mb_strbuf why = {0};
	struct mb_costmodel model;

	case_truth(truth, 0);
	case_calibrate(machines, truth, 0, &rng, samples);
	for (size_t i = 0; i < CASE_MACHINES; i++)
		for (size_t k = 0; k < MB_COSTMODEL_NR_PHASES * CASE_REPEATS; k++)
			machines[i].ns[k] *= 1 + 0.1 * ((double)(k % CASE_REPEATS) - 1);
	assert_int_equal(mb_costmodel_fit(samples, CASE_MACHINES, NULL, &why, &model),
			 MB_COSTMODEL_FITTED);
	/* Medians of the deviations 0.1, 0, 0.1, as a standard deviation. */
	assert_true(fabs(model.all.residual - 0.14826) < 0.005);
	assert_true(fabs(model.phases[MB_COSTMODEL_DEFERRED].residual - 0.14826) < 0.005);
	assert_true(model.covariance[term(MB_COSTMODEL_DEFERRED, "pages")][0] < 1e-3);
}

/* A bandwidth that two threads reach is found. */
static void test_bandwidth(void **state)
{
	struct mb_rng rng = {seed_or(CASE_SEED)};
	struct mb_costmodel model = fit(0.01, 12, &rng);
	size_t k = term(MB_COSTMODEL_DEFERRED, "bytes");

	assert_true(model.coefficients[k] > 0.8 / 12 && model.coefficients[k] < 1.25 / 12);
	model = fit(0.01, 0, &rng);
	assert_true(model.coefficients[k] < 0.3 / 12);
}

static void test_not_negative(void **state)
{
	struct mb_rng rng = {seed_or(CASE_SEED)};

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
	struct mb_rng rng = {seed_or(CASE_SEED)};
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
 * noise of the fit's. Of all memory, and of the deferred stage alone.
 */
struct cover {
	double all, deferred;
};

static struct cover cover(double each, size_t nodes, struct mb_rng *rng)
{
	const double noise = 0.03, rounds = 500;
	struct cover inside = {0};

	for (int round = 0; round < rounds; round++) {
		struct mb_costmodel model = fit(noise, 0, rng);
		struct mb_costmodel_prediction prediction;
		const struct mb_costmodel_value *all = &prediction.all_memory,
						*deferred =
							&prediction.phases[MB_COSTMODEL_DEFERRED];
		struct case_machine machine;
		double sum = 0, ns = 0;

		case_machine(&machine, nodes, each, 2, 2, true, CASE_DEFERRED);
		case_measure(&machine, truth, noise, rng);
		for (unsigned phase = 0; phase <= MB_COSTMODEL_DEFERRED; phase++) {
			ns = machine.ns[phase * CASE_REPEATS + 1];
			sum += mb_costmodel_phases[phase].beside ? 0 : ns;
		}
		mb_costmodel_predict(&model, &machine.features, &prediction);
		inside.all += sum >= all->low && sum <= all->high;
		inside.deferred += ns >= deferred->low && ns <= deferred->high;
	}
	return (struct cover){inside.all / rounds, inside.deferred / rounds};
}

static void test_coverage(void **state)
{
	struct mb_rng rng = {seed_or(CASE_SEED)};
	struct cover within = cover(12, 1, &rng), top = cover(32, 1, &rng),
		     far = cover(256, 1, &rng), farthest = cover(4096, 16, &rng);

	print_message("coverage of all memory (deferred stage): %.3f (%.3f) at 12 GiB, %.3f (%.3f) "
		      "at 32 GiB, %.3f (%.3f) at 256 GiB, %.3f (%.3f) at 64 TiB\n",
		      within.all, within.deferred, top.all, top.deferred, far.all, far.deferred,
		      farthest.all, farthest.deferred);
	assert_true(within.all >= 0.85 && within.all <= 0.97);
	assert_true(within.deferred >= 0.85 && within.deferred <= 0.95);
	assert_true(top.all >= 0.85 && top.all <= 0.97);
	assert_true(top.deferred >= 0.85 && top.deferred <= 0.95);
	/* Beyond the fit there is room for a trend, which this truth does not have. */
	assert_true(far.all >= 0.85 && far.deferred >= 0.85);
	assert_true(farthest.all >= 0.85 && farthest.deferred >= 0.85);
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
	struct mb_rng rng = {seed_or(CASE_SEED)};

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
	struct mb_rng rng = {seed_or(CASE_SEED)};

	case_truth(truth, 0);
	case_calibrate(machines, truth, 0.9, &rng, samples);
	no_fit(MB_COSTMODEL_SCATTERED, CASE_MACHINES, NULL, "about the fit; at most");
}

static void test_senseless(void **state)
{
	struct mb_rng rng = {seed_or(CASE_SEED)};

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
		cmocka_unit_test(test_boots_apart), cmocka_unit_test(test_exact),
		cmocka_unit_test(test_bandwidth),   cmocka_unit_test(test_not_negative),
		cmocka_unit_test(test_outlier),     cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_unfit),       cmocka_unit_test(test_scattered),
		cmocka_unit_test(test_senseless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
