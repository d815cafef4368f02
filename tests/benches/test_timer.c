/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "benches/timer.h"
#include "numa/clock.h"
#include "numa/counters.h"

static void touch(size_t nr_pages)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, nr_pages * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	madvise(pages, nr_pages * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < nr_pages; i++)
		pages[i * page] = 1;
	munmap(pages, nr_pages * page);
}

/* Parts add up, what is between them is in none, and none takes no time at all. */
static void test_time(void **state)
{
	struct mb_bench_run run = {.ns = 0};
	uint64_t start = mb_clock_now_ns(), first, all;

	mb_timer_begin(&run);
	touch(100);
	mb_timer_end(&run);
	first = run.ns;
	assert_in_range(first, 1, mb_clock_now_ns() - start);
	touch(3000);
	mb_timer_begin(&run);
	touch(100);
	mb_timer_end(&run);
	all = mb_clock_now_ns() - start;
	assert_true(run.ns > first && run.ns < all);
	assert_int_equal(run.nr_parts, 1);
	assert_string_equal(run.parts[0].mark, MB_TIMER_PART);
	assert_int_equal(run.parts[0].nid, -1);
	run.ns = 0;
	for (int i = 0; i < 10; i++) {
		mb_timer_begin(&run);
		mb_timer_end(&run);
	}
	assert_in_range(run.ns, 10, mb_clock_now_ns() - start);
}

/* The events count the same parts. */
static void test_events(void **state)
{
	const struct mb_counters_request request = {.list = "page-faults"};
	struct mb_bench_run run = {.ns = 0};
	struct mb_counters_value value;
	struct mb_counters *counters;

	assert_int_equal(mb_counters_new(&request, NULL, &counters), 0);
	run.events = mb_counters_thread_new(counters);
	touch(20000);
	for (int i = 0; i < 2; i++) {
		mb_timer_begin(&run);
		touch(100);
		mb_timer_end(&run);
		touch(20000);
	}
	assert_int_equal(mb_counters_sum(counters, MB_TIMER_PART, -1, -1, 0, &value), 0);
	assert_true(value.count >= 200 && value.count < 20000);
	mb_counters_free(counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
