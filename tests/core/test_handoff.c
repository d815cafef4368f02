/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "core/handoff.h"
#include "core/memmodel.h"
#include "tests/core/boot_case.h"
#include "tests/core/machines.h"
#include "tests/model/naive_buddy.h"

/* Which pages of a zone are free, straight from the reserved array: no iterator of the engine's. */
static bool naive_is_free(const struct mb_memblock *memblock, mb_pfn_t pfn)
{
	mb_phys_t start = pfn << 12, end = start + 4096;
	bool memory = false;

	for (unsigned long i = 0; i < memblock->memory.cnt; i++) {
		const struct mb_memblock_region *r = &memblock->memory.regions[i];

		memory |= !(r->flags & MB_MEMBLOCK_NOMAP) && r->base <= start &&
			  end <= r->base + r->size;
	}
	for (unsigned long i = 0; memory && i < memblock->reserved.cnt; i++) {
		const struct mb_memblock_region *r = &memblock->reserved.regions[i];

		if (r->size && r->base < end && start < r->base + r->size)
			return false;
	}
	return memory;
}

/* Everything that can be counted about a zone after an eager hand-over. */
static void assert_zone(struct boot_case *c, const char *text, struct mb_zone *zone, mb_pfn_t limit)
{
	uint64_t counts[MB_MAX_ORDERS], pages = 0;
	struct naive_buddy naive;

	if (!zone->spanned)
		return;
	naive_buddy_init(&naive, zone->start_pfn, mb_zone_end_pfn(zone), zone->nr_orders - 1);
	for (mb_pfn_t pfn = zone->start_pfn; pfn < mb_min(limit, mb_zone_end_pfn(zone)); pfn++) {
		struct mb_page *page;
		bool is_free;

		if (!mb_memmodel_pfn_valid(&c->boot->model, pfn))
			continue;
		page = mb_memmodel_pfn_to_page(&c->boot->model, pfn);
		if (mb_page_nid(&c->boot->model.layout, page) != zone->nid)
			continue; /* another node's memory inside the span */
		is_free = naive_is_free(&c->boot->memblock, pfn);
		if (is_free == mb_page_test(page, MB_PG_RESERVED))
			fail_msg("'%s': page frame 0x%llx free %d, reserved %d", text,
				 (unsigned long long)pfn, is_free,
				 mb_page_test(page, MB_PG_RESERVED));
		if (is_free)
			naive_buddy_set(&naive, pfn, 0, 1);
		pages += is_free;
	}
	naive_buddy_counts(&naive, counts);
	for (unsigned order = 0; order < zone->nr_orders; order++)
		assert_int_equal(zone->free_area[order].nr_free, counts[order]);
	assert_int_equal(zone->free_pages, pages);
	assert_int_equal(mb_zone_managed(zone), pages);
	naive_buddy_fini(&naive);
}

static void assert_machine(const char *text, enum mb_policy policy)
{
	uint64_t managed = 0;
	struct boot_case c;
	struct mb_node *node;

	boot_case_init(&c, text, (struct boot_options){.policy = policy});
	boot_case_run(&c, &mb_handoff_stage);
	mb_node_for_each(node, c.boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			assert_zone(&c, text, &node->zones[z], node->first_deferred_pfn);
			managed += mb_zone_managed(&node->zones[z]);
		}
	if (policy == MB_POLICY_EAGER)
		assert_int_equal(managed, c.boot->totalram_pages);
	assert_true(managed <= c.boot->totalram_pages);
	boot_case_fini(&c);
}

static void every_page_counted_once(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++) {
		assert_machine(machines[i], MB_POLICY_EAGER);
		assert_machine(machines[i], MB_POLICY_DEFERRED);
	}
}

static void random_machines(void **state)
{
	struct mb_rng rng = {boot_case_seed()};
	char text[1024];

	for (unsigned i = 0; i < 20; i++) {
		random_machine(&rng, text, sizeof(text));
		assert_machine(text, i % 2 ? MB_POLICY_EAGER : MB_POLICY_DEFERRED);
	}
}

/*
 * The first MiB of a PC is reserved: its 16 MiB DMA zone manages 3840 pages, as every kernel shows.
 */
static void dma_zone_of_a_pc(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=0x9fc00@0+127M@1M", (struct boot_options){0});
	boot_case_run(&c, &mb_handoff_stage);
	assert_int_equal(mb_zone_managed(boot_case_zone(&c, 0, MB_ZONE_DMA)), 3840);
	boot_case_fini(&c);
}

/* Marks are cleared in one go: merging regions must not skip any. */
static void hotplug_marks_are_cleared(void **state)
{
	struct boot_case c;

	boot_case_init(&c,
		       "node0=512M@1G node1=512M@2G node0.cpus=0 "
		       "hotplug=128M@0x48000000+128M@0x58000000+512M@2G",
		       (struct boot_options){0});
	boot_case_run(&c, &mb_handoff_stage);
	for (unsigned long i = 0; i < c.boot->memblock.memory.cnt; i++)
		assert_int_equal(c.boot->memblock.memory.regions[i].flags, MB_MEMBLOCK_NONE);
	boot_case_fini(&c);
}

