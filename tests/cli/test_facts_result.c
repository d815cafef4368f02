/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/facts_result.h"
#include "core/host_plain.h"
#include "reports/json.h"
#include "tests/captures.h"

/* --- one fact by hand --- */

static int shown(const struct mb_fact_tree *tree, struct mb_fact_values *values, struct mb_err *err)
{
	mb_facts_addf(values, "b\t2");
	mb_facts_addf(values, "a\t1");
	mb_facts_addf(values, "limit\t7");
	mb_facts_addf(values, "one\t20");
	mb_facts_addf(values, "none\t0");
	mb_facts_addf(values, "kernel's\t");
	return 0;
}

static int computed(const struct mb_fact_tree *tree, const struct mb_boot *boot,
		    struct mb_fact_values *values, struct mb_err *err)
{
	mb_facts_addf(values, "a\t1");
	mb_facts_addf(values, "b\t3");
	mb_facts_addf(values, "limit\t10");
	mb_facts_relate(values, MB_FACT_AT_MOST);
	mb_facts_addf(values, "one\t10 or 20");
	mb_facts_relate(values, MB_FACT_ONE_OF);
	mb_facts_addf(values, "none\t10 or 20");
	mb_facts_relate(values, MB_FACT_ONE_OF);
	mb_facts_addf(values, "ours\tx");
	values->unlisted = 4;
	return 0;
}

static int nothing(const struct mb_fact_tree *tree, struct mb_fact_values *values,
		   struct mb_err *err)
{
	return MB_FAIL(err, -ENOENT, "nothing there");
}

/* What the writers get to see of a fact. */
static struct mb_result *result_of(const struct mb_fact_row *fact)
{
	const struct mb_boot *boot = (const struct mb_boot *)fact; /* never looked at */
	struct mb_result *result = mb_result_new(NULL);
	struct mb_fact_tree tree = {0};
	struct mb_fact_result compared;

	assert_non_null(result);
	assert_int_equal(mb_facts_compare(fact, &tree, boot, NULL, &compared), 0);
	mb_facts_result_add(result, fact, &compared);
	mb_facts_result_fini(&compared);
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

static void assert_value(const struct mb_run *run, const char *key, const char *expected,
			 const char *got, enum mb_run_status status)
{
	assert_int_equal(run->kind, MB_RUN_VALUE);
	assert_string_equal(run->name, key);
	assert_string_equal(mb_result_fact(&run->args, "fact"), "F0");
	if (expected)
		assert_string_equal(mb_result_fact(&run->args, "expected"), expected);
	else
		assert_null(mb_result_fact(&run->args, "expected"));
	if (got)
		assert_string_equal(mb_result_fact(&run->args, "got"), got);
	else
		assert_null(mb_result_fact(&run->args, "got"));
	assert_int_equal(run->status, status);
	assert_true((run->reason != NULL) == (status != MB_RUN_OK));
}

static void compared(void **state)
{
	const struct mb_fact_row fact = {"F0", "test", .expected = shown, .got = computed};
	struct mb_result *result = result_of(&fact);
	const struct mb_run *run = result->runs[0];

	assert_int_equal(result->nr_runs, 8);
	assert_int_equal(run->kind, MB_RUN_FACT);
	assert_string_equal(run->name, "F0");
	assert_string_equal(mb_result_fact(&run->args, "what"), "test");
	assert_int_equal(run->status, MB_RUN_FAILED);
	assert_string_equal(run->reason, "4 of 11 values differ");
	assert_true(run->metrics[MB_METRIC_COMPARED_VALUES].values[0] == 11);
	assert_true(run->metrics[MB_METRIC_DIFFERENT_VALUES].values[0] == 4);
	assert_value(result->runs[1], "a", "1", "1", MB_RUN_OK);
	assert_value(result->runs[2], "b", "2", "3", MB_RUN_FAILED);
	assert_value(result->runs[3], "kernel's", "", NULL, MB_RUN_FAILED);
	assert_value(result->runs[4], "limit", "7", "10", MB_RUN_OK);
	assert_string_equal(mb_result_fact(&result->runs[4]->args, "relation"), "at most");
	assert_value(result->runs[5], "none", "0", "10 or 20", MB_RUN_FAILED);
	assert_value(result->runs[6], "one", "20", "10 or 20", MB_RUN_OK);
	assert_string_equal(mb_result_fact(&result->runs[6]->args, "relation"), "one of");
	assert_value(result->runs[7], "ours", NULL, "x", MB_RUN_FAILED);
	mb_result_free(result);
}

static void not_compared(void **state)
{
	const struct mb_fact_row fact = {"F0", "test", .expected = nothing, .got = computed};
	struct mb_result *result = result_of(&fact);

	assert_int_equal(result->nr_runs, 1);
	assert_int_equal(result->runs[0]->status, MB_RUN_SKIPPED);
	assert_string_equal(result->runs[0]->reason, "nothing there");
	mb_result_free(result);
}

/* --- captured kernels --- */

/* Every value of every fact comes back from JSON. */
static void lossless(const char *root, void *ctx)
{
	const struct mb_sysroot sysroot = {.path = root};
	struct mb_result *result = mb_result_new(NULL), *back;
	struct mb_host_plain host;
	struct mb_fact_tree tree;
	struct mb_err err = {0};
	struct mb_boot *boot;
	char *text = NULL;
	size_t length, pairs = 0;
	FILE *file = open_memstream(&text, &length);

	mb_host_plain_init(&host);
	assert_int_equal(mb_facts_open(&sysroot, NULL, &err, &tree), 0);
	assert_int_equal(mb_facts_boot(&tree, &host.host, &err, &boot), 0);
	mb_facts_result_begin(result, &tree);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		struct mb_fact_result fact;

		assert_int_equal(mb_facts_compare(&mb_facts[i], &tree, boot, &err, &fact), 0);
		mb_facts_result_add(result, &mb_facts[i], &fact);
		pairs += fact.nr_pairs;
		mb_facts_result_fini(&fact);
	}
	assert_int_equal(mb_result_error(result), 0);
	assert_int_equal(result->nr_runs, mb_nr_facts + pairs);
	assert_int_equal(mb_json_write((const struct mb_result *const *)&result, 1, file), 0);
	assert_int_equal(fclose(file), 0);
	if (mb_json_read(text, length, NULL, &err, &back))
		fail_msg("%s", err.text);
	assert_string_equal(back->fields[MB_RESULT_COMPARED_KERNEL], tree.release);
	assert_int_equal(back->nr_runs, result->nr_runs);
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *a = result->runs[i], *b = back->runs[i];

		assert_int_equal(a->kind, b->kind);
		assert_string_equal(a->name, b->name);
		assert_int_equal(a->args.count, b->args.count);
		for (size_t k = 0; k < a->args.count; k++)
			assert_string_equal(a->args.rows[k].value, b->args.rows[k].value);
	}
	mb_result_free(back);
	mb_result_free(result);
	mb_boot_free(boot);
	mb_facts_close(&tree);
	free(text);
}

static void captures_are_lossless(void **state)
{
	captures_each(lossless, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compared),
		cmocka_unit_test(not_compared),
		cmocka_unit_test(captures_are_lossless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
