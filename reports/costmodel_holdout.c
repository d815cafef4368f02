/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/costmodel_holdout.h"
#include "reports/costmodel_internal.h"
#include "reports/stats.h"

struct work {
	const struct mb_costmodel_sample *samples;
	size_t count;
	double *values;                   /* of each sample, in the order of the samples */
	double *sorted;                   /* different ones, ascending */
	struct mb_costmodel_sample *rest; /* those that are fitted */
	double *errors;
	double *room;
};

/* 0: the sample has none of it. */
static double value_of(const struct mb_costmodel_features *features, enum mb_costmodel_held held)
{
	switch (held) {
	case MB_COSTMODEL_HELD_SIZE: return features->memmap_pages;
	case MB_COSTMODEL_HELD_NODES: return (double)features->nr_nodes;
	default: return mb_costmodel_most_threads(features);
	}
}

static bool is_held(const struct work *work, size_t i, enum mb_costmodel_held held, double value)
{
	return held == MB_COSTMODEL_HELD_SIZE ? work->values[i] >= value : work->values[i] == value;
}

/* How the model of the rest does on those that are held out. */
static void judge(const struct work *work, const struct mb_costmodel *model,
		  struct mb_costmodel_holdout *holdout)
{
	size_t used = 0;

	for (size_t i = 0; i < work->count; i++) {
		struct mb_costmodel_prediction prediction;
		const struct mb_costmodel_value *all = &prediction.all_memory;
		double ns;

		if (!is_held(work, i, holdout->held, holdout->value))
			continue;
		ns = mb_costmodel_measured(&work->samples[i], work->room);
		mb_costmodel_predict(model, &work->samples[i].features, &prediction);
		if (!(ns > 0) || isnan(all->ns))
			continue;
		work->errors[used++] = fabs(all->ns / ns - 1);
		holdout->inside += ns >= all->low && ns <= all->high;
	}
	if (used)
		holdout->error =
			mb_stats_quantile(work->errors, mb_stats_sort(work->errors, used), 0.5);
	holdout->machines = used;
}

static int hold_out(const struct work *work, struct mb_costmodel_holdout *holdout)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	struct mb_costmodel model;
	size_t left = 0;
	int status;

	for (size_t i = 0; i < work->count; i++)
		if (!is_held(work, i, holdout->held, holdout->value))
			work->rest[left++] = work->samples[i];
	holdout->machines = work->count - left;
	holdout->error = (double)NAN;
	status = mb_costmodel_fit(work->rest, left, NULL, &why, &model);
	if (status == MB_COSTMODEL_FITTED)
		judge(work, &model, holdout);
	return status < 0 ? status : 0;
}

/* The different values of what is held out; the number of them. */
static size_t find_values(struct work *work, enum mb_costmodel_held held)
{
	size_t different = 0;

	for (size_t i = 0; i < work->count; i++) {
		work->values[i] = value_of(&work->samples[i].features, held);
		work->sorted[i] = work->values[i];
	}
	mb_stats_sort(work->sorted, work->count);
	for (size_t i = 0; i < work->count; i++)
		if (work->sorted[i] > 0 &&
		    (!different || work->sorted[i] > 1.1 * work->sorted[different - 1]))
			work->sorted[different++] = work->sorted[i];
	return different;
}

static int hold_each(struct work *work, struct mb_costmodel_holdout *holdouts, size_t max)
{
	size_t used = 0;
	int r = 0;

	for (unsigned held = 0; !r && held < MB_COSTMODEL_NR_HELD; held++) {
		size_t values = find_values(work, held);
		size_t first = held == MB_COSTMODEL_HELD_SIZE ? (values + 1) / 2 : 0;

		/* Where all are alike nothing would be left. */
		for (size_t i = first; !r && values > 1 && i < values && used < max; i++) {
			holdouts[used] = (struct mb_costmodel_holdout){
				.held = held,
				.value = work->sorted[i],
			};
			r = hold_out(work, &holdouts[used++]);
		}
	}
	return r ? r : (int)used;
}

int mb_costmodel_holdouts(const struct mb_costmodel_sample *samples, size_t count,
			  struct mb_costmodel_holdout *holdouts, size_t max)
{
	struct mb_costmodel_sample *rest MB_FREE = calloc(count + 1, sizeof(*rest));
	double *room MB_FREE = NULL;
	size_t most = count;

	for (size_t i = 0; i < count; i++)
		most = mb_max(most, samples[i].repetitions);
	room = calloc(3 * count + most + 1, sizeof(*room));
	if (!rest || !room)
		return -ENOMEM;
	return hold_each(
		&(struct work){
			.samples = samples,
			.count = count,
			.values = room,
			.sorted = room + count,
			.errors = room + 2 * count,
			.room = room + 3 * count,
			.rest = rest,
		},
		holdouts, max);
}
