/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/strbuf.h"
#include "core/check.h"
#include "core/deferred.h"
#include "core/deferred_grow.h"
#include "core/handoff.h"
#include "core/pcp.h"
#include "core/slab_stage.h"
#include "core/watermark.h"
#include "core/zonelist.h"
#include "tests/core/boot_case.h"
#include "tests/core/machines.h"

#define AT_4G   UINT64_C(1048576)
#define SECTION UINT64_C(32768)
#define MIB     UINT64_C(256) /* pages of 4 KiB */

static void start(struct boot_case *c, const char *text, const char *kernel,
		  const struct mb_stage *last)
{
	boot_case_init(c, text, (struct boot_options){.policy = MB_POLICY_LAZY, .kernel = kernel});
	boot_case_run(c, last);
}

/* Below the boundary every free page is the buddy's, above it none is. */
static void assert_boundary(struct boot_case *c, const struct mb_zone *zone, mb_pfn_t expected)
{
	const struct mb_node *node = c->boot->nodes[zone->nid];
	mb_pfn_t end = mb_min(mb_zone_end_pfn(zone), node->first_deferred_pfn);
	mb_pfn_t start, to;
	uint64_t cursor = 0;

	assert_int_equal(node->first_deferred_pfn, expected);
	assert_int_equal(
		mb_zone_managed(zone),
		mb_memblock_count_free_pages(&c->boot->memblock, zone->nid, zone->start_pfn, end));
	while (mb_memblock_next_free_pfn_range(&c->boot->memblock, &cursor, zone->nid, &start, &to,
					       NULL))
		for (mb_pfn_t pfn = mb_max(start, end); pfn < to; pfn++)
			assert_int_equal(mb_memmodel_pfn_to_page(&c->boot->model, pfn)->flags,
					 UINT64_MAX);
	assert_int_equal(mb_check_accounting(c->boot), 0);
}

/*
 *   Normal  [reserved: 1st section ][ free … ]   nothing is released early, so the first allocation
 * grows the zone, by one section
 */
static void one_section_at_a_time(void **state)
{
	for (size_t k = 0; k < mb_nr_profiles; k++) {
		struct boot_case c;
		struct mb_zone *zone;
		struct mb_page *page;

		start(&c, "node0=2G@4G reserve=128M@4G node0.cpus=0", mb_profiles[k].name,
		      &mb_handoff_stage);
		zone = boot_case_zone(&c, 0, MB_ZONE_NORMAL);
		assert_int_equal(zone->free_pages, 0);
		page = mb_zonelist_alloc(c.boot, 0, 0, 0, MB_MIGRATE_UNMOVABLE, 0);
		assert_non_null(page);
		assert_int_equal(zone->free_pages, SECTION - 1);
		assert_boundary(&c, zone, AT_4G + 2 * SECTION);
		mb_zonelist_free(c.boot, 0, page, 0);
		for (unsigned section = 3; section <= 15; section++) {
			assert_true(mb_deferred_grow_zone(c.boot, zone, section % 11));
			assert_boundary(&c, zone, AT_4G + section * SECTION);
		}
		assert_int_equal(c.boot->nodes[0]->nr_growths, 14);
		boot_case_run(&c, NULL);
		assert_false(mb_deferred_grow_zone(c.boot, zone, 0));
		boot_case_fini(&c);
	}
}

/* A block larger than a section needs as many sections as it has. */
static void order_above_a_section(void **state)
{
	for (size_t k = 0; k < mb_nr_profiles; k++) {
		struct boot_case c;
		struct mb_zone *zone;

		start(&c, "node0=2G@4G node0.cpus=0", mb_profiles[k].name, &mb_handoff_stage);
		zone = boot_case_zone(&c, 0, MB_ZONE_NORMAL);
		assert_true(mb_deferred_grow_zone(c.boot, zone, 16));
		assert_boundary(&c, zone, AT_4G + 3 * SECTION);
		assert_true(mb_deferred_grow_zone(c.boot, zone, 17));
		assert_boundary(&c, zone, AT_4G + 7 * SECTION);
		assert_int_equal(c.boot->nodes[0]->nr_growths, 2);
		boot_case_fini(&c);
	}
}

