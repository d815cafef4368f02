/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/memblock_stage.h"
#include "tests/core/boot_case.h"

static void assert_region(const struct mb_memblock_region *region, mb_phys_t base, mb_phys_t end,
			  int nid)
{
	assert_int_equal(region->base, base);
	assert_int_equal(region->base + region->size, end);
	assert_int_equal(region->nid, nid);
}

/*
 *   firmware  [0 … 0x9fc00)        [1M …
 *   memory      [4K … 0x9f000)     [1M …       page 0 is not memory, ends are cut to pages
 */
static void a_pc_s_first_mib(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=0x9fc00@0+127M@1M node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_memblock_stage);
	assert_int_equal(c.boot->memblock.memory.cnt, 2);
	assert_region(&c.boot->memblock.memory.regions[0], 0x1000, 0x9f000, 0);
	assert_region(&c.boot->memblock.memory.regions[1], 0x100000, 0x8000000, 0);
	assert_int_equal(c.boot->memblock.reserved.regions[0].base, 0);
	assert_int_equal(c.boot->memblock.reserved.regions[0].size, MB_MIB);
	boot_case_fini(&c);
}

/*
 * RAM over the hole of old displays is no memory even if the map says so; arm64 has no such rule.
 */
static void legacy_hole_is_x86_s(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=128M@0 node0.cpus=0", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_memblock_stage);
	assert_false(mb_memblock_is_memory(&c.boot->memblock, 0xb0000));
	boot_case_fini(&c);
	boot_case_init(&c, "arch=arm64 phys-bits=48 node0=128M@0 node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_memblock_stage);
	assert_true(mb_memblock_is_memory(&c.boot->memblock, 0xb0000));
	assert_int_equal(c.boot->memblock.memory.cnt, 1);
	boot_case_fini(&c);
}

static void nodes_flags_and_reservations(void **state)
{
	struct boot_case c;
	const struct mb_memblock_region *regions;

	boot_case_init(&c,
		       "arch=arm64 phys-bits=48 node0=128M@1G node1=128M node0.cpus=0 "
		       "nomap=1M@0x41000000 reserve=2M@0x42000000",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_memblock_stage);
	regions = c.boot->memblock.memory.regions;
	assert_int_equal(c.boot->memblock.memory.cnt, 4);
	assert_region(&regions[1], 0x41000000, 0x41100000, 0);
	assert_int_equal(regions[1].flags, MB_MEMBLOCK_NOMAP);
	assert_region(&regions[3], 0x48000000, 0x50000000, 1);
	assert_true(mb_memblock_is_region_reserved(&c.boot->memblock, 0x42000000, 2 * MB_MIB));
	boot_case_fini(&c);
}

/*
 *   firmware  [ 0x40000000 … 0x48000100 ) node 0   [ … 0x48000200 ) node 0, hotplug   [ … 0x50000000 ) node 1
 *   memory    [ 0x40000000 … 0x48000000 ) node 0   [ 0x48000000 … 0x50000000 ) node 1
 */
static void borders_inside_of_a_page(void **state)
{
	struct boot_case c;
	const struct mb_memblock_region *regions;

	boot_case_init(&c,
		       "arch=arm64 phys-bits=48 node0=0x8000200@1G node1=0x7fffe00@0x48000200 "
		       "node0.cpus=0 hotplug=256@0x48000100 reserve=256@0x48000000",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, &mb_memblock_stage);
	regions = c.boot->memblock.memory.regions;
	assert_int_equal(c.boot->memblock.memory.cnt, 2);
	assert_region(&regions[0], 0x40000000, 0x48000000, 0);
	assert_region(&regions[1], 0x48000000, 0x50000000, 1);
	boot_case_run(&c, NULL);
	boot_case_fini(&c);
}

static void no_whole_page(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=4000@0 node0.cpus=0", (struct boot_options){.dry_run = true});
	assert_int_equal(mb_boot_run(c.boot), -EINVAL);
	assert_true(mb_boot_err(c.boot)->text[0]);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pc_s_first_mib),
		cmocka_unit_test(legacy_hole_is_x86_s),
		cmocka_unit_test(nodes_flags_and_reservations),
		cmocka_unit_test(borders_inside_of_a_page),
		cmocka_unit_test(no_whole_page),
	};

	return cmocka_run_group_tests_name("memblock_stage", tests, NULL, NULL);
}
