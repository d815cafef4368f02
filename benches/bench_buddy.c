/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/zonework.h"
#include "core/base/align.h"
#include "core/buddy.h"
#include "core/memmodel.h"
#include "core/page_flags.h"
#include "reports/stats.h"

/*
 * Hand-over to the buddy (__free_pages_core): a zone whose descriptors memmap_init has made
 * goes to the page allocator as a whole, by a rule of benches/release.h; with several threads each has
 * its part of the zone, and all share the zone's lock. Before each round the zone is made as it was, untimed.
 */
#define ROUNDS     15
#define EXTRA_GOAL 0.02

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
	struct mb_zonework work; /* first: a test looks for its zone here */
	unsigned threads;
	/* Of the ratio's rounds; the newest ones when there are very many. */
	uint64_t round;
	double past[NR_PAST][64];
};

/* --- what is timed --- */

/*
 * All that hand-over by the largest order stores in a block, in its order: the kernel goes through the pages twice,
 * the second time for their flags. once: what is left of that in the end, in one go.
 */
static inline void store_block(struct mb_zone *zone, struct mb_page *head, unsigned order,
			       bool once)
{
	struct mb_free_area *area = &zone->free_area[order];
	const struct mb_page *end = mb_page_at(head, INT64_C(1) << order, MB_ZONEWORK_PAGE);
	uint64_t first = once ? MB_PAGE_FLAGS_CLEARED : MB_PAGE_FLAG(RESERVED);

	for (struct mb_page *page = head; page < end;
	     page = mb_page_at(page, 1, MB_ZONEWORK_PAGE)) {
		page->flags &= ~first;
		page->refcount = 0;
	}
	for (struct mb_page *page = head; !once && page < end;
	     page = mb_page_at(page, 1, MB_ZONEWORK_PAGE))
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
	const struct mb_memmodel *model = handover->work.model;
	struct mb_zone *zone = handover->work.zone;
	unsigned order = model->geo.max_order;
	mb_pfn_t end = mb_zone_end_pfn(zone);
	struct mb_page *page = mb_memmodel_pfn_to_page(model, zone->start_pfn);

	for (mb_pfn_t pfn = zone->start_pfn; pfn < end; pfn += UINT64_C(1) << order) {
		store_block(zone, page, order, once);
		page = mb_page_at(page, INT64_C(1) << order, MB_ZONEWORK_PAGE);
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
	struct handover *handover = arg;

	mb_zonework_init(&handover->work);
	return 0;
}

/* ret_ns NULL: it is what the round measures. */
static int time_one(struct mb_bench_run *run, mb_team_fn *fn, uint64_t *ret_ns)
{
	if (!ret_ns)
		return mb_team_measure(run, 1, fn, run->data);
	return mb_team_run(run->ground, 1, fn, run->data, &run->err, ret_ns);
}

/* On a zone as memmap_init leaves it; fn NULL: the hand-over. */
static int run_fresh(struct mb_bench_run *run, mb_team_fn *fn, uint64_t *ret_ns)
{
	struct handover *handover = run->data;

	mb_zonework_empty(&handover->work);
	mb_zonework_init(&handover->work);
	if (fn)
		return time_one(run, fn, ret_ns);
	return mb_zonework_release(&handover->work, run, handover->threads, ret_ns);
}

static int open_zone(struct mb_bench_run *run, unsigned threads)
{
	struct handover *handover = calloc(1, sizeof(*handover));

	if (!handover)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = handover;
	run->threads = handover->threads = threads;
	return mb_zonework_open(run, run->row->param, &handover->work);
}

static int validate(struct mb_bench_run *run)
{
	const struct handover *handover = run->data;

	return mb_zonework_validate(&handover->work, run);
}

static void teardown(struct mb_bench_run *run)
{
	struct handover *handover = run->data;

	if (handover)
		mb_zonework_close(&handover->work);
	free(handover);
}

/* --- hand-over by rule and thread --- */

static int kind_setup(struct mb_bench_run *run)
{
	return open_zone(run, mb_team_size(run->env, run->arg));
}

static int kind_run(struct mb_bench_run *run)
{
	return run_fresh(run, NULL, NULL);
}

/* --- against its stores alone --- */

static int single_setup(struct mb_bench_run *run)
{
	return open_zone(run, 1);
}

static int stores_run(struct mb_bench_run *run)
{
	return run_fresh(run, store, NULL);
}

static int stores_once_run(struct mb_bench_run *run)
{
	return run_fresh(run, store_once, NULL);
}

/* Initialisation; then in turns, each on a fresh zone, hand-over and both kinds of its stores. */
static int ratio_run(struct mb_bench_run *run)
{
	static mb_team_fn *const fns[] = {NULL, store, store_once};
	struct handover *handover = run->data;
	size_t slot = handover->round % MB_ARRAY_SIZE(handover->past[0]);
	uint64_t init = 1, ns[3] = {0};
	int rc = time_one(run, init_once, &init);

	for (unsigned i = 0; !rc && i < 3; i++) {
		unsigned which = (handover->round + i) % 3;

		rc = run_fresh(run, fns[which], which ? &ns[which] : NULL);
		if (!rc)
			rc = validate(run);
	}
	ns[0] = run->ns;
	handover->past[PAST_RATIO][slot] = ((double)ns[0] - (double)ns[1]) / (double)init;
	handover->past[PAST_RATIO_ONCE][slot] = ((double)ns[0] - (double)ns[2]) / (double)init;
	handover->past[PAST_INIT][slot] = (double)init;
	handover->past[PAST_HANDOVER][slot] = (double)ns[0];
	handover->past[PAST_STORES][slot] = (double)ns[1];
	handover->past[PAST_ONCE][slot] = (double)ns[2];
	handover->round++;
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
	const char *name, *variant, *summary, *rule;
	int (*run)(struct mb_bench_run *run);
	int (*report)(struct mb_bench_run *run);
} singles[] = {
	{"stores", NULL,
	 "what hand-over by the largest order stores, in its order, and nothing else", "largest",
	 stores_run, NULL},
	{"stores_once", NULL, "what is left of it in the end, in one go", "largest",
	 stores_once_run, NULL},
	{"ratio", "largest", "hand-over less its stores, as a part of memmap_init", "largest",
	 ratio_run, ratio_report},
	{"ratio", "unchecked", "the same without the look at every page", "unchecked", ratio_run,
	 ratio_report},
};

static void fill_kind(const struct mb_release_rule *rule, struct mb_bench *row)
{
	row->name = "handoff";
	row->variant = rule->name;
	row->summary = rule->summary;
	row->arg_name = "threads";
	row->args = mb_team_args;
	row->nr_args = MB_TEAM_MAX_ARGS;
	row->offer = mb_team_row_offer;
	row->arg_text = mb_team_arg_text;
	row->param = rule;
	row->setup = kind_setup;
	row->run = kind_run;
}

static void fill_single(const struct single *single, struct mb_bench *row)
{
	row->name = single->name;
	row->variant = single->variant;
	row->summary = single->summary;
	row->param = mb_release_find(single->rule);
	row->goal = single->report ? "ratio" : NULL;
	row->goal_max = single->report ? EXTRA_GOAL : 0;
	row->setup = single_setup;
	row->run = single->run;
	row->report = single->report;
}

bool mb_bench_buddy_row(size_t index, struct mb_bench *ret_row)
{
	const struct mb_release_rule *rule;
	struct mb_bench row = {
		.group = "buddy",
		.temperature = MB_BENCH_WARM,
		.rounds = ROUNDS,
		.validate = validate,
		.teardown = teardown,
	};
	size_t nr_rules = 0;

	while ((rule = mb_release_rule(nr_rules)) && nr_rules < index)
		nr_rules++;
	if (rule)
		fill_kind(rule, &row);
	else if (index - nr_rules < MB_ARRAY_SIZE(singles))
		fill_single(&singles[index - nr_rules], &row);
	else
		return false;
	*ret_row = row;
	return true;
}