/* Lists ascend by address: blocks were freed in ascending order and each went to the tail. */
static void lists_ascend(void **state)
{
	struct boot_case c;
	const struct mb_list *pos;
	mb_pfn_t last = 0;

	boot_case_init(&c, "node0=1G@4G", (struct boot_options){0});
	boot_case_run(&c, &mb_handoff_stage);
	mb_list_for_each(pos, &boot_case_zone(&c, 0, MB_ZONE_NORMAL)
				       ->free_area[10]
				       .free_list[MB_MIGRATE_MOVABLE]) {
		mb_pfn_t pfn = mb_memmodel_page_to_pfn(&c.boot->model,
						       MB_LIST_ENTRY(pos, struct mb_page, lru));

		assert_true(pfn > last);
		last = pfn;
	}
	assert_true(last > 0);
	boot_case_fini(&c);
}

/*
 *   node 0  [ 4G … early … 4.5G … 5G )   node 1  [ 5G … 6G )
 *   reserved                    [ 16M | 16M ]   and 20K that begin and end inside of pages; nomap 8M
 *
 * Every page of it has a descriptor of its node, deferred or not and however the node is found, and
 * the pass is counted as one. A dry run counts the same and takes no time.
 */
static void reserved_pass(void **state)
{
	static const char text[] = "node0=1G@4G node1=1G node0.cpus=0 reserve=32M@0x13f000000 "
				   "reserve=0x5000@0x120000800 nomap=8M@0x150000000";
	static const enum mb_policy policies[] = {MB_POLICY_EAGER, MB_POLICY_DEFERRED,
						  MB_POLICY_LAZY};

	for (size_t i = 0; i < 3 * mb_nr_profiles; i++) {
		struct boot_options options = {.policy = policies[i % 3],
					       .kernel = mb_profiles[i / 3].name};
		const struct mb_stage_stat *stat;
		struct boot_case c;
		uint64_t pages = 0;

		boot_case_init(&c, text, options);
		boot_case_run(&c, &mb_handoff_stage);
		stat = mb_boot_stat(c.boot, &mb_handoff_stage);
		for (mb_pfn_t pfn = 0x100000; pfn < 0x180000; pfn++) {
			const struct mb_page *page = mb_memmodel_pfn_to_page(&c.boot->model, pfn);

			if (naive_is_free(&c.boot->memblock, pfn))
				continue;
			pages++;
			assert_true(mb_page_test(page, MB_PG_RESERVED));
			assert_int_equal(mb_page_nid(&c.boot->model.layout, page), pfn >= 0x140000);
			assert_int_equal(page->refcount, 1);
		}
		assert_int_equal(stat->nr_phases, 1);
		assert_string_equal(stat->phases[0].name, "memmap_init_reserved_pages");
		assert_int_equal(stat->phases[0].pages, pages);
		assert_true(stat->phases[0].ns > 0 && stat->phases[0].ns < stat->ns);
		assert_int_equal(stat->pages, pages + c.boot->released_pages);
		boot_case_fini(&c);
		options.dry_run = true;
		boot_case_init(&c, text, options);
		boot_case_run(&c, &mb_handoff_stage);
		stat = mb_boot_stat(c.boot, &mb_handoff_stage);
		assert_int_equal(stat->phases[0].pages, pages);
		assert_int_equal(stat->phases[0].ns, 0);
		boot_case_fini(&c);
	}
}

/*
 *   node 0  [ 4G … early … 5G )                            [ 7G … 7.5G )
 *   node 1                      6G [ hole, 1M reserved | … 7G )
 *
 * The hole is node 1's, which comes above it. 6.1 looks the node of a reserved page up, and takes what is no
 * memory for the first node's, whose span and deferred part this is in: it makes the descriptor anew.
 */
static void reserved_hole_is_the_first_nodes(void **state)
{
	static const struct {
		const char *kernel;
		enum mb_policy policy;
		int nid;
	} cases[] = {
		{"6.1", MB_POLICY_EAGER, 1},
		{"6.1", MB_POLICY_DEFERRED, 0},
		{"6.12", MB_POLICY_DEFERRED, 1},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct boot_case c;

		boot_case_init(&c,
			       "node0=1G@4G+512M@7G node1=960M@0x184000000 reserve=1M@0x181000000 "
			       "node0.cpus=0",
			       (struct boot_options){.kernel = cases[i].kernel,
						     .policy = cases[i].policy});
		boot_case_run(&c, &mb_handoff_stage);
		for (mb_pfn_t pfn = 0x180fff; pfn <= 0x181100; pfn++) {
			const struct mb_page *page = mb_memmodel_pfn_to_page(&c.boot->model, pfn);
			bool inside = pfn >= 0x181000 && pfn < 0x181100;

			assert_true(mb_page_test(page, MB_PG_RESERVED));
			assert_int_equal(mb_page_nid(&c.boot->model.layout, page),
					 inside ? cases[i].nid : 1);
			assert_int_equal(page->refcount, 1);
		}
		boot_case_fini(&c);
	}
}

