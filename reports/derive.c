/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/base/align.h"
#include "reports/derive.h"

#define LINE_BYTES 64 /* of a cache, on x86-64 and on every server core of arm64 */

/* metric = factor * over / under */
static const struct row {
	enum mb_metric_id metric, over, under;
	double factor;
} rows[] = {
	{MB_METRIC_IPC, MB_METRIC_INSTRUCTIONS, MB_METRIC_CYCLES, 1},
	{MB_METRIC_CYCLES_PER_PAGE, MB_METRIC_CYCLES, MB_METRIC_PAGES, 1},
	{MB_METRIC_INSTRUCTIONS_PER_PAGE, MB_METRIC_INSTRUCTIONS, MB_METRIC_PAGES, 1},
	{MB_METRIC_STALL_PERCENT, MB_METRIC_STALLED_CYCLES, MB_METRIC_CYCLES, 100},
	{MB_METRIC_LLC_MISSES_PER_PAGE, MB_METRIC_LLC_MISSES, MB_METRIC_PAGES, 1},
	{MB_METRIC_LLC_BYTES_PER_SECOND, MB_METRIC_LLC_MISSES, MB_METRIC_WALL_NS, LINE_BYTES * 1e9},
	{MB_METRIC_DTLB_MISSES_PER_PAGE, MB_METRIC_DTLB_MISSES, MB_METRIC_PAGES, 1},
	{MB_METRIC_STORES_PER_PAGE, MB_METRIC_STORES, MB_METRIC_PAGES, 1},
	{MB_METRIC_CYCLES_PER_OPERATION, MB_METRIC_CYCLES, MB_METRIC_OPERATIONS, 1},
	{MB_METRIC_INSTRUCTIONS_PER_OPERATION, MB_METRIC_INSTRUCTIONS, MB_METRIC_OPERATIONS, 1},
	{MB_METRIC_LLC_MISSES_PER_OPERATION, MB_METRIC_LLC_MISSES, MB_METRIC_OPERATIONS, 1},
	{MB_METRIC_DTLB_MISSES_PER_OPERATION, MB_METRIC_DTLB_MISSES, MB_METRIC_OPERATIONS, 1},
	{MB_METRIC_STORES_PER_OPERATION, MB_METRIC_STORES, MB_METRIC_OPERATIONS, 1},
	{MB_METRIC_BRANCH_MISS_PERCENT, MB_METRIC_BRANCH_MISSES, MB_METRIC_BRANCHES, 100},
};

static double sample(const struct mb_run *run, enum mb_metric_id metric, size_t repetition)
{
	const struct mb_samples *samples = &run->metrics[metric];

	return repetition < samples->count ? samples->values[repetition] : NAN;
}

void mb_derive_set(struct mb_run *run, size_t repetition)
{
	for (size_t i = 0; run && i < MB_ARRAY_SIZE(rows); i++) {
		double over = sample(run, rows[i].over, repetition);
		double under = sample(run, rows[i].under, repetition);

		if (!isnan(over) && under > 0)
			mb_result_run_set(run, rows[i].metric, repetition,
					  rows[i].factor * over / under);
	}
}
