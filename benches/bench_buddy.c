/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/team.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/buddy.h"
#include "core/memmodel.h"
#include "core/page_flags.h"
#include "core/pageinit.h"
#include "reports/stats.h"

/*
 * Hand-over to the buddy (__free_pages_core) by the rules of 6.12: a zone whose descriptors memmap_init has made
 * goes to the page allocator as a whole, cut into blocks of one order; with several threads each has
 * its part of the zone, and all share the zone's lock. Before each round the zone is made as it was, untimed.
 */
#define KERNEL     "6.12"
#define ROUNDS     15
#define PAGE       64 /* bytes of the descriptor */
#define EXTRA_GOAL 0.02
#define UNCHECKED  " cmdline='init_on_alloc=0'"

/* What a round of the ratio measures. */
enum {
	PAST_RATIO,
	PAST_RATIO_ONCE,
	PAST_INIT,
	PAST_HANDOVER,
	PAST_STORES,
	PAST_ONCE,
	NR_PAST,
};

struct handover {
	struct mb_zone *zone; /* first: a test looks for it here */
	struct mb_boot *boot;
	const struct mb_memmodel *model;
	unsigned order, threads;
	/* Of the ratio's rounds; the newest ones when there are very many. */
	uint64_t round;
	double past[NR_PAST][64];
};

enum blocks {
	BY_PAGE,
	BY_PAGEBLOCK,
	BY_LARGEST,
};

static const struct kind {
	const char *name, *summary;
	enum blocks blocks;
	const char *cmdline; /* appended to the machine's text */
} kinds[] = {
	{"handoff/page", "pages one by one, each under the zone's lock", BY_PAGE, ""},
	{"handoff/pageblock", "pageblocks, as the deferred part of 6.1 goes", BY_PAGEBLOCK, ""},
	{"handoff/largest", "blocks of the largest order", BY_LARGEST, ""},
	{"handoff/unchecked", "the same without the look at every page: init_on_alloc=0",
	 BY_LARGEST, UNCHECKED},
};

/* --- the zone --- */

/* One zone, as large as its descriptors fill the arena. */
static char *machine_text(const struct mb_bench_run *run, const char *cmdline)
{
	uint64_t mib = run->env->arena_bytes / PAGE * 4096 / MB_MIB;
	struct mb_strbuf text = {0};

	mb_strbuf_addf(
		&text,
		"arch=x86_64 page=4K section=128M phys-bits=52 node0=%lluM@4G node0.cpus=0%s",
		(unsigned long long)mib, cmdline);
	return mb_strbuf_take(&text);
}

static int open_zone(struct mb_bench_run *run, const char *cmdline)
{
	const struct mb_boot_config config = {.profile = mb_profile_find(KERNEL),
					      .policy = MB_POLICY_EAGER};
	struct handover *handover = calloc(1, sizeof(*handover));
	char *text = machine_text(run, cmdline);
	int rc = -ENOMEM;

	run->data = handover;
	if (handover && text)
		rc = mb_ground_open(run->env, text, &run->err, &run->ground);
	free(text);
	if (!rc)
		rc = mb_boots_until(run->ground, config, &mb_pageinit_stage, &run->err,
				    &handover->boot);
	if (rc)
		return rc;
	handover->zone = mb_zone_of(handover->boot, 0, MB_ZONE_NORMAL);
	handover->model = mb_memmodel_of(handover->boot);
	run->pages = handover->zone->spanned;
	return 0;
}

/* The buddy has nothing of the zone. */
static void empty(struct mb_zone *zone)
{
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++) {
		zone->free_area[order].nr_free = 0;
		for (unsigned type = 0; type < MB_MIGRATE_TYPES; type++)
			mb_list_init(&zone->free_area[order].free_list[type]);
	}
	zone->free_pages = zone->bad_pages = 0;
	atomic_store_explicit(&zone->managed, 0, memory_order_relaxed);
}

static void init_pages(const struct handover *handover)
{
	const struct mb_zone *zone = handover->zone;
	mb_pfn_t end = mb_zone_end_pfn(zone), next;

	for (mb_pfn_t pfn = zone->start_pfn; pfn < end; pfn = next) {
		next = mb_memmodel_section_end(handover->model, pfn, end);
		mb_pageinit_pfns(handover->model, pfn, next, zone->type, zone->nid);
	}
}

/* --- what is timed --- */

