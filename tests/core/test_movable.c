/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "core/movable.h"
#include "tests/core/boot_case.h"

static void start(struct boot_case *c, const char *machine, const char *kernel)
{
	boot_case_init(c, machine, (struct boot_options){.kernel = kernel, .dry_run = true});
	boot_case_run(c, &mb_zone_stage);
}

static void assert_zone(struct boot_case *c, int nid, enum mb_zone_type type, mb_pfn_t first,
			uint64_t present)
{
	const struct mb_zone *zone = boot_case_zone(c, nid, type);

	assert_int_equal(zone->start_pfn, first);
	assert_int_equal(zone->present, present);
}

/*
 * Two nodes of 4 GiB, movablecore=2G on 6.1: a kernel printed "Node 0: 0x100400000, Node 1: 0x200000000"
 * and these present pages.
 */
static void as_a_kernel_shows_it(void **state)
{
	struct boot_case c;

	start(&c,
	      "node0=0x9fc00@0+0xbfee0000@0x100000+1G@4G node1=4G@5G node0.cpus=0-1 node1.cpus=2-3 "
	      "cmdline='movablecore=2G'",
	      "6.1");
	assert_int_equal(c.boot->nodes[0]->movable_pfn, 0x100400);
	assert_int_equal(c.boot->nodes[1]->movable_pfn, 0x200000);
	assert_zone(&c, 0, MB_ZONE_NORMAL, 1048576, 1024);
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 1049600, 261120);
	assert_zone(&c, 1, MB_ZONE_NORMAL, 1310720, 786432);
	assert_zone(&c, 1, MB_ZONE_MOVABLE, 2097152, 262144);
	boot_case_fini(&c);
}

/* kernelcore= and movablecore= say the same from both ends; percent counts all memory. */
static void both_ends(void **state)
{
	static const char *const options[] = {"kernelcore=3G", "movablecore=1G", "kernelcore=75%",
					      "movablecore=25%", "kernelcore=1G movablecore=1G"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(options); i++) {
		char text[128];
		struct boot_case c;

		snprintf(text, sizeof(text), "node0=4G@4G cmdline='%s'", options[i]);
		start(&c, text, "6.1");
		assert_zone(&c, 0, MB_ZONE_NORMAL, 1048576, 3 * 262144);
		assert_zone(&c, 0, MB_ZONE_MOVABLE, 1048576 + 3 * 262144, 262144);
		boot_case_fini(&c);
	}
}

/* Nothing to split: no option, all of memory, more than all, or words that are no amounts. */
static void no_movable_zone(void **state)
{
	static const char *const options[] = {"quiet",         "kernelcore=4G",   "kernelcore=100%",
					      "kernelcore=9T", "kernelcore=lots", "movablecore=0",
					      "kernelcore=0"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(options); i++) {
		char text[128];
		struct boot_case c;

		snprintf(text, sizeof(text), "node0=4G@4G cmdline='%s'", options[i]);
		start(&c, text, "6.1");
		assert_int_equal(c.boot->nodes[0]->movable_pfn, 0);
		assert_zone(&c, 0, MB_ZONE_NORMAL, 1048576, 4 * 262144);
		boot_case_fini(&c);
	}
}

/*
 *   node 0   [ 4G … 5G )              the small node gives all it has, the large one the rest:
 *   node 1              [ 5G … 13G )  kernelcore=5G is 1 GiB and 4 GiB
 */
static void uneven_nodes_share_what_is_left(void **state)
{
	struct boot_case c;

	start(&c, "node0=1G@4G node1=8G@5G node0.cpus=0 cmdline='kernelcore=5G'", "6.1");
	assert_int_equal(c.boot->nodes[0]->movable_pfn, 0);
	assert_zone(&c, 0, MB_ZONE_NORMAL, 4 * 262144, 262144);
	assert_zone(&c, 1, MB_ZONE_NORMAL, 5 * 262144, 4 * 262144);
	assert_zone(&c, 1, MB_ZONE_MOVABLE, 9 * 262144, 4 * 262144);
	boot_case_fini(&c);
}

/* A quota met in DMA32 alone still begins Movable where Normal would. */
static void quota_met_below_normal(void **state)
{
	struct boot_case c;

	start(&c, "node0=8G cmdline='kernelcore=1G'", "6.1");
	assert_zone(&c, 0, MB_ZONE_NORMAL, 0, 0);
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 4 * 262144, 5 * 262144);
	boot_case_fini(&c);
}

/* movable_node: hotpluggable memory is Movable's, and amounts do not count. */
static void hotpluggable_memory(void **state)
{
	struct boot_case c;

	start(&c,
	      "node0=4G node1=4G@8G node0.cpus=0 hotplug=2G@10G cmdline='movable_node kernelcore=1G'",
	      "6.1");
	assert_int_equal(c.boot->nodes[0]->movable_pfn, 0);
	assert_zone(&c, 1, MB_ZONE_NORMAL, 8 * 262144, 2 * 262144);
	assert_zone(&c, 1, MB_ZONE_MOVABLE, 10 * 262144, 2 * 262144);
	boot_case_fini(&c);
}

/*
 *   node 0   [ 0 … 3G )[ 4G … 5G mirrored )[ 5G … 6G )[ 6G … 7G mirrored )
 *   Normal spans 4G … 7G and has the mirrored 2 GiB, Movable spans 5G … 7G and has 1 GiB.
 */
static void mirrored_memory(void **state)
{
	static const char text[] =
		"node0=6G node0.cpus=0 mirror=3G@0+1G@4G+1G@6G cmdline='kernelcore=mirror'";
	struct boot_case c;

	start(&c, text, "6.1");
	assert_zone(&c, 0, MB_ZONE_NORMAL, 4 * 262144, 2 * 262144);
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 5 * 262144, 262144);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_NORMAL)->spanned, 3 * 262144);
	boot_case_fini(&c);
	/* All of it, to the last descriptor. */
	boot_case_init(&c, text, (struct boot_options){.policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, NULL);
	boot_case_fini(&c);
}

