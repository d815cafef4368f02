/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/deferred.h"
#include "core/handoff.h"
#include "core/memmodel.h"
#include "core/query.h"
#include "core/zonelist.h"
#include "tests/core/boot_case.h"

/* "0 1 2 3 " as the kernel prints it. */
static void assert_order(struct boot_case *c, int nid, const char *expected)
{
	int nids[64];
	size_t count = mb_boot_fallback(c->boot, nid, nids, 64);
	char text[256] = "";

	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d ", nids[i]);
	assert_string_equal(text, expected);
}

/* Equal distances rotate, as a 6.1 kernel on four nodes prints. */
static void equal_nodes_rotate(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "nodes=4 each=1G cpus=2", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zonelist_stage);
	assert_order(&c, 0, "0 1 2 3 ");
	assert_order(&c, 1, "1 2 3 0 ");
	assert_order(&c, 2, "2 3 0 1 ");
	assert_order(&c, 3, "3 0 1 2 ");
	boot_case_fini(&c);
}

/* Nearer rings come first; load only turns equals. */
static void rings(void **state)
{
	struct boot_case c;

	boot_case_init(&c,
		       "nodes=4 each=1G cpus=1 "
		       "dist=10,21,31,21;21,10,21,31;31,21,10,21;21,31,21,10",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zonelist_stage);
	for (int nid = 0; nid < 4; nid++) {
		int nids[4];

		assert_int_equal(mb_boot_fallback(c.boot, nid, nids, 4), 4);
		assert_int_equal(nids[0], nid);
		assert_int_equal(nids[3], (nid + 2) % 4);
	}
	boot_case_fini(&c);
}

/* A node without memory lists itself first in 6.1, not in 6.12; nobody falls back on it. */
static void memoryless_node(void **state)
{
	static const char text[] = "node0=1G node0.cpus=0 node1.cpus=1 node2=1G node2.cpus=2";
	struct boot_case c;

	boot_case_init(&c, text, (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zonelist_stage);
	assert_order(&c, 0, "0 2 ");
	assert_order(&c, 1, "1 2 0 ");
	boot_case_fini(&c);
	boot_case_init(&c, text, (struct boot_options){.dry_run = true, .kernel = "6.12"});
	boot_case_run(&c, &mb_zonelist_stage);
	assert_order(&c, 1, "2 0 ");
	boot_case_fini(&c);
}

/*
 * A node whose CPUs are all yet to be plugged in is possible and not online: it has an order of its own,
 * which Linux prints too, stands in no other node's, and is not counted in "Built N zonelists".
 */
static void offline_node(void **state)
{
	struct mb_query_totals totals;
	struct mb_query_node node;
	struct boot_case c;

	boot_case_init(
		&c,
		"node0=1G node0.cpus=0 node1.cpus=1-2 absent=1-2 node2=1G node3=1G node3.cpus=3",
		(struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zonelist_stage);
	assert_int_equal(mb_query_node(c.boot, 1, &node), 0);
	assert_false(node.online);
	assert_order(&c, 0, "0 2 3 ");
	assert_order(&c, 1, "1 3 2 0 ");
	assert_order(&c, 2, "2 3 0 ");
	assert_order(&c, 3, "3 0 2 ");
	mb_query_totals(c.boot, &totals);
	assert_int_equal(totals.nr_zonelists, 3);
	boot_case_fini(&c);
}

/* Grouping is off when there are fewer pages than a pageblock for each type. */
static void mobility_grouping(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=11M@0 node0.cpus=0",
		       (struct boot_options){.dry_run = true, .kernel = "6.12"});
	boot_case_run(&c, &mb_zonelist_stage);
	assert_false(c.boot->mobility_grouping);
	boot_case_fini(&c);
	boot_case_init(&c, "node0=40M node0.cpus=0",
		       (struct boot_options){.dry_run = true, .kernel = "6.12"});
	boot_case_run(&c, &mb_zonelist_stage);
	assert_true(c.boot->mobility_grouping);
	boot_case_fini(&c);
}

/* Allocation follows the list: the node's own pages first, then the next node's, then none. */
static void allocation_follows_the_list(void **state)
{
	struct boot_case c;
	struct mb_page *page;
	int last = 0;
	uint64_t pages = 0, free_pages;

	boot_case_init(&c, "node0=64M@4G node1=64M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, &mb_handoff_stage);
	free_pages = boot_case_zone(&c, 0, MB_ZONE_NORMAL)->free_pages +
		     boot_case_zone(&c, 1, MB_ZONE_NORMAL)->free_pages;
	while ((page = mb_zonelist_alloc(c.boot, 0, 0, 0, MB_MIGRATE_UNMOVABLE, 0))) {
		assert_true(mb_page_nid(&c.boot->model.layout, page) >= last);
		last = mb_page_nid(&c.boot->model.layout, page);
		pages++;
	}
	assert_int_equal(last, 1);
	assert_int_equal(pages, free_pages);
	boot_case_fini(&c);
}

/* Takes single pages until there are none; all must be of this node (-1: any) and zone. */
static uint64_t take_pages(struct boot_case *c, int nid, enum mb_zone_type zone, unsigned flags)
{
	struct mb_page *page;
	uint64_t pages = 0;

	while ((page = mb_zonelist_alloc(c->boot, 1, 0, 0, MB_MIGRATE_UNMOVABLE, flags))) {
		if (nid >= 0)
			assert_int_equal(mb_page_nid(&c->boot->model.layout, page), nid);
		assert_int_equal(mb_page_zone(&c->boot->model.layout, page), zone);
		pages++;
	}
	return pages;
}

/* With THISNODE a node gives what it has and no other does; a memory-less node has nothing to give. */
static void this_node_alone(void **state)
{
	struct boot_case c;
	uint64_t before[2];

	boot_case_init(&c, "node0=64M@4G node1=64M node0.cpus=0 node2.cpus=1",
		       (struct boot_options){0});
	boot_case_run(&c, &mb_handoff_stage);
	for (int nid = 0; nid < 2; nid++)
		before[nid] = boot_case_zone(&c, nid, MB_ZONE_NORMAL)->free_pages;
	assert_int_equal(take_pages(&c, 1, MB_ZONE_NORMAL, MB_ALLOC_THISNODE), before[1]);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_NORMAL)->free_pages, before[0]);
	assert_null(mb_zonelist_alloc(c.boot, 2, 0, 0, MB_MIGRATE_UNMOVABLE, MB_ALLOC_THISNODE));
	assert_non_null(mb_zonelist_alloc(c.boot, 2, 0, 0, MB_MIGRATE_UNMOVABLE, 0));
	boot_case_fini(&c);
}

