/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/pcp.h"
#include "tests/core/boot_case.h"

/* batch with 4 KiB pages: 2^k - 1, at most 63. */
static void batches(void **state)
{
	static const struct {
		uint64_t mib;
		unsigned batch;
	} rows[] = {{15, 1}, {128, 7}, {256, 15}, {512, 31}, {1024, 63}, {65536, 63}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_int_equal(mb_pcp_batch(rows[i].mib << 8, 12), rows[i].batch);
	assert_int_equal(mb_pcp_batch(0, 12), 1);
}

/* Low mark over local CPUs; over all CPUs where the node has none; never below four batches. */
static void highs(void **state)
{
	assert_int_equal(mb_pcp_high(17006, 2, 2, 63), 8503);
	assert_int_equal(mb_pcp_high(17006, 0, 8, 63), 2125);
	assert_int_equal(mb_pcp_high(0, 4, 4, 63), 252);
}

/* As in a guest of 24 possible and 3 online CPUs: absent ones take no share of the low mark. */
static void only_online_cpus_share(void **state)
{
	struct boot_case c;

	boot_case_init(&c,
		       "node0=2G node1=1G@4G node2=4G@5G node0.cpus=0-3,6,9,12,15,18,21 "
		       "node1.cpus=4,7,10,13,16,19,22 node2.cpus=5,8,11,14,17,20,23 absent=3-23",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, NULL);
	for (int nid = 0; nid < 3; nid++) {
		struct mb_zone *zone =
			boot_case_zone(&c, nid, nid ? MB_ZONE_NORMAL : MB_ZONE_DMA32);

		assert_int_equal(zone->pcp_batch, 63);
		assert_int_equal(zone->pcp_high, mb_max(zone->watermark[MB_WMARK_LOW] / 3, 252));
	}
	boot_case_fini(&c);
}

static struct mb_zone *ready(struct boot_case *c)
{
	boot_case_init(c, "node0=512M node0.cpus=0-1", (struct boot_options){0});
	boot_case_run(c, NULL);
	return boot_case_zone(c, 0, MB_ZONE_DMA32);
}

/*
 * The first page refills by batch; what comes back stays, up to high, and drains by batch above it.
 */
static void refill_and_drain(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = ready(&c);
	uint64_t before = zone->free_pages;
	unsigned batch = zone->pcp_batch, high = zone->pcp_high;
	struct mb_page **pages = calloc(high + batch, sizeof(*pages));

	pages[0] = mb_pcp_alloc(zone, 1, 0, MB_MIGRATE_MOVABLE);
	assert_int_equal(zone->free_pages, before - batch);
	assert_int_equal(zone->pagesets[1].count, batch - 1);
	assert_int_equal(zone->pagesets[0].count, 0);
	for (unsigned i = 1; i < high + batch; i++)
		pages[i] = mb_pcp_alloc(zone, 1, 0, MB_MIGRATE_MOVABLE);
	for (unsigned i = 0; i < high + batch; i++) {
		mb_pcp_free(zone, 1, pages[i], 0);
		assert_true(zone->pagesets[1].count < high);
	}
	mb_pcp_drain(c.boot);
	assert_int_equal(zone->free_pages, before);
	assert_int_equal(mb_buddy_check(zone, NULL), 0);
	free(pages);
	boot_case_fini(&c);
}

/* Random orders on two CPUs; drained, the zone is as it was. */
static void random_use(void **state)
{
	struct mb_rng rng = {boot_case_seed()};
	struct boot_case c;
	struct mb_zone *zone = ready(&c);
	uint64_t before[MB_MAX_ORDERS];
	struct {
		struct mb_page *page;
		unsigned order;
	} held[256] = {0};

	for (unsigned order = 0; order < zone->nr_orders; order++)
		before[order] = zone->free_area[order].nr_free;
	for (unsigned step = 0; step < 20000; step++) {
		size_t i = mb_rng_below(&rng, MB_ARRAY_SIZE(held));
		unsigned cpu = (unsigned)mb_rng_below(&rng, 2);

		if (held[i].page) {
			mb_pcp_free(zone, cpu, held[i].page, held[i].order);
			held[i].page = NULL;
			continue;
		}
		held[i].order = (unsigned)mb_rng_below(&rng, 10);
		held[i].page =
			mb_pcp_alloc(zone, cpu, held[i].order,
				     (enum mb_migratetype)mb_rng_below(&rng, MB_MIGRATE_PCPTYPES));
		if (step % 1000 == 0)
			assert_int_equal(mb_pcp_stage.check(c.boot), 0);
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(held); i++)
		if (held[i].page)
			mb_pcp_free(zone, 0, held[i].page, held[i].order);
	mb_pcp_drain(c.boot);
	for (unsigned order = 0; order < zone->nr_orders; order++)
		assert_int_equal(zone->free_area[order].nr_free, before[order]);
	boot_case_fini(&c);
}

/*
 * Freed pages go to the head and requests take from there, so the warmest page is used first; a full pageset
 * gives its oldest pages back, from the tail.
 */
static void oldest_pages_drain_first(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = ready(&c);
	unsigned batch = zone->pcp_batch, high = zone->pcp_high;
	struct mb_page **pages = calloc(high, sizeof(*pages));
	const struct mb_list *pos;
	unsigned last = high;

	assert_true(batch > 1 && batch < high);
	for (unsigned i = 0; i < high; i++) {
		pages[i] = mb_buddy_alloc(zone, 0, MB_MIGRATE_MOVABLE);
		assert_non_null(pages[i]);
	}
	for (unsigned i = 0; i < high - 1; i++)
		mb_pcp_free(zone, 0, pages[i], 0);
	assert_int_equal(zone->pagesets[0].count, high - 1);
	mb_pcp_free(zone, 0, pages[high - 1], 0);
	assert_int_equal(zone->pagesets[0].count, high - batch);
	mb_list_for_each(pos, &zone->pagesets[0].lists[MB_MIGRATE_MOVABLE])
		assert_ptr_equal(MB_LIST_ENTRY(pos, struct mb_page, lru), pages[--last]);
	assert_int_equal(last, batch);
	assert_ptr_equal(mb_pcp_alloc(zone, 0, 0, MB_MIGRATE_MOVABLE), pages[high - 1]);
	free(pages);
	boot_case_fini(&c);
}

/* A refill of larger blocks is a batch of pages, but at least two blocks; orders 4 to 8 are not kept at all. */
static void refills_by_order(void **state)
{
	static const struct {
		unsigned order, blocks;
	} rows[] = {{0, 31}, {1, 15}, {2, 7}, {3, 3}, {4, 1}, {8, 1}, {9, 2}};
	struct boot_case c;
	struct mb_zone *zone = ready(&c);

	zone->pcp_batch = 31;
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		uint64_t before = zone->free_pages;

		assert_non_null(mb_pcp_alloc(zone, 0, rows[i].order, MB_MIGRATE_MOVABLE));
		assert_int_equal(before - zone->free_pages, rows[i].blocks << rows[i].order);
	}
	boot_case_fini(&c);
}

