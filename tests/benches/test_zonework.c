/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/zonework.h"
#include "core/base/align.h"
#include "core/buddy.h"
#include "tests/benches/bench_case.h"

static const struct mb_bench_env env = {.arena_bytes = 6 * MB_MIB};

static void open(struct mb_bench_run *run, struct mb_zonework *work)
{
	*run = (struct mb_bench_run){.env = &env};
	*work = (struct mb_zonework){0};
	if (mb_zonework_open(run, mb_release_rule(0), work))
		fail_msg("%s", run->err.text);
	assert_int_equal(run->pages, 6 * MB_MIB / MB_ZONEWORK_PAGE);
}

static void close(struct mb_bench_run *run, struct mb_zonework *work)
{
	mb_zonework_close(work);
	mb_ground_close(run->ground);
}

static int validate(struct mb_bench_run *run, const struct mb_zonework *work)
{
	run->err = (struct mb_err){0};
	return mb_zonework_validate(work, run);
}

/* All of the zone by each rule and any threads, again and again; before it, nothing is right. */
static void test_all_pages(void **state)
{
	const struct mb_release_rule *rule;
	struct mb_bench_run run;
	struct mb_zonework work;

	open(&run, &work);
	for (size_t r = 0; (rule = mb_release_rule(r)); r++)
		for (unsigned threads = 1; threads < 5; threads++) {
			uint64_t ns = 0;

			work.rule = rule;
			mb_zonework_empty(&work);
			mb_zonework_init(&work);
			assert_int_equal(validate(&run, &work), -EUCLEAN);
			if (mb_zonework_release(&work, &run, threads, &ns))
				fail_msg("%s", run.err.text);
			assert_true(ns > 0);
			assert_int_equal(work.zone->check_pages, !rule->unchecked);
			if (validate(&run, &work))
				fail_msg("%s, %u threads: %s", rule->name, threads, run.err.text);
		}
	close(&run, &work);
}

/* A page that somebody took is no longer free. */
static void test_lost_page(void **state)
{
	struct mb_bench_run run;
	struct mb_zonework work;
	uint64_t ns;

	open(&run, &work);
	mb_zonework_empty(&work);
	mb_zonework_init(&work);
	assert_int_equal(mb_zonework_release(&work, &run, 1, &ns), 0);
	assert_non_null(mb_buddy_alloc(work.zone, 0, MB_MIGRATE_MOVABLE));
	assert_int_equal(validate(&run, &work), -EUCLEAN);
	assert_non_null(strstr(run.err.text, "pages are free and"));
	close(&run, &work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_pages),
		cmocka_unit_test(test_lost_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
