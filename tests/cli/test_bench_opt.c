/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/cbench.h"
#include "cli/bench_opt.h"
#include "core/base/align.h"
#include "tests/cli/capture.h"

/* One line that has the words, or nothing where words are NULL. */
static void assert_said(int status, char *text, const char *words)
{
	assert_int_equal(status, words ? MB_EXIT_USAGE : MB_EXIT_OK);
	if (words && !strstr(text, words))
		fail_msg("%s lacks %s", text, words);
	if (words)
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	else
		assert_string_equal(text, "");
	free(text);
}

static void test_options(void **state)
{
	static const char *const flags[] = {"--benchmark_list_tests", "--benchmark_format=console"};
	static const struct {
		struct mb_opts opts;
		const char *const *flag, *path, *words;
	} rows[] = {
		{{0}, NULL, NULL, NULL},
		{{.output = "x.json", .counters = "cycles", .noise = true}, NULL, "x.json", NULL},
		{{.list = true, .full = true, .filter = "x"}, NULL, NULL, NULL},
		{{.list = true, .output = "x.json"}, NULL, "x.json", "leave -o out"},
		{{.list = true, .format = "csv"}, NULL, "-", "leave --format out"},
		{{.list = true, .counters = "bogus"}, NULL, NULL, "leave --counters out"},
		{{.list = true, .repetitions = 2}, NULL, NULL, "leave -r out"},
		{{.list = true, .min_time = 1}, NULL, NULL, "leave --min-time out"},
		{{.list = true, .interleave = true}, NULL, NULL, "leave --interleave out"},
		{{.list = true, .quick = true}, NULL, NULL, "leave --quick out"},
		{{.list = true, .noise = true}, NULL, NULL, "leave --noise out"},
		{{.output = "x.json"}, &flags[0], "x.json", "leave -o out"},
		{{0}, &flags[1], NULL, NULL},
		{{.output = "x.json"}, &flags[1], "x.json", NULL},
		{{.output = "-"}, &flags[1], "-", "would both be on standard output"},
		{{.format = "csv"}, &flags[1], "-", "would both be on standard output"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_cli cli = {.cmd = mb_cmd_find("bench"), .opts = rows[i].opts};
		struct mb_runner_options options = {.flags = rows[i].flag,
						    .nr_flags = rows[i].flag ? 1 : 0};
		struct mb_output output = {.path = rows[i].path};
		struct capture capture;
		int status;

		if (rows[i].flag && !mb_runner_library_version())
			continue; /* flags are the library's */
		capture_begin(&capture, stderr);
		status = mb_bench_opt_check(&cli, &options, &output);
		assert_said(status, capture_end(&capture), rows[i].words);
	}
}

/* Which rows are chosen is known before they run. */
static void test_format(void **state)
{
	static const char words[] = "format hwloc holds what the warm fills of 'limit' measure";
	static const struct {
		const char *filter, *path, *words;
	} rows[] = {
		{NULL, "x.xml", NULL},
		{"limit", "x.xml", NULL},
		{"^boot/", "x.json", NULL},
		{"^boot/", NULL, NULL},
		{"^boot/", "x.xml", words},
		{"^limit/.*/zero/", "x.xml", words},
		{"^limit/.*/cold/", "x.xml", words},
		{"no such row", "x.xml", NULL}, /* the run says so itself */
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_cli cli = {.cmd = mb_cmd_find("bench")};
		struct mb_runner_options options = {.filter = rows[i].filter};
		struct mb_output output = {.path = rows[i].path};
		struct capture capture;
		int status;

		capture_begin(&capture, stderr);
		status = mb_bench_opt_check_format(&cli, &options, &output);
		assert_said(status, capture_end(&capture), rows[i].words);
		capture_begin(&capture, stderr);
		status = mb_bench_opt_check_variants(&cli, &output);
		assert_said(status, capture_end(&capture),
			    rows[i].path && strstr(rows[i].path, ".xml") ? words : NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests_name("bench_opt", tests, NULL, NULL);
}
