/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "numa/counters_thread.h"
#include "tests/numa/numa_test.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14, include/uapi/asm-generic/mman-common.h */
#endif

static const struct mb_counters_request page_faults = {.list = "page-faults"};

static int setup(void **state)
{
	struct mb_counters *counters;
	struct mb_err err = {0};

	if (mb_counters_new(&page_faults, &err, &counters))
		fail_msg("%s", err.text);
	*state = counters;
	return 0;
}

/* One that has a descriptor, and so may be closed. */
static int setup_opened(void **state)
{
	const struct mb_counters_request request = {.list = "page-faults:u"};
	struct mb_counters *counters;

	assert_int_equal(mb_counters_new(&request, NULL, &counters), 0);
	*state = counters;
	return 0;
}

static int teardown(void **state)
{
	mb_counters_free(*state);
	return 0;
}

static void need_counting(const struct mb_counters *counters)
{
	if (!mb_counters_event(counters, 0)->code)
		return;
	print_message("skipped: page-faults: %s\n", mb_counters_event(counters, 0)->reason);
	skip();
}

static void touch(size_t nr_pages)
{
	size_t bytes = nr_pages * (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	madvise(pages, bytes, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < nr_pages; i++)
		pages[i * (bytes / nr_pages)] = 1;
	munmap(pages, bytes);
}

static double sum(const struct mb_counters *counters, const char *stage, int nid, int worker)
{
	struct mb_counters_value value = {-1, -1};

	assert_int_equal(mb_counters_sum(counters, stage, nid, worker, 0, &value), 0);
	assert_true(value.share == 1);
	return value.count;
}

/* Counts and running shares against the arithmetic of the manual, on random numbers. */
static void test_scale(void **state)
{
	struct mb_counters_value value = {77, 77};
	uint64_t random = test_seed();

	(void)state;
	assert_int_equal(mb_counters_scale(5, 100, 0, &value), -ENODATA);
	assert_int_equal(mb_counters_scale(0, 0, 0, &value), -ENODATA);
	assert_true(value.count == 77 && value.share == 77);
	assert_int_equal(mb_counters_scale(0, 100, 100, &value), 0);
	assert_true(value.count == 0 && value.share == 1);
	assert_int_equal(mb_counters_scale(UINT64_MAX, UINT64_MAX, 1, &value), 0);
	assert_true(isfinite(value.count) && value.share > 0);
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t enabled, running, count;

		random = random * 6364136223846793005u + 1442695040888963407u;
		enabled = 1 + (random >> 30) % 1000000000;
		running = 1 + (random >> 20) % enabled;
		count = random >> 24;
		assert_int_equal(mb_counters_scale(count, enabled, running, &value), 0);
		assert_true(fabs(value.count * (double)running - (double)count * (double)enabled) <=
			    1e-9 * (double)count * (double)enabled);
		assert_true(value.share > 0 && value.share <= 1);
	}
}

/* Stretches inside each other, one after another, and two ends of one beginning. */
static void test_stretches(void **state)
{
	struct mb_counters *counters = *state;
	struct mb_counters_thread *thread = mb_counters_thread_new(counters);
	struct mb_counters_value value;
	double outer, inner;

	need_counting(counters);
	mb_counters_begin(thread, "outer", -1, -1);
	touch(100);
	mb_counters_begin(thread, "inner", -1, -1);
	touch(200);
	mb_counters_end(thread, "inner");
	touch(300);
	mb_counters_end(thread, "outer");
	touch(30000);
	outer = sum(counters, "outer", -1, -1);
	inner = sum(counters, "inner", -1, -1);
	assert_true(outer >= 600 && outer < 30000);
	assert_true(inner >= 200 && inner <= outer - 400);

	mb_counters_begin(thread, "moved", -1, -1);
	touch(100);
	mb_counters_end(thread, "moved");
	touch(100);
	mb_counters_end(thread, "moved");
	inner = sum(counters, "moved", -1, -1);
	assert_true(inner >= 200 && inner <= outer - 400);

	mb_counters_begin(thread, "inner", -1, -1); /* has no end, so it adds nothing */
	assert_true(sum(counters, "outer", -1, -1) == outer);
	mb_counters_begin(thread, "inner", -1, -1);
	touch(50);
	mb_counters_end(thread, "inner");
	assert_true(sum(counters, "inner", -1, -1) >= 250);
	mb_counters_end(thread, "never begun");
	assert_int_equal(mb_counters_sum(counters, "never begun", -1, -1, 0, &value), -ENOENT);
	mb_counters_clear(counters);
	assert_int_equal(mb_counters_sum(counters, "outer", -1, -1, 0, &value), -ENOENT);
}

