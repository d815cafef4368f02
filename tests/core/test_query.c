/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/query.h"
#include "tests/core/boot_case.h"
#include "tests/core/machines.h"

#define GIB UINT64_C(0x40000000)

/* Field by field: bytes between fields say nothing. */
static void assert_totals(const struct mb_query_totals *a, const struct mb_query_totals *b)
{
	assert_int_equal(a->nr_zonelists, b->nr_zonelists);
	assert_int_equal(a->vm_total_pages, b->vm_total_pages);
	assert_int_equal(a->mobility_grouping, b->mobility_grouping);
	assert_int_equal(a->policy_zone, b->policy_zone);
	assert_int_equal(a->present_pages, b->present_pages);
	assert_int_equal(a->totalram_pages, b->totalram_pages);
	assert_int_equal(a->cma_pages, b->cma_pages);
	assert_int_equal(a->available_pages, b->available_pages);
}

static void assert_zones(const struct mb_query_zone *a, const struct mb_query_zone *b)
{
	assert_int_equal(a->populated, b->populated);
	assert_int_equal(a->start_pfn, b->start_pfn);
	assert_int_equal(a->spanned, b->spanned);
	assert_int_equal(a->present, b->present);
	assert_int_equal(a->managed, b->managed);
	assert_int_equal(a->min, b->min);
	assert_int_equal(a->low, b->low);
	assert_int_equal(a->high, b->high);
	assert_int_equal(a->promo, b->promo);
	assert_memory_equal(a->protection, b->protection, sizeof(a->protection));
	assert_memory_equal(a->protection_anew, b->protection_anew, sizeof(a->protection));
	assert_int_equal(a->pagesets, b->pagesets);
	assert_int_equal(a->batch, b->batch);
	assert_int_equal(a->high_min, b->high_min);
	assert_int_equal(a->high_max, b->high_max);
}

/* A dry run arrives at what a whole boot arrives at, on every machine and by every profile. */
static void dry_is_as_whole(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++) {
		struct boot_options options = {.policy = (enum mb_policy)(i % 2),
					       .kernel = mb_profiles[i % mb_nr_profiles].name,
					       .workers = 2};
		struct mb_query_totals a, b;
		struct boot_case whole, dry;

		boot_case_init(&whole, machines[i], options);
		options.dry_run = true;
		boot_case_init(&dry, machines[i], options);
		boot_case_run(&whole, NULL);
		boot_case_run(&dry, NULL);
		mb_query_totals(whole.boot, &a);
		mb_query_totals(dry.boot, &b);
		assert_totals(&a, &b);
		for (int nid = 0; nid < (int)mb_query_nr_node_ids(dry.boot); nid++)
			for (int z = 0; z < MB_NR_ZONES; z++) {
				struct mb_query_zone x = {0}, y = {0};
				int r = mb_query_zone(whole.boot, nid, (enum mb_zone_type)z, &x);

				assert_int_equal(
					mb_query_zone(dry.boot, nid, (enum mb_zone_type)z, &y), r);
				assert_zones(&x, &y);
			}
		boot_case_fini(&whole);
		boot_case_fini(&dry);
	}
}

