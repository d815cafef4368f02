/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/slow.h"
#include "benches/timer.h"
#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/memblock.h"

/*
 * memblock by the number of its regions. Regions are found by bisection where Linux scans (core/memblock.c), so
 * what grows with their number here is moving the array. The rows "scan" have on top what Linux 6.1 does: it looks
 * at each region from the first on up to the place (memblock_add_range, memblock_isolate_range), and after an addition at
 * all of them for neighbours to merge (memblock_merge_regions).
 *
 *   1 MiB         1 GiB     + 2 MiB     + 2 MiB
 *   |--- region 0 ---|       |- 1 -|     |- 2 -|     …    memory; larger arrays find room in region 0
 *           |-|                |-|         |-|            reserved: 64 KiB of each
 */
#define FIRST_BASE     MB_MIB
#define FIRST_END      MB_GIB
#define REGION_BYTES   MB_MIB
#define RESERVED_BYTES (64 * MB_KIB)
#define OPS            100 /* of rows that do the same number whatever the regions are */
#define ROUNDS         15

struct map {
	struct mb_memblock memblock; /* first, and the first map's: a test looks for it there */
	uint64_t regions;
	mb_phys_t reserved_before; /* bytes, before the work */
	size_t ops;                /* that alloc does: OPS, or more where a test wants it */
	mb_phys_t picked[OPS + MB_SLOW_ROOM(OPS)]; /* what was allocated or freed */
	uint64_t ranges, bytes;                    /* that a walk met */
	uint64_t strayed;                          /* scans that ended elsewhere than they should */
};

static mb_phys_t region_base(uint64_t region)
{
	return region ? FIRST_END + region * 2 * MB_MIB : FIRST_BASE;
}

static mb_phys_t region_bytes(uint64_t region)
{
	return region ? REGION_BYTES : FIRST_END - FIRST_BASE;
}

static mb_phys_t reserved_base(uint64_t region)
{
	return region_base(region) + REGION_BYTES / 2;
}

static int out_of_memory(struct mb_bench_run *run)
{
	return MB_FAIL(&run->err, -ENOMEM, "out of memory");
}

/* --- the map before a round --- */

static int add_memory(struct map *map)
{
	for (uint64_t i = 0; i < map->regions; i++)
		if (mb_memblock_add_node(&map->memblock, region_base(i), region_bytes(i), 0,
					 MB_MEMBLOCK_NONE))
			return -ENOMEM;
	return 0;
}

static int reserve_all(struct map *map)
{
	for (uint64_t i = 0; i < map->regions; i++)
		if (mb_memblock_reserve(&map->memblock, reserved_base(i), RESERVED_BYTES))
			return -ENOMEM;
	return 0;
}

/* Regions in random order, the same in every round; some of them twice where there are few. */
static void pick(struct map *map)
{
	struct mb_rng rng = {.state = 1};

	for (size_t i = 0; i < OPS; i++)
		map->picked[i] = reserved_base(mb_rng_below(&rng, map->regions));
}

static int make_empty(struct map *map)
{
	mb_memblock_fini(&map->memblock);
	mb_memblock_init(&map->memblock, 12, false);
	mb_memblock_allow_resize(&map->memblock);
	mb_memblock_set_current_limit(&map->memblock, FIRST_END);
	map->reserved_before = 0;
	return 0;
}

static int make_memory(struct map *map)
{
	make_empty(map);
	return add_memory(map);
}

static int make_both(struct map *map)
{
	int rc = make_memory(map);

	if (!rc)
		rc = reserve_all(map);
	map->reserved_before = mb_memblock_reserved_size(&map->memblock);
	map->ops = OPS + mb_slow_share(MB_SLOW_MEMBLOCK, OPS);
	mb_memblock_set_current_limit(&map->memblock, MB_MEMBLOCK_ALLOC_ANYWHERE);
	return rc;
}

static int make_from_below(struct map *map)
{
	int rc = make_both(map);

	mb_memblock_set_bottom_up(&map->memblock, true);
	return rc;
}

static int make_picked(struct map *map)
{
	int rc = make_both(map);

	pick(map);
	return rc;
}

