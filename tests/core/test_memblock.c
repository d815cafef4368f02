/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "tests/core/memblock_case.h"

/*
 * The two arrays and everything that changes or asks them, but for allocation (test_memblock_alloc.c, _numa.c), doubling
 * (_grow.c) and random calls (_model.c). In the pictures '=' and '-' are regions, '.' is nothing.
 */

/* Adding and removing are the same on both arrays: each row is a test on memory and one on reserved. */
enum change {
	CHANGE_END,
	PUT,  /* add, reserve */
	TAKE, /* remove, phys_free */
};

struct change_case {
	const char *name;
	struct {
		enum change change;
		struct case_range range;
	} steps[4];
	struct case_range after[4];
};

#define LAST MB_PHYS_MAX

/* clang-format off */
static const struct change_case change_cases[] = {
	/*
	 * One range is one region.
	 *   put    ...====...
	 *   after  ...====...
	 */
	{"put simple", {{PUT, {0x1000, 0x400}}}, {{0x1000, 0x400}}},
	/*
	 * Two ranges apart, the higher one first: two regions in order.
	 *   put    .......===
	 *   put    .====.....
	 *   after  .====..===
	 */
	{"put disjoint", {{PUT, {0x8000, 0x2000}}, {PUT, {0x1000, 0x2000}}}, {{0x1000, 0x2000}, {0x8000, 0x2000}}},
	/*
	 * The second range covers the start of the first.
	 *   put    ....=====.
	 *   put    ..====....
	 *   after  ..=======.
	 */
	{"put overlap_top", {{PUT, {0x2000, 0x1000}}, {PUT, {0x1800, 0x1000}}}, {{0x1800, 0x1800}}},
	/*
	 * The second range covers the end of the first.
	 *   put    ..=====...
	 *   put    .....====.
	 *   after  ..=======.
	 */
	{"put overlap_bottom", {{PUT, {0x1000, 0x2000}}, {PUT, {0x2000, 0x2000}}}, {{0x1000, 0x3000}}},
	/*
	 * The second range is inside the first: no change.
	 *   put    .========.
	 *   put    ...===....
	 *   after  .========.
	 */
	{"put within", {{PUT, {0x1000, 0x4000}}, {PUT, {0x2000, 0x1000}}}, {{0x1000, 0x4000}}},
	/*
	 * The same range again: no change.
	 *   put    ..=====...  twice
	 *   after  ..=====...
	 */
	{"put twice", {{PUT, {0x1000, 0x1000}}, {PUT, {0x1000, 0x1000}}}, {{0x1000, 0x1000}}},
	/*
	 * The third range fills the gap between the others: one region.
	 *   put    .==...===.
	 *   put    ...===....
	 *   after  .========.
	 */
	{"put between", {{PUT, {0x1000, 0x1000}}, {PUT, {0x4000, 0x1000}}, {PUT, {0x2000, 0x2000}}}, {{0x1000, 0x4000}}},
	/*
	 * A range that would pass the last address ends there.
	 *   put    ......====|==
	 *   after  ......====|
	 */
	{"put near_max", {{PUT, {LAST - 0x1000, 0x2000}}}, {{LAST - 0x1000, 0x1000}}},
	/*
	 * The first region goes, the second stays.
	 *   put    .===..===.
	 *   take   .===......
	 *   after  ......===.
	 */
	{"take simple", {{PUT, {0x1000, 0x800}}, {PUT, {0x4000, 0x800}}, {TAKE, {0x1000, 0x800}}}, {{0x4000, 0x800}}},
	/*
	 * Nothing is where the range is: no change.
	 *   put    .====.....
	 *   take   ......===.
	 *   after  .====.....
	 */
	{"take absent", {{PUT, {0x1000, 0x1000}}, {TAKE, {0x2000, 0x1000}}}, {{0x1000, 0x1000}}},
	/*
	 * The range covers the start of the region: the rest stays.
	 *   put    ...=====..
	 *   take   .====.....
	 *   after  .....===..
	 */
	{"take overlap_top", {{PUT, {0x2000, 0x2000}}, {TAKE, {0x1000, 0x1800}}}, {{0x2800, 0x1800}}},
	/*
	 * The range covers the end of the region: the rest stays.
	 *   put    ..=====...
	 *   take   .....====.
	 *   after  ..===.....
	 */
	{"take overlap_bottom", {{PUT, {0x2000, 0x2000}}, {TAKE, {0x3800, 0x1000}}}, {{0x2000, 0x1800}}},
	/*
	 * The range is inside the region: two are left.
	 *   put    .========.
	 *   take   ...===....
	 *   after  .==...===.
	 */
	{"take within", {{PUT, {0x1000, 0x4000}}, {TAKE, {0x2000, 0x1000}}}, {{0x1000, 0x1000}, {0x3000, 0x2000}}},
	/*
	 * The only region goes: the array is as new.
	 *   put    ...====...
	 *   take   ...====...
	 *   after  ..........
	 */
	{"take only_region", {{PUT, {0x1000, 0x1000}}, {TAKE, {0x1000, 0x1000}}}, {{0, 0}}},
	/*
	 * The range passes the last address: only what is below it goes.
	 *   put    ...=======|
	 *   take   ......====|==
	 *   after  ...===....|
	 */
	{"take near_max", {{PUT, {LAST - 0x2000, 0x2000}}, {TAKE, {LAST - 0x1000, 0x2000}}}, {{LAST - 0x2000, 0x1000}}},
	/*
	 * The range covers the end of one region and the start of the next.
	 *   put    .====.====
	 *   take   ...=====..
	 *   after  .==.....==
	 */
	{"take overlap_two", {{PUT, {0x1000, 0x1000}}, {PUT, {0x3000, 0x1000}}, {TAKE, {0x1800, 0x2000}}},
	 {{0x1000, 0x800}, {0x3800, 0x800}}},
	/* An empty range, and one that clamping empties, change nothing, not even the dummy. */
	{"put empty", {{PUT, {0x1000, 0}}, {PUT, {LAST, 0x1000}}, {TAKE, {0x1000, 0}}}, {{0, 0}}},
	/*
	 * One range over all regions and gaps goes all at once.
	 *   put    .==..==.==
	 *   take   ==========
	 *   after  ..........
	 */
	{"take all", {{PUT, {0x1000, 0x800}}, {PUT, {0x2000, 0x800}}, {PUT, {0x3000, 0x800}}, {TAKE, {0, LAST}}}, {{0, 0}}},
};
/* clang-format on */

