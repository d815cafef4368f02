/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/percpu.h"
#include "tests/seed.h"

#define MAX_CPUS 256

/* x86-64 with two CPUs a node. */
static struct mb_percpu_config plain_config(const int *cpu_node, unsigned nr_cpus,
					    unsigned nr_nodes)
{
	return (struct mb_percpu_config){
		.static_bytes = 212992,
		.reserved_bytes = 8192,
		.dynamic_bytes = MB_PERCPU_DYNAMIC,
		.early_bytes = 12 << 10,
		.atom_bytes = 2 * MB_MIB,
		.page_shift = 12,
		.nr_cpus = nr_cpus,
		.cpu_node = cpu_node,
		.nr_node_ids = nr_nodes,
		.min_addr = 16 * MB_MIB,
	};
}

/*
 * Lines that kernels printed on real machines. nodes: of the CPUs in turn, repeated; runs: CPUs of
 * one node in a row.
 */
struct golden {
	uint64_t static_bytes, reserved_bytes, dynamic_bytes, early_bytes, atom_bytes;
	unsigned page_shift, nr_cpus, run, nr_nodes;
	const char *text;
};

static const struct golden goldens[] = {
	{185560, 0, 28 << 10, 12 << 10, 2 << 20, 12, 2, 2, 1,
	 "percpu: Embedded 53 pages/cpu s185560 r0 d31528 u1048576\n"
	 "pcpu-alloc: s185560 r0 d31528 u1048576 alloc=1*2097152\n"
	 "pcpu-alloc: [0] 0 1 \n"},
	{212992, 8192, 28 << 10, 12 << 10, 2 << 20, 12, 8, 2, 4,
	 "percpu: Embedded 61 pages/cpu s212992 r8192 d28672 u1048576\n"
	 "pcpu-alloc: s212992 r8192 d28672 u1048576 alloc=1*2097152\n"
	 "pcpu-alloc: [0] 0 1 [1] 2 3 [2] 4 5 [3] 6 7 \n"},
	{233472, 8192, 28 << 10, 20 << 10, 2 << 20, 12, 4, 2, 2,
	 "percpu: Embedded 66 pages/cpu s233472 r8192 d28672 u1048576\n"
	 "pcpu-alloc: s233472 r8192 d28672 u1048576 alloc=1*2097152\n"
	 "pcpu-alloc: [0] 0 1 [1] 2 3 \n"},
	{85864, 8192, 28 << 10, 12 << 10, 4096, 12, 4, 2, 2,
	 "percpu: Embedded 30 pages/cpu s85864 r8192 d28824 u122880\n"
	 "pcpu-alloc: s85864 r8192 d28824 u122880 alloc=30*4096\n"
	 "pcpu-alloc: [0] 0 [0] 1 [1] 2 [1] 3 \n"},
	/* Units to spare: a third of the CPUs at most. */
	{225280, 8192, 28 << 10, 20 << 10, 2 << 20, 12, 12, 12, 1,
	 "percpu: Embedded 64 pages/cpu s225280 r8192 d28672 u262144\n"
	 "pcpu-alloc: s225280 r8192 d28672 u262144 alloc=1*2097152\n"
	 "pcpu-alloc: [0] 00 01 02 03 04 05 06 07 [0] 08 09 10 11 -- -- -- -- \n"},
	{233472, 8192, 28 << 10, 20 << 10, 2 << 20, 12, 16, 16, 1,
	 "percpu: Embedded 66 pages/cpu s233472 r8192 d28672 u524288\n"
	 "pcpu-alloc: s233472 r8192 d28672 u524288 alloc=1*2097152\n"
	 "pcpu-alloc: [0] 00 01 02 03 [0] 04 05 06 07 \n"
	 "pcpu-alloc: [0] 08 09 10 11 [0] 12 13 14 15 \n"},
	{184320, 8192, 28 << 10, 12 << 10, 2 << 20, 12, 32, 8, 2,
	 "percpu: Embedded 54 pages/cpu s184320 r8192 d28672 u262144\n"
	 "pcpu-alloc: s184320 r8192 d28672 u262144 alloc=1*2097152\n"
	 "pcpu-alloc: [0] 00 01 02 03 04 05 06 07 [0] 16 17 18 19 20 21 22 23 \n"
	 "pcpu-alloc: [1] 08 09 10 11 12 13 14 15 [1] 24 25 26 27 28 29 30 31 \n"},
	/* Older kernels keep 20 KiB for dynamic memory. A line may hold two groups. */
	{81088, 8192, 20 << 10, 12 << 10, 2 << 20, 12, 80, 1, 4,
	 "percpu: Embedded 27 pages/cpu s81088 r8192 d21312 u262144\n"
	 "pcpu-alloc: s81088 r8192 d21312 u262144 alloc=1*2097152\n"
	 "pcpu-alloc: [0] 00 04 08 12 16 20 24 28 [0] 32 36 40 44 48 52 56 60 \n"
	 "pcpu-alloc: [0] 64 68 72 76 -- -- -- -- [1] 01 05 09 13 17 21 25 29 \n"
	 "pcpu-alloc: [1] 33 37 41 45 49 53 57 61 [1] 65 69 73 77 -- -- -- -- \n"
	 "pcpu-alloc: [2] 02 06 10 14 18 22 26 30 [2] 34 38 42 46 50 54 58 62 \n"
	 "pcpu-alloc: [2] 66 70 74 78 -- -- -- -- [3] 03 07 11 15 19 23 27 31 \n"
	 "pcpu-alloc: [3] 35 39 43 47 51 55 59 63 [3] 67 71 75 79 -- -- -- -- \n"},
};

