/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/verdict.h"
#include "reports/writer.h"
#include "tests/cli/capture.h"

static struct mb_comparison *comparison_of(enum mb_verdict verdict)
{
	struct mb_comparison *comparison = mb_comparison_new("compare");
	struct mb_comparison_row *row;

	mb_comparison_add_side(comparison, "a.json", NULL, 1);
	mb_comparison_add_side(comparison, "b.json", NULL, 1);
	row = mb_comparison_add_row(comparison, 1, "row", &mb_metrics.rows[MB_METRIC_WALL_NS]);
	row->finding.verdict = verdict;
	assert_int_equal(mb_comparison_finish(comparison), 0);
	return comparison;
}

static int show(const struct mb_opts *opts, const struct mb_comparison *comparison, char **ret_text)
{
	const struct mb_cli cli = {.cmd = mb_cmd_find("compare"), .opts = *opts};
	struct mb_output output;
	struct capture capture;
	int status;

	assert_int_equal(mb_verdict_open(&cli, &output), MB_EXIT_OK);
	capture_begin(&capture, stdout);
	status = mb_verdict_show(&cli, &output, comparison);
	*ret_text = capture_end(&capture);
	return status;
}

/* A table unless something else goes to standard output, and the comparison's status. */
static void test_show(void **state)
{
	static const struct {
		struct mb_opts opts;
		const char *begin;
	} rows[] = {
		{{.color = "never"}, "base: a.json\n"},
		{{.quiet = true}, ""},
		{{.format = "junit"}, "<?xml"},
		{{.output = "-"}, "{"},
		{{.output = "-", .format = "markdown"}, "### memboot"},
		{{.output = "/dev/null", .format = "json", .color = "never"}, "base: a.json\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_comparison *comparison = comparison_of(MB_VERDICT_WORSE);
		char *text;

		assert_int_equal(show(&rows[i].opts, comparison, &text), MB_EXIT_NO);
		assert_int_equal(strncmp(text, rows[i].begin, strlen(rows[i].begin)), 0);
		assert_true(*rows[i].begin || !*text);
		free(text);
		mb_comparison_free(comparison);
	}
}

static void test_status(void **state)
{
	static const struct {
		enum mb_verdict verdict;
		int status;
	} rows[] = {
		{MB_VERDICT_SAME, MB_EXIT_OK},
		{MB_VERDICT_BETTER, MB_EXIT_OK},
		{MB_VERDICT_WORSE, MB_EXIT_NO},
		{MB_VERDICT_INCONCLUSIVE, MB_EXIT_PART},
		{MB_VERDICT_NOT_COMPARABLE, MB_EXIT_PART},
	};
	const struct mb_opts opts = {.quiet = true};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_comparison *comparison = comparison_of(rows[i].verdict);
		char *text;

		assert_int_equal(show(&opts, comparison, &text), rows[i].status);
		free(text);
		mb_comparison_free(comparison);
	}
}

/* Before anything runs. */
static void test_refused(void **state)
{
	const struct mb_cli cli = {.cmd = mb_cmd_find("compare"), .opts = {.output = "x.csv"}};
	struct mb_output output = {.path = "untouched"};
	struct capture capture;
	char *said;

	capture_begin(&capture, stderr);
	assert_int_equal(mb_verdict_open(&cli, &output), MB_EXIT_USAGE);
	said = capture_end(&capture);
	assert_string_equal(output.path, "untouched");
	assert_non_null(strstr(said, "known are .json .xml .md .txt"));
	free(said);
}

static void test_threshold(void **state)
{
	const struct mb_opts none = {0}, ten = {.threshold = 10};

	assert_true(mb_verdict_threshold(&none) == MB_JUDGE_THRESHOLD);
	assert_true(mb_verdict_threshold(&ten) == 0.1);
}

/* Every format of results and of verdicts, each once. */
static void test_formats(void **state)
{
	size_t count = 0, junit = 0, json = 0;

	for (; mb_verdict_format(count); count++) {
		junit += !strcmp(mb_verdict_format(count), "junit");
		json += !strcmp(mb_verdict_format(count), "json");
	}
	assert_int_equal(count, mb_writers_count + 1);
	assert_int_equal(junit, 1);
	assert_int_equal(json, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show),    cmocka_unit_test(test_status),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
