/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/handoff.h"
#include "core/memmodel.h"
#include "core/pageinit.h"
#include "tests/core/boot_case.h"
#include "tests/core/machines.h"

/* Room for a descriptor of any size, and one word behind it. */
union any_page {
	struct mb_page page;
	unsigned char bytes[96 + 8];
	uint64_t words[96 / 8 + 1];
};

/*
 * The golden image: flags, self-linked lru, zeros, FF FF FF FF, 01 00 00 00, then zeros up to the size and
 * nothing behind it.
 */
static void golden_image(void **state)
{
	for (size_t id = 0; id < MB_NR_PAGE_SIZES; id++) {
		const struct mb_page_size *size = &mb_page_sizes[id];
		size_t words = size->bytes / 8;
		union any_page any;

		memset(&any, 0xa5, sizeof(any));
		mb_pageinit_range(size, &any.page, 1, MB_ZONE_NORMAL, 3);
		assert_int_equal(any.words[0],
				 UINT64_C(3) << 54 | UINT64_C(2) << 51 | UINT64_C(0x1fffff) << 30);
		assert_int_equal(any.words[1], (uintptr_t)&any.bytes[8]);
		assert_int_equal(any.words[2], (uintptr_t)&any.bytes[8]);
		assert_int_equal(any.words[3] | any.words[4] | any.words[5], 0);
		assert_int_equal(any.words[6], UINT64_C(0x00000001ffffffff));
		for (size_t i = 7; i < words; i++)
			assert_int_equal(any.words[i], 0);
		assert_int_equal(any.words[words], UINT64_C(0xa5a5a5a5a5a5a5a5));
		assert_true(mb_pageinit_is_fresh(size, &any.page, MB_ZONE_NORMAL, 3));
	}
}

/* One flipped bit anywhere is no fresh descriptor; the bits behind it do not count. */
static void every_bit_counts(void **state)
{
	for (size_t id = 0; id < MB_NR_PAGE_SIZES; id++) {
		const struct mb_page_size *size = &mb_page_sizes[id];
		union any_page any;

		mb_pageinit_range(size, &any.page, 1, MB_ZONE_DMA32, 1);
		for (unsigned bit = 0; bit < 8 * size->bytes; bit++) {
			unsigned char *byte = &any.bytes[bit / 8];

			*byte ^= (unsigned char)(1u << bit % 8);
			assert_false(mb_pageinit_is_fresh(size, &any.page, MB_ZONE_DMA32, 1));
			assert_non_null(mb_pageinit_stale_field(size, &any.page, MB_ZONE_DMA32, 1));
			*byte ^= (unsigned char)(1u << bit % 8);
		}
		any.words[size->bytes / 8] = 1;
		assert_true(mb_pageinit_is_fresh(size, &any.page, MB_ZONE_DMA32, 1));
	}
}

/* Many side by side are as many single ones, and what is around them stays. */
static void range_is_single_ones(void **state)
{
	for (size_t id = 0; id < MB_NR_PAGE_SIZES; id++) {
		const struct mb_page_size *size = &mb_page_sizes[id];
		uint64_t words[2 + 7 * 12];

		memset(words, 0xff, sizeof(words));
		mb_pageinit_range(size, (struct mb_page *)(void *)&words[1], 7, MB_ZONE_DMA, 2);
		assert_int_equal(words[0], UINT64_MAX);
		assert_int_equal(words[1 + 7 * size->bytes / 8], UINT64_MAX);
		for (int i = 0; i < 7; i++)
			assert_true(mb_pageinit_is_fresh(
				size, mb_page_at((void *)&words[1], i, size->bytes), MB_ZONE_DMA,
				2));
	}
}

/* Walked page frame by page frame or as an array: the same words, from an odd page of one block to one of another. */
static void walks_agree(void **state)
{
	for (unsigned id = 0; id < MB_NR_MEMMODELS; id++) {
		struct boot_case c;
		const struct mb_memmodel *model;
		const mb_pfn_t start = 0x4000 + 3, end = 0x4000 + 1500;
		size_t bytes;
		void *words;

		boot_case_init(&c, "node0=256M@0",
			       (struct boot_options){.model = mb_memmodels[id].name});
		boot_case_run(&c, &mb_handoff_stage);
		model = &c.boot->model;
		bytes = (end - start) * model->geo.page_bytes;
		words = malloc(bytes);
		mb_pageinit_pfns(model, start, end, MB_ZONE_NORMAL, 0);
		memcpy(words, mb_memmodel_pfn_to_page(model, start), bytes);
		memset(mb_memmodel_pfn_to_page(model, start), 0xff, bytes);
		mb_pageinit_by_pfn(model, start, end, MB_ZONE_NORMAL, 0);
		assert_memory_equal(words, mb_memmodel_pfn_to_page(model, start), bytes);
		free(words);
		boot_case_fini(&c);
	}
}

