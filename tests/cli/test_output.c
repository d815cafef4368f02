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

#include "cli/output.h"
#include "tests/cli/capture.h"

static int open_quietly(const struct mb_cli *cli, struct mb_output *output, char **ret_said)
{
	struct capture capture;
	int status;

	capture_begin(&capture, stderr);
	status = mb_output_open(cli, output);
	*ret_said = capture_end(&capture);
	return status;
}

static void test_where_and_tables(void **state)
{
	static const struct {
		const char *output, *format;
		bool quiet;
		const char *path;
		bool tables;
	} rows[] = {
		{NULL, NULL, false, NULL, true},
		{NULL, NULL, true, NULL, false},
		{"-", NULL, false, "-", false},
		{NULL, "csv", false, "-", false},
		{"/dev/stdout", NULL, false, "-", false},
		{"/tmp/x.json", NULL, false, "/tmp/x.json", true},
		{"/tmp/x.json", "csv", true, "/tmp/x.json", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_cli cli = {.opts = {.output = rows[i].output,
					      .format = rows[i].format,
					      .quiet = rows[i].quiet}};
		struct mb_output output;
		char *said;

		assert_int_equal(open_quietly(&cli, &output, &said), MB_EXIT_OK);
		assert_int_equal(output.tables, rows[i].tables);
		assert_true((output.path == NULL) == (rows[i].path == NULL));
		if (output.path)
			assert_string_equal(output.path, rows[i].path);
		free(said);
	}
}

static void test_refused(void **state)
{
	struct mb_cli cli = {.opts = {.output = "/nonexistent/folder/x.json"}};
	struct mb_output output = {.path = "untouched"};
	char *said;

	assert_int_equal(open_quietly(&cli, &output, &said), MB_EXIT_USAGE);
	assert_string_equal(output.path, "untouched");
	assert_non_null(strstr(said, "'/nonexistent/folder/x.json'"));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	free(said);
}

/* The name that --help has, and formats that would do. */
static void test_verdicts_alone(void **state)
{
	static const struct {
		const char *command, *words;
	} rows[] = {
		{"predict", "; take one of json, csv, prometheus, markdown, html, text\n"},
		{"validate", "; take one of json, csv, prometheus, markdown, html, text\n"},
		{"doctor", "; take one of json, markdown, html, text\n"},
		{"boot", " gobench, prometheus, "},
		{"bench", " gobench, hwloc, prometheus, "},
		{"report", " gobench, hwloc, prometheus, "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_cli cli = {.cmd = mb_cmd_find(rows[i].command),
				     .opts = {.format = "junit"}};
		struct mb_output output = {.path = "untouched"};
		char *said;

		assert_int_equal(open_quietly(&cli, &output, &said), MB_EXIT_USAGE);
		assert_string_equal(output.path, "untouched");
		assert_non_null(strstr(
			said,
			"format junit is of comparisons alone, which 'memboot compare' and 'memboot gate' write; "));
		assert_non_null(strstr(said, rows[i].words));
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
		free(said);
	}
}

static void test_command_line_is_kept(void **state)
{
	char words[][20] = {"boot", "--machine", "nodes=2 each=1G"};
	char *argv[] = {words[0], words[1], words[2], NULL};
	struct mb_cli cli = {.argv = argv, .argc = 3};
	struct mb_result *result;
	struct mb_err err = {0};
	struct mb_topo *topo;

	assert_int_equal(mb_topo_new(&err, &topo), 0);
	assert_int_equal(mb_output_begin(&cli, topo, &result), MB_EXIT_OK);
	assert_string_equal(result->fields[MB_RESULT_COMMAND_LINE],
			    "memboot boot --machine 'nodes=2 each=1G'");
	assert_non_null(result->fields[MB_RESULT_TOOL_VERSION]);
	assert_true(result->noise.count > 0);
	mb_result_free(result);
	assert_int_equal(mb_output_begin_bare(&cli, topo, &result), MB_EXIT_OK);
	assert_int_equal(result->noise.count, 0);
	assert_non_null(mb_result_fact(&result->facts, "host_name"));
	mb_result_free(result);
	assert_int_equal(mb_output_begin_bare(&cli, NULL, &result), MB_EXIT_OK);
	assert_int_equal(result->facts.count, 0);
	mb_result_free(result);
	mb_topo_free(topo);
}

static void test_save(void **state)
{
	char folder[] = "/tmp/mb-output-XXXXXX", path[64];
	struct mb_cli cli = {0};
	struct mb_output output = {.path = path};
	struct mb_result *result = mb_result_new(NULL);

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.json", folder);
	assert_int_equal(mb_output_save(&cli, &output, result), MB_EXIT_OK);
	assert_int_equal(access(path, R_OK), 0);
	unlink(path);
	assert_int_equal(rmdir(folder), 0); /* nothing else was left there */
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_and_tables),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_verdicts_alone),
		cmocka_unit_test(test_command_line_is_kept),
		cmocka_unit_test(test_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
