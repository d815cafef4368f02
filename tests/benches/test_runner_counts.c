/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "benches/runner.h"
#include "benches/team.h"
#include "core/base/align.h"
#include "numa/counters.h"
#include "numa/topo.h"
#include "reports/counter.h"
#include "reports/result.h"

/* Rows whose rounds touch pages, through the library: what is counted lands in the result. */
#define PAGES 1000
#define OPS   10

/* ThreadSanitizer's shadow memory has faults of its own, several a page: what is lost shows there, not what is too much. */
#ifdef __SANITIZE_THREAD__
#define SHADOW 100
#else
#define SHADOW 1
#endif

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

static int setup_team(struct mb_bench_run *run)
{
	touch(20 * PAGES);
	run->ops = OPS;
	run->threads = 2;
	return mb_team_open(run->env, &run->err, &run->ground);
}

static int touch_own(void *arg, unsigned index, unsigned threads)
{
	touch((index + 1) * PAGES);
	return 0;
}

static int run_team(struct mb_bench_run *run)
{
	touch(20 * PAGES);
	return mb_team_measure(run, 2, touch_own, NULL);
}

static int run_plain(struct mb_bench_run *run)
{
	touch(PAGES);
	return 0;
}

static int run_secret(struct mb_bench_run *run)
{
	run->ns = 1000000;
	return 0;
}

static unsigned empty_rounds;

static int run_empty(struct mb_bench_run *run)
{
	empty_rounds++;
	return 0;
}

static int touch_more(struct mb_bench_run *run)
{
	touch(20 * PAGES);
	return 0;
}

static const struct mb_bench test_rows[] = {
	{.group = "count",
	 .name = "team",
	 .setup = setup_team,
	 .run = run_team,
	 .validate = touch_more},
	{.group = "count", .name = "plain", .run = run_plain, .validate = touch_more},
	{.group = "count", .name = "secret", .rounds = 2, .run = run_secret},
	{.group = "count", .name = "empty", .is_empty = true, .run = run_empty},
};

static bool rows(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(test_rows))
		return false;
	*ret_row = test_rows[index];
	return true;
}

static int on_result(const struct mb_runner_result *result, void *arg)
{
	assert_int_equal(result->status, MB_RUNNER_OK);
	assert_non_null(mb_runner_add_run(arg, result));
	return 0;
}

/* The result of three repetitions in random order, after trials of the library. */
static struct mb_result *run_rows(struct mb_counters *counters, const struct mb_topo *topo)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_runner_options options = {
		.repetitions = 3,
		.min_time_s = 0.005,
		.interleave = true,
		.arena_bytes = 2 * MB_MIB,
		.rows = rows,
		.topo = topo,
		.counters = counters,
	};
	const struct mb_runner_hooks hooks = {.on_result = on_result, .arg = result};
	struct mb_err err = {0};

	for (size_t i = 0; i < mb_counters_count(counters); i++) {
		const struct mb_counters_event *event = mb_counters_event(counters, i);

		mb_result_add_counter(result, event->name, event->code ? NULL : "counts",
				      event->code ? event->reason : NULL);
	}
	mb_counter_set_metric(result, 0, MB_METRIC_PAGE_FAULTS);
	mb_counter_set_metric(result, 1, MB_METRIC_INSTRUCTIONS);
	if (mb_runner_run(&options, &hooks, &err, NULL))
		fail_msg("%s", err.text);
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

/* All repetitions, each the mean of its rounds; stacks make some faults of their own. */
static void check_faults(const struct mb_run *run, double least, double below)
{
	assert_non_null(run->counts);
	assert_int_equal(run->counts[0].values.count, 3);
	assert_null(run->counts[0].reason);
	for (size_t i = 0; i < 3; i++) {
		double count = run->counts[0].values.values[i];

		assert_true(count >= least && count < SHADOW * below);
		assert_true(run->metrics[MB_METRIC_PAGE_FAULTS].values[i] == count);
	}
}

static void check_instructions(const struct mb_run *run, bool counts, bool per_op)
{
	assert_int_equal(run->counts[1].values.count, counts ? 3 : 0);
	assert_int_equal(run->metrics[MB_METRIC_INSTRUCTIONS].count, counts ? 3 : 0);
	assert_int_equal(run->metrics[MB_METRIC_INSTRUCTIONS_PER_OPERATION].count,
			 counts && per_op ? 3 : 0);
}

static void test_counts(void **state)
{
	const struct mb_counters_request request = {.list = "page-faults,instructions"};
	struct mb_counters *counters = NULL;
	struct mb_topo *topo = NULL;
	struct mb_err err = {0};
	struct mb_result *result;
	bool counts;

	if (mb_counters_new(&request, &err, &counters) || mb_topo_new(&err, &topo))
		fail_msg("%s", err.text);
	counts = !mb_counters_event(counters, 1)->code;
	empty_rounds = 0;
	result = run_rows(counters, topo);
	/* Each bench's run, its workers' behind it. */
	assert_int_equal(result->nr_runs, 6);
	assert_string_equal(result->runs[0]->name, "count/team");
	check_faults(result->runs[0], 3 * PAGES, 4 * PAGES);
	check_instructions(result->runs[0], counts, true);
	for (int i = 0; i < 2; i++) {
		const struct mb_run *worker = result->runs[1 + i];

		assert_int_equal(worker->kind, MB_RUN_WORKER);
		assert_string_equal(worker->name, "count/team");
		assert_int_equal(worker->node, 0);
		assert_int_equal(worker->worker, i);
		check_faults(worker, (i + 1) * PAGES, (i + 1.5) * PAGES);
		check_instructions(worker, counts, false);
	}
	assert_string_equal(result->runs[3]->name, "count/plain");
	check_faults(result->runs[3], PAGES, 1.5 * PAGES);
	check_instructions(result->runs[3], counts, false);
	/* Nobody knows what this one times: that is no count, and no 0. */
	assert_string_equal(result->runs[4]->name, "count/secret");
	assert_int_equal(result->runs[4]->counts[0].values.count, 0);
	assert_non_null(strstr(result->runs[4]->counts[0].reason, "does not say which part"));
	/* Not as many as the least time would hold: each also pays for reading the events. */
	assert_string_equal(result->runs[5]->name, "count/empty");
	assert_in_range(empty_rounds, 3, 10000);
	mb_result_free(result);
	mb_counters_free(counters);
	mb_topo_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
	};

	if (!mb_runner_library_version()) {
		puts("built without Google Benchmark");
		return 77;
	}
	return cmocka_run_group_tests_name("runner_counts", tests, NULL, NULL);
}
