/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "benches/pagework.h"
#include "benches/tally.h"
#include "benches/team.h"
#include "benches/versus.h"
#include "benches/zonework.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/counters.h"
#include "reports/result.h"

#define SECTION_PAGES (128 * MB_MIB / 4096)
#define SIZE          (&mb_page_sizes[MB_PAGE_SIZE_DEFAULT])

/* What the turns stand on. */
struct stand {
	const struct mb_variant *pair;
	struct mb_bench_run run;
	struct mb_pagework *pages; /* initialisers and chunk rules */
	struct mb_share *shares[2];
	struct mb_zonework zone; /* release rules */
};

/* --- initialisers, and rules by which workers get the pages --- */

static int open_pages(struct stand *stand)
{
	const struct mb_variant *pair = stand->pair;
	struct mb_bench_run *run = &stand->run;
	int rc = 0;

	for (int i = 0; i < 2; i++)
		if (pair[i].initialiser && !mb_initialiser_supported(pair[i].initialiser))
			return MB_FAIL(&run->err, -ENOTSUP, "%s: this CPU has no %s", pair[i].name,
				       pair[i].initialiser->needs);
	rc = mb_pagework_setup(run, mb_initialiser_row(0), SIZE, &stand->pages);
	if (rc)
		return rc;
	stand->pages->fill = mb_fill_row(0);
	for (int i = 0; i < 2 && pair[i].share; i++) {
		stand->shares[i] =
			mb_share_new(pair[i].share, run->pages, SECTION_PAGES, run->threads, 0);
		if (!stand->shares[i])
			return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int turn_pages(struct stand *stand, int which)
{
	const struct mb_variant *variant = &stand->pair[which];
	struct mb_bench_run *run = &stand->run;
	uint64_t ns;
	int rc = 0;

	if (variant->share)
		rc = mb_share_check(variant->share, run->pages, SECTION_PAGES, run->threads,
				    &run->err);
	if (rc)
		return rc;
	stand->pages->share = stand->shares[which];
	if (variant->initialiser)
		stand->pages->initialiser = variant->initialiser;
	rc = mb_pagework_fill(stand->pages, &stand->run, &ns);
	if (!rc)
		rc = mb_pagework_measure(stand->pages, &stand->run);
	return rc ? rc : mb_pagework_validate(stand->pages, &stand->run);
}

/* --- rules by which a zone's pages go to the buddy --- */

static int open_zone(struct stand *stand)
{
	int rc = mb_zonework_open(&stand->run, stand->pair[0].release, &stand->zone);

	stand->run.bytes = stand->run.pages * MB_ZONEWORK_PAGE;
	return rc;
}

static int turn_zone(struct stand *stand, int which)
{
	int rc;

	stand->zone.rule = stand->pair[which].release;
	mb_zonework_empty(&stand->zone);
	mb_zonework_init(&stand->zone);
	rc = mb_zonework_release(&stand->zone, &stand->run, stand->run.threads, NULL);
	return rc ? rc : mb_zonework_validate(&stand->zone, &stand->run);
}

static const struct ops {
	int (*open)(struct stand *stand);
	int (*turn)(struct stand *stand, int which); /* adds to the run's ns; counted and checked */
} ops[MB_NR_VARIANT_KINDS] = {
	[MB_VARIANT_INITIALISER] = {open_pages, turn_pages},
	[MB_VARIANT_SHARE] = {open_pages, turn_pages},
	[MB_VARIANT_RELEASE] = {open_zone, turn_zone},
};

static void close_stand(struct stand *stand)
{
	for (int i = 0; i < 2; i++)
		mb_share_free(stand->shares[i]);
	free(stand->pages);
	mb_zonework_close(&stand->zone);
	mb_ground_close(stand->run.ground);
	mb_tally_end(&stand->run);
}

/* --- turns --- */

/* What came of the two turns of a pair. */
struct turns {
	uint64_t ns[2];
	struct mb_tally tallies[2];
};

static int run_turn(struct stand *stand, int which, struct turns *turns)
{
	struct mb_bench_run *run = &stand->run;
	int rc;

	run->ns = 0;
	if (run->env->counters)
		mb_counters_clear(run->env->counters);
	rc = ops[stand->pair->kind].turn(stand, which);
	turns->ns[which] = run->ns;
	if (!rc && mb_tally_take(run, 1, &turns->tallies[which]))
		rc = MB_FAIL(&run->err, -ENOMEM, "out of memory");
	return rc;
}

static void clear_turns(struct turns *turns)
{
	for (int i = 0; i < 2; i++)
		mb_tally_clear(&turns->tallies[i]);
}

/* first: whose turn is first. */
static int run_pair(struct stand *stand, int first, struct turns *turns, struct mb_versus *versus)
{
	*turns = (struct turns){0};
	for (int turn = 0; turn < 2; turn++) {
		int which = turn ? !first : first, rc;

		if (mb_bench_cancelled(stand->run.env))
			return MB_FAIL(&stand->run.err, -ECANCELED, "interrupted");
		rc = run_turn(stand, which, turns);
		if (rc) {
			versus->wrong = which;
			return rc;
		}
	}
	return 0;
}

static int run_pairs(const struct mb_versus_options *options, struct stand *stand,
		     struct mb_versus *versus)
{
	struct turns turns;
	int rc = run_pair(stand, 0, &turns, versus);

	clear_turns(&turns);
	for (unsigned i = 0; !rc && i < options->pairs; i++) {
		rc = run_pair(stand, i % 2, &turns, versus);
		if (rc) {
			clear_turns(&turns);
			break;
		}
		for (int which = 0; which < 2; which++) {
			versus->ns[which][i] = (double)turns.ns[which];
			versus->tallies[which][i] = turns.tallies[which];
		}
		versus->nr_pairs = i + 1;
		if (options->on_pair)
			options->on_pair(i + 1, options->arg);
	}
	return rc;
}

static int allocate(struct mb_versus *versus, unsigned pairs, struct mb_err *err)
{
	for (int i = 0; i < 2; i++) {
		versus->ns[i] = calloc(mb_max(pairs, 1), sizeof(*versus->ns[i]));
		versus->tallies[i] = calloc(mb_max(pairs, 1), sizeof(*versus->tallies[i]));
		if (!versus->ns[i] || !versus->tallies[i])
			return MB_FAIL(err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int summarise(struct mb_versus *versus)
{
	int rc = 0;

	for (int i = 0; !rc && i < 2; i++)
		rc = mb_stats_summarise(versus->ns[i], versus->nr_pairs, &versus->time_ns[i]);
	if (!rc)
		rc = mb_stats_ratio(versus->ns[0], versus->ns[1], versus->nr_pairs,
				    MB_VERSUS_CONFIDENCE, &versus->ratio);
	return rc;
}

int mb_versus_run(const struct mb_versus_options *options, struct mb_err *err,
		  struct mb_versus *ret_versus)
{
	struct stand stand = {.pair = options->pair,
			      .run = {.env = options->env, .threads = options->threads}};
	struct mb_versus versus = {
		.threads = options->threads, .wrong = -1, .events = options->env->counters};
	int rc = allocate(&versus, options->pairs, &stand.run.err), late;

	if (!rc)
		rc = ops[options->pair->kind].open(&stand);
	if (!rc)
		rc = mb_tally_begin(&stand.run);
	versus.pages = stand.run.pages;
	versus.bytes = stand.run.bytes;
	if (!rc)
		rc = run_pairs(options, &stand, &versus);
	late = summarise(&versus);
	close_stand(&stand);
	*ret_versus = versus;
	if (rc && versus.wrong >= 0)
		return MB_FAIL(err, rc, "%s, %u thread%s: %s", options->pair[versus.wrong].name,
			       options->threads, options->threads == 1 ? "" : "s",
			       stand.run.err.code ? stand.run.err.text : strerror(-rc));
	if (rc)
		return MB_FAIL(err, rc, "%s",
			       stand.run.err.code ? stand.run.err.text : strerror(-rc));
	return late ? MB_FAIL(err, late, "out of memory") : 0;
}

void mb_versus_fini(struct mb_versus *versus)
{
	for (int i = 0; i < 2; i++) {
		for (size_t pair = 0; versus->tallies[i] && pair < versus->nr_pairs; pair++)
			mb_tally_clear(&versus->tallies[i][pair]);
		free(versus->tallies[i]);
		free(versus->ns[i]);
		versus->tallies[i] = NULL;
		versus->ns[i] = NULL;
	}
}

/* --- what it says --- */

enum mb_versus_verdict mb_versus_judge(const struct mb_stats_shift *ratio)
{
	if (isnan(ratio->low) || isnan(ratio->high))
		return MB_VERSUS_UNKNOWN;
	if (ratio->high < 1)
		return MB_VERSUS_FASTER;
	return ratio->low > 1 ? MB_VERSUS_SLOWER : MB_VERSUS_ALIKE;
}

const char *mb_versus_verdict_name(enum mb_versus_verdict verdict)
{
	static const char *const names[] = {
		[MB_VERSUS_UNKNOWN] = "too few pairs to tell",
		[MB_VERSUS_FASTER] = "faster",
		[MB_VERSUS_SLOWER] = "slower",
		[MB_VERSUS_ALIKE] = "no difference seen",
	};

	return names[verdict];
}

/* "variant/initialiser/mine/over:kernel/threads:1": no row's name, since no row is measured so. */
static struct mb_run *add_run(struct mb_result *result, const struct mb_variant pair[2], int which,
			      unsigned threads)
{
	struct mb_strbuf name = {0};
	struct mb_run *run;

	mb_strbuf_addf(&name, "variant/%s/%s", mb_variant_kind_key(pair->kind), pair[which].name);
	if (which)
		mb_strbuf_addf(&name, "/over:%s", pair[0].name);
	mb_strbuf_addf(&name, "/threads:%u", threads);
	run = mb_result_add_run(result, MB_RUN_BENCH, mb_strbuf_text(&name));
	mb_strbuf_fini(&name);
	mb_result_run_set_arg(run, "temperature", mb_benches_temperature_name(MB_BENCH_WARM));
	if (which)
		mb_result_run_set_arg(run, "over", pair[0].name);
	if (run)
		run->threads = threads;
	return run;
}

void mb_versus_add_runs(struct mb_result *result, const struct mb_variant pair[2],
			const struct mb_versus *versus, const char *error)
{
	for (int which = 0; which < 2; which++) {
		struct mb_run *run = add_run(result, pair, which, versus->threads);

		for (size_t i = 0; i < versus->nr_pairs; i++) {
			double ns = versus->ns[which][i];

			mb_result_run_set(run, MB_METRIC_WALL_NS, i, ns);
			mb_result_run_set(run, MB_METRIC_NS_PER_PAGE, i,
					  ns / (double)versus->pages);
			mb_result_run_set(run, MB_METRIC_PAGES, i, (double)versus->pages);
			mb_result_run_set(run, MB_METRIC_BYTES, i, (double)versus->bytes);
			if (which)
				mb_result_run_set(run, MB_METRIC_RATIO, i, ns / versus->ns[0][i]);
			if (versus->events)
				mb_tally_add_counts(&versus->tallies[which][i], versus->events, i,
						    run);
		}
		if (error && which == versus->wrong)
			mb_result_run_set_status(run, MB_RUN_ERROR, error);
		if (!which || error)
			continue;
		mb_result_run_set(run, MB_METRIC_RATIO_ESTIMATE, 0, versus->ratio.centre);
		mb_result_run_set(run, MB_METRIC_RATIO_LOW, 0, versus->ratio.low);
		mb_result_run_set(run, MB_METRIC_RATIO_HIGH, 0, versus->ratio.high);
	}
}
