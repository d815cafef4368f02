/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_METRIC_H
#define MB_REPORTS_METRIC_H

#include <stddef.h>

#include "reports/stats.h"

/*
 * The only list of metrics. JSON keys, CSV columns, tables, charts and compare rules walk it; nothing else knows a
 * label, a unit or a direction. A metric's id is its index in the table. New rows go to the end: the order is that of the
 * CSV columns, and files of older versions stay readable.
 */
enum mb_metric_id {
	MB_METRIC_WALL_NS,
	MB_METRIC_NS_PER_PAGE,
	MB_METRIC_PAGES,
	MB_METRIC_BYTES,
	MB_METRIC_SHARE_PERCENT,
	MB_METRIC_JOBS,
	MB_METRIC_CHUNKS,
	MB_METRIC_SPANNED_PAGES,
	MB_METRIC_PRESENT_PAGES,
	MB_METRIC_MANAGED_PAGES,
	MB_METRIC_FREE_PAGES,
	MB_METRIC_WATERMARK_MIN_PAGES,
	MB_METRIC_WATERMARK_LOW_PAGES,
	MB_METRIC_WATERMARK_HIGH_PAGES,
	MB_METRIC_PCP_BATCH_PAGES,
	MB_METRIC_PCP_HIGH_PAGES,
	MB_METRIC_MEMMAP_PAGES,
	MB_METRIC_MEMMAP_BYTES,
	MB_METRIC_BYTES_PER_SECOND,
	MB_METRIC_RATIO,
	MB_METRIC_PAGE_FAULTS,
	MB_METRIC_FREE_BLOCKS,
	MB_METRIC_ITERATIONS,
	MB_METRIC_LEFT_PAGES,
	MB_METRIC_GROWTHS,
	MB_METRIC_GROWTH_FIRST_NS,
	MB_METRIC_GROWTH_MIN_NS,
	MB_METRIC_GROWTH_MEDIAN_NS,
	MB_METRIC_GROWTH_P99_NS,
	MB_METRIC_GROWTH_MAX_NS,
	MB_METRIC_GROWTH_TOTAL_NS,
	MB_METRIC_LOCK_HELD_NS,
	MB_METRIC_COMPARED_VALUES,
	MB_METRIC_DIFFERENT_VALUES,
	MB_METRIC_KERNEL_NS,
	MB_METRIC_BASE_PAGE_BYTES,
	MB_METRIC_THP_BYTES,
	MB_METRIC_HUGETLB_BYTES,
	MB_METRIC_CYCLES,
	MB_METRIC_INSTRUCTIONS,
	MB_METRIC_IPC,
	MB_METRIC_CYCLES_PER_PAGE,
	MB_METRIC_INSTRUCTIONS_PER_PAGE,
	MB_METRIC_STALLED_CYCLES,
	MB_METRIC_STALL_PERCENT,
	MB_METRIC_LLC_MISSES,
	MB_METRIC_LLC_MISSES_PER_PAGE,
	MB_METRIC_LLC_BYTES_PER_SECOND,
	MB_METRIC_DTLB_MISSES,
	MB_METRIC_DTLB_MISSES_PER_PAGE,
	MB_METRIC_STORES,
	MB_METRIC_STORES_PER_PAGE,
	MB_METRIC_REMOTE_ACCESSES,
	MB_METRIC_BRANCHES,
	MB_METRIC_BRANCH_MISSES,
	MB_METRIC_BRANCH_MISS_PERCENT,
	MB_METRIC_TASK_CLOCK_NS,
	MB_METRIC_CONTEXT_SWITCHES,
	MB_METRIC_CPU_MIGRATIONS,
	MB_METRIC_LIMIT_PERCENT,
	MB_METRIC_OPERATIONS,
	MB_METRIC_NS_PER_OPERATION,
	MB_METRIC_ROUNDS,
	MB_METRIC_START_NS,
	MB_METRIC_BAND_PERCENT, /* of the run's time: mb_stats_band(); with repetition 0 alone */
	MB_METRIC_LIMIT_BAND_PERCENT, /* of its part of the limit; likewise */
	MB_METRIC_RATIO_ESTIMATE,     /* mb_stats_ratio() of the run's pairs; likewise */
	MB_METRIC_RATIO_LOW,          /* its interval; likewise */
	MB_METRIC_RATIO_HIGH,
	MB_METRIC_CYCLES_PER_OPERATION,
	MB_METRIC_INSTRUCTIONS_PER_OPERATION,
	MB_METRIC_LLC_MISSES_PER_OPERATION,
	MB_METRIC_DTLB_MISSES_PER_OPERATION,
	MB_METRIC_STORES_PER_OPERATION,
	MB_METRIC_FIRST_ALLOCATION_NS,
	MB_METRIC_SERIAL_PERCENT, /* pages whose descriptors one CPU initialises alone */
	MB_METRIC_RESERVED_NS,
	MB_METRIC_RESERVED_PAGES,
	MB_METRIC_HOLE_NS,
	MB_METRIC_HOLE_PAGES,
	MB_METRIC_PREDICTED_NS, /* by a cost model, not measured; its interval; with repetition 0 alone */
	MB_METRIC_PREDICTED_LOW_NS,
	MB_METRIC_PREDICTED_HIGH_NS,
	MB_METRIC_PREDICTED_BEYOND, /* 1: outside of what was fitted, else 0 */
	MB_METRIC_COEFFICIENT, /* of a term, in the unit that an arg says; its standard deviation */
	MB_METRIC_COEFFICIENT_ERROR,
	MB_METRIC_PUBLISHED_NS, /* by others, not measured on the host of the result; with repetition 0 alone */
	MB_NR_METRICS,
};