static void fill_nodes(int *cpu_node, unsigned nr_cpus, unsigned run, unsigned nr_nodes)
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		cpu_node[cpu] = (int)(cpu / run % nr_nodes);
}

static void test_golden(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(goldens); i++) {
		const struct golden *g = &goldens[i];
		int cpu_node[MAX_CPUS];
		struct mb_percpu_config config = plain_config(cpu_node, g->nr_cpus, g->nr_nodes);
		struct mb_percpu_layout layout;
		struct mb_strbuf buf = {0};

		fill_nodes(cpu_node, g->nr_cpus, g->run, g->nr_nodes);
		config.static_bytes = g->static_bytes;
		config.reserved_bytes = g->reserved_bytes;
		config.dynamic_bytes = g->dynamic_bytes;
		config.early_bytes = g->early_bytes;
		config.atom_bytes = g->atom_bytes;
		assert_int_equal(mb_percpu_build(&config, NULL, &layout), 0);
		mb_percpu_print(&layout, &buf);
		assert_string_equal(mb_strbuf_text(&buf), g->text);
		mb_strbuf_fini(&buf);
		mb_percpu_fini(&layout);
	}
}

/* 128 CPUs: three digits; page units: four a line. */
static void test_print_wide(void **state)
{
	int cpu_node[128];
	struct mb_percpu_config config = plain_config(cpu_node, 128, 4);
	struct mb_percpu_layout layout;
	struct mb_strbuf buf = {0};
	const char *line;

	fill_nodes(cpu_node, 128, 32, 4);
	config.atom_bytes = 4096;
	assert_int_equal(mb_percpu_build(&config, NULL, &layout), 0);
	mb_percpu_print(&layout, &buf);
	line = strstr(mb_strbuf_text(&buf), "pcpu-alloc: [0]");
	assert_non_null(line);
	assert_memory_equal(line, "pcpu-alloc: [0] 000 [0] 001 [0] 002 [0] 003 \n", 45);
	assert_non_null(strstr(line, "\npcpu-alloc: [3] 124 [3] 125 [3] 126 [3] 127 \n"));
	mb_strbuf_fini(&buf);
	mb_percpu_fini(&layout);
}

/*
 * The dynamic part grows to whole pages, and never is below the early minimum; a unit is never
 * below 32 KiB.
 */
