/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_HTML_H
#define MB_REPORTS_HTML_H

#include <stdio.h>

#include "reports/result.h"
#include "reports/trend.h"

/*
 * Writing HTML: text escaped, figures with their exact value beside what people read. A chart is drawn by html/report.js from
 * the table in the same <figure>, so every figure of a chart is in a table, and a page without scripts lacks nothing.
 */
struct mb_html {
	FILE *file;
	const struct mb_result *const *results;
	size_t count;
	int error;                           /* 0 or -ENOMEM; a stream remembers its own */
	const struct mb_html_trends *trends; /* NULL: none */
};

/* Series of a history that the page shows; all borrowed. */
struct mb_html_trend {
	const struct mb_history_line *line;
	const struct mb_history_points *points;
	const struct mb_trend *trend;
};
struct mb_html_trends {
	const struct mb_html_trend *rows;
	size_t count;
	size_t more; /* series without a change that are not shown */
};

/* The page around what this file writes, made from html/ when memboot is built, in order of writing. */
struct mb_html_piece {
	const char *data;
	size_t length;
};
enum mb_html_place { MB_HTML_BEFORE_TITLE, MB_HTML_BEFORE_BODY, MB_HTML_AFTER_BODY };
extern const struct mb_html_piece mb_html_pieces[];
extern const bool mb_html_has_charts; /* the chart library was there when memboot was built */

/* Adds markup as it is; format and arguments must need no escaping. */
void mb_html_raw(struct mb_html *html, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Text for an element or a quoted attribute: &, <, >, quotes escaped; what is no printable UTF-8 is written as \xHH. NULL: nothing. */
void mb_html_text(struct mb_html *html, const char *text);

/* A result as JSON, fit to stand inside <script>: neither an end tag nor a comment can be in it. */
void mb_html_json(struct mb_html *html, const struct mb_result *result);

/* Whether there are several results, so that each figure has to say whose it is. */
bool mb_html_several(const struct mb_html *html);

/* Whether any of the results has a run of that kind. */
bool mb_html_any_kind(const struct mb_html *html, enum mb_run_kind kind);

/*
 * A figure with a table: the kind of chart (NULL: none), and what it shows. With a chart, a table of many rows is folded:
 * nr_rows decides. Then the heading cells, mb_html_body(), rows, and the end.
 */
void mb_html_figure(struct mb_html *html, const char *chart, const char *caption, size_t nr_rows);
void mb_html_body(struct mb_html *html);
void mb_html_figure_end(struct mb_html *html);

/* Heading cells: of texts; of a metric's figures, whose result that is (-1: not said), and whether the chart shows them. */
void mb_html_head(struct mb_html *html, const char *label);
void mb_html_head_metric(struct mb_html *html, const struct mb_metric *metric, const char *label,
			 int who, bool plot);

/* Cells of a row: its name, text, a figure of a metric ("–" for NaN), a whole number. */
void mb_html_name(struct mb_html *html, const char *name);
void mb_html_cell(struct mb_html *html, const char *text);
void mb_html_cell_metric(struct mb_html *html, const struct mb_metric *metric, double value);
void mb_html_cell_run(struct mb_html *html, const struct mb_run *run, int metric);
void mb_html_cell_number(struct mb_html *html, double number);

/* Begins a cell of text: long ones wrap, others do not. kind: a class more, or NULL. The caller adds the text and ends it. */
void mb_html_cell_begin(struct mb_html *html, const char *kind, const char *text);

/* "A", when there are several results. */
void mb_html_cell_who(struct mb_html *html, size_t result);

#endif