struct change_run {
	const struct change_case *row;
	bool reserved;
};

static void run_change(void **state)
{
	const struct change_run *run = *state;

	for (int dummy = 0; dummy < 2; dummy++) {
		struct mb_memblock mb;

		mb_memblock_init(&mb, 12, dummy);
		for (size_t i = 0; i < 4 && run->row->steps[i].change; i++) {
			struct case_range range = run->row->steps[i].range;
			bool put = run->row->steps[i].change == PUT;
			int ret;

			if (run->reserved)
				ret = put ? mb_memblock_reserve(&mb, range.base, range.size)
					  : mb_memblock_phys_free(&mb, range.base, range.size);
			else
				ret = put ? mb_memblock_add(&mb, range.base, range.size)
					  : mb_memblock_remove(&mb, range.base, range.size);
			assert_int_equal(ret, 0);
		}
		memblock_case_assert_ranges(&mb, run->reserved ? &mb.reserved : &mb.memory,
					    run->row->after, MB_ARRAY_SIZE(run->row->after));
		memblock_case_assert_ranges(&mb, run->reserved ? &mb.memory : &mb.reserved, NULL,
					    0);
		mb_memblock_fini(&mb);
	}
}

/* A memblock per test, with the dummy region. */

static int set_up(void **state)
{
	struct mb_memblock *mb = malloc(sizeof(*mb));

	if (!mb)
		return -1;
	mb_memblock_init(mb, 12, true);
	*state = mb;
	return 0;
}

static int tear_down(void **state)
{
	mb_memblock_fini(*state);
	free(*state);
	return 0;
}

#define ASSERT_RANGES(mb, type, ...)                                                             \
	do {                                                                                     \
		const struct case_range ranges_[] = {__VA_ARGS__};                               \
		memblock_case_assert_ranges((mb), &(mb)->type, ranges_, MB_ARRAY_SIZE(ranges_)); \
	} while (0)

static void assert_region(const struct mb_memblock_region *r, mb_phys_t base, mb_phys_t size,
			  int nid, unsigned flags)
{
	assert_int_equal(r->base, base);
	assert_int_equal(r->size, size);
	assert_int_equal(r->nid, nid);
	assert_int_equal(r->flags, flags);
}

/* What a new memblock looks like, in both conventions for emptiness. */
static void test_initialization(void **state)
{
	struct mb_memblock *mb = *state;

	for (int dummy = 1; dummy >= 0; dummy--) {
		mb_memblock_fini(mb);
		mb_memblock_init(mb, 12, dummy);
		assert_int_equal(mb->memory.cnt, dummy);
		assert_int_equal(mb->memory.max, MB_MEMBLOCK_INIT_REGIONS);
		assert_string_equal(mb->memory.name, "memory");
		assert_int_equal(mb->reserved.cnt, dummy);
		assert_int_equal(mb->reserved.max, MB_MEMBLOCK_INIT_REGIONS);
		assert_string_equal(mb->reserved.name, "reserved");
		assert_region(&mb->memory.regions[0], 0, 0, MB_MAX_NODES, 0);
		assert_region(&mb->reserved.regions[0], 0, 0, MB_MAX_NODES, 0);
		assert_false(mb_memblock_bottom_up(mb));
		assert_int_equal(mb_memblock_get_current_limit(mb), MB_MEMBLOCK_ALLOC_ANYWHERE);
		assert_int_equal(mb_memblock_check(mb), 0);
		assert_int_equal(mb_memblock_phys_mem_size(mb), 0);
		assert_int_equal(mb_memblock_start_of_DRAM(mb), 0);
		assert_int_equal(mb_memblock_end_of_DRAM(mb), 0);
	}
}

static void test_fini_zeroed(void **state)
{
	struct mb_memblock mb = {0};

	(void)state;
	mb_memblock_fini(&mb);
}

/* Node and flags of an added range are kept. */
static void test_add_node_simple(void **state)
{
	struct mb_memblock *mb = *state;

	assert_int_equal(mb_memblock_add_node(mb, 0x1000, 0x800, 1, MB_MEMBLOCK_HOTPLUG), 0);
	assert_int_equal(mb->memory.cnt, 1);
	assert_region(&mb->memory.regions[0], 0x1000, 0x800, 1, MB_MEMBLOCK_HOTPLUG);
}

/*
 * Where the new range overlaps others, theirs are the nid and flags; the pieces that are new do not join them.
 *   before  ..0000..1111..
 *   add     22222222222222
 *   after   22000022111122
 */