/* --- the work; each returns how many operations it did, 0: out of memory --- */

static uint64_t add(struct map *map)
{
	return add_memory(map) ? 0 : map->regions;
}

static uint64_t reserve(struct map *map)
{
	return reserve_all(map) ? 0 : map->regions;
}

static inline uint64_t alloc(struct map *map, mb_phys_t bytes)
{
	for (size_t i = 0; i < map->ops; i++) {
		map->picked[i] = mb_memblock_phys_alloc_range(&map->memblock, bytes, MB_KIB * 4, 0,
							      MB_MEMBLOCK_ALLOC_ACCESSIBLE);
		if (!map->picked[i])
			return 0;
	}
	return OPS;
}

#define NEAR_BYTES (4 * MB_KIB)
#define FAR_BYTES  MB_MIB /* more than any region but the first has free */

static uint64_t alloc_near(struct map *map)
{
	return alloc(map, NEAR_BYTES);
}

static uint64_t alloc_far(struct map *map)
{
	return alloc(map, FAR_BYTES);
}

/* What is freed twice where there are few regions is reserved no more; that is allowed. */
static uint64_t release(struct map *map)
{
	for (size_t i = 0; i < OPS; i++)
		if (mb_memblock_phys_free(&map->memblock, map->picked[i], RESERVED_BYTES))
			return 0;
	return OPS;
}

/* Looks at all regions up to the first that ends above base. */
static unsigned long scan(const struct mb_memblock_type *type, mb_phys_t base)
{
	unsigned long i = 0;

	while (i < type->cnt && type->regions[i].base + type->regions[i].size <= base)
		i++;
	return i;
}

/* How many of all neighbours could be one region. */
static uint64_t sweep(const struct mb_memblock_type *type)
{
	const struct mb_memblock_region *r = type->regions;
	uint64_t count = 0;

	for (unsigned long i = 0; i + 1 < type->cnt; i++)
		count += r[i].base + r[i].size == r[i + 1].base && r[i].nid == r[i + 1].nid &&
			 r[i].flags == r[i + 1].flags;
	return count;
}

static uint64_t release_scanned(struct map *map)
{
	const struct mb_memblock_type *type = &map->memblock.reserved;

	map->strayed = 0;
	for (size_t i = 0; i < OPS; i++) {
		unsigned long at = scan(type, map->picked[i]);

		/* What is freed already is in nobody's way. */
		map->strayed += at && type->regions[at - 1].base >= map->picked[i];
		if (mb_memblock_phys_free(&map->memblock, map->picked[i], RESERVED_BYTES))
			return 0;
	}
	return OPS;
}

/* A page behind the region's reservation, which it does not touch. */
static mb_phys_t page_near(mb_phys_t reserved)
{
	return reserved + 2 * RESERVED_BYTES;
}

static uint64_t reserve_scanned(struct map *map)
{
	const struct mb_memblock_type *type = &map->memblock.reserved;

	map->strayed = 0;
	for (size_t i = 0; i < OPS; i++) {
		mb_phys_t base = page_near(map->picked[i]);
		unsigned long at = scan(type, base);

		map->strayed += !at || type->regions[at - 1].base != map->picked[i];
		if (mb_memblock_reserve(&map->memblock, base, NEAR_BYTES))
			return 0;
		map->strayed += sweep(type);
	}
	return OPS;
}

static uint64_t walk(struct map *map)
{
	struct mb_range range;
	uint64_t cursor;

	map->ranges = map->bytes = 0;
	mb_memblock_for_each_free(cursor, &map->memblock, MB_NO_NODE, MB_MEMBLOCK_NONE, &range,
				  NULL) {
		map->ranges++;
		map->bytes += range.end - range.start;
	}
	return map->ranges;
}

/* --- is the result right? --- */

static int check_memory(struct map *map)
{
	const struct mb_memblock_type *memory = &map->memblock.memory;

	if (memory->cnt != map->regions)
		return -EUCLEAN;
	for (uint64_t i = 0; i < map->regions; i++)
		if (memory->regions[i].base != region_base(i) ||
		    memory->regions[i].size != region_bytes(i))
			return -EUCLEAN;
	return 0;
}