static void test_sizes(void **state)
{
	static const struct {
		uint64_t s, r, d, early;
		unsigned page_shift;
		uint64_t size_sum, dynamic, alloc;
	} rows[] = {
		{100, 0, 0, 12 << 10, 12, 16384, 16284, 32768},
		{4096, 4096, 0, 12 << 10, 12, 20480, 12288, 32768},
		{4097, 4096, 0, 12 << 10, 12, 24576, 16383, 32768},
		{40000, 8192, 28672, 12288, 12, 77824, 29632, 77824},
		{40000, 8192, 28672, 81920, 12, 131072, 82880, 131072},
		{85864, 8192, 28672, 20480, 16, 131072, 37016, 131072},
	};
	int node = 0;

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_percpu_config config = plain_config(&node, 1, 1);
		struct mb_percpu_layout layout;

		config.static_bytes = rows[i].s;
		config.reserved_bytes = rows[i].r;
		config.dynamic_bytes = rows[i].d;
		config.early_bytes = rows[i].early;
		config.page_shift = rows[i].page_shift;
		config.atom_bytes = UINT64_C(1) << rows[i].page_shift;
		assert_int_equal(mb_percpu_build(&config, NULL, &layout), 0);
		assert_int_equal(layout.size_sum, rows[i].size_sum);
		assert_int_equal(layout.dynamic_bytes, rows[i].dynamic);
		assert_int_equal(layout.alloc_bytes, rows[i].alloc);
		assert_int_equal(layout.unit_bytes, rows[i].alloc);
		mb_percpu_fini(&layout);
	}
}

/*
 * The units of an allocation, said differently: of all counts that divide it and waste no more than
 * a third of the CPUs, those that need the fewest allocations; of these the smallest.
 */
static unsigned naive_units(const struct mb_percpu_layout *layout)
{
	uint64_t least = layout->size_sum > 32768 ? layout->size_sum : 32768;
	unsigned best = 0, fewest = UINT32_MAX;

	for (unsigned units = 1; units * least <= layout->alloc_bytes; units++) {
		unsigned allocs = 0;

		for (unsigned i = 0; i < layout->nr_groups; i++)
			allocs += (layout->groups[i].nr_cpus + units - 1) / units;
		if (layout->alloc_bytes % ((uint64_t)units << layout->page_shift) != 0 ||
		    allocs * units - layout->nr_cpus > layout->nr_cpus / 3 || allocs >= fewest)
			continue;
		fewest = allocs;
		best = units;
	}
	return best;
}

static bool naive_local(const struct mb_percpu_config *config, unsigned a, unsigned b)
{
	const uint8_t *d = config->distance;
	unsigned n = config->nr_node_ids, x = (unsigned)config->cpu_node[a],
		 y = (unsigned)config->cpu_node[b];

	return d ? d[x * n + y] == 10 && d[y * n + x] == 10 : x == y;
}

/*
 * Each CPU belongs to the lowest CPU that leads a group and is close to it; groups are counted by
 * their leaders.
 */
static void expect_groups(const struct mb_percpu_config *config,
			  const struct mb_percpu_layout *layout)
{
	unsigned leaders[MAX_CPUS], members[MAX_CPUS] = {0}, count = 0;

	for (unsigned cpu = 0; cpu < config->nr_cpus; cpu++) {
		unsigned group = 0;

		while (group < count && !naive_local(config, leaders[group], cpu))
			group++;
		if (group == count)
			leaders[count++] = cpu;
		assert_true(group < layout->nr_groups);
		assert_int_equal(layout->groups[group].cpu_map[members[group]++], cpu);
	}
	assert_int_equal(layout->nr_groups, count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(layout->groups[i].nr_cpus, members[i]);
		assert_int_equal(layout->groups[i].nid, config->cpu_node[leaders[i]]);
		for (unsigned unit = members[i]; unit < layout->groups[i].nr_units; unit++)
			assert_int_equal(layout->groups[i].cpu_map[unit], MB_PERCPU_NO_CPU);
	}
}