static void boots(const char *text)
{
	for (size_t k = 0; k < mb_nr_profiles; k++) {
		struct boot_case c;

		boot_case_init(&c, text, (struct boot_options){.kernel = mb_profiles[k].name});
		boot_case_run(&c, NULL);
		boot_case_fini(&c);
	}
}

#define IN_TURNS                                                                                    \
	"arch=x86_64 section=128M node0=128M@0+512M@4736M node1=128M@128M+256M@4480M node0.cpus=0 " \
	"mirror=16M@4992M cmdline='kernelcore=mirror'"

/* Each page is in one zone, wherever mirrored memory lies. */
static void mirrored_memory_anywhere(void **state)
{
	struct boot_case c;

	/*
	 *   node 0   [ 4G mirrored, 1 MiB )[ … 4G + 4M )[ … 5G )
	 *   Movable begins at the end of a largest block: what is below it is Normal's, mirrored or not.
	 */
	start(&c, "node0=1G@4G node0.cpus=0 mirror=1M@4G cmdline='kernelcore=mirror'", "6.1");
	assert_zone(&c, 0, MB_ZONE_NORMAL, 4 * 262144, 1024);
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 4 * 262144 + 1024, 262144 - 1024);
	boot_case_fini(&c);
	boots("node0=1G@4G node0.cpus=0 mirror=1M@4G cmdline='kernelcore=mirror'");
	/*
	 *   node 1   [ 5G … )[ 5G + 512M mirrored … 6G )
	 *   Movable begins with the node, and yet Normal has the mirrored half.
	 */
	start(&c,
	      "node0=1G@4G node1=1G@5G node0.cpus=0 mirror=1G@4G+512M@5632M cmdline='kernelcore=mirror'",
	      "6.1");
	assert_zone(&c, 0, MB_ZONE_NORMAL, 4 * 262144, 262144);
	assert_zone(&c, 1, MB_ZONE_NORMAL, 5 * 262144, 131072);
	assert_zone(&c, 1, MB_ZONE_MOVABLE, 5 * 262144, 131072);
	boot_case_fini(&c);
	boots("node0=1G@4G node1=1G@5G node0.cpus=0 mirror=1G@4G+512M@5632M "
	      "cmdline='kernelcore=mirror'");
	/*
	 *   node 0   [ 0 … 128M )                                 [ 4736M … )[ 4992M mirrored 16M )[ … 5248M )
	 *   node 1               [ 128M … 256M )  [ 4480M … 4736M )
	 *   Normal spans all of node 1's memory from 4 GiB on and has none of it.
	 */
	start(&c, IN_TURNS, "6.1");
	assert_zone(&c, 0, MB_ZONE_NORMAL, 4 * 262144, 4096);
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 4736 * 256, 496 * 256);
	assert_zone(&c, 1, MB_ZONE_NORMAL, 4 * 262144, 0);
	assert_zone(&c, 1, MB_ZONE_MOVABLE, 4480 * 256, 256 * 256);
	boot_case_fini(&c);
	boots(IN_TURNS);
	/* arm64 with all of its RAM above 4 GiB: DMA is the highest zone, and gives. */
	start(&c,
	      "arch=arm64 phys-bits=48 node0=2G@8G node0.cpus=0 mirror=1G@8G cmdline='kernelcore=mirror'",
	      "6.1");
	assert_zone(&c, 0, MB_ZONE_DMA, 8 * 262144, 262144);
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 9 * 262144, 262144);
	boot_case_fini(&c);
}

/* Without mirrored memory 6.1 makes everything above 4 GiB Movable; 6.12 ignores the option. */
static void nothing_is_mirrored(void **state)
{
	static const char text[] = "node0=6G node0.cpus=0 cmdline='kernelcore=mirror'";
	struct boot_case c;

	start(&c, text, "6.1");
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 4 * 262144, 3 * 262144);
	boot_case_fini(&c);
	start(&c, text, "6.12");
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 0, 0);
	assert_zone(&c, 0, MB_ZONE_NORMAL, 4 * 262144, 3 * 262144);
	boot_case_fini(&c);
}

/*
 * kernelcore=2560M on one node of three ranges: two of them are the kernel's, and half of the third.
 *
 *   4G [== kernel ==] 5G    6G [== kernel ==] 7G    8G [= kernel =|= movable =] 9G
 */
static void quota_over_several_ranges(void **state)
{
	struct boot_case c;

	start(&c, "node0=1G@4G+1G@6G+1G@8G cmdline='kernelcore=2560M'", "6.1");
	assert_int_equal(c.boot->nodes[0]->movable_pfn, (8 * MB_GIB + 512 * MB_MIB) >> 12);
	assert_zone(&c, 0, MB_ZONE_NORMAL, 1048576, 5 * 131072);
	assert_zone(&c, 0, MB_ZONE_MOVABLE, 2097152 + 131072, 131072);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_kernel_shows_it),
		cmocka_unit_test(both_ends),
		cmocka_unit_test(no_movable_zone),
		cmocka_unit_test(uneven_nodes_share_what_is_left),
		cmocka_unit_test(quota_met_below_normal),
		cmocka_unit_test(hotpluggable_memory),
		cmocka_unit_test(mirrored_memory),
		cmocka_unit_test(mirrored_memory_anywhere),
		cmocka_unit_test(nothing_is_mirrored),
		cmocka_unit_test(quota_over_several_ranges),
	};

	return cmocka_run_group_tests_name("movable", tests, NULL, NULL);
}
