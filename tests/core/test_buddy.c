/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/buddy.h"
#include "core/handoff.h"
#include "core/memmodel.h"
#include "tests/core/boot_case.h"
#include "tests/model/naive_buddy.h"

/* One node, one zone to play in: DMA32 of a 64 MiB machine, [16 MiB, 64 MiB). */
static struct mb_zone *zone_of(struct boot_case *c, struct boot_options options)
{
	boot_case_init(c, "node0=64M node0.cpus=0 phys-bits=46", options);
	boot_case_run(c, &mb_handoff_stage);
	return boot_case_zone(c, 0, MB_ZONE_DMA32);
}

static struct mb_zone *small_zone(struct boot_case *c)
{
	return zone_of(c, (struct boot_options){0});
}

/* Descriptors of the default size stand one behind another. */
#define PAGE_BYTES ((intptr_t)mb_page_sizes[MB_PAGE_SIZE_DEFAULT].bytes)

static struct mb_page *at(const struct mb_page *base, long pages)
{
	return mb_page_at(base, pages, (size_t)PAGE_BYTES);
}

static long distance(const struct mb_page *from, const struct mb_page *to)
{
	return ((intptr_t)to - (intptr_t)from) / PAGE_BYTES;
}

static mb_pfn_t pfn_of(const struct mb_zone *zone, const struct mb_page *page)
{
	return mb_memmodel_page_to_pfn(zone->model, page);
}

static void check(struct mb_zone *zone)
{
	struct mb_err err = {0};

	if (mb_buddy_check(zone, &err))
		fail_msg("%s", err.text);
}

/* Marks in the naive model what the zone's lists hold. */
static void copy_free(struct mb_zone *zone, struct naive_buddy *naive)
{
	const struct mb_list *pos;

	naive_buddy_init(naive, zone->start_pfn, mb_zone_end_pfn(zone), zone->nr_orders - 1);
	for (unsigned order = 0; order < zone->nr_orders; order++)
		for (unsigned t = 0; t < MB_MIGRATE_TYPES; t++)
			mb_list_for_each(pos, &zone->free_area[order].free_list[t])
				assert_int_equal(
					naive_buddy_set(
						naive,
						pfn_of(zone,
						       MB_LIST_ENTRY(pos, struct mb_page, lru)),
						order, 1),
					0);
}

static void assert_counts(const struct mb_zone *zone, const struct naive_buddy *naive)
{
	uint64_t counts[MB_MAX_ORDERS];

	naive_buddy_counts(naive, counts);
	for (unsigned order = 0; order < zone->nr_orders; order++)
		assert_int_equal(zone->free_area[order].nr_free, counts[order]);
}

/*
 *   largest blocks   [ 1st |  2nd | … ]   all smaller ones are taken
 *   order 3          [.][.]               from the first block, ascending
 */
static void allocates_lowest_first(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	unsigned largest = zone->nr_orders - 1;
	struct mb_page *head, *first, *second;

	for (unsigned order = 0; order < largest; order++)
		while (zone->free_area[order].nr_free)
			assert_non_null(mb_buddy_alloc(zone, order, MB_MIGRATE_MOVABLE));
	head = MB_LIST_ENTRY(zone->free_area[largest].free_list[MB_MIGRATE_MOVABLE].next,
			     struct mb_page, lru);
	first = mb_buddy_alloc(zone, 3, MB_MIGRATE_MOVABLE);
	second = mb_buddy_alloc(zone, 3, MB_MIGRATE_MOVABLE);
	assert_ptr_equal(first, head);
	assert_ptr_equal(second, at(head, 8));
	assert_int_equal(first->refcount, 1);
	mb_buddy_free(zone, second, 3);
	mb_buddy_free(zone, first, 3);
	check(zone);
	boot_case_fini(&c);
}

/* The list that a free block is on, or MB_MIGRATE_TYPES. */
static unsigned list_of(const struct mb_zone *zone, const struct mb_page *page, unsigned order)
{
	unsigned type = 0;

	for (; type < MB_MIGRATE_TYPES; type++) {
		const struct mb_list *pos;

		mb_list_for_each(pos, &zone->free_area[order].free_list[type])
			if (MB_LIST_ENTRY(pos, struct mb_page, lru) == page)
				return type;
	}
	return type;
}

