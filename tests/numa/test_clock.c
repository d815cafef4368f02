/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "numa/clock.h"
#include "tests/numa/numa_test.h"

static void test_never_backwards(void **state)
{
	uint64_t last = mb_clock_now_ns();

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t now = mb_clock_now_ns();

		assert_true(now >= last);
		last = now;
	}
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void test_is_the_monotonic_clock(void **state)
{
	uint64_t before = monotonic_ns(), now = mb_clock_now_ns(), after = monotonic_ns();

	(void)state;
	assert_in_range(now, before, after);
}

static void test_probe(void **state)
{
	struct mb_clock_info info = {0};
	uint64_t start = mb_clock_now_ns(), end;

	(void)state;
	assert_int_equal(mb_clock_probe(NULL, &info), 0);
	end = mb_clock_now_ns();
	assert_string_equal(info.name, "CLOCK_MONOTONIC");
	assert_true(info.resolution_ns > 0);
	assert_true(info.step_ns > 0);
	assert_true(info.step_ns < end - start);
	assert_true(info.read_ns > 0);
	assert_true(info.read_ns < (double)(end - start));
	assert_null(strchr(info.source, '\n'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_backwards),
		cmocka_unit_test(test_is_the_monotonic_clock),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