static void random_config(struct mb_rng *rng, struct mb_percpu_config *config, int *cpu_node,
			  uint8_t *distance)
{
	static const unsigned shifts[] = {12, 14, 16};
	unsigned nodes = 1 + (unsigned)mb_rng_below(rng, 12);

	*config = plain_config(cpu_node, 1 + (unsigned)mb_rng_below(rng, MAX_CPUS), nodes);
	config->static_bytes = mb_rng_below(rng, UINT64_C(1) << mb_rng_below(rng, 21));
	config->reserved_bytes = mb_rng_below(rng, 2) * 8192;
	config->dynamic_bytes = mb_rng_below(rng, 65536);
	config->page_shift = shifts[mb_rng_below(rng, 3)];
	/* Any number of pages: with powers of two alone a smaller count never does as well. */
	config->atom_bytes = (1 + mb_rng_below(rng, 512)) << config->page_shift;
	for (unsigned cpu = 0; cpu < config->nr_cpus; cpu++)
		cpu_node[cpu] = (int)mb_rng_below(rng, nodes);
	for (unsigned i = 0; i < nodes * nodes; i++)
		distance[i] = i % (nodes + 1) && mb_rng_below(rng, 3) ? 20 : 10;
	if (mb_rng_below(rng, 2))
		config->distance = distance;
}

static void test_random_groups(void **state)
{
	struct mb_rng rng = {seed_or(20240613)};

	for (int i = 0; i < 3000; i++) {
		struct mb_percpu_config config;
		struct mb_percpu_layout layout;
		int cpu_node[MAX_CPUS];
		uint8_t distance[12 * 12];
		unsigned units = 0;

		random_config(&rng, &config, cpu_node, distance);
		assert_int_equal(mb_percpu_build(&config, NULL, &layout), 0);
		expect_groups(&config, &layout);
		if (layout.units_per_alloc != naive_units(&layout))
			fail_msg("round %d: %u units, expected %u", i, layout.units_per_alloc,
				 naive_units(&layout));
		assert_int_equal(layout.unit_bytes * layout.units_per_alloc, layout.alloc_bytes);
		assert_int_equal(layout.unit_bytes % (UINT64_C(1) << config.page_shift), 0);
		assert_true(layout.unit_bytes >= layout.size_sum &&
			    layout.unit_bytes >= MB_PERCPU_MIN_UNIT);
		for (unsigned g = 0; g < layout.nr_groups; g++) {
			assert_int_equal(layout.groups[g].nr_units % layout.units_per_alloc, 0);
			units += layout.groups[g].nr_units;
		}
		assert_int_equal(layout.nr_units, units);
		assert_int_equal(layout.nr_allocs, units / layout.units_per_alloc);
		mb_percpu_fini(&layout);
	}
}

/* CPUs whose node is not known are close to each other alone. */
static void test_unknown_nodes(void **state)
{
	int cpu_node[4] = {MB_NO_NODE, 0, MB_NO_NODE, 0};
	const uint8_t distance[1] = {10};
	struct mb_percpu_config config = plain_config(cpu_node, 4, 1);
	struct mb_percpu_layout layout;

	config.distance = distance;
	assert_int_equal(mb_percpu_build(&config, NULL, &layout), 0);
	assert_int_equal(layout.nr_groups, 2);
	assert_int_equal(layout.groups[0].nid, MB_NO_NODE);
	assert_int_equal(layout.groups[0].cpu_map[1], 2);
	mb_percpu_fini(&layout);
}

