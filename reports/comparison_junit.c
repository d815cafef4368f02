/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/comparison_text.h"
#include "reports/comparison_writer.h"
#include "reports/text.h"

/*
 * JUnit's XML as CI systems read it: a suite a side, a case a row. Worse is a failure,
 * or an error where the host cannot judge; what is inconclusive is an error, since a case that is skipped counts as passed with many of
 * them; what is not comparable is skipped, with the reason.
 */
struct output {
	FILE *file;
	int error;
};

/* Attributes and text: characters that XML does not take come out as escapes of text. */
static void put(struct output *out, const char *words)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf clean = {0};

	mb_text_add_printable(&clean, words ? words : "");
	for (const char *at = mb_strbuf_text(&clean); *at; at++) {
		switch (*at) {
		case '&': fputs("&amp;", out->file); break;
		case '<': fputs("&lt;", out->file); break;
		case '>': fputs("&gt;", out->file); break;
		case '"': fputs("&quot;", out->file); break;
		default: fputc(*at, out->file);
		}
	}
	if (clean.error)
		out->error = clean.error;
}

static void put_attribute(struct output *out, const char *name, const char *value)
{
	fprintf(out->file, " %s=\"", name);
	put(out, value);
	fputc('"', out->file);
}

__attribute__((format(printf, 3, 4))) static void
putf_attribute(struct output *out, const char *name, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_attribute(out, name, text);
}

/* What becomes of a row: NULL for one that passes. */
static const char *element_of(const struct mb_comparison *comparison,
			      const struct mb_comparison_row *row)
{
	switch (row->finding.verdict) {
	case MB_VERDICT_WORSE: return mb_comparison_doubtful(comparison, row) ? "error" : "failure";
	case MB_VERDICT_INCONCLUSIVE: return "error";
	case MB_VERDICT_NOT_COMPARABLE: return "skipped";
	default: return NULL;
	}
}

static size_t count(const struct mb_comparison *comparison, size_t side, const char *element)
{
	size_t found = 0;

	for (size_t i = 0; i < comparison->nr_rows; i++) {
		const struct mb_comparison_row *row = &comparison->rows[i];
		const char *own = element_of(comparison, row);

		if (side && row->side != side)
			continue;
		found += !element || (own && !strcmp(own, element));
	}
	return found;
}

/* Of one side, or of all with side 0. */
static void put_counts(struct output *out, const struct mb_comparison *comparison, size_t side)
{
	putf_attribute(out, "tests", "%zu", count(comparison, side, NULL));
	putf_attribute(out, "failures", "%zu", count(comparison, side, "failure"));
	putf_attribute(out, "errors", "%zu", count(comparison, side, "error"));
	if (side)
		putf_attribute(out, "skipped", "%zu", count(comparison, side, "skipped"));
}

static void put_message(struct output *out, const struct mb_comparison *comparison,
			const struct mb_comparison_row *row)
{
	const struct mb_finding *finding = &row->finding;
	char doubt[256] = "";

	if (mb_comparison_doubtful(comparison, row))
		snprintf(doubt, sizeof(doubt), "it cannot be judged: %.200s; ", comparison->unfit);
	if (finding->verdict == MB_VERDICT_WORSE)
		putf_attribute(out, "message", "%s%s times the base (%s)", doubt,
			       mb_format_ratio(finding->ratio).text,
			       mb_comparison_text_interval(finding, MB_FORMAT_UTF8).text);
	else if (finding->more && finding->verdict == MB_VERDICT_INCONCLUSIVE)
		putf_attribute(out, "message",
			       "%sinconclusive: %s; about %zu more samples would tell", doubt,
			       finding->why, finding->more);
	else
		putf_attribute(out, "message", "%s%s: %s", doubt, mb_judge_label(finding->verdict),
			       finding->why);
}

static void put_case(struct output *out, const struct mb_comparison *comparison,
		     const struct mb_comparison_row *row)
{
	const char *element = element_of(comparison, row);

	fputs("    <testcase", out->file);
	putf_attribute(out, "classname", "memboot.%s", row->metric->key);
	put_attribute(out, "name", row->name);
	if (element) {
		fprintf(out->file, ">\n      <%s", element);
		if (*element != 's')
			put_attribute(out, "type", mb_judge_name(row->finding.verdict));
		put_message(out, comparison, row);
		fputs("/>\n    </testcase>\n", out->file);
		return;
	}
	fputs("/>\n", out->file);
}

static void put_property(struct output *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	fputs("      <property", out->file);
	put_attribute(out, "name", name);
	put_attribute(out, "value", value);
	fputs("/>\n", out->file);
}

static void put_suite(struct output *out, const struct mb_comparison *comparison, size_t side)
{
	const struct mb_comparison_side *base = &comparison->sides[0];
	const struct mb_comparison_side *other = &comparison->sides[side];
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf one = {0}, two = {0};

	mb_comparison_text_side(base, &one);
	mb_comparison_text_side(other, &two);
	fputs("  <testsuite", out->file);
	putf_attribute(out, "name", "%.200s against %.200s", other->title ? other->title : "new",
		       base->title ? base->title : "base");
	put_counts(out, comparison, side);
	fputs(">\n    <properties>\n", out->file);
	put_property(out, "base", mb_strbuf_text(&one));
	put_property(out, "new", mb_strbuf_text(&two));
	put_property(out, "threshold", mb_format_exact(comparison->threshold).text);
	for (size_t i = 0; i < comparison->nr_notes; i++)
		put_property(out, "note", comparison->notes[i]);
	put_property(out, "unfit", comparison->unfit);
	fputs("    </properties>\n", out->file);
	for (size_t i = 0; i < comparison->nr_rows; i++)
		if (comparison->rows[i].side == side)
			put_case(out, comparison, &comparison->rows[i]);
	fputs("  </testsuite>\n", out->file);
	if (one.error || two.error)
		out->error = -ENOMEM;
}

int mb_comparison_junit(const struct mb_comparison *comparison, FILE *file)
{
	struct output out = {file, 0};

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", file);
	putf_attribute(&out, "name", "memboot %s", comparison->command);
	put_counts(&out, comparison, 0);
	fputs(">\n", file);
	for (size_t i = 1; i < comparison->nr_sides; i++)
		put_suite(&out, comparison, i);
	fputs("</testsuites>\n", file);
	return out.error ? out.error : ferror(file) ? -EIO : 0;
}
