/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/format.h"
#include "reports/write_html.h"

/* The section about a history: a chart for each series, of its samples in order of time. */

static bool has_trends(const struct mb_html *html)
{
	return html->trends && html->trends->count;
}

/* "+5.1 % (+4.3 … +5.9 %), worse, in abc..def" */
static void add_change(struct mb_strbuf *text, const struct mb_trend_change *change)
{
	if (!isnan(change->ratio))
		mb_strbuf_addf(text, "%+.1f\u00a0%% (%+.1f\u2009\u2026\u2009%+.1f\u00a0%%), ",
			       100 * (change->ratio - 1), 100 * (change->low - 1),
			       100 * (change->high - 1));
	mb_strbuf_addf(text, "%s, in ", change->worse ? "worse" : "better");
	mb_trend_add_range(text, change);
}

/* What is to be seen without the chart too. */
static void add_caption(struct mb_strbuf *text, const struct mb_html_trend *row)
{
	mb_strbuf_addf(text, "%s, %s, %s%s%zu samples: ", row->line->row,
		       mb_metrics.rows[row->line->metric].label, row->line->labels,
		       *row->line->labels ? ", " : "", row->points->count);
	if (row->trend->too_few)
		mb_strbuf_add(text, "too few to say whether it changed");
	else if (!row->trend->count)
		mb_strbuf_add(text, "no change");
	for (size_t i = 0; i < row->trend->count; i++) {
		mb_strbuf_add(text, i ? "; " : "");
		add_change(text, &row->trend->changes[i]);
	}
}

/* The median of the samples between two changes. */
static double level_of(struct mb_html *html, const struct mb_html_trend *row, size_t change)
{
	const struct mb_trend *trend = row->trend;
	size_t first = change ? trend->changes[change - 1].index : 0;
	size_t end = change < trend->count ? trend->changes[change].index : row->points->count;
	struct mb_stats stats;

	if (mb_stats_summarise(row->points->values + first, end - first, &stats)) {
		html->error = -ENOMEM;
		return NAN;
	}
	return stats.median;
}

static void put_points(struct mb_html *html, const struct mb_html_trend *row)
{
	const struct mb_metric *metric = &mb_metrics.rows[row->line->metric];
	double level = level_of(html, row, 0);
	size_t change = 0;

	for (size_t i = 0; i < row->points->count; i++) {
		MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf text = {0};
		bool begins = change < row->trend->count && row->trend->changes[change].index == i;

		if (begins) {
			add_change(&text, &row->trend->changes[change]);
			level = level_of(html, row, ++change);
		}
		mb_html_raw(html, begins ? "<tr data-change=\"" : "<tr");
		mb_html_text(html, mb_strbuf_text(&text));
		mb_html_raw(html, begins ? "\">" : ">");
		mb_html_name(html, row->points->revisions[i]);
		mb_html_cell(html, row->points->started_utc[i]);
		mb_html_cell_metric(html, metric, row->points->values[i]);
		mb_html_cell_metric(html, metric, level);
		mb_html_raw(html, "</tr>\n");
		html->error = text.error ? text.error : html->error;
	}
}

static void put_trend(struct mb_html *html, const struct mb_html_trend *row)
{
	const struct mb_metric *metric = &mb_metrics.rows[row->line->metric];
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf caption = {0};

	add_caption(&caption, row);
	mb_html_figure(html, "trend", mb_strbuf_text(&caption), row->points->count);
	mb_html_head(html, "revision");
	mb_html_head(html, "began");
	mb_html_head_metric(html, metric, NULL, -1, true);
	mb_html_head_metric(html, metric, "level", -1, true);
	mb_html_body(html);
	put_points(html, row);
	mb_html_figure_end(html);
	html->error = caption.error ? caption.error : html->error;
}

static void put_trends(struct mb_html *html)
{
	for (size_t i = 0; i < html->trends->count; i++)
		put_trend(html, &html->trends->rows[i]);
	if (html->trends->more)
		mb_html_raw(html,
			    "<p class=\"note\">%zu more series without a change: <code>memboot "
			    "history show</code> has them.</p>\n",
			    html->trends->more);
}

const struct mb_write_html_section mb_write_html_trends = {
	"trends",
	"Trends",
	"A point a run of the program, in the order of revisions; the line is the level, and a triangle is where it changed.",
	has_trends,
	put_trends,
};
