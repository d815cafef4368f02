/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/buddy.h"
#include "core/check.h"
#include "core/deferred.h"
#include "core/deferred_grow.h"
#include "core/fault.h"
#include "core/handoff.h"
#include "core/pageinit.h"
#include "core/pcp.h"
#include "core/window.h"
#include "core/zonelist.h"
#include "tests/core/boot_case.h"
#include "tests/core/wild.h"
#include "tests/core/window_case.h"

/*
 * A windowed boot against a backed one of the same random machine: equal in all that can be asked. A failure prints the
 * machine and MB_SEED; MB_MACHINES=1 with that seed is that machine alone.
 */

#define MACHINES    10
#define ALLOCATIONS 40

/* One boot of a machine. */
struct run {
	struct mb_host_plain plain;
	struct mb_boot *boot;
	int r;
};

/* The machine that is on, for the words of a failure. */
struct trial {
	uint64_t seed;
	const char *text;
	struct mb_machine *machine;
	struct mb_boot_config config; /* of both boots but for host and window */
	unsigned workers;
	uint64_t *turned; /* blocks that went through windows, over all machines */
};

#define assert_trial(trial, what, ...)                                                            \
	do {                                                                                      \
		if (!(what)) {                                                                    \
			print_error("MB_SEED=%llu MB_MACHINES=1 is %s, %s bytes a page, %s, %s, " \
				    "%u threads, %u workers\n",                                   \
				    (unsigned long long)(trial)->seed, (trial)->text,             \
				    (trial)->config.struct_page->name,                            \
				    mb_boot_policies[(trial)->config.policy],                     \
				    (trial)->config.profile->name, (trial)->config.threads,       \
				    (trial)->workers);                                            \
			fail_msg(__VA_ARGS__);                                                    \
		}                                                                                 \
	} while (0)

static void start(struct trial *trial, struct run *run, uint64_t window_bytes)
{
	struct mb_boot_config config = trial->config;

	*run = (struct run){0};
	mb_host_plain_init(&run->plain);
	run->plain.workers = trial->workers;
	config.host = &run->plain.host;
	config.window_bytes = window_bytes;
	config.window_auto = true;
	assert_int_equal(mb_boot_new(&config, NULL, &run->boot), 0);
	run->r = mb_boot_run(run->boot);
}

static void stop(struct trial *trial, struct run *run)
{
	mb_boot_free(run->boot);
	assert_trial(trial, !run->plain.mapped_bytes, "%zu bytes stay mapped",
		     run->plain.mapped_bytes);
}

static void compare_zone(struct trial *trial, const struct mb_zone *a, const struct mb_zone *b)
{
	const char *name = mb_zone_name(a->type);

	assert_trial(trial, mb_zone_managed(a) == mb_zone_managed(b), "node %d %s: managed", a->nid,
		     name);
	assert_trial(trial, a->free_pages == b->free_pages, "node %d %s: free %llu, windowed %llu",
		     a->nid, name, (unsigned long long)a->free_pages,
		     (unsigned long long)b->free_pages);
	assert_trial(
		trial,
		!memcmp(a->watermark, b->watermark, sizeof(a->watermark)) &&
			!memcmp(a->lowmem_reserve, b->lowmem_reserve, sizeof(a->lowmem_reserve)),
		"node %d %s: watermarks", a->nid, name);
	assert_trial(trial, a->unavailable == b->unavailable && a->present == b->present,
		     "node %d %s: present", a->nid, name);
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++)
		assert_trial(trial, a->free_area[order].nr_free == b->free_area[order].nr_free,
			     "node %d %s order %u: %llu free, windowed %llu", a->nid, name, order,
			     (unsigned long long)a->free_area[order].nr_free,
			     (unsigned long long)b->free_area[order].nr_free);
}

