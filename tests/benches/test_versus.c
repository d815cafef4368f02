/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "benches/team.h"
#include "benches/versus.h"
#include "core/base/align.h"
#include "core/buddy.h"
#include "core/pageinit.h"
#include "numa/counters.h"
#include "numa/topo.h"
#include "reports/counter.h"
#include "reports/result.h"

/* ThreadSanitizer's shadow memory has faults of its own, several a page: what is lost shows there, not what is too much. */
#ifdef __SANITIZE_THREAD__
#define SHADOW 100
#else
#define SHADOW 1
#endif

static const struct mb_bench_env env = {.arena_bytes = 2 * MB_MIB};

static int versus(const struct mb_variant pair[2], unsigned threads, unsigned pairs,
		  struct mb_err *err, struct mb_versus *ret_versus)
{
	const struct mb_versus_options options = {
		.env = &env, .pair = pair, .threads = threads, .pairs = pairs};

	*err = (struct mb_err){0};
	return mb_versus_run(&options, err, ret_versus);
}

/* All variants of a kind against its first, one's own too. */
static void test_all_kinds(void **state)
{
	struct mb_variant pair[2] = {{.kind = MB_NR_VARIANT_KINDS}};

	for (size_t i = 0; mb_variant_row(i, &pair[1]); i++) {
		if (pair[1].kind != pair[0].kind)
			pair[0] = pair[1];
		for (unsigned threads = 1; threads < 4; threads++) {
			struct mb_versus seen;
			struct mb_err err;
			int rc = versus(pair, threads, 3, &err, &seen);

			if (rc == -ENOTSUP)
				print_message("# %s\n", err.text);
			else if (rc)
				fail_msg("%s", err.text);
			else
				assert_int_equal(seen.pages, 2 * MB_MIB / 64);
			assert_int_equal(seen.nr_pairs, rc ? 0 : 3);
			for (size_t p = 0; p < seen.nr_pairs; p++)
				assert_true(seen.ns[0][p] > 0 && seen.ns[1][p] > 0);
			assert_int_equal(seen.wrong, -1);
			mb_versus_fini(&seen);
		}
	}
}

/* --- whose turn it is --- */

static char turns[64];
static size_t nr_turns;

static void note(char who, const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		 enum mb_zone_type zone, int nid)
{
	turns[nr_turns++] = who;
	mb_pageinit_range(size, first, count, zone, nid);
}

static void init_a(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		   enum mb_zone_type zone, int nid)
{
	note('A', size, first, count, zone, nid);
}

static void init_b(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		   enum mb_zone_type zone, int nid)
{
	note('B', size, first, count, zone, nid);
}

static void test_order(void **state)
{
	static const struct mb_initialiser a = {.name = "a", .init = init_a},
					   b = {.name = "b", .init = init_b};
	const struct mb_variant pair[2] = {{.name = "a", .initialiser = &a},
					   {.name = "b", .initialiser = &b}};
	struct mb_versus seen;
	struct mb_err err;

	memset(turns, 0, sizeof(turns));
	nr_turns = 0;
	assert_int_equal(versus(pair, 1, 5, &err, &seen), 0);
	/* The first pair is not counted. */
	assert_string_equal(turns, "AB"
				   "AB"
				   "BA"
				   "AB"
				   "BA"
				   "AB");
	assert_int_equal(seen.nr_pairs, 5);
	mb_versus_fini(&seen);
}

/* --- variants that are wrong --- */

static unsigned calls, wrong_call; /* that goes wrong */

static void init_but_one_bit(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
			     enum mb_zone_type zone, int nid)
{
	mb_pageinit_range(size, first, count, zone, nid);
	if (++calls == wrong_call)
		((unsigned char *)first)[12345] ^= 4;
}

/* What the other one left there is right. */
static void init_but_one_page(const struct mb_page_size *size, struct mb_page *first,
			      uint64_t count, enum mb_zone_type zone, int nid)
{
	mb_pageinit_range(size, first, ++calls == wrong_call ? count - 1 : count, zone, nid);
}

static void release_but_one(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	mb_buddy_release_range(zone, start, end, 3);
	if (++calls == wrong_call)
		mb_buddy_alloc(zone, 0, MB_MIGRATE_MOVABLE);
}

static void release_twice(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	mb_buddy_release_range(zone, start, end, 3);
	if (++calls == wrong_call)
		mb_buddy_release_range(zone, start, start + 1, 0);
}

/* In whichever turn it happens, and whoever comes first. */
static void check_wrong(const struct mb_variant *right, const struct mb_variant *wrong)
{
	for (wrong_call = 1; wrong_call <= 4; wrong_call++)
		for (int which = 0; which < 2; which++) {
			struct mb_variant pair[2] = {*right, *right};
			struct mb_versus seen;
			struct mb_err err;

			pair[which] = *wrong;
			calls = 0;
			assert_int_equal(versus(pair, 1, 3, &err, &seen), -EUCLEAN);
			assert_int_equal(seen.wrong, which);
			assert_int_equal(strncmp(err.text, "bad, 1 thread: ", 15), 0);
			/* A turn is one call here: an arena of one section. */
			assert_int_equal(seen.nr_pairs, wrong_call < 2 ? 0 : wrong_call - 2);
			mb_versus_fini(&seen);
		}
}