/* One thread counts for itself alone, and what it has counted outlives it. */
struct job {
	struct mb_counters *counters;
	int nid, worker;
	size_t pages;
};

static void *work(void *arg)
{
	struct job *job = arg;
	struct mb_counters_thread *thread = mb_counters_thread_new(job->counters);

	mb_counters_begin(thread, "stage", job->nid, job->worker);
	touch(job->pages);
	mb_counters_end(thread, "stage");
	return NULL;
}

static void test_threads(void **state)
{
	struct job jobs[] = {{*state, 0, 0, 10}, {*state, 0, 1, 2000}, {*state, 1, 0, 4000}};
	struct mb_counters_value value;
	pthread_t threads[3];

	need_counting(*state);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < 3; i++) {
		double count = sum(*state, "stage", jobs[i].nid, jobs[i].worker);

		assert_true(count >= (double)jobs[i].pages);
	}
	assert_true(sum(*state, "stage", 0, 0) < 2000); /* sanitizers have many of their own */
	assert_true(sum(*state, "stage", 0, -1) ==
		    sum(*state, "stage", 0, 0) + sum(*state, "stage", 0, 1));
	assert_true(sum(*state, "stage", -1, -1) ==
		    sum(*state, "stage", 0, -1) + sum(*state, "stage", 1, -1));
	assert_int_equal(mb_counters_sum(*state, "stage", 2, -1, 0, &value), -ENOENT);
}

