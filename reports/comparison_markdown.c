/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "reports/comparison_text.h"
#include "reports/comparison_writer.h"
#include "reports/markdown.h"

/*
 * A summary to paste into a pull request: the counts, what is worse, open or better, and folded away what is the same and why rows are
 * not comparable.
 */
static void add_line(struct mb_strbuf *text, const char *before, const char *words)
{
	mb_strbuf_add(text, before);
	mb_markdown_add_sentence(text, words);
	mb_strbuf_add(text, "\n");
}

static void add_sides(struct mb_strbuf *text, const struct mb_comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr_sides; i++) {
		const struct mb_comparison_side *side = &comparison->sides[i];
		struct mb_strbuf what = {0};

		mb_strbuf_add(text, i ? "- new " : "- base ");
		mb_markdown_add_code(text, side->title ? side->title : "");
		mb_comparison_text_side(side, &what);
		add_line(text, what.length ? ": " : "", mb_strbuf_text(&what));
		if (what.error)
			text->error = what.error;
		mb_strbuf_fini(&what);
	}
}

static void add_row(struct mb_strbuf *text, const struct mb_comparison *comparison,
		    const struct mb_comparison_row *row)
{
	const struct mb_finding *finding = &row->finding;
	enum mb_verdict verdict = finding->verdict;
	const char *strong = verdict == MB_VERDICT_WORSE ? "**" : "";

	mb_strbuf_addf(text, "| %s%s%s | ", strong, mb_judge_label(verdict), strong);
	mb_markdown_add_code(text, mb_comparison_text_row(row));
	if (comparison->nr_sides > 2) {
		mb_strbuf_add(text, " in ");
		mb_markdown_add_code(text, comparison->sides[row->side].title);
	}
	mb_strbuf_addf(text, " | %s | %s", row->metric->label,
		       mb_format_metric(row->metric, row->base_value, MB_FORMAT_UTF8).text);
	mb_strbuf_addf(text, " | %s | %s",
		       mb_format_metric(row->metric, row->value, MB_FORMAT_UTF8).text,
		       mb_format_ratio(finding->ratio).text);
	mb_strbuf_addf(text, " | %s | %s",
		       finding->exact ? "exact"
				      : mb_comparison_text_interval(finding, MB_FORMAT_UTF8).text,
		       finding->bar > 0 ? mb_comparison_text_bar(comparison, finding).text : "-");
	if (finding->more && finding->more < MB_JUDGE_MAX_MORE)
		mb_strbuf_addf(text, " | %zu of about %zu |\n", finding->samples,
			       finding->samples + finding->more);
	else
		mb_strbuf_addf(text, " | %zu |\n", finding->samples);
}

static bool wanted(const struct mb_comparison_row *row, bool same)
{
	return row->finding.verdict != MB_VERDICT_NOT_COMPARABLE &&
	       (row->finding.verdict == MB_VERDICT_SAME) == same;
}

static void add_table(struct mb_strbuf *text, const struct mb_comparison *comparison, bool same)
{
	struct mb_strbuf note = {0};
	size_t contrary = 0;
	bool any = false;

	for (size_t i = 0; i < comparison->nr_rows; i++) {
		if (!wanted(&comparison->rows[i], same))
			continue;
		if (!any)
			mb_strbuf_add(
				text,
				"\n| verdict | row | metric | base | new | ratio | interval | bar | n |\n"
				"|---|---|---|---:|---:|---:|---:|---:|---:|\n");
		any = true;
		add_row(text, comparison, &comparison->rows[i]);
		contrary += mb_comparison_text_contrary(&comparison->rows[i]);
	}
	mb_comparison_text_medians(contrary, &note);
	if (contrary)
		add_line(text, "\n", mb_strbuf_text(&note));
	if (note.error)
		text->error = note.error;
	mb_strbuf_fini(&note);
}

static void add_reasons(struct mb_strbuf *text, const struct mb_comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		const struct mb_comparison_row *row = &comparison->rows[i];

		if (row->finding.verdict != MB_VERDICT_NOT_COMPARABLE)
			continue;
		mb_strbuf_add(text, "- ");
		mb_markdown_add_code(text, mb_comparison_text_row(row));
		mb_strbuf_addf(text, ", %s", row->metric->label);
		if (comparison->nr_sides > 2) {
			mb_strbuf_add(text, " in ");
			mb_markdown_add_code(text, comparison->sides[row->side].title);
		}
		add_line(text, ": ", row->finding.why);
	}
}

static void begin_details(struct mb_strbuf *text, size_t rows, enum mb_verdict verdict)
{
	mb_strbuf_addf(text, "\n<details><summary>%zu row%s %s</summary>\n\n", rows,
		       rows == 1 ? "" : "s", mb_judge_label(verdict));
}

static void add_folded(struct mb_strbuf *text, const struct mb_comparison *comparison)
{
	size_t same = mb_comparison_count(comparison, MB_VERDICT_SAME);
	size_t refused = mb_comparison_count(comparison, MB_VERDICT_NOT_COMPARABLE);

	if (refused) {
		begin_details(text, refused, MB_VERDICT_NOT_COMPARABLE);
		add_reasons(text, comparison);
		mb_strbuf_add(text, "\n</details>\n");
	}
	if (same) {
		begin_details(text, same, MB_VERDICT_SAME);
		add_table(text, comparison, true);
		mb_strbuf_add(text, "\n</details>\n");
	}
}

int mb_comparison_markdown(const struct mb_comparison *comparison, FILE *file)
{
	struct mb_strbuf text = {0};
	int error;

	mb_strbuf_addf(&text, "### memboot %s: ", comparison->command);
	mb_comparison_text_counts(comparison, &text);
	mb_strbuf_add(&text, "\n\n");
	add_sides(&text, comparison);
	for (size_t i = 0; i < comparison->nr_notes; i++)
		add_line(&text, "- ", comparison->notes[i]);
	if (mb_comparison_status(comparison) == 4) {
		mb_strbuf_add(&text, "\n**This cannot be judged: ");
		mb_markdown_add_sentence(&text, comparison->unfit);
		mb_strbuf_add(&text, "**\n");
	}
	add_table(&text, comparison, false);
	add_folded(&text, comparison);
	error = text.error;
	if (!error)
		fputs(mb_strbuf_text(&text), file);
	mb_strbuf_fini(&text);
	return error ? error : ferror(file) ? -EIO : 0;
}
