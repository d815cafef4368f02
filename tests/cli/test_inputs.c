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

#include "cli/inputs.h"
#include "core/base/align.h"
#include "reports/writer.h"
#include "tests/cli/capture.h"
#include "tests/folder.h"

/* A result that says who it is. */
static void make(const char *path)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;

	mb_result_set(result, MB_RESULT_COMMAND_LINE, path);
	assert_int_equal(mb_writer_save(path, "json", &one, 1, NULL, NULL), 0);
	mb_result_free(result);
}

static int group_setup(void **state)
{
	FILE *file;

	if (folder_enter(state))
		return -1;
	make("a.json");
	make("b.json");
	make("[ab].json"); /* as it is, for there is such a file */
	file = fopen("broken.json", "w");
	return !file || fputs("{", file) < 0 || fclose(file);
}

/* What an argument is: names of what was read, how it ended, and what was said, a word of each line. */
static void test_read(void **state)
{
	static const struct {
		const char *arg, *output;
		int status;
		const char *read, *said[3];
	} cases[] = {
		{"a.json", NULL, MB_EXIT_OK, "a.json ", {NULL}},
		{"?.json", NULL, MB_EXIT_OK, "a.json b.json ", {NULL}},
		{"[ab].json", NULL, MB_EXIT_OK, "[ab].json ", {NULL}},
		{"none.json", NULL, MB_EXIT_USAGE, "", {"cannot read 'none.json': No such file"}},
		{"none*", NULL, MB_EXIT_USAGE, "", {"no file matches 'none*'"}},
		{"b*.json", NULL, MB_EXIT_USAGE, "b.json ", {"cannot read 'broken.json'"}},
		{"?.json", "a.json", MB_EXIT_USAGE, "b.json ", {"'a.json'"}},
		{"b*.json", "b.json", MB_EXIT_USAGE, "", {"'b.json'", "'broken.json'"}},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_cli cli = {.opts = {.output = cases[i].output}};
		struct mb_inputs inputs = {0};
		bool standard = false;
		struct capture err;
		char read[64] = "", *said, *line;

		capture_begin(&err, stderr);
		assert_int_equal(mb_inputs_read(&cli, cases[i].arg, &standard, &inputs),
				 cases[i].status);
		line = said = capture_end(&err);
		for (size_t k = 0; k < inputs.count; k++) {
			strcat(read, inputs.results[k]->fields[MB_RESULT_COMMAND_LINE]);
			strcat(read, " ");
		}
		assert_string_equal(read, cases[i].read);
		assert_false(standard);
		for (size_t k = 0; cases[i].said[k]; k++) {
			char *end = strchr(line, '\n');

			assert_non_null(end);
			*end = '\0';
			assert_non_null(strstr(line, cases[i].said[k]));
			line = end + 1;
		}
		assert_string_equal(line, "");
		free(said);
		mb_inputs_fini(&inputs);
		assert_int_equal(inputs.count, 0);
	}
}

/* Once, whatever it is. */
static void test_standard_input(void **state)
{
	struct mb_cli cli = {0};
	struct mb_inputs inputs = {0};
	bool standard = false;
	struct capture err;
	char *said;

	assert_non_null(freopen("a.json", "r", stdin));
	assert_int_equal(mb_inputs_read(&cli, "-", &standard, &inputs), MB_EXIT_OK);
	assert_true(standard);
	assert_int_equal(mb_inputs_read(&cli, "b.json", &standard, &inputs), MB_EXIT_OK);
	capture_begin(&err, stderr);
	assert_int_equal(mb_inputs_read(&cli, "-", &standard, &inputs), MB_EXIT_USAGE);
	said = capture_end(&err);
	assert_non_null(strstr(said, "'-' is there twice"));
	free(said);
	assert_int_equal(inputs.count, 2);
	assert_string_equal(inputs.results[0]->fields[MB_RESULT_COMMAND_LINE], "a.json");
	mb_inputs_fini(&inputs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_standard_input),
	};

	return cmocka_run_group_tests(tests, group_setup, folder_leave);
}