/* The blocks on every free list, in order of the list. */
static void compare_lists(struct trial *trial, const struct mb_zone *a, const struct mb_zone *b)
{
	for (unsigned order = 0; order < a->nr_orders; order++)
		for (unsigned type = 0; type < MB_MIGRATE_TYPES; type++) {
			const struct mb_list *la = a->free_area[order].free_list[type].next;
			const struct mb_list *lb = b->free_area[order].free_list[type].next;

			for (uint64_t i = 0; i <= a->free_area[order].nr_free &&
					     la != &a->free_area[order].free_list[type];
			     i++, la = la->next, lb = lb->next) {
				const struct mb_page *pa = MB_LIST_ENTRY(la, struct mb_page, lru);
				const struct mb_page *pb = MB_LIST_ENTRY(lb, struct mb_page, lru);

				assert_trial(trial, lb != &b->free_area[order].free_list[type],
					     "order %u: a list is shorter", order);
				assert_trial(trial,
					     mb_memmodel_page_to_pfn(a->model, pa) ==
						     mb_memmodel_page_to_pfn(b->model, pb),
					     "node %d order %u: block %llu of a list is another",
					     a->nid, order, (unsigned long long)i);
			}
		}
}

static void compare_nodes(struct trial *trial, const struct mb_boot *a, const struct mb_boot *b,
			  bool lists)
{
	for (unsigned nid = 0; nid < a->nr_node_ids; nid++) {
		if (!a->nodes[nid])
			continue;
		assert_trial(trial,
			     a->nodes[nid]->nr_fallback == b->nodes[nid]->nr_fallback &&
				     !memcmp(a->nodes[nid]->fallback_nodes,
					     b->nodes[nid]->fallback_nodes,
					     a->nodes[nid]->nr_fallback * sizeof(int)),
			     "node %u: zonelists", nid);
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			compare_zone(trial, &a->nodes[nid]->zones[z], &b->nodes[nid]->zones[z]);
			if (lists)
				compare_lists(trial, &a->nodes[nid]->zones[z],
					      &b->nodes[nid]->zones[z]);
		}
	}
}

/* Pages of both are taken and given back, as users would: the same page frames come. */
static void use_pages(struct trial *trial, struct mb_boot *a, struct mb_boot *b)
{
	unsigned max_order = a->model.geo.max_order, nr_orders = max_order + 1;
	struct mb_page *pa[ALLOCATIONS], *pb[ALLOCATIONS];

	for (unsigned i = 0; i < ALLOCATIONS; i++) {
		unsigned order = i % nr_orders, type = i % MB_MIGRATE_PCPTYPES;

		pa[i] = mb_zonelist_alloc(a, mb_node_first_online(a), 0, order, type, 0);
		pb[i] = mb_zonelist_alloc(b, mb_node_first_online(b), 0, order, type, 0);
		assert_trial(trial, !pa[i] == !pb[i], "allocation %u of order %u: one has none", i,
			     order);
		if (pa[i])
			assert_trial(trial,
				     mb_memmodel_page_to_pfn(&a->model, pa[i]) ==
					     mb_memmodel_page_to_pfn(&b->model, pb[i]),
				     "allocation %u of order %u differs", i, order);
	}
	for (unsigned i = 0; i < ALLOCATIONS; i++)
		if (pa[i]) {
			mb_zonelist_free(a, 0, pa[i], i % nr_orders);
			mb_zonelist_free(b, 0, pb[i], i % nr_orders);
		}
}

/*
 * True when memory of two nodes is in one pageblock. Its type is set by the worker that comes to its first page, as kernels do,
 * so what the other node's worker releases there goes to a list of either type.
 */
static bool nodes_share_a_pageblock(const struct mb_boot *boot)
{
	unsigned order = boot->model.geo.pageblock_order;
	mb_pfn_t start, end, last = MB_PFN_NONE;
	int index = -1, nid, last_nid = -1;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      &nid)) {
		if (start >> order == last && nid != last_nid)
			return true;
		last = (end - 1) >> order;
		last_nid = nid;
	}
	return false;
}