/* A thread's part: whole blocks of the largest order. */
static int hand_over(void *arg, unsigned index, unsigned threads)
{
	const struct handover *handover = arg;
	struct mb_zone *zone = handover->zone;
	unsigned largest = handover->model->geo.max_order;
	uint64_t blocks = zone->spanned >> largest;
	mb_pfn_t pfn = zone->start_pfn + (blocks * index / handover->threads << largest), next;
	mb_pfn_t end =
		index + 1 == handover->threads
			? mb_zone_end_pfn(zone)
			: zone->start_pfn + (blocks * (index + 1) / handover->threads << largest);

	for (; pfn < end; pfn = next) {
		next = mb_memmodel_section_end(handover->model, pfn, end);
		mb_buddy_release_range(zone, pfn, next, handover->order);
	}
	return 0;
}

/*
 * All that hand-over by the largest order stores in a block, in its order: the kernel goes through the pages twice,
 * the second time for their flags. once: what is left of that in the end, in one go.
 */
static inline void store_block(struct mb_zone *zone, struct mb_page *head, unsigned order,
			       bool once)
{
	struct mb_free_area *area = &zone->free_area[order];
	const struct mb_page *end = mb_page_at(head, INT64_C(1) << order, PAGE);
	uint64_t first = once ? MB_PAGE_FLAGS_CLEARED : MB_PAGE_FLAG(RESERVED);

	for (struct mb_page *page = head; page < end; page = mb_page_at(page, 1, PAGE)) {
		page->flags &= ~first;
		page->refcount = 0;
	}
	for (struct mb_page *page = head; !once && page < end; page = mb_page_at(page, 1, PAGE))
		page->flags &= ~MB_PAGE_FLAGS_CLEARED;
	head->private = order;
	head->page_type = zone->model->layout.buddy_type;
	mb_list_add_tail(&head->lru, &area->free_list[MB_MIGRATE_MOVABLE]);
	area->nr_free++;
	zone->free_pages += UINT64_C(1) << order;
	atomic_fetch_add_explicit(&zone->managed, UINT64_C(1) << order, memory_order_relaxed);
}

static inline void store_blocks(const struct handover *handover, bool once)
{
	unsigned order = handover->model->geo.max_order;
	mb_pfn_t end = mb_zone_end_pfn(handover->zone);
	struct mb_page *page = mb_memmodel_pfn_to_page(handover->model, handover->zone->start_pfn);

	for (mb_pfn_t pfn = handover->zone->start_pfn; pfn < end; pfn += UINT64_C(1) << order) {
		store_block(handover->zone, page, order, once);
		page = mb_page_at(page, INT64_C(1) << order, PAGE);
	}
}

static int store(void *arg, unsigned index, unsigned threads)
{
	store_blocks(arg, false);
	return 0;
}

static int store_once(void *arg, unsigned index, unsigned threads)
{
	store_blocks(arg, true);
	return 0;
}

static int init_once(void *arg, unsigned index, unsigned threads)
{
	init_pages(arg);
	return 0;
}

static int time_one(struct mb_bench_run *run, mb_team_fn *fn, uint64_t *ret_ns)
{
	struct handover *handover = run->data;

	return mb_team_run(run->ground, handover->threads, fn, handover, &run->err, ret_ns);
}

/* On a zone as memmap_init leaves it. */
static int run_fresh(struct mb_bench_run *run, mb_team_fn *fn, uint64_t *ret_ns)
{
	struct handover *handover = run->data;

	empty(handover->zone);
	init_pages(handover);
	return time_one(run, fn, ret_ns);
}

/* --- is the result right? --- */

static int validate(struct mb_bench_run *run)
{
	const struct handover *handover = run->data;
	struct mb_zone *zone = handover->zone;
	int rc = mb_buddy_check(zone, &run->err);

	if (!rc && (zone->free_pages != zone->spanned || mb_zone_managed(zone) != zone->spanned))
		rc = MB_FAIL(&run->err, -EUCLEAN,
			     "%llu pages are free and %llu managed, %llu were handed over",
			     (unsigned long long)zone->free_pages,
			     (unsigned long long)mb_zone_managed(zone),
			     (unsigned long long)zone->spanned);
	return rc;
}

static void teardown(struct mb_bench_run *run)
{
	struct handover *handover = run->data;

	if (handover)
		mb_boot_free(handover->boot);
	free(handover);
}

/* --- hand-over by order and thread --- */

static int kind_setup(struct mb_bench_run *run)
{
	const struct kind *kind = run->row->param;
	int rc = open_zone(run, kind->cmdline);
	struct handover *handover = run->data;

	if (rc)
		return rc;
	const unsigned orders[] = {
		[BY_PAGE] = 0,
		[BY_PAGEBLOCK] = handover->model->geo.pageblock_order,
		[BY_LARGEST] = handover->model->geo.max_order,
	};

	handover->order = orders[kind->blocks];
	handover->threads = mb_team_size(run->env, run->arg);
	return 0;
}

static int kind_run(struct mb_bench_run *run)
{
	return run_fresh(run, hand_over, &run->ns);
}

/* --- against its stores alone --- */

