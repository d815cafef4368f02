/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "benches/tally.h"
#include "benches/team.h"
#include "benches/timer.h"
#include "numa/counters.h"
#include "numa/topo.h"

/* Page faults count everywhere; cycles do where there is a PMU, and elsewhere have a reason. */
#define EVENTS "page-faults,cycles"
#define ROUNDS 5

/* ThreadSanitizer's shadow memory has faults of its own, several a page: what is lost shows there, not what is too much. */
#ifdef __SANITIZE_THREAD__
#define SHADOW 100
#else
#define SHADOW 1
#endif

static const struct mb_bench row = {.group = "test", .name = "row"};

/* Share of the time on a counter, but of the round's own thread, as if events took turns. */
static double fake_share = 1;

int __real_mb_counters_sum(const struct mb_counters *counters, const char *stage, int nid,
			   int worker, size_t index, struct mb_counters_value *ret_value);
int __wrap_mb_counters_sum(const struct mb_counters *counters, const char *stage, int nid,
			   int worker, size_t index, struct mb_counters_value *ret_value);

int __wrap_mb_counters_sum(const struct mb_counters *counters, const char *stage, int nid,
			   int worker, size_t index, struct mb_counters_value *ret_value)
{
	int code = __real_mb_counters_sum(counters, stage, nid, worker, index, ret_value);

	if (!code && (!stage || strcmp(stage, MB_TALLY_ROUND) != 0))
		ret_value->share = fake_share;
	return code;
}

struct fixture {
	struct mb_topo *topo;
	struct mb_counters *counters;
	struct mb_bench_env env;
};

static int setup(void **state)
{
	const struct mb_counters_request request = {.list = EVENTS};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct mb_err err = {0};

	if (mb_topo_new(&err, &fixture->topo) ||
	    mb_counters_new(&request, &err, &fixture->counters))
		fail_msg("%s", err.text);
	fixture->env = (struct mb_bench_env){.topo = fixture->topo, .counters = fixture->counters};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	mb_counters_free(fixture->counters);
	mb_topo_free(fixture->topo);
	free(fixture);
	return 0;
}

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

/* 1000 pages, and 3000 by the second one. */
static int touch_own(void *arg, unsigned index, unsigned threads)
{
	touch(index ? 3000 : 1000);
	return 0;
}

static void open_run(const struct fixture *fixture, struct mb_bench_run *run)
{
	*run = (struct mb_bench_run){.row = &row, .env = &fixture->env};
	assert_int_equal(mb_team_open(run->env, &run->err, &run->ground), 0);
}

static void close_run(struct mb_bench_run *run, struct mb_tally *tally)
{
	mb_ground_close(run->ground);
	mb_tally_end(run);
	assert_null(run->events);
	mb_tally_clear(tally);
	assert_null(tally->counts);
}

/* Some faults are the thread's own, so that there may be more. */
static void check_count(const struct mb_tally *tally, int worker, double least, double below)
{
	const struct mb_tally_count *count = mb_tally_count(tally, worker, 0);

	assert_int_equal(count->code, 0);
	assert_true(count->share == 1);
	assert_true(count->count >= least && count->count < SHADOW * below);
}

/* What does not count is no 0. */
static void check_cycles(const struct fixture *fixture, const struct mb_tally *tally)
{
	int code = mb_counters_event(fixture->counters, 1)->code;

	for (int worker = -1; worker < (int)tally->nr_workers; worker++) {
		const struct mb_tally_count *count = mb_tally_count(tally, worker, 1);

		if (code)
			assert_int_equal(count->code, code);
		else
			assert_true(count->count > 0);
	}
}

/* Two workers, each its own, per round; neither setting up nor what is beside the measured part. */
static void test_team(void **state)
{
	const struct fixture *fixture = *state;
	struct mb_tally tally = {0};
	struct mb_bench_run run;
	uint64_t ns;

	open_run(fixture, &run);
	assert_int_equal(mb_team_run(run.ground, 2, touch_own, NULL, &run.err, &ns), 0);
	for (int i = 0; i < ROUNDS; i++)
		assert_int_equal(mb_team_measure(&run, 2, touch_own, NULL), 0);
	assert_int_equal(mb_tally_begin(&run), 0);
	for (int i = 0; i < ROUNDS; i++) {
		run.ns = 0;
		mb_counters_begin(run.events, MB_TALLY_ROUND, -1, -1);
		touch(50000);
		assert_int_equal(mb_team_measure(&run, 2, touch_own, NULL), 0);
		ns = run.ns;
		assert_true(ns > 0);
		assert_int_equal(mb_team_run(run.ground, 2, touch_own, NULL, &run.err, &ns), 0);
		assert_int_not_equal(run.ns, 0);
		mb_counters_end(run.events, MB_TALLY_ROUND);
	}
	assert_int_equal(mb_tally_take(&run, ROUNDS, &tally), 0);
	assert_int_equal(tally.nr_events, 2);
	assert_int_equal(tally.nr_workers, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tally.workers[i].nid, 0);
		assert_int_equal(tally.workers[i].index, i);
	}
	check_count(&tally, 0, 1000, 1500);
	check_count(&tally, 1, 3000, 3500);
	check_count(&tally, -1, 4000, 5000);
	assert_true(mb_tally_count(&tally, -1, 0)->count ==
		    mb_tally_count(&tally, 0, 0)->count + mb_tally_count(&tally, 1, 0)->count);
	check_cycles(fixture, &tally);
	close_run(&run, &tally);
}