static void test_bad_config(void **state)
{
	int cpu_node[2] = {0, 5};
	struct mb_percpu_config config = plain_config(cpu_node, 2, 2);
	struct mb_percpu_layout layout = {.nr_cpus = 99};
	struct mb_err err = {0};

	assert_int_equal(mb_percpu_build(&config, &err, &layout), -EINVAL);
	assert_string_equal(err.text, "CPU 1 is on node 5");
	cpu_node[1] = 1;
	config.atom_bytes = 2048;
	assert_int_equal(mb_percpu_build(&config, NULL, &layout), -EINVAL);
	config.atom_bytes = 6000;
	assert_int_equal(mb_percpu_build(&config, NULL, &layout), -EINVAL);
	config.atom_bytes = 4096;
	config.nr_cpus = 0;
	assert_int_equal(mb_percpu_build(&config, NULL, &layout), -EINVAL);
	assert_int_equal(mb_percpu_embed(&config, NULL, NULL, &layout), -EINVAL);
	assert_int_equal(mb_percpu_page(&config, NULL, NULL, &layout), -EINVAL);
	assert_int_equal(mb_percpu_setup(&config, NULL, NULL, &layout), -EINVAL);
	assert_int_equal(layout.nr_cpus, 99);
}

/* Nodes of bytes each, from one GiB boundary to the next. */
static void make_memory(struct mb_memblock *memblock, unsigned nr_nodes, uint64_t bytes)
{
	mb_memblock_init(memblock, 12, false);
	for (unsigned nid = 0; nid < nr_nodes; nid++)
		assert_int_equal(mb_memblock_add_node(memblock, nid * MB_GIB, bytes, (int)nid,
						      MB_MEMBLOCK_NONE),
				 0);
}

/*
 * One allocation a group at the top of its node; what is left of it are the data of its units.
 *
 *      |<----- 2 MiB ----->|
 *   ...#####.....#####.....|  top of the node
 *      CPU 0     CPU 1
 */
static void test_embed(void **state)
{
	int cpu_node[4] = {0, 0, 1, 1};
	struct mb_percpu_config config = plain_config(cpu_node, 4, 2);
	struct mb_memblock memblock;
	struct mb_percpu_layout layout;
	struct mb_err err = {0};

	make_memory(&memblock, 2, 256 * MB_MIB);
	assert_int_equal(mb_percpu_embed(&config, &memblock, &err, &layout), 0);
	assert_int_equal(mb_percpu_check(&layout, &memblock, &err), 0);
	assert_int_equal(layout.groups[0].base, 254 * MB_MIB);
	/* The two pages of scratch memory were on top of node 1 then. */
	assert_int_equal(layout.groups[1].base, MB_GIB + 252 * MB_MIB);
	assert_int_equal(layout.unit_addr[1], 255 * MB_MIB);
	assert_int_equal(layout.unit_addr[2], MB_GIB + 252 * MB_MIB);
	assert_int_equal(mb_memblock_reserved_size(&memblock), 4 * layout.size_sum);
	assert_true(mb_memblock_is_reserved(&memblock, layout.unit_addr[3] + layout.size_sum - 1));
	assert_false(mb_memblock_is_reserved(&memblock, layout.unit_addr[3] + layout.size_sum));
	mb_percpu_fini(&layout);
	mb_memblock_fini(&memblock);
}

/* Unused units go back whole. */
static void test_embed_spare_units(void **state)
{
	int cpu_node[12] = {0};
	struct mb_percpu_config config = plain_config(cpu_node, 12, 1);
	struct mb_memblock memblock;
	struct mb_percpu_layout layout;
	struct mb_err err = {0};

	make_memory(&memblock, 1, 256 * MB_MIB);
	assert_int_equal(mb_percpu_embed(&config, &memblock, &err, &layout), 0);
	assert_int_equal(layout.nr_units, 16);
	assert_int_equal(layout.nr_allocs, 2);
	assert_int_equal(mb_percpu_check(&layout, &memblock, &err), 0);
	assert_int_equal(mb_memblock_reserved_size(&memblock), 12 * layout.size_sum);
	mb_percpu_fini(&layout);
	mb_memblock_fini(&memblock);
}