static int single_setup(struct mb_bench_run *run)
{
	int rc = open_zone(run, run->row->param);
	struct handover *handover = run->data;

	if (rc)
		return rc;
	handover->order = handover->model->geo.max_order;
	handover->threads = 1;
	return 0;
}

static int stores_run(struct mb_bench_run *run)
{
	return run_fresh(run, store, &run->ns);
}

static int stores_once_run(struct mb_bench_run *run)
{
	return run_fresh(run, store_once, &run->ns);
}

/* Initialisation; then in turns, each on a fresh zone, hand-over and both kinds of its stores. */
static int ratio_run(struct mb_bench_run *run)
{
	static mb_team_fn *const fns[] = {hand_over, store, store_once};
	struct handover *handover = run->data;
	size_t slot = handover->round % MB_ARRAY_SIZE(handover->past[0]);
	uint64_t init = 1, ns[3] = {0};
	int rc = time_one(run, init_once, &init);

	for (unsigned i = 0; !rc && i < 3; i++) {
		unsigned which = (handover->round + i) % 3;

		rc = run_fresh(run, fns[which], &ns[which]);
		if (!rc)
			rc = validate(run);
	}
	handover->past[PAST_RATIO][slot] = ((double)ns[0] - (double)ns[1]) / (double)init;
	handover->past[PAST_RATIO_ONCE][slot] = ((double)ns[0] - (double)ns[2]) / (double)init;
	handover->past[PAST_INIT][slot] = (double)init;
	handover->past[PAST_HANDOVER][slot] = (double)ns[0];
	handover->past[PAST_STORES][slot] = (double)ns[1];
	handover->past[PAST_ONCE][slot] = (double)ns[2];
	handover->round++;
	run->ns = ns[0];
	return rc;
}

static int ratio_report(struct mb_bench_run *run)
{
	static const char *const names[NR_PAST] = {
		[PAST_RATIO] = "ratio",         [PAST_RATIO_ONCE] = "ratio_once",
		[PAST_INIT] = "memmap_init_ns", [PAST_HANDOVER] = "handoff_ns",
		[PAST_STORES] = "stores_ns",    [PAST_ONCE] = "stores_once_ns",
	};
	const struct handover *handover = run->data;
	size_t count = mb_min(handover->round, MB_ARRAY_SIZE(handover->past[0]));
	struct mb_stats stats;

	for (unsigned i = 0; i < NR_PAST; i++) {
		if (mb_stats_summarise(handover->past[i], count, &stats))
			return MB_FAIL(&run->err, -ENOMEM, "out of memory");
		mb_bench_count(run, names[i], stats.median);
	}
	return 0;
}

/* --- rows --- */

static const struct single {
	const char *name, *summary, *cmdline;
	int (*run)(struct mb_bench_run *run);
	int (*report)(struct mb_bench_run *run);
	bool goal;
} singles[] = {
	{"stores", "what hand-over by the largest order stores, in its order, and nothing else", "",
	 stores_run, NULL, false},
	{"stores_once", "what is left of it in the end, in one go", "", stores_once_run, NULL,
	 false},
	{"ratio/largest", "hand-over less its stores, as a part of memmap_init", "", ratio_run,
	 ratio_report, true},
	{"ratio/unchecked", "the same without the look at every page", UNCHECKED, ratio_run,
	 ratio_report, true},
};

static void fill_kind(const struct kind *kind, struct mb_bench *row)
{
	row->name = kind->name;
	row->summary = kind->summary;
	row->arg_name = "threads";
	row->args = mb_team_args;
	row->nr_args = MB_TEAM_MAX_ARGS;
	row->offer = mb_team_row_offer;
	row->arg_text = mb_team_arg_text;
	row->param = kind;
	row->setup = kind_setup;
	row->run = kind_run;
}

static void fill_single(const struct single *single, struct mb_bench *row)
{
	row->name = single->name;
	row->summary = single->summary;
	row->param = single->cmdline;
	row->goal = single->goal ? "ratio" : NULL;
	row->goal_max = single->goal ? EXTRA_GOAL : 0;
	row->setup = single_setup;
	row->run = single->run;
	row->report = single->report;
}

bool mb_bench_buddy_row(size_t index, struct mb_bench *ret_row)
{
	struct mb_bench row = {
		.group = "buddy",
		.temperature = MB_BENCH_WARM,
		.rounds = ROUNDS,
		.validate = validate,
		.teardown = teardown,
	};

	if (index < MB_ARRAY_SIZE(kinds))
		fill_kind(&kinds[index], &row);
	else if ((index -= MB_ARRAY_SIZE(kinds)) < MB_ARRAY_SIZE(singles))
		fill_single(&singles[index], &row);
	else
		return false;
	*ret_row = row;
	return true;
}