/* With 64 KiB pages a section is one block of the largest order. */
static void a_section_is_a_block(void **state)
{
	static const char text[] = "arch=arm64 page=64K phys-bits=48 node0=7G@1G node0.cpus=0";

	for (size_t k = 0; k < mb_nr_profiles; k++) {
		struct boot_case c;
		struct mb_zone *zone;
		struct mb_page *page;
		mb_pfn_t first = (4 * MB_GIB >> 16) + 8192;

		start(&c, text, mb_profiles[k].name, &mb_handoff_stage);
		zone = boot_case_zone(&c, 0, MB_ZONE_NORMAL);
		assert_boundary(&c, zone, first);
		assert_non_null(mb_zonelist_alloc(c.boot, 0, 0, 13, MB_MIGRATE_MOVABLE, 0));
		assert_boundary(&c, zone, first);
		page = mb_zonelist_alloc(c.boot, 0, 0, 13, MB_MIGRATE_MOVABLE, 0);
		assert_non_null(page);
		assert_int_equal(mb_memmodel_page_to_pfn(&c.boot->model, page), first);
		assert_boundary(&c, zone, first + 8192);
		boot_case_fini(&c);
	}
}

/*
 * Sections of 128 MiB from 4 GiB on; the first is early.
 *
 *   a   | early  | free      [res]|[res]   free  | free …      the 1st growth takes two sections
 *       0       128         224  256  288       384
 *   b   | early  | free           |  free        |[res]  free | …   where 6.1 leaves the boundary: at the
 *       0       128              256            384  448     512    next free page
 *   c   | early  | free           |hole          |  hole  free| …   the same with no memory there
 *       0       128              256            384     448
 */
static void reserved_and_holes_at_the_border(void **state)
{
	static const struct {
		const char *text;
		unsigned growths;
		uint64_t old_mib, new_mib; /* where the rest begins then */
	} rows[] = {
		{"node0=2G@4G reserve=64M@0x10e000000 node0.cpus=0", 1, 384, 384},
		{"node0=2G@4G reserve=64M@0x118000000 node0.cpus=0", 1, 256, 256},
		{"node0=2G@4G reserve=64M@0x118000000 node0.cpus=0", 2, 448, 384},
		{"node0=2G@4G reserve=64M@0x118000000 node0.cpus=0", 3, 640, 640},
		{"node0=2G@4G hole=192M@0x110000000 node0.cpus=0", 1, 448, 256},
		{"node0=2G@4G hole=192M@0x110000000 node0.cpus=0", 2, 640, 640},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < mb_nr_profiles; k++) {
			bool new = mb_profiles[k].minor >= 18;
			struct boot_case c;
			struct mb_zone *zone;

			start(&c, rows[i].text, mb_profiles[k].name, &mb_handoff_stage);
			zone = boot_case_zone(&c, 0, MB_ZONE_NORMAL);
			for (unsigned n = 0; n < rows[i].growths; n++)
				assert_true(mb_deferred_grow_zone(c.boot, zone, 0));
			assert_boundary(&c, zone,
					AT_4G + (new ? rows[i].new_mib : rows[i].old_mib) * MIB);
			boot_case_run(&c, NULL);
			boot_case_fini(&c);
		}
}

