/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/term.h"
#include "tests/cli/capture.h"

/* Standard output is no terminal while it is captured, and in the tests' runner. */
static bool colour(const char *when, const char *no_color)
{
	struct mb_opts opts = {.color = when};
	struct capture capture;
	struct mb_term term;

	if (no_color)
		setenv("NO_COLOR", no_color, 1);
	else
		unsetenv("NO_COLOR");
	capture_begin(&capture, stdout);
	term = mb_term_open(&opts);
	free(capture_end(&capture));
	unsetenv("NO_COLOR");
	assert_true(term.colour == term.table.colour);
	return term.colour;
}

static void test_colour(void **state)
{
	assert_false(colour(NULL, NULL));
	assert_false(colour("auto", NULL));
	assert_false(colour("never", NULL));
	assert_true(colour("always", NULL));
	assert_true(colour("always", "1"));
}

static void test_dumb(void **state)
{
	static const struct {
		const char *term;
		bool dumb;
	} rows[] = {{"dumb", true}, {"", true}, {"xterm", false}, {NULL, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].term)
			setenv("TERM", rows[i].term, 1);
		else
			unsetenv("TERM");
		assert_int_equal(mb_term_is_dumb(), rows[i].dumb);
	}
}

static void test_write(void **state)
{
	struct mb_strbuf text = {0};
	struct mb_cli cli = {0};
	struct capture capture;
	char *got;
	int status;

	mb_strbuf_add(&text, "hello\n");
	capture_begin(&capture, stdout);
	status = mb_term_write(&cli, &text);
	got = capture_end(&capture);
	assert_int_equal(status, MB_EXIT_OK);
	assert_string_equal(got, "hello\n");
	assert_int_equal(text.length, 0);
	free(got);
}

/*
 * Writes with standard output on that file, opened with those flags; returns the exit status and
 * what was said.
 */
static int write_to(const char *path, int flags, char **ret_said)
{
	int saved = dup(STDOUT_FILENO), fd = open(path, flags), status;
	struct mb_strbuf text = {0};
	struct mb_cli cli = {0};
	struct capture capture;

	mb_strbuf_add(&text, "hello\n");
	capture_begin(&capture, stderr);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	status = mb_term_write(&cli, &text);
	dup2(saved, STDOUT_FILENO);
	clearerr(stdout);
	*ret_said = capture_end(&capture);
	close(saved);
	close(fd);
	return status;
}

static void test_full_and_closed(void **state)
{
	char *said;

	assert_int_equal(write_to("/dev/full", O_WRONLY, &said), MB_EXIT_USAGE);
	assert_string_equal(said,
			    "memboot: cannot write to standard output: No space left on device\n");
	free(said);
	assert_int_equal(write_to("/dev/null", O_RDONLY, &said), MB_EXIT_USAGE);
	assert_non_null(strstr(said, "cannot write to standard output"));
	free(said);
}

static void test_columns(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_int_equal(mb_term_columns(fd), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colour),  cmocka_unit_test(test_dumb),
		cmocka_unit_test(test_write),   cmocka_unit_test(test_full_and_closed),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
