/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/reports/costmodel_case.h"

/* Every phase has a name of its own and terms that stand together, no more than there is room for. */
static void test_tables(void **state)
{
	size_t first, end, all = 0;

	for (unsigned i = 0; i < MB_COSTMODEL_NR_PHASES; i++) {
		assert_non_null(mb_costmodel_phases[i].name);
		assert_int_equal(mb_costmodel_phase_find(mb_costmodel_phases[i].name), i);
		mb_costmodel_terms_of(i, &first, &end);
		assert_true(end > first && end - first <= MB_COSTMODEL_MAX_TERMS);
		all += end - first;
		for (size_t k = first; k < end; k++)
			for (size_t m = first; m < k; m++)
				assert_string_not_equal(mb_costmodel_terms[k].name,
							mb_costmodel_terms[m].name);
	}
	assert_int_equal(all, MB_COSTMODEL_NR_TERMS);
	assert_int_equal(mb_costmodel_phase_find("late_frees"), -ENOENT);
	for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++) {
		assert_non_null(mb_costmodel_terms[i].load);
		assert_true(mb_costmodel_terms[i].scale > 0);
	}
	for (unsigned i = MB_COSTMODEL_FIXED; i <= MB_COSTMODEL_BARRIER; i++)
		assert_non_null(mb_costmodel_kind_name(i));
}

/* FNV-1a of the terms' words: where it changes, so does MB_COSTMODEL_VERSION, and this row with both. */
static void test_version(void **state)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++) {
		const struct mb_costmodel_term_row *row = &mb_costmodel_terms[i];
		char text[160];

		snprintf(text, sizeof(text), "%s/%s/%s/%s/%s/%g\n",
			 mb_costmodel_phases[row->phase].name, mb_costmodel_kind_name(row->kind),
			 row->name, row->unit, row->of, row->scale);
		for (const char *at = text; *at; at++)
			hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	}
	print_message("version %d: %#llx\n", MB_COSTMODEL_VERSION, (unsigned long long)hash);
	assert_int_equal(MB_COSTMODEL_VERSION, 2);
	assert_true(hash == UINT64_C(0x5fc59bd1f29e7829));
}

static void test_team(void **state)
{
	assert_true(mb_costmodel_team(3, 8, 0) == 3);
	assert_true(mb_costmodel_team(9, 8, 0) == 8);
	assert_true(mb_costmodel_team(4, 8, 4) == 4);
	assert_true(mb_costmodel_team(8, 8, 4) == 5);
	assert_true(mb_costmodel_team(0, 0, 0) == 1);
}

static double deferred(const double *truth, const struct case_machine *machine)
{
	struct mb_costmodel_time time;

	mb_costmodel_time(truth, &machine->features, MB_COSTMODEL_DEFERRED, &time);
	return time.ns;
}

/* Slopes times coefficients are the time, in every phase of every machine. */
static void test_degree(void **state)
{
	double truth[MB_COSTMODEL_NR_TERMS];
	struct case_machine machine;

	for (int policy = CASE_EAGER; policy <= CASE_LAZY; policy++)
		for (unsigned phase = 0; phase < MB_COSTMODEL_NR_PHASES; phase++) {
			struct mb_costmodel_time time;
			size_t first, end;
			double sum = 0;

			case_truth(truth, 20);
			case_machine(&machine, 4, 16, 3, 8, false, policy);
			mb_costmodel_time(truth, &machine.features, phase, &time);
			mb_costmodel_terms_of(phase, &first, &end);
			for (size_t i = first; i < end; i++)
				sum += time.slopes[i - first] * truth[i];
			assert_true(fabs(sum - time.ns) <= 1e-9 * time.ns);
		}
}