/* Behind the boundary all is reserved: 6.1 tries the zone once more for it, 6.18 does not. */
static void nothing_is_free(void **state)
{
	for (size_t k = 0; k < mb_nr_profiles; k++) {
		struct boot_case c;
		struct mb_zone *zone;

		start(&c, "node0=512M@4G reserve=384M@0x108000000 node0.cpus=0",
		      mb_profiles[k].name, &mb_handoff_stage);
		zone = boot_case_zone(&c, 0, MB_ZONE_NORMAL);
		assert_int_equal(c.boot->nodes[0]->first_deferred_pfn, AT_4G + SECTION);
		assert_int_equal(mb_deferred_grow_zone(c.boot, zone, 0), mb_profiles[k].minor < 18);
		assert_boundary(&c, zone, MB_PFN_NONE);
		assert_false(mb_deferred_grow_zone(c.boot, zone, 0));
		assert_int_equal(c.boot->nodes[0]->nr_growths, 0);
		boot_case_run(&c, NULL);
		boot_case_fini(&c);
	}
}

/* Growing to the end of the node leaves nothing for deferred threads, and everything is there. */
static void grows_until_nothing_is_left(void **state)
{
	for (size_t k = 0; k < mb_nr_profiles; k++) {
		struct boot_case c;
		struct mb_zone *zone;

		boot_case_init(&c, "node0=1G@4G reserve=100M@0x112000000 node0.cpus=0",
			       (struct boot_options){.policy = MB_POLICY_DEFERRED,
						     .kernel = mb_profiles[k].name});
		boot_case_run(&c, &mb_slab_stage);
		zone = boot_case_zone(&c, 0, MB_ZONE_NORMAL);
		while (mb_deferred_grow_zone(c.boot, zone, 10))
			;
		assert_int_equal(mb_zone_managed(zone), c.boot->totalram_pages);
		assert_int_equal(c.boot->nodes[0]->first_deferred_pfn, MB_PFN_NONE);
		boot_case_run(&c, NULL);
		assert_int_equal(mb_boot_stat(c.boot, &mb_deferred_stage)->pages, 0);
		boot_case_fini(&c);
	}
}

/* Only the node's last zone grows: with movablecore= that is Movable, and Normal has all of its pages. */
static void last_zone_only(void **state)
{
	struct boot_case c;
	struct mb_zone *normal, *movable;

	start(&c, "node0=4G@4G node0.cpus=0 cmdline='movablecore=1G'", "6.1", &mb_handoff_stage);
	normal = boot_case_zone(&c, 0, MB_ZONE_NORMAL);
	movable = boot_case_zone(&c, 0, MB_ZONE_MOVABLE);
	assert_int_equal(mb_zone_managed(normal),
			 mb_memblock_count_free_pages(&c.boot->memblock, 0, normal->start_pfn,
						      mb_zone_end_pfn(normal)));
	assert_false(mb_deferred_grow_zone(c.boot, normal, 0));
	assert_boundary(&c, movable, movable->start_pfn + SECTION);
	assert_true(mb_deferred_grow_zone(c.boot, movable, 0));
	assert_boundary(&c, movable, movable->start_pfn + 2 * SECTION);
	boot_case_fini(&c);
}

/* Where mirrored memory makes zones share a span nothing is deferred, so nothing is left. */
static void mirrored_memory_is_not_left(void **state)
{
	struct boot_case c;

	start(&c, "node0=6G node0.cpus=0 mirror=3G@0+1G@4G+1G@6G cmdline='kernelcore=mirror'",
	      "6.1", NULL);
	assert_int_equal(c.boot->nodes[0]->left_pages, 0);
	assert_int_equal(mb_boot_stat(c.boot, &mb_deferred_grow_stage)->nr_nodes, 0);
	boot_case_fini(&c);
}

/* Once there are marks, a zone grows when it falls to its low one, not when it is empty. */
static void grows_at_the_low_mark(void **state)
{
	struct boot_case c;
	struct mb_zone *zone;
	uint64_t free_pages, low;

	start(&c, "node0=2G@4G node0.cpus=0", "6.1", &mb_watermark_stage);
	zone = boot_case_zone(&c, 0, MB_ZONE_NORMAL);
	low = zone->watermark[MB_WMARK_LOW];
	assert_true(low > 0);
	do {
		free_pages = zone->free_pages;
		assert_non_null(mb_zonelist_alloc(c.boot, 0, 0, 0, MB_MIGRATE_MOVABLE, 0));
	} while (!c.boot->nodes[0]->nr_growths);
	assert_in_range(free_pages, low - zone->pcp_batch, low);
	assert_in_range(zone->free_pages, low, low + SECTION);
	boot_case_fini(&c);
}

