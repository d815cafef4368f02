/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "reports/table.h"
#include "reports/text.h"

struct cell {
	char *text;
	enum mb_table_style style;
};

struct mb_table {
	struct mb_table_column *columns; /* owns the titles */
	size_t nr_columns;
	struct cell *cells;
	size_t nr_cells;
	enum mb_table_style style;
	int error;
};

/* SGR parameters of ISO 6429, section 8.3.117. */
static const char *const styles[] = {
	[MB_TABLE_PLAIN] = "",  [MB_TABLE_BOLD] = "1",   [MB_TABLE_DIM] = "2",
	[MB_TABLE_RED] = "31",  [MB_TABLE_GREEN] = "32", [MB_TABLE_YELLOW] = "33",
	[MB_TABLE_CYAN] = "36",
};

struct mb_table *mb_table_new(const struct mb_table_column *columns, size_t count)
{
	struct mb_table *table = count ? calloc(1, sizeof(*table)) : NULL;

	if (!table)
		return NULL;
	table->columns = calloc(count, sizeof(*table->columns));
	if (!table->columns)
		goto fail;
	table->nr_columns = count;
	for (size_t i = 0; i < count; i++) {
		struct mb_strbuf title = {0};

		table->columns[i].align = columns[i].align;
		if (!columns[i].title)
			continue;
		mb_text_add_printable(&title, columns[i].title);
		table->columns[i].title = mb_strbuf_take(&title);
		if (!table->columns[i].title)
			goto fail;
	}
	return table;
fail:
	mb_table_free(table);
	return NULL;
}

void mb_table_free(struct mb_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->nr_columns; i++)
		free((char *)table->columns[i].title);
	for (size_t i = 0; i < table->nr_cells; i++)
		free(table->cells[i].text);
	free(table->columns);
	free(table->cells);
	free(table);
}

void mb_table_cell(struct mb_table *table, const char *text)
{
	struct mb_strbuf clean = {0};
	struct cell cell;

	if (!table || table->error)
		return;
	cell.style = table->style;
	if (text)
		mb_text_add_printable(&clean, text);
	cell.text = mb_strbuf_take(&clean);
	if (!cell.text || mb_grow(&table->cells, table->nr_cells, sizeof(cell))) {
		free(cell.text);
		table->error = -ENOMEM;
		return;
	}
	table->cells[table->nr_cells++] = cell;
}

void mb_table_cellf(struct mb_table *table, const char *format, ...)
{
	MB_FREE char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		text = NULL;
		if (table)
			table->error = -ENOMEM;
		return;
	}
	mb_table_cell(table, text);
}

void mb_table_style_cell(struct mb_table *table, enum mb_table_style style)
{
	if (table && table->nr_cells && !table->error)
		table->cells[table->nr_cells - 1].style = style;
}

void mb_table_style(struct mb_table *table, enum mb_table_style style)
{
	if (table)
		table->style = style;
}

void mb_table_end_row(struct mb_table *table)
{
	while (table && !table->error && table->nr_cells % table->nr_columns)
		mb_table_cell(table, NULL);
}

void mb_table_add_styled(struct mb_strbuf *text, bool colour, enum mb_table_style style,
			 const char *words)
{
	bool on = colour && style != MB_TABLE_PLAIN && *words;

	if (on)
		mb_strbuf_addf(text, "\033[%sm", styles[style]);
	mb_strbuf_add(text, words);
	if (on)
		mb_strbuf_add(text, "\033[0m");
}

static bool column_says_something(const struct mb_table *table, size_t column)
{
	for (size_t i = column; i < table->nr_cells; i += table->nr_columns)
		if (*table->cells[i].text && strcmp(table->cells[i].text, "-") != 0)
			return true;
	return !table->nr_cells;
}

static void drop_column(struct mb_table *table, size_t column)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->nr_cells; i++) {
		if (i % table->nr_columns == column)
			free(table->cells[i].text);
		else
			table->cells[kept++] = table->cells[i];
	}
	table->nr_cells = kept;
	free((char *)table->columns[column].title);
	table->nr_columns--;
	memmove(&table->columns[column], &table->columns[column + 1],
		(table->nr_columns - column) * sizeof(*table->columns));
}

void mb_table_drop_empty(struct mb_table *table)
{
	if (!table || table->error)
		return;
	for (size_t column = table->nr_columns; column-- > 1;)
		if (!column_says_something(table, column))
			drop_column(table, column);
}

static void add_spaces(struct mb_strbuf *text, size_t count)
{
	while (count--)
		mb_strbuf_add(text, " ");
}

/* Two spaces between columns; blanks are owed until a later cell needs them, so that no line ends with one. */
struct line {
	struct mb_strbuf *text;
	const struct mb_table_options *options;
	size_t owed;
};

static void add_cell(struct line *line, const char *text, enum mb_table_style style,
		     enum mb_table_align align, size_t width)
{
	size_t own = mb_text_width(text), pad = width - own;

	if (*text) {
		add_spaces(line->text, line->owed + (align == MB_TABLE_RIGHT ? pad : 0));
		mb_table_add_styled(line->text, line->options->colour, style, text);
		line->owed = align == MB_TABLE_RIGHT ? 0 : pad;
	} else {
		line->owed += width;
	}
	line->owed += 2;
}

/* Width of each column. */
static void measure(const struct mb_table *table, size_t *widths)
{
	for (size_t i = 0; i < table->nr_columns; i++)
		widths[i] = table->columns[i].title ? mb_text_width(table->columns[i].title) : 0;
	for (size_t i = 0; i < table->nr_cells; i++) {
		size_t *width = &widths[i % table->nr_columns];

		*width = mb_max(*width, mb_text_width(table->cells[i].text));
	}
}

static void add_heading(const struct mb_table *table, const size_t *widths, struct line line)
{
	bool any = false;

	for (size_t i = 0; i < table->nr_columns; i++)
		any |= table->columns[i].title != NULL;
	if (!any)
		return;
	for (size_t i = 0; i < table->nr_columns; i++)
		add_cell(&line, table->columns[i].title ? table->columns[i].title : "",
			 MB_TABLE_BOLD, table->columns[i].align, widths[i]);
	mb_strbuf_add(line.text, "\n");
}

int mb_table_render(const struct mb_table *table, const struct mb_table_options *options,
		    struct mb_strbuf *text)
{
	MB_FREE size_t *widths = NULL;
	struct line line = {text, options, options->indent};

	if (!table || table->error)
		return -ENOMEM;
	widths = calloc(table->nr_columns, sizeof(*widths));
	if (!widths)
		return -ENOMEM;
	measure(table, widths);
	add_heading(table, widths, line);
	for (size_t i = 0; i < table->nr_cells; i++) {
		const struct cell *cell = &table->cells[i];
		size_t column = i % table->nr_columns;

		add_cell(&line, cell->text, cell->style, table->columns[column].align,
			 widths[column]);
		if (column + 1 < table->nr_columns && i + 1 < table->nr_cells)
			continue;
		mb_strbuf_add(text, "\n");
		line.owed = options->indent;
	}
	return text->error;
}
