/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/align.h"
#include "reports/text.h"

/* Sequence length and smallest code point by the number of leading ones in the first byte: RFC 3629, section 3. */
uint32_t mb_text_next(const char **text)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *byte = (const unsigned char *)*text;
	unsigned length = byte[0] < 0x80   ? 1
			  : byte[0] < 0xc0 ? 0
			  : byte[0] < 0xe0 ? 2
			  : byte[0] < 0xf0 ? 3
			  : byte[0] < 0xf8 ? 4
					   : 0;
	uint32_t code = length == 1 ? byte[0] : length ? byte[0] & (0x7fu >> length) : 0;

	(*text)++;
	if (!length)
		return UINT32_MAX;
	for (unsigned i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return UINT32_MAX;
		code = code << 6 | (byte[i] & 0x3fu);
	}
	if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return UINT32_MAX;
	*text += length ? length - 1 : 0;
	return code;
}

static void add_bytes(struct mb_strbuf *buf, const char *from, const char *to)
{
	mb_strbuf_addf(buf, "%.*s", (int)(to - from), from);
}

bool mb_text_same(const char *one, const char *other)
{
	return one && other ? !strcmp(one, other) : one == other;
}

void mb_text_add_utf8(struct mb_strbuf *buf, const char *text)
{
	while (*text) {
		const char *start = text;

		if (mb_text_next(&text) == UINT32_MAX)
			mb_strbuf_addf(buf, "\\x%02x", (unsigned char)*start);
		else
			add_bytes(buf, start, text);
	}
}

/* Controls of ISO 6429, and what Unicode lets reorder or break a line. */
static bool unprintable(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c ||
	       (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

void mb_text_add_printable(struct mb_strbuf *buf, const char *text)
{
	while (*text) {
		const char *start = text;
		uint32_t code = mb_text_next(&text);

		if (code == UINT32_MAX)
			mb_strbuf_addf(buf, "\\x%02x", (unsigned char)*start);
		else if (code == '\n')
			mb_strbuf_add(buf, "\\n");
		else if (code == '\t')
			mb_strbuf_add(buf, "\\t");
		else if (unprintable(code))
			mb_strbuf_addf(buf, code < 0x100 ? "\\x%02x" : "\\u%04x", code);
		else
			add_bytes(buf, start, text);
	}
}

static bool needs_quotes(const char *argument)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%+=:,./-_";

	return !*argument || argument[strspn(argument, plain)];
}

void mb_text_add_argument(struct mb_strbuf *buf, const char *argument)
{
	if (buf->length)
		mb_strbuf_add(buf, " ");
	if (!needs_quotes(argument)) {
		mb_strbuf_add(buf, argument);
		return;
	}
	mb_strbuf_add(buf, "'");
	for (; *argument; argument++) {
		if (*argument == '\'')
			mb_strbuf_add(buf, "'\\''");
		else
			add_bytes(buf, argument, argument + 1);
	}
	mb_strbuf_add(buf, "'");
}

/* Unicode 15: combining marks of common scripts, and the wide and fullwidth blocks of UAX #11. */
static const struct {
	uint32_t first, last;
	unsigned cells;
} widths[] = {
	{0x300, 0x36f, 0},     {0x483, 0x489, 0},     {0x591, 0x5bd, 0},     {0x610, 0x61a, 0},
	{0x64b, 0x65f, 0},     {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},   {0x1dc0, 0x1dff, 0},
	{0x200b, 0x200d, 0},   {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},
	{0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},   {0xfe20, 0xfe2f, 0},
	{0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2},
	{0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2}, {0xe0100, 0xe01ef, 0},
};

size_t mb_text_width(const char *text)
{
	size_t width = 0;

	while (*text) {
		uint32_t code = mb_text_next(&text);
		unsigned cells = 1;

		for (size_t i = 0; i < MB_ARRAY_SIZE(widths); i++)
			if (code >= widths[i].first && code <= widths[i].last)
				cells = widths[i].cells;
		width += cells;
	}
	return width;
}

/* Bytes to the next space at which lines may be broken. */
static size_t word_length(const char *words)
{
	size_t length = strcspn(words, " ");

	while (length && words[length] == ' ' && isdigit((unsigned char)words[length - 1]))
		length += 1 + strcspn(words + length + 1, " ");
	return length;
}

static size_t last_width(const struct mb_strbuf *buf)
{
	const char *text = mb_strbuf_text(buf), *line = strrchr(text, '\n');

	return mb_text_width(line ? line + 1 : text);
}

void mb_text_add_wrapped(struct mb_strbuf *buf, const char *words, size_t indent, size_t columns)
{
	size_t column = last_width(buf), length;

	for (const char *at = words; *at; at += length + strspn(at + length, " ")) {
		struct mb_strbuf word = {0}, clean = {0};
		size_t width;

		length = word_length(at);
		mb_strbuf_addf(&word, "%.*s", (int)length, at);
		mb_text_add_printable(&clean, mb_strbuf_text(&word));
		width = mb_text_width(mb_strbuf_text(&clean));
		if (at != words && column + 1 + width > columns) {
			mb_strbuf_addf(buf, "\n%*s", (int)indent, "");
			column = indent;
		} else if (at != words) {
			mb_strbuf_add(buf, " ");
			column++;
		}
		mb_strbuf_add(buf, mb_strbuf_text(&clean));
		column += width;
		if (word.error || clean.error)
			buf->error = word.error ? word.error : clean.error;
		mb_strbuf_fini(&word);
		mb_strbuf_fini(&clean);
	}
	mb_strbuf_add(buf, "\n");
}
