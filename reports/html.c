/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/answer_several.h"
#include "reports/counter.h"
#include "reports/format.h"
#include "reports/html.h"
#include "reports/json.h"
#include "reports/pick.h"
#include "reports/text.h"

#define MANY_ROWS 20    /* more are folded below their chart */
#define LEAST_NS  0.005 /* what is less would be shown as 0.00 ns */
#define LONG_TEXT 24    /* bytes in a cell; longer ones wrap */

void mb_html_raw(struct mb_html *html, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(html->file, format, args);
	va_end(args);
}

void mb_html_text(struct mb_html *html, const char *text)
{
	struct mb_strbuf clean = {0};

	if (!text)
		return;
	mb_text_add_printable(&clean, text);
	for (const char *at = mb_strbuf_text(&clean); *at; at++) {
		switch (*at) {
		case '&': fputs("&amp;", html->file); break;
		case '<': fputs("&lt;", html->file); break;
		case '>': fputs("&gt;", html->file); break;
		case '"': fputs("&quot;", html->file); break;
		case '\'': fputs("&#39;", html->file); break;
		default: fputc(*at, html->file);
		}
	}
	if (clean.error)
		html->error = clean.error;
	mb_strbuf_fini(&clean);
}

/* In JSON these are only ever inside a string, where an escape means the same. */
void mb_html_json(struct mb_html *html, const struct mb_result *result)
{
	char *text MB_FREE = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);
	int error = memory ? mb_json_write(&result, 1, memory) : -ENOMEM;

	if (memory && fclose(memory))
		error = -ENOMEM;
	if (error) {
		html->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < length; i++) {
		if (strchr("<>&", text[i]) && text[i])
			mb_html_raw(html, "\\u%04x", text[i]);
		else if (!strncmp(text + i, "\u2028", 3) || !strncmp(text + i, "\u2029", 3)) {
			mb_html_raw(html, "\\u%x",
				    (unsigned char)text[i + 2] == 0xa8 ? 0x2028 : 0x2029);
			i += 2;
		} else {
			fputc(text[i], html->file);
		}
	}
}

bool mb_html_several(const struct mb_html *html)
{
	return html->count > 1;
}

bool mb_html_any_kind(const struct mb_html *html, enum mb_run_kind kind)
{
	for (size_t i = 0; i < html->count; i++)
		if (mb_pick_any(html->results[i], kind))
			return true;
	return false;
}

void mb_html_figure(struct mb_html *html, const char *chart, const char *caption, size_t nr_rows)
{
	bool drawn = chart && mb_html_has_charts;

	mb_html_raw(html, "<figure%s%s%s>\n<figcaption>", drawn ? " data-chart=\"" : "",
		    drawn ? chart : "", drawn ? "\"" : "");
	mb_html_text(html, caption);
	mb_html_raw(html, "</figcaption>\n%s<details%s>\n<summary>%zu row%s</summary>\n",
		    drawn ? "<div class=\"plot\"></div>\n" : "",
		    drawn && nr_rows > MANY_ROWS ? "" : " open", nr_rows, nr_rows == 1 ? "" : "s");
	mb_html_raw(html, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
	mb_html_text(html, caption);
	mb_html_raw(html, "\">\n<table>\n<thead>\n<tr>");
}

void mb_html_body(struct mb_html *html)
{
	mb_html_raw(html, "</tr>\n</thead>\n<tbody>\n");
}

void mb_html_figure_end(struct mb_html *html)
{
	mb_html_raw(html, "</tbody>\n</table>\n</div>\n</details>\n</figure>\n");
}

void mb_html_head(struct mb_html *html, const char *label)
{
	mb_html_raw(html, "<th scope=\"col\">");
	mb_html_text(html, label);
	mb_html_raw(html, "</th>");
}

/* What report.js makes of an axis' numbers. */
static const char *format_name(enum mb_metric_format format)
{
	static const char *const names[] = {
		[MB_METRIC_FORMAT_TIME] = "time",   [MB_METRIC_FORMAT_COUNT] = "count",
		[MB_METRIC_FORMAT_BYTES] = "bytes", [MB_METRIC_FORMAT_RATE] = "rate",
		[MB_METRIC_FORMAT_RATIO] = "ratio", [MB_METRIC_FORMAT_PERCENT] = "percent",
	};

	return names[format];
}

void mb_html_head_metric(struct mb_html *html, const struct mb_metric *metric, const char *label,
			 int who, bool plot)
{
	mb_html_raw(html, "<th scope=\"col\" class=\"n\" data-format=\"%s\" data-axis=\"",
		    format_name(metric->format));
	mb_html_text(html, metric->label);
	mb_html_raw(html, "\"%s>", plot ? " data-plot=\"\"" : "");
	mb_html_text(html, label ? label : metric->label);
	if (who >= 0 && mb_html_several(html))
		mb_html_raw(html, " <b>%s</b>", mb_answer_name((size_t)who).text);
	mb_html_raw(html, "</th>");
}

void mb_html_name(struct mb_html *html, const char *name)
{
	mb_html_raw(html, "<th scope=\"row\">");
	mb_html_text(html, name);
	mb_html_raw(html, "</th>");
}

void mb_html_cell_begin(struct mb_html *html, const char *kind, const char *text)
{
	bool words = text && strlen(text) > LONG_TEXT;

	if (kind || words)
		mb_html_raw(html, "<td class=\"%s%s%s\">", kind ? kind : "",
			    kind && words ? " " : "", words ? "words" : "");
	else
		mb_html_raw(html, "<td>");
}

void mb_html_cell(struct mb_html *html, const char *text)
{
	mb_html_cell_begin(html, NULL, text);
	mb_html_text(html, text);
	mb_html_raw(html, "</td>");
}

void mb_html_cell_metric(struct mb_html *html, const struct mb_metric *metric, double value)
{
	if (metric->format == MB_METRIC_FORMAT_TIME && value > 0 && value < LEAST_NS)
		mb_html_raw(html, "<td class=\"n\" data-v=\"%s\">&lt; 0.01 ns</td>",
			    mb_format_exact(value).text);
	else if (isfinite(value))
		mb_html_raw(html, "<td class=\"n\" data-v=\"%s\">%s</td>",
			    mb_format_exact(value).text,
			    mb_format_metric(metric, value, MB_FORMAT_UTF8).text);
	else
		mb_html_raw(html, "<td class=\"n\">\u2013</td>");
}

void mb_html_cell_run(struct mb_html *html, const struct mb_run *run, int metric)
{
	int counter = run ? mb_counter_of_metric(run->result, metric) : -ENOENT;
	double value = mb_pick_figure(run, metric);

	if (!isnan(value) && counter >= 0 && mb_counter_is_estimated(run, (size_t)counter))
		mb_html_raw(
			html, "<td class=\"n\" data-v=\"%s\">~%s</td>", mb_format_exact(value).text,
			mb_format_metric(&run->result->metrics->rows[metric], value, MB_FORMAT_UTF8)
				.text);
	else
		mb_html_cell_metric(html, &html->results[0]->metrics->rows[metric], value);
}

void mb_html_cell_number(struct mb_html *html, double number)
{
	struct mb_format_text exact = mb_format_exact(number);

	if (isfinite(number))
		mb_html_raw(html, "<td class=\"n\" data-v=\"%s\">%s</td>", exact.text, exact.text);
	else
		mb_html_raw(html, "<td class=\"n\">\u2013</td>");
}

void mb_html_cell_who(struct mb_html *html, size_t result)
{
	if (mb_html_several(html))
		mb_html_raw(html, "<td class=\"who\">%s</td>", mb_answer_name(result).text);
}
