/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/align.h"
#include "reports/comparison_text.h"
#include "reports/text.h"

#define WIDE      100 /* columns from which medians are shown */
#define MAX_NAMED 3   /* rows of one reason that are named */

/* What is shown of one side's rows. */
struct shown {
	bool metric, bar, wide;
};

static const enum mb_table_style styles[MB_NR_VERDICTS] = {
	[MB_VERDICT_SAME] = MB_TABLE_DIM,
	[MB_VERDICT_BETTER] = MB_TABLE_GREEN,
	[MB_VERDICT_WORSE] = MB_TABLE_RED,
	[MB_VERDICT_INCONCLUSIVE] = MB_TABLE_YELLOW,
	[MB_VERDICT_NOT_COMPARABLE] = MB_TABLE_YELLOW,
};

/* --- parts that others use --- */

void mb_comparison_text_counts(const struct mb_comparison *comparison, struct mb_strbuf *text)
{
	static const enum mb_verdict order[] = {MB_VERDICT_WORSE, MB_VERDICT_INCONCLUSIVE,
						MB_VERDICT_NOT_COMPARABLE, MB_VERDICT_BETTER,
						MB_VERDICT_SAME};
	const char *before = "";

	if (!comparison->nr_rows)
		mb_strbuf_add(text, "nothing to compare");
	for (size_t i = 0; i < MB_ARRAY_SIZE(order); i++) {
		size_t count = mb_comparison_count(comparison, order[i]);

		if (!count)
			continue;
		mb_strbuf_addf(text, "%s%zu %s", before, count, mb_judge_label(order[i]));
		before = ", ";
	}
}

void mb_comparison_text_side(const struct mb_comparison_side *side, struct mb_strbuf *text)
{
	const char *before = "";

	if (side->host_class) {
		mb_strbuf_add(text, side->host_class);
		before = "; ";
	}
	if (side->kernel) {
		mb_strbuf_addf(text, "%skernel ", before);
		mb_strbuf_add(text, side->kernel);
		before = "; ";
	}
	if (side->compiler) {
		mb_strbuf_add(text, before);
		mb_strbuf_add(text, side->compiler);
		before = "; ";
	}
	if (side->process_runs > 1)
		mb_strbuf_addf(text, "%s%zu process runs", before, side->process_runs);
}

const char *mb_comparison_text_row(const struct mb_comparison_row *row)
{
	return row->label ? row->label : row->name;
}

struct mb_format_text mb_comparison_text_interval(const struct mb_finding *finding,
						  enum mb_format_charset charset)
{
	struct mb_format_text both = {"-"};

	if (!isnan(finding->low) && !isnan(finding->high))
		snprintf(both.text, sizeof(both.text), "%.15s%s%.15s",
			 mb_format_ratio(finding->low).text,
			 charset == MB_FORMAT_ASCII ? ".." : "…",
			 mb_format_ratio(finding->high).text);
	return both;
}

struct mb_format_text mb_comparison_text_bar(const struct mb_comparison *comparison,
					     const struct mb_finding *finding)
{
	struct mb_format_text bar = {"exact"};

	if (finding->bar > 0)
		snprintf(bar.text, sizeof(bar.text), "%.20s%s",
			 mb_format_percent(100 * finding->bar).text,
			 !(finding->bar > comparison->threshold) ? ""
			 : finding->noise >= finding->bar        ? " noise"
								 : " floor");
	return bar;
}

bool mb_comparison_text_contrary(const struct mb_comparison_row *row)
{
	const struct mb_finding *finding = &row->finding;
	struct mb_format_text base = mb_format_metric(row->metric, row->base_value, MB_FORMAT_UTF8);
	struct mb_format_text now = mb_format_metric(row->metric, row->value, MB_FORMAT_UTF8);

	if (finding->exact || isnan(finding->ratio) || !strcmp(base.text, now.text) ||
	    !strcmp(mb_format_ratio(finding->ratio).text, mb_format_ratio(1).text))
		return false;
	return (row->value > row->base_value) != (finding->ratio > 1);
}

void mb_comparison_text_medians(size_t contrary, struct mb_strbuf *text)
{
	if (contrary)
		mb_strbuf_addf(
			text,
			"base, new: each side's median; in %zu row%s the two point the other way than the ratio, "
			"which decides: it is the middle of the ratios of samples to each other (Hodges-Lehmann)",
			contrary, contrary == 1 ? "" : "s");
}

