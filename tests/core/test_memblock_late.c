/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/buddy.h"
#include "core/check.h"
#include "core/deferred.h"
#include "core/handoff.h"
#include "core/memblock_late.h"
#include "tests/core/boot_case.h"

/*
 *   node 0  [ 4G … early … 4G+128M … deferred … 6G )
 *   reserved       E: 64K at 4G+16M         D: 64K at 5G
 */
#define EARLY    UINT64_C(0x101000000)
#define DEFERRED UINT64_C(0x140000000)
#define TEXT     "node0=2G@4G reserve=64K@0x101000000 reserve=64K@0x140000000 node0.cpus=0"

static uint64_t free_pages(struct boot_case *c)
{
	return boot_case_zone(c, 0, MB_ZONE_NORMAL)->free_pages;
}

/* The range's whole pages are free and counted; the buddy is sound. */
static void assert_freed(struct boot_case *c, mb_phys_t base, mb_phys_t size, uint64_t pages)
{
	struct mb_zone *zone = boot_case_zone(c, 0, MB_ZONE_NORMAL);
	uint64_t managed = mb_zone_managed(zone), free = zone->free_pages;
	uint64_t totalram = c->boot->totalram_pages;

	assert_int_equal(mb_memblock_free_late(c->boot, base, size), pages);
	assert_int_equal(mb_zone_managed(zone), managed + pages);
	assert_int_equal(c->boot->totalram_pages, totalram + pages);
	if (!c->boot->config.dry_run) {
		assert_int_equal(zone->free_pages, free + pages);
		assert_int_equal(mb_buddy_check(zone, &c->boot->err), 0);
		assert_int_equal(mb_check_accounting(c->boot), 0);
	}
}

/* Pages that are cut stay; reserved keeps what was freed. */
static void whole_pages(void **state)
{
	struct boot_case c;
	mb_phys_t reserved;

	for (unsigned dry = 0; dry < 2; dry++) {
		boot_case_init(&c, TEXT, (struct boot_options){.dry_run = dry});
		boot_case_run(&c, &mb_handoff_stage);
		reserved = mb_memblock_reserved_size(&c.boot->memblock);
		assert_freed(&c, EARLY + 1, 0x1ffe, 0);
		assert_freed(&c, EARLY + 1, 0x1fff, 1);
		assert_freed(&c, EARLY + 0x2000, 0xe000, 14);
		assert_freed(&c, DEFERRED, 0x10000, 16);
		assert_freed(&c, 0x1000, 0x10000, 0); /* no memory, no descriptor */
		assert_int_equal(mb_memblock_reserved_size(&c.boot->memblock), reserved);
		boot_case_fini(&c);
	}
}

/*
 * What the node defers is lost for good: counted in totalram, still reserved when everything has come
 * up, in every release. A range may cross the boundary. Later the same call works.
 */
static void deferred_pages_are_lost(void **state)
{
	for (size_t i = 0; i < mb_nr_profiles; i++) {
		uint64_t totalram, free;
		struct boot_case c;

		boot_case_init(&c, TEXT,
			       (struct boot_options){.policy = MB_POLICY_DEFERRED,
						     .kernel = mb_profiles[i].name});
		boot_case_run(&c, &mb_handoff_stage);
		assert_int_equal(c.boot->nodes[0]->first_deferred_pfn, 0x108000);
		totalram = c.boot->totalram_pages;
		free = free_pages(&c);
		assert_int_equal(mb_memblock_free_late(c.boot, DEFERRED, 0x10000), 0);
		assert_int_equal(free_pages(&c), free);
		assert_int_equal(c.boot->totalram_pages, totalram + 16);
		assert_freed(&c, EARLY, 0x10000, 16);
		c.boot->totalram_pages -= 16; /* or the deferred stage's check finds them */
		boot_case_run(&c, &mb_deferred_stage);
		c.boot->totalram_pages += 16;
		assert_int_equal(mb_deferred_stage.check(c.boot), -EUCLEAN);
		mb_err_clear(&c.boot->err);
		assert_true(mb_page_test(mb_memmodel_pfn_to_page(&c.boot->model, DEFERRED >> 12),
					 MB_PG_RESERVED));
		assert_freed(&c, DEFERRED, 0x10000, 16);
		assert_false(mb_page_test(mb_memmodel_pfn_to_page(&c.boot->model, DEFERRED >> 12),
					  MB_PG_RESERVED));
		boot_case_fini(&c);
	}
}