/* Bytes that the larger arrays take of region 0. */
static mb_phys_t array_bytes(const struct map *map)
{
	const struct mb_memblock *mb = &map->memblock;
	mb_phys_t bytes = 0;

	if (mb->memory_array)
		bytes += mb_align_up_pow2(mb->memory.max * MB_MEMBLOCK_REGION_BYTES, 4096);
	if (mb->reserved_array)
		bytes += mb_align_up_pow2(mb->reserved.max * MB_MEMBLOCK_REGION_BYTES, 4096);
	return bytes;
}

static int check_reserved(struct map *map)
{
	const struct mb_memblock *mb = &map->memblock;

	if (check_memory(map) ||
	    mb_memblock_reserved_size(mb) != map->regions * RESERVED_BYTES + array_bytes(map))
		return -EUCLEAN;
	for (uint64_t i = 0; i < map->regions; i++)
		if (!mb_memblock_is_reserved(mb, reserved_base(i)) ||
		    !mb_memblock_is_reserved(mb, reserved_base(i) + RESERVED_BYTES - 1))
			return -EUCLEAN;
	return 0;
}

/* All of it is memory, reserved, and nobody else's: giving it back leaves what was there before. */
static int check_allocated(struct map *map, mb_phys_t bytes)
{
	struct mb_memblock *mb = &map->memblock;

	if (mb_memblock_reserved_size(mb) != map->reserved_before + map->ops * bytes)
		return -EUCLEAN;
	for (size_t i = 0; i < map->ops; i++) {
		mb_phys_t base = map->picked[i];

		if (!mb_memblock_is_region_memory(mb, base, bytes) ||
		    !mb_memblock_is_reserved(mb, base) ||
		    !mb_memblock_is_reserved(mb, base + bytes - 1))
			return -EUCLEAN;
		if (mb_memblock_phys_free(mb, base, bytes))
			return -EUCLEAN;
	}
	return check_reserved(map);
}

static int check_near(struct map *map)
{
	return check_allocated(map, NEAR_BYTES);
}

static int check_far(struct map *map)
{
	return check_allocated(map, FAR_BYTES);
}

/* Reserving them again leaves what was there before. */
static int check_freed(struct map *map)
{
	struct mb_memblock *mb = &map->memblock;

	for (size_t i = 0; i < OPS; i++)
		if (mb_memblock_is_reserved(mb, map->picked[i]))
			return -EUCLEAN;
	for (size_t i = 0; i < OPS; i++)
		if (mb_memblock_reserve(mb, map->picked[i], RESERVED_BYTES))
			return -EUCLEAN;
	return check_reserved(map);
}

static int check_scanned_free(struct map *map)
{
	return map->strayed ? -EUCLEAN : check_freed(map);
}

/* Each page is reserved; without them it is the map of before. */
static int check_scanned_reserve(struct map *map)
{
	struct mb_memblock *mb = &map->memblock;

	if (map->strayed)
		return -EUCLEAN;
	for (size_t i = 0; i < OPS; i++)
		if (!mb_memblock_is_reserved(mb, page_near(map->picked[i])))
			return -EUCLEAN;
	for (size_t i = 0; i < OPS; i++)
		if (mb_memblock_phys_free(mb, page_near(map->picked[i]), NEAR_BYTES))
			return -EUCLEAN;
	return check_reserved(map);
}

/* Free is what is memory and not reserved; and as many ranges are met from the other end. */
static int check_walk(struct map *map)
{
	const struct mb_memblock *mb = &map->memblock;
	uint64_t cursor = MB_MEMBLOCK_CURSOR_LAST, ranges = 0;
	struct mb_range range;

	while (mb_memblock_next_free_mem_range_rev(mb, &cursor, MB_NO_NODE, MB_MEMBLOCK_NONE,
						   &range, NULL))
		ranges++;
	if (map->ranges != ranges || map->ranges < map->regions ||
	    map->bytes != mb_memblock_phys_mem_size(mb) - mb_memblock_reserved_size(mb))
		return -EUCLEAN;
	return check_reserved(map);
}

/* --- rows --- */

