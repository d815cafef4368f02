/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/frames.h"
#include "core/base/align.h"
#include "tests/benches/bench_case.h"

#define CONVERSIONS "^memmodel/(pfn_to_page|page_to_pfn|pfn_valid)/"
#define NR_LOOPS    7

static void test_conversions_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_memmodel_row, CONVERSIONS, &seen);
	assert_int_equal(seen.count, NR_LOOPS * MB_NR_MEMMODELS);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
		assert_true(seen.seen[i].result.pages >=
			    2 * MB_MIB / mb_page_sizes[MB_PAGE_SIZE_DEFAULT].bytes);
		assert_true(seen.seen[i].result.ns_per_page > 0);
	}
}

/* --- loops that do not do what they are paid for --- */

static int run_nothing(struct mb_bench_run *run)
{
	return 0;
}

/* A row's data begins with its frames, whose model is the boot's: to be damaged here. */
static struct mb_memmodel *model_of(struct mb_bench_run *run)
{
	return (struct mb_memmodel *)(*(struct mb_frames **)run->data)->model;
}

/* All results are too high by one descriptor, too low by a page frame. */
static int run_beside(struct mb_bench_run *run)
{
	struct mb_memmodel *model = model_of(run);

	model->base += (*(struct mb_frames **)run->data)->page_bytes;
	return bench_case_right(run);
}

/* A section of the hole that claims to have descriptors. */
static int run_with_a_ghost(struct mb_bench_run *run)
{
	const struct mb_frames *frames = *(struct mb_frames **)run->data;
	uint64_t hole = mb_memmodel_section_nr(frames->model, frames->absent.start);
	struct mb_mem_section *ghost = mb_memmodel_section(frames->model, hole);

	*ghost = *mb_memmodel_section(frames->model, 0);
	return bench_case_right(run);
}

/* The sums of the results stay right: what one section has too much, the other lacks. */
static int run_crossed(struct mb_bench_run *run)
{
	struct mb_memmodel *model = model_of(run);
	struct mb_mem_section *low = mb_memmodel_section(model, 0);
	struct mb_mem_section *high = mb_memmodel_section(model, (uint64_t)model->highest_present);
	uint64_t word = low->section_mem_map;

	low->section_mem_map = high->section_mem_map;
	high->section_mem_map = word;
	return bench_case_right(run);
}

static int run_without_a_map(struct mb_bench_run *run)
{
	mb_memmodel_section(model_of(run), 0)->section_mem_map &= ~(uint64_t)MB_SECTION_HAS_MEM_MAP;
	return bench_case_right(run);
}

static void test_no_conversions_are_an_error(void **state)
{
	bench_case_wrong(mb_bench_memmodel_row, run_nothing, CONVERSIONS,
			 NR_LOOPS * MB_NR_MEMMODELS, "the sum of the results");
}

static void test_wrong_conversions_are_an_error(void **state)
{
	bench_case_wrong(mb_bench_memmodel_row, run_beside, "(to_pfn|to_page)/.*(flat|vmemmap)$", 8,
			 "the result for page frame");
	bench_case_wrong(mb_bench_memmodel_row, run_crossed, "(to_pfn|to_page)/.*(sparse|extreme)$",
			 8, "the result for page frame");
	bench_case_wrong(mb_bench_memmodel_row, run_without_a_map,
			 "pfn_valid/(sequential|random)/.*(sparse|extreme|vmemmap)$", 6,
			 "the result for page frame 0x0 ");
	bench_case_wrong(mb_bench_memmodel_row, run_with_a_ghost,
			 "pfn_valid/hole/.*(sparse|extreme|vmemmap)$", 3,
			 "the result for page frame");
}

/* --- walks --- */

static void check_walk(const char *name, double iterations)
{
	struct bench_case_seen seen = bench_case_one(mb_bench_memmodel_row, name);

	assert_string_equal(seen.reason, "");
	assert_int_equal(seen.result.status, MB_RUNNER_OK);
	assert_true(bench_case_counter(&seen, "iterations") == iterations);
	assert_true(bench_case_counter(&seen, "present") == 33);
	assert_true((double)seen.result.ops == iterations * (strstr(name, "walk/roots/") ? 8 : 1));
}

/*
 * 32 sections below 4 GiB and one at 2^45: section 2^18 of 2^25. Its root is the 1025th; the first
 * and the last are there.
 */
static void test_walks(void **state)
{
	check_walk("memmodel/walk/all/model:extreme", 33554432);
	check_walk("memmodel/walk/present/model:sparse", 262145);
	check_walk("memmodel/walk/present/model:vmemmap", 262145);
	check_walk("memmodel/walk/roots/model:sparse", 262145);
	check_walk("memmodel/walk/roots/model:extreme", 256 + 1023 + 1);
	check_walk("memmodel/walk/roots/model:vmemmap", 256 + 1023 + 1);
}

/* --- boots --- */

static void test_boots(void **state)
{
	static const char *const names[] = {
		"memmodel/sparse_init/16x4T/model:extreme",
		"memmodel/memmap_init/model:flat",
		"memmodel/deferred_init/model:sparse",
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(names); i++) {
		struct bench_case_seen seen = bench_case_one(mb_bench_memmodel_row, names[i]);

		assert_string_equal(seen.reason, "");
		assert_int_equal(seen.result.status, MB_RUNNER_OK);
	}
}

/* Every model has a row of everything; flat where there are no sections has none. */
static void test_models(void **state)
{
	struct mb_bench row;

	for (size_t i = 0; mb_bench_memmodel_row(i, &row); i++) {
		bool flat = row.args[0] == MB_MEMMODEL_FLAT;

		assert_string_equal(row.arg_name, "model");
		assert_int_equal(row.nr_args, MB_NR_MEMMODELS - !flat);
		assert_int_equal(flat, strncmp(row.name, "walk/", 5) &&
					       strcmp(row.name, "sparse_init/16x4T"));
		for (size_t j = 0; j < row.nr_args; j++)
			assert_string_equal(row.arg_text(row.args[j]),
					    mb_memmodels[row.args[j]].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversions_validate),
		cmocka_unit_test(test_no_conversions_are_an_error),
		cmocka_unit_test(test_wrong_conversions_are_an_error),
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_boots),
		cmocka_unit_test(test_models),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
