/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_TABLE_H
#define MB_REPORTS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/strbuf.h"

/*
 * Text tables for terminals and files: columns as wide as their widest cell, counted in terminal cells of UTF-8 text.
 * Cells may hold anything: control characters come out escaped, so no input can move a cursor. Add cells from left to right;
 * the row after the last column begins by itself. A failed allocation is remembered and shows in mb_table_render().
 */
enum mb_table_align {
	MB_TABLE_LEFT,
	MB_TABLE_RIGHT,
};

enum mb_table_style {
	MB_TABLE_PLAIN,
	MB_TABLE_BOLD,
	MB_TABLE_DIM,
	MB_TABLE_RED,
	MB_TABLE_GREEN,
	MB_TABLE_YELLOW,
	MB_TABLE_CYAN,
};

struct mb_table_column {
	const char *title; /* NULL in all columns: no heading */
	enum mb_table_align align;
};

struct mb_table_options {
	bool colour;     /* escape sequences for styles; off: the styles are ignored */
	unsigned indent; /* spaces before each line */
};

struct mb_table;

/* Titles are copied, control characters escaped. NULL without memory or without columns; the functions below accept that. */
struct mb_table *mb_table_new(const struct mb_table_column *columns, size_t count);
void mb_table_free(struct mb_table *table);

/* Takes away the columns, but the first, in which no cell says more than "-"; rows must be ended. */
void mb_table_drop_empty(struct mb_table *table);

/* The next cell; NULL is an empty one. */
void mb_table_cell(struct mb_table *table, const char *text);
void mb_table_cellf(struct mb_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Style of the cell that was added last. */
void mb_table_style_cell(struct mb_table *table, enum mb_table_style style);

/* Style of all cells added from now on. */
void mb_table_style(struct mb_table *table, enum mb_table_style style);

/* Fills the current row with empty cells; nothing when it is complete. */
void mb_table_end_row(struct mb_table *table);

/* Adds the table to text, every line ended by a newline and without trailing spaces. 0 or -ENOMEM. */
int mb_table_render(const struct mb_table *table, const struct mb_table_options *options,
		    struct mb_strbuf *text);

/* Text between the style's escape sequences when colour is on, else the bare text. */
void mb_table_add_styled(struct mb_strbuf *text, bool colour, enum mb_table_style style,
			 const char *words);

#endif
