/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/counters_result.h"

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

static struct mb_run *timed_run(struct mb_result *result, enum mb_run_kind kind, int node,
				int worker)
{
	struct mb_run *run = mb_result_run(result, kind, "stage", node, worker);

	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 1000);
	mb_result_run_set(run, MB_METRIC_PAGES, 0, 100);
	return run;
}

/* Page faults of the boot thread and of two workers land in the runs of the stage, its node and its workers. */
static void test_runs(void **state)
{
	const struct mb_counters_request request = {.list = "page-faults,minor-faults,cycles"};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *stage, *node, *worker, *idle, *zone;
	struct mb_counters_thread *thread;
	struct mb_counters *counters;
	double faults;

	(void)state;
	assert_int_equal(mb_counters_new(&request, NULL, &counters), 0);
	mb_counters_result_begin(result, counters);
	assert_int_equal(result->counters.count, 3);
	for (size_t i = 0; i < 3; i++) /* either it counts, and how, or why not */
		assert_int_not_equal(!result->counters.rows[i].value,
				     !result->counters.rows[i].reason);
	if (mb_counters_event(counters, 0)->code) {
		print_message("skipped: %s\n", mb_counters_event(counters, 0)->reason);
		mb_counters_free(counters);
		mb_result_free(result);
		skip();
	}
	assert_string_equal(strstr(result->counters.rows[0].value, ", "),
			    ", user+kernel mode, by getrusage");
	assert_non_null(strstr(mb_result_fact(&result->facts, "counter_read_cost"), " ns"));
	thread = mb_counters_thread_new(counters);
	mb_counters_begin(thread, "stage", -1, -1);
	touch(100);
	mb_counters_end(thread, "stage");
	mb_counters_begin(thread, "stage", 1, 0);
	touch(200);
	mb_counters_end(thread, "stage");
	stage = timed_run(result, MB_RUN_STAGE, MB_RUN_NONE, MB_RUN_NONE);
	node = timed_run(result, MB_RUN_NODE, 1, MB_RUN_NONE);
	worker = timed_run(result, MB_RUN_WORKER, 1, 0);
	idle = timed_run(result, MB_RUN_WORKER, 1, 1);
	zone = timed_run(result, MB_RUN_ZONE, 1, MB_RUN_NONE);
	mb_counters_result_add(result, counters, 0);
	faults = worker->metrics[MB_METRIC_PAGE_FAULTS].values[0];
	assert_true(faults >= 200);
	assert_true(node->metrics[MB_METRIC_PAGE_FAULTS].values[0] == faults);
	assert_true(stage->metrics[MB_METRIC_PAGE_FAULTS].values[0] >= faults + 100);
	assert_true(stage->counts[1].values.values[0] >= faults + 100);
	assert_true(stage->counts[0].shares.values[0] == 1);
	assert_int_equal(idle->metrics[MB_METRIC_PAGE_FAULTS].count, 0);
	assert_null(zone->counts);
	for (size_t i = 0; i < result->nr_runs; i++)
		assert_int_equal(mb_counters_result_has(result->runs[i]->kind),
				 result->runs[i] != zone);
	/* What does not count is missing, in the counts and in the metric. */
	if (mb_counters_event(counters, 2)->code) {
		assert_int_equal(stage->counts[2].values.count, 0);
		assert_int_equal(stage->metrics[MB_METRIC_CYCLES].count, 0);
	} else {
		assert_true(stage->metrics[MB_METRIC_CYCLES_PER_PAGE].values[0] > 0);
	}
	assert_int_equal(mb_result_error(result), 0);
	mb_counters_free(counters);
	mb_result_free(result);
}

/* No descriptor more than there are now. */
static void forbid_files(struct rlimit *ret_before)
{
	struct rlimit none;
	int fd = dup(1);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, ret_before), 0);
	none = *ret_before;
	none.rlim_cur = (rlim_t)fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

/* A worker that can open nothing has a reason in its run, its node's and the stage's, and no count. */
static void test_uncounted(void **state)
{
	const struct mb_counters_request request = {.list = "task-clock,cycles"};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_counters_thread *thread;
	struct mb_counters *counters;
	struct rlimit before;

	(void)state;
	assert_int_equal(mb_counters_new(&request, NULL, &counters), 0);
	if (mb_counters_event(counters, 0)->code) {
		print_message("skipped: %s\n", mb_counters_event(counters, 0)->reason);
		mb_counters_free(counters);
		mb_result_free(result);
		skip();
	}
	mb_counters_result_begin(result, counters);
	forbid_files(&before);
	thread = mb_counters_thread_new(counters);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	mb_counters_begin(thread, "stage", 1, 0);
	mb_counters_end(thread, "stage");
	timed_run(result, MB_RUN_STAGE, MB_RUN_NONE, MB_RUN_NONE);
	timed_run(result, MB_RUN_NODE, 1, MB_RUN_NONE);
	timed_run(result, MB_RUN_WORKER, 1, 0);
	mb_counters_result_add(result, counters, 0);
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_count *counts = result->runs[i]->counts;

		assert_non_null(counts);
		assert_string_equal(counts[0].reason, "too many open files: raise ulimit -n");
		assert_int_equal(counts[0].values.count, 0);
		if (mb_counters_event(counters, 1)->code) /* its reason stands with the event */
			assert_null(counts[1].reason);
	}
	mb_counters_free(counters);
	mb_result_free(result);
}

/* Each role has a metric of its own, and what is no role has none. */
static void test_metrics(void **state)
{
	(void)state;
	assert_int_equal(mb_counters_result_metric(MB_COUNTERS_OTHER), -1);
	for (unsigned role = 1; role < MB_COUNTERS_NR_ROLES; role++) {
		int metric = mb_counters_result_metric((enum mb_counters_role)role);

		assert_in_range(metric, 1, MB_NR_METRICS - 1);
		for (unsigned other = 1; other < role; other++)
			assert_int_not_equal(
				metric, mb_counters_result_metric((enum mb_counters_role)other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_uncounted),
		cmocka_unit_test(test_metrics),
	};

	return cmocka_run_group_tests_name("counters_result", tests, NULL, NULL);
}