/* True when each boot makes the same lists: not where workers race. */
static bool is_repeatable(const struct trial *trial, const struct mb_boot *boot)
{
	unsigned threads = trial->config.threads ? trial->config.threads : trial->workers;

	return trial->config.policy != MB_POLICY_DEFERRED ||
	       (threads == 1 && !nodes_share_a_pageblock(boot));
}

static void compare(struct trial *trial, struct run *a, struct run *b)
{
	uint64_t da = 0, db = 0;
	bool repeatable;

	assert_trial(trial, a->r == b->r, "backed ends with %d, windowed with %d: %s", a->r, b->r,
		     mb_boot_err(b->boot)->text);
	if (a->r)
		return;
	repeatable = is_repeatable(trial, a->boot);
	compare_nodes(trial, a->boot, b->boot, repeatable);
	if (repeatable)
		use_pages(trial, a->boot, b->boot);
	assert_trial(trial, !mb_check_digest(a->boot, &da) && !mb_check_digest(b->boot, &db),
		     "no digest");
	assert_trial(trial, da == db, "digests differ");
	assert_trial(trial, !mb_check_accounting(b->boot), "%s", mb_boot_err(b->boot)->text);
	compare_nodes(trial, a->boot, b->boot, false);
	for (unsigned nid = 0; nid < b->boot->nr_node_ids; nid++)
		for (unsigned z = 0; b->boot->nodes[nid] && z < MB_NR_ZONES; z++)
			assert_trial(trial,
				     !mb_buddy_check(&b->boot->nodes[nid]->zones[z], &b->boot->err),
				     "%s", b->boot->err.text);
}

static void count_turns(struct trial *trial, const struct mb_boot *boot)
{
	struct mb_window_stat stats[64];
	size_t count = mb_window_stats(boot, stats, MB_ARRAY_SIZE(stats));

	for (size_t i = 0; i < mb_min(count, MB_ARRAY_SIZE(stats)); i++) {
		trial->turned[0] += stats[i].turns;
		trial->turned[1] += stats[i].private_blocks;
		trial->turned[2] += stats[i].turns > stats[i].slots;
	}
}

static void run_both(struct trial *trial)
{
	struct run backed, windowed;

	start(trial, &backed, 0);
	start(trial, &windowed, 1);
	compare(trial, &backed, &windowed);
	if (!windowed.r)
		count_turns(trial, windowed.boot);
	stop(trial, &backed);
	stop(trial, &windowed);
}

/* The host fails, or the user has enough, at some moment: an error with words, and all is given back. */
static void run_broken(struct trial *trial, struct mb_rng *rng)
{
	struct mb_boot_config config = trial->config;
	struct mb_host_plain plain;
	struct mb_boot *boot;
	int r;

	mb_host_plain_init(&plain);
	plain.workers = trial->workers;
	config.host = &plain.host;
	config.window_bytes = 1;
	config.window_auto = true;
	switch (mb_rng_below(rng, 4)) {
	case 0: plain.fail_back = 1 + (unsigned)mb_rng_below(rng, 12); break;
	case 1: plain.fail_fault = 1 + (unsigned)mb_rng_below(rng, 12); break;
	case 2: plain.fail_run = 1 + (unsigned)mb_rng_below(rng, 4); break;
	default: plain.cancel_now = 1 + (unsigned)mb_rng_below(rng, 40);
	}
	assert_int_equal(mb_boot_new(&config, NULL, &boot), 0);
	r = mb_boot_run(boot);
	assert_trial(trial,
		     !r || r == -ENOMEM || r == -EAGAIN || r == -ECANCELED || r == -ENOSPC ||
			     r == -EINVAL,
		     "broken: %d: %s", r, mb_boot_err(boot)->text);
	assert_trial(trial, !r || r == -ECANCELED || mb_boot_err(boot)->text[0],
		     "broken without words");
	mb_boot_free(boot);
	assert_trial(trial, !plain.mapped_bytes, "broken: bytes stay mapped");
}

