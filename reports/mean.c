/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/grow.h"
#include "reports/mean.h"

struct mb_mean_sum {
	double sum, share;
	size_t nr;
};

/* Runs are only ever added at the end. */
static int add_runs(struct mb_mean *mean, const struct mb_result *result)
{
	size_t nr_sums = result->metrics->count + result->counters.count;

	for (; mean->nr_runs < result->nr_runs; mean->nr_runs++) {
		if (mb_grow(&mean->runs, mean->nr_runs, sizeof(struct mb_mean_sum *)))
			return -ENOMEM;
		mean->runs[mean->nr_runs] = calloc(nr_sums, sizeof(struct mb_mean_sum));
		if (!mean->runs[mean->nr_runs])
			return -ENOMEM;
	}
	return 0;
}

/* NaN: it has none. */
static double take(struct mb_samples *samples, size_t repetition)
{
	double value = NAN;

	if (repetition < samples->count) {
		value = samples->values[repetition];
		samples->values[repetition] = NAN;
	}
	return value;
}

static void add(struct mb_mean_sum *sum, double value, double share)
{
	if (isnan(value))
		return;
	sum->share = sum->nr ? fmin(sum->share, share) : share;
	sum->sum += value;
	sum->nr++;
}

void mb_mean_take(struct mb_mean *mean, struct mb_result *result, size_t repetition)
{
	size_t nr_metrics = result->metrics->count;

	if (result->error)
		return;
	if (add_runs(mean, result)) {
		result->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < result->nr_runs; i++) {
		struct mb_run *run = result->runs[i];

		for (size_t k = 0; k < nr_metrics; k++)
			add(&mean->runs[i][k], take(&run->metrics[k], repetition), 1);
		for (size_t k = 0; run->counts && k < result->counters.count; k++) {
			double share = take(&run->counts[k].shares, repetition);

			add(&mean->runs[i][nr_metrics + k],
			    take(&run->counts[k].values, repetition), share);
		}
	}
	mean->nr_goes++;
}

static void put_run(const struct mb_mean *mean, struct mb_run *run, const struct mb_mean_sum *sums,
		    size_t repetition)
{
	size_t nr_metrics = run->result->metrics->count;

	for (size_t k = 0; k < nr_metrics; k++)
		if (sums[k].nr)
			mb_result_run_set(run, (int)k, repetition,
					  sums[k].sum / (double)sums[k].nr);
	for (size_t k = 0; k < run->result->counters.count; k++) {
		const struct mb_mean_sum *sum = &sums[nr_metrics + k];

		if (sum->nr)
			mb_result_run_set_count(run, k, repetition, sum->sum / (double)sum->nr,
						sum->share);
	}
	if (sums[MB_METRIC_WALL_NS].nr)
		mb_result_run_set(run, MB_METRIC_ROUNDS, repetition, (double)mean->nr_goes);
}

void mb_mean_put(const struct mb_mean *mean, struct mb_result *result, size_t repetition)
{
	for (size_t i = 0; !result->error && i < mean->nr_runs; i++)
		put_run(mean, result->runs[i], mean->runs[i], repetition);
}

void mb_mean_clear(struct mb_mean *mean)
{
	for (size_t i = 0; i < mean->nr_runs; i++)
		free(mean->runs[i]);
	free(mean->runs);
	*mean = (struct mb_mean){0};
}