/* What the chunk's own records take: for ever, cache lines each. */
static void test_records(void **state)
{
	int cpu_node[4] = {0, 0, 1, 1};
	struct mb_percpu_config config = plain_config(cpu_node, 4, 2);
	/*
	 * Groups twice, CPUs twice, slots; then chunk, map, bounds and blocks of two pages and of
	 * seven.
	 */
	uint64_t bytes = 16 + 16 + 16 + 32 + 22 * 16 + 144 + 256 + 264 + 64 + 144 + 896 + 904 + 224;
	struct mb_memblock memblock;
	struct mb_percpu_layout layout;

	make_memory(&memblock, 2, 256 * MB_MIB);
	config.chunk_bytes = 136;
	assert_int_equal(mb_percpu_embed(&config, &memblock, NULL, &layout), 0);
	assert_int_equal(mb_memblock_reserved_size(&memblock), 4 * layout.size_sum + bytes);
	mb_percpu_fini(&layout);
	mb_memblock_fini(&memblock);
	/* Without module area there is one region only; s is rounded up to 4 bytes. */
	config.reserved_bytes = 0;
	config.static_bytes = 85863;
	config.atom_bytes = 4096;
	make_memory(&memblock, 2, 256 * MB_MIB);
	assert_int_equal(mb_percpu_embed(&config, &memblock, NULL, &layout), 0);
	assert_int_equal(layout.size_sum, 28 * 4096);
	bytes = 16 + 16 + 16 + 32 + 18 * 16 + 144 + 8 * 128 + 8 * 129 + 8 * 32;
	assert_int_equal(mb_memblock_reserved_size(&memblock), 4 * layout.size_sum + bytes);
	mb_percpu_fini(&layout);
	mb_memblock_fini(&memblock);
}

/*
 * A node without memory takes from another, and so does one whose memory lies below the wanted
 * address.
 */
