/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/team.h"
#include "core/base/align.h"
#include "core/memmodel.h"
#include "core/pcp.h"
#include "core/watermark.h"

/*
 * Pages through a CPU's lists, and without them straight from the buddy, which takes the zone's lock for each.
 * Pairs: a block is taken and given back, again and again. Bursts: many are taken before the first comes
 * back, more than the lists keep. Threads: each takes and gives back a few pages at a time, on a CPU of its own.
 */
#define KERNEL      "6.12"
#define ROUNDS      15
#define TYPE        MB_MIGRATE_MOVABLE
#define PAIRS       1000
#define BURST_PAGES 8192 /* at most 512 blocks */
#define MAX_BURST   512
#define FEW         16 /* pages that a thread holds at a time */
#define REPEATS     200

struct pcp {
	struct mb_zone *zone; /* first: a test looks for it here */
	struct mb_boot *boot;
	const struct kind *kind;
	unsigned order, threads;
	uint64_t free_pages; /* with empty pagesets */
};

struct kind {
	const char *name, *summary;
	int (*work)(void *arg, unsigned index, unsigned threads);
	uint64_t (*operations)(const struct pcp *pcp); /* of a round */
	bool threads; /* the argument: number of threads, else order */
};

static inline struct mb_page *take(const struct pcp *pcp, bool pagesets, unsigned cpu,
				   unsigned order)
{
	return pagesets ? mb_pcp_alloc(pcp->zone, cpu, order, TYPE)
			: mb_buddy_alloc(pcp->zone, order, TYPE);
}

static inline void give(const struct pcp *pcp, bool pagesets, unsigned cpu, struct mb_page *page,
			unsigned order)
{
	if (pagesets)
		mb_pcp_free(pcp->zone, cpu, page, order);
	else
		mb_buddy_free(pcp->zone, page, order);
}

/* --- what is timed --- */

static inline int pairs(const struct pcp *pcp, bool pagesets)
{
	for (unsigned i = 0; i < PAIRS; i++) {
		struct mb_page *page = take(pcp, pagesets, 0, pcp->order);

		if (!page || page->refcount != 1)
			return -EUCLEAN;
		give(pcp, pagesets, 0, page, pcp->order);
	}
	return 0;
}

static size_t burst_blocks(unsigned order)
{
	return mb_min(MAX_BURST, BURST_PAGES >> order);
}

static inline int burst(const struct pcp *pcp, bool pagesets)
{
	size_t count = burst_blocks(pcp->order);
	struct mb_page *pages[MAX_BURST];

	for (size_t i = 0; i < count; i++) {
		pages[i] = take(pcp, pagesets, 0, pcp->order);
		if (!pages[i] || pages[i]->refcount != 1)
			return -EUCLEAN;
	}
	for (size_t i = 0; i < count; i++)
		give(pcp, pagesets, 0, pages[i], pcp->order);
	return 0;
}

static inline int few(const struct pcp *pcp, bool pagesets, unsigned cpu)
{
	struct mb_page *pages[FEW];

	for (unsigned repeat = 0; repeat < REPEATS; repeat++) {
		for (unsigned i = 0; i < FEW; i++) {
			pages[i] = take(pcp, pagesets, cpu, 0);
			if (!pages[i] || pages[i]->refcount != 1)
				return -EUCLEAN;
		}
		for (unsigned i = 0; i < FEW; i++)
			give(pcp, pagesets, cpu, pages[i], 0);
	}
	return 0;
}

static int pairs_with(void *arg, unsigned index, unsigned threads)
{
	return pairs(arg, true);
}

static int pairs_without(void *arg, unsigned index, unsigned threads)
{
	return pairs(arg, false);
}

static int burst_with(void *arg, unsigned index, unsigned threads)
{
	return burst(arg, true);
}

static int burst_without(void *arg, unsigned index, unsigned threads)
{
	return burst(arg, false);
}

static int few_with(void *arg, unsigned index, unsigned threads)
{
	return few(arg, true, index);
}

static int few_without(void *arg, unsigned index, unsigned threads)
{
	return few(arg, false, index);
}

static uint64_t operations_of_pairs(const struct pcp *pcp)
{
	return 2 * PAIRS;
}

static uint64_t operations_of_burst(const struct pcp *pcp)
{
	return 2 * burst_blocks(pcp->order);
}

static uint64_t operations_of_few(const struct pcp *pcp)
{
	return UINT64_C(2) * FEW * REPEATS * pcp->threads;
}