static const struct kind {
	const char *name, *summary;
	int (*make)(struct map *map); /* before each round; 0 or -ENOMEM */
	uint64_t (*work)(struct map *map);
	int (*check)(struct map *map); /* 0 or -EUCLEAN */
} kinds[] = {
	{"add", "memory regions in address order, the array's doublings included", make_empty, add,
	 check_memory},
	{"reserve", "a reservation in each memory region, likewise", make_memory, reserve,
	 check_reserved},
	{"alloc/top", "100 pages, which the highest free range has", make_both, alloc_near,
	 check_near},
	{"alloc/bottom", "the same from below: all reserved regions move", make_from_below,
	 alloc_near, check_near},
	{"alloc/far", "100 blocks that only the last range in the order of the search has room for",
	 make_both, alloc_far, check_far},
	{"free", "100 reserved regions, in random order", make_picked, release, check_freed},
	{"scan/reserve", "100 pages in random regions, with Linux's scans of the array",
	 make_picked, reserve_scanned, check_scanned_reserve},
	{"scan/free", "100 reserved regions, likewise", make_picked, release_scanned,
	 check_scanned_free},
	{"walk", "all free ranges, memory less reserved", make_both, walk, check_walk},
};

static const int64_t regions[] = {1, 10, 100, 1000, 10000, 100000};

/* Small maps: several in a row, so that reading the clock is none of what is measured. */
#define MAX_MAPS  512
#define LEAST_OPS 1000

struct maps {
	struct map *map;
	size_t count;
};

static int setup(struct mb_bench_run *run)
{
	struct maps *maps = calloc(1, sizeof(*maps));

	run->data = maps;
	if (!maps)
		return out_of_memory(run);
	maps->count = mb_clamp(LEAST_OPS / (uint64_t)run->arg, 1, MAX_MAPS);
	maps->map = calloc(maps->count, sizeof(*maps->map));
	if (!maps->map)
		return out_of_memory(run);
	for (size_t i = 0; i < maps->count; i++)
		maps->map[i].regions = (uint64_t)run->arg;
	return 0;
}

static int run_once(struct mb_bench_run *run)
{
	const struct kind *kind = run->row->param;
	const struct maps *maps = run->data;
	uint64_t ops = 1;

	for (size_t i = 0; i < maps->count; i++)
		if (kind->make(&maps->map[i]))
			return out_of_memory(run);
	run->ops = 0;
	mb_timer_begin(run);
	for (size_t i = 0; ops && i < maps->count; i++) {
		ops = kind->work(&maps->map[i]);
		run->ops += ops;
	}
	mb_timer_end(run);
	return ops ? 0 : MB_FAIL(&run->err, -EUCLEAN, "memblock has no room left");
}

static int validate(struct mb_bench_run *run)
{
	const struct kind *kind = run->row->param;
	const struct maps *maps = run->data;

	for (size_t i = 0; i < maps->count; i++) {
		if (mb_memblock_check(&maps->map[i].memblock))
			return MB_FAIL(&run->err, -EUCLEAN,
				       "the regions are not sorted, disjoint and minimal, or "
				       "their total is wrong");
		if (kind->check(&maps->map[i]))
			return MB_FAIL(&run->err, -EUCLEAN,
				       "the regions are not those of this map");
	}
	return 0;
}

static void teardown(struct mb_bench_run *run)
{
	struct maps *maps = run->data;

	for (size_t i = 0; maps && maps->map && i < maps->count; i++)
		mb_memblock_fini(&maps->map[i].memblock);
	if (maps)
		free(maps->map);
	free(maps);
}

bool mb_bench_memblock_row(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(kinds))
		return false;
	*ret_row = (struct mb_bench){
		.group = "memblock",
		.name = kinds[index].name,
		.summary = kinds[index].summary,
		.temperature = MB_BENCH_WARM,
		.arg_name = "regions",
		.args = regions,
		.nr_args = MB_ARRAY_SIZE(regions),
		.rounds = ROUNDS,
		.param = &kinds[index],
		.setup = setup,
		.run = run_once,
		.validate = validate,
		.teardown = teardown,
	};
	return true;
}
