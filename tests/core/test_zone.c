/* SPDX-License-Identifier: Apache-2.0 */
#include "core/zone.h"
#include "core/zonelist.h"
#include "tests/core/boot_case.h"

/* A PC with 24 GiB whose kernel (6.18) printed these figures. */
#define PC_24G \
	"node0=0x9fc00@0+0xbff00000@0x100000+0x540000000@0x100000000 node0.cpus=0-1 phys-bits=46"

static void assert_zone(struct boot_case *c, int nid, enum mb_zone_type type, mb_pfn_t start,
			uint64_t spanned, uint64_t present)
{
	const struct mb_zone *zone = boot_case_zone(c, nid, type);

	assert_int_equal(zone->start_pfn, start);
	assert_int_equal(zone->spanned, spanned);
	assert_int_equal(zone->present, present);
}

static void pc_zones_as_its_kernel_shows_them(void **state)
{
	struct boot_case c;

	boot_case_init(&c, PC_24G, (struct boot_options){.kernel = "6.18", .dry_run = true});
	boot_case_run(&c, NULL);
	assert_zone(&c, 0, MB_ZONE_DMA, 1, 4095, 3998);
	assert_zone(&c, 0, MB_ZONE_DMA32, 4096, 1044480, 782336);
	assert_zone(&c, 0, MB_ZONE_NORMAL, 1048576, 5505024, 5505024);
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 0, 0, 0);
	assert_int_equal(c.boot->vm_total_pages, 6291358);
	assert_ptr_equal(mb_zone_of(c.boot, 0, MB_ZONE_NORMAL),
			 boot_case_zone(&c, 0, MB_ZONE_NORMAL));
	assert_null(mb_zone_of(c.boot, 1, MB_ZONE_NORMAL));
	assert_null(mb_zone_of(c.boot, MB_NO_NODE, MB_ZONE_NORMAL));
	boot_case_fini(&c);
}

/*
 * Four nodes of 16 GiB whose kernel (6.1) printed "Total pages: 16514784": the estimate less 158
 * reserved DMA pages.
 */
static void estimate_before_hand_over(void **state)
{
	struct boot_case c;

	boot_case_init(
		&c,
		"node0=0x9fc00@0+0xbfee0000@0x100000+13G@4G node1=16G@17G node2=16G@33G node3=16G@49G "
		"node0.cpus=0-1 node1.cpus=2-3 node2.cpus=4-5 node3.cpus=6-7",
		(struct boot_options){.dry_run = true});
	boot_case_run(&c, NULL);
	assert_int_equal(c.boot->dma_reserve, 158);
	assert_int_equal(c.boot->vm_total_pages, 16514784);
	assert_zone(&c, 0, MB_ZONE_DMA32, 4096, 1044480, 782304);
	assert_zone(&c, 3, MB_ZONE_NORMAL, 12845056, 4194304, 4194304);
	boot_case_fini(&c);
}

/* arm64 without limits from firmware: DMA reaches to 4 GiB and DMA32 is empty. */
static void arm64_limits(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "arch=arm64 node0=4G@1G node1=4G@5G phys-bits=48 node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zone_stage);
	assert_zone(&c, 0, MB_ZONE_DMA, 262144, 786432, 786432);
	assert_zone(&c, 0, MB_ZONE_DMA32, 0, 0, 0);
	assert_zone(&c, 0, MB_ZONE_NORMAL, 1048576, 262144, 262144);
	assert_zone(&c, 1, MB_ZONE_NORMAL, 1310720, 1048576, 1048576);
	boot_case_fini(&c);
}

/* On arm64 it lifts the limit: all of it is DMA. */
static void arm64_memory_above_the_limit(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "arch=arm64 node0=16G@8G phys-bits=48",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zone_stage);
	assert_zone(&c, 0, MB_ZONE_DMA, 2097152, 16 * 262144, 16 * 262144);
	assert_zone(&c, 0, MB_ZONE_NORMAL, 0, 0, 0);
	boot_case_fini(&c);
}

/* RAM that starts above a limit leaves the lower zones empty instead of negative. */
static void memory_above_the_limits(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G@8G", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zone_stage);
	assert_zone(&c, 0, MB_ZONE_DMA, 0, 0, 0);
	assert_zone(&c, 0, MB_ZONE_DMA32, 0, 0, 0);
	assert_zone(&c, 0, MB_ZONE_NORMAL, 2097152, 262144, 262144);
	boot_case_fini(&c);
}

/*
 *   node 0   [== 4G … 5G ==]                  [== 6G … 7G ==]
 *   node 1                   [== 5G … 6G ==]
 *   node 0 spans node 1's memory but does not have it.
 */
static void interleaved_nodes_overlap_in_span_only(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G@4G+1G@6G node1=1G@5G node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zone_stage);
	assert_zone(&c, 0, MB_ZONE_NORMAL, 1048576, 3 * 262144, 2 * 262144);
	assert_zone(&c, 1, MB_ZONE_NORMAL, 1310720, 262144, 262144);
	boot_case_fini(&c);
}

