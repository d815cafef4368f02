/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/gate_process.h"

static pid_t start(const char *text, int out)
{
	const char *argv[] = {"sh", "-c", text, NULL};

	return mb_gate_process_start("sh", argv, (int[]){0, out, 2});
}

static void test_reap(void **state)
{
	int status = 0;
	pid_t pid = start("exit 7", 1);
	char text[64];

	assert_true(pid > 0);
	while (!mb_gate_process_reap(pid, &status))
		;
	assert_int_equal(WEXITSTATUS(status), 7);
	mb_gate_process_describe(status, text, sizeof(text));
	assert_string_equal(text, "ended with exit status 7");
	mb_gate_process_describe(SIGSEGV, text, sizeof(text));
	assert_string_equal(text, "died of signal 11, Segmentation fault");
}

/* The pipe ends when all that have it are gone, the grandchild too. */
static void test_kill(void **state)
{
	int fds[2], status;
	pid_t pid;
	char byte;

	assert_int_equal(pipe(fds), 0);
	pid = start("sleep 1000 & echo; wait", fds[1]);
	assert_true(pid > 0);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_false(mb_gate_process_ended(pid, &status));
	mb_gate_process_kill(pid);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
}

static void test_nothing(void **state)
{
	const char *argv[] = {"/nowhere/memboot", NULL};
	int status = 0, fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = mb_gate_process_start(argv[0], argv, (int[]){0, 1, fds[1]});
	assert_true(pid > 0);
	while (!mb_gate_process_reap(pid, &status))
		;
	assert_int_equal(WEXITSTATUS(status), MB_GATE_PROCESS_NOT_STARTED);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reap),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
