/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/doc.h"
#include "cli/help.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/text.h"

#define WIDTH  80
#define INDENT 26 /* where the text beside a term begins */

static size_t column(const struct mb_strbuf *buf)
{
	const char *text = mb_strbuf_text(buf), *line = strrchr(text, '\n');

	return strlen(line ? line + 1 : text);
}

/* Adds paragraphs from the current column on, further lines indented. */
static void add_paragraphs(struct mb_strbuf *buf, size_t indent, const char *text)
{
	do {
		size_t length = strcspn(text, "\n");
		MB_FREE char *words = strndup(text, length);

		if (!words) {
			buf->error = -ENOMEM;
			return;
		}
		if (length && column(buf) < indent)
			mb_strbuf_addf(buf, "%*s", (int)(indent - column(buf)), "");
		mb_text_add_wrapped(buf, words, indent, WIDTH);
		text += length + (text[length] == '\n');
	} while (*text);
}

/* A term and its text beside it, or below it when the term is long. */
static void add_item(struct mb_strbuf *buf, const char *term, const char *text)
{
	mb_strbuf_addf(buf, "  %s", term);
	if (column(buf) + 2 > INDENT)
		mb_strbuf_add(buf, "\n");
	mb_strbuf_addf(buf, "%*s", (int)(INDENT - column(buf)), "");
	add_paragraphs(buf, INDENT, text);
}

static void add_values(struct mb_strbuf *buf, mb_opt_value_fn *values)
{
	mb_strbuf_add(buf, "; one of ");
	for (size_t i = 0; values(i); i++)
		mb_strbuf_addf(buf, "%s%s", i ? ", " : "", values(i));
}

static void add_option(struct mb_strbuf *buf, const struct mb_opt *opt)
{
	struct mb_strbuf text = {0};
	char term[64];

	snprintf(term, sizeof(term), "%c%c%s --%s%s%s", opt->short_name ? '-' : ' ',
		 opt->short_name ? opt->short_name : ' ', opt->short_name ? "," : " ", opt->name,
		 opt->arg ? " " : "", opt->arg ? opt->arg : "");
	mb_strbuf_add(&text, opt->help);
	if (opt->kind == MB_OPT_CHOICE)
		add_values(&text, opt->values);
	add_item(buf, term, mb_strbuf_text(&text));
	mb_strbuf_fini(&text);
}

static void add_options(struct mb_strbuf *buf, unsigned command)
{
	mb_strbuf_add(buf, "\nOptions:\n");
	for (size_t i = 0; i < mb_opts_count; i++) {
		if ((mb_opts_table[i].commands & command) && mb_opts_table[i].help)
			add_option(buf, &mb_opts_table[i]);
	}
}

/* "EXIT STATUS" as "Exit status:" */
static void add_title(struct mb_strbuf *buf, const char *title)
{
	mb_strbuf_addf(buf, "\n%c", title[0]);
	for (const char *c = title + 1; *c; c++)
		mb_strbuf_addf(buf, "%c", *c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
	mb_strbuf_add(buf, ":\n");
}

static void add_sections(struct mb_strbuf *buf, unsigned command)
{
	for (size_t i = 0; i < mb_doc_nr_sections; i++) {
		const struct mb_doc_section *section = &mb_doc_sections[i];

		if (!(section->commands & command))
			continue;
		add_title(buf, section->title);
		if (section->intro)
			add_paragraphs(buf, 0, section->intro);
		for (size_t k = 0; k < section->nr_items; k++)
			add_item(buf, section->items[k].term, section->items[k].text);
	}
}

static void add_program(struct mb_strbuf *buf)
{
	mb_strbuf_add(buf, "usage: memboot COMMAND [OPTION...]\n\nmemboot: " MB_DOC_SUMMARY
			   "\n\nCommands:\n");
	for (size_t i = 0; i < mb_nr_cmds; i++)
		add_item(buf, mb_cmds[i].name, mb_cmds[i].summary);
	add_options(buf, MB_CMD_NONE);
	add_sections(buf, MB_CMD_NONE);
	mb_strbuf_add(buf,
		      "\nmemboot COMMAND --help tells more about a command; so does memboot(1).\n");
}

void mb_help_add(struct mb_strbuf *buf, const struct mb_cmd *cmd)
{
	if (!cmd) {
		add_program(buf);
		return;
	}
	mb_strbuf_addf(buf, "usage: memboot %s [OPTION...]%s%s\n\n", cmd->name,
		       cmd->args ? " " : "", cmd->args ? cmd->args : "");
	add_paragraphs(buf, 0, cmd->text);
	add_options(buf, cmd->bit);
	add_sections(buf, cmd->bit);
}
