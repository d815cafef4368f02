/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "numa/kernlog_scan.h"

#define DAEMON_PREFIX 96 /* a log daemon's date and host name are shorter than this */

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Reads a number and gives what follows it; NULL if there is none or it does not fit. */
static const char *scan_number(const char *at, uint64_t *ret_value)
{
	int base = at[0] == '0' && (at[1] == 'x' || at[1] == 'X') ? 16 : 10;
	uint64_t value = 0;

	at += base == 16 ? 2 : 0;
	if (digit(*at) >= base)
		return NULL;
	for (; digit(*at) < base; at++) {
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit(*at), &value))
			return NULL;
	}
	*ret_value = value;
	return at;
}

static const char *scan_signed(const char *at, uint64_t *ret_value)
{
	bool minus = *at == '-';

	at = scan_number(at + minus, ret_value);
	if (at && minus)
		*ret_value = -*ret_value;
	return at;
}

/* Reads plain pattern text up to the next % or its end and gives what follows in the line, or NULL. */
static const char *scan_plain(const char *line, const char *pattern)
{
	for (; *pattern && *pattern != '%'; pattern++) {
		if (*pattern == ' ') {
			if (!blank(*line))
				return NULL;
			while (blank(*line))
				line++;
		} else if (*line++ != *pattern) {
			return NULL;
		}
	}
	return line;
}

/* The end of the shortest text that is followed by the plain text at pattern, or NULL. */
static const char *scan_text(const char *line, const char *pattern)
{
	if (!*pattern)
		return line + strlen(line);
	for (; *line; line++) {
		if (*line != *pattern)
			continue;
		if (scan_plain(line, pattern))
			return line;
		while (*pattern == ' ' && blank(line[1])) /* the first blank stands for all */
			line++;
	}
	return NULL;
}

static const char *scan_field(const char *line, const char *pattern, struct mb_kernlog_field *field)
{
	const char *end;

	*field = (struct mb_kernlog_field){.text = line};
	if (*pattern == 'n')
		end = scan_number(line, &field->number);
	else if (*pattern == 'd')
		end = scan_signed(line, &field->number);
	else
		end = scan_text(line, pattern + 1);
	field->length = end ? (size_t)(end - line) : 0;
	return end;
}

bool mb_kernlog_scan(const char *line, const char *pattern, struct mb_kernlog_field *fields)
{
	while (*pattern) {
		if (*pattern != '%') {
			line = scan_plain(line, pattern);
			if (!line)
				return false;
			pattern += strcspn(pattern, "%");
			continue;
		}
		if (pattern[1] == '+')
			return true;
		line = scan_field(line, pattern + 1, fields++);
		if (!line)
			return false;
		pattern += 2;
	}
	while (blank(*line))
		line++;
	return !*line;
}

void mb_kernlog_scan_copy(const struct mb_kernlog_field *field, char *buf, size_t size)
{
	size_t length = field->length < size ? field->length : size - 1;

	memcpy(buf, field->text, length);
	buf[length] = '\0';
}

/* Behind "[    0.123456]" or "[    T0]", or NULL. */
static const char *skip_bracket(const char *line)
{
	size_t length;

	if (*line != '[')
		return NULL;
	line++;
	while (*line == ' ')
		line++;
	length = strspn(line, "TC.0123456789");
	return length && line[length] == ']' ? line + length + 1 : NULL;
}

const char *mb_kernlog_scan_body(const char *line)
{
	const char *at = line, *behind;

	if (*at == '<') {
		behind = at + 1 + strspn(at + 1, "0123456789");
		at = *behind == '>' ? behind + 1 : at;
	} else if (*at != '[' && !blank(*at)) {
		behind = strstr(at, " kernel: ");
		at = behind && behind - at < DAEMON_PREFIX ? behind + 9 : at;
	}
	behind = skip_bracket(at);
	if (behind) {
		at = behind;
		behind = skip_bracket(at);
		at = behind ? behind : at;
	}
	while (blank(*at))
		at++;
	return at;
}
