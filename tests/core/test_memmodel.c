/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/base/bits.h"
#include "core/base/rng.h"
#include "core/fault.h"
#include "core/memmodel.h"
#include "tests/core/boot_case.h"

/* The arithmetic of include/linux/mmzone.h for the two architectures, 16-byte usage header. */
static void geometry(void **state)
{
	static const struct {
		const char *text;
		uint64_t pages, sections, map_bytes, usage_bytes;
	} rows[] = {
		{"node0=1G phys-bits=46", 32768, 524288, 2 * MB_MIB, 56},
		{"node0=1G phys-bits=52", 32768, 33554432, 2 * MB_MIB, 56},
		{"arch=arm64 node0=1G phys-bits=48", 32768, 2097152, 2 * MB_MIB, 56},
		{"arch=arm64 node0=1G phys-bits=48 page=16K section=128M", 8192, 2097152,
		 512 * MB_KIB, 32},
		{"arch=arm64 node0=1G phys-bits=52 page=64K section=512M", 8192, 8388608,
		 512 * MB_KIB, 56},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_machine *machine = NULL;
		struct mb_geometry geo;
		struct mb_err err = {0};

		if (mb_machine_parse(rows[i].text, NULL, &err, &machine))
			fail_msg("%s: %s", rows[i].text, err.text);
		mb_memmodel_geometry(&mb_memmodels[MB_MEMMODEL_VMEMMAP], machine, 16, 64, &geo);
		assert_int_equal(geo.pages_per_section, rows[i].pages);
		assert_int_equal(geo.nr_sections, rows[i].sections);
		assert_int_equal(geo.sections_per_root, (UINT64_C(1) << machine->page_shift) / 16);
		assert_int_equal(geo.section_map_bytes, rows[i].map_bytes);
		assert_int_equal(geo.usage_bytes, rows[i].usage_bytes);
		for (unsigned id = 0; id < MB_NR_PAGE_SIZES; id++) {
			uint64_t bytes = mb_page_sizes[id].bytes;

			mb_memmodel_geometry(&mb_memmodels[MB_MEMMODEL_VMEMMAP], machine, 16,
					     (unsigned)bytes, &geo);
			assert_int_equal(geo.page_bytes, bytes);
			assert_int_equal(geo.section_map_bytes, rows[i].map_bytes / 64 * bytes);
			assert_int_equal(geo.usage_bytes, rows[i].usage_bytes);
		}
		mb_machine_free(machine);
	}
}

/*
 *   sections  0 1 2 … 8 … 32
 *   memory    [===]   [=]  [=]      1 GiB is section 8, 4 GiB section 32
 */
static void walks_present_sections_only(void **state)
{
	static const int64_t expected[] = {0, 1, 8, 32, -1};
	struct boot_case c;
	int64_t nr = -1;

	boot_case_init(&c, "node0=256M@0+128M@1G+1M@4G", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_memmodel_stage);
	for (size_t i = 0; i < MB_ARRAY_SIZE(expected); i++) {
		nr = mb_memmodel_next_present(&c.boot->model, nr);
		assert_int_equal(nr, expected[i]);
	}
	assert_int_equal(c.boot->model.highest_present, 32);
	assert_int_equal(c.boot->model.nr_present, 4);
	assert_true(mb_memmodel_pfn_valid(&c.boot->model, 0));
	assert_false(mb_memmodel_pfn_valid(&c.boot->model, 2 * 32768));
	assert_true(mb_memmodel_pfn_valid(&c.boot->model,
					  33 * 32768 - 1)); /* a hole of a present section */
	boot_case_fini(&c);
}

/*
 *   section 8 (1 GiB)  [ node 0 64M | node 1 64M ]     the lower range has the section
 */
static void shared_section_is_the_lower_node_s(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1088M@0 node1=960M@1088M node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_memmodel_stage);
	assert_int_equal(mb_memmodel_section(&c.boot->model, 8)->usage->memmap_nid, 0);
	assert_int_equal(mb_memmodel_section(&c.boot->model, 9)->usage->memmap_nid, 1);
	boot_case_fini(&c);
}

/*
 * A 64 GiB machine of four nodes asks for a buffer of 2 MiB a section on each node, and keeps all
 * of it.
 */
static void memmap_is_on_its_node(void **state)
{
	struct boot_case c;
	mb_phys_t before;

	boot_case_init(&c, "nodes=4 each=16G cpus=2", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_node_stage);
	before = mb_memblock_reserved_size(&c.boot->memblock);
	boot_case_run(&c, &mb_memmodel_stage);
	/*
	 * 512 section maps, their usage, 1 MiB of root pointers, 3 roots, and the vmemmap's tables.
	 */
	assert_int_equal(mb_memblock_reserved_size(&c.boot->memblock) - before,
			 512 * 2 * MB_MIB + 512 * 56 + MB_MIB + 3 * 4096 + 4 * 4096);
	assert_int_equal(c.boot->model.metadata_bytes, 512 * 56 + MB_MIB + 3 * 4096 + 4 * 4096);
	boot_case_fini(&c);
}

