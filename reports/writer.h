/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_WRITER_H
#define MB_REPORTS_WRITER_H

#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/base/err.h"
#include "reports/lacks.h"
#include "reports/result.h"

/*
 * File formats: one row each, chosen by name or by file name. A writer writes count results, one at least, to a stream and closes
 * nothing: 0, -ENOMEM, or -EIO when the stream is in error. The results may be of different hosts, commands and versions, but
 * have the same metric table.
 */
typedef int mb_writer_fn(const struct mb_result *const *results, size_t count, FILE *file);

struct mb_html_trends;
typedef int mb_writer_trends_fn(const struct mb_result *const *results, size_t count,
				const struct mb_html_trends *trends, FILE *file);

struct mb_writer {
	const char *name;      /* "csv": what --format takes */
	const char *extension; /* ".csv" */
	const char *summary;   /* one line for people */
	mb_writer_fn *write;
	mb_writer_trends_fn *
		write_trends; /* the same with trends of a history; NULL: it has no place for them */
	bool one_only;        /* it takes one result at a time */
	bool benchmarks_only; /* it has no place for other results */
	bool has_noise;       /* it has a place for the host's noise rows */
	bool whole_only;      /* it cannot say that a result is partial, so it takes none */
	bool benches_alone;   /* what it holds only benches measure */
	mb_lacks_fn *lacks;   /* NULL: it takes any results */
};

extern const struct mb_writer mb_writers[];
extern const size_t mb_writers_count;

/*
 * The writer for a path: by format when it is not NULL, else by the longest known extension. "-", a name without any
 * extension, and a device or pipe without a known one are json. NULL with err naming what is known.
 */
const struct mb_writer *mb_writer_find(const char *path, const char *format, struct mb_err *err);

/*
 * Whether mb_writer_save() would begin: format and extension known, no directory in the way, the folder there and a file
 * can be made in it, which is tried. For before a long run. 0 or a negative errno with err.
 */
int mb_writer_check(const char *path, const char *format, struct mb_err *err);

/* Whether the format takes such a result, before there is the real one. 0, or a failure of mb_writer_save() with err. */
int mb_writer_check_result(const char *path, const char *format, const struct mb_result *result,
			   struct mb_err *err);

/*
 * Writes results to path as a whole or not at all, see save.h; "-" and /dev/stdout are the stream standard, which the
 * caller flushes before and owns. 0 or a negative errno with err, which does not repeat the path: -EINVAL also for several
 * results where the format takes one and for a partial one where it takes none, -ENODATA for those that lack what the format
 * holds.
 */
int mb_writer_save(const char *path, const char *format, const struct mb_result *const *results,
		   size_t count, FILE *standard, struct mb_err *err);

/* The same with trends, reports/html.h; -EINVAL where the format has no place for them. */
int mb_writer_save_trends(const char *path, const char *format,
			  const struct mb_result *const *results, size_t count,
			  const struct mb_html_trends *trends, FILE *standard, struct mb_err *err);

/* The formats of this folder that have no header of their own. */
mb_writer_fn mb_write_text;
mb_writer_fn mb_write_csv;
mb_writer_fn mb_write_gobench;
mb_writer_fn mb_write_hwloc;
mb_writer_fn mb_write_markdown;
mb_writer_fn mb_write_otava;
mb_writer_fn mb_write_prometheus;
mb_writer_fn mb_write_html;
mb_writer_trends_fn mb_write_html_history;

#endif
