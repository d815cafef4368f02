/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/ranges.h"
#include "core/base/rng.h"
#include "tests/seed.h"

#define SPACE 64 /* addresses of the random tests */

static void add_all(struct mb_ranges *ranges, const struct mb_range *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(mb_ranges_add(ranges, list[i].start, list[i].end), 0);
}

/*
 *        0   4   8   12
 * added   ##  ##        then  ##  (touches), #### (overlaps)
 * result  ####.#####
 */
static void test_normalise(void **state)
{
	static const struct mb_range added[] = {{8, 10}, {1, 3}, {3, 5}, {6, 9}, {7, 7}, {9, 4}};
	struct mb_ranges ranges = {0};

	mb_ranges_normalise(&ranges);
	assert_int_equal(ranges.count, 0);
	add_all(&ranges, added, MB_ARRAY_SIZE(added));
	mb_ranges_normalise(&ranges);
	assert_int_equal(ranges.count, 2);
	assert_int_equal(ranges.list[0].start, 1);
	assert_int_equal(ranges.list[0].end, 5);
	assert_int_equal(ranges.list[1].start, 6);
	assert_int_equal(ranges.list[1].end, 10);
	mb_ranges_fini(&ranges);
	mb_ranges_fini(&ranges);
}

/*
 * ranges   ..####....######..
 * without  ...##......##..##.
 * left     ..#..#....#..##...
 */
static void test_subtract(void **state)
{
	static const struct mb_range list[] = {{2, 6}, {10, 16}},
				     cuts[] = {{3, 5}, {11, 13}, {15, 17}};
	static const struct mb_range left[] = {{2, 3}, {5, 6}, {10, 11}, {13, 15}};
	struct mb_ranges ranges = {0}, without = {0};

	add_all(&ranges, list, MB_ARRAY_SIZE(list));
	add_all(&without, cuts, MB_ARRAY_SIZE(cuts));
	assert_int_equal(mb_ranges_subtract(&ranges, &without), 0);
	assert_int_equal(ranges.count, MB_ARRAY_SIZE(left));
	assert_memory_equal(ranges.list, left, sizeof(left));
	mb_ranges_fini(&ranges);
	mb_ranges_fini(&without);
}

/* The addresses of a list, one byte each; asserts that it is sorted and that nothing touches. */
static void draw(const struct mb_ranges *ranges, bool map[SPACE])
{
	memset(map, 0, SPACE);
	for (size_t i = 0; i < ranges->count; i++) {
		assert_true(ranges->list[i].start < ranges->list[i].end);
		assert_true(!i || ranges->list[i].start > ranges->list[i - 1].end);
		memset(map + ranges->list[i].start, 1, ranges->list[i].end - ranges->list[i].start);
	}
}

static void add_random(struct mb_ranges *ranges, bool map[SPACE], struct mb_rng *rng)
{
	memset(map, 0, SPACE);
	for (uint64_t n = mb_rng_below(rng, 12); n; n--) {
		uint64_t start = mb_rng_below(rng, SPACE), end = start + mb_rng_below(rng, 12);

		end = mb_min(end, SPACE);
		assert_int_equal(mb_ranges_add(ranges, start, end), 0);
		memset(map + start, 1, end - start);
	}
	mb_ranges_normalise(ranges);
}

/*
 * ranges    ..##..##..##..
 * inserted  ....####......
 * result    ..######..##..
 */
static void test_insert(void **state)
{
	static const struct mb_range list[] = {{2, 4}, {6, 8}, {10, 12}};
	struct mb_ranges ranges = {0};

	assert_int_equal(mb_ranges_insert(&ranges, 7, 7), 0);
	assert_int_equal(ranges.count, 0);
	add_all(&ranges, list, MB_ARRAY_SIZE(list));
	assert_int_equal(mb_ranges_insert(&ranges, 4, 8), 0);
	assert_int_equal(ranges.count, 2);
	assert_int_equal(ranges.list[0].start, 2);
	assert_int_equal(ranges.list[0].end, 8);
	assert_int_equal(mb_ranges_insert(&ranges, 0, 1), 0);
	assert_int_equal(mb_ranges_insert(&ranges, MB_PHYS_MAX - 1, MB_PHYS_MAX), 0);
	assert_int_equal(ranges.count, 4);
	assert_int_equal(mb_ranges_insert(&ranges, 0, MB_PHYS_MAX), 0);
	assert_int_equal(ranges.count, 1);
	mb_ranges_fini(&ranges);
}

/* Against a map with a byte an address. */
static void test_random(void **state)
{
	struct mb_rng rng = {seed_or(20240607)};

	for (int round = 0; round < 3000; round++) {
		bool want[SPACE], cuts[SPACE], got[SPACE];
		struct mb_ranges ranges = {0}, without = {0};
		uint64_t start = mb_rng_below(&rng, SPACE), end = start + mb_rng_below(&rng, 9);

		add_random(&ranges, want, &rng);
		add_random(&without, cuts, &rng);
		draw(&ranges, got);
		assert_memory_equal(want, got, SPACE);
		assert_int_equal(mb_ranges_overlap(&ranges, start, end),
				 memchr(want + start, 1, mb_min(end, SPACE) - start) != NULL);
		assert_int_equal(mb_ranges_subtract(&ranges, &without), 0);
		for (int i = 0; i < SPACE; i++)
			want[i] = want[i] && !cuts[i];
		draw(&ranges, got);
		assert_memory_equal(want, got, SPACE);
		end = mb_min(end, SPACE);
		assert_int_equal(mb_ranges_insert(&ranges, start, end), 0);
		memset(want + start, 1, end - start);
		draw(&ranges, got);
		assert_memory_equal(want, got, SPACE);
		mb_ranges_fini(&ranges);
		mb_ranges_fini(&without);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normalise),
		cmocka_unit_test(test_subtract),
		cmocka_unit_test(test_insert),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