/* --- sentences --- */

/* A sentence; each line after the first is indented by four more. */
static void add_sentence(struct mb_strbuf *text, const struct mb_comparison_view *view,
			 unsigned indent, const char *words)
{
	mb_strbuf_addf(text, "%*s", (int)indent, "");
	mb_text_add_wrapped(text, words, indent + 4, view->columns);
}

/* Whether all sides are of one host and build: then it is said once. */
static bool are_alike(const struct mb_comparison *comparison)
{
	const struct mb_comparison_side *base = comparison->sides;

	for (size_t i = 1; i < comparison->nr_sides; i++) {
		const struct mb_comparison_side *side = &comparison->sides[i];

		if (!mb_text_same(base->host_class, side->host_class) ||
		    !mb_text_same(base->kernel, side->kernel) ||
		    !mb_text_same(base->compiler, side->compiler) ||
		    base->process_runs != side->process_runs)
			return false;
	}
	return true;
}

static void add_side(struct mb_strbuf *text, const struct mb_comparison_view *view,
		     const char *which, const char *title, const struct mb_comparison_side *side)
{
	struct mb_strbuf line = {0}, what = {0};

	if (side)
		mb_comparison_text_side(side, &what);
	mb_strbuf_addf(&line, "%s%s%s", which, title ? title : "",
		       title && what.length ? ": " : "");
	mb_strbuf_add(&line, mb_strbuf_text(&what));
	if (title || what.length)
		add_sentence(text, view, 0, mb_strbuf_text(&line));
	if (line.error || what.error)
		text->error = -ENOMEM;
	mb_strbuf_fini(&line);
	mb_strbuf_fini(&what);
}

static void add_sides(struct mb_strbuf *text, const struct mb_comparison *comparison,
		      const struct mb_comparison_view *view)
{
	bool alike = are_alike(comparison);

	for (size_t i = 0; i < comparison->nr_sides; i++) {
		const struct mb_comparison_side *side = &comparison->sides[i];

		add_side(text, view, i ? "new: " : "base: ", side->title, alike ? NULL : side);
	}
	if (alike && comparison->nr_sides)
		add_side(text, view, comparison->nr_sides > 2 ? "all: " : "both: ", NULL,
			 comparison->sides);
}

/* --- the table --- */

static bool in_table(const struct mb_comparison_row *row, size_t side, bool all)
{
	return row->side == side && row->finding.verdict != MB_VERDICT_NOT_COMPARABLE &&
	       (all || row->finding.verdict != MB_VERDICT_SAME);
}

static struct mb_table *begin_table(const struct shown *shown)
{
	struct mb_table_column columns[10];
	size_t count = 0;

	columns[count++] = (struct mb_table_column){"verdict", MB_TABLE_LEFT};
	columns[count++] = (struct mb_table_column){"row", MB_TABLE_LEFT};
	if (shown->metric)
		columns[count++] = (struct mb_table_column){"metric", MB_TABLE_LEFT};
	if (shown->wide) {
		columns[count++] = (struct mb_table_column){"base", MB_TABLE_RIGHT};
		columns[count++] = (struct mb_table_column){"new", MB_TABLE_RIGHT};
	}
	columns[count++] = (struct mb_table_column){"ratio", MB_TABLE_RIGHT};
	columns[count++] = (struct mb_table_column){"interval", MB_TABLE_RIGHT};
	if (shown->bar)
		columns[count++] = (struct mb_table_column){"bar", MB_TABLE_RIGHT};
	if (shown->wide)
		columns[count++] = (struct mb_table_column){"n", MB_TABLE_RIGHT};
	columns[count++] = (struct mb_table_column){"more", MB_TABLE_RIGHT};
	return mb_table_new(columns, count);
}

static void add_row(struct mb_table *table, const struct mb_comparison *comparison,
		    const struct shown *shown, const struct mb_comparison_row *row,
		    enum mb_format_charset charset)
{
	const struct mb_finding *finding = &row->finding;

