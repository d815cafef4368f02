/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_JSON_H
#define MB_REPORTS_JSON_H

#include <stddef.h>
#include <stdio.h>

#include "core/base/err.h"
#include "reports/result.h"

/* The lossless form of a result, and Google Benchmark's form. schema.md says every key. */

#define MB_JSON_MAX_BYTES ((size_t)256 << 20) /* larger input is refused */

/* A writer of one result, see writer.h: mb_json_read() gives it back equal. */
int mb_json_write(const struct mb_result *const *results, size_t count, FILE *file);

/*
 * Makes a result from length bytes of JSON, with these metrics (NULL: mb_metrics). The caller frees it. -EINVAL when the text
 * is not JSON, ends too early or is not a result of a known schema version, -EFBIG, -ENOMEM; err says which and where.
 */
int mb_json_read(const char *text, size_t length, const struct mb_metric_table *metrics,
		 struct mb_err *err, struct mb_result **ret_result);

/* The same from a file; "-" is standard input. Also the errors of opening and reading. */
int mb_json_read_file(const char *path, const struct mb_metric_table *metrics, struct mb_err *err,
		      struct mb_result **ret_result);

/* Either a result or Google Benchmark's JSON. */
int mb_json_read_any(const char *path, const struct mb_metric_table *metrics, struct mb_err *err,
		     struct mb_result **ret_result);

/*
 * Makes a result from Google Benchmark's own JSON: a run of kind bench for each name, with wall_ns of each repetition; aggregates are
 * left out. Facts: host_name, cpus, build_type; host_class, as the file does not say what the CPU is; revision, where the context has
 * revision, commit or git_sha. -ENOMSG for what is no such file, and err says nothing of use; else as mb_json_read().
 */
int mb_json_gbench_read(const char *text, size_t length, const struct mb_metric_table *metrics,
			struct mb_err *err, struct mb_result **ret_result);

/*
 * Google Benchmark's own JSON (json_schema_version 1): every repetition of each stage, total and bench that has a time,
 * no aggregates. A writer of one result.
 */
int mb_json_gbench(const struct mb_result *const *results, size_t count, FILE *file);

/* The same with one row for each of them, the median of its repetitions. */
int mb_json_gbench_median(const struct mb_result *const *results, size_t count, FILE *file);

/* Bencher Metric Format: the figures that are worth tracking, with the confidence interval of the median. A writer of one result. */
int mb_json_bencher(const struct mb_result *const *results, size_t count, FILE *file);

/*
 * A timeline in the Trace Event Format, for Perfetto: a process for each repetition, a track for the boot thread, each node and each worker,
 * and what was counted. A writer of several results.
 */
int mb_json_trace(const struct mb_result *const *results, size_t count, FILE *file);

#endif
