/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/gate_child.h"
#include "core/base/align.h"
#include "tests/folder.h"

/* Programs are shell scripts that say what they are told to. */
static const char script[] = "./program";

static const char greeting[] = "echo 'memboot-paced 1 2'; echo 'row 0 a/b'; echo 'row 1 c/d'\n";

static int group_setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	return folder_enter(state);
}

static void write_script(const char *first, const char *rest)
{
	FILE *file = fopen(script, "w");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s%s", first, rest);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(script, 0755), 0);
}

static int start(const char *first, const char *rest, double patience_s, const atomic_int *cancel,
		 struct mb_err *err, struct mb_gate_child **ret_child)
{
	const struct mb_gate_child_spec spec = {"base",  false,      script, "b|d",
						1 << 20, patience_s, cancel};

	write_script(first, rest);
	*err = (struct mb_err){0};
	*ret_child = NULL;
	return mb_gate_child_start(&spec, err, ret_child);
}

/* A script that reads a line before each of its answers. */
static struct mb_gate_child *start_answering(const char *const *answers, size_t count)
{
	struct mb_gate_child *child;
	char text[2000] = "";
	struct mb_err err;

	for (size_t i = 0; i < count; i++) {
		strcat(text, "read line\n");
		strcat(text, answers[i]);
		strcat(text, "\n");
	}
	strcat(text, "read line\n");
	assert_int_equal(start(greeting, text, 60, NULL, &err, &child), 0);
	return child;
}

static void test_talk(void **state)
{
	static const char *const answers[] = {
		"[ \"$line\" = 'open 1' ] && echo 'opened 1'",
		"[ \"$line\" = 'turn 7' ] && echo 'took 10.5 80'",
		"[ \"$line\" = close ] && echo 'closed 1 2 3'",
		"echo 'failed skipped one node only'",
		"echo 'failed error page 7 is wrong'",
		"echo 'opened 0'",
	};
	struct mb_gate_child *child = start_answering(answers, MB_ARRAY_SIZE(answers));
	struct mb_gate_turn turn;
	struct mb_gate_work work;
	struct mb_err err = {0};

	assert_int_equal(mb_gate_child_nr_rows(child), 2);
	assert_string_equal(mb_gate_child_row(child, 0), "a/b");
	assert_string_equal(mb_gate_child_row(child, 1), "c/d");
	assert_int_equal(mb_gate_child_open(child, 1, &err), 0);
	assert_int_equal(mb_gate_child_turn(child, 7, &err, &turn), 0);
	assert_true(turn.ns == 10.5 && turn.loop_ns == 80);
	assert_int_equal(mb_gate_child_close(child, &err, &work), 0);
	assert_true(work.pages == 1 && work.ops == 2 && work.bytes == 3);
	assert_int_equal(mb_gate_child_open(child, 0, &err), -ENOTSUP);
	assert_string_equal(err.text, "base: one node only");
	mb_err_clear(&err);
	assert_int_equal(mb_gate_child_open(child, 0, &err), -EUCLEAN);
	assert_string_equal(err.text, "base: page 7 is wrong");
	mb_err_clear(&err);
	assert_int_equal(mb_gate_child_open(child, 0, &err), 0);
	mb_gate_child_free(child);
}

/* It is called as the header says. */
static void test_arguments(void **state)
{
	struct mb_gate_child *child;
	struct mb_err err;

	assert_int_equal(start("echo \"memboot-paced 1 1\"; echo \"row 0 $*\"\n", "read line\n", 60,
			       NULL, &err, &child),
			 0);
	assert_string_equal(mb_gate_child_row(child, 0), "bench --paced 1048576 --filter=b|d");
	mb_gate_child_free(child);
}

static const struct {
	const char *name, *first, *rest;
	int code;
	const char *why;
} beginnings[] = {
	{"nothing", "", "exit 0\n", -ENOEXEC, "base ended with exit status 0"},
	{"too old", "echo \"option '--paced' is unknown\" >&2\n", "exit 2\n", -ENOEXEC,
	 "base ended with exit status 2, too old for gates: option '--paced' is unknown"},
	{"newer", "echo 'memboot-paced 2 1'\n", "read line\n", -ENOEXEC,
	 "base speaks version 2 of paced benches, this program version 1; take versions of memboot that are nearer to each "
	 "other"},
	{"garbage", "echo 'Benches'\n", "read line\n", -ENOEXEC,
	 "base does not speak as paced benches do: 'Benches'"},
	{"bytes", "printf 'a\\001\\377b\\n'\n", "read line\n", -ENOEXEC,
	 "base does not speak as paced benches do: 'a??b'"},
	{"long", "printf '%01000d' 1\n", "read line\n", -ENOEXEC,
	 "base does not speak as paced benches do: '0000000000000000000000000000000000000000...'"},
	{"no rows", "echo 'memboot-paced 1 0'\n", "read line\n", -ENOEXEC, "base has no rows"},
	{"too many rows", "echo 'memboot-paced 1 100001'\n", "read line\n", -ENOEXEC,
	 "base has no rows"},
	{"order", "echo 'memboot-paced 1 2'; echo 'row 1 x'\n", "read line\n", -ENOEXEC,
	 "base does not list its rows in order"},
	{"other word", "echo 'row 0 x'\n", "read line\n", -ENOEXEC,
	 "base does not greet as paced benches do"},
	{"death", "echo 'memboot-paced 1 2'\n", "kill -9 $$\n", -ECHILD,
	 "base died of signal 9, Killed"},
};

