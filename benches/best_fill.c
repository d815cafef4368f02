/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/best_fill.h"
#include "core/base/align.h"
#include "reports/stats.h"

#define MAX_FILLS 16

struct candidate {
	const struct mb_fill *fill;
	double ratios[MB_BEST_FILL_TURNS]; /* of each turn, to the mean of all fills in it */
};

static size_t find_candidates(struct candidate *candidates)
{
	const struct mb_fill *fill;
	size_t count = 0;

	for (size_t i = 0; count < MAX_FILLS && (fill = mb_fill_row(i)); i++)
		if (fill->unit && mb_fill_supported(fill))
			candidates[count++].fill = fill;
	return count;
}

/* Each fill twice, the second one in caches as the first one left them. */
static int take_turn(struct candidate *candidates, size_t count, size_t turn,
		     mb_best_fill_round_fn *round, void *arg)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t ns;
		int rc = round(arg, candidates[i].fill, &ns);

		if (!rc)
			rc = round(arg, candidates[i].fill, &ns);
		if (rc)
			return rc;
		candidates[i].ratios[turn] = (double)mb_max(ns, 1);
		sum += candidates[i].ratios[turn];
	}
	for (size_t i = 0; i < count; i++)
		candidates[i].ratios[turn] *= (double)count / sum;
	return 0;
}

static const struct mb_fill *pick(struct candidate *candidates, size_t count)
{
	const struct mb_fill *best = NULL;
	double least = 0;

	for (size_t i = 0; i < count; i++) {
		double *ratios = candidates[i].ratios, median;

		median = mb_stats_quantile(ratios, mb_stats_sort(ratios, MB_BEST_FILL_TURNS), 0.5);
		if (!best || median < least) {
			best = candidates[i].fill;
			least = median;
		}
	}
	return best;
}

static int look(mb_best_fill_round_fn *round, void *arg, const struct mb_fill **ret_fill)
{
	struct candidate candidates[MAX_FILLS] = {0};
	size_t count = find_candidates(candidates);
	int rc = 0;

	for (size_t turn = 0; !rc && turn < MB_BEST_FILL_TURNS; turn++)
		rc = take_turn(candidates, count, turn, round, arg);
	if (!rc)
		*ret_fill = pick(candidates, count);
	return rc;
}

int mb_best_fill_find(struct mb_best_fills *fills, const struct mb_bench_run *run,
		      mb_best_fill_round_fn *round, void *arg, const struct mb_fill **ret_fill)
{
	size_t count = fills ? fills->count : 0;
	int rc;

	for (size_t i = 0; i < count; i++)
		if (fills->found[i].threads == run->threads && fills->found[i].nid == run->nid &&
		    fills->found[i].cpu_nid == run->cpu_nid) {
			*ret_fill = fills->found[i].fill;
			return 0;
		}
	rc = look(round, arg, ret_fill);
	if (rc || !fills || count == MB_ARRAY_SIZE(fills->found))
		return rc;
	fills->found[fills->count].threads = run->threads;
	fills->found[fills->count].nid = run->nid;
	fills->found[fills->count].cpu_nid = run->cpu_nid;
	fills->found[fills->count++].fill = *ret_fill;
	return 0;
}