static void one_machine(struct trial *trial, struct mb_rng *rng)
{
	for (unsigned policy = 0; policy < MB_NR_POLICIES; policy++) {
		trial->config = (struct mb_boot_config){
			.machine = trial->machine,
			.struct_page = &mb_page_sizes[mb_rng_below(rng, MB_NR_PAGE_SIZES)],
			.profile = &mb_profiles[mb_rng_below(rng, mb_nr_profiles)],
			.policy = (enum mb_policy)policy,
			.threads = (unsigned)mb_rng_below(rng, 4),
			.check = true,
		};
		trial->workers = 1 + (unsigned)mb_rng_below(rng, 3);
		run_both(trial);
		run_broken(trial, rng);
	}
}

/* What is no machine, or too large for a test, is left out. */
static void try_text(uint64_t seed, struct mb_rng *rng, const char *text, uint64_t *turned)
{
	struct trial trial = {.seed = seed, .text = text, .turned = turned};
	struct mb_err err = {0};

	if (mb_machine_parse(text, NULL, &err, &trial.machine))
		return;
	if (mb_memmodel_map_pages(&mb_memmodels[MB_MEMMODEL_VMEMMAP], trial.machine) <=
	    UINT64_C(1) << 20)
		one_machine(&trial, rng);
	mb_machine_free(trial.machine);
}

static void windows_equal_memory(void **state)
{
	const char *given = getenv("MB_MACHINES"), *only = getenv("MB_MACHINE");
	uint64_t count = given ? strtoull(given, NULL, 0) : MACHINES / TSAN_STEP(3);
	uint64_t seed = boot_case_seed(), turned[3] = {0};

	for (uint64_t i = 0; i < (only ? 1 : count); i++) {
		struct mb_rng rng = {seed + i};
		struct mb_strbuf text = {0};

		if (only)
			mb_strbuf_add(&text, only);
		else if ((seed + i) % 4)
			wild_machine(&rng, &text);
		else
			wild_mirrored(&rng, &text);
		try_text(seed + i, &rng, mb_strbuf_text(&text), turned);
		mb_strbuf_fini(&text);
	}
	print_message(
		"# %llu blocks went through windows, %llu stayed, %llu windows were used again\n",
		(unsigned long long)turned[0], (unsigned long long)turned[1],
		(unsigned long long)turned[2]);
}

/*
 *   node 0   [ 0 … 128M )                                 [ 4736M … )[ 4992M mirrored 16M )[ … 5248M )
 *   node 1               [ 128M … 256M )  [ 4480M … 4736M )
 *
 * Normal spans all of node 1's memory from 4 GiB on and has none of it; on node 0 it is the mirrored part, and memmap_init
 * makes the rest first as Normal's, then as Movable's.
 */
static void mirrored_memory_of_nodes_in_turns(void **state)
{
	struct mb_rng rng = {boot_case_seed()};
	uint64_t seed = rng.state, turned[3] = {0};

	try_text(seed, &rng,
		 "arch=x86_64 section=128M node0=128M@0+512M@4736M node1=128M@128M+256M@4480M "
		 "node0.cpus=0 mirror=16M@4992M cmdline='kernelcore=mirror'",
		 turned);
	assert_true(turned[0] > 3 * 256);
	assert_true(turned[1] < turned[0] / 8);
}

#define BLOCK_PFN   UINT64_C(0x40000)
#define BLOCK_PAGES 1024

