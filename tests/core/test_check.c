/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/check.h"
#include "core/memmodel.h"
#include "core/zonelist.h"
#include "tests/core/boot_case.h"

static uint64_t digest_after(void (*damage)(struct mb_boot *boot))
{
	struct boot_case c;
	uint64_t digest;

	boot_case_init(&c, "node0=256M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, NULL);
	if (damage)
		damage(c.boot);
	assert_int_equal(mb_check_digest(c.boot, &digest), 0);
	boot_case_fini(&c);
	return digest;
}

static void flip_flag(struct mb_boot *boot)
{
	mb_memmodel_pfn_to_page(&boot->model, 12345)->flags ^= 1;
}

static void flip_count(struct mb_boot *boot)
{
	mb_memmodel_pfn_to_page(&boot->model, 65535)->refcount ^= 1;
}

static void flip_link(struct mb_boot *boot)
{
	struct mb_page *hole = mb_memmodel_pfn_to_page(&boot->model, 0);

	hole->lru.next = hole->lru.prev = NULL;
}

/* Pages that were taken and given back leave no trace. */
static void use_pages(struct mb_boot *boot)
{
	struct mb_page *pages[64];

	for (unsigned i = 0; i < 64; i++)
		pages[i] = mb_zonelist_alloc(boot, 0, 0, i % 4, MB_MIGRATE_MOVABLE, 0);
	for (unsigned i = 0; i < 64; i++)
		mb_zonelist_free(boot, 0, pages[i], i % 4);
}

static void use_slab(struct mb_boot *boot)
{
	void *objects[100];

	for (unsigned i = 0; i < 100; i++)
		objects[i] =
			mb_slab_kmalloc(boot->slab, 8 + i * 100, MB_KMALLOC_NORMAL, MB_NO_NODE, 0);
	for (unsigned i = 0; i < 100; i += 2)
		mb_slab_kfree(boot->slab, objects[i], 0);
}

static void digest_sees_content_and_not_links(void **state)
{
	uint64_t untouched = digest_after(NULL);

	assert_true(digest_after(flip_flag) != untouched);
	assert_true(digest_after(flip_count) != untouched);
	assert_int_equal(digest_after(flip_link), untouched);
	assert_int_equal(digest_after(use_pages), untouched);
	assert_int_equal(digest_after(use_slab), untouched);
}

/* A page that is lost, reserved or in the wrong zone breaks the accounting. */
static void accounting_sees_every_page(void **state)
{
	struct boot_case c;
	struct mb_page *page;
	struct mb_zone *zone;

	boot_case_init(&c, "node0=256M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, NULL);
	zone = boot_case_zone(&c, 0, MB_ZONE_DMA32);
	page = mb_memmodel_pfn_to_page(&c.boot->model, 12345);
	assert_int_equal(mb_check_accounting(c.boot), 0);
	page->flags ^= UINT64_C(1) << MB_PG_RESERVED;
	assert_int_equal(mb_check_accounting(c.boot), -EUCLEAN);
	page->flags ^= UINT64_C(1) << MB_PG_RESERVED;
	page->flags ^= UINT64_C(1) << MB_PAGE_ZONE_SHIFT;
	assert_int_equal(mb_check_accounting(c.boot), -EUCLEAN);
	page->flags ^= UINT64_C(1) << MB_PAGE_ZONE_SHIFT;
	page->flags ^= UINT64_C(1) << MB_PAGE_NODE_SHIFT;
	assert_int_equal(mb_check_accounting(c.boot), -EUCLEAN);
	page->flags ^= UINT64_C(1) << MB_PAGE_NODE_SHIFT;
	atomic_fetch_sub(&zone->managed, 1);
	assert_int_equal(mb_check_accounting(c.boot), -EUCLEAN);
	atomic_fetch_add(&zone->managed, 1);
	assert_int_equal(mb_check_accounting(c.boot), 0);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_sees_content_and_not_links),
		cmocka_unit_test(accounting_sees_every_page),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