/* The lines about a PC's holes: page 0, the rest of the first MiB, what lies below a gap. */
static void holes_in_order(void **state)
{
	static const struct {
		enum mb_zone_type type;
		uint64_t pages;
	} expected[] = {{MB_ZONE_DMA, 1}, {MB_ZONE_DMA, 97}, {MB_ZONE_NORMAL, 32}};
	struct boot_case c;
	enum mb_zone_type type;
	uint64_t pages;
	size_t i;
	int nid;

	boot_case_init(&c, "node0=636K@0+3070.875M@1M+1G@4G node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, NULL);
	for (i = 0; mb_query_hole(c.boot, i, &nid, &type, &pages); i++) {
		assert_true(i < MB_ARRAY_SIZE(expected));
		assert_int_equal(nid, 0);
		assert_int_equal(type, expected[i].type);
		assert_int_equal(pages, expected[i].pages);
	}
	assert_int_equal(i, MB_ARRAY_SIZE(expected));
	boot_case_fini(&c);
}

static void nodes_and_limits(void **state)
{
	struct mb_query_node node;
	struct mb_query_zone zone;
	struct mb_query_totals totals;
	struct boot_case c;
	mb_pfn_t start, end;
	int index = -1, nid;

	boot_case_init(&c, "node0=2G@0 node1=2G@4G node2=16M@8G node0.cpus=0-1 node3.cpus=2",
		       (struct boot_options){.dry_run = true, .policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, NULL);
	assert_int_equal(mb_query_node(c.boot, 4, &node), -ENOENT);
	assert_int_equal(mb_query_zone(c.boot, -1, MB_ZONE_DMA, &zone), -ENOENT);
	assert_int_equal(mb_query_node(c.boot, 1, &node), 0);
	assert_true(node.online && node.has_memory && node.deferred);
	assert_int_equal(node.end_pfn - node.start_pfn, 2 * GIB >> 12);
	assert_int_equal(mb_query_node(c.boot, 2, &node), 0);
	assert_false(node.deferred); /* less than a section */
	assert_int_equal(mb_query_node(c.boot, 3, &node), 0);
	assert_true(node.online && !node.has_memory);
	mb_query_totals(c.boot, &totals);
	assert_int_equal(totals.nr_zonelists, 4);
	assert_int_equal(totals.policy_zone, MB_ZONE_NORMAL);
	mb_query_zone_limits(c.boot, MB_ZONE_DMA32, &start, &end);
	assert_int_equal(start, 4096);
	assert_int_equal(end, 4 * GIB >> 12);
	while (mb_query_region(c.boot, &index, &start, &end, &nid))
		;
	assert_int_equal(nid, 2);
	assert_int_equal(end, (8 * GIB + (16 << 20)) >> 12);
	boot_case_fini(&c);
}

/* The size of memory blocks: by where RAM ends, and whether under a hypervisor. */
static void block_bytes(void **state)
{
	static const struct {
		const char *machine;
		bool hypervisor;
		uint64_t mib;
	} rows[] = {
		{"node0=60G@0", false, 128},         {"node0=64G@0", false, 2048},
		{"node0=64G@0", true, 2048},         {"node0=65G@0", true, 1024},
		{"node0=66816M@0", true, 256},       {"node0=66688M@0", true, 128},
		{"arch=arm64 node0=80G", true, 128},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct boot_case c;

		boot_case_init(&c, rows[i].machine, (struct boot_options){.dry_run = true});
		boot_case_run(&c, NULL);
		assert_int_equal(mb_query_block_bytes(c.boot, rows[i].hypervisor),
				 rows[i].mib << 20);
		boot_case_fini(&c);
	}
}

/* A block is of every node that has a page in it; a hole is the first node's if it spans it. */
static void blocks_of_nodes(void **state)
{
	uint64_t block = UINT64_C(128) << 20;
	struct boot_case c;

	boot_case_init(&c, "node0=64M@0+128M@1G node1=64M@64M+192M@128M node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, NULL);
	assert_true(mb_query_block_of_node(c.boot, block, 0, 0));
	assert_true(mb_query_block_of_node(c.boot, block, 0, 1));
	assert_false(mb_query_block_of_node(c.boot, block, 1, 0));
	assert_true(mb_query_block_of_node(c.boot, block, 1, 1));
	assert_true(mb_query_block_of_node(c.boot, block, 2, 0)); /* its upper half is a hole */
	assert_true(mb_query_block_of_node(c.boot, block, 2, 1));
	assert_false(mb_query_block_of_node(c.boot, block, 3, 0)); /* not present */
	assert_true(mb_query_block_of_node(c.boot, block, 8, 0));
	assert_false(mb_query_block_of_node(c.boot, block, 9, 0));
	assert_false(mb_query_block_of_node(c.boot, block, 0, 7));
	boot_case_fini(&c);
}

static void slab_sizes(void **state)
{
	struct mb_slab_sizes sizes;
	struct boot_case c;

	boot_case_init(&c, "nodes=2 each=1G cpus=2", (struct boot_options){.dry_run = true});
	boot_case_run(&c, NULL);
	assert_true(mb_query_slab_is_boot_cache(c.boot, "kmalloc-rcl-96"));
	assert_true(mb_query_slab_is_boot_cache(c.boot, "kmem_cache"));
	assert_false(mb_query_slab_is_boot_cache(c.boot, "kmalloc-97"));
	assert_false(mb_query_slab_is_boot_cache(c.boot, "dentry"));
	assert_int_equal(mb_query_slab_sizes(c.boot, "kmem_cache", 1, 1, true, &sizes), 0);
	assert_int_equal(sizes.object_size, 216 + 2 * 8);
	assert_int_equal(sizes.size, 256);
	assert_int_equal(mb_query_slab_sizes(c.boot, "dentry", 192, 8, false, &sizes), 0);
	assert_int_equal(sizes.size, 192);
	assert_int_equal(sizes.objects, 21);
	assert_int_equal(mb_query_slab_sizes(c.boot, "inode", 192, 8, true, &sizes), 0);
	assert_int_equal(sizes.size, 200);
	boot_case_fini(&c);
}

/* The policy zone is the highest of any node, also where a later node ends lower. */
static void policy_zone_of_any_node(void **state)
{
	struct mb_query_totals totals;
	struct boot_case c;

	boot_case_init(&c, "node0=1G@4G node1=1G@1G node0.cpus=0",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, NULL);
	mb_query_totals(c.boot, &totals);
	assert_int_equal(totals.policy_zone, MB_ZONE_NORMAL);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dry_is_as_whole),         cmocka_unit_test(holes_in_order),
		cmocka_unit_test(nodes_and_limits),        cmocka_unit_test(block_bytes),
		cmocka_unit_test(blocks_of_nodes),         cmocka_unit_test(slab_sizes),
		cmocka_unit_test(policy_zone_of_any_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