static void test_wrong_variant_is_an_error(void **state)
{
	static const struct mb_initialiser bit = {.name = "bad", .init = init_but_one_bit},
					   page = {.name = "bad", .init = init_but_one_page};
	static const struct mb_release_rule lost = {.name = "bad", .release = release_but_one},
					    twice = {.name = "bad", .release = release_twice};
	struct mb_variant right[2], wrong = {.kind = MB_VARIANT_INITIALISER, .name = "bad"};

	assert_true(mb_variant_find_pair("kernel", "kernel", right));
	wrong.initialiser = &bit;
	check_wrong(right, &wrong);
	wrong.initialiser = &page;
	check_wrong(right, &wrong);
	assert_true(mb_variant_find_pair("largest", "largest", right));
	wrong = (struct mb_variant){.kind = MB_VARIANT_RELEASE, .name = "bad", .release = &lost};
	check_wrong(right, &wrong);
	wrong.release = &twice;
	check_wrong(right, &wrong);
}

static uint64_t no_chunk(uint64_t total, uint64_t unit, unsigned threads)
{
	return 0;
}

static uint64_t cut_unit(uint64_t total, uint64_t unit, unsigned threads)
{
	return unit - 1;
}

/* All pages are dealt all the same, but not as the rule says or not by sections. */
static void test_wrong_chunks_are_errors(void **state)
{
	static const struct mb_share_rule rules[] = {{.name = "bad", .chunk = no_chunk},
						     {.name = "bad", .chunk = cut_unit}};
	static const char *const reasons[] = {
		"bad, 2 threads: a chunk of 0 pages; it takes whole sections of 32768",
		"bad, 2 threads: a chunk of 32767 pages is not whole sections of 32768"};
	struct mb_variant pair[2];

	for (size_t i = 0; i < MB_ARRAY_SIZE(rules); i++) {
		struct mb_versus seen;
		struct mb_err err;

		assert_true(mb_variant_find_pair("padata", "padata", pair));
		pair[1].name = "bad";
		pair[1].share = &rules[i];
		assert_int_equal(versus(pair, 2, 3, &err, &seen), -EUCLEAN);
		assert_string_equal(err.text, reasons[i]);
		assert_int_equal(seen.wrong, 1);
		assert_int_equal(seen.nr_pairs, 0);
		mb_versus_fini(&seen);
	}
}

static void test_cancel(void **state)
{
	atomic_int cancel = 2;
	const struct mb_bench_env stopped = {.arena_bytes = 2 * MB_MIB, .cancel = &cancel};
	struct mb_variant pair[2];
	struct mb_versus_options options = {
		.env = &stopped, .pair = pair, .threads = 1, .pairs = 3};
	struct mb_versus seen;
	struct mb_err err = {0};

	assert_true(mb_variant_find_pair("kernel", "memset", pair));
	assert_int_equal(mb_versus_run(&options, &err, &seen), -ECANCELED);
	assert_int_equal(seen.nr_pairs, 0);
	assert_int_equal(seen.wrong, -1);
	mb_versus_fini(&seen);
}

/* --- what events counted --- */

#define FAULTS 500

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

static void init_faulting(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
			  enum mb_zone_type zone, int nid)
{
	touch(FAULTS);
	mb_pageinit_range(size, first, count, zone, nid);
}

static void init_faulting_more(const struct mb_page_size *size, struct mb_page *first,
			       uint64_t count, enum mb_zone_type zone, int nid)
{
	touch(4 * FAULTS);
	mb_pageinit_range(size, first, count, zone, nid);
}

/* Each pair's faults of a run, which are those of so many calls. */
static void check_faults(const struct mb_run *run, double calls_of_500)
{
	assert_non_null(run->counts);
	assert_int_equal(run->counts[0].values.count, 3);
	assert_null(run->counts[0].reason);
	for (size_t i = 0; i < 3; i++) {
		double faults = run->counts[0].values.values[i];

		assert_true(faults >= calls_of_500 * FAULTS);
		assert_true(faults < SHADOW * (calls_of_500 + 1) * FAULTS);
		assert_true(run->metrics[MB_METRIC_PAGE_FAULTS].values[i] == faults);
	}
}

