/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <sys/resource.h>

#include "numa/counters_work.h"
#include "tests/numa/numa_test.h"

/* What the kernel counts of a thread without any counter has moved, and the thread's CPUs are as before. */
static void test_moves(void **state)
{
	struct rusage before, after;
	cpu_set_t cpus, again;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	assert_int_equal(getrusage(RUSAGE_THREAD, &before), 0);
	assert_int_equal(mb_counters_work(), 0);
	assert_int_equal(getrusage(RUSAGE_THREAD, &after), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(again), &again), 0);
	assert_true(CPU_EQUAL(&cpus, &again));
	assert_true(after.ru_minflt - before.ru_minflt >= 16); /* pages of 64 KiB */
	assert_true(after.ru_nvcsw > before.ru_nvcsw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),
	};

	return cmocka_run_group_tests_name("counters_work", tests, NULL, NULL);
}