	mb_table_cell(table, mb_judge_label(finding->verdict));
	mb_table_style_cell(table, styles[finding->verdict]);
	mb_table_cell(table, mb_comparison_text_row(row));
	if (shown->metric)
		mb_table_cell(table, row->metric->label);
	if (shown->wide) {
		mb_table_cell(table, mb_format_metric(row->metric, row->base_value, charset).text);
		mb_table_cell(table, mb_format_metric(row->metric, row->value, charset).text);
	}
	mb_table_cell(table, mb_format_ratio(finding->ratio).text);
	mb_table_cell(table, mb_comparison_text_interval(finding, charset).text);
	if (shown->bar)
		mb_table_cell(table, mb_comparison_text_bar(comparison, finding).text);
	if (shown->wide)
		mb_table_cellf(table, "%zu", finding->samples);
	if (!finding->more)
		mb_table_cell(table, "-");
	else if (finding->more >= MB_JUDGE_MAX_MORE)
		mb_table_cell(table, "no number");
	else
		mb_table_cellf(table, "%zu", finding->more);
}

/* A time needs no word, unless a row has several figures. */
static bool needs_metric(const struct mb_comparison *comparison,
			 const struct mb_comparison_row *row)
{
	if (row->metric->format != MB_METRIC_FORMAT_TIME)
		return true;
	for (size_t i = 0; i < comparison->nr_rows; i++)
		if (comparison->rows[i].metric != row->metric &&
		    comparison->rows[i].side == row->side &&
		    !strcmp(comparison->rows[i].name, row->name))
			return true;
	return false;
}

/* Columns that say the same in all rows are left out, but for a bar that is not the threshold. */
static struct shown choose(const struct mb_comparison *comparison,
			   const struct mb_comparison_view *view)
{
	struct shown shown = {.wide = view->columns >= WIDE};
	const struct mb_comparison_row *first = NULL;

	for (size_t i = 0; i < comparison->nr_rows; i++) {
		const struct mb_comparison_row *row = &comparison->rows[i];

		if (!in_table(row, row->side, view->all))
			continue;
		first = first ? first : row;
		shown.metric = shown.metric || needs_metric(comparison, row);
		shown.bar |= row->finding.bar < first->finding.bar ||
			     row->finding.bar > first->finding.bar ||
			     row->finding.bar > comparison->threshold;
	}
	return shown;
}

static void add_table(struct mb_strbuf *text, const struct mb_comparison *comparison,
		      const struct mb_comparison_view *view, size_t side)
{
	struct shown shown = choose(comparison, view);
	struct mb_table *table = begin_table(&shown);
	size_t rows = 0;

	for (size_t i = 0; i < comparison->nr_rows; i++) {
		if (!in_table(&comparison->rows[i], side, view->all))
			continue;
		add_row(table, comparison, &shown, &comparison->rows[i], view->charset);
		rows++;
	}
	mb_table_drop_empty(table);
	if (rows) {
		mb_strbuf_add(text, "\n");
		if (comparison->nr_sides > 2) {
			mb_text_add_printable(text, comparison->sides[side].title);
			mb_strbuf_add(text, "\n");
		}
	}
	if (!table || (rows && mb_table_render(table, &view->table, text)))
		text->error = -ENOMEM;
	mb_table_free(table);
}

/* --- what is not comparable --- */

static bool same_reason(const struct mb_comparison_row *one, const struct mb_comparison_row *other)
{
	return one->finding.verdict == MB_VERDICT_NOT_COMPARABLE &&
	       other->finding.verdict == MB_VERDICT_NOT_COMPARABLE && one->side == other->side &&
	       !strcmp(one->finding.why, other->finding.why);
}

static bool is_first(const struct mb_comparison *comparison, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (same_reason(&comparison->rows[i], &comparison->rows[index]))
			return false;
	return comparison->rows[index].finding.verdict == MB_VERDICT_NOT_COMPARABLE;
}