/* The page has a descriptor of its own, reserved or not. */
static void assert_marked(struct boot_case *c, mb_pfn_t pfn, bool reserved)
{
	const struct mb_page *page = mb_memmodel_pfn_to_page(&c->boot->model, pfn);

	assert_int_equal(mb_page_test(page, MB_PG_RESERVED), reserved);
	assert_int_equal(mb_page_nid(&c->boot->model.layout, page), pfn >= 0x140000);
	assert_int_equal(page->refcount, 1);
}

static const struct mb_stage_stat *boot_noinit(struct boot_case *c, const char *kernel, bool mark)
{
	struct mb_memblock *memblock;

	boot_case_init(c,
		       "node0=1G@4G node1=1G node0.cpus=0 reserve=8M@0x101000000 "
		       "reserve=8M@0x17f000000",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED, .kernel = kernel});
	boot_case_run(c, &mb_hash_stage);
	memblock = &c->boot->memblock;
	if (mark) {
		mb_memblock_reserved_mark_noinit(memblock, 0x101000000, 4 * MB_MIB);
		mb_memblock_reserved_mark_noinit(memblock, 0x17f000000, 4 * MB_MIB);
	}
	assert_int_equal(mb_memblock_check(memblock), 0);
	boot_case_run(c, &mb_handoff_stage);
	return mb_boot_stat(c->boot, &mb_handoff_stage);
}

/*
 *   node 0  [ 4G … early … 4.5G … deferred … 5G )
 *   reserved  8M, 4M of it NOINIT      8M, 4M of it NOINIT
 *
 * Until 6.6 the mark says nothing. Later those pages are neither reserved nor, where they were deferred, made: they
 * look as any deferred page. They are still not free.
 */
static void noinit_is_left_alone(void **state)
{
	for (size_t i = 0; i < mb_nr_profiles; i++) {
		const char *kernel = mb_profiles[i].name;
		bool obeyed = mb_profiles[i].minor >= 7;
		uint64_t pages, totalram;
		struct boot_case c;

		pages = boot_noinit(&c, kernel, false)->phases[0].pages;
		totalram = c.boot->totalram_pages;
		boot_case_fini(&c);
		pages -= boot_noinit(&c, kernel, true)->phases[0].pages;
		assert_int_equal(pages, obeyed ? 2048 : 0);
		assert_int_equal(c.boot->totalram_pages, totalram);
		assert_marked(&c, 0x101000, !obeyed);
		assert_marked(&c, 0x101400, true);
		assert_marked(&c, 0x17f400, true);
		if (obeyed)
			assert_memory_equal(mb_memmodel_pfn_to_page(&c.boot->model, 0x17f000),
					    mb_memmodel_pfn_to_page(&c.boot->model, 0x150000),
					    sizeof(struct mb_page));
		else
			assert_marked(&c, 0x17f000, true);
		boot_case_fini(&c);
	}
}

/* The walk knows what is reserved and how much is free in all. */
static void check_sees_damage(void **state)
{
	struct boot_case c;
	struct mb_page *page;

	boot_case_init(&c, "node0=1G@4G reserve=8K@0x120000000 node0.cpus=0",
		       (struct boot_options){0});
	boot_case_run(&c, &mb_handoff_stage);
	page = mb_memmodel_pfn_to_page(&c.boot->model, 0x120001);
	page->flags &= ~(UINT64_C(1) << MB_PG_RESERVED);
	assert_int_equal(mb_handoff_stage.check(c.boot), -EUCLEAN);
	page->flags |= UINT64_C(1) << MB_PG_RESERVED;
	c.boot->totalram_pages++;
	assert_int_equal(mb_handoff_stage.check(c.boot), -EUCLEAN);
	c.boot->totalram_pages--;
	mb_err_clear(&c.boot->err);
	assert_int_equal(mb_handoff_stage.check(c.boot), 0);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_counted_once),
		cmocka_unit_test(random_machines),
		cmocka_unit_test(dma_zone_of_a_pc),
		cmocka_unit_test(lists_ascend),
		cmocka_unit_test(hotplug_marks_are_cleared),
		cmocka_unit_test(reserved_pass),
		cmocka_unit_test(reserved_hole_is_the_first_nodes),
		cmocka_unit_test(noinit_is_left_alone),
		cmocka_unit_test(check_sees_damage),
	};

	return cmocka_run_group_tests_name("handoff", tests, NULL, NULL);
}
