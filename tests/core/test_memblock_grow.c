/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "core/base/align.h"
#include "tests/core/memblock_case.h"

/*
 * Doubling of the arrays: when, where, and what it does to the other array. A region of the kernel has 24 bytes, so 256 of
 * them take two pages, 512 three and 1024 six. SPOT(i) is a small range, no two of which touch.
 *
 * In the pictures 's' are spots, 'A' is an array's place, '#' is reserved, '?' is the range that asks.
 */
#define INIT     MB_MEMBLOCK_INIT_REGIONS
#define SPOTS    0x100000
#define SPOT(i)  (SPOTS + (mb_phys_t)(i)*0x200)
#define SPOT_LEN 0x100
#define ROOM     0x1000000 /* memory of its own for arrays, far above the spots */
#define ROOM_LEN 0x100000
#define ROOM_END (ROOM + ROOM_LEN)

static int set_up(void **state)
{
	struct mb_memblock *mb = malloc(sizeof(*mb));

	if (!mb)
		return -1;
	mb_memblock_init(mb, 12, true);
	mb_memblock_allow_resize(mb);
	*state = mb;
	return 0;
}

static int tear_down(void **state)
{
	mb_memblock_fini(*state);
	free(*state);
	return 0;
}

static void reserve_spots(struct mb_memblock *mb, int first, int end)
{
	for (int i = first; i < end; i++)
		assert_int_equal(mb_memblock_reserve(mb, SPOT(i), SPOT_LEN), 0);
}

static void assert_region(const struct mb_memblock_type *type, size_t i, mb_phys_t base,
			  mb_phys_t size)
{
	assert_true(i < type->cnt);
	assert_int_equal(type->regions[i].base, base);
	assert_int_equal(type->regions[i].size, size);
}

static void assert_spots(const struct mb_memblock_type *type, int nr)
{
	for (int i = 0; i < nr; i++)
		assert_region(type, (size_t)i, SPOT(i), SPOT_LEN);
}

/*
 * Before resizing is allowed a full array takes nothing that needs a slot, even for a moment, and changes nothing.
 *   reserved  s.s.s.s … 128 of them
 *   reserve   ............?   fails
 *   reserve   .?...........   fails: two pieces become one only after the insertion
 *   reserve   ?............   is inside: nothing to do
 */
static void test_not_allowed(void **state)
{
	struct mb_memblock *mb = *state;

	mb->can_resize = false;
	mb_memblock_add(mb, SPOTS, 0x1000000);
	reserve_spots(mb, 0, INIT);
	assert_int_equal(mb_memblock_reserve(mb, SPOT(INIT), SPOT_LEN), -ENOMEM);
	assert_int_equal(mb_memblock_reserve(mb, SPOT(0) + SPOT_LEN, SPOT(1) - SPOT(0) - SPOT_LEN),
			 -ENOMEM);
	assert_int_equal(mb_memblock_reserve(mb, SPOT(0), SPOT_LEN), 0);
	assert_int_equal(mb_memblock_phys_free(mb, SPOT(3), SPOT_LEN), -ENOMEM);
	assert_int_equal(mb_memblock_set_node(mb, SPOT(3), 1, &mb->reserved, 0), -ENOMEM);
	assert_int_equal(mb_memblock_alloc(mb, 0x100, 0x100), 0);
	assert_int_equal(mb->nr_allocs, 0);
	assert_int_equal(mb->reserved.cnt, INIT);
	assert_spots(&mb->reserved, INIT);
	assert_int_equal(mb_memblock_check(mb), 0);
}