static void test_add_existing_wins(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add_node(mb, 0x2000, 0x1000, 0, 0);
	mb_memblock_add_node(mb, 0x4000, 0x1000, 1, MB_MEMBLOCK_HOTPLUG);
	mb_memblock_add_node(mb, 0x1000, 0x5000, 2, 0);
	assert_int_equal(mb->memory.cnt, 5);
	assert_region(&mb->memory.regions[0], 0x1000, 0x1000, 2, 0);
	assert_region(&mb->memory.regions[1], 0x2000, 0x1000, 0, 0);
	assert_region(&mb->memory.regions[2], 0x3000, 0x1000, 2, 0);
	assert_region(&mb->memory.regions[3], 0x4000, 0x1000, 1, MB_MEMBLOCK_HOTPLUG);
	assert_region(&mb->memory.regions[4], 0x5000, 0x1000, 2, 0);
	assert_int_equal(mb_memblock_check(mb), 0);
}

/* Neighbours that touch stay apart while nid or flags differ. */
static void test_merge_needs_equal_nid_and_flags(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add_node(mb, 0x1000, 0x1000, 0, 0);
	mb_memblock_add_node(mb, 0x2000, 0x1000, 1, 0);
	mb_memblock_add_node(mb, 0x3000, 0x1000, 1, MB_MEMBLOCK_NOMAP);
	assert_int_equal(mb->memory.cnt, 3);
	mb_memblock_clear_nomap(mb, 0x3000, 0x1000);
	ASSERT_RANGES(mb, memory, {0x1000, 0x1000}, {0x2000, 0x2000});
	mb_memblock_set_node(mb, 0x2000, 0x2000, &mb->memory, 0);
	ASSERT_RANGES(mb, memory, {0x1000, 0x3000});
}

static void test_set_bottom_up(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_set_bottom_up(mb, true);
	assert_true(mb->bottom_up);
	mb_memblock_set_bottom_up(mb, false);
	assert_false(mb->bottom_up);
}

static void test_bottom_up(void **state)
{
	struct mb_memblock *mb = *state;

	mb->bottom_up = true;
	assert_true(mb_memblock_bottom_up(mb));
	mb->bottom_up = false;
	assert_false(mb_memblock_bottom_up(mb));
}

/*
 * Aligned regions stay as they are.
 *   unit    |---|---|---|---|
 *   memory  .====....====....
 *   trimmed .====....====....
 */
static void test_trim_aligned(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x1000, 0x1000);
	mb_memblock_add(mb, 0x3000, 0x1000);
	mb_memblock_trim_memory(mb, 0x1000);
	ASSERT_RANGES(mb, memory, {0x1000, 0x1000}, {0x3000, 0x1000});
	assert_int_equal(mb->trimmed, 0);
}

/*
 * A region without a whole unit vanishes, and its bytes leave the total.
 *   unit    |---|---|---|---|
 *   memory  .====.==.........
 *   trimmed .====............
 */
static void test_trim_too_small(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x1000, 0x1000);
	mb_memblock_add(mb, 0x3400, 0x800);
	mb_memblock_trim_memory(mb, 0x1000);
	ASSERT_RANGES(mb, memory, {0x1000, 0x1000});
	assert_int_equal(mb_memblock_phys_mem_size(mb), 0x1000);
	mb_memblock_trim_memory(mb, 0x4000);
	ASSERT_RANGES(mb, memory, {0, 0});
}

/*
 * A start inside a unit moves up; the total keeps the bytes, as real kernels print it ("memory size" of a PC whose RAM
 * ends at 0x9fc00 has 0xc00 more than its regions).
 *   unit    |---|---|---|---|
 *   memory  .====......======
 *   trimmed .====........====
 */
static void test_trim_unaligned_base(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x1000, 0x1000);
	mb_memblock_add(mb, 0x3400, 0x1c00);
	mb_memblock_trim_memory(mb, 0x1000);
	ASSERT_RANGES(mb, memory, {0x1000, 0x1000}, {0x4000, 0x1000});
	assert_int_equal(mb_memblock_phys_mem_size(mb), 0x2c00);
	assert_int_equal(mb->trimmed, 0xc00);
}

/*
 * An end inside a unit moves down. What is added to emptied memory starts a new total.
 *   unit    |---|---|---|---|
 *   memory  .====....======..
 *   trimmed .====....====....
 */
static void test_trim_unaligned_end(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x1000, 0x1000);
	mb_memblock_add(mb, 0x3000, 0x1c00);
	mb_memblock_trim_memory(mb, 0x1000);
	ASSERT_RANGES(mb, memory, {0x1000, 0x1000}, {0x3000, 0x1000});
	assert_int_equal(mb_memblock_phys_mem_size(mb), 0x2c00);
	mb_memblock_remove(mb, 0, MB_PHYS_MAX);
	assert_int_equal(mb_memblock_phys_mem_size(mb), 0xc00);
	mb_memblock_add(mb, 0x1000, 0x1000);
	assert_int_equal(mb_memblock_phys_mem_size(mb), 0x1000);
	assert_int_equal(mb_memblock_check(mb), 0);
}

/*
 * The limit counts bytes of memory, not addresses; both arrays end where the last byte is.
 *   memory    ..====....====
 *   reserved  .......====...   limit: 6 units
 *   memory    ..====....==..
 *   reserved  .......====...
 */
static void test_enforce_memory_limit(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x2000, 0x4000);
	mb_memblock_add(mb, 0xa000, 0x4000);
	mb_memblock_reserve(mb, 0x7000, 0x4000);
	mb_memblock_reserve(mb, 0xd000, 0x800);
	mb_memblock_enforce_memory_limit(mb, 0);
	mb_memblock_enforce_memory_limit(mb, 0x8001);
	ASSERT_RANGES(mb, memory, {0x2000, 0x4000}, {0xa000, 0x4000});
	mb_memblock_enforce_memory_limit(mb, 0x6000);
	ASSERT_RANGES(mb, memory, {0x2000, 0x4000}, {0xa000, 0x2000});
	ASSERT_RANGES(mb, reserved, {0x7000, 0x4000});
	mb_memblock_enforce_memory_limit(mb, 0x4000);
	ASSERT_RANGES(mb, memory, {0x2000, 0x4000});
	ASSERT_RANGES(mb, reserved, {0, 0});
}