/* The marks of a lazy boot are those of what it managed at its end; then everything comes. */
static void marks_follow_what_was_there(void **state)
{
	struct mb_boot_zone zones[MB_NR_ZONES];
	struct mb_boot_totals totals;
	uint64_t low, batch;
	struct boot_case c;

	boot_case_init(&c, "node0=2G@4G node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, NULL);
	low = boot_case_zone(&c, 0, MB_ZONE_NORMAL)->watermark[MB_WMARK_LOW];
	batch = boot_case_zone(&c, 0, MB_ZONE_NORMAL)->pcp_batch;
	boot_case_fini(&c);
	start(&c, "node0=2G@4G node0.cpus=0", "6.1", &mb_watermark_stage);
	assert_true(boot_case_zone(&c, 0, MB_ZONE_NORMAL)->watermark[MB_WMARK_LOW] < low);
	assert_true(boot_case_zone(&c, 0, MB_ZONE_NORMAL)->pcp_batch < batch);
	low = boot_case_zone(&c, 0, MB_ZONE_NORMAL)->watermark[MB_WMARK_LOW];
	boot_case_run(&c, NULL);
	assert_int_equal(mb_boot_zones(c.boot, zones, MB_NR_ZONES), 1);
	assert_int_equal(zones[0].watermark_low, low);
	assert_int_equal(zones[0].managed, c.boot->totalram_pages);
	assert_true(zones[0].left > 0 &&
		    zones[0].left % SECTION == c.boot->totalram_pages % SECTION);
	mb_boot_totals(c.boot, &totals);
	assert_int_equal(totals.left_pages, zones[0].left);
	boot_case_fini(&c);
}

/* What a boot leaves, however it was done. */
struct outcome {
	uint64_t digest, managed, nr_free[MB_MAX_ORDERS];
};

static void outcome(struct boot_case *c, struct outcome *out)
{
	struct mb_boot_totals totals;

	memset(out, 0, sizeof(*out));
	assert_int_equal(mb_check_digest(c->boot, &out->digest), 0);
	mb_boot_totals(c->boot, &totals);
	out->managed = totals.managed_pages;
	assert_int_equal(totals.managed_pages, totals.free_pages);
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++)
		out->nr_free[order] = mb_boot_nr_free(c->boot, order);
}

static void assert_same(const char *text, const char *kernel)
{
	static const enum mb_policy policies[] = {MB_POLICY_EAGER, MB_POLICY_LAZY};
	struct outcome outcomes[2];
	struct boot_case c;

	for (unsigned i = 0; i < 2; i++) {
		boot_case_init(&c, text,
			       (struct boot_options){.policy = policies[i], .kernel = kernel});
		boot_case_run(&c, NULL);
		outcome(&c, &outcomes[i]);
		boot_case_fini(&c);
	}
	if (memcmp(&outcomes[0], &outcomes[1], sizeof(outcomes[0])) != 0)
		fail_msg("'%s' %s: lazy leaves other pages than eager", text, kernel);
}

static void lazy_equals_eager(void **state)
{
	struct mb_rng rng = {boot_case_seed()};
	char text[1024];

	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++)
		for (size_t k = i % TSAN_STEP(3); k < mb_nr_profiles; k += TSAN_STEP(3))
			assert_same(machines[i], mb_profiles[k].name);
	for (unsigned i = 0; i < 20; i++) {
		random_machine(&rng, text, sizeof(text));
		assert_same(text, mb_profiles[i % mb_nr_profiles].name);
	}
}