/*
 *   pageblocks   [ first | second ]   of one block of the largest order, released as a whole:
 *   6.1          [      10        ]   on the list of the first one's type
 *   6.12         [   9   |   9    ]   each by its own type; what merges is on the second one's list
 */
static void releases_in_pageblocks(void **state)
{
	static const struct {
		const char *kernel;
		enum mb_migratetype first, second;
		unsigned order;        /* of the block that begins with the first */
		unsigned list, behind; /* of that block, and of the second pageblock alone */
	} cases[] = {
		{"6.1", MB_MIGRATE_MOVABLE, MB_MIGRATE_CMA, 10, MB_MIGRATE_MOVABLE,
		 MB_MIGRATE_TYPES},
		{"6.12", MB_MIGRATE_MOVABLE, MB_MIGRATE_CMA, 9, MB_MIGRATE_MOVABLE, MB_MIGRATE_CMA},
		{"6.1", MB_MIGRATE_UNMOVABLE, MB_MIGRATE_MOVABLE, 10, MB_MIGRATE_UNMOVABLE,
		 MB_MIGRATE_TYPES},
		{"6.18", MB_MIGRATE_UNMOVABLE, MB_MIGRATE_MOVABLE, 10, MB_MIGRATE_MOVABLE,
		 MB_MIGRATE_TYPES},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct boot_case c;
		struct mb_zone *zone =
			zone_of(&c, (struct boot_options){.kernel = cases[i].kernel});
		struct mb_page *page = mb_buddy_alloc(zone, 10, MB_MIGRATE_MOVABLE);
		mb_pfn_t pfn = pfn_of(zone, page);
		uint64_t managed = mb_zone_managed(zone);

		mb_memmodel_set_block_type(zone->model, pfn, cases[i].first);
		mb_memmodel_set_block_type(zone->model, pfn + 512, cases[i].second);
		mb_buddy_release_range(zone, pfn, pfn + 1024, 10);
		assert_int_equal(list_of(zone, page, cases[i].order), cases[i].list);
		assert_int_equal(list_of(zone, at(page, 512), 9), cases[i].behind);
		assert_int_equal(mb_zone_managed(zone), managed + 1024);
		check(zone);
		boot_case_fini(&c);
	}
}

/*
 *   node 0  … [516M 517M)               the last MiB of one node and the first of the next are free,
 *   node 1              [517M 518M) …   of order 8 and buddies by address: zones keep them apart
 */
static void zones_do_not_merge(void **state)
{
	struct boot_case c;
	const struct mb_page *below, *above;
	mb_pfn_t border = (517 * MB_MIB) >> 12;

	boot_case_init(&c,
		       "node0=517M@0+64M@1G node1=64M@517M node0.cpus=0 "
		       "reserve=3M@513M reserve=2M@518M",
		       (struct boot_options){0});
	boot_case_run(&c, &mb_handoff_stage);
	below = mb_memmodel_pfn_to_page(&c.boot->model, border - 256);
	above = mb_memmodel_pfn_to_page(&c.boot->model, border);
	assert_int_equal(mb_page_nid(&c.boot->model.layout, above), 1);
	assert_true(mb_page_is_buddy(&c.boot->model.layout, above));
	assert_int_equal(above->private, 8);
	assert_true(mb_page_is_buddy(&c.boot->model.layout, below));
	assert_int_equal(below->private, 8);
	boot_case_fini(&c);
}