/*
 * The window is kept, and NOMAP regions ('n') everywhere; one that crosses the border stays whole.
 *   memory    ==nn====nnnn==
 *   reserved  =====....=====
 *   window    .....-----....
 *   memory    ..nn.===nnnn..
 *   reserved  .........=....
 */
static void test_cap_memory_range(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_cap_memory_range(mb, 0x5000, 0x5000);
	ASSERT_RANGES(mb, memory, {0, 0});
	mb_memblock_add(mb, 0, 0xe000);
	mb_memblock_mark_nomap(mb, 0x2000, 0x2000);
	mb_memblock_mark_nomap(mb, 0x8000, 0x4000);
	mb_memblock_reserve(mb, 0, 0x5000);
	mb_memblock_reserve(mb, 0x9000, 0x5000);
	mb_memblock_cap_memory_range(mb, 0x5000, 0);
	assert_int_equal(mb->memory.cnt, 5);
	mb_memblock_cap_memory_range(mb, 0x5000, 0x5000);
	ASSERT_RANGES(mb, memory, {0x2000, 0x2000}, {0x5000, 0x3000}, {0x8000, 0x4000});
	ASSERT_RANGES(mb, reserved, {0x9000, 0x1000});
	assert_int_equal(mb_memblock_phys_mem_size(mb), 0x9000);
}

static void test_cap_outside_memory(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x1000, 0x1000);
	mb_memblock_reserve(mb, 0x1000, 0x1000);
	mb_memblock_cap_memory_range(mb, 0x8000, MB_PHYS_MAX);
	ASSERT_RANGES(mb, memory, {0, 0});
	ASSERT_RANGES(mb, reserved, {0, 0});
}

/*
 * A mark splits, the cleared mark joins again; marks on holes do nothing.
 *   memory  ..======..
 *   mark    .....==...
 *   after   ..===hh=..
 */
static void test_mark_and_clear(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add_node(mb, 0x2000, 0x6000, 3, 0);
	mb_memblock_mark_hotplug(mb, 0x5000, 0x2000);
	assert_int_equal(mb->memory.cnt, 3);
	assert_region(&mb->memory.regions[0], 0x2000, 0x3000, 3, 0);
	assert_region(&mb->memory.regions[1], 0x5000, 0x2000, 3, MB_MEMBLOCK_HOTPLUG);
	assert_region(&mb->memory.regions[2], 0x7000, 0x1000, 3, 0);
	mb_memblock_mark_nomap(mb, 0x5000, 0x2000);
	assert_int_equal(mb->memory.regions[1].flags, MB_MEMBLOCK_HOTPLUG | MB_MEMBLOCK_NOMAP);
	mb_memblock_clear_nomap(mb, 0, MB_PHYS_MAX);
	mb_memblock_clear_hotplug(mb, 0, MB_PHYS_MAX);
	mb_memblock_mark_hotplug(mb, 0x9000, 0x1000);
	ASSERT_RANGES(mb, memory, {0x2000, 0x6000});
}

/* mark_mirror means nothing without kernelcore=mirror. */
static void test_mark_mirror(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x2000, 0x6000);
	assert_int_equal(mb_memblock_mark_mirror(mb, 0x2000, 0x1000), 0);
	assert_false(mb->has_mirror);
	ASSERT_RANGES(mb, memory, {0x2000, 0x6000});
	mb->mirror = true;
	assert_int_equal(mb_memblock_mark_mirror(mb, 0x2000, 0x1000), 0);
	assert_true(mb->has_mirror);
	ASSERT_RANGES(mb, memory, {0x2000, 0x1000}, {0x3000, 0x5000});
	assert_int_equal(mb->memory.regions[0].flags, MB_MEMBLOCK_MIRROR);
}

/*
 * Ranges that touch a region, border it, or lie in a gap; only a common byte is an overlap.
 *   type  ...====...====..
 *         bordering ranges on both sides do not overlap
 */
static void test_overlaps_region(void **state)
{
	struct mb_memblock *mb = *state;

	assert_false(mb_memblock_overlaps_region(&mb->memory, 0, MB_PHYS_MAX));
	mb_memblock_add(mb, 0x3000, 0x4000);
	mb_memblock_add(mb, 0xa000, 0x4000);
	assert_false(mb_memblock_overlaps_region(&mb->memory, 0, 0x3000));
	assert_false(mb_memblock_overlaps_region(&mb->memory, 0x7000, 0x3000));
	assert_false(mb_memblock_overlaps_region(&mb->memory, 0xe000, 0x1000));
	assert_true(mb_memblock_overlaps_region(&mb->memory, 0x2fff, 2));
	assert_true(mb_memblock_overlaps_region(&mb->memory, 0x6fff, 1));
	assert_true(mb_memblock_overlaps_region(&mb->memory, 0x4000, 1));
	assert_true(mb_memblock_overlaps_region(&mb->memory, 0x7000, 0x3001));
	assert_true(mb_memblock_overlaps_region(&mb->memory, 0, 0x10000));
	assert_true(mb_memblock_overlaps_region(&mb->memory, 0xd000, MB_PHYS_MAX));
}

