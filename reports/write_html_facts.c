/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "reports/format.h"
#include "reports/pick.h"
#include "reports/write_html.h"

/* What a kernel shows of its memory beside what the engine arrives at: a row a fact, and below it the values that differ. */

#define MAX_VALUES 40 /* of a fact that differs; all of them are among all runs */

static bool has_facts(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		if (mb_pick_any(html->results[i], MB_RUN_FACT))
			return true;
	return false;
}

static bool is_of(const struct mb_run *value, const struct mb_run *fact)
{
	const char *whose = mb_result_fact(&value->args, "fact");

	return value->kind == MB_RUN_VALUE && whose && !strcmp(whose, fact->name);
}

static const char *verdict_of(const struct mb_run *fact)
{
	return fact->status == MB_RUN_OK       ? "equal"
	       : fact->status == MB_RUN_FAILED ? "different"
					       : "not compared";
}

static const char *class_of(const struct mb_run *fact)
{
	return fact->status == MB_RUN_OK       ? "fine"
	       : fact->status == MB_RUN_FAILED ? "spoils"
					       : "disturbs";
}

/* A fact of one value shows it; of several it shows how many were compared. */
static void put_side(struct mb_html *html, const struct mb_run *fact, const char *side)
{
	double count = mb_pick_figure(fact, MB_METRIC_COMPARED_VALUES);
	struct mb_strbuf text = {0};

	for (size_t i = 0; count == 1 && i < fact->result->nr_runs; i++) {
		const struct mb_run *value = fact->result->runs[i];

		if (!is_of(value, fact))
			continue;
		mb_html_cell(html, mb_result_fact(&value->args, side));
		return;
	}
	if (count > 0)
		mb_strbuf_addf(&text, "%s value%s", mb_format_count(count, MB_FORMAT_UTF8).text,
			       count == 1 ? "" : "s");
	mb_html_cell(html, text.length ? mb_strbuf_text(&text) : count == 0 ? "none" : "\u2013");
	if (text.error)
		html->error = text.error;
	mb_strbuf_fini(&text);
}

static void put_verdict(struct mb_html *html, const char *verdict, const char *reason)
{
	mb_html_raw(html, "<td><span class=\"verdict\">%s</span></td>", verdict);
	mb_html_cell(html, reason);
	mb_html_raw(html, "</tr>\n");
}

static void put_value(struct mb_html *html, size_t result, const struct mb_run *value)
{
	mb_html_raw(html, "<tr class=\"part not-ok\">");
	mb_html_cell_who(html, result);
	mb_html_name(html, value->name);
	mb_html_cell(html, NULL);
	mb_html_cell(html, mb_result_fact(&value->args, "expected"));
	mb_html_cell(html, mb_result_fact(&value->args, "got"));
	put_verdict(html, "different", value->reason);
}

static void put_values(struct mb_html *html, size_t result, const struct mb_run *fact)
{
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < fact->result->nr_runs; i++) {
		const struct mb_run *value = fact->result->runs[i];

		if (value->status != MB_RUN_FAILED || !is_of(value, fact))
			continue;
		if (shown < MAX_VALUES)
			put_value(html, result, value);
		more += shown++ >= MAX_VALUES;
	}
	if (more)
		mb_html_raw(
			html,
			"<tr class=\"part\"><td colspan=\"%d\">and %zu values more that differ, "
			"under All runs</td></tr>\n",
			mb_html_several(html) ? 7 : 6, more);
}

static void put_fact(struct mb_html *html, size_t result, const struct mb_run *fact)
{
	mb_html_raw(html, "<tr class=\"%s\">", class_of(fact));
	mb_html_cell_who(html, result);
	mb_html_name(html, fact->name);
	mb_html_cell(html, mb_result_fact(&fact->args, "what"));
	put_side(html, fact, "expected");
	put_side(html, fact, "got");
	put_verdict(html, verdict_of(fact), fact->reason);
	if (fact->status == MB_RUN_FAILED)
		put_values(html, result, fact);
}

static void put_facts(struct mb_html *html)
{
	static const char *const heads[] = {"fact",   "what",    "kernel",
					    "engine", "verdict", "reason"};
	size_t nr_rows = 0;

	for (size_t i = 0; i < html->count; i++)
		for (size_t k = 0; k < html->results[i]->nr_runs; k++)
			nr_rows += html->results[i]->runs[k]->kind == MB_RUN_FACT;
	mb_html_figure(html, NULL, "What the kernel shows, and what the engine arrives at",
		       nr_rows);
	if (mb_html_several(html))
		mb_html_head(html, "result");
	for (size_t k = 0; k < MB_ARRAY_SIZE(heads); k++)
		mb_html_head(html, heads[k]);
	mb_html_body(html);
	for (size_t i = 0; i < html->count; i++)
		for (size_t k = 0; k < html->results[i]->nr_runs; k++)
			if (html->results[i]->runs[k]->kind == MB_RUN_FACT)
				put_fact(html, i, html->results[i]->runs[k]);
	mb_html_figure_end(html);
}

const struct mb_write_html_section mb_write_html_facts = {
	"facts",
	"Facts",
	"Of a fact with several values the number that was compared; each value is under All runs. Values that differ stand below their fact.",
	has_facts,
	put_facts,
};