/*
 * defer_init as it is described: asked for every page, a counter, the zone's end, the node's end.
 * Returns the node's first deferred page frame.
 */
struct naive_defer {
	mb_pfn_t prev_end;
	uint64_t counter;
	mb_pfn_t first[MB_MAX_NODES];
};

static bool naive_defer_init(struct naive_defer *naive, bool late_reset, const struct mb_node *node,
			     const struct mb_zone *zone, mb_pfn_t pfn)
{
	if (!late_reset && naive->prev_end != mb_zone_end_pfn(zone)) {
		naive->prev_end = mb_zone_end_pfn(zone);
		naive->counter = 0;
	}
	if (mb_zone_end_pfn(zone) < node->end_pfn)
		return false;
	if (naive->first[node->nid] != MB_PFN_NONE)
		return true;
	if (late_reset && naive->prev_end != mb_zone_end_pfn(zone)) {
		naive->prev_end = mb_zone_end_pfn(zone);
		naive->counter = 0;
	}
	naive->counter++;
	if (naive->counter > 32768 && pfn % 32768 == 0) {
		naive->first[node->nid] = pfn;
		return true;
	}
	return false;
}

static void naive_boundaries(struct boot_case *c, struct naive_defer *naive)
{
	struct mb_boot *boot = c->boot;
	mb_pfn_t start, end;
	int index = -1, nid;

	for (unsigned n = 0; n < MB_MAX_NODES; n++)
		naive->first[n] = MB_PFN_NONE;
	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      &nid))
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			const struct mb_zone *zone = &boot->nodes[nid]->zones[z];

			for (mb_pfn_t pfn = mb_max(start, zone->start_pfn);
			     pfn < mb_min(end, mb_zone_end_pfn(zone)); pfn++)
				if (naive_defer_init(naive, boot->profile->defer_late_reset,
						     boot->nodes[nid], zone, pfn))
					break;
		}
}

static void assert_boundaries(const char *text, const char *kernel)
{
	struct naive_defer *naive = calloc(1, sizeof(*naive));
	struct boot_case c;
	struct mb_node *node;

	boot_case_init(&c, text,
		       (struct boot_options){.policy = MB_POLICY_DEFERRED, .kernel = kernel});
	boot_case_run(&c, &mb_pageinit_stage);
	naive_boundaries(&c, naive);
	mb_node_for_each(node, c.boot)
		if (node->first_deferred_pfn != naive->first[node->nid])
			fail_msg("'%s' node %d: deferred from 0x%llx, page by page from 0x%llx",
				 text, node->nid, (unsigned long long)node->first_deferred_pfn,
				 (unsigned long long)naive->first[node->nid]);
	free(naive);
	boot_case_fini(&c);
}

static void boundary_equals_page_by_page(void **state)
{
	struct mb_rng rng = {boot_case_seed()};
	char text[1024];

	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++) {
		assert_boundaries(machines[i], "6.1");
		assert_boundaries(machines[i], "6.12");
	}
	for (unsigned i = 0; i < 25; i++) {
		random_machine(&rng, text, sizeof(text));
		assert_boundaries(text, i % 2 ? "6.1" : "6.12");
	}
}

/* Zone and boundary by hand: an aligned node defers after one section, a small one never. */
static void boundary_by_hand(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G@4G node1=128M node2=129M node0.cpus=0",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, &mb_pageinit_stage);
	assert_int_equal(c.boot->nodes[0]->first_deferred_pfn, 1048576 + 32768);
	assert_int_equal(c.boot->nodes[1]->first_deferred_pfn, MB_PFN_NONE);
	assert_int_equal(c.boot->nodes[2]->first_deferred_pfn, 1048576 + 262144 + 2 * 32768);
	boot_case_fini(&c);
}

