/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memmodel_extreme.h"
#include "core/memmodel_walk.h"
#include "tests/core/boot_case.h"

/*
 *   sections  0 … 7        256 … 257       524287
 *   roots     [0    ]      [1       ]  …   [2047]      a root has 256 sections: 32 GiB
 */
static void roots_are_made_when_needed(void **state)
{
	const struct mb_memmodel *model;
	struct boot_case c;

	boot_case_init(&c, "node0=1G@0+256M@32G+128M@0x3ffff8000000 phys-bits=46",
		       (struct boot_options){.model = "extreme"});
	boot_case_run(&c, NULL);
	model = &c.boot->model;
	assert_int_equal(model->nr_roots, 2048);
	for (uint64_t root = 0; root < model->nr_roots; root++)
		assert_int_equal(model->roots[root] != NULL, root < 2 || root == 2047);
	assert_int_equal(model->metadata_bytes, 2048 * 8 + 3 * 4096 + 11 * 48);
	assert_true(mb_extreme_pfn_valid(model, UINT64_C(256) * 32768));
	assert_false(mb_extreme_pfn_valid(model, UINT64_C(258) * 32768)); /* a root, no section */
	assert_false(mb_extreme_pfn_valid(model, UINT64_C(600) * 32768)); /* no root */
	assert_false(mb_extreme_pfn_valid(model, UINT64_C(524288) * 32768));
	assert_null(mb_extreme_nr_to_section(model, 524288));
	boot_case_fini(&c);
}

/*
 * RAM below 4 GiB and one section at 2^45: every possible section, those up to the highest present
 * one, and those less the missing roots.
 */
static void walks(void **state)
{
	const uint64_t top = UINT64_C(1) << (45 - 27);
	struct boot_case c;
	uint64_t present;

	boot_case_init(&c, "node0=3G@0+128M@32T phys-bits=46",
		       (struct boot_options){.model = "extreme", .dry_run = true});
	boot_case_run(&c, &mb_memmodel_stage);
	assert_int_equal(mb_memmodel_walk(&c.boot->model, MB_MEMMODEL_WALK_ALL, &present), 524288);
	assert_int_equal(present, 25);
	assert_int_equal(mb_memmodel_walk(&c.boot->model, MB_MEMMODEL_WALK_PRESENT, &present),
			 top + 1);
	assert_int_equal(present, 25);
	/* Root 0 whole, then one look a missing root, then one section. */
	assert_int_equal(mb_memmodel_walk(&c.boot->model, MB_MEMMODEL_WALK_ROOTS, &present),
			 256 + (top / 256 - 1) + 1);
	assert_int_equal(present, 25);
	boot_case_fini(&c);
}

/* A root comes from the node whose section needs it first. */
static void root_is_on_its_node(void **state)
{
	mb_phys_t before, after;
	struct boot_case c;

	boot_case_init(&c, "node0=1G@0 node1=1G@64G node0.cpus=0 phys-bits=46",
		       (struct boot_options){.model = "extreme", .dry_run = true});
	boot_case_run(&c, &mb_memmodel_stage);
	before = after = 0;
	for (unsigned long i = 0; i < c.boot->memblock.reserved.cnt; i++) {
		const struct mb_memblock_region *region = &c.boot->memblock.reserved.regions[i];

		*(region->base < 64 * MB_GIB ? &before : &after) += region->size;
	}
	/* At the top: root pointers. Of node 1: NODE_DATA, a root, usage, memmap. */
	assert_int_equal(after, mb_align_up_pow2(c.boot->profile->pgdat_bytes[MB_ARCH_X86_64], 64) +
					2048 * 8 + 4096 + 8 * 48 + 8 * 2 * MB_MIB);
	assert_true(before > after);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_made_when_needed),
		cmocka_unit_test(walks),
		cmocka_unit_test(root_is_on_its_node),
	};

	return cmocka_run_group_tests_name("memmodel_extreme", tests, NULL, NULL);
}
