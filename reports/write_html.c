/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "reports/answer.h"
#include "reports/answer_several.h"
#include "reports/pick.h"
#include "reports/write_html.h"
#include "reports/writer.h"

/*
 * One file that needs no other: the answer, a section for each thing that the results know, all runs, and the results
 * themselves as JSON. The page around it, its style and its scripts are made from html/.
 */
static const struct mb_write_html_section *const sections[] = {
	&mb_write_html_facts,       &mb_write_html_trends,       &mb_write_html_compared,
	&mb_write_html_predictions, &mb_write_html_phases,       &mb_write_html_nodes,
	&mb_write_html_workers,     &mb_write_html_kernel,       &mb_write_html_scaling,
	&mb_write_html_matrix,      &mb_write_html_initialisers, &mb_write_html_counters,
	&mb_write_html_samples,     &mb_write_html_benches,      &mb_write_html_noise,
	&mb_write_html_host,        &mb_write_html_runs,
};

static const char *host_of(const struct mb_result *result)
{
	const char *name = mb_result_fact(&result->facts, "host_name");

	return name ? name : mb_result_fact(&result->facts, "cpu_model");
}

static void put_title(struct mb_html *html)
{
	const char *host = host_of(html->results[0]);

	mb_html_text(html, "memboot");
	if (mb_html_several(html))
		mb_html_raw(html, ": %zu results", html->count);
	else if (host) {
		mb_html_text(html, ": ");
		mb_html_text(html, host);
	}
}

static const char *heading_of(const struct mb_html *html)
{
	if (mb_html_any_kind(html, MB_RUN_STAGE) || mb_html_any_kind(html, MB_RUN_BENCH))
		return "What bringing up this memory costs at boot";
	if (mb_html_any_kind(html, MB_RUN_PREDICTION))
		return "What bringing up this memory would cost at boot";
	if (mb_html_any_kind(html, MB_RUN_FACT))
		return "The engine and this kernel, fact by fact";
	return "What this host does to figures";
}

static void put_field(struct mb_html *html, const char *before, const char *text)
{
	if (!text)
		return;
	mb_html_text(html, before);
	mb_html_text(html, text);
}

/* Who, when and with what, in a line or two. */
static void put_identity(struct mb_html *html, size_t index)
{
	const struct mb_result *result = html->results[index];

	mb_html_raw(html, "<p class=\"identity\">");
	put_field(html, "", result->fields[MB_RESULT_STARTED_UTC]);
	put_field(html, " \u00b7 ", host_of(result));
	put_field(html, " \u00b7 memboot ", result->fields[MB_RESULT_TOOL_VERSION]);
	put_field(html, " \u00b7 rules of Linux ", result->fields[MB_RESULT_KERNEL_PROFILE]);
	put_field(html, " \u00b7 policy ", result->fields[MB_RESULT_POLICY]);
	mb_html_raw(html, "</p>\n");
	if (result->fields[MB_RESULT_COMMAND_LINE]) {
		mb_html_raw(html, "<p class=\"identity\"><code>");
		mb_html_text(html, result->fields[MB_RESULT_COMMAND_LINE]);
		mb_html_raw(html, "</code></p>\n");
	}
	if (result->status == MB_RESULT_COMPLETE)
		return;
	mb_html_raw(html, "<p class=\"alert\"><strong>");
	mb_html_text(html, mb_result_status_name(result->status));
	mb_html_raw(html, "</strong>: ");
	mb_html_text(html, result->reason ? result->reason : "no reason is known");
	mb_html_raw(html, "; what is shown had ended.</p>\n");
}

/* No line is broken between a number and its unit. */
static void put_sentence(struct mb_html *html, const char *text)
{
	struct mb_strbuf kept = {0};

	for (const char *at = text; *at; at++) {
		bool unit = at > text && at[-1] >= '0' && at[-1] <= '9' && *at == ' ' &&
			    strchr("%nmskMGTKB\u00b5", at[1]);

		mb_strbuf_addf(&kept, unit ? "\u00a0" : "%c", *at);
	}
	mb_html_text(html, mb_strbuf_text(&kept));
	if (kept.error)
		html->error = kept.error;
	mb_strbuf_fini(&kept);
}