enum mb_better {
	MB_BETTER_NONE, /* a fact, not a figure of merit */
	MB_BETTER_LOWER,
	MB_BETTER_HIGHER,
};

/* How a value is shown to people; files always carry the plain number in the unit of the key. */
enum mb_metric_format {
	MB_METRIC_FORMAT_TIME,    /* nanoseconds, scaled: 1.23 ms */
	MB_METRIC_FORMAT_COUNT,   /* whole number, digits grouped */
	MB_METRIC_FORMAT_BYTES,   /* binary units: 4.0 GiB */
	MB_METRIC_FORMAT_RATE,    /* bytes per second, decimal units: 12.3 GB/s */
	MB_METRIC_FORMAT_RATIO,   /* 1.234 */
	MB_METRIC_FORMAT_PERCENT, /* 12.3 % */
};

/* Which figure stands for all repetitions. */
enum mb_aggregate {
	MB_AGGREGATE_MEDIAN,
	MB_AGGREGATE_MIN,
	MB_AGGREGATE_MAX,
};

struct mb_metric {
	const char *key;   /* JSON key and CSV column; says the unit: "wall_ns" */
	const char *label; /* heading for people: "time" */
	const char *unit;  /* of the stored number: "ns", "pages", "bytes", "" */
	enum mb_metric_format format;
	enum mb_better better;
	enum mb_aggregate aggregate;
	double noise_band; /* fraction of the value within which it commonly repeats; 0: compared exactly */
};

struct mb_metric_table {
	const struct mb_metric *rows;
	size_t count;
};

/* The project's metrics, indexed by enum mb_metric_id. */
extern const struct mb_metric_table mb_metrics;

/* Index of the row with that key, or -ENOENT. */
int mb_metric_find(const struct mb_metric_table *table, const char *key);

/* "lower", "higher" or "none". */
const char *mb_metric_better_name(enum mb_better better);

/* The figure that stands for all repetitions; NaN when there is no sample. */
double mb_metric_aggregate(const struct mb_metric *metric, const struct mb_stats *stats);

#endif