static void converts_both_ways(void **state)
{
	struct mb_rng rng = {boot_case_seed()};
	struct boot_case c;

	boot_case_init(&c, "node0=512M node1=512M@64G node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, &mb_fault_stage);
	for (unsigned i = 0; i < 1000; i++) {
		mb_pfn_t pfn = mb_rng_below(&rng, 131072) + (i % 2 ? (64 * MB_GIB) >> 12 : 0);
		struct mb_page *page = mb_memmodel_pfn_to_page(&c.boot->model, pfn);

		assert_true((char *)page >= (char *)c.boot->model.window);
		assert_true((char *)page + c.boot->model.geo.page_bytes <=
			    (char *)c.boot->model.window + c.boot->model.window_bytes);
		assert_int_equal(mb_memmodel_page_to_pfn(&c.boot->model, page), pfn);
	}
	boot_case_fini(&c);
}

/* Types of pageblocks against a plain array. */
static void block_types(void **state)
{
	struct mb_rng rng = {boot_case_seed()};
	enum mb_migratetype naive[512] = {0};
	struct boot_case c;

	boot_case_init(&c, "node0=1G", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_memmodel_stage);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned block = (unsigned)mb_rng_below(&rng, 512);

		if (mb_rng_below(&rng, 2)) {
			naive[block] = (enum mb_migratetype)mb_rng_below(&rng, MB_MIGRATE_TYPES);
			mb_memmodel_set_block_type(&c.boot->model,
						   block * 512 + mb_rng_below(&rng, 512),
						   naive[block]);
		}
		assert_int_equal(mb_memmodel_block_type(&c.boot->model, block * 512), naive[block]);
	}
	boot_case_fini(&c);
}

struct setter {
	const struct mb_memmodel *model;
	unsigned first;
};

static void *setter_main(void *arg)
{
	const struct setter *setter = arg;

	for (unsigned round = 0; round < 2000; round++)
		for (unsigned block = setter->first; block < 64; block += 2)
			mb_memmodel_set_block_type(setter->model, block * 512,
						   (enum mb_migratetype)((block + round) % 3));
	return NULL;
}

/* Two threads own alternate blocks of the same words: no update is lost. */
static void block_types_are_atomic(void **state)
{
	struct boot_case c;
	struct setter setters[2];
	pthread_t threads[2];

	boot_case_init(&c, "node0=128M", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_memmodel_stage);
	for (unsigned i = 0; i < 2; i++) {
		setters[i] = (struct setter){&c.boot->model, i};
		assert_int_equal(pthread_create(&threads[i], NULL, setter_main, &setters[i]), 0);
	}
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (unsigned block = 0; block < 64; block++)
		assert_int_equal(mb_memmodel_block_type(&c.boot->model, block * 512),
				 (block + 1999) % 3);
	boot_case_fini(&c);
}

/*
 *   subsections  0        1        …   63 | 64
 *   memory         [====== 3 MiB … ====== 129 MiB)      1 … 63 of section 0, 0 of section 1
 */
static void subsections(void **state)
{
	struct boot_case c;
	const struct mb_mem_section *first, *second;

	boot_case_init(&c, "node0=126M@3M+64M@512M", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zone_stage);
	first = mb_memmodel_section(&c.boot->model, 0);
	second = mb_memmodel_section(&c.boot->model, 1);
	assert_int_equal(first->usage->bits[0], ~UINT64_C(1));
	assert_int_equal(second->usage->bits[0], 1);
	boot_case_fini(&c);
}

/* A machine whose only node is all reserved has no place for a memmap. */
static void no_room_for_the_memmap(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=64M reserve=62M@1M", (struct boot_options){0});
	assert_int_equal(mb_boot_run(c.boot), -ENOSPC);
	assert_true(mb_boot_err(c.boot)->text[0]);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(geometry),
		cmocka_unit_test(walks_present_sections_only),
		cmocka_unit_test(shared_section_is_the_lower_node_s),
		cmocka_unit_test(memmap_is_on_its_node),
		cmocka_unit_test(converts_both_ways),
		cmocka_unit_test(block_types),
		cmocka_unit_test(block_types_are_atomic),
		cmocka_unit_test(subsections),

		cmocka_unit_test(no_room_for_the_memmap),
	};

	return cmocka_run_group_tests_name("memmodel", tests, NULL, NULL);
}