/* Isolating wants two free slots even where it needs none: removing fails from 127 regions on. */
static void test_isolate_wants_two(void **state)
{
	struct mb_memblock *mb = *state;

	mb->can_resize = false;
	reserve_spots(mb, 0, INIT - 2);
	assert_int_equal(mb_memblock_phys_free(mb, SPOT(3), SPOT_LEN), 0);
	reserve_spots(mb, 3, 4);
	reserve_spots(mb, INIT - 2, INIT - 1);
	assert_int_equal(mb_memblock_phys_free(mb, SPOT(3), SPOT_LEN), -ENOMEM);
	assert_int_equal(mb_memblock_phys_free(mb, SPOT(3), 0), 0);
	assert_int_equal(mb->reserved.cnt, INIT - 1);
}

/*
 * The 129th region of memory doubles its array, the 257th once more: the new place is found while the old one is still
 * reserved, then the old one is freed.
 *   memory    s.s.s.s … 127 spots and the room
 *   reserved                  ...........AA   at the 129th
 *   reserved                  ........AAA..   at the 257th
 */
static void test_add_many(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, ROOM, ROOM_LEN);
	for (int i = 0; i < 2 * INIT; i++) {
		assert_int_equal(mb_memblock_add(mb, SPOT(i), SPOT_LEN), 0);
		assert_int_equal(mb->memory.max, i < INIT - 1       ? INIT
						 : i < 2 * INIT - 1 ? 2 * INIT
								    : 4 * INIT);
		if (i == INIT - 1) {
			assert_int_equal(mb->memory_array, ROOM_END - 0x2000);
			assert_region(&mb->reserved, 0, ROOM_END - 0x2000, 0x2000);
		}
	}
	assert_spots(&mb->memory, 2 * INIT);
	assert_int_equal(mb->memory.cnt, 2 * INIT + 1);
	assert_int_equal(mb->memory_array, ROOM_END - 0x5000);
	assert_int_equal(mb->reserved.cnt, 1);
	assert_region(&mb->reserved, 0, ROOM_END - 0x5000, 0x3000);
	assert_int_equal(mb->reserved.max, INIT);
	assert_int_equal(mb->nr_doublings, 2);
	assert_int_equal(mb_memblock_check(mb), 0);
}

/*
 * The same for reserved. Its array is itself a reserved region, so the second doubling comes at the 256th spot.
 *   reserved  s.s.s.s … 128 spots
 *   reserved  s.s.s.s … ?     ...........AA   at the 129th
 *   reserved  s.s.s.s … ?     ........AAA..   at the 256th
 */
static void test_reserve_many(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, ROOM, ROOM_LEN);
	reserve_spots(mb, 0, INIT);
	assert_int_equal(mb->reserved.max, INIT);
	reserve_spots(mb, INIT, INIT + 1);
	assert_int_equal(mb->reserved.max, 2 * INIT);
	assert_int_equal(mb->reserved.cnt, INIT + 2);
	assert_spots(&mb->reserved, INIT + 1);
	assert_region(&mb->reserved, INIT + 1, ROOM_END - 0x2000, 0x2000);
	reserve_spots(mb, INIT + 1, 2 * INIT - 1);
	assert_int_equal(mb->reserved.max, 2 * INIT);
	reserve_spots(mb, 2 * INIT - 1, 2 * INIT);
	assert_int_equal(mb->reserved.max, 4 * INIT);
	assert_spots(&mb->reserved, 2 * INIT);
	assert_region(&mb->reserved, 2 * INIT, ROOM_END - 0x5000, 0x3000);
	assert_int_equal(mb->reserved_array, ROOM_END - 0x5000);
	assert_int_equal(mb_memblock_check(mb), 0);
}

/* Bottom-up the array takes the lowest place above the range that asks. */
static void test_reserve_many_bottom_up(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_set_bottom_up(mb, true);
	mb_memblock_add(mb, SPOTS, 0x100000);
	reserve_spots(mb, 0, INIT + 1);
	assert_int_equal(mb->reserved_array, mb_align_up_pow2(SPOT(INIT) + SPOT_LEN, 0x1000));
	assert_int_equal(mb_memblock_check(mb), 0);
}