/* Puts a block of the largest order back after one of its descriptors was spoilt; which one is in no list then. */
static void release_spoilt(const char *text, const char *kernel, size_t word, uint64_t value,
			   bool found)
{
	struct boot_case c;
	struct mb_zone *zone;
	struct mb_page *page;
	uint64_t free_pages;
	mb_pfn_t pfn;
	struct mb_err err = {0};

	boot_case_init(&c, text, (struct boot_options){.kernel = kernel});
	boot_case_run(&c, &mb_handoff_stage);
	zone = boot_case_zone(&c, 0, MB_ZONE_DMA32);
	page = mb_buddy_alloc(zone, 10, MB_MIGRATE_MOVABLE);
	pfn = pfn_of(zone, page);
	free_pages = zone->free_pages;
	((uint64_t *)at(page, 700))[word] ^= value;
	mb_buddy_release_range(zone, pfn, pfn + 1024, 10);
	assert_int_equal(zone->bad_pages, found);
	assert_int_equal(zone->free_pages, free_pages + (found ? 0 : 1024));
	assert_int_equal(mb_buddy_check(zone, &err), found ? -EUCLEAN : 0);
	if (found)
		assert_non_null(strstr(err.text, "1 page"));
	else
		assert_int_equal(at(page, 700)->flags & MB_PAGE_FLAGS_CLEARED, 0);
	boot_case_fini(&c);
}

/*
 * What a release sees of a descriptor: a user's traces, not the count and the mark that it clears itself, nor flags that mean
 * nothing then. Newer kernels look only when told to.
 */
static void release_looks_at_each(void **state)
{
	static const struct {
		size_t word;
		uint64_t value;
		bool bad;
	} rows[] = {
		{0, MB_PAGE_FLAG(LRU), true},
		{0, MB_PAGE_FLAG(MLOCKED), true},
		{0, MB_PAGE_FLAG(RESERVED), false},
		{0, MB_PAGE_FLAG(HEAD), false},
		{3, 1, true},                  /* mapping */
		{4, 1, false},                 /* index */
		{6, 1, true},                  /* mapcount */
		{6, UINT64_C(1) << 32, false}, /* refcount */
		{7, UINT64_C(1) << 63, true},  /* memcg_data */
	};
	static const struct {
		const char *kernel, *machine;
		bool looks;
	} kernels[] = {
		{"6.1", "node0=64M", true},
		{"6.1", "node0=64M cmdline=init_on_alloc=0", true},
		{"6.12", "node0=64M", true},
		{"6.12", "node0=64M cmdline=init_on_alloc=off", false},
		{"6.18", "node0=64M cmdline='init_on_alloc=0 init_on_free=1'", true},
		{"6.18", "node0=64M cmdline=init_on_alloc=n", false},
	};

	for (size_t k = 0; k < MB_ARRAY_SIZE(kernels); k++)
		for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
			release_spoilt(kernels[k].machine, kernels[k].kernel, rows[i].word,
				       rows[i].value, rows[i].bad && kernels[k].looks);
}

/*
 * Every page can be taken singly, once; then none is left; given back in any order the zone is as
 * before.
 */
static void exhaust_and_refill(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	uint64_t before = zone->free_pages, taken = 0;
	struct mb_page **pages = calloc(before + 1, sizeof(*pages));
	uint64_t counts[MB_MAX_ORDERS];

	for (unsigned order = 0; order < zone->nr_orders; order++)
		counts[order] = zone->free_area[order].nr_free;
	while ((pages[taken] = mb_buddy_alloc(zone, 0,
					      (enum mb_migratetype)(taken % MB_MIGRATE_PCPTYPES))))
		taken++;
	assert_int_equal(taken, before);
	assert_int_equal(zone->free_pages, 0);
	for (uint64_t i = 0; i < taken; i++)
		mb_buddy_free(zone, pages[i * 7919 % taken], 0);
	for (unsigned order = 0; order < zone->nr_orders; order++)
		assert_int_equal(zone->free_area[order].nr_free, counts[order]);
	check(zone);
	free(pages);
	boot_case_fini(&c);
}

struct held {
	struct mb_page *page;
	unsigned order;
};

/*
 * Random operations against one byte a page: the counts per order follow from which pages are free.
 */
