/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/overwrite.h"
#include "core/base/align.h"
#include "tests/cli/capture.h"
#include "tests/folder.h"

static void make(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
}

static int group_setup(void **state)
{
	if (folder_enter(state))
		return -1;
	make("a");
	make("b");
	make("-");
	return symlink("a", "soft") | link("a", "hard") | symlink("nowhere", "broken") |
	       mkdir("tree", 0700);
}

/* One line that names both, or nothing. */
static void assert_check(int is, char *text, bool refused, const char *output)
{
	assert_int_equal(is, refused ? MB_EXIT_USAGE : MB_EXIT_OK);
	if (refused) {
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		assert_non_null(strstr(text, output));
	} else {
		assert_string_equal(text, "");
	}
	free(text);
}

static const struct {
	const char *output, *input;
	bool refused;
} rows[] = {
	{NULL, "a", false},
	{"b", "a", false},
	{"new", "a", false},
	{"a", "a", true},
	{"./a", "a", true},
	{"soft", "a", true},
	{"a", "soft", true},
	{"hard", "a", true},
	{"hard", "soft", true},
	{"a", "broken", false},
	{"broken", "a", false},
	{"a", "nowhere", false},
	{"-", "-", false},
	{"-", "./-", false},
	{"./-", "-", false},
	{"tree", "tree", false},
	{"/dev/null", "/dev/null", false},
};

static void test_input(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		const struct mb_cli cli = {.cmd = mb_cmd_find("compare"),
					   .opts.output = rows[i].output};
		struct capture err;
		int status;

		capture_begin(&err, stderr);
		status = mb_overwrite_check(&cli, rows[i].input);
		assert_check(status, capture_end(&err), rows[i].refused, rows[i].output);
	}
}

/* Each option that names a file. */
static void test_options(void **state)
{
	size_t files = 0;

	for (size_t i = 0; i < mb_opts_count; i++) {
		const struct mb_opt *opt = &mb_opts_table[i];
		struct mb_cli cli = {.cmd = mb_cmd_find("boot"), .opts.output = "hard"};
		const char *file = "a";
		struct capture err;
		int status;

		if (opt->kind != MB_OPT_FILE || !strcmp(opt->name, "output"))
			continue;
		memcpy((char *)&cli.opts + opt->field, &file, sizeof(file));
		capture_begin(&err, stderr);
		status = mb_overwrite_check_options(&cli);
		assert_check(status, capture_end(&err), true, "'hard'");
		files++;
	}
	assert_true(files >= 6);
	assert_int_equal(mb_overwrite_check_options(&(struct mb_cli){.opts.output = "a"}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, group_setup, folder_leave);
}