/*
 * Point and range questions at the borders of two regions that touch (different nodes) and one NOMAP region.
 *   memory  ..0000 1111..nn..
 */
static void test_search(void **state)
{
	struct mb_memblock *mb = *state;
	mb_pfn_t start = 7, end = 7;

	mb_memblock_add_node(mb, 0x2000, 0x4000, 0, 0);
	mb_memblock_add_node(mb, 0x6000, 0x4000, 1, 0);
	mb_memblock_add_node(mb, 0xc000, 0x2000, 1, MB_MEMBLOCK_NOMAP);
	mb_memblock_reserve(mb, 0x3000, 0x800);
	assert_int_equal(mb_memblock_start_of_DRAM(mb), 0x2000);
	assert_int_equal(mb_memblock_end_of_DRAM(mb), 0xe000);
	assert_false(mb_memblock_is_memory(mb, 0x1fff));
	assert_true(mb_memblock_is_memory(mb, 0x2000));
	assert_true(mb_memblock_is_memory(mb, 0x9fff));
	assert_false(mb_memblock_is_memory(mb, 0xa000));
	assert_true(mb_memblock_is_memory(mb, 0xd000));
	assert_false(mb_memblock_is_map_memory(mb, 0xd000));
	assert_false(mb_memblock_is_map_memory(mb, 0xb000));
	assert_true(mb_memblock_is_map_memory(mb, 0x6000));
	assert_false(mb_memblock_is_reserved(mb, 0x2fff));
	assert_true(mb_memblock_is_reserved(mb, 0x37ff));
	assert_true(mb_memblock_is_region_reserved(mb, 0x2000, 0x1001));
	assert_false(mb_memblock_is_region_reserved(mb, 0x2000, 0x1000));
	assert_true(mb_memblock_is_region_memory(mb, 0x2000, 0x4000));
	assert_false(
		mb_memblock_is_region_memory(mb, 0x2000, 0x4001)); /* two regions are not one */
	assert_false(mb_memblock_is_region_memory(mb, 0x1fff, 2));
	assert_int_equal(mb_memblock_search_pfn_nid(mb, 0xa, &start, &end), MB_NO_NODE);
	assert_int_equal(start, 7);
	assert_int_equal(mb_memblock_search_pfn_nid(mb, 9, &start, &end), 1);
	assert_int_equal(start, 6);
	assert_int_equal(end, 10);
}

/* Whole walks, as text: "nid:start-end" in pages, "-" for no node. */
static void walk_free(const struct mb_memblock *mb, int nid, unsigned flags, bool backward,
		      char *ret_text)
{
	uint64_t cursor = backward ? MB_MEMBLOCK_CURSOR_LAST : 0;
	struct mb_range range;
	int got;

	*ret_text = '\0';
	while (backward ? mb_memblock_next_free_mem_range_rev(mb, &cursor, nid, flags, &range, &got)
			: mb_memblock_next_free_mem_range(mb, &cursor, nid, flags, &range, &got))
		ret_text += sprintf(ret_text, "%d:%llx-%llx ", got,
				    (unsigned long long)range.start >> 12,
				    (unsigned long long)range.end >> 12);
	assert_int_equal(cursor, UINT64_MAX);
}

static void assert_walk(const struct mb_memblock *mb, int nid, unsigned flags, const char *forward,
			const char *backward)
{
	char text[256];

	walk_free(mb, nid, flags, false, text);
	assert_string_equal(text, forward);
	walk_free(mb, nid, flags, true, text);
	assert_string_equal(text, backward);
}

/*
 * Free ranges are memory less reserved and never cross a region; both directions agree.
 *   memory    ..000000111111....22
 *   reserved  ...##..###..##.#####
 *   free      ..0..00...11......
 */
static void test_next_free_mem_range(void **state)
{
	struct mb_memblock *mb = *state;

	assert_walk(mb, MB_NO_NODE, 0, "", "");
	mb_memblock_add_node(mb, 0x2000, 0x6000, 0, 0);
	mb_memblock_add_node(mb, 0x8000, 0x6000, 1, 0);
	mb_memblock_add_node(mb, 0x12000, 0x2000, 2, 0);
	assert_walk(mb, MB_NO_NODE, 0, "0:2-8 1:8-e 2:12-14 ", "2:12-14 1:8-e 0:2-8 ");
	mb_memblock_reserve(mb, 0x3000, 0x2000);
	mb_memblock_reserve(mb, 0x7000, 0x3000);
	mb_memblock_reserve(mb, 0xc000, 0x2000);
	mb_memblock_reserve(mb, 0xf000, 0x5000);
	assert_walk(mb, MB_NO_NODE, 0, "0:2-3 0:5-7 1:a-c ", "1:a-c 0:5-7 0:2-3 ");
	assert_walk(mb, MB_MAX_NODES, 0, "0:2-3 0:5-7 1:a-c ", "1:a-c 0:5-7 0:2-3 ");
	assert_walk(mb, 1, 0, "1:a-c ", "1:a-c ");
	assert_walk(mb, 2, 0, "", "");
	assert_walk(mb, 3, 0, "", "");
}

/* Reserved regions that touch (different nodes) have no free range between them. */
static void test_free_range_not_empty(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add_node(mb, 0x1000, 0x7000, 0, 0);
	mb_memblock_reserve(mb, 0x2000, 0x4000);
	mb_memblock_set_node(mb, 0x2000, 0x2000, &mb->reserved, 1);
	assert_int_equal(mb->reserved.cnt, 2);
	assert_walk(mb, MB_NO_NODE, 0, "0:1-2 0:6-8 ", "0:6-8 0:1-2 ");
}

