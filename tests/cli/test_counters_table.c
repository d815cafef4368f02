/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/counters_result.h"
#include "cli/counters_table.h"
#include "core/base/align.h"
#include "reports/counter.h"

static char *table_with(const struct mb_result *result, bool workers)
{
	const struct mb_term term = {.charset = MB_FORMAT_ASCII, .table = {.indent = 2}};
	struct mb_strbuf text = {0};

	mb_counters_table_add(&text, &term, result, workers);
	assert_int_equal(text.error, 0);
	return text.data ? mb_strbuf_take(&text) : strdup("");
}

static char *table(const struct mb_result *result)
{
	return table_with(result, true);
}

static void count(struct mb_result *result, enum mb_run_kind kind, int node, int worker,
		  double cycles, double share)
{
	struct mb_run *run = mb_result_run(result, kind, "stage", node, worker);

	mb_result_run_set_count(run, 0, 0, cycles, share);
	mb_result_run_set(run, MB_METRIC_CYCLES, 0, cycles);
	mb_result_run_set(run, MB_METRIC_IPC, 0, 1.25);
	mb_result_run_set_count(run, 1, 0, 7, 1);
}

static struct mb_result *sample(double share)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_result_add_counter(result, "cycles", "generic, user mode", NULL);
	mb_result_add_counter(result, "r003", "libpfm4, user mode", NULL);
	mb_result_add_counter(result, "branches", NULL, "no PMU");
	mb_result_add_counter(result, "stores", NULL, "unsupported");
	mb_result_add_counter(result, "branch-misses", NULL, "no PMU");
	mb_counter_set_metric(result, 0, MB_METRIC_CYCLES);
	count(result, MB_RUN_STAGE, MB_RUN_NONE, MB_RUN_NONE, 3000000, share);
	count(result, MB_RUN_NODE, 1, MB_RUN_NONE, 2000000, 1);
	count(result, MB_RUN_WORKER, 1, 0, 2000000, 1);
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

static void test_table(void **state)
{
	struct mb_result *result = sample(1);
	char *text = table(result);

	(void)state;
	assert_string_equal(text, "Counters\n"
				  "  phase         cycles   IPC  r003\n"
				  "  stage         3.00 M  1.25     7\n"
				  "    node 1      2.00 M  1.25     7\n"
				  "      worker 0  2.00 M  1.25     7\n"
				  "  not counted: branches, branch-misses: no PMU\n"
				  "  not counted: stores: unsupported\n");
	free(text);
	mb_result_free(result);
}

/* Benches have their own lines, and workers where they are wanted. */
static void test_benches(void **state)
{
	struct mb_result *result = sample(1);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "buddy/alloc/order:0");
	char *text;

	(void)state;
	mb_result_run_set_count(run, 0, 0, 4000, 1);
	mb_result_run_set(run, MB_METRIC_CYCLES, 0, 4000);
	mb_result_run_set(run, MB_METRIC_INSTRUCTIONS_PER_OPERATION, 0, 12.5);
	text = table_with(result, false);
	assert_string_equal(text, "Counters\n"
				  "  bench, per round     cycles   IPC  instr/op  r003\n"
				  "  stage                3.00 M  1.25         -     7\n"
				  "    node 1             2.00 M  1.25         -     7\n"
				  "  buddy/alloc/order:0  4.00 k     -      12.5     -\n"
				  "  not counted: branches, branch-misses: no PMU\n"
				  "  not counted: stores: unsupported\n");
	free(text);
	mb_result_free(result);
}

/* What was extrapolated is marked, in its line and below. */
static void test_estimated(void **state)
{
	struct mb_result *result = sample(0.5);
	char *text = table(result);

	(void)state;
	assert_non_null(strstr(text, "  stage         3.00 M  1.25     7  ~\n"));
	assert_non_null(strstr(text, "    node 1      2.00 M  1.25     7\n"));
	assert_non_null(strstr(text, "  ~ estimated: "));
	free(text);
	mb_result_free(result);
}

