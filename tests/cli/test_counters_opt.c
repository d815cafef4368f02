/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/counters_opt.h"
#include "tests/cli/capture.h"

static const struct mb_cmd bench = {.name = "bench"};

/* What mb_counters_opt_open() returned, made and said; the caller frees the text. */
static int open_list(const char *list, bool require, struct mb_counters **ret_counters,
		     char **ret_said)
{
	const struct mb_cli cli = {.cmd = &bench,
				   .opts = {.counters = list, .require_counters = require}};
	struct capture capture;
	int status;

	*ret_counters = NULL;
	capture_begin(&capture, stderr);
	status = mb_counters_opt_open(&cli, ret_counters);
	*ret_said = capture_end(&capture);
	return status;
}

static void test_open(void **state)
{
	static const struct {
		const char *list, *words; /* NULL: it counts */
		enum mb_exit status;
	} rows[] = {
		{NULL, NULL, MB_EXIT_OK},
		{"task-clock,page-faults", NULL, MB_EXIT_OK},
		{"taks-clock", "did you mean 'task-clock'?", MB_EXIT_USAGE},
		{"qqqqqqqqqqq", "'memboot list counters' has names", MB_EXIT_USAGE},
		{"task-clock,,", "a name is empty", MB_EXIT_USAGE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_counters *counters;
		char *said;

		assert_int_equal(open_list(rows[i].list, false, &counters, &said), rows[i].status);
		assert_int_equal(!!counters, rows[i].list && !rows[i].words);
		if (rows[i].words)
			assert_non_null(strstr(said, rows[i].words));
		else
			assert_string_equal(said, "");
		mb_counters_free(counters);
		free(said);
	}
}

/* One that does not count is fatal where it is required, and only there. */
static void test_require(void **state)
{
	const char *list = "task-clock,cycles";
	struct mb_counters *counters;
	char *said, *again;
	bool missing;

	assert_int_equal(open_list(list, false, &counters, &said), MB_EXIT_OK);
	missing = mb_counters_event(counters, 0)->code || mb_counters_event(counters, 1)->code;
	mb_counters_free(counters);
	assert_int_equal(open_list(list, true, &counters, &again),
			 missing ? MB_EXIT_UNFIT : MB_EXIT_OK);
	assert_int_equal(!counters, missing);
	assert_int_equal(strstr(again, "--require-counters: ") != NULL, missing);
	mb_counters_free(counters);
	free(said);
	free(again);
}

/* One that was not counted in some run. */
static void test_check(void **state)
{
	struct mb_cli cli = {.cmd = &bench, .opts = {.counters = "faults"}};
	struct mb_result *result = mb_result_new(NULL);
	struct capture capture;
	struct mb_run *run;
	char *said;

	mb_result_add_counter(result, "faults", "software", NULL);
	run = mb_result_add_run(result, MB_RUN_BENCH, "group/row");
	mb_result_run_set_count(run, 0, 0, 5, 1);
	cli.opts.require_counters = true;
	assert_int_equal(mb_counters_opt_check(&cli, result), MB_EXIT_OK);
	mb_result_run_set_uncounted(run, 0, "too many open files");
	cli.opts.require_counters = false;
	assert_int_equal(mb_counters_opt_check(&cli, result), MB_EXIT_OK);
	cli.opts.require_counters = true;
	capture_begin(&capture, stderr);
	assert_int_equal(mb_counters_opt_check(&cli, result), MB_EXIT_UNFIT);
	said = capture_end(&capture);
	assert_non_null(
		strstr(said, "faults was not counted in every part of group/row: too many"));
	free(said);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_require),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests_name("counters_opt", tests, NULL, NULL);
}
