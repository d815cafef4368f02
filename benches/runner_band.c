/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "benches/runner.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "reports/stats.h"

/* A figure of one repetition; NaN: it has none. */
typedef double figure_fn(const struct mb_runner_result *result, size_t rep, size_t counter);

static double time_of(const struct mb_runner_result *result, size_t rep, size_t counter)
{
	return result->reps[rep].median_ns;
}

/* The rate over the limit's. */
static double limit_of(const struct mb_runner_result *result, size_t rep, size_t counter)
{
	return result->limit ? result->reps[rep].of_limit : (double)NAN;
}

static double counter_of(const struct mb_runner_result *result, size_t rep, size_t counter)
{
	return result->reps[rep].counters[counter];
}

static double pages_of(const struct mb_runner_result *result, size_t rep, size_t counter)
{
	return (double)result->reps[rep].pages;
}

static double ops_of(const struct mb_runner_result *result, size_t rep, size_t counter)
{
	return (double)result->reps[rep].ops;
}

static double bytes_of(const struct mb_runner_result *result, size_t rep, size_t counter)
{
	return (double)result->reps[rep].bytes;
}

static int band_of(const struct mb_runner_result *result, figure_fn *figure, size_t counter,
		   double *ret_band)
{
	MB_FREE double *values = calloc(result->nr_reps ? result->nr_reps : 1, sizeof(*values));

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < result->nr_reps; i++)
		values[i] = figure(result, i, counter);
	return mb_stats_band(values, result->nr_reps, ret_band);
}

/* What a row measures by itself is time too. */
static bool is_counted(const char *name)
{
	size_t length = strlen(name);

	return strncmp(name, "ratio", 5) != 0 && (length < 3 || strcmp(name + length - 3, "_ns"));
}

static int find_counted(const struct mb_runner_result *result, double *ret_band)
{
	static figure_fn *const figures[] = {pages_of, ops_of, bytes_of};
	double most = (double)NAN, band;
	int rc = 0;

	for (size_t i = 0; !rc && i < MB_ARRAY_SIZE(figures); i++) {
		rc = band_of(result, figures[i], 0, &band);
		most = rc ? most : fmax(most, band);
	}
	for (size_t i = 0; !rc && i < result->nr_counters; i++) {
		if (!is_counted(result->counters[i].name))
			continue;
		rc = band_of(result, counter_of, i, &band);
		most = rc ? most : fmax(most, band);
	}
	if (!rc)
		*ret_band = most;
	return rc;
}

int mb_runner_bands_of(const struct mb_runner_result *result, struct mb_runner_bands *ret_bands)
{
	struct mb_runner_bands bands = {.ratio = (double)NAN};
	int rc = band_of(result, time_of, 0, &bands.time);

	if (!rc)
		rc = band_of(result, limit_of, 0, &bands.limit);
	for (size_t i = 0; !rc && i < result->nr_counters; i++)
		if (!strcmp(result->counters[i].name, "ratio"))
			rc = band_of(result, counter_of, i, &bands.ratio);
	if (!rc)
		rc = find_counted(result, &bands.counted);
	if (rc)
		return rc;
	/* False for NaN. A row of turns is there for its ratio; its time is beside the point. */
	bands.unsteady = (isnan(bands.ratio) && bands.time > MB_RUNNER_BAND_TIME) ||
			 bands.limit > MB_RUNNER_BAND_RATIO || bands.ratio > MB_RUNNER_BAND_RATIO ||
			 bands.counted > MB_RUNNER_BAND_COUNTED;
	*ret_bands = bands;
	return 0;
}

/* --- all rows --- */

int mb_runner_band_list_add(struct mb_runner_band_list *list, const struct mb_runner_bands *bands)
{
	if (mb_grow(&list->rows, list->count, sizeof(*bands)))
		return -ENOMEM;
	list->rows[list->count++] = *bands;
	return 0;
}

/* Median of one member, offset bytes into each row. */
static int sum_one(const struct mb_runner_band_list *list, size_t offset, double *ret_median,
		   unsigned *ret_count)
{
	MB_FREE double *values = calloc(list->count ? list->count : 1, sizeof(*values));
	size_t count;

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		memcpy(&values[i], (const char *)&list->rows[i] + offset, sizeof(*values));
	count = mb_stats_sort(values, list->count);
	*ret_median = mb_stats_quantile(values, count, 0.5);
	*ret_count = (unsigned)count;
	return 0;
}

int mb_runner_band_list_sum(const struct mb_runner_band_list *list,
			    struct mb_runner_noise *ret_noise)
{
	struct mb_runner_noise noise = {0};
	const struct {
		size_t offset;
		double *median;
		unsigned *count;
	} members[] = {
		{offsetof(struct mb_runner_bands, time), &noise.time, &noise.rows},
		{offsetof(struct mb_runner_bands, limit), &noise.limit, &noise.limit_rows},
		{offsetof(struct mb_runner_bands, ratio), &noise.ratio, &noise.ratio_rows},
		{offsetof(struct mb_runner_bands, counted), &noise.counted, &noise.counted_rows},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(members); i++)
		if (sum_one(list, members[i].offset, members[i].median, members[i].count))
			return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		noise.unsteady += list->rows[i].unsteady;
	*ret_noise = noise;
	return 0;
}

void mb_runner_band_list_fini(struct mb_runner_band_list *list)
{
	free(list->rows);
	*list = (struct mb_runner_band_list){0};
}