/*
 * Whichever of 129 places comes last, and so doubles the array, the result is the same.
 *   reserved  s.s.s...s.s …
 *   reserve   ......?......
 */
static void test_reserve_all_locations(void **state)
{
	struct mb_memblock *mb = *state;

	for (int bottom_up = 0; bottom_up < 2; bottom_up++) {
		for (int last = 0; last <= INIT; last++) {
			mb_memblock_fini(mb);
			mb_memblock_init(mb, 12, last % 2);
			mb_memblock_set_bottom_up(mb, bottom_up);
			mb_memblock_allow_resize(mb);
			mb_memblock_add(mb, ROOM, ROOM_LEN);
			reserve_spots(mb, 0, last);
			reserve_spots(mb, last + 1, INIT + 1);
			assert_int_equal(mb->reserved.max, INIT);
			reserve_spots(mb, last, last + 1);
			assert_int_equal(mb->reserved.max, 2 * INIT);
			assert_int_equal(mb->reserved.cnt, INIT + 2);
			assert_spots(&mb->reserved, INIT + 1);
			assert_region(&mb->reserved, INIT + 1, bottom_up ? ROOM : ROOM_END - 0x2000,
				      0x2000);
			assert_int_equal(mb_memblock_check(mb), 0);
		}
	}
}

/*
 * The range that asks is the best place for the array, being still free in the books. The array goes above it; if there is
 * no room, below it; if there is none either, the request fails and nothing has changed.
 *   room      ..????????????..   2 pages at either end: above
 *   room      ..????????????.    1 page above: below
 *   room       .????????????.    1 page on either side: fails
 */
static void test_reserve_many_may_conflict(void **state)
{
	static const struct {
		mb_phys_t below, above, place;
	} cases[] = {
		{0x2000, 0x2000, ROOM + 0x10000},
		{0x2000, 0x1000, ROOM - 0x2000},
		{0x1000, 0x1000, 0},
	};
	struct mb_memblock *mb = *state;

	for (size_t i = 0; i < 2 * MB_ARRAY_SIZE(cases); i++) {
		mb_phys_t below = cases[i / 2].below, above = cases[i / 2].above,
			  place = cases[i / 2].place;

		mb_memblock_fini(mb);
		mb_memblock_init(mb, 12, true);
		mb_memblock_set_bottom_up(mb, i % 2);
		mb_memblock_allow_resize(mb);
		mb_memblock_add(mb, ROOM - below, below + 0x10000 + above);
		reserve_spots(mb, 0, INIT);
		assert_int_equal(mb_memblock_reserve(mb, ROOM, 0x10000), place ? 0 : -ENOMEM);
		assert_int_equal(mb->reserved_array, place);
		assert_int_equal(mb->reserved.max, place ? 2 * INIT : INIT);
		if (place)
			assert_region(&mb->reserved, INIT, mb_min(place, ROOM), 0x12000);
		else
			assert_int_equal(mb->reserved.cnt, INIT);
		assert_int_equal(mb_memblock_check(mb), 0);
	}
}

/* A range from address 0 has nothing below: the array does not land in it. */
static void test_reserve_from_zero(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0, 0x10000);
	reserve_spots(mb, 0, INIT);
	assert_int_equal(mb_memblock_reserve(mb, 0, 0x10000), -ENOMEM);
	assert_int_equal(mb->reserved.cnt, INIT);
	assert_int_equal(mb_memblock_reserve(mb, 0, 0xe000), 0);
	assert_int_equal(mb->reserved_array, 0xe000);
}

/* The place obeys the current limit. */
static void test_place_below_limit(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, ROOM, ROOM_LEN);
	mb_memblock_set_current_limit(mb, ROOM + 0x10800);
	reserve_spots(mb, 0, INIT + 1);
	assert_int_equal(mb->reserved_array, ROOM + 0xe000);
}

