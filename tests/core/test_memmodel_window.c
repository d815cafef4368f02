/* SPDX-License-Identifier: Apache-2.0 */
#include "core/buddy.h"
#include "core/deferred.h"
#include "core/memmodel.h"
#include "core/window.h"
#include "tests/core/window_case.h"

/* Where a block's descriptors are, and back, as far as it has some. */
static void blocks_are_found(void **state)
{
	struct window_case c;
	struct mb_boot_config config =
		window_case_init(&c, "node0=2G node0.cpus=0 reserve=4K@0x30001000");
	unsigned heads = 0, private = 0, gone = 0;
	const struct mb_memmodel *model;

	assert_int_equal(window_case_run(&c, &config, NULL), 0);
	model = &c.boot->model;
	for (mb_pfn_t pfn = 0; pfn < 0x80000; pfn += 1024) {
		struct mb_window_told told;
		bool told_of = mb_window_tells(c.boot, pfn, pfn + 1024, &told);
		const struct mb_page *page;

		if (told_of && told.reserved) {
			gone++;
			continue;
		}
		page = mb_memmodel_pfn_to_page(model, pfn);
		assert_int_equal(mb_memmodel_page_to_pfn(model, page), pfn);
		assert_int_equal(mb_window_is_head(model, page), told_of);
		heads += told_of;
		if (told_of)
			continue;
		private++;
		for (unsigned i = 0; i < 1024; i++) {
			assert_ptr_equal(mb_memmodel_pfn_to_page(model, pfn + i),
					 mb_page_at(page, i, 64));
			assert_int_equal(mb_memmodel_page_to_pfn(model, mb_page_at(page, i, 64)),
					 pfn + i);
		}
	}
	assert_true(heads > 400 && private >= 2 && gone >= 1);
	assert_int_equal(mb_memmodel_page_to_pfn(model, (struct mb_page *)&c), MB_PFN_NONE);
	window_case_fini(&c);
}

/* A head that is split has all its descriptors then, and keeps them when the block is whole again. */
static void heads_are_split(void **state)
{
	struct window_case c;
	struct mb_boot_config config = window_case_init(&c, "node0=2G node0.cpus=0");
	struct mb_window_stat before, after;
	struct mb_page *head, *half;
	struct mb_zone *zone;
	uint64_t blocks;
	mb_pfn_t pfn;

	assert_int_equal(window_case_run(&c, &config, NULL), 0);
	zone = &c.boot->nodes[0]->zones[MB_ZONE_DMA32];
	blocks = zone->free_area[10].nr_free;
	head = mb_buddy_alloc(zone, 10, MB_MIGRATE_MOVABLE);
	assert_true(mb_window_is_head(&c.boot->model, head));
	pfn = mb_memmodel_page_to_pfn(&c.boot->model, head);
	mb_buddy_free(zone, head, 10);

	assert_int_equal(mb_window_stats(c.boot, &before, 1), 1);
	half = mb_buddy_alloc(zone, 9, MB_MIGRATE_MOVABLE);
	while (half && mb_memmodel_page_to_pfn(&c.boot->model, half) != pfn)
		half = mb_buddy_alloc(zone, 9, MB_MIGRATE_MOVABLE);
	assert_non_null(half);
	assert_false(mb_window_is_head(&c.boot->model, half));
	assert_int_equal(mb_window_stats(c.boot, &after, 1), 1);
	assert_true(after.private_blocks > before.private_blocks);
	for (unsigned i = 1; i < 512; i++)
		assert_int_equal(mb_page_at(half, i, 64)->refcount, 0);
	blocks = zone->free_area[10].nr_free;
	mb_buddy_free(zone, half, 9);
	assert_int_equal(zone->free_area[10].nr_free, blocks + 1);
	assert_ptr_equal(mb_memmodel_pfn_to_page(&c.boot->model, pfn), half);
	window_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_found),
		cmocka_unit_test(heads_are_split),
	};

	return cmocka_run_group_tests_name("memmodel_window", tests, NULL, NULL);
}
