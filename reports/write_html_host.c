/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "reports/text.h"
#include "reports/answer_several.h"
#include "reports/format.h"
#include "reports/pick.h"
#include "reports/write_html.h"

/* Sections about what was measured where: several results beside each other, the host's facts, and its noise. */

/* What a result says of something, or why it does not. */
struct said {
	const char *value, *reason;
};

static const char *text_of(const struct said *said)
{
	return said->value ? said->value : said->reason ? said->reason : "\u2013";
}

/* "23.5 GiB" of "25276510208 bytes", "23.4 ns" of "23.382080078125 ns"; any other text as it is. */
static const char *pretty(const char *text, struct mb_format_text *ret)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || !isfinite(value))
		return text;
	if (!strcmp(end, " bytes"))
		*ret = mb_format_bytes(value);
	else if (!strcmp(end, " ns"))
		*ret = mb_format_time(value, MB_FORMAT_UTF8);
	else
		return text;
	return ret->text;
}

/* Whether what differs would look the same to people: then it is shown as it is. */
static bool hides(const struct mb_html *html, const struct said *said)
{
	struct mb_format_text one, other;

	for (size_t i = 1; i < html->count; i++)
		if (strcmp(text_of(&said[i]), text_of(&said[0])) != 0 &&
		    !strcmp(pretty(text_of(&said[i]), &one), pretty(text_of(&said[0]), &other)))
			return true;
	return false;
}

/* A cell a result; where they differ, all are marked. */
static void put_texts(struct mb_html *html, const struct said *said)
{
	bool differ = false, exact = hides(html, said);
	struct mb_format_text text;

	for (size_t i = 1; i < html->count; i++)
		differ |= strcmp(text_of(&said[i]), text_of(&said[0])) != 0;
	for (size_t i = 0; i < html->count; i++) {
		mb_html_cell_begin(html, differ ? "differs" : NULL, text_of(&said[i]));
		mb_html_text(html, !said[i].value && said[i].reason ? "unknown: " : "");
		mb_html_text(html, exact ? text_of(&said[i]) : pretty(text_of(&said[i]), &text));
		mb_html_raw(html, "</td>");
	}
	mb_html_raw(html, "</tr>\n");
}

static void put_heads(struct mb_html *html, const char *first)
{
	mb_html_head(html, first);
	for (size_t i = 0; i < html->count; i++)
		mb_html_head(html, mb_html_several(html) ? mb_answer_name(i).text : "value");
	mb_html_body(html);
}

/* Fields that any of the results has. */
static size_t count_fields(const struct mb_html *html)
{
	size_t count = 0;

	for (size_t field = 0; field < MB_RESULT_NR_FIELDS; field++) {
		bool any = false;

		for (size_t i = 0; i < html->count; i++)
			any |= html->results[i]->fields[field] != NULL;
		count += any;
	}
	return count;
}

/* --- several results --- */

#define MAX_BESIDE \
	26 /* results beside each other in a table; what more there are is in the other sections */

/* What a table of the first results leaves out is said. */
static void put_beside(struct mb_html *some, size_t count, const char *caption, size_t nr_rows)
{
	struct mb_strbuf text = {0};

	mb_strbuf_add(&text, caption);
	if (some->count < count)
		mb_strbuf_addf(&text, " (the first %zu of %zu results)", some->count, count);
	mb_html_figure(some, NULL, mb_strbuf_text(&text), nr_rows);
	if (text.error)
		some->error = text.error;
	mb_strbuf_fini(&text);
}

static bool has_compared(const struct mb_html *html)
{
	return mb_html_several(html);
}

static void put_totals(struct mb_html *html, int metric)
{
	const struct mb_metric *row = &html->results[0]->metrics->rows[metric];
	static const char *const totals[] = {"to_first_allocation", "to_first_kmalloc",
					     "to_all_memory"};
	size_t nr_rows = 0;

	for (size_t i = 0; i < html->count; i++)
		nr_rows += mb_pick_run(html->results[i], MB_RUN_TOTAL, totals[0]) != NULL;
	if (!nr_rows)
		return;
	mb_html_figure(html, "bars", "How long each boot takes", nr_rows);
	mb_html_head(html, "result");
	for (size_t k = 0; k < MB_ARRAY_SIZE(totals); k++)
		mb_html_head_metric(html, row, totals[k], -1, true);
	mb_html_head(html, "policy");
	mb_html_head(html, "rules of Linux");
	mb_html_body(html);
	for (size_t i = 0; i < html->count; i++) {
		const struct mb_result *result = html->results[i];
		const char *policy = result->fields[MB_RESULT_POLICY];
		const char *profile = result->fields[MB_RESULT_KERNEL_PROFILE];
		struct mb_strbuf name = {0};

		if (!mb_pick_run(result, MB_RUN_TOTAL, totals[0]))
			continue;
		mb_strbuf_addf(&name, "%s%s%s%s%s", mb_answer_name(i).text, policy ? " " : "",
			       policy ? policy : "", profile ? " " : "", profile ? profile : "");
		mb_html_raw(html, "<tr>");
		mb_html_name(html, mb_strbuf_text(&name));
		for (size_t k = 0; k < MB_ARRAY_SIZE(totals); k++)
			mb_html_cell_run(html, mb_pick_run(result, MB_RUN_TOTAL, totals[k]),
					 metric);
		mb_html_cell(html, policy);
		mb_html_cell(html, profile);
		mb_html_raw(html, "</tr>\n");
		mb_strbuf_fini(&name);
	}
	mb_html_figure_end(html);
}