/*
 *   node 0  [ 4G … early … 5G )
 *   node 1                      6G [ hole | … 7G )
 *
 * Page frames of the hole count as node 0's, which has deferred what lies behind 4G+128M.
 */
static void hole_behind_the_boundary(void **state)
{
	static const char text[] = "node0=1G@4G node1=960M@0x184000000 node0.cpus=0";
	static const enum mb_policy policies[] = {MB_POLICY_EAGER, MB_POLICY_DEFERRED};

	for (size_t i = 0; i < MB_ARRAY_SIZE(policies); i++) {
		struct boot_case c;

		boot_case_init(&c, text, (struct boot_options){.policy = policies[i]});
		boot_case_run(&c, &mb_handoff_stage);
		assert_int_equal(mb_memblock_free_late(c.boot, 0x181000000, 0x10000), i ? 0 : 16);
		boot_case_fini(&c);
	}
}

/* Hundreds of reservations have doubled the reserved array: its place goes to the buddy, memory is forgotten. */
static void discard(void **state)
{
	static const struct {
		const char *arch;
		bool keeps;
	} rows[] = {{"", false}, {"arch=arm64 phys-bits=48 ", true}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_strbuf text = {0};
		struct mb_memblock *memblock;
		struct boot_case c;
		uint64_t free, bytes;

		mb_strbuf_addf(&text, "%snode0=2G@4G node0.cpus=0", rows[i].arch);
		for (unsigned n = 0; n < 300; n++)
			mb_strbuf_addf(&text, " reserve=4K@%#llx",
				       (unsigned long long)EARLY + n * 0x2000);
		boot_case_init(&c, mb_strbuf_text(&text), (struct boot_options){0});
		boot_case_run(&c, NULL);
		memblock = &c.boot->memblock;
		free = free_pages(&c);
		bytes = memblock->reserved.max * MB_MEMBLOCK_REGION_BYTES;
		assert_true(memblock->reserved_array != 0);
		assert_int_equal(memblock->memory_array, 0);
		mb_memblock_discard(c.boot);
		mb_memblock_discard(c.boot); /* nothing is left to do */
		assert_int_equal(free_pages(&c) - free,
				 rows[i].keeps ? 0 : mb_div_ceil(bytes, 4096));
		assert_int_equal(mb_memblock_phys_mem_size(memblock),
				 rows[i].keeps ? 2 * MB_GIB : 0);
		assert_int_equal(mb_memblock_is_memory(memblock, EARLY), rows[i].keeps);
		assert_int_equal(mb_memblock_check(memblock), 0);
		assert_int_equal(
			mb_buddy_check(boot_case_zone(&c, 0, MB_ZONE_NORMAL), &c.boot->err), 0);
		boot_case_fini(&c);
		mb_strbuf_fini(&text);
	}
}

/* Memory's own array too, and the host's storage of it. */
static void discard_memory_array(void **state)
{
	struct boot_case c;
	struct mb_memblock *memblock;
	uint64_t free;

	boot_case_init(&c, TEXT, (struct boot_options){0});
	boot_case_run(&c, &mb_hash_stage);
	memblock = &c.boot->memblock;
	for (unsigned i = 0; i < MB_MEMBLOCK_INIT_REGIONS; i += 2)
		assert_int_equal(mb_memblock_mark_hotplug(memblock, DEFERRED + i * MB_MIB, MB_MIB),
				 0);
	assert_true(memblock->memory_array != 0);
	boot_case_run(&c, NULL);
	free = free_pages(&c);
	mb_memblock_discard(c.boot);
	assert_int_equal(free_pages(&c) - free, 2);
	assert_ptr_equal(memblock->memory.regions, memblock->static_memory);
	assert_int_equal(mb_memblock_check(memblock), 0);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_pages),
		cmocka_unit_test(deferred_pages_are_lost),
		cmocka_unit_test(hole_behind_the_boundary),
		cmocka_unit_test(discard),
		cmocka_unit_test(discard_memory_array),
	};

	return cmocka_run_group_tests_name("memblock_late", tests, NULL, NULL);
}