/* What each did in its own turns, by each worker, and nothing of what is done in between. */
static void test_counts(void **state)
{
	static const struct mb_initialiser few = {.name = "few", .init = init_faulting},
					   many = {.name = "many", .init = init_faulting_more};
	const struct mb_variant pair[2] = {{.name = "few", .initialiser = &few},
					   {.name = "many", .initialiser = &many}};
	const struct mb_counters_request request = {.list = "page-faults,cycles"};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_bench_env counting = env;
	struct mb_versus_options options = {
		.env = &counting, .pair = pair, .threads = 2, .pairs = 3};
	struct mb_counters *counters = NULL;
	struct mb_topo *topo = NULL;
	struct mb_versus seen;
	struct mb_err err = {0};
	unsigned nr_workers[2] = {0};

	if (mb_topo_new(&err, &topo) || mb_counters_new(&request, &err, &counters))
		fail_msg("%s", err.text);
	if (mb_counters_event(counters, 0)->code) {
		mb_result_free(result);
		print_message("skipped: %s\n", mb_counters_event(counters, 0)->reason);
		mb_counters_free(counters);
		mb_topo_free(topo);
		skip();
	}
	counting.topo = topo;
	counting.counters = counters;
	options.threads = mb_min(2, mb_team_size(&counting, MB_TEAM_ALL));
	mb_result_add_counter(result, "page-faults", "counts", NULL);
	mb_result_add_counter(result, "cycles", NULL, "no matter here");
	mb_counter_set_metric(result, 0, MB_METRIC_PAGE_FAULTS);
	if (mb_versus_run(&options, &err, &seen))
		fail_msg("%s", err.text);
	mb_versus_add_runs(result, pair, &seen, NULL);
	assert_int_equal(mb_result_error(result), 0);
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];
		bool of_many = strstr(run->name, "/many/") != NULL;

		check_faults(run, (of_many ? 4 : 1) *
					  (run->kind == MB_RUN_WORKER ? 1 : options.threads));
		nr_workers[of_many] += run->kind == MB_RUN_WORKER;
	}
	assert_int_equal(nr_workers[0], options.threads);
	assert_int_equal(nr_workers[1], options.threads);
	mb_versus_fini(&seen);
	mb_counters_free(counters);
	mb_topo_free(topo);
	mb_result_free(result);
}

/* --- what it says --- */

static void test_verdicts(void **state)
{
	const double nan = (double)NAN;
	const struct {
		double low, high;
		enum mb_versus_verdict verdict;
		const char *name;
	} rows[] = {
		{0.8, 0.99, MB_VERSUS_FASTER, "faster"},
		{1.01, 1.2, MB_VERSUS_SLOWER, "slower"},
		{0.99, 1.01, MB_VERSUS_ALIKE, "no difference seen"},
		{1, 1.01, MB_VERSUS_ALIKE, "no difference seen"},
		{nan, nan, MB_VERSUS_UNKNOWN, "too few pairs to tell"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		const struct mb_stats_shift ratio = {.low = rows[i].low, .high = rows[i].high};

		assert_int_equal(mb_versus_judge(&ratio), rows[i].verdict);
		assert_string_equal(mb_versus_verdict_name(rows[i].verdict), rows[i].name);
	}
}

/* Samples of both, ratios and interval at the second; an error at the one that was wrong. */
static void test_runs(void **state)
{
	double a[] = {10, 20, 10, 40, 10, 10}, b[] = {20, 40, 20, 80, 20, 20};
	struct mb_versus seen = {
		.threads = 2, .nr_pairs = 6, .ns = {a, b}, .pages = 5, .wrong = -1};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_variant pair[2];
	const struct mb_run *run;

	assert_non_null(result);
	assert_true(mb_variant_find_pair("kernel", "mine", pair));
	assert_int_equal(mb_stats_ratio(a, b, 6, 0.95, &seen.ratio), 0);
	mb_versus_add_runs(result, pair, &seen, NULL);
	seen.wrong = 0;
	mb_versus_add_runs(result, pair, &seen, "a bit");
	assert_int_equal(mb_result_error(result), 0);
	assert_int_equal(result->nr_runs, 4);

	run = result->runs[0];
	assert_string_equal(run->name, "variant/initialiser/kernel/threads:2");
	assert_int_equal(run->metrics[MB_METRIC_WALL_NS].count, 6);
	assert_int_equal(run->metrics[MB_METRIC_RATIO].count, 0);
	run = result->runs[1];
	assert_string_equal(run->name, "variant/initialiser/mine/over:kernel/threads:2");
	assert_string_equal(mb_result_fact(&run->args, "over"), "kernel");
	assert_int_equal(run->threads, 2);
	assert_true(run->metrics[MB_METRIC_NS_PER_PAGE].values[3] == 16);
	for (size_t i = 0; i < 6; i++)
		assert_true(run->metrics[MB_METRIC_RATIO].values[i] == 2);
	assert_true(fabs(run->metrics[MB_METRIC_RATIO_ESTIMATE].values[0] - 2) < 1e-12);
	assert_true(fabs(run->metrics[MB_METRIC_RATIO_LOW].values[0] - 2) < 1e-12);
	assert_int_equal(run->metrics[MB_METRIC_RATIO_HIGH].count, 1);
	assert_int_equal(result->runs[2]->status, MB_RUN_ERROR);
	assert_string_equal(result->runs[2]->reason, "a bit");
	assert_int_equal(result->runs[3]->status, MB_RUN_OK);
	assert_int_equal(result->runs[3]->metrics[MB_METRIC_RATIO_HIGH].count, 0);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_wrong_variant_is_an_error),
		cmocka_unit_test(test_wrong_chunks_are_errors),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