/* spoilt: the host spoilt the figures, which is seen before any of them. */
static void put_answer(struct mb_html *html, const struct mb_answer *answer, bool spoilt)
{
	mb_html_raw(html, "<ul class=\"answer\">\n");
	for (size_t i = 0; i < answer->count; i++) {
		const struct mb_answer_line *line = &answer->lines[i];

		mb_html_raw(html, "<li class=\"topic-%d%s%s\"><span class=\"topic\">",
			    (int)line->topic, line->figure ? "" : " unknown",
			    spoilt && line->topic == MB_ANSWER_TRUST ? " spoilt" : "");
		mb_html_text(html, mb_answer_topic_label(line->topic));
		mb_html_raw(html, "</span> ");
		if (line->figure) {
			mb_html_raw(html, "<strong>");
			mb_html_text(html, line->figure);
			mb_html_raw(html, "</strong> ");
		}
		mb_html_raw(html, "<span class=\"why\">");
		put_sentence(html, line->text);
		mb_html_raw(html, "</span></li>\n");
	}
	mb_html_raw(html, "</ul>\n");
}

/* A card for each result. */
static void put_answers(struct mb_html *html)
{
	struct mb_answer answer = {0};

	mb_html_raw(html, "<section id=\"answer\">\n<h2>The answer</h2>\n");
	if (mb_html_several(html)) {
		if (mb_answer_compare(html->results, html->count, &answer))
			html->error = -ENOMEM;
		if (answer.count) {
			mb_html_raw(html, "<article>\n<h3>Side by side</h3>\n");
			put_answer(html, &answer, false);
			mb_html_raw(html, "</article>\n");
		}
		mb_answer_fini(&answer);
	}
	mb_html_raw(html, "<div class=\"cards\">\n");
	for (size_t i = 0; i < html->count; i++) {
		mb_html_raw(html, "<article>\n");
		if (mb_html_several(html))
			mb_html_raw(html, "<h3>Result %s</h3>\n", mb_answer_name(i).text);
		put_identity(html, i);
		if (mb_answer_make(html->results[i], &answer))
			html->error = -ENOMEM;
		put_answer(html, &answer,
			   mb_noise_count(&html->results[i]->noise, MB_NOISE_SPOILS) > 0);
		mb_answer_fini(&answer);
		mb_html_raw(html, "</article>\n");
	}
	mb_html_raw(html, "</div>\n</section>\n");
}

static void put_links(struct mb_html *html)
{
	mb_html_raw(html,
		    "<nav aria-label=\"Sections\"><ul>\n<li><a href=\"#answer\">Answer</a></li>\n");
	for (size_t i = 0; i < MB_ARRAY_SIZE(sections); i++)
		if (sections[i]->has(html))
			mb_html_raw(html, "<li><a href=\"#%s\">%s</a></li>\n", sections[i]->id,
				    sections[i]->title);
	mb_html_raw(html, "</ul></nav>\n");
}

static void put_sections(struct mb_html *html)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(sections); i++) {
		const struct mb_write_html_section *section = sections[i];

		if (!section->has(html))
			continue;
		mb_html_raw(html, "<section id=\"%s\">\n<h2>%s</h2>\n", section->id,
			    section->title);
		if (section->note)
			mb_html_raw(html, "<p class=\"note\">%s</p>\n", section->note);
		section->put(html);
		mb_html_raw(html, "</section>\n");
	}
}

static void put_data(struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++) {
		mb_html_raw(html,
			    "<script type=\"application/json\" class=\"result\" id=\"result-%s\">",
			    mb_answer_name(i).text);
		mb_html_json(html, html->results[i]);
		mb_html_raw(html, "</script>\n");
	}
}

static void put_piece(struct mb_html *html, enum mb_html_place place)
{
	fwrite(mb_html_pieces[place].data, 1, mb_html_pieces[place].length, html->file);
}

int mb_write_html_history(const struct mb_result *const *results, size_t count,
			  const struct mb_html_trends *trends, FILE *file)
{
	struct mb_html html = {file, results, count, 0, trends};

	put_piece(&html, MB_HTML_BEFORE_TITLE);
	put_title(&html);
	put_piece(&html, MB_HTML_BEFORE_BODY);
	mb_html_raw(&html, "<header><h1>%s</h1>\n", heading_of(&html));
	put_links(&html);
	mb_html_raw(&html, "</header>\n<main>\n");
	put_answers(&html);
	put_sections(&html);
	mb_html_raw(
		&html, "</main>\n<footer><p>%s</p></footer>\n",
		mb_html_has_charts
			? "Figures are medians of the repetitions. The data of this page are in it, as JSON."
			: "Figures are medians of the repetitions. This memboot was built without a chart "
			  "library: tables only.");
	put_data(&html);
	put_piece(&html, MB_HTML_AFTER_BODY);
	return html.error ? html.error : ferror(file) ? -EIO : 0;
}

int mb_write_html(const struct mb_result *const *results, size_t count, FILE *file)
{
	return mb_write_html_history(results, count, NULL, file);
}