/* Mirrored memory is preferred for arrays too, and done without. */
static void test_place_mirror(void **state)
{
	struct mb_memblock *mb = *state;

	mb->mirror = true;
	mb_memblock_add(mb, ROOM, ROOM_LEN);
	mb_memblock_mark_mirror(mb, ROOM + 0x4000, 0x2000);
	reserve_spots(mb, 0, INIT + 1);
	assert_int_equal(mb->reserved_array, ROOM + 0x4000);
	reserve_spots(mb, INIT + 1, 2 * INIT);
	assert_int_equal(mb->reserved_array, ROOM_END - 0x3000);
}

/*
 * Setting the nodes of reserved regions may double the array, which adds a region without a node where nodes were set
 * already: callers go on until the capacity stays.
 *   memory    000000000011111111111
 *   reserved  .........##.s.s.s.s …   126 regions; node 0 splits the first, node 1 wants two free slots
 *   reserved  .....AA..01.1.1.1.1 …   the array has no node yet
 */
static void test_set_node_may_double(void **state)
{
	struct mb_memblock *mb = *state;
	unsigned long max;
	int rounds = 0;

	mb_memblock_add_node(mb, SPOTS - 0x10000, 0x10000, 0, 0);
	mb_memblock_add_node(mb, SPOTS, 0x100000, 1, 0);
	mb_memblock_reserve(mb, SPOTS - 0x100, 0x200);
	reserve_spots(mb, 1, INIT - 2);
	do {
		max = mb->reserved.max;
		for (size_t i = 0; i < mb->memory.cnt; i++) {
			const struct mb_memblock_region r = mb->memory.regions[i];

			assert_int_equal(
				mb_memblock_set_node(mb, r.base, r.size, &mb->reserved, r.nid), 0);
		}
		if (!rounds++) {
			assert_region(&mb->reserved, 0, SPOTS - 0x3000, 0x2000);
			assert_int_equal(mb->reserved.regions[0].nid, MB_MAX_NODES);
		}
	} while (max != mb->reserved.max);
	assert_int_equal(rounds, 2);
	assert_int_equal(mb->reserved.max, 2 * INIT);
	assert_int_equal(mb->reserved.cnt, INIT);
	for (size_t i = 0; i < mb->reserved.cnt; i++)
		assert_int_equal(mb->reserved.regions[i].nid, i < 2 ? 0 : 1);
	assert_int_equal(mb_memblock_check(mb), 0);
}

/*
 * Both arrays are full: memory's doubles, and reserving its place doubles reserved.
 *   reserved  s.s.s.s …       .........AA   memory's array
 *   reserved  s.s.s.s …       .......AAAA   and reserved's own
 */
static void test_double_both(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, ROOM, ROOM_LEN);
	for (int i = 0; i < INIT - 1; i++)
		mb_memblock_add(mb, SPOT(i), SPOT_LEN);
	reserve_spots(mb, 0, INIT);
	assert_int_equal(mb->nr_doublings, 0);
	assert_int_equal(mb_memblock_add(mb, SPOT(INIT), SPOT_LEN), 0);
	assert_int_equal(mb->nr_doublings, 2);
	assert_int_equal(mb->memory_array, ROOM_END - 0x2000);
	assert_int_equal(mb->reserved_array, ROOM_END - 0x4000);
	assert_int_equal(mb->memory.cnt, INIT + 1);
	assert_int_equal(mb->reserved.cnt, INIT + 1);
	assert_region(&mb->reserved, INIT, ROOM_END - 0x4000, 0x4000);
	assert_int_equal(mb_memblock_check(mb), 0);
}

/*
 * The same with room for one array only: where the kernel would stop, the request fails, and things go on once there is room.
 *   room  ##########.AA#   memory's array has a place, reserved's has none
 */