static void test_embed_elsewhere(void **state)
{
	int cpu_node[3] = {0, 1, 2};
	struct mb_percpu_config config = plain_config(cpu_node, 3, 3);
	struct mb_memblock memblock;
	struct mb_percpu_layout layout;
	struct mb_err err = {0};

	mb_memblock_init(&memblock, 12, false);
	mb_memblock_add_node(&memblock, 0, 12 * MB_MIB, 0, MB_MEMBLOCK_NONE);
	mb_memblock_add_node(&memblock, 12 * MB_MIB, 100 * MB_MIB, 2, MB_MEMBLOCK_NONE);
	assert_int_equal(mb_percpu_embed(&config, &memblock, &err, &layout), 0);
	assert_int_equal(layout.nr_groups, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_true(layout.groups[i].base >= 16 * MB_MIB);
	assert_int_equal(mb_percpu_check(&layout, &memblock, &err), 0);
	mb_percpu_fini(&layout);
	mb_memblock_fini(&memblock);
}

/*
 * However little there is, a failure leaves nothing behind; with more there is a success in the
 * end, first page by page.
 */
static void test_little_memory(void **state)
{
	int cpu_node[4] = {0, 0, 1, 1};
	struct mb_percpu_config config = plain_config(cpu_node, 4, 2);
	unsigned failures = 0, paged = 0, embedded = 0;

	config.chunk_bytes = 136;
	for (uint64_t pages = 1; pages < 1100; pages += pages < 300 ? 1 : 37) {
		struct mb_memblock memblock;
		struct mb_percpu_layout layout;
		struct mb_err err = {0};
		int result;

		mb_memblock_init(&memblock, 12, false);
		mb_memblock_add_node(&memblock, MB_GIB, pages << 12, 0, MB_MEMBLOCK_NONE);
		result = mb_percpu_setup(&config, &memblock, &err, &layout);
		if (result) {
			assert_int_equal(result, -ENOSPC);
			assert_int_equal(err.code, -ENOSPC);
			assert_int_equal(mb_memblock_reserved_size(&memblock), 0);
			failures++;
		} else {
			assert_int_equal(mb_percpu_check(&layout, &memblock, &err), 0);
			paged += layout.pages != NULL;
			embedded += layout.pages == NULL;
			mb_percpu_fini(&layout);
		}
		mb_memblock_fini(&memblock);
	}
	assert_true(failures > 200 && paged > 20 && embedded > 1);
}

/* Groups further apart than three quarters of the vmalloc area go page by page. */
static void test_too_far_apart(void **state)
{
	int cpu_node[4] = {0, 1, 0, 1};
	struct mb_percpu_config config = plain_config(cpu_node, 4, 2);
	struct mb_memblock memblock;
	struct mb_percpu_layout layout;
	struct mb_err err = {0};
	struct mb_strbuf buf = {0};

	make_memory(&memblock, 2, 256 * MB_MIB);
	config.vmalloc_bytes = MB_GIB + 512 * MB_MIB;
	assert_int_equal(mb_percpu_embed(&config, &memblock, NULL, &layout), 0);
	mb_percpu_fini(&layout);
	mb_memblock_fini(&memblock);

	make_memory(&memblock, 2, 256 * MB_MIB);
	config.vmalloc_bytes = MB_GIB;
	assert_int_equal(mb_percpu_embed(&config, &memblock, &err, &layout), -ERANGE);
	assert_int_equal(mb_memblock_reserved_size(&memblock), 0);
	assert_int_equal(mb_percpu_setup(&config, &memblock, &err, &layout), 0);
	assert_int_equal(mb_percpu_check(&layout, &memblock, &err), 0);
	/* 212992 + 8192 + 12288 bytes are 57 pages; each CPU's are its node's. */
	assert_int_equal(mb_memblock_reserved_size(&memblock), 4 * 57 * 4096);
	for (unsigned i = 0; i < 4 * 57; i++)
		assert_int_equal(layout.pages[i] >= MB_GIB, i / 57 % 2);
	mb_percpu_print(&layout, &buf);
	assert_string_equal(mb_strbuf_text(&buf),
			    "percpu: 57 4K pages/cpu s212992 r8192 d12288\n"
			    "pcpu-alloc: s212992 r8192 d12288 u233472 alloc=57*4096\n"
			    "pcpu-alloc: [0] 0 [0] 1 [0] 2 [0] 3 \n");
	mb_strbuf_fini(&buf);
	mb_percpu_fini(&layout);
	mb_memblock_fini(&memblock);
}

static struct mb_percpu_config machine_config(const char *text, const char *release,
					      struct mb_machine **ret_machine)
{
	struct mb_percpu_config config;
	struct mb_err err = {0};

	if (mb_machine_parse(text, NULL, &err, ret_machine))
		fail_msg("%s: %s", text, err.text);
	mb_percpu_config_init(&config, *ret_machine, mb_profile_find(release), 16 * MB_MIB);
	return config;
}

static void test_machine(void **state)
{
	struct mb_machine *machine;
	struct mb_percpu_config config =
		machine_config("nodes=2 each=1G cpus=2 arch=x86_64", "6.1", &machine);

	assert_int_equal(config.atom_bytes, 2 * MB_MIB);
	assert_int_equal(config.early_bytes, 12 << 10);
	assert_int_equal(config.nr_cpus, 4);
	assert_null(config.distance);
	assert_int_equal(config.chunk_bytes, 136);
	assert_true(config.vmalloc_bytes == 12800 * MB_TIB);
	mb_machine_free(machine);
	config =
		machine_config("nodes=2 each=1G cpus=2 arch=x86_64 phys-bits=46", "6.12", &machine);
	assert_true(config.vmalloc_bytes == 32 * MB_TIB);
	assert_int_equal(config.chunk_bytes, 192);
	assert_int_equal(config.early_bytes, 20 << 10);
	mb_machine_free(machine);
	config = machine_config("nodes=2 each=2G cpus=2 arch=arm64 page=64K", "6.1", &machine);
	assert_int_equal(config.atom_bytes, 65536);
	assert_non_null(config.distance);
	mb_machine_free(machine);
}

static void test_check(void **state)
{
	int cpu_node[4] = {0, 0, 1, 1};
	struct mb_percpu_config config = plain_config(cpu_node, 4, 2);
	struct mb_memblock memblock;
	struct mb_percpu_layout layout;
	struct mb_err err = {0};

	make_memory(&memblock, 2, 256 * MB_MIB);
	assert_int_equal(mb_percpu_embed(&config, &memblock, NULL, &layout), 0);
	layout.unit_addr[1] -= layout.unit_bytes - 4096;
	assert_int_equal(mb_percpu_check(&layout, NULL, &err), -EUCLEAN);
	layout.unit_addr[1] += layout.unit_bytes - 4096;
	layout.groups[0].cpu_map[1] = MB_PERCPU_NO_CPU;
	assert_int_equal(mb_percpu_check(&layout, NULL, &err), -EUCLEAN);
	layout.groups[0].cpu_map[1] = 1;
	layout.dynamic_bytes--;
	assert_int_equal(mb_percpu_check(&layout, NULL, &err), -EUCLEAN);
	layout.dynamic_bytes++;
	layout.nr_allocs++;
	assert_int_equal(mb_percpu_check(&layout, NULL, &err), -EUCLEAN);
	layout.nr_allocs--;
	assert_int_equal(mb_percpu_check(&layout, &memblock, &err), 0);
	mb_memblock_phys_free(&memblock, layout.unit_addr[2] + layout.size_sum - 4096, 4096);
	assert_int_equal(mb_percpu_check(&layout, NULL, &err), 0);
	assert_int_equal(mb_percpu_check(&layout, &memblock, &err), -EUCLEAN);
	mb_percpu_fini(&layout);
	mb_percpu_fini(&layout);
	mb_memblock_fini(&memblock);
}

/* Sizes that memblock was asked for, in order. */
struct sizes {
	uint64_t list[32];
	size_t count;
};

static void note_size(void *ctx, const struct mb_memblock_request *request)
{
	struct sizes *sizes = ctx;

	assert_true(sizes->count < 32);
	sizes->list[sizes->count++] = request->size;
}

/*
 * Records of a region are for all pages that it touches: arm64's reserved 8 KiB begin inside a page, so three.
 * Its pages' bits, one bit for 4 bytes, one more, and 32 bytes a page; then the same for the dynamic part's 8.
 */
static void test_records_of_whole_pages(void **state)
{
	static const uint64_t expected[] = {144, 384, 392, 96, 144, 1024, 1032, 256};
	static const int cpu_node[] = {0};
	struct mb_percpu_config config = {
		.static_bytes = 85864,
		.reserved_bytes = 8192,
		.dynamic_bytes = MB_PERCPU_DYNAMIC,
		.early_bytes = 12 << 10,
		.atom_bytes = 4096,
		.page_shift = 12,
		.nr_cpus = 1,
		.cpu_node = cpu_node,
		.nr_node_ids = 1,
		.chunk_bytes = 136,
	};
	struct mb_percpu_layout layout;
	struct mb_memblock *mb = malloc(sizeof(*mb));
	struct sizes sizes = {.count = 0};
	struct mb_err err = {0};

	assert_non_null(mb);
	mb_memblock_init(mb, 12, true);
	mb_memblock_add_node(mb, 1 << 20, 64 << 20, 0, MB_MEMBLOCK_NONE);
	mb->trace = note_size;
	mb->trace_ctx = &sizes;
	assert_int_equal(mb_percpu_embed(&config, mb, &err, &layout), 0);
	assert_int_equal(layout.dynamic_bytes, 28824);
	assert_true(sizes.count > MB_ARRAY_SIZE(expected));
	assert_memory_equal(&sizes.list[sizes.count - MB_ARRAY_SIZE(expected)], expected,
			    sizeof(expected));
	mb_percpu_fini(&layout);
	mb_memblock_fini(mb);
	free(mb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_print_wide),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_random_groups),
		cmocka_unit_test(test_unknown_nodes),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_embed),
		cmocka_unit_test(test_embed_spare_units),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_embed_elsewhere),
		cmocka_unit_test(test_little_memory),
		cmocka_unit_test(test_too_far_apart),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_records_of_whole_pages),
	};

	return cmocka_run_group_tests_name("percpu", tests, NULL, NULL);
}