/* Faults that the kernel makes for the program count like those of touching; perf's events do not see them. */
static void test_populate(void **state)
{
	size_t bytes = 300 * (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mb_counters_thread *thread = mb_counters_thread_new(*state);

	assert_ptr_not_equal(pages, MAP_FAILED);
	madvise(pages, bytes, MADV_NOHUGEPAGE);
	mb_counters_begin(thread, "populate", -1, -1);
	if (madvise(pages, bytes, MADV_POPULATE_WRITE)) {
		print_message("skipped: MADV_POPULATE_WRITE: %s\n", strerror(errno));
		skip();
	}
	mb_counters_end(thread, "populate");
	assert_in_range((uint64_t)sum(*state, "populate", -1, -1), 300, 400);
	munmap(pages, bytes);
}

/* What cannot be read or opened is not 0: a dead event spoils its own sum and no other. */
static void test_dead(void **state)
{
	struct mb_counters *counters = *state;
	struct mb_counters_thread *good = mb_counters_thread_new(counters), *bad;
	struct mb_counters_value value = {77, 77};

	need_counting(counters);
	bad = mb_counters_thread_new(counters);
	mb_counters_begin(good, "stage", 0, 0);
	mb_counters_end(good, "stage");
	mb_counters_begin(bad, "stage", 0, 1);
	touch(10);
	mb_counters_end(bad, "stage");
	sum(counters, "stage", 0, 1);
	mb_counters_thread_close(bad);
	mb_counters_end(bad, "stage"); /* an end that was moved and could not be read */
	assert_int_equal(mb_counters_sum(counters, "stage", 0, 1, 0, &value), -EBADF);
	assert_int_equal(mb_counters_sum(counters, "stage", -1, -1, 0, &value), -EBADF);
	assert_true(value.count == 77);
	sum(counters, "stage", 0, 0);
	mb_counters_clear(counters);
	bad->lost = true;
	mb_counters_begin(good, "stage", 0, 0);
	mb_counters_end(good, "stage");
	assert_int_equal(mb_counters_sum(counters, "stage", -1, -1, 0, &value), -ENOMEM);
	mb_counters_begin(NULL, "stage", 0, 0);
	mb_counters_end(NULL, "stage");
}

/* More stretches than the first allocation has room for. */
static void test_many(void **state)
{
	struct mb_counters_thread *thread = mb_counters_thread_new(*state);

	need_counting(*state);
	for (int i = 0; i < 500; i++) {
		mb_counters_begin(thread, "many", i, 0);
		touch(1);
		mb_counters_end(thread, "many");
	}
	for (int i = 0; i < 500; i++)
		assert_true(sum(*state, "many", i, -1) >= 1);
}

/* Stretches of one name and worker add up in one place, whatever lies between them. */
static void test_again(void **state)
{
	struct mb_counters_thread *thread = mb_counters_thread_new(*state);
	double first;

	need_counting(*state);
	for (int i = 0; i < 1000; i++) {
		mb_counters_begin(thread, "again", 0, 1);
		touch(2);
		mb_counters_end(thread, "again");
		touch(1000);
		mb_counters_begin(thread, "again", 0, 2);
		touch(1);
		mb_counters_end(thread, "again");
	}
	mb_counters_begin(thread, "again", 0, 2); /* has no end, so it adds nothing */
	assert_int_equal(thread->nr_records, 2);
	first = sum(*state, "again", 0, 1);
	assert_true(first >= 2000 && first < 500000);
	assert_true(sum(*state, "again", 0, 2) >= 1000 && sum(*state, "again", 0, 2) < first);
	assert_true(sum(*state, "again", -1, -1) == first + sum(*state, "again", 0, 2));
}

/* Each that has begun and ended it, once, in order; without a stage all that any worker did. */
static void test_workers(void **state)
{
	static const struct {
		int nid, worker;
	} rows[] = {{1, 0}, {0, 11}, {0, 2}, {-1, -1}, {0, 2}};
	struct mb_counters_thread *threads[2] = {mb_counters_thread_new(*state),
						 mb_counters_thread_new(*state)};
	struct mb_counters_worker *workers = NULL;
	struct mb_counters_value value;
	size_t count = 77;

	need_counting(*state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mb_counters_begin(threads[i % 2], "stage", rows[i].nid, rows[i].worker);
		touch(100);
		mb_counters_end(threads[i % 2], "stage");
	}
	mb_counters_begin(threads[0], "other", 7, 1);
	assert_int_equal(mb_counters_workers(*state, "other", &workers, &count), 0);
	assert_int_equal(count, 0);
	free(workers);
	mb_counters_end(threads[0], "other");
	assert_int_equal(mb_counters_workers(*state, "stage", &workers, &count), 0);
	assert_int_equal(count, 3);
	assert_true(workers[0].nid == 0 && workers[0].worker == 2);
	assert_true(workers[1].nid == 0 && workers[1].worker == 11);
	assert_true(workers[2].nid == 1 && workers[2].worker == 0);
	free(workers);
	assert_int_equal(mb_counters_workers(*state, NULL, &workers, &count), 0);
	assert_int_equal(count, 4);
	assert_int_equal(workers[3].nid, 7);
	free(workers);
	assert_true(sum(*state, NULL, -1, -1) == sum(*state, "stage", 0, -1) +
							 sum(*state, "stage", 1, -1) +
							 sum(*state, "other", -1, -1));
	mb_counters_drop(*state);
	assert_int_equal(mb_counters_sum(*state, NULL, -1, -1, 0, &value), -ENOENT);
	threads[0] = mb_counters_thread_new(*state);
	mb_counters_begin(threads[0], "stage", 0, 0);
	mb_counters_end(threads[0], "stage");
	sum(*state, "stage", 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scale),
		cmocka_unit_test_setup_teardown(test_stretches, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_populate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead, setup_opened, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_workers, setup, teardown),
	};

	return cmocka_run_group_tests_name("counters_thread", tests, NULL, NULL);
}
