/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_ROW_H
#define MB_REPORTS_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/strbuf.h"
#include "reports/result.h"

/*
 * What programs that track benchmarks take: stages, totals and benches that went well, each under one name which is the same in
 * every result of the same thing.
 */

/* Whether a run is one. */
bool mb_row_is(const struct mb_run *run);

/* Its name: "stage/memmap_init/policy:deferred/model:vmemmap/threads:2", as Google Benchmark names arguments. */
void mb_row_add_name(struct mb_strbuf *buf, const struct mb_run *run);

/*
 * Summary of a metric's samples. 1; 0 when there is none, and ret_stats is untouched; -ENOMEM. The figure that stands for them is
 * mb_metric_aggregate()'s.
 */
int mb_row_summarise(const struct mb_run *run, size_t metric, struct mb_stats *ret_stats);

/* Whether a change of the metric is good or bad: what is worth tracking. */
bool mb_row_tracked(const struct mb_metric *metric);

/*
 * What a row is judged by unless other figures are asked for: of each group the first that it has. They are the time, and the
 * instructions, of one page or of one operation, else of the round, so that a round of more work is no worse one.
 */
#define MB_ROW_NR_GROUPS  2
#define MB_ROW_GROUP_SIZE 3
extern const int mb_row_groups[MB_ROW_NR_GROUPS][MB_ROW_GROUP_SIZE];

/* The rows of several results side by side, in the order in which they come up. */
struct mb_rows {
	struct mb_row {
		char *name;
		const struct mb_run **runs; /* one a result; NULL where it has none */
	} * rows;
	size_t count;
};

/*
 * The results in the order of time, which the caller frees, or NULL without memory. Those without a time come first; equal times keep
 * their order.
 */
const struct mb_result **mb_rows_by_time(const struct mb_result *const *results, size_t count);

/* 0 and rows that mb_rows_fini() ends, or -ENOMEM. Of two runs of one name in a result the first counts. */
int mb_rows_init(struct mb_rows *rows, const struct mb_result *const *results, size_t count);
void mb_rows_fini(struct mb_rows *rows);

#endif