/* The filter, flag by flag: hotplug only under movable_node, nomap and driver-managed always, mirror when asked for. */
static void test_region_filter(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add_node(mb, 0x1000, 0x1000, 0, 0);
	mb_memblock_add_node(mb, 0x2000, 0x1000, 0, MB_MEMBLOCK_HOTPLUG);
	mb_memblock_add_node(mb, 0x3000, 0x1000, 0, MB_MEMBLOCK_NOMAP);
	mb_memblock_add_node(mb, 0x4000, 0x1000, 0, MB_MEMBLOCK_DRIVER_MANAGED);
	mb_memblock_add_node(mb, 0x5000, 0x1000, 0, MB_MEMBLOCK_MIRROR);
	assert_walk(mb, MB_NO_NODE, 0, "0:1-2 0:2-3 0:5-6 ", "0:5-6 0:2-3 0:1-2 ");
	assert_walk(mb, MB_NO_NODE, MB_MEMBLOCK_NOMAP, "0:1-2 0:2-3 0:3-4 0:5-6 ",
		    "0:5-6 0:3-4 0:2-3 0:1-2 ");
	assert_walk(mb, MB_NO_NODE, MB_MEMBLOCK_DRIVER_MANAGED, "0:1-2 0:2-3 0:4-5 0:5-6 ",
		    "0:5-6 0:4-5 0:2-3 0:1-2 ");
	assert_walk(mb, MB_NO_NODE, MB_MEMBLOCK_MIRROR, "0:5-6 ", "0:5-6 ");
	mb->movable_node = true;
	assert_walk(mb, MB_NO_NODE, 0, "0:1-2 0:5-6 ", "0:5-6 0:1-2 ");
	assert_walk(mb, MB_NO_NODE, MB_MEMBLOCK_HOTPLUG, "0:1-2 0:2-3 0:5-6 ",
		    "0:5-6 0:2-3 0:1-2 ");
}

/* All memory but NOMAP, whatever is reserved. */
static void test_next_mem_range(void **state)
{
	static const mb_phys_t starts[] = {0x1000, 0x2000, 0x4000};
	struct mb_memblock *mb = *state;
	struct mb_range range;
	uint64_t cursor = 0;
	size_t nr = 0;
	int nid;

	assert_false(mb_memblock_next_mem_range(mb, &cursor, &range, &nid));
	mb->movable_node = true;
	mb_memblock_add_node(mb, 0x1000, 0x1000, 0, 0);
	mb_memblock_add_node(mb, 0x2000, 0x1000, 1, MB_MEMBLOCK_HOTPLUG);
	mb_memblock_add_node(mb, 0x3000, 0x1000, 2, MB_MEMBLOCK_NOMAP);
	mb_memblock_add_node(mb, 0x4000, 0x1000, 3, MB_MEMBLOCK_DRIVER_MANAGED);
	mb_memblock_reserve(mb, 0x1000, 0x1800);
	for (cursor = 0; mb_memblock_next_mem_range(mb, &cursor, &range, &nid); nr++)
		assert_int_equal(range.start, starts[nr]);
	assert_int_equal(nr, 3);
	for (cursor = MB_MEMBLOCK_CURSOR_LAST;
	     mb_memblock_next_mem_range_rev(mb, &cursor, &range, NULL);)
		assert_int_equal(range.start, starts[--nr]);
	assert_int_equal(nr, 0);
}

/*
 * Whole pages only: starts are rounded up, ends down, and what has no whole page is skipped.
 *   pages   |---|---|---|---|---|
 *   memory  ..======.==.===......
 */
static void test_next_mem_pfn_range(void **state)
{
	struct mb_memblock *mb = *state;
	mb_pfn_t start, end;
	int index = -1, nid;

	assert_false(mb_memblock_next_mem_pfn_range(mb, &index, MB_MAX_NODES, &start, &end, &nid));
	mb_memblock_add_node(mb, 0x0800, 0x2000, 0, MB_MEMBLOCK_NOMAP);
	mb_memblock_add_node(mb, 0x3400, 0x800, 1, 0);
	mb_memblock_add_node(mb, 0x5000, 0x2000, 1, 0);
	index = -1;
	assert_true(mb_memblock_next_mem_pfn_range(mb, &index, MB_MAX_NODES, &start, &end, &nid));
	assert_int_equal(start, 1);
	assert_int_equal(end, 2);
	assert_int_equal(nid, 0);
	assert_true(mb_memblock_next_mem_pfn_range(mb, &index, MB_NO_NODE, &start, &end, NULL));
	assert_int_equal(start, 5);
	assert_int_equal(end, 7);
	assert_false(mb_memblock_next_mem_pfn_range(mb, &index, MB_MAX_NODES, &start, &end, &nid));
	index = -1;
	assert_true(mb_memblock_next_mem_pfn_range(mb, &index, 1, &start, &end, &nid));
	assert_int_equal(start, 5);
}

/* Allocation's corners that no row has: arena of four pages above page 0, as page 0 is never given. */

static void test_alloc_never_gives_page_zero(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0, 0x2000);
	mb_memblock_set_bottom_up(mb, true);
	assert_int_equal(mb_memblock_alloc(mb, 0x100, 0x100), 0x1000);
	assert_int_equal(mb_memblock_alloc(mb, 0x1000, 0x100), 0);
	mb_memblock_set_bottom_up(mb, false);
	assert_int_equal(mb_memblock_alloc(mb, 0xf00, 0x100), 0x1100);
	assert_int_equal(mb_memblock_alloc(mb, 0x100, 0x100), 0);
}

