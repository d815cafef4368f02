/* SPDX-License-Identifier: Apache-2.0 */
#define MB_TEST_HOOKS
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "benches/pagework.h"
#include "benches/slow.h"
#include "benches/zonework.h"
#include "core/base/align.h"
#include "core/memblock.h"
#include "tests/benches/bench_case.h"

#define ARENA (8 * MB_MIB)
#define PAGES (ARENA / 64)

static const struct mb_bench_env env = {.arena_bytes = ARENA};

/* What was asked for, in percent, and how many of PAGES that is. */
static const struct ask {
	const char *percent;
	uint64_t pages;
} asks[] = {
	{"0", 0}, {"1", 1311}, {"2.5", 3277}, {"5", 6554}, {"20", 26214}, {"100", PAGES},
};

static void ask(const char *stage, const char *percent)
{
	char text[64];

	snprintf(text, sizeof(text), "%s:%s", stage, percent);
	assert_int_equal(setenv("MEMBOOT_SLOW", text, 1), 0);
}

static int forget(void **state)
{
	return unsetenv("MEMBOOT_SLOW");
}

/* --- what the work was, counted --- */

static _Atomic uint64_t initialised, released, allocations;

static void count_init(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		       enum mb_zone_type zone, int nid)
{
	atomic_fetch_add(&initialised, count);
	mb_initialiser_row(0)->init(size, first, count, zone, nid);
}

static const struct mb_initialiser counting_initialiser = {.name = "counts", .init = count_init};

static void count_release(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	atomic_fetch_add(&released, end - start);
	mb_release_find("largest")->release(zone, start, end);
}

static const struct mb_release_rule counting_rule = {.name = "counts", .release = count_release};

mb_phys_t __real_mb_memblock_phys_alloc_range(struct mb_memblock *mb, mb_phys_t size,
					      mb_phys_t align, mb_phys_t start, mb_phys_t end);
mb_phys_t __wrap_mb_memblock_phys_alloc_range(struct mb_memblock *mb, mb_phys_t size,
					      mb_phys_t align, mb_phys_t start, mb_phys_t end);

mb_phys_t __wrap_mb_memblock_phys_alloc_range(struct mb_memblock *mb, mb_phys_t size,
					      mb_phys_t align, mb_phys_t start, mb_phys_t end)
{
	atomic_fetch_add(&allocations, 1);
	return __real_mb_memblock_phys_alloc_range(mb, size, align, start, end);
}

/* --- cases --- */

/* To the page; the descriptors are right, and the time is that of all the work. */
static void test_pageinit(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(asks); i++)
		for (unsigned threads = 1; threads < 4; threads++) {
			struct mb_bench_run run = {.env = &env, .threads = threads};
			struct mb_pagework *work;

			ask(MB_SLOW_PAGEINIT, asks[i].percent);
			if (mb_pagework_setup(&run, &counting_initialiser,
					      &mb_page_sizes[MB_PAGE_SIZE_DEFAULT], &work))
				fail_msg("%s", run.err.text);
			assert_int_equal(run.pages, PAGES);
			initialised = 0;
			assert_int_equal(mb_pagework_measure(work, &run), 0);
			assert_true(run.ns > 0);
			assert_int_equal(initialised, PAGES + asks[i].pages);
			assert_int_equal(mb_pagework_validate(work, &run), 0);
			mb_ground_close(run.ground);
			free(work);
		}
}

/* Within a page for each thread; the zone afterwards is that of one hand-over, and what no round measures is as always. */
static void test_handoff(void **state)
{
	struct mb_bench_run run = {.env = &env};
	struct mb_zonework work = {0};
	uint64_t ns;

	if (mb_zonework_open(&run, &counting_rule, &work))
		fail_msg("%s", run.err.text);
	for (size_t i = 0; i < MB_ARRAY_SIZE(asks); i++)
		for (unsigned threads = 1; threads < 4; threads++) {
			ask(MB_SLOW_HANDOFF, asks[i].percent);
			for (int measured = 0; measured < 2; measured++) {
				uint64_t expected = PAGES + (measured ? asks[i].pages : 0);

				mb_zonework_empty(&work);
				mb_zonework_init(&work);
				released = run.ns = 0;
				assert_int_equal(mb_zonework_release(&work, &run, threads,
								     measured ? NULL : &ns),
						 0);
				assert_in_range(released + threads, expected,
						expected + 2 * threads);
				if (mb_zonework_validate(&work, &run))
					fail_msg("%s", run.err.text);
			}
		}
	mb_zonework_close(&work);
	mb_ground_close(run.ground);
}

static uint64_t count_allocations(const char *name)
{
	struct bench_case_seen seen;

	allocations = 0;
	seen = bench_case_one(mb_bench_memblock_row, name);
	if (seen.result.status != MB_RUNNER_OK)
		fail_msg("%s: %s", name, seen.reason);
	return allocations;
}

/* Rows of memblock/alloc, of few maps and of many; the maps are right, and others are as always. */
static void test_memblock(void **state)
{
	static const char *const names[] = {"memblock/alloc/top/regions:1",
					    "memblock/alloc/bottom/regions:100",
					    "memblock/alloc/far/regions:1000"};
	static const struct ask percents[] = {{"0", 0}, {"1", 1}, {"5", 5}, {"20", 20}};

	if (bench_case_unsupported()) {
		print_message("built without Google Benchmark\n");
		skip();
	}
	for (size_t n = 0; n < MB_ARRAY_SIZE(names); n++)
		for (size_t i = 0; i < MB_ARRAY_SIZE(percents); i++) {
			uint64_t usual;

			forget(NULL);
			usual = count_allocations(names[n]);
			assert_true(usual >= 100);
			ask(MB_SLOW_MEMBLOCK, percents[i].percent);
			assert_int_equal(count_allocations(names[n]) * 100,
					 usual * (100 + percents[i].pages));
		}
	ask(MB_SLOW_MEMBLOCK, "20");
	assert_int_equal(count_allocations("memblock/free/regions:100"), 0);
}

/* Nothing without the variable, and nothing of other stages. */
static void test_others(void **state)
{
	forget(NULL);
	assert_int_equal(mb_slow_share(MB_SLOW_PAGEINIT, 1000), 0);
	ask(MB_SLOW_HANDOFF, "10");
	assert_int_equal(mb_slow_share(MB_SLOW_PAGEINIT, 1000), 0);
	assert_int_equal(mb_slow_share(MB_SLOW_HANDOFF, 1000), 100);
}

/* The program ends rather than measure what was not asked for. */
static void test_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"pageinit",
		"pageinit:",
		"pageinit:x",
		"pageinit:5%",
		"pageinit:-1",
		"pageinit:101",
		"pageinit:nan",
		"page:5",
		"pageinits:5",
		":5",
		"pageinit:5,x:",
		"handoff:5 5",
		"5:pageinit",
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(wrong); i++) {
		pid_t child;
		int status;

		assert_int_equal(setenv("MEMBOOT_SLOW", wrong[i], 1), 0);
		child = fork();
		if (!child) {
			mb_slow_share(MB_SLOW_PAGEINIT, 1);
			_exit(0);
		}
		assert_true(child > 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
			fail_msg("\"%s\" was accepted", wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_pageinit, forget),
		cmocka_unit_test_teardown(test_handoff, forget),
		cmocka_unit_test_teardown(test_memblock, forget),
		cmocka_unit_test_teardown(test_others, forget),
		cmocka_unit_test_teardown(test_refused, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
