/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/say.h"
#include "core/base/err.h"
#include "tests/cli/capture.h"

static void test_form(void **state)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("boot")};
	struct capture capture;
	char *text;
	int status;

	capture_begin(&capture, stderr);
	status = mb_say(&cli, MB_EXIT_USAGE, "number %d", 7);
	mb_say(NULL, MB_EXIT_NO, "plain");
	text = capture_end(&capture);
	assert_int_equal(status, MB_EXIT_USAGE);
	assert_string_equal(text, "memboot: boot: number 7\nmemboot: plain\n");
	free(text);
}

static void test_one_line_whatever_comes_in(void **state)
{
	struct capture capture;
	char *text;

	capture_begin(&capture, stderr);
	mb_say(NULL, MB_EXIT_USAGE, "%s", "a\nb\033[31mc\r\x7f");
	text = capture_end(&capture);
	assert_string_equal(text, "memboot: a\\x0ab\\x1b[31mc\\x0d\\x7f\n");
	free(text);
}

static void test_recorded_failure(void **state)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("boot")};
	struct mb_err err = {0};
	struct capture capture;
	char *text;

	MB_FAIL(&err, -EINVAL, "bad item 'x'");
	err.stage = "zones";
	capture_begin(&capture, stderr);
	mb_say_err(&cli, MB_EXIT_USAGE, "machine", &err);
	text = capture_end(&capture);
	assert_string_equal(text, "memboot: boot: machine: stage zones: bad item 'x'\n");
	free(text);

	cli.opts.verbose = true;
	capture_begin(&capture, stderr);
	mb_say_err(&cli, MB_EXIT_USAGE, NULL, &err);
	text = capture_end(&capture);
	assert_non_null(strstr(text, "tests/cli/test_say.c:"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

static void test_failure_without_words(void **state)
{
	struct mb_err err = {.code = -ENOMEM};
	struct capture capture;
	char *text;

	capture_begin(&capture, stderr);
	mb_say_err(NULL, MB_EXIT_UNFIT, NULL, &err);
	text = capture_end(&capture);
	assert_string_equal(text, "memboot: Cannot allocate memory\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_one_line_whatever_comes_in),
		cmocka_unit_test(test_recorded_failure),
		cmocka_unit_test(test_failure_without_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
