/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/share.h"
#include "benches/zonework.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/buddy.h"
#include "core/deferred.h"
#include "core/memmodel.h"
#include "core/pageinit.h"
#include "reports/stats.h"

/*
 * What the deferred stage of a boot adds to its parts: its time over that of initialising as many descriptors and of handing as
 * many pages over, by as many threads in the same chunks, one after the other. The boot's descriptors were touched before, by its
 * own step for that. Stage and parts take turns within a round and change their order from round to round.
 */
#define ROUNDS        15
#define KERNEL        "6.12" /* as benches/zonework.h */
#define SECTION_PAGES (128 * MB_MIB / 4096)
#define MIN_MIB       1024 /* of memory: less has nothing to defer */
#define GOAL          1.1

enum {
	PAST_RATIO,
	PAST_DEFERRED,
	PAST_INIT,
	PAST_HANDOVER,
	NR_PAST,
};

struct parts {
	struct mb_zonework work; /* first: a test looks for its zone here */
	unsigned threads;
	struct mb_boot_config config;
	struct mb_bench_run other; /* what the parts stand on */
	struct mb_share *share;    /* of as many pages as the stage has; after the first round */
	uint64_t pages, chunks;
	/* Of the rounds; the newest ones when there are very many. */
	uint64_t round;
	double past[NR_PAST][64];
};

static int open_boot(struct mb_bench_run *run)
{
	uint64_t mib = mb_max(run->env->arena_bytes / MB_ZONEWORK_PAGE * 4096 / MB_MIB, MIN_MIB);
	struct mb_strbuf text = {0};
	int rc;

	mb_strbuf_addf(&text,
		       "arch=x86_64 page=4K section=128M phys-bits=52 node0=%lluM@4G node0.cpus=0",
		       (unsigned long long)mib);
	rc = text.error ? MB_FAIL(&run->err, -ENOMEM, "out of memory")
			: mb_ground_open(run->env, mb_strbuf_text(&text), &run->err, &run->ground);
	mb_strbuf_fini(&text);
	return rc;
}

static int setup(struct mb_bench_run *run)
{
	struct parts *parts = calloc(1, sizeof(*parts));
	struct mb_bench_env env;
	int rc;

	if (!parts)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = parts;
	run->own_clock = true;
	run->threads = parts->threads = mb_team_size(run->env, run->arg);
	parts->config = (struct mb_boot_config){
		.profile = mb_profile_find(KERNEL),
		.policy = MB_POLICY_DEFERRED,
		.threads = parts->threads,
	};
	rc = open_boot(run);
	if (rc)
		return rc;
	env = *run->env;
	env.arena_bytes = mb_max(env.arena_bytes, MIN_MIB * MB_MIB / 4096 * MB_ZONEWORK_PAGE);
	parts->other.env = &env;
	rc = mb_zonework_open(&parts->other, mb_release_find("largest"), &parts->work);
	parts->other.env = run->env;
	if (rc)
		run->err = parts->other.err;
	return rc;
}

/* --- the stage --- */

static const struct mb_stage *stage_before_deferred(void)
{
	const struct mb_stage *before = NULL;

	for (size_t i = 0; mb_boot_stages[i] != &mb_deferred_stage; i++)
		before = mb_boot_stages[i];
	return before;
}

static const struct mb_stage_stat *find_stat(const struct mb_boot *boot)
{
	size_t count;
	const struct mb_stage_stat *stat = mb_boot_stats(boot, &count);

	while (stat->stage != &mb_deferred_stage)
		stat++;
	return stat;
}

/* What the parts need to know of it, the same in each round. */
static int learn(struct mb_bench_run *run, const struct mb_stage_stat *stat)
{
	struct parts *parts = run->data;

	if (parts->share && (parts->pages != stat->pages || parts->chunks != stat->nodes->chunks))
		return MB_FAIL(&run->err, -EUCLEAN,
			       "a round has %llu pages in %llu chunks, another %llu in %llu",
			       (unsigned long long)parts->pages, (unsigned long long)parts->chunks,
			       (unsigned long long)stat->pages,
			       (unsigned long long)stat->nodes->chunks);
	if (parts->share)
		return 0;
	run->pages = parts->pages = stat->pages;
	parts->chunks = stat->nodes->chunks;
	if (!parts->pages || parts->pages > parts->work.zone->spanned)
		return MB_FAIL(&run->err, -EUCLEAN, "%llu pages were deferred",
			       (unsigned long long)parts->pages);
	parts->share = mb_share_new(mb_share_rule(0), parts->pages, SECTION_PAGES, parts->threads,
				    parts->chunks > 1 ? 0 : parts->pages);
	return parts->share ? 0 : MB_FAIL(&run->err, -ENOMEM, "out of memory");
}

static int time_stage(struct mb_bench_run *run, uint64_t *ret_ns)
{
	const struct parts *parts = run->data;
	struct mb_boot *boot = NULL;
	int rc = mb_boots_until(run->ground, parts->config, stage_before_deferred(), &run->err,
				&boot);

	if (rc)
		return rc;
	rc = mb_boot_run_until(boot, &mb_deferred_stage);
	if (!rc)
		rc = mb_deferred_check(boot);
	if (rc) {
		run->err = *mb_boot_err(boot);
		mb_ground_add_reason(run->ground, &run->err);
	} else {
		*ret_ns = mb_max(find_stat(boot)->ns, 1);
		mb_bench_add_part(run, mb_deferred_stage.name, -1);
		rc = learn(run, find_stat(boot));
	}
	mb_boot_free(boot);
	return rc;
}