/* What a worker could not count is "-" in its rows, and the reason stands below. */
static void test_uncounted(void **state)
{
	struct mb_result *result = sample(1);
	char *text;

	(void)state;
	mb_result_run_set_uncounted(mb_result_run(result, MB_RUN_WORKER, "stage", 1, 1), 0,
				    "too many open files: raise ulimit -n");
	text = table(result);
	assert_non_null(strstr(text, "      worker 1       -     -     -\n"));
	assert_non_null(strstr(text,
			       "  not counted: stores: unsupported\n  not counted in 1 of 4 rows: "
			       "cycles: too many open files: raise ulimit -n\n"));
	free(text);
	mb_result_free(result);
}

/*
 * Two events of one metric: the first is the metric's column, by its own name where the other one has that of the metric. The other's
 * figures have the metric's unit.
 */
static void test_two_of_a_metric(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;
	char *text;

	(void)state;
	mb_result_add_counter(result, "cpu_cycles", "libpfm4, user mode", NULL);
	mb_result_add_counter(result, "cycles", "generic, user mode", NULL);
	mb_result_add_counter(result, "task-clock", "software, user mode", NULL);
	mb_result_add_counter(result, "cpu-clock", "software, user mode", NULL);
	for (size_t i = 0; i < 4; i++)
		mb_counter_set_metric(result, i,
				      i < 2 ? MB_METRIC_CYCLES : MB_METRIC_TASK_CLOCK_NS);
	run = mb_result_add_run(result, MB_RUN_STAGE, "stage");
	for (size_t i = 0; i < 4; i++)
		mb_result_run_set_count(run, i, 0, 1000.0 * (double)(i + 1), 1);
	mb_result_run_set(run, MB_METRIC_CYCLES, 0, 1000);
	mb_result_run_set(run, MB_METRIC_TASK_CLOCK_NS, 0, 3000);
	text = table(result);
	assert_string_equal(text, "Counters\n"
				  "  phase  cpu_cycles  CPU time  cycles  cpu-clock\n"
				  "  stage      1.00 k   3.00 us  2.00 k    4.00 us\n");
	free(text);
	mb_result_free(result);
}

/* Only columns with a figure that is mostly the reading are named, in their own units. */
static void test_overheads(void **state)
{
	struct mb_result *result = sample(1);
	char *text;

	(void)state;
	mb_result_add_fact(result, MB_COUNTERS_RESULT_OVERHEAD "cycles", "1000000", NULL);
	mb_result_add_fact(result, MB_COUNTERS_RESULT_OVERHEAD "r003", "3", NULL);
	text = table(result);
	assert_null(strstr(text, "reading"));
	free(text);
	count(result, MB_RUN_WORKER, 1, 1, 1999999, 1);
	text = table(result);
	assert_non_null(strstr(text, "  in each figure, of reading the counters: cycles 1.00 M; "
				     "figures below twice that are mostly the reading\n"));
	free(text);
	mb_result_run_set_count(result->runs[0], 1, 0, 5, 1);
	text = table(result);
	assert_non_null(strstr(text, "cycles 1.00 M, r003 3; "));
	free(text);
	mb_result_free(result);
}

/* Without any count the reasons are left; without any event nothing is. */
static void test_none(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	char *text = table(result);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	mb_result_add_counter(result, "cycles", NULL, "no PMU");
	mb_result_add_run(result, MB_RUN_STAGE, "x");
	text = table(result);
	assert_string_equal(text, "Counters\n  not counted: cycles: no PMU\n");
	free(text);
	mb_result_free(result);
}

static void test_numbers(void **state)
{
	static const struct {
		double number;
		const char *text;
	} rows[] = {
		{0, "0"},          {7, "7"},          {0.125, "0.12"},    {12.34, "12.3"},
		{999, "999"},      {999.6, "1.00 k"}, {1000, "1.00 k"},   {12345, "12.3 k"},
		{123456, "123 k"}, {999499, "999 k"}, {999500, "1.00 M"}, {1.5e9, "1.50 G"},
		{2e12, "2.00 T"},  {NAN, "-"},        {INFINITY, "-"},
	};

	(void)state;
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_string_equal(mb_counters_table_number(rows[i].number).text, rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_benches),
		cmocka_unit_test(test_estimated),
		cmocka_unit_test(test_uncounted),
		cmocka_unit_test(test_two_of_a_metric),
		cmocka_unit_test(test_overheads),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests_name("counters_table", tests, NULL, NULL);
}