static void put_compared(struct mb_html *html)
{
	struct mb_html some = *html;
	struct said said[MAX_BESIDE];

	put_totals(html, MB_METRIC_WALL_NS);
	some.count = mb_min(html->count, MAX_BESIDE);
	put_beside(&some, html->count, "What the results are of; what differs is marked",
		   count_fields(&some));
	put_heads(&some, "");
	for (size_t field = 0; field < MB_RESULT_NR_FIELDS; field++) {
		bool any = false;

		for (size_t i = 0; i < some.count; i++) {
			said[i] = (struct said){html->results[i]->fields[field], NULL};
			any |= said[i].value != NULL;
		}
		if (!any)
			continue;
		mb_html_raw(&some, "<tr>");
		mb_html_name(&some, mb_result_fields[field].label);
		put_texts(&some, said);
	}
	mb_html_figure_end(&some);
	html->error = some.error;
}

const struct mb_write_html_section mb_write_html_compared = {
	"compared",
	"Side by side",
	"By their medians; how far repetitions of one result differ is under Samples.",
	has_compared,
	put_compared,
};

/* --- the host --- */

static bool has_host(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		if (html->results[i]->facts.count || html->results[i]->knobs.count)
			return true;
	return !mb_html_several(html);
}

static const struct mb_facts *list_of(const struct mb_result *result, bool knobs)
{
	return knobs ? &result->knobs : &result->facts;
}

static bool is_new_fact(const struct mb_html *html, bool knobs, size_t result, size_t row)
{
	const char *name = list_of(html->results[result], knobs)->rows[row].name;

	for (size_t i = 0; i <= result; i++) {
		const struct mb_facts *facts = list_of(html->results[i], knobs);

		for (size_t j = 0; j < (i == result ? row : facts->count); j++)
			if (!strcmp(facts->rows[j].name, name))
				return false;
	}
	return true;
}

static struct said fact_said(const struct mb_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->count; i++)
		if (!strcmp(facts->rows[i].name, name))
			return (struct said){facts->rows[i].value, facts->rows[i].reason};
	return (struct said){NULL, NULL};
}

static void put_facts(struct mb_html *html, bool knobs)
{
	struct said said[MAX_BESIDE];

	for (size_t i = 0; i < html->count; i++) {
		const struct mb_facts *facts = list_of(html->results[i], knobs);

		for (size_t j = 0; j < facts->count; j++) {
			if (!is_new_fact(html, knobs, i, j))
				continue;
			for (size_t k = 0; k < html->count; k++)
				said[k] = fact_said(list_of(html->results[k], knobs),
						    facts->rows[j].name);
			mb_html_raw(html, "<tr>");
			mb_html_name(html, facts->rows[j].name);
			put_texts(html, said);
		}
	}
}

static size_t count_facts(const struct mb_html *html, bool knobs)
{
	size_t count = 0;

	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < list_of(html->results[i], knobs)->count; j++)
			count += is_new_fact(html, knobs, i, j);
	return count;
}

/* The fields of one result; of several they stand side by side above. */
static void put_fields(struct mb_html *html)
{
	mb_html_figure(html, NULL, "What was run", count_fields(html));
	put_heads(html, "");
	for (size_t field = 0; field < MB_RESULT_NR_FIELDS; field++) {
		const struct said said = {html->results[0]->fields[field], NULL};

		if (!said.value)
			continue;
		mb_html_raw(html, "<tr>");
		mb_html_name(html, mb_result_fields[field].label);
		put_texts(html, &said);
	}
	mb_html_figure_end(html);
}

