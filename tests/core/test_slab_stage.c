/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/handoff.h"
#include "core/pcp.h"
#include "core/slab_stage.h"
#include "tests/core/boot_case.h"

/* The pages that slabs hold are exactly what the buddy misses; undo gives them back. */
static void pages_are_accounted_for(void **state)
{
	struct mb_boot_totals totals;
	struct mb_slab_stats stats;
	struct boot_case c;

	boot_case_init(&c, "nodes=2 each=512M cpus=2", (struct boot_options){0});
	boot_case_run(&c, &mb_slab_stage);
	mb_slab_stats(c.boot->slab, NULL, &stats);
	mb_boot_totals(c.boot, &totals);
	assert_true(stats.pages > 0);
	assert_int_equal(totals.managed_pages - totals.free_pages, stats.pages);
	mb_slab_stage.undo(c.boot);
	mb_boot_totals(c.boot, &totals);
	assert_int_equal(totals.managed_pages, totals.free_pages);
	boot_case_fini(&c);
}

/* Objects can be allocated and freed on top of the boot's own buddy, on every node. */
static void objects_come_from_their_node(void **state)
{
	struct boot_case c;
	void *objects[512];

	boot_case_init(&c, "nodes=2 each=512M cpus=2",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, NULL);
	for (unsigned i = 0; i < 512; i++) {
		objects[i] = mb_slab_kmalloc(c.boot->slab, 1 + i * 40, MB_KMALLOC_NORMAL,
					     (int)(i % 2), 0);
		assert_non_null(objects[i]);
		assert_int_equal(
			mb_page_nid(&c.boot->model.layout, mb_slabmem_page(c.boot, objects[i])),
			i % 2);
	}
	assert_int_equal(mb_slab_stage.check(c.boot), 0);
	for (unsigned i = 0; i < 512; i++)
		mb_slab_kfree(c.boot->slab, objects[i], 0);
	assert_int_equal(mb_slab_stage.check(c.boot), 0);
	boot_case_fini(&c);
}

/* Fills list with objects until none is left; all are of ZONE_DMA, which node 0 alone has. Returns how many. */
static size_t take_dma(struct boot_case *c, size_t size, void **objects, size_t max)
{
	size_t count = 0;

	while (count < max &&
	       (objects[count] = mb_slab_kmalloc(c->boot->slab, size, MB_KMALLOC_DMA, 1, 0))) {
		const struct mb_page *page = mb_slabmem_page(c->boot, objects[count]);

		assert_int_equal(mb_page_zone(&c->boot->model.layout, page), MB_ZONE_DMA);
		assert_int_equal(mb_page_nid(&c->boot->model.layout, page), 0);
		count++;
	}
	return count;
}

/* dma-kmalloc's pages are of ZONE_DMA, whichever node asks, and when that is used up there are no more. */
static void dma_caches_use_the_dma_zone(void **state)
{
	static const size_t sizes[] = {4096, 16384}; /* of a cache, and larger than any cache */
	static void *objects[8192];

	for (unsigned i = 0; i < 2; i++) {
		struct boot_case c;
		size_t count;

		boot_case_init(&c, "nodes=2 each=256M cpus=1", (struct boot_options){0});
		boot_case_run(&c, &mb_slab_stage);
		count = take_dma(&c, sizes[i], objects, 8192);
		assert_in_range(count, 1, 16 * MB_MIB / sizes[i]);
		assert_true(boot_case_zone(&c, 0, MB_ZONE_DMA32)->free_pages > 0);
		while (count--)
			mb_slab_kfree(c.boot->slab, objects[count], 0);
		assert_int_equal(mb_slab_stage.check(c.boot), 0);
		boot_case_fini(&c);
	}
}

/*
 * A machine with every page reserved has nothing to start the allocator with: an error, not a
 * crash.
 */
static void no_page_for_the_first_slab(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=64M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, &mb_handoff_stage);
	for (unsigned z = 0; z < MB_NR_ZONES; z++)
		while (mb_pcp_alloc(&c.boot->nodes[0]->zones[z], 0, 0, MB_MIGRATE_UNMOVABLE))
			;
	assert_int_equal(mb_boot_run(c.boot), -ENOSPC);
	assert_string_equal(mb_boot_err(c.boot)->stage, "kmem_cache_init");
	boot_case_fini(&c);
}

/* A page that nobody knows of is seen. */
static void check_sees_a_lost_page(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=512M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, &mb_slab_stage);
	assert_int_equal(mb_slab_stage.check(c.boot), 0);
	assert_non_null(
		mb_pcp_alloc(boot_case_zone(&c, 0, MB_ZONE_DMA32), 0, 0, MB_MIGRATE_UNMOVABLE));
	assert_int_equal(mb_slab_stage.check(c.boot), -EUCLEAN);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_accounted_for),
		cmocka_unit_test(objects_come_from_their_node),
		cmocka_unit_test(dma_caches_use_the_dma_zone),
		cmocka_unit_test(no_page_for_the_first_slab),
		cmocka_unit_test(check_sees_a_lost_page),
	};

	return cmocka_run_group_tests_name("slab_stage", tests, NULL, NULL);
}
