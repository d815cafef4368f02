/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/base/align.h"
#include "reports/metric.h"

/* Times on a busy server repeat within a few per cent; what is counted repeats exactly. */
#define TIME_BAND 0.05

/* Caches and branches depend on where things happen to lie, and estimates of events that took turns on the counters more. */
#define EVENT_BAND 0.05
/* Instructions repeat nearly exactly in user mode. */
#define INSTRUCTION_BAND 0.005

#define ROW(key_, label_, unit_, format_, better_, band_)                                          \
	{                                                                                          \
		.key = key_, .label = label_, .unit = unit_, .format = MB_METRIC_FORMAT_##format_, \
		.better = MB_BETTER_##better_, .aggregate = MB_AGGREGATE_MEDIAN,                   \
		.noise_band = band_                                                                \
	}

static const struct mb_metric rows[] = {
	[MB_METRIC_WALL_NS] = ROW("wall_ns", "time", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_NS_PER_PAGE] = ROW("ns_per_page", "per page", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_PAGES] = ROW("pages", "pages", "pages", COUNT, NONE, 0),
	[MB_METRIC_BYTES] = ROW("bytes", "bytes", "bytes", BYTES, NONE, 0),
	[MB_METRIC_SHARE_PERCENT] = ROW("share_percent", "share", "%", PERCENT, NONE, TIME_BAND),
	[MB_METRIC_JOBS] = ROW("jobs", "jobs", "jobs", COUNT, NONE, 0),
	[MB_METRIC_CHUNKS] = ROW("chunks", "chunks", "chunks", COUNT, NONE, 0),
	[MB_METRIC_SPANNED_PAGES] = ROW("spanned_pages", "spanned", "pages", COUNT, NONE, 0),
	[MB_METRIC_PRESENT_PAGES] = ROW("present_pages", "present", "pages", COUNT, NONE, 0),
	[MB_METRIC_MANAGED_PAGES] = ROW("managed_pages", "managed", "pages", COUNT, NONE, 0),
	[MB_METRIC_FREE_PAGES] = ROW("free_pages", "free", "pages", COUNT, NONE, 0),
	[MB_METRIC_WATERMARK_MIN_PAGES] =
		ROW("watermark_min_pages", "min", "pages", COUNT, NONE, 0),
	[MB_METRIC_WATERMARK_LOW_PAGES] =
		ROW("watermark_low_pages", "low", "pages", COUNT, NONE, 0),
	[MB_METRIC_WATERMARK_HIGH_PAGES] =
		ROW("watermark_high_pages", "high", "pages", COUNT, NONE, 0),
	[MB_METRIC_PCP_BATCH_PAGES] = ROW("pcp_batch_pages", "pcp batch", "pages", COUNT, NONE, 0),
	[MB_METRIC_PCP_HIGH_PAGES] = ROW("pcp_high_pages", "pcp high", "pages", COUNT, NONE, 0),
	[MB_METRIC_MEMMAP_PAGES] = ROW("memmap_pages", "descriptors", "pages", COUNT, NONE, 0),
	[MB_METRIC_MEMMAP_BYTES] = ROW("memmap_bytes", "memmap", "bytes", BYTES, NONE, 0),
	[MB_METRIC_BYTES_PER_SECOND] =
		ROW("bytes_per_second", "bandwidth", "B/s", RATE, HIGHER, TIME_BAND),
	[MB_METRIC_RATIO] = ROW("ratio", "ratio", "", RATIO, NONE, TIME_BAND),
	[MB_METRIC_PAGE_FAULTS] = ROW("page_faults", "page faults", "faults", COUNT, LOWER, 0),
	[MB_METRIC_FREE_BLOCKS] = ROW("free_blocks", "free blocks", "blocks", COUNT, NONE, 0),
	[MB_METRIC_ITERATIONS] = ROW("iterations", "iterations", "iterations", COUNT, LOWER, 0),
	[MB_METRIC_LEFT_PAGES] = ROW("left_pages", "left", "pages", COUNT, NONE, 0),
	[MB_METRIC_GROWTHS] = ROW("growths", "growths", "growths", COUNT, NONE, 0),
	[MB_METRIC_GROWTH_FIRST_NS] = ROW("growth_first_ns", "first", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_GROWTH_MIN_NS] = ROW("growth_min_ns", "min", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_GROWTH_MEDIAN_NS] =
		ROW("growth_median_ns", "median", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_GROWTH_P99_NS] = ROW("growth_p99_ns", "p99", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_GROWTH_MAX_NS] = ROW("growth_max_ns", "max", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_GROWTH_TOTAL_NS] = ROW("growth_total_ns", "total", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_LOCK_HELD_NS] = ROW("lock_held_ns", "lock held", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_COMPARED_VALUES] = ROW("compared_values", "compared", "values", COUNT, NONE, 0),
	[MB_METRIC_DIFFERENT_VALUES] =
		ROW("different_values", "different", "values", COUNT, LOWER, 0),
	[MB_METRIC_KERNEL_NS] = ROW("kernel_ns", "kernel", "ns", TIME, NONE, 0),
	[MB_METRIC_BASE_PAGE_BYTES] = ROW("base_page_bytes", "base pages", "bytes", BYTES, NONE, 0),
	[MB_METRIC_THP_BYTES] = ROW("thp_bytes", "transparent huge", "bytes", BYTES, NONE, 0),
	[MB_METRIC_HUGETLB_BYTES] = ROW("hugetlb_bytes", "huge from pool", "bytes", BYTES, NONE, 0),
	[MB_METRIC_CYCLES] = ROW("cycles", "cycles", "cycles", COUNT, LOWER, EVENT_BAND),
	[MB_METRIC_INSTRUCTIONS] =
		ROW("instructions", "instructions", "instructions", COUNT, LOWER, INSTRUCTION_BAND),
	[MB_METRIC_IPC] = ROW("ipc", "IPC", "", RATIO, HIGHER, EVENT_BAND),
	[MB_METRIC_CYCLES_PER_PAGE] =
		ROW("cycles_per_page", "cycles/page", "cycles", RATIO, LOWER, EVENT_BAND),
	[MB_METRIC_INSTRUCTIONS_PER_PAGE] = ROW("instructions_per_page", "instructions/page",
						"instructions", RATIO, LOWER, INSTRUCTION_BAND),
	[MB_METRIC_STALLED_CYCLES] =
		ROW("stalled_cycles", "stalled cycles", "cycles", COUNT, LOWER, EVENT_BAND),
	[MB_METRIC_STALL_PERCENT] =
		ROW("stall_percent", "stalled", "%", PERCENT, LOWER, EVENT_BAND),
	[MB_METRIC_LLC_MISSES] =
		ROW("llc_misses", "LLC misses", "misses", COUNT, LOWER, EVENT_BAND),
	[MB_METRIC_LLC_MISSES_PER_PAGE] =
		ROW("llc_misses_per_page", "LLC misses/page", "misses", RATIO, LOWER, EVENT_BAND),
	[MB_METRIC_LLC_BYTES_PER_SECOND] =
		ROW("llc_bytes_per_second", "LLC miss traffic", "B/s", RATE, NONE, EVENT_BAND),
	[MB_METRIC_DTLB_MISSES] =
		ROW("dtlb_misses", "dTLB misses", "misses", COUNT, LOWER, EVENT_BAND),
	[MB_METRIC_DTLB_MISSES_PER_PAGE] =
		ROW("dtlb_misses_per_page", "dTLB misses/page", "misses", RATIO, LOWER, EVENT_BAND),
	[MB_METRIC_STORES] = ROW("stores", "stores", "stores", COUNT, LOWER, INSTRUCTION_BAND),
	[MB_METRIC_STORES_PER_PAGE] =
		ROW("stores_per_page", "stores/page", "stores", RATIO, LOWER, INSTRUCTION_BAND),
	[MB_METRIC_REMOTE_ACCESSES] =
		ROW("remote_accesses", "remote accesses", "accesses", COUNT, LOWER, EVENT_BAND),
	[MB_METRIC_BRANCHES] =
		ROW("branches", "branches", "branches", COUNT, LOWER, INSTRUCTION_BAND),
	[MB_METRIC_BRANCH_MISSES] =
		ROW("branch_misses", "branch misses", "misses", COUNT, LOWER, EVENT_BAND),
	[MB_METRIC_BRANCH_MISS_PERCENT] =
		ROW("branch_miss_percent", "missed branches", "%", PERCENT, LOWER, EVENT_BAND),
	[MB_METRIC_TASK_CLOCK_NS] = ROW("task_clock_ns", "CPU time", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_CONTEXT_SWITCHES] =
		ROW("context_switches", "switches", "switches", COUNT, LOWER, EVENT_BAND),
	[MB_METRIC_CPU_MIGRATIONS] =
		ROW("cpu_migrations", "migrations", "migrations", COUNT, LOWER, 0),
	[MB_METRIC_LIMIT_PERCENT] =
		ROW("limit_percent", "of limit", "%", PERCENT, HIGHER, TIME_BAND),
	[MB_METRIC_OPERATIONS] = ROW("operations", "operations", "operations", COUNT, NONE, 0),
	[MB_METRIC_NS_PER_OPERATION] =
		ROW("ns_per_operation", "per operation", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_ROUNDS] = ROW("rounds", "rounds", "rounds", COUNT, NONE, 0),
	[MB_METRIC_START_NS] = ROW("start_ns", "began at", "ns", TIME, NONE, TIME_BAND),
	[MB_METRIC_BAND_PERCENT] = ROW("band_percent", "band", "%", PERCENT, NONE, 0),
	[MB_METRIC_LIMIT_BAND_PERCENT] =
		ROW("limit_band_percent", "band of limit", "%", PERCENT, NONE, 0),
	[MB_METRIC_RATIO_ESTIMATE] = ROW("ratio_estimate", "ratio, estimate", "", RATIO, NONE, 0),
	[MB_METRIC_RATIO_LOW] = ROW("ratio_low", "ratio, low", "", RATIO, NONE, 0),
	[MB_METRIC_RATIO_HIGH] = ROW("ratio_high", "ratio, high", "", RATIO, NONE, 0),
	[MB_METRIC_CYCLES_PER_OPERATION] =
		ROW("cycles_per_operation", "cycles/operation", "cycles", RATIO, LOWER, EVENT_BAND),
	[MB_METRIC_INSTRUCTIONS_PER_OPERATION] =
		ROW("instructions_per_operation", "instructions/operation", "instructions", RATIO,
		    LOWER, INSTRUCTION_BAND),
	[MB_METRIC_LLC_MISSES_PER_OPERATION] =
		ROW("llc_misses_per_operation", "LLC misses/operation", "misses", RATIO, LOWER,
		    EVENT_BAND),
	[MB_METRIC_DTLB_MISSES_PER_OPERATION] =
		ROW("dtlb_misses_per_operation", "dTLB misses/operation", "misses", RATIO, LOWER,
		    EVENT_BAND),
	[MB_METRIC_STORES_PER_OPERATION] = ROW("stores_per_operation", "stores/operation", "stores",
					       RATIO, LOWER, INSTRUCTION_BAND),
	[MB_METRIC_FIRST_ALLOCATION_NS] =
		ROW("first_allocation_ns", "to first allocation", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_SERIAL_PERCENT] = ROW("serial_percent", "not deferred", "%", PERCENT, LOWER, 0),
	[MB_METRIC_RESERVED_NS] =
		ROW("reserved_ns", "reserved pages", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_RESERVED_PAGES] = ROW("reserved_pages", "reserved", "pages", COUNT, NONE, 0),
	[MB_METRIC_HOLE_NS] = ROW("hole_ns", "holes", "ns", TIME, LOWER, TIME_BAND),
	[MB_METRIC_HOLE_PAGES] = ROW("hole_pages", "in holes", "pages", COUNT, NONE, 0),
	[MB_METRIC_PREDICTED_NS] = ROW("predicted_ns", "predicted", "ns", TIME, NONE, 0),
	[MB_METRIC_PREDICTED_LOW_NS] =
		ROW("predicted_low_ns", "predicted, low", "ns", TIME, NONE, 0),
	[MB_METRIC_PREDICTED_HIGH_NS] =
		ROW("predicted_high_ns", "predicted, high", "ns", TIME, NONE, 0),
	[MB_METRIC_PREDICTED_BEYOND] =
		ROW("predicted_beyond", "beyond the fit", "", COUNT, NONE, 0),
	[MB_METRIC_COEFFICIENT] = ROW("coefficient", "coefficient", "", RATIO, NONE, 0),
	[MB_METRIC_COEFFICIENT_ERROR] =
		ROW("coefficient_error", "coefficient, error", "", RATIO, NONE, 0),
	[MB_METRIC_PUBLISHED_NS] = ROW("published_ns", "published", "ns", TIME, NONE, 0),
};

_Static_assert(MB_ARRAY_SIZE(rows) == MB_NR_METRICS, "one row for each metric id");

const struct mb_metric_table mb_metrics = {rows, MB_ARRAY_SIZE(rows)};

int mb_metric_find(const struct mb_metric_table *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->rows[i].key, key))
			return (int)i;
	return -ENOENT;
}

const char *mb_metric_better_name(enum mb_better better)
{
	static const char *const names[] = {
		[MB_BETTER_NONE] = "none",
		[MB_BETTER_LOWER] = "lower",
		[MB_BETTER_HIGHER] = "higher",
	};

	return names[better];
}

double mb_metric_aggregate(const struct mb_metric *metric, const struct mb_stats *stats)
{
	switch (metric->aggregate) {
	case MB_AGGREGATE_MEDIAN: return stats->median;
	case MB_AGGREGATE_MIN: return stats->min;
	case MB_AGGREGATE_MAX: return stats->max;
	}
	return NAN;
}
