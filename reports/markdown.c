/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "reports/markdown.h"
#include "reports/text.h"

/* The longest run of backticks, so that the fence is longer. */
static int ticks(const char *text)
{
	int longest = 0, length = 0;

	for (; *text; text++) {
		length = *text == '`' ? length + 1 : 0;
		longest = length > longest ? length : longest;
	}
	return longest;
}

/* A code span strips one space at both ends, which keeps backticks of the text off the fence. */
void mb_markdown_add_code(struct mb_strbuf *buf, const char *text)
{
	static const char fence[] = "````````````````";
	struct mb_strbuf clean = {0}, words = {0};
	int length;

	mb_text_add_printable(&clean, text);
	for (const char *at = mb_strbuf_text(&clean); *at; at++) {
		length = ticks(at);
		if (*at == '|' || (*at == '`' && length >= (int)sizeof(fence) - 1))
			mb_strbuf_addf(&words, "\\x%02x", *at);
		else
			mb_strbuf_addf(&words, "%c", *at);
	}
	text = mb_strbuf_text(&words);
	length = ticks(text) + 1;
	if (*text)
		mb_strbuf_addf(buf, length > 1 ? "%.*s %s %.*s" : "%.*s%s%.*s", length, fence, text,
			       length, fence);
	if (clean.error || words.error)
		buf->error = -ENOMEM;
	mb_strbuf_fini(&clean);
	mb_strbuf_fini(&words);
}

/* An underline between letters or digits is no markup: memmap_init. */
static bool is_inside_word(const char *start, const char *at)
{
	return *at == '_' && at > start && isalnum((unsigned char)at[-1]) &&
	       isalnum((unsigned char)at[1]);
}

void mb_markdown_add_sentence(struct mb_strbuf *buf, const char *text)
{
	struct mb_strbuf clean = {0};

	mb_text_add_printable(&clean, text);
	for (const char *at = mb_strbuf_text(&clean), *start = at; *at; at++)
		if (*at == '@' || *at == '#')
			mb_strbuf_addf(buf, "\\\\x%02x", *at);
		else if (strchr("\\`*_[]<>&|~", *at) && !is_inside_word(start, at))
			mb_strbuf_addf(buf, "\\%c", *at);
		else
			mb_strbuf_addf(buf, "%c", *at);
	if (clean.error)
		buf->error = -ENOMEM;
	mb_strbuf_fini(&clean);
}