static void play(struct mb_rng rng, struct boot_options options, unsigned steps)
{
	struct boot_case c;
	struct mb_zone *zone = zone_of(&c, options);
	struct held *held = calloc(20000, sizeof(*held));
	struct naive_buddy naive;
	size_t nr = 0;

	copy_free(zone, &naive);
	for (unsigned step = 0; step < steps; step++) {
		if (!nr || mb_rng_below(&rng, 100) < 55) {
			unsigned order = (unsigned)mb_rng_below(&rng, 100) < 90
						 ? (unsigned)mb_rng_below(&rng, 4)
						 : (unsigned)mb_rng_below(&rng, zone->nr_orders);
			enum mb_migratetype type =
				(enum mb_migratetype)mb_rng_below(&rng, MB_MIGRATE_PCPTYPES);
			struct mb_page *page = mb_buddy_alloc(zone, order, type);

			if (!page) {
				assert_true(naive_buddy_largest(&naive) < (int)order);
				continue;
			}
			assert_int_equal(pfn_of(zone, page) % (UINT64_C(1) << order), 0);
			assert_int_equal(naive_buddy_set(&naive, pfn_of(zone, page), order, 0), 0);
			held[nr++] = (struct held){page, order};
		} else {
			size_t i = mb_rng_below(&rng, nr);

			assert_int_equal(naive_buddy_set(&naive, pfn_of(zone, held[i].page),
							 held[i].order, 1),
					 0);
			mb_buddy_free(zone, held[i].page, held[i].order);
			held[i] = held[--nr];
		}
		if (step % 250 == 0) {
			check(zone);
			assert_counts(zone, &naive);
		}
	}
	check(zone);
	assert_counts(zone, &naive);
	naive_buddy_fini(&naive);
	free(held);
	boot_case_fini(&c);
}

static void random_against_naive(void **state)
{
	uint64_t seed = boot_case_seed();

	play((struct mb_rng){seed}, (struct boot_options){0}, 20000);
	for (unsigned id = 0; id < MB_NR_MEMMODELS; id++)
		for (unsigned size = 0; size < MB_NR_PAGE_SIZES; size++)
			play((struct mb_rng){seed + size},
			     (struct boot_options){.model = mb_memmodels[id].name,
						   .struct_page = mb_page_sizes[size].name,
						   .kernel =
							   mb_profiles[size % mb_nr_profiles].name},
			     1500);
}

struct hammer {
	struct mb_zone *zone;
	uint64_t seed;
};

static void *hammer_main(void *arg)
{
	struct hammer *hammer = arg;
	struct mb_rng rng = {hammer->seed};
	struct held held[64] = {0};

	for (unsigned step = 0; step < 4000; step++) {
		struct held *slot = &held[mb_rng_below(&rng, 64)];

		if (slot->page) {
			mb_buddy_free(hammer->zone, slot->page, slot->order);
			slot->page = NULL;
		} else {
			slot->order = (unsigned)mb_rng_below(&rng, 6);
			slot->page = mb_buddy_alloc(hammer->zone, slot->order, MB_MIGRATE_MOVABLE);
		}
	}
	for (unsigned i = 0; i < 64; i++)
		if (held[i].page)
			mb_buddy_free(hammer->zone, held[i].page, held[i].order);
	return NULL;
}

