/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COMPARISON_WRITER_H
#define MB_REPORTS_COMPARISON_WRITER_H

#include "core/base/err.h"
#include "reports/comparison.h"

/*
 * File formats of verdicts: one row each, chosen by name or by file name, as those of results (writer.h). A writer writes a finished
 * comparison to a stream and closes nothing: 0, -ENOMEM, or -EIO when the stream is in error.
 */
typedef int mb_comparison_writer_fn(const struct mb_comparison *comparison, FILE *file);

struct mb_comparison_writer {
	const char *name, *extension;
	const char *summary; /* one line for people */
	mb_comparison_writer_fn *write;
};

extern const struct mb_comparison_writer mb_comparison_writers[];
extern const size_t mb_comparison_writers_count;

/* By format when it is not NULL, else by extension; "-" and a name without one are json. NULL with err naming what is known. */
const struct mb_comparison_writer *mb_comparison_writer_find(const char *path, const char *format,
							     struct mb_err *err);

/* Whether mb_comparison_writer_save() would begin, for before a long run. 0 or a negative errno with err. */
int mb_comparison_writer_check(const char *path, const char *format, struct mb_err *err);

/* Writes it as a whole or not at all (save.h). 0 or a negative errno with err, which does not repeat the path. */
int mb_comparison_writer_save(const char *path, const char *format,
			      const struct mb_comparison *comparison, FILE *standard,
			      struct mb_err *err);

/* In comparison_junit.c, comparison_markdown.c and json_comparison.c; that of text is in comparison_text.h. */
mb_comparison_writer_fn mb_comparison_junit;
mb_comparison_writer_fn mb_comparison_markdown;
mb_comparison_writer_fn mb_json_comparison;

#endif