/* A reason, and all rows that have it: few by name. */
static void add_reason(struct mb_strbuf *text, const struct mb_comparison *comparison,
		       const struct mb_comparison_view *view, size_t index)
{
	const struct mb_comparison_row *first = &comparison->rows[index];
	const char *before = ": ";
	struct mb_strbuf line = {0};
	size_t count = 0;

	for (size_t i = index; i < comparison->nr_rows; i++)
		count += same_reason(first, &comparison->rows[i]);
	if (comparison->nr_sides > 2)
		mb_strbuf_addf(&line, "%s: ", comparison->sides[first->side].title);
	mb_strbuf_add(&line, first->finding.why);
	if (count > MAX_NAMED)
		mb_strbuf_addf(&line, ": %zu rows", count);
	for (size_t i = index; i < comparison->nr_rows; i++) {
		if (!same_reason(first, &comparison->rows[i]) || (count > MAX_NAMED && !view->all))
			continue;
		mb_strbuf_addf(&line, "%s%s", before, mb_comparison_text_row(&comparison->rows[i]));
		before = ", ";
	}
	add_sentence(text, view, view->table.indent, mb_strbuf_text(&line));
	if (line.error)
		text->error = line.error;
	mb_strbuf_fini(&line);
}

static void add_reasons(struct mb_strbuf *text, const struct mb_comparison *comparison,
			const struct mb_comparison_view *view)
{
	if (!mb_comparison_count(comparison, MB_VERDICT_NOT_COMPARABLE))
		return;
	mb_strbuf_add(text, "\nnot comparable\n");
	for (size_t i = 0; i < comparison->nr_rows; i++)
		if (is_first(comparison, i))
			add_reason(text, comparison, view, i);
}

/* --- all of it --- */

/* From what on a change counts: the threshold, unless the bars of rows are others. */
static void add_bars(struct mb_strbuf *text, const struct mb_comparison *comparison)
{
	double low = NAN, high = NAN;

	for (size_t i = 0; i < comparison->nr_rows; i++) {
		const struct mb_finding *finding = &comparison->rows[i].finding;

		if (finding->verdict == MB_VERDICT_NOT_COMPARABLE || finding->exact)
			continue;
		low = fmin(low, finding->bar);
		high = fmax(high, finding->bar);
	}
	if (isnan(low))
		low = high = comparison->threshold;
	mb_strbuf_addf(text, "; a change counts beyond %s", mb_format_percent(100 * low).text);
	if (high > low)
		mb_strbuf_addf(text, " to %s, by row", mb_format_percent(100 * high).text);
}

/* Where medians are shown. */
static void add_medians(struct mb_strbuf *text, const struct mb_comparison *comparison,
			const struct mb_comparison_view *view)
{
	struct mb_strbuf line = {0};
	size_t contrary = 0;

	for (size_t i = 0; view->columns >= WIDE && i < comparison->nr_rows; i++) {
		const struct mb_comparison_row *row = &comparison->rows[i];

		contrary += in_table(row, row->side, view->all) && mb_comparison_text_contrary(row);
	}
	mb_comparison_text_medians(contrary, &line);
	if (contrary)
		add_sentence(text, view, view->table.indent, mb_strbuf_text(&line));
	if (line.error)
		text->error = line.error;
	mb_strbuf_fini(&line);
}

static void add_end(struct mb_strbuf *text, const struct mb_comparison *comparison,
		    const struct mb_comparison_view *view)
{
	struct mb_strbuf line = {0};

	mb_comparison_text_counts(comparison, &line);
	add_bars(&line, comparison);
	mb_strbuf_add(text, "\n");
	add_sentence(text, view, 0, mb_strbuf_text(&line));
	if (line.error)
		text->error = line.error;
	mb_strbuf_fini(&line);
	if (mb_comparison_count(comparison, MB_VERDICT_INCONCLUSIVE))
		add_sentence(text, view, view->table.indent,
			     "more: about as many samples more on each side would tell");
	add_medians(text, comparison, view);
	for (size_t i = 0; i < comparison->nr_notes; i++)
		add_sentence(text, view, view->table.indent, comparison->notes[i]);
	if (mb_comparison_status(comparison) != 4)
		return;
	mb_strbuf_addf(&line, "this cannot be judged: %s", comparison->unfit);
	add_sentence(text, view, 0, mb_strbuf_text(&line));
	mb_strbuf_fini(&line);
}

int mb_comparison_text(const struct mb_comparison *comparison,
		       const struct mb_comparison_view *view, struct mb_strbuf *text)
{
	add_sides(text, comparison, view);
	for (size_t i = 1; i < comparison->nr_sides; i++)
		add_table(text, comparison, view, i);
	add_reasons(text, comparison, view);
	add_end(text, comparison, view);
	return text->error;
}