/*
 * Memory so cut up that sections are dropped for want of a memmap, and that no block of the largest order
 * is free: allocations grow the zone to its end in vain, and everything is there.
 *
 *   [ 960K free | 64K reserved ] … over 2 GiB
 */
static void nothing_large_is_free(void **state)
{
	struct mb_strbuf text = {0};

	mb_strbuf_add(&text, "arch=arm64 phys-bits=48 node0=2G@1G node0.cpus=0");
	for (uint64_t at = MB_GIB + 100 * MB_MIB; at < 3 * MB_GIB; at += MB_MIB)
		mb_strbuf_addf(&text, " reserve=64K@%llu", (unsigned long long)at);
	for (size_t k = 0; k < mb_nr_profiles; k++)
		assert_same(mb_strbuf_text(&text), mb_profiles[k].name);
	mb_strbuf_fini(&text);
}

/* The stage's figures: a row for each node with a deferred part, a time for each growth. */
static void statistics_add_up(void **state)
{
	const struct mb_stage_stat *stat;
	struct mb_boot_totals totals;
	struct boot_case c;
	uint64_t longest = 0, left = 0;

	start(&c, "node0=1G@4G node1=128M node2=2G node0.cpus=0 node2.cpus=1", "6.1", NULL);
	stat = mb_boot_stat(c.boot, &mb_deferred_grow_stage);
	mb_boot_totals(c.boot, &totals);
	assert_int_equal(stat->nr_nodes, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct mb_node_stat *row = &stat->nodes[i];
		uint64_t node_longest = 0;

		assert_int_equal(row->nid, 2 * i);
		assert_int_equal(row->nr_growths, i ? 15 : 7);
		for (size_t n = 0; n < row->nr_growths; n++) {
			assert_true(row->growth_ns[n] > 0);
			node_longest = mb_max(node_longest, row->growth_ns[n]);
		}
		assert_int_equal(row->lock_held_ns, node_longest);
		longest = mb_max(longest, node_longest);
		left += row->left_pages;
	}
	assert_int_equal(totals.lock_held_ns, longest);
	assert_int_equal(totals.left_pages, left);
	assert_int_equal(stat->pages, left);
	assert_true(totals.first_allocation_ns < totals.all_memory_ns);
	assert_true(totals.all_memory_ns > stat->ns);
	boot_case_fini(&c);
}