/* Who asks for DMA gets ZONE_DMA, even from another node, and nothing above it when that is empty. */
static void dma_is_the_highest_zone(void **state)
{
	struct boot_case c;
	uint64_t before, rest;

	boot_case_init(&c, "node0=256M node1=256M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, &mb_handoff_stage);
	before = boot_case_zone(&c, 0, MB_ZONE_DMA)->free_pages;
	rest = boot_case_zone(&c, 0, MB_ZONE_DMA32)->free_pages;
	assert_null(mb_zonelist_alloc(c.boot, 1, 0, 0, MB_MIGRATE_UNMOVABLE,
				      MB_ALLOC_DMA | MB_ALLOC_THISNODE));
	assert_int_equal(take_pages(&c, 0, MB_ZONE_DMA, MB_ALLOC_DMA), before);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_DMA32)->free_pages, rest);
	boot_case_fini(&c);
}

/* The check sees a list of zones that is too short, too long, or has another node's. */
static void check_sees_wrong_lists(void **state)
{
	struct mb_zoneref *list, kept;
	struct boot_case c;

	boot_case_init(&c, "nodes=2 each=4G cpus=1", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zonelist_stage);
	for (unsigned which = 0; which < MB_NR_ZONELISTS; which++) {
		list = c.boot->nodes[0]->zonelists[which];
		kept = list[1];
		list[1] = (struct mb_zoneref){0};
		assert_int_equal(mb_zonelist_stage.check(c.boot), -EUCLEAN);
		list[1] = kept;
		list[1].idx++;
		assert_int_equal(mb_zonelist_stage.check(c.boot), -EUCLEAN);
		list[1] = kept;
		assert_int_equal(mb_zonelist_stage.check(c.boot), 0);
	}
	list = c.boot->nodes[1]->zonelists[MB_ZONELIST_NOFALLBACK];
	list[0] = c.boot->nodes[0]->zonelists[MB_ZONELIST_NOFALLBACK][0];
	assert_int_equal(mb_zonelist_stage.check(c.boot), -EUCLEAN);
	boot_case_fini(&c);
}

/*
 * Two sockets of two nodes: 10 own, 12 the other of the socket, 21 across. Each node's first choice across loads
 * that one, so that the next node of the socket begins with the other: 1 goes to 3 first, and 3 to 1.
 */
static void load_turns_equals(void **state)
{
	struct boot_case c;

	boot_case_init(&c,
		       "nodes=4 each=1G cpus=1 "
		       "dist=10,12,21,21;12,10,21,21;21,21,10,12;21,21,12,10",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_zonelist_stage);
	assert_order(&c, 0, "0 1 2 3 ");
	assert_order(&c, 1, "1 0 3 2 ");
	assert_order(&c, 2, "2 3 0 1 ");
	assert_order(&c, 3, "3 2 1 0 ");
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_nodes_rotate),
		cmocka_unit_test(rings),
		cmocka_unit_test(memoryless_node),
		cmocka_unit_test(offline_node),
		cmocka_unit_test(mobility_grouping),
		cmocka_unit_test(allocation_follows_the_list),
		cmocka_unit_test(this_node_alone),
		cmocka_unit_test(dma_is_the_highest_zone),
		cmocka_unit_test(check_sees_wrong_lists),
		cmocka_unit_test(load_turns_equals),
	};

	return cmocka_run_group_tests_name("zonelist", tests, NULL, NULL);
}
