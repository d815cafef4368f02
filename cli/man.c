/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/doc.h"
#include "cli/man.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"

#define LINE 76
#define DATE "November 22, 2026" /* of the last change to the page's words */

/* Characters that mean something to mdoc; a dash must be escaped to be copied as one. */
static void add_char(struct mb_strbuf *buf, char c)
{
	static const struct {
		char c;
		const char *escape;
	} escapes[] = {{'\\', "\\e"}, {'-', "\\-"}, {'\'', "\\(aq"}, {'"', "\\(dq"}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(escapes); i++) {
		if (escapes[i].c == c) {
			mb_strbuf_add(buf, escapes[i].escape);
			return;
		}
	}
	mb_strbuf_addf(buf, "%c", c);
}

/*
 * Running text: lines of at most LINE bytes, sentences on lines of their own, no line that begins
 * like a macro.
 */
static void add_text(struct mb_strbuf *buf, const char *text)
{
	size_t start = buf->length;

	while (*text) {
		size_t word = strcspn(text, " \n");
		bool fits =
			buf->length - start + 2 * word + 1 < LINE; /* escapes make words longer */

		if (buf->length > start)
			mb_strbuf_add(buf, fits ? " " : "\n");
		if (!fits)
			start = buf->length;
		if (buf->length == start && *text == '.')
			mb_strbuf_add(buf, "\\&");
		for (size_t i = 0; i < word; i++)
			add_char(buf, text[i]);
		if (text[word] == '\n')
			mb_strbuf_add(buf, "\n.Pp\n");
		else if (text[word] == ' ' && word && text[word - 1] == '.')
			mb_strbuf_add(buf, "\n");
		if (mb_strbuf_text(buf)[buf->length - 1] == '\n')
			start = buf->length;
		text += word + strspn(text + word, " \n");
	}
	mb_strbuf_add(buf, "\n");
}

/* One argument of a macro, quoted. */
static void add_word(struct mb_strbuf *buf, const char *text)
{
	mb_strbuf_add(buf, " \"\\&");
	for (; *text; text++)
		add_char(buf, *text);
	mb_strbuf_add(buf, "\"");
}

static void add_option(struct mb_strbuf *buf, const struct mb_opt *opt)
{
	struct mb_strbuf text = {0};

	mb_strbuf_add(buf, ".It");
	if (opt->short_name)
		mb_strbuf_addf(buf, " Fl %c ,", opt->short_name);
	mb_strbuf_addf(buf, " Fl \\-%s", opt->name);
	if (opt->arg)
		mb_strbuf_addf(buf, " Ar %s", opt->arg);
	mb_strbuf_add(buf, "\n");
	mb_strbuf_add(&text, opt->help);
	for (size_t i = 0; opt->kind == MB_OPT_CHOICE && opt->values(i); i++)
		mb_strbuf_addf(&text, "%s%s", i ? ", " : "; one of ", opt->values(i));
	add_text(buf, mb_strbuf_text(&text));
	mb_strbuf_fini(&text);
}

static void add_options(struct mb_strbuf *buf, unsigned command)
{
	mb_strbuf_add(buf, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < mb_opts_count; i++) {
		if ((mb_opts_table[i].commands & command) && mb_opts_table[i].help)
			add_option(buf, &mb_opts_table[i]);
	}
	mb_strbuf_add(buf, ".El\n");
}

/* "[REGEX]", "RESULT..." */
static void add_operands(struct mb_strbuf *buf, const char *args)
{
	bool optional = args[0] == '[';

	args += optional;
	mb_strbuf_addf(buf, "%s %.*s%s\n", optional ? ".Op Ar" : ".Ar", (int)strcspn(args, ".]"),
		       args, strchr(args, '.') ? " ..." : "");
}

static void add_synopsis(struct mb_strbuf *buf)
{
	mb_strbuf_add(buf, ".Sh SYNOPSIS\n");
	for (size_t i = 0; i < mb_nr_cmds; i++) {
		mb_strbuf_addf(buf, ".Nm\n.Cm %s\n.Op Ar option ...\n", mb_cmds[i].name);
		if (mb_cmds[i].args)
			add_operands(buf, mb_cmds[i].args);
	}
	mb_strbuf_add(buf, ".Nm\n.Fl \\-help | \\-version\n");
}

static void add_commands(struct mb_strbuf *buf)
{
	mb_strbuf_add(buf, ".Sh COMMANDS\n");
	for (size_t i = 0; i < mb_nr_cmds; i++) {
		const struct mb_cmd *cmd = &mb_cmds[i];

		mb_strbuf_addf(buf, ".Ss memboot %s\n", cmd->name);
		add_text(buf, cmd->text);
		mb_strbuf_add(buf, ".Pp\nOptions:\n");
		add_options(buf, cmd->bit);
	}
}

static void add_section(struct mb_strbuf *buf, const struct mb_doc_section *section)
{
	mb_strbuf_addf(buf, ".Sh %s\n", section->title);
	if (section->intro)
		add_text(buf, section->intro);
	mb_strbuf_add(buf, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < section->nr_items; i++) {
		mb_strbuf_add(buf, ".It Li");
		add_word(buf, section->items[i].term);
		mb_strbuf_add(buf, "\n");
		add_text(buf, section->items[i].text);
	}
	mb_strbuf_add(buf, ".El\n");
}

void mb_man_add(struct mb_strbuf *buf)
{
	mb_strbuf_add(buf, ".\\\" Made by memboot --print-man.\n"
			   ".Dd " DATE "\n.Dt MEMBOOT 1\n.Os\n"
			   ".Sh NAME\n.Nm memboot\n.Nd " MB_DOC_SUMMARY "\n");
	add_synopsis(buf);
	mb_strbuf_add(buf, ".Sh DESCRIPTION\n.Nm\n");
	add_text(
		buf,
		"brings up a machine's memory in user space the way Linux does at boot, on real "
		"memory, "
		"and measures every step. It needs no privileges and changes nothing on the host.");
	mb_strbuf_add(buf, ".Pp\nOptions before any command:\n");
	add_options(buf, MB_CMD_NONE);
	add_commands(buf);
	for (size_t i = 0; i < mb_doc_nr_sections; i++)
		add_section(buf, &mb_doc_sections[i]);
}
