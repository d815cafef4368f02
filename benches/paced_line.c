/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/paced_line.h"
#include "core/base/align.h"
#include "core/base/parse.h"

/* What stands at a place of a line. */
enum kind {
	NONE,
	COUNT,  /* uint64_t, decimal */
	TIME,   /* double */
	STATUS, /* a word */
	TEXT,   /* the rest of the line, spaces too */
};

struct part {
	enum kind kind;
	size_t field; /* offset in struct mb_paced_line */
};

#define PART(kind, name)                                   \
	{                                                  \
		kind, offsetof(struct mb_paced_line, name) \
	}
#define MAX_PARTS 3

static const struct form {
	const char *word;
	struct part parts[MAX_PARTS + 1];
} forms[MB_PACED_NR_WORDS] = {
	[MB_PACED_HELLO] = {"memboot-paced", {PART(COUNT, version), PART(COUNT, rows)}},
	[MB_PACED_ROW] = {"row", {PART(COUNT, row), PART(TEXT, text)}},
	[MB_PACED_OPEN] = {"open", {PART(COUNT, row)}},
	[MB_PACED_OPENED] = {"opened", {PART(COUNT, row)}},
	[MB_PACED_TURN] = {"turn", {PART(COUNT, rounds)}},
	[MB_PACED_TOOK] = {"took", {PART(TIME, ns), PART(TIME, loop_ns)}},
	[MB_PACED_CLOSE] = {"close", {{NONE, 0}}},
	[MB_PACED_CLOSED] = {"closed", {PART(COUNT, pages), PART(COUNT, ops), PART(COUNT, bytes)}},
	[MB_PACED_END] = {"end", {{NONE, 0}}},
	[MB_PACED_FAILED] = {"failed", {PART(STATUS, status), PART(TEXT, text)}},
	[MB_PACED_WRONG] = {"wrong", {PART(TEXT, text)}},
};

static void add_part(struct mb_strbuf *buf, const struct mb_paced_line *line,
		     const struct part *part)
{
	const void *field = (const char *)line + part->field;
	char text[sizeof(line->text)];

	switch (part->kind) {
	case COUNT: mb_strbuf_addf(buf, " %llu", *(const unsigned long long *)field); break;
	case TIME: mb_strbuf_addf(buf, " %.17g", *(const double *)field); break;
	case STATUS: mb_strbuf_addf(buf, " %s", (const char *)field); break;
	case TEXT:
		snprintf(text, sizeof(text), "%s", (const char *)field);
		for (char *byte = text; *byte; byte++)
			if (!mb_parse_printable(byte, 1))
				*byte = '?';
		mb_strbuf_addf(buf, " %s", *text ? text : "-");
		break;
	case NONE: break;
	}
}

void mb_paced_line_add(struct mb_strbuf *buf, const struct mb_paced_line *line)
{
	const struct form *form = &forms[line->word];

	mb_strbuf_add(buf, form->word);
	for (const struct part *part = form->parts; part->kind; part++)
		add_part(buf, line, part);
	mb_strbuf_add(buf, "\n");
}

/* The first byte after the word that text begins with; length where that is the last one. */
static size_t word_length(const char *text, size_t length)
{
	const char *space = memchr(text, ' ', length);

	return space ? (size_t)(space - text) : length;
}

static bool read_time(const char *text, size_t length, double *ret_value)
{
	char copy[40], *end;
	double value;

	if (!length || length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	/* strtod() also knows white space, signs, hexadecimal, "inf" and "nan". */
	if (strspn(copy, "0123456789.e+-") < length || *copy < '0' || *copy > '9')
		return false;
	value = strtod(copy, &end);
	if (*end || !isfinite(value))
		return false;
	*ret_value = value;
	return true;
}

static bool read_text(const char *text, size_t length, char *ret_text, size_t size)
{
	if (!length || length >= size || mb_parse_printable(text, length) < length)
		return false;
	memcpy(ret_text, text, length);
	ret_text[length] = '\0';
	return true;
}

static bool read_part(const struct part *part, const char *text, size_t length,
		      struct mb_paced_line *line)
{
	void *field = (char *)line + part->field;

	switch (part->kind) {
	case COUNT: return !mb_parse_u64(text, length, field);
	case TIME: return read_time(text, length, field);
	case STATUS: return read_text(text, length, field, sizeof(line->status));
	case TEXT: return read_text(text, length, field, sizeof(line->text));
	case NONE: break;
	}
	return false;
}

/* What follows the word, each part after one space. */
static bool read_parts(const struct form *form, const char *text, size_t length,
		       struct mb_paced_line *line)
{
	for (const struct part *part = form->parts; part->kind; part++) {
		size_t part_length;

		if (!length || *text != ' ')
			return false;
		text++, length--;
		part_length = part->kind == TEXT ? length : word_length(text, length);
		if (!read_part(part, text, part_length, line))
			return false;
		text += part_length, length -= part_length;
	}
	return !length;
}

int mb_paced_line_parse(const char *text, size_t length, struct mb_paced_line *ret_line)
{
	size_t first = word_length(text, length);

	for (size_t i = 0; i < MB_ARRAY_SIZE(forms); i++) {
		struct mb_paced_line line = {.word = (enum mb_paced_word)i};

		if (strlen(forms[i].word) != first || memcmp(text, forms[i].word, first))
			continue;
		if (!read_parts(&forms[i], text + first, length - first, &line))
			return -EINVAL;
		*ret_line = line;
		return 0;
	}
	return -EINVAL;
}
