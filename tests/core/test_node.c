/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/node.h"
#include "tests/core/boot_case.h"

/*
 *   node 0   [ 0 … 1G )  [ 2G … 3G )         its NODE_DATA is the top of its last range
 *   node 1               …           [ 4G … 5G )
 */
static void node_data_is_at_the_top_of_its_node(void **state)
{
	struct boot_case c;
	unsigned bytes;

	boot_case_init(&c, "node0=1G@0+1G@2G node1=1G@4G node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_node_stage);
	bytes = c.boot->profile->pgdat_bytes[MB_ARCH_X86_64];
	assert_int_equal(c.boot->nodes[0]->pgdat, 3 * MB_GIB - bytes);
	assert_int_equal(c.boot->nodes[1]->pgdat, 5 * MB_GIB - bytes);
	assert_int_equal(c.boot->nodes[0]->start_pfn, 1);
	assert_int_equal(c.boot->nodes[0]->end_pfn, (3 * MB_GIB) >> 12);
	boot_case_fini(&c);
}

/* CPUs alone put a node online; its NODE_DATA comes from elsewhere, after the others'. */
static void cpus_put_a_node_online(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G node0.cpus=0 node2.cpus=1",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zone_stage);
	assert_null(c.boot->nodes[1]);
	assert_true(c.boot->nodes[2]->online);
	assert_int_equal(c.boot->nodes[2]->end_pfn, 0);
	assert_true(c.boot->nodes[2]->pgdat && c.boot->nodes[2]->pgdat < c.boot->nodes[0]->pgdat);
	boot_case_fini(&c);
}

static void dma_reserve_is_the_first_mib(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=0x9fc00@0+1G@1M node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_node_stage);
	assert_int_equal(c.boot->dma_reserve, 158); /* 0x9f - 1 pages */
	boot_case_fini(&c);
}

static void no_room_for_node_data(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=8M reserve=8M@0 node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	assert_int_equal(mb_boot_run(c.boot), -ENOSPC);
	assert_string_equal(mb_boot_err(c.boot)->stage, "node");
	boot_case_fini(&c);
}

/* Whatever is reserved below 16 MiB counts, in whole pages, and nothing above. */
static void dma_reserve_reaches_to_16_mib(void **state)
{
	struct boot_case c;

	boot_case_init(
		&c,
		"node0=0x9fc00@0+1G@1M node0.cpus=0 reserve=1M@8M reserve=2M@15M reserve=1M@32M",
		(struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_node_stage);
	assert_int_equal(c.boot->dma_reserve, 158 + 256 + 256);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(node_data_is_at_the_top_of_its_node),
		cmocka_unit_test(cpus_put_a_node_online),
		cmocka_unit_test(dma_reserve_is_the_first_mib),
		cmocka_unit_test(no_room_for_node_data),
		cmocka_unit_test(dma_reserve_reaches_to_16_mib),
	};

	return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