/* What a pageset gives back is freed in the order in which it came: the page freed last is the buddy's first. */
static void drained_in_order(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = ready(&c);
	struct mb_page **pages = calloc(2 * zone->pcp_high, sizeof(*pages));
	unsigned next = zone->pcp_batch;
	const struct mb_list *pos;

	for (unsigned i = 0; i < 2 * zone->pcp_high; i++)
		pages[i] = mb_buddy_alloc(zone, 0, MB_MIGRATE_MOVABLE);
	/* Every second one, so that none of them merge. */
	for (unsigned i = 0; i < zone->pcp_high; i++)
		mb_pcp_free(zone, 0, pages[2 * i], 0);
	mb_list_for_each(pos, &zone->free_area[0].free_list[MB_MIGRATE_MOVABLE]) {
		if (!next)
			break;
		assert_ptr_equal(MB_LIST_ENTRY(pos, struct mb_page, lru), pages[2 * --next]);
	}
	assert_int_equal(next, 0);
	free(pages);
	boot_case_fini(&c);
}

/* Huge blocks have two lists: movable ones and the others. */
static void huge_blocks_by_type(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = ready(&c);
	struct mb_pageset *pageset = &zone->pagesets[0];

	assert_non_null(mb_pcp_alloc(zone, 0, 9, MB_MIGRATE_MOVABLE));
	assert_true(mb_list_empty(&pageset->lists[MB_PCP_LISTS - 2]));
	assert_false(mb_list_empty(&pageset->lists[MB_PCP_LISTS - 1]));
	assert_non_null(mb_pcp_alloc(zone, 0, 9, MB_MIGRATE_RECLAIMABLE));
	assert_false(mb_list_empty(&pageset->lists[MB_PCP_LISTS - 2]));
	boot_case_fini(&c);
}

/* The list of a page that is freed twice leads back into itself: the check says so, and comes to its end. */
static void freed_twice(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = ready(&c);
	struct mb_page *page = mb_pcp_alloc(zone, 0, 0, MB_MIGRATE_MOVABLE);

	mb_pcp_free(zone, 0, page, 0);
	assert_int_equal(mb_pcp_stage.check(c.boot), 0);
	mb_pcp_free(zone, 0, page, 0);
	assert_int_equal(mb_pcp_stage.check(c.boot), -EUCLEAN);
	assert_non_null(strstr(mb_boot_err(c.boot)->text, "pageset counts"));
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches),
		cmocka_unit_test(highs),
		cmocka_unit_test(only_online_cpus_share),
		cmocka_unit_test(refill_and_drain),
		cmocka_unit_test(random_use),
		cmocka_unit_test(oldest_pages_drain_first),
		cmocka_unit_test(refills_by_order),
		cmocka_unit_test(drained_in_order),
		cmocka_unit_test(huge_blocks_by_type),
		cmocka_unit_test(freed_twice),
	};

	return cmocka_run_group_tests_name("pcp", tests, NULL, NULL);
}
