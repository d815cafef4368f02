/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "benches/crew.h"
#include "core/host_plain.h"

static const struct mb_bench_env env;

static struct mb_ground *open_ground(void)
{
	struct mb_ground *ground = NULL;
	struct mb_err err = {0};

	if (mb_ground_open(&env, MB_GROUND_ONE_NODE, &err, &ground))
		fail_msg("%s", err.text);
	return ground;
}

/* 1, 2, 4 … and all: ascending, each with a text of its own, and all the CPUs are among them once. */
static void test_arguments(void **state)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = 0, all = 0;
	const int64_t *args = mb_crew_args(&count);

	assert_true(count >= 1);
	for (size_t i = 0; i < count; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%lld", (long long)args[i]);
		assert_string_equal(mb_crew_arg_text(args[i]), args[i] ? text : "all");
		assert_true(args[i] <= cpus);
		assert_true(!i || args[i] == (args[i - 1] ? 2 * args[i - 1] : 1));
		all += !args[i] || args[i] == cpus;
	}
	assert_int_equal(all, 1);
}

static void test_size(void **state)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct mb_ground *ground = open_ground();
	unsigned threads = 77;
	struct mb_err err = {0};

	assert_int_equal(mb_crew_size(ground, cpus + 1, &err, &threads), -ENOTSUP);
	assert_int_equal(threads, 77);
	assert_non_null(strstr(err.text, "at once"));
	assert_int_equal(mb_crew_size(ground, 0, &err, &threads), 0);
	assert_int_equal(threads, cpus);
	assert_int_equal(mb_crew_size(ground, 1, &err, &threads), 0);
	assert_int_equal(threads, 1);
	mb_ground_close(ground);
}

struct marks {
	atomic_uint seen[3]; /* by index */
	int fail;            /* the index that fails; -1: none */
};

static int mark(void *arg, unsigned index)
{
	struct marks *marks = arg;

	atomic_fetch_add(&marks->seen[index], 1);
	return (int)index == marks->fail ? -EIO : 0;
}

/* Everybody works once; who fails is told of, and the others have worked all the same. */
static void test_everybody_works_once(void **state)
{
	struct mb_ground *ground = open_ground();

	for (int fail = -1; fail < 3; fail++) {
		struct marks marks = {.fail = fail};
		struct mb_err err = {0};
		uint64_t ns = 0;

		assert_int_equal(mb_crew_run(ground, 3, mark, &marks, &err, &ns),
				 fail < 0 ? 0 : -EIO);
		assert_int_equal(ns > 0, fail < 0);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(atomic_load(&marks.seen[i]), 1);
	}
	mb_ground_close(ground);
}

/* Each thread is there before any begins: one that waits for all others comes to its end. */
static int meet(void *arg, unsigned index)
{
	atomic_uint *here = arg;

	atomic_fetch_add(here, 1);
	while (atomic_load(here) < 3)
		usleep(100);
	return 0;
}

static void test_they_work_at_the_same_time(void **state)
{
	struct mb_ground *ground = open_ground();
	atomic_uint here = 0;
	struct mb_err err = {0};
	uint64_t ns;

	assert_int_equal(mb_crew_run(ground, 3, meet, &here, &err, &ns), 0);
	mb_ground_close(ground);
}

static void test_threads_that_cannot_start(void **state)
{
	struct mb_ground *ground = open_ground();
	struct marks marks = {.fail = -1};
	struct mb_err err = {0};
	uint64_t ns = 7;

	ground->plain->fail_run = 1;
	assert_int_equal(mb_crew_run(ground, 2, mark, &marks, &err, &ns), -EAGAIN);
	assert_non_null(strstr(err.text, "2 threads: "));
	assert_int_equal(ns, 7);
	assert_int_equal(atomic_load(&marks.seen[0]), 0);
	mb_ground_close(ground);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_everybody_works_once),
		cmocka_unit_test(test_they_work_at_the_same_time),
		cmocka_unit_test(test_threads_that_cannot_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
