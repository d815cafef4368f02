/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "core/deferred.h"
#include "core/handoff.h"
#include "core/memmodel.h"
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
	while ((page = mb_zonelist_alloc(c.boot, 0, 0, 0, MB_MIGRATE_UNMOVABLE))) {
		assert_true(mb_page_nid(&c.boot->model.layout, page) >= last);
		last = mb_page_nid(&c.boot->model.layout, page);
		pages++;
	}
	assert_int_equal(last, 1);
	assert_int_equal(pages, free_pages);
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
		cmocka_unit_test(mobility_grouping),
		cmocka_unit_test(allocation_follows_the_list),
		cmocka_unit_test(load_turns_equals),
	};

	return cmocka_run_group_tests_name("zonelist", tests, NULL, NULL);
}
