/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "benches/bench.h"
#include "benches/initialiser.h"
#include "benches/pagework.h"
#include "benches/team.h"
#include "benches/turns.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/stats.h"

/*
 * Initialisers against each other and against fills of the same memory. A ratio's two halves take turns within a round and
 * change their order from round to round (benches/turns.h), so that a drifting clock or a busy neighbour meets both.
 */
#define ROUNDS 21 /* odd: the last one ends with the first half */

/* The time of initialiser over that of other, or of a fill when that is NULL: the best one, or memset. */
static const struct pair {
	const char *variant, *summary;
	const char *initialiser, *other;
	bool best_fill;
	double goal;
} pairs[] = {
	{"kernel-memset", "pageinit/kernel over memset of the same memory, in turns", "kernel",
	 NULL, false, 1.5},
	{"kernel-stream", "pageinit/kernel over pageinit/stream, in turns", "kernel", "stream",
	 false, 1.3},
	{"words-kernel", "pageinit/words over pageinit/kernel, in turns", "words", "kernel", false,
	 1},
	{"stream-limit", "pageinit/stream over the best fill of the same memory, in turns",
	 "stream", NULL, true, 1 / 0.95},
};

struct ratio {
	struct mb_pagework *work;
	const struct mb_initialiser *other; /* NULL: the fill */
	uint64_t round;
	struct mb_turns turns; /* a: the other, b: the initialiser */
};

static int setup(struct mb_bench_run *run)
{
	const struct pair *pair = run->row->param;
	struct ratio *ratio = calloc(1, sizeof(*ratio));
	int rc;

	if (!ratio)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = ratio;
	run->threads = mb_team_size(run->env, run->arg);
	ratio->other = pair->other ? mb_initialiser_find(pair->other) : NULL;
	if (ratio->other && !mb_initialiser_supported(ratio->other))
		return MB_FAIL(&run->err, -ENOTSUP, "this CPU has no %s", ratio->other->needs);
	rc = mb_pagework_setup(run, mb_initialiser_find(pair->initialiser),
			       &mb_page_sizes[MB_PAGE_SIZE_DEFAULT], &ratio->work);
	if (rc)
		return rc;
	if (pair->best_fill)
		return mb_pagework_find_fill(ratio->work, run);
	ratio->work->fill = mb_fill_row(0);
	return 0;
}

static int time_other(struct mb_bench_run *run, uint64_t *ret_ns)
{
	struct ratio *ratio = run->data;
	struct mb_pagework work = *ratio->work;

	if (!ratio->other)
		return mb_pagework_fill(&work, run, ret_ns);
	work.initialiser = ratio->other;
	return mb_pagework_init(&work, run, ret_ns);
}

static int turn_other(struct mb_bench_run *run, uint64_t *ret_ns)
{
	struct ratio *ratio = run->data;
	int rc = mb_turns_change(&ratio->turns, MB_TURN_A) ? time_other(run, ret_ns) : 0;

	return rc ? rc : time_other(run, ret_ns);
}

static int turn_initialiser(struct mb_bench_run *run)
{
	struct ratio *ratio = run->data;
	uint64_t ns;
	int rc = mb_turns_change(&ratio->turns, MB_TURN_B) ? mb_pagework_init(ratio->work, run, &ns)
							   : 0;

	return rc ? rc : mb_pagework_measure(ratio->work, run);
}

static int compare(struct mb_bench_run *run)
{
	struct ratio *ratio = run->data;
	bool other_first = ratio->round++ % 2 == 0;
	uint64_t other = 1;
	int rc = other_first ? turn_other(run, &other) : 0;

	if (!rc)
		rc = turn_initialiser(run);
	if (!rc && !other_first)
		rc = turn_other(run, &other);
	if (!rc)
		mb_turns_add(&ratio->turns, other, run->ns);
	return rc;
}

/* What the last round left, if that is descriptors; then what the half leaves that came before. */
static int validate(struct mb_bench_run *run)
{
	const struct ratio *ratio = run->data;
	bool other_last = ratio->round % 2 == 0;
	uint64_t ns;
	int rc = 0;

	if (ratio->other || !other_last)
		rc = mb_pagework_validate(ratio->work, run);
	if (rc || (!ratio->other && !other_last))
		return rc;
	rc = other_last ? mb_pagework_init(ratio->work, run, &ns) : time_other(run, &ns);
	return rc ? rc : mb_pagework_validate(ratio->work, run);
}

/* Of the pairs, by their time or their ratio. */
static int report(struct mb_bench_run *run)
{
	const struct mb_turns *turns = &((const struct ratio *)run->data)->turns;
	size_t count = mb_turns_kept(turns);
	MB_FREE double *ratios = calloc(count ? count : 1, sizeof(*ratios));
	struct mb_stats stats, other;
	double ratio;

	for (size_t i = 0; ratios && i < count; i++)
		ratios[i] = turns->b_ns[i] / turns->a_ns[i];
	if (!ratios || mb_turns_ratio(turns, &ratio) || mb_stats_summarise(ratios, count, &stats) ||
	    mb_stats_summarise(turns->a_ns, count, &other))
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	mb_bench_count(run, "ratio", ratio);
	mb_bench_count(run, "ratio_min", stats.min);
	mb_bench_count(run, "ratio_max", stats.max);
	mb_bench_count(run, "other_ns", other.median);
	return 0;
}

static void teardown(struct mb_bench_run *run)
{
	struct ratio *ratio = run->data;

	if (ratio)
		free(ratio->work);
	free(ratio);
}

/* With all threads only where the limit is what it is held against. */
static enum mb_bench_offer offer(const struct mb_bench *row, const struct mb_bench_env *env,
				 int64_t arg)
{
	const struct pair *pair = row->param;
	enum mb_bench_offer team = mb_team_offer(env, arg);

	return team == MB_BENCH_OFFER_ALWAYS && arg != 1 && !pair->best_fill ? MB_BENCH_OFFER_FULL
									     : team;
}

bool mb_bench_ratio_row(size_t index, struct mb_bench *ret_row)
{
	const struct pair *pair = pairs + index;

	if (index >= MB_ARRAY_SIZE(pairs))
		return false;
	*ret_row = (struct mb_bench){
		.group = "pageinit",
		.name = "ratio",
		.variant = pair->variant,
		.summary = pair->summary,
		.temperature = MB_BENCH_WARM,
		.arg_name = "threads",
		.args = mb_team_args,
		.nr_args = MB_TEAM_MAX_ARGS,
		.arg_text = mb_team_arg_text,
		.offer = offer,
		.rounds = ROUNDS,
		.param = pair,
		.goal = "ratio",
		.goal_max = pair->goal,
		.setup = setup,
		.run = compare,
		.validate = validate,
		.report = report,
		.teardown = teardown,
	};
	return true;
}