static void put_host(struct mb_html *html)
{
	struct mb_html some = *html;

	if (!mb_html_several(html))
		put_fields(html);
	some.count = mb_min(html->count, MAX_BESIDE);
	for (int knobs = 0; knobs < 2; knobs++) {
		size_t nr_rows = count_facts(&some, knobs);

		if (!nr_rows)
			continue;
		put_beside(&some, html->count, knobs ? "Settings that change figures" : "Host",
			   nr_rows);
		put_heads(&some, "");
		put_facts(&some, knobs);
		mb_html_figure_end(&some);
	}
	html->error = some.error;
}

const struct mb_write_html_section mb_write_html_host = {
	"host", "The host", NULL, has_host, put_host,
};

/* --- its noise --- */

static bool has_noise(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		if (html->results[i]->noise.count)
			return true;
	return false;
}

/* The row of a result that says the same; NULL: none does. */
static const struct mb_noise *find_same(const struct mb_result *result, const struct mb_noise *row)
{
	for (size_t i = 0; i < result->noise.count; i++) {
		const struct mb_noise *other = &result->noise.rows[i];
		bool same = other->verdict == row->verdict;

		for (int k = 0; k < MB_NOISE_NR_TEXTS; k++)
			same = same && mb_text_same(other->texts[k], row->texts[k]);
		if (same)
			return other;
	}
	return NULL;
}

/* What several results say stands once, with the names of all. */
static bool is_new_noise(const struct mb_html *html, size_t result, const struct mb_noise *row)
{
	for (size_t i = 0; i < result; i++)
		if (find_same(html->results[i], row))
			return false;
	return find_same(html->results[result], row) == row;
}

static void put_whose(struct mb_html *html, const struct mb_noise *row)
{
	const char *join = "";

	if (!mb_html_several(html))
		return;
	mb_html_raw(html, "<td class=\"who\">");
	for (size_t i = 0; i < html->count; i++)
		if (find_same(html->results[i], row)) {
			mb_html_raw(html, "%s%s", join, mb_answer_name(i).text);
			join = ", ";
		}
	mb_html_raw(html, "</td>");
}

static void put_noise_row(struct mb_html *html, const struct mb_noise *row)
{
	char *const *texts = row->texts;

	mb_html_raw(html, "<tr class=\"%s\">", mb_noise_verdict_name(row->verdict));
	put_whose(html, row);
	mb_html_name(html, texts[MB_NOISE_TITLE] ? texts[MB_NOISE_TITLE] : texts[MB_NOISE_NAME]);
	mb_html_raw(html, "<td><span class=\"verdict\">%s</span></td>",
		    mb_noise_verdict_label(row->verdict));
	mb_html_cell(html, texts[MB_NOISE_VALUE] ? texts[MB_NOISE_VALUE] : texts[MB_NOISE_REASON]);
	mb_html_cell(html, texts[MB_NOISE_SHOULD]);
	mb_html_cell(html, texts[MB_NOISE_WHY]);
	mb_html_cell_begin(html, NULL, texts[MB_NOISE_COMMAND]);
	mb_html_raw(html, "%s", texts[MB_NOISE_COMMAND] ? "<code>" : "");
	mb_html_text(html, texts[MB_NOISE_COMMAND]);
	mb_html_raw(html, "%s</td></tr>\n", texts[MB_NOISE_COMMAND] ? "</code>" : "");
}

/* What is worst comes first. */
static void put_noise(struct mb_html *html)
{
	static const enum mb_noise_verdict order[] = {MB_NOISE_SPOILS, MB_NOISE_DISTURBS,
						      MB_NOISE_UNKNOWN, MB_NOISE_FINE};
	static const char *const heads[] = {"check",     "verdict",      "is",
					    "should be", "what it does", "what changes it"};
	size_t nr_rows = 0;

	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->noise.count; j++)
			nr_rows += is_new_noise(html, i, &html->results[i]->noise.rows[j]);
	mb_html_figure(html, NULL, "What on the host makes figures noisy or wrong", nr_rows);
	if (mb_html_several(html))
		mb_html_head(html, "result");
	for (size_t k = 0; k < MB_ARRAY_SIZE(heads); k++)
		mb_html_head(html, heads[k]);
	mb_html_body(html);
	for (size_t v = 0; v < MB_ARRAY_SIZE(order); v++)
		for (size_t i = 0; i < html->count; i++)
			for (size_t j = 0; j < html->results[i]->noise.count; j++)
				if (html->results[i]->noise.rows[j].verdict == order[v] &&
				    is_new_noise(html, i, &html->results[i]->noise.rows[j]))
					put_noise_row(html, &html->results[i]->noise.rows[j]);
	mb_html_figure_end(html);
}

const struct mb_write_html_section mb_write_html_noise = {
	"noise",   "Noise",   "As memboot doctor sees the host, when the result was begun.",
	has_noise, put_noise,
};