static void test_double_half(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, ROOM, 0x3000);
	for (int i = 0; i < INIT - 1; i++)
		mb_memblock_add(mb, SPOT(i), SPOT_LEN);
	reserve_spots(mb, 0, INIT);
	assert_int_equal(mb_memblock_add(mb, SPOT(INIT), SPOT_LEN), -ENOMEM);
	assert_int_equal(mb->memory.cnt, INIT);
	assert_int_equal(mb->memory_array, 0);
	assert_int_equal(mb_memblock_check(mb), 0);
	assert_int_equal(mb_memblock_add(mb, ROOM + 0x3000, 0x8000), 0);
	assert_int_equal(mb_memblock_reserve(mb, SPOT(INIT), SPOT_LEN), 0);
	for (int i = INIT; i <= 2 * INIT; i++)
		assert_int_equal(mb_memblock_add(mb, SPOT(i), SPOT_LEN), 0);
	assert_int_not_equal(mb->memory_array, 0);
	assert_true(mb_memblock_is_region_reserved(mb, mb->memory_array, 0x3000));
	assert_int_equal(mb_memblock_check(mb), 0);
}

/* 64 KiB pages: one page holds many doublings. */
static void test_large_pages(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_fini(mb);
	mb_memblock_init(mb, 16, false);
	mb_memblock_allow_resize(mb);
	mb_memblock_add(mb, ROOM, ROOM_LEN);
	reserve_spots(mb, 0, INIT + 1);
	assert_int_equal(mb->reserved_array, ROOM_END - 0x10000);
	assert_region(&mb->reserved, INIT + 1, ROOM_END - 0x10000, 0x10000);
}

/*
 * A machine of 61 TiB in 100 000 regions, each with a reservation inside: walks and changes that are not linear would take
 * minutes.
 *   memory    ========....========....
 *   reserved  ...#........rr#.........
 */
static void test_many_regions(void **state)
{
	const mb_phys_t stride = 640 * MB_MIB, size = 512 * MB_MIB;
	const uint64_t nr = 100000;
	struct mb_memblock *mb = *state;
	uint64_t cursor, forward = 0, backward = 0, bytes = 0;
	struct mb_range range, last = {0, 0};

	for (uint64_t i = 0; i < nr; i++) {
		assert_int_equal(
			mb_memblock_add_node(mb, (i + 1) * stride, size, (int)(i * 8 / nr), 0), 0);
		assert_int_equal(mb_memblock_reserve(mb, (i + 1) * stride + 0x10000000, 0x1000), 0);
	}
	assert_int_equal(mb->memory.cnt, nr);
	assert_int_equal(mb_memblock_check(mb), 0);
	mb_memblock_for_each_free(cursor, mb, MB_NO_NODE, 0, &range, NULL) {
		assert_true(range.start > last.start && range.start >= last.end &&
			    range.end > range.start);
		last = range;
		bytes += range.end - range.start;
		forward++;
	}
	assert_int_equal(bytes, nr * size - mb_memblock_reserved_size(mb));
	assert_in_range(forward, 2 * nr, 2 * nr + 2);
	cursor = MB_MEMBLOCK_CURSOR_LAST;
	while (mb_memblock_next_free_mem_range_rev(mb, &cursor, MB_NO_NODE, 0, &range, NULL))
		backward++;
	assert_int_equal(forward, backward);
	for (int i = 0; i < 1000; i++)
		assert_int_not_equal(mb_memblock_alloc_node(mb, 0x1000, 0x1000, i % 8), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_allowed),
		TEST(test_isolate_wants_two),
		TEST(test_add_many),
		TEST(test_reserve_many),
		TEST(test_reserve_many_bottom_up),
		TEST(test_reserve_all_locations),
		TEST(test_reserve_many_may_conflict),
		TEST(test_reserve_from_zero),
		TEST(test_place_below_limit),
		TEST(test_place_mirror),
		TEST(test_set_node_may_double),
		TEST(test_double_both),
		TEST(test_double_half),
		TEST(test_large_pages),
		TEST(test_many_regions),
	};

	return cmocka_run_group_tests_name("memblock_grow", tests, NULL, NULL);
}
