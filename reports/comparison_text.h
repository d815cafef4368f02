/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COMPARISON_TEXT_H
#define MB_REPORTS_COMPARISON_TEXT_H

#include "core/base/strbuf.h"
#include "reports/comparison.h"
#include "reports/format.h"
#include "reports/table.h"

/* How it is shown. */
struct mb_comparison_view {
	struct mb_table_options table;
	enum mb_format_charset charset;
	unsigned
		columns; /* below 100 medians and numbers of samples are left out; sentences are wrapped there */
	bool all; /* what is the same row by row too, and names of all that is not comparable */
};

/*
 * Adds who was held against whom, a table of what is worse, inconclusive or better for each, what is not comparable and why, the count
 * of each verdict, and the notes. 0 or -ENOMEM.
 */
int mb_comparison_text(const struct mb_comparison *comparison,
		       const struct mb_comparison_view *view, struct mb_strbuf *text);

/* "1 worse, 2 inconclusive, 40 same"; "nothing to compare" where there is no row. */
void mb_comparison_text_counts(const struct mb_comparison *comparison, struct mb_strbuf *text);

/* "AMD EPYC, 1 socket, 1 node, 24 GiB; kernel 6.1.0; gcc 12.2.0 -O2"; nothing where nothing is known. */
void mb_comparison_text_side(const struct mb_comparison_side *side, struct mb_strbuf *text);

/* How people call a row. */
const char *mb_comparison_text_row(const struct mb_comparison_row *row);

/* "1.093…1.151"; "-" without an interval. */
struct mb_format_text mb_comparison_text_interval(const struct mb_finding *finding,
						  enum mb_format_charset charset);

/*
 * Whether the medians of a row, as they are written, point another way than its ratio: that is not their quotient but the middle of the ratios of
 * pairs, or of all samples of both sides.
 */
bool mb_comparison_text_contrary(const struct mb_comparison_row *row);
/* The sentence that so many rows of a table need; nothing for 0. */
void mb_comparison_text_medians(size_t contrary, struct mb_strbuf *text);

/* "5.0 %" where it is the threshold, "7.1 % noise" and "8.0 % floor" where one of these is larger; "exact" without a bar. */
struct mb_format_text mb_comparison_text_bar(const struct mb_comparison *comparison,
					     const struct mb_finding *finding);

#endif