/* Both "accessible" ends mean the current limit; the forms with virtual answers also cap other ends at it. */
static void test_alloc_current_limit(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x10000, 0x10000);
	mb_memblock_set_current_limit(mb, 0x18000);
	assert_int_equal(mb_memblock_get_current_limit(mb), 0x18000);
	assert_int_equal(mb_memblock_alloc(mb, 0x1000, 0x1000), 0x17000);
	assert_int_equal(
		mb_memblock_phys_alloc_range(mb, 0x1000, 0x1000, 0, MB_MEMBLOCK_ALLOC_NOLEAKTRACE),
		0x16000);
	assert_int_equal(mb_memblock_alloc_try_nid(mb, 0x1000, 0x1000, 0, MB_PHYS_MAX, MB_NO_NODE),
			 0x15000);
	assert_int_equal(
		mb_memblock_phys_alloc_range(mb, 0x1000, 0x1000, 0, MB_MEMBLOCK_ALLOC_ANYWHERE),
		0x1f000);
}

/* The physical form never drops its lower limit. */
static void test_phys_alloc_range_keeps_limit(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x10000, 0x10000);
	assert_int_equal(mb_memblock_phys_alloc_range(mb, 0x1000, 0x1000, 0x1f800, 0x20000), 0);
	assert_int_equal(mb_memblock_alloc_from(mb, 0x1000, 0x1000, 0x1f800), 0x1f000);
	assert_int_equal(mb_memblock_phys_alloc_range(mb, 0x1000, 0x1000, 0x12000, 0x14000),
			 0x13000);
}

static void test_alloc_low(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0xffff0000, 0x20000);
	assert_int_equal(mb_memblock_alloc_low(mb, 0x1000, 0x1000), 0xfffff000 - 0x1000);
	assert_int_equal(mb_memblock_alloc(mb, 0x1000, 0x1000), 0x10000f000);
}

/* The node forms that prefer: phys_alloc_try_nid and alloc_node. */
static void test_alloc_node_forms(void **state)
{
	struct mb_memblock *mb = *state;

	memblock_case_add_nodes(mb);
	assert_int_equal(mb_memblock_phys_alloc_try_nid(mb, 0x200, 0x40, 3), 0x102200);
	assert_int_equal(mb_memblock_phys_alloc_try_nid(mb, 0x200, 0x40, 9), 0x103e00);
	assert_int_equal(mb_memblock_phys_alloc_try_nid(mb, 0x200, 0x40, MB_MAX_NODES), 0x103c00);
	assert_int_equal(mb_memblock_alloc_node(mb, 0x200, 0x40, 3), 0x102000);
	assert_int_equal(mb_memblock_alloc_node(mb, 0x2000, 0x40, 3), 0);
}

/* No alignment is the cache line; a size of 0 is an answer that reserves nothing. */
static void test_alloc_defaults(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, 0x10000, 0x1000);
	assert_int_equal(mb_memblock_alloc(mb, 8, 0), 0x10fc0);
	assert_int_equal(mb_memblock_alloc(mb, 8, 8), 0x10ff8);
	ASSERT_RANGES(mb, reserved, {0x10fc0, 8}, {0x10ff8, 8});
	assert_int_not_equal(mb_memblock_alloc(mb, 0, 8), 0);
	ASSERT_RANGES(mb, reserved, {0x10fc0, 8}, {0x10ff8, 8});
	assert_int_equal(mb_memblock_free(mb, 0x10ff8, 8), 0);
	ASSERT_RANGES(mb, reserved, {0x10fc0, 8});
}

/* The last block of addresses: no sum may wrap. */
static void test_alloc_near_max(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add(mb, MB_PHYS_MAX - 0x1800, 0x3000);
	assert_int_equal(mb_memblock_alloc(mb, 0x800, 0x1000), MB_PHYS_MAX - 0xfff);
	assert_int_equal(mb_memblock_alloc(mb, 0x2000, 0x1000), 0);
	mb_memblock_set_bottom_up(mb, true);
	assert_int_equal(mb_memblock_alloc(mb, 0x7ff, 0x1000), 0);
	assert_int_equal(mb_memblock_alloc(mb, 0x7ff, 0x800), MB_PHYS_MAX - 0x17ff);
}

/*
 * Mirrored memory ('m') comes first, even on another node; then the fallback starts over without it.
 *   memory  000000 11mm11 (node 1's middle is mirrored), node 0 wanted
 *   1st     ......|..+#..   mirror beats node
 *   2nd     ......|..#+..
 *   3rd     .....+|..##..   no mirror left: the node
 */
static void test_alloc_mirror_first(void **state)
{
	struct mb_memblock *mb = *state;

	mb->mirror = true;
	mb_memblock_add_node(mb, 0x10000, 0x6000, 0, 0);
	mb_memblock_add_node(mb, 0x16000, 0x6000, 1, 0);
	mb_memblock_mark_mirror(mb, 0x18000, 0x2000);
	assert_int_equal(mb_memblock_alloc_node(mb, 0x1000, 0x1000, 0), 0x19000);
	assert_int_equal(mb_memblock_phys_alloc_range(mb, 0x1000, 0x1000, 0, 0), 0x18000);
	assert_int_equal(mb_memblock_alloc_node(mb, 0x1000, 0x1000, 0), 0x15000);
	assert_int_equal(mb_memblock_alloc_node(mb, 0x8000, 0x1000, 0), 0);
}