/* A block whose release leaves a part of it out stays, with what is on the lists. */
static void half_a_block_stays(void **state)
{
	struct window_case c;
	struct mb_boot_config config = window_case_init(&c, "node0=2G node0.cpus=0");
	struct mb_window_ring *ring;
	const struct mb_memmodel *at;
	struct mb_window_stat stat;
	struct mb_zone *zone;
	struct mb_err err = {0};

	assert_int_equal(window_case_run(&c, &config, &mb_zone_stage), 0);
	zone = &c.boot->nodes[0]->zones[MB_ZONE_DMA32];
	ring = mb_window_node_ring(c.boot, 0);
	at = mb_window_open(ring, BLOCK_PFN, MB_WINDOW_MAKE, zone);
	mb_pageinit_pfns(at, BLOCK_PFN, BLOCK_PFN + BLOCK_PAGES, zone->type, 0);
	mb_buddy_release_range(zone, BLOCK_PFN + 3, BLOCK_PFN + BLOCK_PAGES, 10);
	assert_int_equal(zone->free_pages, BLOCK_PAGES - 3);
	mb_window_close(ring, MB_WINDOW_HEAD, zone);
	assert_int_equal(mb_window_stats(c.boot, &stat, 1), 1);
	assert_int_equal(stat.private_blocks, 1);
	/* The slot is another block's now, and nothing on the lists changes. */
	for (unsigned i = 1; i <= 2 * stat.slots; i++) {
		mb_pfn_t pfn = BLOCK_PFN + i * BLOCK_PAGES;
		at = mb_window_open(ring, pfn, MB_WINDOW_MAKE, zone);
		mb_pageinit_pfns(at, pfn, pfn + BLOCK_PAGES, zone->type, 0);
		mb_window_close(ring, MB_WINDOW_FRESH, NULL);
	}
	assert_int_equal(mb_buddy_check(zone, &err), 0);
	assert_int_equal(mb_memmodel_page_to_pfn(&c.boot->model,
						 mb_buddy_alloc(zone, 9, MB_MIGRATE_MOVABLE)),
			 BLOCK_PFN + BLOCK_PAGES / 2);
	window_case_fini(&c);
}

/* Blocks of [start, end) that have memory of their own. */
static unsigned count_private(const struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end)
{
	struct mb_window_told told;
	unsigned count = 0;

	for (mb_pfn_t pfn = start; pfn < end; pfn += BLOCK_PAGES)
		count += !mb_window_tells(boot, pfn, end, &told);
	return count;
}

/*
 * 32 blocks below 4 GiB and 512 above it: where the window has twice as many slots, the low blocks stay, in memory that was
 * backed before; else they take their turns as all others do.
 */
static void small_low_zones_stay(void **state)
{
	static const struct {
		uint64_t slots;
		bool stay;
	} rows[] = {{16, false}, {63, false}, {64, true}, {128, true}};

	for (unsigned i = 0; i < 2 * MB_ARRAY_SIZE(rows); i++) {
		uint64_t slots = rows[i / 2].slots;
		struct mb_window_stat stat;
		struct window_case c;
		struct mb_boot_config config = window_case_init(
			&c, "arch=x86_64 section=128M node0=128M@0+2G@4G node0.cpus=0");
		unsigned backed;

		config.policy = i % 2 ? MB_POLICY_DEFERRED : MB_POLICY_EAGER;
		config.window_bytes = slots * BLOCK_PAGES * 64;
		assert_int_equal(window_case_run(&c, &config, &mb_fault_stage), 0);
		backed = c.plain.nr_back;
		assert_int_equal(mb_boot_run_until(c.boot, &mb_handoff_stage), 0);
		assert_int_equal(c.plain.nr_back, backed);
		assert_int_equal(mb_window_stats(c.boot, &stat, 1), 1);
		assert_int_equal(stat.slots, slots);
		if (config.policy == MB_POLICY_EAGER)
			assert_true(stat.turns > 2 * slots);
		if (rows[i / 2].stay)
			assert_int_equal(count_private(c.boot, 0, 32 * BLOCK_PAGES), 32);
		else
			assert_true(count_private(c.boot, 0, 32 * BLOCK_PAGES) < 4);
		assert_true(count_private(c.boot, 4 * MB_GIB >> 12, 6 * MB_GIB >> 12) < 8);
		window_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_equal_memory),
		cmocka_unit_test(mirrored_memory_of_nodes_in_turns),
		cmocka_unit_test(half_a_block_stays),
		cmocka_unit_test(small_low_zones_stay),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