static void early_page_ext_defers_nothing(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G@4G node0.cpus=0 cmdline=early_page_ext",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, &mb_pageinit_stage);
	assert_int_equal(c.boot->nodes[0]->first_deferred_pfn, MB_PFN_NONE);
	boot_case_fini(&c);
}

/*
 * A PC, as its kernels print: "On node 0, zone DMA: 1 pages in unavailable ranges", "… 97 pages",
 * and "zone Normal: 32 pages" for the hole under 3 GiB when RAM ends at 0xbffe0000 there and goes
 * on at 4 GiB.
 *
 *   0   4K        636K     1M                    0xbffe0000  3G … 4G
 *   [hole][  DMA   ][ hole ][  DMA, DMA32        ][ hole 128K ]    [ Normal
 */
static void unavailable_pages(void **state)
{
	const struct mb_stage_stat *stat;
	struct boot_case c;
	struct mb_page *page;

	boot_case_init(&c, "node0=0x9fc00@0+0xbfee0000@0x100000+128M@4G", (struct boot_options){0});
	boot_case_run(&c, &mb_pageinit_stage);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_DMA)->unavailable, 1 + 97);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_DMA32)->unavailable, 0);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_NORMAL)->unavailable, 32);
	page = mb_memmodel_pfn_to_page(&c.boot->model, 0xbffff);
	assert_true(mb_page_test(page, MB_PG_RESERVED));
	assert_int_equal(mb_page_zone(&c.boot->model.layout, page), MB_ZONE_NORMAL);
	stat = mb_boot_stat(c.boot, &mb_pageinit_stage);
	assert_int_equal(stat->nr_phases, 1);
	assert_string_equal(stat->phases[0].name, "init_unavailable_range");
	assert_int_equal(stat->phases[0].pages, 1 + 97 + 32);
	assert_true(stat->phases[0].ns > 0 && stat->phases[0].ns < stat->ns);
	boot_case_fini(&c);
	boot_case_init(&c, "node0=0x9fc00@0+0xbfee0000@0x100000+128M@4G",
		       (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_pageinit_stage);
	stat = mb_boot_stat(c.boot, &mb_pageinit_stage);
	assert_int_equal(stat->phases[0].pages, 1 + 97 + 32);
	assert_int_equal(stat->phases[0].ns, 0);
	boot_case_fini(&c);
}

/*
 *   memory   [ 0 … 300M )   section 2 ends at 384 MiB: its tail has descriptors, reserved, as the last zone
 */
static void tail_of_the_last_section(void **state)
{
	struct boot_case c;
	const struct mb_page *page;

	boot_case_init(&c, "node0=300M@0", (struct boot_options){0});
	boot_case_run(&c, &mb_pageinit_stage);
	page = mb_memmodel_pfn_to_page(&c.boot->model, (384 * MB_MIB >> 12) - 1);
	assert_true(mb_page_test(page, MB_PG_RESERVED));
	assert_int_equal(mb_page_zone(&c.boot->model.layout, page), MB_ZONE_DMA32);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_DMA32)->unavailable, 84 << 8);
	boot_case_fini(&c);
}

/* A pageblock whose first page is a hole keeps type UNMOVABLE; others are MOVABLE. */
static void block_types(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=512M hole=4K@0x10000000", (struct boot_options){0});
	boot_case_run(&c, &mb_pageinit_stage);
	assert_int_equal(mb_memmodel_block_type(&c.boot->model, 0x10000), MB_MIGRATE_UNMOVABLE);
	assert_int_equal(mb_memmodel_block_type(&c.boot->model, 0x10200), MB_MIGRATE_MOVABLE);
	boot_case_fini(&c);
}

static void cancel_ends_it(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G", (struct boot_options){0});
	boot_case_run(&c, &mb_zone_stage);
	c.plain.cancel_now = c.plain.nr_now + 1;
	assert_int_equal(mb_boot_run(c.boot), -ECANCELED);
	assert_int_equal(c.boot->done_pages, 0);
	assert_int_equal(mb_boot_run(c.boot), -EINVAL); /* half a stage cannot be run again */
	boot_case_fini(&c);
}

/*
 * A hole over whole sections has descriptors at both of its ends:
 *
 *   4G  [==== 200M ====]····|          |··[=== 100M ===]·|       sections of 128 MiB
 *                       56M                20M           8M      unavailable, one line a hole
 */