static void memoryless_node_has_no_zone(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=2G node0.cpus=0-1 node1.cpus=2-3",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zone_stage);
	assert_int_equal(c.boot->nodes[1]->present, 0);
	assert_int_equal(c.boot->nodes[1]->nr_zones, 0);
	assert_true(c.boot->nodes[1]->online);
	assert_false(c.boot->nodes[1]->has_memory);
	boot_case_fini(&c);
}

/* Until 6.9 the pages of a zone's own memmap are taken off, as many as the descriptors fill. */
static void estimate_goes_by_the_descriptor(void **state)
{
	for (unsigned id = 0; id < MB_NR_PAGE_SIZES; id++) {
		const char *size = mb_page_sizes[id].name;
		uint64_t memmap = 262144 / 4096 * mb_page_sizes[id].bytes;
		struct boot_case c;

		boot_case_init(&c, "node0=1G@0 node1=1G@4G",
			       (struct boot_options){.dry_run = true, .struct_page = size});
		boot_case_run(&c, &mb_zone_stage);
		assert_int_equal(mb_zone_managed(boot_case_zone(&c, 1, MB_ZONE_NORMAL)),
				 262144 - memmap);
		boot_case_fini(&c);
		boot_case_init(&c, "node0=1G@0 node1=1G@4G",
			       (struct boot_options){
				       .dry_run = true, .struct_page = size, .kernel = "6.12"});
		boot_case_run(&c, &mb_zone_stage);
		assert_int_equal(mb_zone_managed(boot_case_zone(&c, 1, MB_ZONE_NORMAL)), 262144);
		boot_case_fini(&c);
	}
}

/*
 *   node 0  [ 0 … 1G )   [ 2G … 2.5G )     holes of more than a sixteenth of DMA32
 *
 * Sparse has no descriptors for the hole, and takes off those of what is present; flat's go by the span.
 */
static void estimate_of_flat_goes_by_the_span(void **state)
{
	for (unsigned id = 0; id < MB_NR_MEMMODELS; id++) {
		const struct mb_zone *zone;
		struct boot_case c;
		uint64_t pages;

		boot_case_init(
			&c, "node0=1G@0+512M@2G node0.cpus=0 phys-bits=46",
			(struct boot_options){.dry_run = true, .model = mb_memmodels[id].name});
		boot_case_run(&c, &mb_zone_stage);
		zone = boot_case_zone(&c, 0, MB_ZONE_DMA32);
		assert_int_equal(zone->spanned, (2560 - 16) << 8);
		assert_int_equal(zone->present, (1536 - 16) << 8);
		pages = id == MB_MEMMODEL_FLAT ? zone->spanned : zone->present;
		assert_int_equal(mb_zone_managed(zone), zone->present - pages / 64);
		boot_case_fini(&c);
	}
}

/* A limit above the end of memory is that end: the zones behind it are empty. */
static void limits_end_with_memory(void **state)
{
	mb_pfn_t low[MB_NR_ZONES], high[MB_NR_ZONES];
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_machine_parse("arch=x86_64 node0=2G", NULL, &err, &machine), 0);
	mb_zone_limits(machine, 1, 524288, low, high);
	assert_int_equal(low[MB_ZONE_DMA], 1);
	assert_int_equal(high[MB_ZONE_DMA], 4096);
	assert_int_equal(high[MB_ZONE_DMA32], 524288);
	assert_int_equal(low[MB_ZONE_NORMAL], 524288);
	assert_int_equal(high[MB_ZONE_NORMAL], 524288);
	mb_zone_limits(machine, 1, 2048, low, high); /* 8 MiB */
	assert_int_equal(high[MB_ZONE_DMA], 2048);
	assert_int_equal(low[MB_ZONE_DMA32], high[MB_ZONE_DMA32]);
	mb_machine_free(machine);
	assert_int_equal(mb_machine_parse("arch=arm64 node0=2G@1G", NULL, &err, &machine), 0);
	mb_zone_limits(machine, 262144, 786432, low, high);
	assert_int_equal(high[MB_ZONE_DMA], 786432);
	assert_int_equal(low[MB_ZONE_DMA32], high[MB_ZONE_DMA32]);
	mb_machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pc_zones_as_its_kernel_shows_them),
		cmocka_unit_test(estimate_before_hand_over),
		cmocka_unit_test(arm64_limits),
		cmocka_unit_test(memory_above_the_limits),
		cmocka_unit_test(arm64_memory_above_the_limit),
		cmocka_unit_test(interleaved_nodes_overlap_in_span_only),
		cmocka_unit_test(memoryless_node_has_no_zone),
		cmocka_unit_test(estimate_goes_by_the_descriptor),
		cmocka_unit_test(estimate_of_flat_goes_by_the_span),
		cmocka_unit_test(limits_end_with_memory),
	};

	return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