static const struct kind kinds[] = {
	{"pair/with", "a block taken and given back at once, through the CPU's lists", pairs_with,
	 operations_of_pairs, false},
	{"pair/without", "the same straight from the buddy", pairs_without, operations_of_pairs,
	 false},
	{"burst/with", "more blocks than the CPU's lists keep, taken and then given back",
	 burst_with, operations_of_burst, false},
	{"burst/without", "the same straight from the buddy", burst_without, operations_of_burst,
	 false},
	{"threads/with", "16 pages at a time by each thread, through its CPU's lists", few_with,
	 operations_of_few, true},
	{"threads/without", "the same straight from the buddy, on one lock", few_without,
	 operations_of_few, true},
};

/* --- a round --- */

static int boot(struct mb_bench_run *run)
{
	const struct mb_boot_config config = {.profile = mb_profile_find(KERNEL),
					      .policy = MB_POLICY_EAGER};
	struct pcp *pcp = run->data;
	char text[128];
	int rc;

	snprintf(text, sizeof(text),
		 "arch=x86_64 page=4K section=128M phys-bits=52 node0=1G@4G node0.cpus=0-%u",
		 (unsigned)mb_max(8, mb_team_size(run->env, MB_TEAM_ALL)) - 1);
	rc = mb_ground_open(run->env, text, &run->err, &run->ground);
	if (!rc)
		rc = mb_boots_until(run->ground, config, &mb_watermark_stage, &run->err,
				    &pcp->boot);
	return rc;
}

static int setup(struct mb_bench_run *run)
{
	struct pcp *pcp = calloc(1, sizeof(*pcp));
	int rc = -ENOMEM;

	run->data = pcp;
	if (pcp)
		rc = boot(run);
	if (rc)
		return rc;
	pcp->kind = run->row->param;
	pcp->zone = mb_zone_of(pcp->boot, 0, MB_ZONE_NORMAL);
	mb_pcp_drain(pcp->boot);
	pcp->free_pages = pcp->zone->free_pages;
	pcp->threads = 1;
	if (pcp->kind->threads)
		pcp->threads = mb_team_size(run->env, run->arg);
	else
		pcp->order = (unsigned)run->arg;
	run->ops = pcp->kind->operations(pcp);
	return rc;
}

static int run_once(struct mb_bench_run *run)
{
	struct pcp *pcp = run->data;

	return mb_team_measure(run, pcp->threads, pcp->kind->work, pcp);
}

/* Once the CPUs' lists are empty, the zone has all pages that it had. */
static int validate(struct mb_bench_run *run)
{
	struct pcp *pcp = run->data;
	int rc = mb_pcp_stage.check(pcp->boot);

	if (rc) {
		run->err = *mb_boot_err(pcp->boot);
		return rc;
	}
	mb_pcp_drain(pcp->boot);
	rc = mb_buddy_check(pcp->zone, &run->err);
	if (!rc && pcp->zone->free_pages != pcp->free_pages)
		rc = MB_FAIL(&run->err, -EUCLEAN, "%llu pages are free, %llu were before",
			     (unsigned long long)pcp->zone->free_pages,
			     (unsigned long long)pcp->free_pages);
	return rc;
}

static void teardown(struct mb_bench_run *run)
{
	struct pcp *pcp = run->data;

	if (pcp)
		mb_boot_free(pcp->boot);
	free(pcp);
}

/* Those that the lists keep: up to the costly order, and huge pages. */
static const int64_t orders[] = {0, 1, 2, 3, 9};

bool mb_bench_pcp_row(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(kinds))
		return false;
	*ret_row = (struct mb_bench){
		.group = "pcp",
		.name = kinds[index].name,
		.summary = kinds[index].summary,
		.temperature = MB_BENCH_WARM,
		.arg_name = "order",
		.args = orders,
		.nr_args = MB_ARRAY_SIZE(orders),
		.rounds = ROUNDS,
		.param = &kinds[index],
		.setup = setup,
		.run = run_once,
		.validate = validate,
		.teardown = teardown,
	};
	if (kinds[index].threads) {
		ret_row->arg_name = "threads";
		ret_row->args = mb_team_args;
		ret_row->nr_args = MB_TEAM_MAX_ARGS;
		ret_row->offer = mb_team_row_offer;
		ret_row->arg_text = mb_team_arg_text;
	}
	return true;
}
