/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/interrupt.h"

static void wait_for(struct mb_interrupt *interrupt)
{
	while (!atomic_load(&interrupt->cancel))
		sched_yield();
}

static void test_first_signal_sets_the_flag(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < 3; i++) {
		struct mb_interrupt interrupt;

		assert_int_equal(mb_interrupt_start(&interrupt), 0);
		assert_int_equal(atomic_load(&interrupt.cancel), 0);
		kill(getpid(), numbers[i]);
		wait_for(&interrupt);
		assert_int_equal(atomic_load(&interrupt.cancel), numbers[i]);
		mb_interrupt_stop(&interrupt);
	}
}

static void test_second_signal_kills(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct mb_interrupt interrupt;

		if (mb_interrupt_start(&interrupt))
			_exit(1);
		kill(getpid(), SIGTERM);
		wait_for(&interrupt);
		kill(getpid(), SIGINT);
		for (;;)
			pause();
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

/* Under nohup(1) a terminal that goes away is no interrupt. */
static void test_ignored_hangup(void **state)
{
	struct mb_interrupt interrupt;
	void (*handler)(int) = signal(SIGHUP, SIG_IGN);
	sigset_t during;

	assert_int_equal(mb_interrupt_start(&interrupt), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &during);
	assert_int_equal(sigismember(&during, SIGHUP), 0);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGTERM);
	wait_for(&interrupt);
	assert_int_equal(atomic_load(&interrupt.cancel), SIGTERM);
	mb_interrupt_stop(&interrupt);
	signal(SIGHUP, handler);
}

static void test_mask_is_restored(void **state)
{
	struct mb_interrupt interrupt;
	sigset_t before, during, after;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(mb_interrupt_start(&interrupt), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &during);
	mb_interrupt_stop(&interrupt);
	mb_interrupt_stop(&interrupt); /* twice is fine */
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sigismember(&during, SIGINT), 1);
	assert_int_equal(sigismember(&after, SIGINT), sigismember(&before, SIGINT));
	assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_signal_sets_the_flag),
		cmocka_unit_test(test_second_signal_kills),
		cmocka_unit_test(test_ignored_hangup),
		cmocka_unit_test(test_mask_is_restored),
	};

	/* Whoever runs this may ignore it, such as nohup. */
	signal(SIGHUP, SIG_DFL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