static void both_ends_of_a_hole(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=200M@4G+100M@5140M", (struct boot_options){0});
	boot_case_run(&c, &mb_pageinit_stage);
	assert_int_equal(c.boot->nr_holes, 2);
	assert_int_equal(c.boot->holes[0].pages, (56 + 20) << 8);
	assert_int_equal(c.boot->holes[1].pages, 8 << 8);
	assert_true(mb_page_test(mb_memmodel_pfn_to_page(&c.boot->model, (5140 << 8) - 1),
				 MB_PG_RESERVED));
	boot_case_fini(&c);
}

/*
 * Enough is initialised at the end of the first range, but only a page at the start of a section can be the
 * boundary: it is the next section that begins in memory.
 *
 *   4G  [= 128M =]·[============ 127M ============][ 256M … deferred
 */
static void boundary_behind_an_unaligned_start(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=128M@4G+895M@4225M",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, &mb_pageinit_stage);
	assert_int_equal(c.boot->nodes[0]->first_deferred_pfn, 1048576 + 2 * 32768);
	boot_case_fini(&c);
}

/*
 *   flat  [ 16M … memory … 317M | tail 320M )   the array ends with a block of the largest order
 *
 * 6.18 makes the tail's descriptors, as a hole of the last zone. Earlier releases leave them as they are.
 */
static void tail_of_flat(void **state)
{
	for (size_t i = 0; i < mb_nr_profiles; i++) {
		bool made = i == mb_nr_profiles - 1;
		const struct mb_page *page;
		struct boot_case c;

		boot_case_init(
			&c, "node0=301M@16M node0.cpus=0",
			(struct boot_options){.model = "flat", .kernel = mb_profiles[i].name});
		boot_case_run(&c, &mb_pageinit_stage);
		page = mb_memmodel_pfn_to_page(&c.boot->model, 317 << 8);
		if (made) {
			assert_int_equal(c.boot->nr_holes, 1);
			assert_int_equal(c.boot->holes[0].type, MB_ZONE_DMA32);
			assert_int_equal(c.boot->holes[0].pages, 3 << 8);
			assert_true(mb_page_test(page, MB_PG_RESERVED) && page->refcount == 1);
		} else {
			assert_int_equal(c.boot->nr_holes, 0);
			assert_true(page->flags == UINT64_MAX);
		}
		boot_case_run(&c, NULL);
		boot_case_fini(&c);
	}
}

/* The walk looks into holes too: one between regions, one behind the last. */
static void check_sees_holes(void **state)
{
	static const mb_pfn_t pfns[] = {0xbffff, (4 * MB_GIB >> 12) + (100 << 8)};
	struct boot_case c;

	boot_case_init(&c, "node0=0xbffe0000@0+100M@4G", (struct boot_options){0});
	boot_case_run(&c, &mb_pageinit_stage);
	assert_int_equal(mb_pageinit_stage.check(c.boot), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(pfns); i++) {
		struct mb_page *page = mb_memmodel_pfn_to_page(&c.boot->model, pfns[i]);

		page->flags &= ~(UINT64_C(1) << MB_PG_RESERVED);
		assert_int_equal(mb_pageinit_stage.check(c.boot), -EUCLEAN);
		page->flags = UINT64_MAX; /* as before memmap_init */
		assert_int_equal(mb_pageinit_stage.check(c.boot), -EUCLEAN);
		mb_pageinit_pfns(&c.boot->model, pfns[i], pfns[i] + 1, MB_ZONE_NORMAL, 0);
		page->flags |= UINT64_C(1) << MB_PG_RESERVED;
		mb_err_clear(&c.boot->err);
		assert_int_equal(mb_pageinit_stage.check(c.boot), 0);
	}
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_image),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(range_is_single_ones),
		cmocka_unit_test(walks_agree),
		cmocka_unit_test(boundary_by_hand),
		cmocka_unit_test(early_page_ext_defers_nothing),
		cmocka_unit_test(boundary_equals_page_by_page),
		cmocka_unit_test(unavailable_pages),
		cmocka_unit_test(block_types),
		cmocka_unit_test(cancel_ends_it),
		cmocka_unit_test(tail_of_the_last_section),
		cmocka_unit_test(both_ends_of_a_hole),
		cmocka_unit_test(boundary_behind_an_unaligned_start),
		cmocka_unit_test(tail_of_flat),
		cmocka_unit_test(check_sees_holes),
	};

	return cmocka_run_group_tests_name("pageinit", tests, NULL, NULL);
}