/* Four threads on one zone lock: afterwards everything is back and merged. */
static void threads_share_a_zone(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	uint64_t before = zone->free_pages, largest = zone->free_area[zone->nr_orders - 1].nr_free;
	struct hammer hammers[4];
	pthread_t threads[4];

	for (unsigned i = 0; i < 4; i++) {
		hammers[i] = (struct hammer){zone, i + 1};
		assert_int_equal(pthread_create(&threads[i], NULL, hammer_main, &hammers[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	check(zone);
	assert_int_equal(zone->free_pages, before);
	assert_int_equal(zone->free_area[zone->nr_orders - 1].nr_free, largest);
	boot_case_fini(&c);
}

/* The walker sees each kind of damage. */
static void check_sees_damage(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	struct mb_page *head = MB_LIST_ENTRY(
		zone->free_area[zone->nr_orders - 1].free_list[MB_MIGRATE_MOVABLE].next,
		struct mb_page, lru);
	struct mb_page *inside = at(head, 5);
	struct mb_err err = {0};

	zone->free_pages++;
	assert_int_equal(mb_buddy_check(zone, &err), -EUCLEAN);
	zone->free_pages--;
	zone->free_area[0].nr_free++;
	assert_int_equal(mb_buddy_check(zone, NULL), -EUCLEAN);
	zone->free_area[0].nr_free--;
	inside->refcount = 1;
	assert_int_equal(mb_buddy_check(zone, NULL), -EUCLEAN);
	inside->refcount = 0;
	head->private = 3;
	assert_int_equal(mb_buddy_check(zone, NULL), -EUCLEAN);
	head->private = zone->nr_orders - 1;
	check(zone);
	boot_case_fini(&c);
}

/* A free block says so as its kernel does; a page that is taken, or inside a block, says nothing. */
static void marked_as_the_release_does(void **state)
{
	static const struct {
		const char *kernel;
		uint32_t type;
	} rows[] = {{"6.1", 0xffffff7f}, {"6.12", 0xf0000000}, {"6.18", 0xf0000000}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		for (unsigned id = 0; id < MB_NR_MEMMODELS; id++) {
			struct boot_case c;
			struct mb_page *page;
			struct mb_zone *zone;

			boot_case_init(&c, "node0=64M node0.cpus=0 phys-bits=46",
				       (struct boot_options){.kernel = rows[i].kernel,
							     .model = mb_memmodels[id].name});
			boot_case_run(&c, &mb_handoff_stage);
			zone = boot_case_zone(&c, 0, MB_ZONE_DMA32);
			page = MB_LIST_ENTRY(zone->free_area[zone->nr_orders - 1]
						     .free_list[MB_MIGRATE_MOVABLE]
						     .next,
					     struct mb_page, lru);
			assert_int_equal(page->page_type, rows[i].type);
			assert_int_equal(mb_page_at(page, 1, 64)->page_type, UINT32_MAX);
			page = mb_buddy_alloc(zone, zone->nr_orders - 1, MB_MIGRATE_MOVABLE);
			assert_int_equal(page->mapcount, -1);
			mb_buddy_free(zone, page, zone->nr_orders - 1);
			assert_int_equal(page->page_type, rows[i].type);
			check(zone);
			boot_case_fini(&c);
		}
}

/* Bulk: one lock for many blocks, the same pages as one by one. */
static void bulk_equals_single(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	uint64_t before = zone->free_pages;
	struct mb_list list;

	mb_list_init(&list);
	assert_int_equal(mb_buddy_alloc_bulk(zone, 2, MB_MIGRATE_UNMOVABLE, 63, &list), 63);
	assert_int_equal(zone->free_pages, before - 63 * 4);
	mb_buddy_free_bulk(zone, 2, &list);
	assert_int_equal(zone->free_pages, before);
	check(zone);
	boot_case_fini(&c);
}

/* Nothing is free but what the case frees: the largest blocks of the zone, two of them buddies above all orders. */
static struct mb_page *take_all(struct mb_zone *zone)
{
	unsigned largest = zone->nr_orders - 1;
	struct mb_page *page, *first = NULL;
	mb_pfn_t pfn;

	while ((page = mb_buddy_alloc(zone, largest, MB_MIGRATE_MOVABLE))) {
		pfn = pfn_of(zone, page);
		if (!first && !(pfn & (UINT64_C(2) << largest >> 1)))
			first = page;
	}
	while (mb_buddy_alloc(zone, 0, MB_MIGRATE_MOVABLE))
		;
	assert_int_equal(zone->free_pages, 0);
	assert_non_null(first);
	return first;
}

/* The blocks of an order's list, from its head on, as distances from base in pages. */
static void assert_list(const struct mb_zone *zone, unsigned order, const struct mb_page *base,
			const long *expected, size_t count)
{
	const struct mb_list *pos;
	size_t i = 0;

	mb_list_for_each(pos, &zone->free_area[order].free_list[MB_MIGRATE_MOVABLE]) {
		assert_true(i < count);
		assert_int_equal(distance(base, MB_LIST_ENTRY(pos, struct mb_page, lru)),
				 expected[i]);
		i++;
	}
	assert_int_equal(i, count);
}

/*
 * A freed page goes to the head, so that the next request has it warm; but to the tail when the pair of its
 * own block is free one order up, and the two would merge as soon as its buddy comes.
 *
 *   page   0 1 2 3 4 …   8   16
 *            3       1   2            who is freed when; [2 3] is free before
 */
static void free_goes_to_the_head_unless_it_may_merge(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	struct mb_page *base = take_all(zone);

	mb_buddy_free(zone, at(base, 4), 0);
	mb_buddy_free(zone, at(base, 8), 0);
	assert_list(zone, 0, base, (const long[]){8, 4}, 2);
	mb_buddy_free(zone, at(base, 2), 1);
	mb_buddy_free(zone, at(base, 1), 0);
	assert_list(zone, 0, base, (const long[]){8, 4, 1}, 3);
	mb_buddy_free(zone, at(base, 16), 0);
	assert_list(zone, 0, base, (const long[]){16, 8, 4, 1}, 4);
	check(zone);
	boot_case_fini(&c);
}

/*
 * The look one order up ends below the largest order but one: a block of that order cannot be told to merge
 * twice. Largest is 10 here.
 *
 *   order 8   [0      ][256    ][512, order 9    ]   freed last, with order 9 free beside it: to the tail
 *   order 9   [1024            ][1536            ]   and the same with order 10 free below: to the head
 */
static void the_look_up_ends_below_the_largest_order(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	struct mb_page *base = take_all(zone);

	assert_int_equal(zone->nr_orders, 11);
	mb_buddy_free(zone, at(base, 2048), 8);
	mb_buddy_free(zone, at(base, 512), 9);
	mb_buddy_free(zone, base, 8);
	assert_list(zone, 8, base, (const long[]){2048, 0}, 2);
	mb_buddy_free(zone, at(base, 256), 8);
	assert_list(zone, 10, base, (const long[]){0}, 1);
	mb_buddy_free(zone, at(base, 3072), 9);
	mb_buddy_free(zone, at(base, 1024), 9);
	assert_list(zone, 9, base, (const long[]){1024, 3072}, 2);
	check(zone);
	boot_case_fini(&c);
}

/* Bulk gives the pages in the order in which they were found. */
static void bulk_keeps_the_order(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	struct mb_page *base = take_all(zone);
	const struct mb_list *pos;
	struct mb_list list;
	long next = 0;

	mb_list_init(&list);
	mb_buddy_free(zone, base, 4);
	assert_int_equal(mb_buddy_alloc_bulk(zone, 0, MB_MIGRATE_MOVABLE, 16, &list), 16);
	mb_list_for_each(pos, &list)
		assert_int_equal(distance(base, MB_LIST_ENTRY(pos, struct mb_page, lru)), next++);
	assert_int_equal(next, 16);
	boot_case_fini(&c);
}

static void set_type(struct mb_zone *zone, const struct mb_page *page, enum mb_migratetype type)
{
	mb_memmodel_set_block_type(zone->model, pfn_of(zone, page), type);
}

static enum mb_migratetype type_of(struct mb_zone *zone, const struct mb_page *page)
{
	return mb_memmodel_block_type(zone->model, pfn_of(zone, page));
}

/*
 * Pageblocks of the common types merge whatever they are, and the list is that of the block freed last; a
 * block kept for atomic requests stays by itself.
 *
 *   [0 unmovable | 512 movable]   →  order 10        [1024 movable | 1536 high atomic]  →  2 × order 9
 */
static void types_merge_above_a_pageblock(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	struct mb_page *base = take_all(zone);

	set_type(zone, base, MB_MIGRATE_UNMOVABLE);
	mb_buddy_free(zone, base, 9);
	mb_buddy_free(zone, at(base, 512), 9);
	assert_list(zone, 10, base, (const long[]){0}, 1);
	set_type(zone, at(base, 1536), MB_MIGRATE_HIGHATOMIC);
	mb_buddy_free(zone, at(base, 1536), 9);
	mb_buddy_free(zone, at(base, 1024), 9);
	assert_list(zone, 9, base, (const long[]){1024}, 1);
	check(zone);
	boot_case_fini(&c);
}

/*
 * A request that is not movable takes a pageblock along: all of a large block, and of a pageblock in use what is
 * free, because what is used there counts as movable no more.
 */
static void others_steal_from_movable(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	struct mb_page *base = take_all(zone);

	mb_buddy_free(zone, at(base, 1024), 3);
	assert_ptr_equal(mb_buddy_alloc(zone, 0, MB_MIGRATE_UNMOVABLE), at(base, 1024));
	assert_int_equal(type_of(zone, at(base, 1024)), MB_MIGRATE_UNMOVABLE);
	assert_int_equal(type_of(zone, at(base, 1536)), MB_MIGRATE_MOVABLE);
	while (zone->free_pages)
		assert_non_null(mb_buddy_alloc(zone, 0, MB_MIGRATE_UNMOVABLE));
	mb_buddy_free(zone, base, 10);
	assert_ptr_equal(mb_buddy_alloc(zone, 0, MB_MIGRATE_UNMOVABLE), base);
	assert_int_equal(type_of(zone, base), MB_MIGRATE_UNMOVABLE);
	assert_int_equal(type_of(zone, at(base, 512)), MB_MIGRATE_UNMOVABLE);
	check(zone);
	boot_case_fini(&c);
}

/*
 * A movable request takes the largest block of another type from half a pageblock's order on, and the pageblock
 * itself when half of it is free; of smaller blocks the smallest, since it takes nothing along.
 */
static void movable_steals_less(void **state)
{
	struct boot_case c;
	struct mb_zone *zone = small_zone(&c);
	struct mb_page *base = take_all(zone);

	for (unsigned block = 0; block < 3; block++)
		set_type(zone, at(base, block * 512), MB_MIGRATE_UNMOVABLE);
	mb_buddy_free(zone, base, 3);
	mb_buddy_free(zone, at(base, 512), 1);
	assert_ptr_equal(mb_buddy_alloc(zone, 0, MB_MIGRATE_MOVABLE), at(base, 512));
	assert_int_equal(type_of(zone, at(base, 512)), MB_MIGRATE_UNMOVABLE);
	assert_ptr_equal(mb_buddy_alloc(zone, 0, MB_MIGRATE_MOVABLE), at(base, 513));

	mb_buddy_free(zone, at(base, 576), 5);
	assert_ptr_equal(mb_buddy_alloc(zone, 0, MB_MIGRATE_MOVABLE), at(base, 576));
	assert_int_equal(type_of(zone, at(base, 576)), MB_MIGRATE_UNMOVABLE);
	assert_ptr_equal(mb_buddy_alloc(zone, 4, MB_MIGRATE_MOVABLE), at(base, 592));

	mb_buddy_free(zone, at(base, 1024), 8);
	assert_ptr_equal(mb_buddy_alloc(zone, 6, MB_MIGRATE_MOVABLE), at(base, 1024));
	assert_int_equal(type_of(zone, at(base, 1024)), MB_MIGRATE_MOVABLE);
	check(zone);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocates_lowest_first),
		cmocka_unit_test(releases_in_pageblocks),
		cmocka_unit_test(release_looks_at_each),
		cmocka_unit_test(zones_do_not_merge),
		cmocka_unit_test(exhaust_and_refill),
		cmocka_unit_test(random_against_naive),
		cmocka_unit_test(threads_share_a_zone),
		cmocka_unit_test(check_sees_damage),
		cmocka_unit_test(bulk_equals_single),
		cmocka_unit_test(free_goes_to_the_head_unless_it_may_merge),
		cmocka_unit_test(the_look_up_ends_below_the_largest_order),
		cmocka_unit_test(bulk_keeps_the_order),
		cmocka_unit_test(marked_as_the_release_does),
		cmocka_unit_test(types_merge_above_a_pageblock),
		cmocka_unit_test(others_steal_from_movable),
		cmocka_unit_test(movable_steals_less),
	};

	return cmocka_run_group_tests_name("buddy", tests, NULL, NULL);
}