/* What the workers of nodes do together. */
static void test_workers(void **state)
{
	double truth[MB_COSTMODEL_NR_TERMS] = {0};
	struct case_machine machine;
	double one, two;
	size_t i = 0;

	while (mb_costmodel_terms[i].kind != MB_COSTMODEL_CPU)
		i++;
	truth[i] = 10;
	case_machine(&machine, 1, 64, 1, 8, false, CASE_DEFERRED);
	one = deferred(truth, &machine);
	assert_true(fabs(one - 10 * machine.nodes[0].pages) < 1);
	/* Four threads with four chunks each: a quarter, and (4 - 1) / (2 * 16) for the last chunk. */
	case_machine(&machine, 1, 64, 4, 8, false, CASE_DEFERRED);
	assert_true(fabs(deferred(truth, &machine) / one - (1 + 3.0 / 32) / 4) < 1e-9);
	/* Nodes of their own work at the same time, those of one host take turns. */
	case_machine(&machine, 2, 32, 1, 1, false, CASE_DEFERRED);
	two = deferred(truth, &machine);
	assert_true(fabs(two - 10 * machine.nodes[0].pages) < 1);
	case_machine(&machine, 2, 32, 1, 1, true, CASE_DEFERRED);
	assert_true(fabs(deferred(truth, &machine) / two - 2) < 1e-9);
	/* The slowest node is what counts. */
	case_machine(&machine, 2, 32, 1, 1, false, CASE_DEFERRED);
	machine.nodes[1].pages *= 3;
	assert_true(fabs(deferred(truth, &machine) / two - 3) < 1e-9);
	/* Memory that takes 1 byte a ns limits any number of threads. */
	truth[i + 1] = 1;
	case_machine(&machine, 1, 64, 1000, 1000, false, CASE_DEFERRED);
	assert_true(fabs(deferred(truth, &machine) / (64 * machine.nodes[0].pages) - 1) < 0.01);
}

static void test_policies(void **state)
{
	struct case_machine machine;

	case_machine(&machine, 2, 16, 2, 2, true, CASE_EAGER);
	assert_int_equal(mb_costmodel_last(&machine.features), MB_COSTMODEL_HANDOFF);
	assert_false(mb_costmodel_has(&machine.features, MB_COSTMODEL_DEFERRED));
	case_machine(&machine, 2, 16, 2, 2, true, CASE_DEFERRED);
	assert_int_equal(mb_costmodel_last(&machine.features), MB_COSTMODEL_DEFERRED);
	assert_false(mb_costmodel_has(&machine.features, MB_COSTMODEL_GROW));
	case_machine(&machine, 2, 16, 2, 2, true, CASE_LAZY);
	assert_int_equal(mb_costmodel_last(&machine.features), MB_COSTMODEL_GROW);
	assert_true(mb_costmodel_has(&machine.features, MB_COSTMODEL_PAGEINIT));
}

static void test_knee(void **state)
{
	static const double x[] = {1, 2, 4, 8, 16, 32};
	static const double flat[] = {1, 1, 1, 1, 1, 1}, half[] = {32, 16, 8, 4, 2, 1},
			    stops[] = {80, 40, 20, 10, 9.9, 9.8},
			    bump[] = {80, 40, 44, 10, 12, 9.9}, rises[] = {5, 6, 7, 8, 9, 10};

	assert_int_equal(mb_costmodel_knee(x, flat, 6, 0.05), 0);
	assert_int_equal(mb_costmodel_knee(x, half, 6, 0.05), 5);
	assert_int_equal(mb_costmodel_knee(x, stops, 6, 0.05), 3);
	assert_int_equal(mb_costmodel_knee(x, stops, 6, 0.005), 5);
	assert_int_equal(mb_costmodel_knee(x, bump, 6, 0.05), 3);
	assert_int_equal(mb_costmodel_knee(x, rises, 6, 0.05), 0);
	assert_int_equal(mb_costmodel_knee(x, half, 1, 0.05), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),  cmocka_unit_test(test_version),
		cmocka_unit_test(test_team),    cmocka_unit_test(test_degree),
		cmocka_unit_test(test_workers), cmocka_unit_test(test_policies),
		cmocka_unit_test(test_knee),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