static void test_beginnings(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(beginnings); i++) {
		struct mb_gate_child *child;
		struct mb_err err;

		print_message("%s\n", beginnings[i].name);
		assert_int_equal(
			start(beginnings[i].first, beginnings[i].rest, 60, NULL, &err, &child),
			beginnings[i].code);
		assert_string_equal(err.text, beginnings[i].why);
		assert_null(child);
	}
}

static void test_no_program(void **state)
{
	const struct mb_gate_child_spec spec = {"new", true, "/nowhere/memboot", "x", 1 << 20,
						60,    NULL};
	struct mb_gate_child *child;
	struct mb_err err = {0};

	assert_int_equal(mb_gate_child_start(&spec, &err, &child), -ENOEXEC);
	assert_string_equal(err.text,
			    "new cannot be started (/nowhere/memboot): No such file or directory");
}

static const struct {
	const char *name, *answer;
	int code;
	const char *why;
} deaths[] = {
	{"exit", "echo one >&2; echo 'two last' >&2; exit 3", -ECHILD,
	 "base ended with exit status 3: two last"},
	{"unfinished words", "printf 'no newline' >&2; exit 3", -ECHILD,
	 "base ended with exit status 3: no newline"},
	{"signal", "kill -SEGV $$", -ECHILD, "base died of signal 11, Segmentation fault"},
	{"half a line", "printf 'took 1'; exit 0", -ECHILD, "base ended with exit status 0"},
	{"garbage", "echo took", -ENOEXEC, "base does not speak as paced benches do: 'took'"},
	{"other answer", "echo 'closed 1 2 3'", -ENOEXEC,
	 "base gave another answer than was asked for"},
	{"wrong", "echo 'wrong no row is open'", -ENOEXEC,
	 "base gave another answer than was asked for: no row is open"},
};

static void test_deaths(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(deaths); i++) {
		struct mb_gate_child *child = start_answering(&deaths[i].answer, 1);
		struct mb_gate_turn turn = {-1, -1};
		struct mb_err err = {0};

		print_message("%s\n", deaths[i].name);
		assert_int_equal(mb_gate_child_turn(child, 1, &err, &turn), deaths[i].code);
		assert_string_equal(err.text, deaths[i].why);
		assert_true(turn.ns == -1);
		mb_gate_child_free(child);
	}
}

/* Much on standard error does not block it. */
static void test_loud(void **state)
{
	const char *answer = "head -c 300000 /dev/zero | tr '\\0' x >&2; echo 'opened 0'";
	struct mb_gate_child *child = start_answering(&answer, 1);
	struct mb_err err = {0};

	assert_int_equal(mb_gate_child_open(child, 0, &err), 0);
	mb_gate_child_free(child);
}

static void test_patience(void **state)
{
	struct mb_gate_child *child;
	struct mb_err err;

	assert_int_equal(start("exec sleep 1000\n", "", 0.05, NULL, &err, &child), -ETIME);
	assert_string_equal(err.text, "base gave no answer in 0.05 s");
}

static void test_cancel(void **state)
{
	atomic_int cancel = 1;
	struct mb_gate_child *child;
	struct mb_err err;

	assert_int_equal(start("exec sleep 1000\n", "", 60, &cancel, &err, &child), -ECANCELED);
}

/* What a wrapper has started goes with it, even when it heeds nothing: all that hold the pipe's end have ended. */
static void test_wrapper(void **state)
{
	struct mb_gate_child *child;
	struct mb_err err;
	atomic_int cancel = 0;
	int fds[2];
	char byte;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(start("sleep 1000 & echo 'memboot-paced 1 1'; echo 'row 0 x'\n",
			       "trap '' TERM; read line; wait\n", 60, &cancel, &err, &child),
			 0);
	close(fds[1]);
	atomic_store(&cancel, 1);
	mb_gate_child_free(child);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talk),       cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_beginnings), cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_deaths),     cmocka_unit_test(test_loud),
		cmocka_unit_test(test_patience),   cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_wrapper),
	};

	return cmocka_run_group_tests(tests, group_setup, folder_leave);
}
