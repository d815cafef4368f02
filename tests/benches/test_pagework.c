/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/pagework.h"
#include "core/base/align.h"
#include "core/base/rng.h"
#include "tests/benches/bench_case.h"

static const struct mb_bench_env env = {.arena_bytes = 2 * MB_MIB};

static struct mb_pagework *open(struct mb_bench_run *run, const struct mb_page_size *size,
				unsigned threads)
{
	struct mb_pagework *work = NULL;

	*run = (struct mb_bench_run){.env = &env, .threads = threads};
	if (mb_pagework_setup(run, mb_initialiser_row(0), size, &work))
		fail_msg("%s", run->err.text);
	return work;
}

/* All of the arena, whatever the threads; before it, nothing is right. */
static void test_all_pages(void **state)
{
	for (size_t s = 0; s < MB_NR_PAGE_SIZES; s++)
		for (unsigned threads = 1; threads < 6; threads++) {
			struct mb_bench_run run;
			struct mb_pagework *work = open(&run, &mb_page_sizes[s], threads);
			uint64_t ns = 0;

			assert_int_equal(run.pages, 2 * MB_MIB / mb_page_sizes[s].bytes);
			assert_int_equal(mb_pagework_validate(work, &run), -EUCLEAN);
			assert_int_equal(mb_pagework_init(work, &run, &ns), 0);
			assert_true(ns > 0);
			assert_int_equal(mb_pagework_validate(work, &run), 0);
			mb_ground_close(run.ground);
			free(work);
		}
}

/* The words of struct page. */
static const char *field_at(uint64_t byte)
{
	static const char *const words[] = {"flags", "lru", "lru", "mapping", "index", "private"};

	if (byte / 8 < MB_ARRAY_SIZE(words))
		return words[byte / 8];
	if (byte < 56)
		return byte < 52 ? "mapcount" : "refcount";
	return "a word behind the first 56 bytes";
}

/* A bit anywhere, of any size of descriptor. */
static void test_one_bit(void **state)
{
	struct mb_rng rng = {.state = bench_case_seed()};

	for (size_t s = 0; s < MB_NR_PAGE_SIZES; s++) {
		struct mb_bench_run run;
		struct mb_pagework *work = open(&run, &mb_page_sizes[s], 1);
		unsigned char *bytes = run.ground->addr;
		uint64_t ns;

		assert_int_equal(mb_pagework_init(work, &run, &ns), 0);
		for (int i = 0; i < 100; i++) {
			uint64_t at = mb_rng_below(&rng, run.bytes);
			unsigned char bit = (unsigned char)(1u << mb_rng_below(&rng, 8));
			char text[120];

			bytes[at] ^= bit;
			run.err = (struct mb_err){0};
			assert_int_equal(mb_pagework_validate(work, &run), -EUCLEAN);
			snprintf(
				text, sizeof(text),
				"descriptor %llu is wrong: %s is not as __init_single_page leaves it",
				(unsigned long long)(at / mb_page_sizes[s].bytes),
				field_at(at % mb_page_sizes[s].bytes));
			assert_string_equal(run.err.text, text);
			bytes[at] ^= bit;
		}
		assert_int_equal(mb_pagework_validate(work, &run), 0);
		mb_ground_close(run.ground);
		free(work);
	}
}

/* The fill is the same ever after, and the work comes back over it. */
static void test_limit_turn(void **state)
{
	struct mb_best_fills fills = {0};
	struct mb_bench_env with = env;
	struct mb_bench_run run;
	struct mb_pagework *work = open(&run, &mb_page_sizes[0], 2);
	uint64_t ns = 0;

	with.fills = &fills;
	run.env = &with;
	run.data = work;
	assert_int_equal(mb_pagework_run_limit_turn(&run, &ns), 0);
	assert_true(ns > 0);
	assert_int_equal(run.ns, 0);
	assert_int_equal(fills.count, 1);
	assert_ptr_equal(work->fill, fills.found[0].fill);
	assert_string_equal(run.limit, work->fill->name);
	assert_int_equal(mb_pagework_validate(work, &run), -EUCLEAN);
	assert_int_equal(mb_pagework_run_measure(&run), 0);
	assert_int_equal(mb_pagework_validate(work, &run), 0);
	mb_ground_close(run.ground);
	free(work);
}

static void test_fill(void **state)
{
	unsigned char pattern[MB_FILL_BYTES], expected[MB_FILL_BYTES];
	struct mb_bench_run run;
	struct mb_pagework *work = open(&run, &mb_page_sizes[0], 3);
	uint64_t ns = 0;

	work->fill = mb_fill_row(0);
	assert_int_equal(mb_pagework_fill(work, &run, &ns), 0);
	mb_fill_pattern(0, pattern);
	mb_fill_expect(work->fill, pattern, expected);
	assert_true(mb_fill_is(run.ground->addr, run.ground->bytes, expected));
	mb_ground_close(run.ground);
	free(work);
}

static bool never(void)
{
	return false;
}

static void test_cpu_lacks_it(void **state)
{
	const struct mb_initialiser lacking = {
		.name = "x", .needs = "such stores", .supported = never};
	struct mb_bench_run run = {.env = &env, .threads = 1};
	struct mb_pagework *work = NULL;

	assert_int_equal(mb_pagework_setup(&run, &lacking, &mb_page_sizes[0], &work), -ENOTSUP);
	assert_string_equal(run.err.text, "this CPU has no such stores");
	assert_null(work);
	assert_null(run.ground);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_pages),    cmocka_unit_test(test_one_bit),
		cmocka_unit_test(test_fill),         cmocka_unit_test(test_limit_turn),
		cmocka_unit_test(test_cpu_lacks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