/* Deferred threads take the node lock for a moment, an eager boot never does. */
static void lock_of_the_other_policies(void **state)
{
	struct mb_boot_totals totals;
	struct boot_case c;

	boot_case_init(&c, "node0=1G@4G node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, NULL);
	mb_boot_totals(c.boot, &totals);
	assert_int_equal(totals.lock_held_ns, 0);
	boot_case_fini(&c);
	boot_case_init(&c, "node0=1G@4G node0.cpus=0",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, NULL);
	mb_boot_totals(c.boot, &totals);
	assert_true(totals.lock_held_ns > 0);
	assert_int_equal(mb_boot_stat(c.boot, &mb_deferred_stage)->nodes[0].lock_held_ns,
			 totals.lock_held_ns);
	assert_int_equal(totals.left_pages, 0);
	boot_case_fini(&c);
}

static void dry_run_counts(void **state)
{
	struct mb_boot_totals totals;
	struct boot_case c;

	boot_case_init(&c, "node0=1G@4G node1=128M node2=2G node0.cpus=0",
		       (struct boot_options){.policy = MB_POLICY_LAZY, .dry_run = true});
	boot_case_run(&c, NULL);
	mb_boot_totals(c.boot, &totals);
	assert_int_equal(totals.managed_pages, c.boot->totalram_pages);
	assert_int_equal(totals.left_pages, mb_boot_stat(c.boot, &mb_deferred_grow_stage)->pages);
	assert_int_equal(c.boot->nodes[1]->left_pages, 0);
	assert_true(c.boot->nodes[2]->left_pages > c.boot->nodes[0]->left_pages);
	boot_case_fini(&c);
}

static void ends_early(void **state)
{
	struct boot_case c;

	start(&c, "node0=2G@4G node0.cpus=0", "6.1", &mb_watermark_stage);
	c.plain.cancel_now = c.plain.nr_now + 12; /* some growths later */
	assert_int_equal(mb_boot_run(c.boot), -ECANCELED);
	assert_true(c.boot->nodes[0]->first_deferred_pfn != MB_PFN_NONE);
	boot_case_fini(&c);
	start(&c, "node0=2G@4G node0.cpus=0", "6.1", &mb_watermark_stage);
	c.plain.fail_run = c.plain.nr_run + 1;
	assert_int_equal(mb_boot_run(c.boot), -EAGAIN);
	assert_string_equal(mb_boot_err(c.boot)->stage, "deferred_grow");
	boot_case_fini(&c);
}

/* --- several threads --- */

struct waiter {
	struct boot_case *c;
	struct mb_zone *zone;
	atomic_int tid;
	bool grew;
};

static void *grow_once(void *arg)
{
	struct waiter *waiter = arg;

	atomic_store(&waiter->tid, (int)syscall(SYS_gettid));
	waiter->grew = mb_deferred_grow_zone(waiter->c->boot, waiter->zone, 0);
	return NULL;
}

/* Until the thread sleeps: it has nothing to sleep on but the lock. */
static void wait_until_asleep(struct waiter *waiter)
{
	char path[64], line[256], state = 'R';

	while (state != 'S') {
		FILE *file;

		sched_yield();
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", atomic_load(&waiter->tid));
		file = atomic_load(&waiter->tid) ? fopen(path, "r") : NULL;
		if (!file)
			continue;
		if (fgets(line, sizeof(line), file) && strrchr(line, ')'))
			state = strrchr(line, ')')[2];
		fclose(file);
	}
}

/* A thread that waited while another one grew the zone does not grow it again, but tries it. */
static void another_thread_was_faster(void **state)
{
	struct boot_case c;
	struct mb_node *node;
	struct waiter waiter = {.c = &c};
	pthread_t thread;

	start(&c, "node0=2G@4G node0.cpus=0", "6.1", &mb_handoff_stage);
	node = c.boot->nodes[0];
	waiter.zone = boot_case_zone(&c, 0, MB_ZONE_NORMAL);
	mb_lock_take(&node->size_lock);
	assert_int_equal(pthread_create(&thread, NULL, grow_once, &waiter), 0);
	wait_until_asleep(&waiter);
	node->first_deferred_pfn += SECTION;
	mb_lock_drop(&node->size_lock);
	pthread_join(thread, NULL);
	assert_true(waiter.grew);
	assert_int_equal(node->nr_growths, 0);
	assert_int_equal(node->first_deferred_pfn, AT_4G + 2 * SECTION);
	boot_case_fini(&c);
}

struct taker {
	struct boot_case *c;
	pthread_barrier_t *together;
	unsigned cpu;
	struct mb_list held[4];
	uint64_t pages;
};

static void *take_all(void *arg)
{
	struct taker *taker = arg;
	struct mb_boot *boot = taker->c->boot;
	struct mb_rng rng = {taker->cpu + 1};
	struct mb_page *page;

	for (unsigned i = 0; i < 4; i++)
		mb_list_init(&taker->held[i]);
	pthread_barrier_wait(taker->together);
	for (unsigned misses = 0; misses < 4;) {
		unsigned i = (unsigned)mb_rng_below(&rng, 4), order = misses ? 0 : 3 * i;

		page = mb_zonelist_alloc(boot, (int)(taker->cpu % 2), taker->cpu, order,
					 i % 2 ? MB_MIGRATE_MOVABLE : MB_MIGRATE_UNMOVABLE, 0);
		if (!page) {
			misses++;
			continue;
		}
		mb_list_add_tail(&page->lru, &taker->held[order / 3]);
		taker->pages += UINT64_C(1) << order;
	}
	return NULL;
}

static void give_all(struct taker *taker)
{
	for (unsigned i = 0; i < 4; i++)
		while (!mb_list_empty(&taker->held[i])) {
			struct mb_page *page =
				MB_LIST_ENTRY(taker->held[i].next, struct mb_page, lru);

			mb_list_del_init(&page->lru);
			mb_zonelist_free(taker->c->boot, taker->cpu, page, 3 * i);
		}
}

static uint64_t unused_pages(struct boot_case *c)
{
	struct mb_boot_totals totals;
	uint64_t pages;

	mb_boot_totals(c->boot, &totals);
	pages = totals.free_pages;
	for (unsigned nid = 0; nid < 2; nid++)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			for (unsigned cpu = 0; cpu < c->boot->nodes[nid]->zones[z].nr_pagesets;
			     cpu++)
				pages += c->boot->nodes[nid]->zones[z].pagesets[cpu].count;
	return pages;
}

/* Two threads a node take whatever there is, each growing both nodes: nothing is lost or given twice. */
static void threads_grow_together(void **state)
{
	static const char text[] =
		"node0=512M@4G node1=768M reserve=20M@0x10f000000 node0.cpus=0,2 node1.cpus=1,3";
	struct outcome eager, lazy;
	struct boot_case c;

	for (size_t k = 0; k < mb_nr_profiles; k += 2) {
		struct taker takers[4];
		pthread_t threads[4];
		pthread_barrier_t together;
		uint64_t taken;

		boot_case_init(&c, text, (struct boot_options){.kernel = mb_profiles[k].name});
		boot_case_run(&c, NULL);
		outcome(&c, &eager);
		boot_case_fini(&c);
		start(&c, text, mb_profiles[k].name, &mb_watermark_stage);
		taken = c.boot->totalram_pages - mb_deferred_pages(c.boot) -
			unused_pages(&c); /* by slabs */
		pthread_barrier_init(&together, NULL, 4);
		for (unsigned i = 0; i < 4; i++) {
			takers[i] = (struct taker){.c = &c, .together = &together, .cpu = i};
			assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers[i]),
					 0);
		}
		for (unsigned i = 0; i < 4; i++) {
			pthread_join(threads[i], NULL);
			taken += takers[i].pages;
		}
		pthread_barrier_destroy(&together);
		assert_int_equal(mb_deferred_pages(c.boot), 0);
		assert_int_equal(taken + unused_pages(&c), c.boot->totalram_pages);
		for (unsigned i = 0; i < 4; i++)
			give_all(&takers[i]);
		boot_case_run(&c, NULL);
		outcome(&c, &lazy);
		assert_memory_equal(&lazy, &eager, sizeof(lazy));
		boot_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_section_at_a_time),
		cmocka_unit_test(order_above_a_section),
		cmocka_unit_test(a_section_is_a_block),
		cmocka_unit_test(reserved_and_holes_at_the_border),
		cmocka_unit_test(nothing_is_free),
		cmocka_unit_test(grows_until_nothing_is_left),
		cmocka_unit_test(last_zone_only),
		cmocka_unit_test(mirrored_memory_is_not_left),
		cmocka_unit_test(grows_at_the_low_mark),
		cmocka_unit_test(marks_follow_what_was_there),
		cmocka_unit_test(lazy_equals_eager),
		cmocka_unit_test(nothing_large_is_free),
		cmocka_unit_test(statistics_add_up),
		cmocka_unit_test(lock_of_the_other_policies),
		cmocka_unit_test(dry_run_counts),
		cmocka_unit_test(ends_early),
		cmocka_unit_test(another_thread_was_faster),
		cmocka_unit_test(threads_grow_together),
	};

	return cmocka_run_group_tests_name("deferred_grow", tests, NULL, NULL);
}