/* A part of a round on the thread that runs it. */
static void test_part(void **state)
{
	const struct fixture *fixture = *state;
	struct mb_bench_run run = {.row = &row, .env = &fixture->env};
	struct mb_tally tally = {0};

	assert_int_equal(mb_tally_begin(&run), 0);
	for (int i = 0; i < ROUNDS; i++) {
		mb_counters_begin(run.events, MB_TALLY_ROUND, -1, -1);
		touch(50000);
		mb_timer_begin(&run);
		touch(1000);
		mb_timer_end(&run);
		mb_counters_end(run.events, MB_TALLY_ROUND);
	}
	assert_int_equal(mb_tally_take(&run, ROUNDS, &tally), 0);
	assert_int_equal(tally.nr_workers, 0);
	check_count(&tally, -1, 1000, 1500);
	check_cycles(fixture, &tally);
	close_run(&run, &tally);
}

static int marked(void *arg, const struct mb_worker *worker)
{
	struct mb_host *host = arg;

	mb_host_begin(host, worker->index ? "second" : "first", worker);
	touch(worker->index ? 3000 : 1000);
	mb_host_end(host, worker->index ? "second" : "first", worker);
	return 0;
}

/* A whole round, as of a boot: its own thread's, and whatever its workers have marked. */
static void test_round(void **state)
{
	const struct fixture *fixture = *state;
	struct mb_tally tally = {0};
	struct mb_bench_run run;

	open_run(fixture, &run);
	assert_int_equal(mb_tally_begin(&run), 0);
	for (int i = 0; i < ROUNDS; i++) {
		struct mb_host *host = run.ground->host;
		struct mb_task task = {.threads = 2, .fn = marked, .arg = host};

		mb_counters_begin(run.events, MB_TALLY_ROUND, -1, -1);
		touch(2000);
		assert_int_equal(host->ops->run(host->ctx, &task, 1), 0);
		mb_counters_end(run.events, MB_TALLY_ROUND);
	}
	assert_int_equal(mb_tally_take(&run, ROUNDS, &tally), 0);
	assert_int_equal(tally.nr_workers, 2);
	check_count(&tally, 0, 1000, 1500);
	check_count(&tally, 1, 3000, 3500);
	check_count(&tally, -1, 6000, 7500);
	check_cycles(fixture, &tally);
	mb_tally_clear(&tally);
	/* An estimate of a part makes an estimate of the whole: the least share counts. */
	fake_share = 0.25;
	assert_int_equal(mb_tally_take(&run, ROUNDS, &tally), 0);
	assert_true(mb_tally_count(&tally, -1, 0)->share == 0.25);
	assert_true(mb_tally_count(&tally, 0, 0)->share == 0.25);
	fake_share = 1;
	mb_tally_clear(&tally);
	/* Of both stages, of the second alone, and of a node that has no workers. */
	mb_bench_add_part(&run, "first", -1);
	mb_bench_add_part(&run, "first", -1);
	mb_bench_add_part(&run, "second", 0);
	assert_int_equal(run.nr_parts, 2);
	assert_int_equal(mb_tally_take(&run, ROUNDS, &tally), 0);
	assert_int_equal(tally.nr_workers, 2);
	check_count(&tally, 1, 3000, 3500);
	check_count(&tally, -1, 4000, 5000);
	mb_tally_clear(&tally);
	run.parts[0] = run.parts[1];
	run.nr_parts = 1;
	assert_int_equal(mb_tally_take(&run, ROUNDS, &tally), 0);
	assert_int_equal(tally.nr_workers, 1);
	assert_int_equal(tally.workers[0].index, 1);
	check_count(&tally, -1, 3000, 3500);
	mb_tally_clear(&tally);
	run.parts[0].nid = 7;
	assert_int_equal(mb_tally_take(&run, ROUNDS, &tally), 0);
	assert_int_equal(tally.nr_workers, 0);
	assert_int_equal(mb_tally_count(&tally, -1, 0)->code, -ENOENT);
	mb_tally_clear(&tally);
	/* A time of its own, and nobody knows of which part. */
	run.nr_parts = 0;
	run.ns = 1;
	assert_int_equal(mb_tally_take(&run, ROUNDS, &tally), 0);
	assert_int_equal(mb_tally_count(&tally, -1, 0)->code, -ENOTSUP);
	close_run(&run, &tally);
}

static void test_nothing(void **state)
{
	static const struct mb_bench_env env;
	struct mb_bench_run run = {.row = &row, .env = &env};
	struct mb_tally tally = {.nr_events = 77};

	assert_int_equal(mb_tally_begin(&run), 0);
	assert_null(run.events);
	assert_int_equal(mb_tally_take(&run, 1, &tally), 0);
	assert_int_equal(tally.nr_events, 0);
	mb_tally_end(&run);
	mb_tally_clear(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_team, setup, teardown),
		cmocka_unit_test_setup_teardown(test_part, setup, teardown),
		cmocka_unit_test_setup_teardown(test_round, setup, teardown),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