/* --- its parts --- */

typedef void part_fn(const struct mb_zonework *work, mb_pfn_t start, mb_pfn_t end);

static void init_pages(const struct mb_zonework *work, mb_pfn_t start, mb_pfn_t end)
{
	mb_pageinit_pfns(work->model, start, end, work->zone->type, work->zone->nid);
}

static void release_pages(const struct mb_zonework *work, mb_pfn_t start, mb_pfn_t end)
{
	work->rule->release(work->zone, start, end);
}

static void take_chunks(const struct parts *parts, unsigned index, part_fn *fn)
{
	const struct mb_zonework *work = &parts->work;
	uint64_t start, end;
	mb_pfn_t next;

	while (mb_share_take(parts->share, index, &start, &end)) {
		const mb_pfn_t last = work->zone->start_pfn + end;

		for (mb_pfn_t pfn = work->zone->start_pfn + start; pfn < last; pfn = next) {
			next = mb_memmodel_section_end(work->model, pfn, last);
			fn(work, pfn, next);
		}
	}
}

static int init_part(void *arg, unsigned index, unsigned threads)
{
	take_chunks(arg, index, init_pages);
	return 0;
}

static int release_part(void *arg, unsigned index, unsigned threads)
{
	take_chunks(arg, index, release_pages);
	return 0;
}

static int time_parts(struct mb_bench_run *run, uint64_t ret_ns[2])
{
	static mb_team_fn *const fns[2] = {init_part, release_part};
	struct parts *parts = run->data;
	int rc = 0;

	mb_zonework_empty(&parts->work);
	for (int i = 0; !rc && i < 2; i++) {
		mb_share_reset(parts->share);
		rc = mb_team_run(parts->other.ground, parts->threads, fns[i], parts, &run->err,
				 &ret_ns[i]);
	}
	return rc;
}

/* The first round's stage says how many pages there are, so it comes first there. */
static int compare(struct mb_bench_run *run)
{
	struct parts *parts = run->data;
	size_t slot = parts->round % MB_ARRAY_SIZE(parts->past[0]);
	bool parts_first = parts->round % 2 == 1;
	uint64_t stage = 1, part[2] = {1, 1};
	int rc = parts_first ? time_parts(run, part) : 0;

	if (!rc)
		rc = time_stage(run, &stage);
	if (!rc && !parts_first)
		rc = time_parts(run, part);
	parts->past[PAST_RATIO][slot] = (double)stage / (double)(part[0] + part[1]);
	parts->past[PAST_DEFERRED][slot] = (double)stage;
	parts->past[PAST_INIT][slot] = (double)part[0];
	parts->past[PAST_HANDOVER][slot] = (double)part[1];
	parts->round++;
	run->ns = stage;
	return rc;
}

/* --- afterwards --- */

/* The stage was checked in each round; the parts left as many pages free. */
static int validate(struct mb_bench_run *run)
{
	const struct parts *parts = run->data;
	const struct mb_zone *zone = parts->work.zone;
	int rc = mb_buddy_check(parts->work.zone, &run->err);

	if (!rc && (!parts->pages || zone->free_pages != parts->pages))
		rc = MB_FAIL(&run->err, -EUCLEAN, "%llu pages are free, %llu were handed over",
			     (unsigned long long)zone->free_pages,
			     (unsigned long long)parts->pages);
	return rc;
}

static int report(struct mb_bench_run *run)
{
	static const char *const names[NR_PAST] = {
		[PAST_RATIO] = "ratio",
		[PAST_DEFERRED] = "deferred_ns",
		[PAST_INIT] = "init_ns",
		[PAST_HANDOVER] = "handoff_ns",
	};
	const struct parts *parts = run->data;
	size_t count = mb_min(parts->round, MB_ARRAY_SIZE(parts->past[0]));
	struct mb_stats stats;

	for (unsigned i = 0; i < NR_PAST; i++) {
		if (mb_stats_summarise(parts->past[i], count, &stats))
			return MB_FAIL(&run->err, -ENOMEM, "out of memory");
		mb_bench_count(run, names[i], stats.median);
	}
	mb_bench_count(run, "chunks", (double)parts->chunks);
	return 0;
}

static void teardown(struct mb_bench_run *run)
{
	struct parts *parts = run->data;

	if (!parts)
		return;
	mb_share_free(parts->share);
	mb_zonework_close(&parts->work);
	mb_ground_close(parts->other.ground);
	free(parts);
}

bool mb_bench_deferred_row(size_t index, struct mb_bench *ret_row)
{
	if (index)
		return false;
	*ret_row = (struct mb_bench){
		.group = "boot",
		.name = "ratio",
		.variant = "deferred",
		.summary =
			"deferred_init over its descriptors' initialisation plus hand-over, in turns",
		.temperature = MB_BENCH_WARM,
		.arg_name = "threads",
		.args = mb_team_args,
		.nr_args = MB_TEAM_MAX_ARGS,
		.arg_text = mb_team_arg_text,
		.offer = mb_team_row_offer,
		.rounds = ROUNDS,
		.goal = "ratio",
		.goal_max = GOAL,
		.setup = setup,
		.run = compare,
		.validate = validate,
		.report = report,
		.teardown = teardown,
	};
	return true;
}