/* Exact keeps the node and drops the mirror; the lower limit is dropped last of all. */
static void test_alloc_mirror_exact_and_limit(void **state)
{
	struct mb_memblock *mb = *state;

	mb->mirror = true;
	mb_memblock_add_node(mb, 0x10000, 0x6000, 0, 0);
	mb_memblock_add_node(mb, 0x16000, 0x6000, 1, 0);
	mb_memblock_mark_mirror(mb, 0x18000, 0x2000);
	assert_int_equal(mb_memblock_alloc_exact_nid_raw(mb, 0x1000, 0x1000, 0, 0, 0), 0x15000);
	/* Above the limit there is no mirror: unmirrored memory there comes before mirrored memory below. */
	assert_int_equal(mb_memblock_alloc_try_nid(mb, 0x1000, 0x1000, 0x1a000, 0, 0), 0x1b000);
	assert_int_equal(mb_memblock_alloc_try_nid(mb, 0x1000, 0x1000, 0x1b000, 0, 0), 0x19000);
}

/* What the filter hides is not given: hotplug memory under movable_node, NOMAP, DRIVER_MANAGED. */
static void test_alloc_filter(void **state)
{
	struct mb_memblock *mb = *state;

	mb_memblock_add_node(mb, 0x10000, 0x1000, 0, 0);
	mb_memblock_add_node(mb, 0x11000, 0x1000, 0, MB_MEMBLOCK_HOTPLUG);
	mb_memblock_add_node(mb, 0x12000, 0x1000, 0, MB_MEMBLOCK_NOMAP);
	mb_memblock_add_node(mb, 0x13000, 0x1000, 0, MB_MEMBLOCK_DRIVER_MANAGED);
	assert_int_equal(mb_memblock_alloc(mb, 0x800, 0x800), 0x11800);
	mb->movable_node = true;
	assert_int_equal(mb_memblock_alloc(mb, 0x800, 0x800), 0x10800);
	assert_int_equal(mb_memblock_find_in_range_node(mb, 0x800, 0x800, 0, 0, MB_NO_NODE,
							MB_MEMBLOCK_NOMAP),
			 0x12800);
}

/* The walker sees each kind of damage. */
static void test_check_finds_damage(void **state)
{
	struct mb_memblock *mb = *state;
	struct mb_memblock good;

	mb_memblock_add_node(mb, 0x1000, 0x1000, 0, 0);
	mb_memblock_add_node(mb, 0x2000, 0x1000, 1, 0);
	good = *mb;
	assert_int_equal(mb_memblock_check(mb), 0);
	mb->memory.regions[1].base = 0x1800; /* overlap */
	assert_int_equal(mb_memblock_check(mb), -EUCLEAN);
	*mb = good;
	mb->memory.regions[1].nid = 0; /* not merged */
	assert_int_equal(mb_memblock_check(mb), -EUCLEAN);
	*mb = good;
	mb->memory.regions[1].size = 0x800; /* total */
	assert_int_equal(mb_memblock_check(mb), -EUCLEAN);
	*mb = good;
	mb->memory.cnt = mb->memory.max + 1;
	assert_int_equal(mb_memblock_check(mb), -EUCLEAN);
	*mb = good;
	mb->reserved.cnt = 0; /* no dummy */
	assert_int_equal(mb_memblock_check(mb), -EUCLEAN);
	*mb = good;
	assert_int_equal(mb_memblock_check(mb), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

static const struct CMUnitTest functions[] = {
	TEST(test_initialization),
	cmocka_unit_test(test_fini_zeroed),
	TEST(test_add_node_simple),
	TEST(test_add_existing_wins),
	TEST(test_merge_needs_equal_nid_and_flags),
	TEST(test_set_bottom_up),
	TEST(test_bottom_up),
	TEST(test_trim_aligned),
	TEST(test_trim_too_small),
	TEST(test_trim_unaligned_base),
	TEST(test_trim_unaligned_end),
	TEST(test_enforce_memory_limit),
	TEST(test_cap_memory_range),
	TEST(test_cap_outside_memory),
	TEST(test_mark_and_clear),
	TEST(test_mark_mirror),
	TEST(test_overlaps_region),
	TEST(test_search),
	TEST(test_next_free_mem_range),
	TEST(test_free_range_not_empty),
	TEST(test_region_filter),
	TEST(test_next_mem_range),
	TEST(test_next_mem_pfn_range),
	TEST(test_alloc_never_gives_page_zero),
	TEST(test_alloc_current_limit),
	TEST(test_phys_alloc_range_keeps_limit),
	TEST(test_alloc_low),
	TEST(test_alloc_node_forms),
	TEST(test_alloc_defaults),
	TEST(test_alloc_near_max),
	TEST(test_alloc_mirror_first),
	TEST(test_alloc_mirror_exact_and_limit),
	TEST(test_alloc_filter),
	TEST(test_check_finds_damage),
};

/* The functions, then each row on memory and on reserved: one group. */
int main(void)
{
	enum { NR_FUNCTIONS = MB_ARRAY_SIZE(functions), NR_RUNS = 2 * MB_ARRAY_SIZE(change_cases) };
	struct CMUnitTest tests[NR_FUNCTIONS + NR_RUNS];
	struct change_run runs[NR_RUNS];
	char names[NR_RUNS][64];

	memcpy(tests, functions, sizeof(functions));
	for (size_t i = 0; i < NR_RUNS; i++) {
		runs[i] = (struct change_run){&change_cases[i / 2], i % 2};
		snprintf(names[i], sizeof(names[i]), "%s, %s", runs[i].row->name,
			 runs[i].reserved ? "reserved" : "memory");
		tests[NR_FUNCTIONS + i] =
			(struct CMUnitTest){names[i], run_change, NULL, NULL, &runs[i]};
	}
	return _cmocka_run_group_tests("memblock", tests, MB_ARRAY_SIZE(tests), NULL, NULL);
}
