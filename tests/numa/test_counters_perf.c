/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "numa/counters_perf.h"
#include "tests/numa/numa_test.h"

/* Events of the kernel itself, which every host has, unless nobody may open any. */
static int open_software(const char *name, int leader)
{
	struct mb_counters_event event = {.user = true};
	int fd;

	assert_int_equal(mb_counters_perf_find(name, &event), 0);
	event.kernel = mb_counters_perf_describe(&event);
	fd = mb_counters_perf_open(&event, leader);
	if (fd == -EACCES || fd == -EPERM || fd == -ENOSYS) {
		print_message("skipped: %s cannot be opened: %s\n", name, strerror(-fd));
		skip();
	}
	assert_true(fd >= 0);
	return fd;
}

static void touch(size_t nr_pages)
{
	size_t bytes = nr_pages * (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	madvise(pages, bytes, MADV_NOHUGEPAGE);
	memset(pages, 1, bytes);
	munmap(pages, bytes);
}

/* Every page touched is a fault, and the difference of two readings is what lies between them. */
static void test_page_faults(void **state)
{
	int leader = open_software("page-faults", -1);
	struct mb_counters_reading off, before, after;

	(void)state;
	touch(100);
	assert_int_equal(mb_counters_perf_read(leader, 1, &off), 0);
	assert_int_equal(off.values[0], 0); /* it stays off until it is started */
	assert_int_equal(off.enabled_ns, 0);
	assert_int_equal(mb_counters_perf_start(leader), 0);
	assert_int_equal(mb_counters_perf_read(leader, 1, &before), 0);
	touch(1000);
	assert_int_equal(mb_counters_perf_read(leader, 1, &after), 0);
	assert_in_range(after.values[0] - before.values[0], 1000, 20000); /* sanitizers have many */
	assert_true(after.enabled_ns > before.enabled_ns);
	assert_int_equal(after.enabled_ns, after.running_ns);
	close(leader);
}

/* A group is read at once, in the order of opening. */
static void test_group(void **state)
{
	int leader = open_software("task-clock", -1);
	int second = open_software("page-faults", leader);
	int third = open_software("minor-faults", leader);
	struct mb_counters_reading reading;

	(void)state;
	assert_int_equal(mb_counters_perf_start(leader), 0);
	touch(500);
	assert_int_equal(mb_counters_perf_read(leader, 3, &reading), 0);
	assert_true(reading.values[0] > 0);
	assert_in_range(reading.values[1], 500, 10000);
	assert_true(reading.values[2] >= 500);
	memset(&reading, 7, sizeof(reading));
	assert_int_equal(mb_counters_perf_read(leader, 2, &reading), -EIO);
	assert_int_equal(reading.enabled_ns, UINT64_C(0x0707070707070707)); /* left alone */
	close(third);
	close(second);
	close(leader);
}

static void test_failures(void **state)
{
	struct mb_counters_event event = {.user = true, .type = 1, .config = 9999};
	struct mb_counters_reading reading;

	(void)state;
	assert_true(mb_counters_perf_open(&event, -1) < 0);
	assert_int_equal(mb_counters_perf_read(-1, 1, &reading), -EBADF);
	assert_int_equal(mb_counters_perf_start(-1), -EBADF);
}

static void test_names(void **state)
{
	struct mb_counters_event event, other;
	const char *name;

	(void)state;
	for (size_t i = 0; (name = mb_counters_perf_name(i)); i++) {
		memset(&event, 0, sizeof(event));
		assert_int_equal(mb_counters_perf_find(name, &event), 0);
		assert_int_equal(event.source,
				 event.type == 1 ? MB_COUNTERS_SOFTWARE : MB_COUNTERS_GENERIC);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(name, mb_counters_perf_name(k));
	}
	memset(&event, 0x11, sizeof(event));
	other = event;
	assert_int_equal(mb_counters_perf_find("nope", &event), -ENOENT);
	assert_memory_equal(&event, &other, sizeof(event));
}

static void test_describe(void **state)
{
	struct mb_counters_event event = {0};

	(void)state;
	mb_counters_perf_find("major-faults", &event);
	assert_false(mb_counters_perf_describe(&event));
	assert_true(event.software && event.unmovable);
	mb_counters_perf_find("context-switches", &event);
	assert_true(mb_counters_perf_describe(&event));
	assert_true(event.software && !event.unmovable);
	mb_counters_perf_find("cycles", &event);
	assert_false(mb_counters_perf_describe(&event));
	assert_false(event.software);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_faults), cmocka_unit_test(test_group),
		cmocka_unit_test(test_failures),    cmocka_unit_test(test_names),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests_name("counters_perf", tests, NULL, NULL);
}
