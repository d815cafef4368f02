/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "cli/trend_plot.h"
#include "reports/format.h"
#include "reports/text.h"

#define ROWS  8
#define WIDTH 64 /* cells beside the axis and its values */

/* A cell of braille holds 2 × 4 dots: Unicode, Braille Patterns, U+2800. */
#define DOTS_X 2
#define DOTS_Y 4

struct plot {
	const struct mb_history_points *points;
	enum mb_format_charset charset;
	double low, high; /* of the values */
	unsigned columns; /* cells in use */
	unsigned char cells[ROWS][WIDTH];
};

static unsigned dots_x(const struct plot *plot)
{
	return plot->charset == MB_FORMAT_UTF8 ? DOTS_X : 1;
}

static unsigned dots_y(const struct plot *plot)
{
	return plot->charset == MB_FORMAT_UTF8 ? DOTS_Y : 1;
}

/* A cell for each point, else a dot, else several points share one. */
static unsigned column_of(const struct plot *plot, size_t point)
{
	unsigned dots = plot->columns * dots_x(plot);

	if (plot->points->count <= plot->columns)
		return (unsigned)point * dots_x(plot);
	if (plot->points->count <= dots)
		return (unsigned)point;
	return (unsigned)((double)point * dots / (double)plot->points->count);
}

static void set_dot(struct plot *plot, unsigned x, unsigned y)
{
	/* bits of the dots of a cell, column by column, from the top */
	static const unsigned char bits[DOTS_X][DOTS_Y] = {{0x01, 0x02, 0x04, 0x40},
							   {0x08, 0x10, 0x20, 0x80}};

	plot->cells[y / dots_y(plot)][x / dots_x(plot)] |= bits[x % dots_x(plot)][y % dots_y(plot)];
}

static void draw_points(struct plot *plot)
{
	unsigned height = ROWS * dots_y(plot);
	double range = plot->high - plot->low;

	for (size_t i = 0; i < plot->points->count; i++) {
		double above = range > 0 ? (plot->high - plot->points->values[i]) / range : 0.5;

		set_dot(plot, column_of(plot, i), (unsigned)(above * (height - 1) + 0.5));
	}
}

static void add_cell(struct mb_strbuf *text, const struct plot *plot, unsigned char dots)
{
	if (plot->charset == MB_FORMAT_ASCII)
		mb_strbuf_add(text, dots ? "*" : " ");
	else if (!dots)
		mb_strbuf_add(text, " ");
	else
		mb_strbuf_addf(text, "%c%c%c", 0xe2, 0xa0 | dots >> 6, 0x80 | (dots & 0x3f));
}

static void add_row(struct mb_strbuf *text, const struct plot *plot, unsigned row,
		    const struct mb_metric *metric)
{
	bool ascii = plot->charset == MB_FORMAT_ASCII;
	double value = plot->high - (plot->high - plot->low) * row / (ROWS - 1);
	bool labelled = row == 0 || row == ROWS - 1;
	struct mb_format_text label = mb_format_metric(metric, value, plot->charset);
	size_t width = labelled ? mb_text_width(label.text) : 0;
	unsigned used = plot->columns;

	mb_strbuf_addf(text, "  %*s%s %s", width < 10 ? (int)(10 - width) : 0, "",
		       labelled ? label.text : "",
		       ascii      ? "|"
		       : labelled ? "┤"
				  : "│");
	while (used && !plot->cells[row][used - 1])
		used--;
	for (unsigned i = 0; i < used; i++)
		add_cell(text, plot, plot->cells[row][i]);
	mb_strbuf_add(text, "\n");
}

/* Numbers of the changes below the axis; where two would be in one cell, the first. */
static void add_marks(struct mb_strbuf *text, const struct plot *plot, const struct mb_trend *trend)
{
	unsigned at = 0;

	mb_strbuf_addf(text, "%14s", "");
	for (size_t i = 0; i < trend->count; i++) {
		unsigned cell = column_of(plot, trend->changes[i].index) / dots_x(plot);

		if (i && cell < at)
			continue;
		mb_strbuf_addf(text, "%*s%zu", (int)(cell - at), "", i + 1);
		at = cell + (i + 1 >= 100 ? 3 : i + 1 >= 10 ? 2 : 1);
	}
	mb_strbuf_add(text, "\n");
}

void mb_trend_plot_add(struct mb_strbuf *text, const struct mb_history_points *points,
		       const struct mb_trend *trend, const struct mb_metric *metric,
		       enum mb_format_charset charset)
{
	struct plot plot = {points, charset, INFINITY, -INFINITY, 0, {{0}}};
	unsigned cells;

	if (!points->count)
		return;
	for (size_t i = 0; i < points->count; i++) {
		plot.low = fmin(plot.low, points->values[i]);
		plot.high = fmax(plot.high, points->values[i]);
	}
	cells = points->count < WIDTH ? (unsigned)points->count : WIDTH;
	plot.columns = cells;
	draw_points(&plot);
	for (unsigned row = 0; row < ROWS; row++)
		add_row(text, &plot, row, metric);
	mb_strbuf_addf(text, "%13s%s", "", charset == MB_FORMAT_ASCII ? "+" : "└");
	for (unsigned i = 0; i < cells; i++)
		mb_strbuf_add(text, charset == MB_FORMAT_ASCII ? "-" : "─");
	mb_strbuf_add(text, "\n");
	if (trend->count)
		add_marks(text, &plot, trend);
}
