/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/strbuf.h"

static int grow(struct mb_strbuf *buf, size_t extra)
{
	size_t capacity = buf->capacity ? buf->capacity : 64;
	char *data;

	if (buf->error)
		return buf->error;
	while (capacity - buf->length <= extra || capacity <= buf->length)
		capacity *= 2;
	if (capacity == buf->capacity)
		return 0;
	data = realloc(buf->data, capacity);
	if (!data)
		return buf->error = -ENOMEM;
	buf->data = data;
	buf->capacity = capacity;
	return 0;
}

void mb_strbuf_add(struct mb_strbuf *buf, const char *text)
{
	size_t length = strlen(text);

	if (grow(buf, length))
		return;
	memcpy(buf->data + buf->length, text, length + 1);
	buf->length += length;
}

void mb_strbuf_addf(struct mb_strbuf *buf, const char *format, ...)
{
	va_list args, again;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0 && !grow(buf, (size_t)length)) {
		vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
		buf->length += (size_t)length;
	}
	va_end(again);
	va_end(args);
}

void mb_strbuf_add_size(struct mb_strbuf *buf, uint64_t bytes)
{
	static const char units[] = {0, 'K', 'M', 'G', 'T', 'P'};
	unsigned unit = 0;

	while (bytes && bytes % 1024 == 0 && unit + 1 < sizeof(units)) {
		bytes /= 1024;
		unit++;
	}
	mb_strbuf_addf(buf, "%llu", (unsigned long long)bytes);
	if (unit)
		mb_strbuf_addf(buf, "%c", units[unit]);
}

/* The value that counts as the next unit's is what would print as 1024 of its own. */
static double scale(uint64_t bytes, double limit, char *ret_unit)
{
	static const char units[] = "KMGTPE";
	double value = (double)bytes / 1024;
	unsigned unit = 0;

	for (; value >= limit; unit++)
		value /= 1024;
	*ret_unit = units[unit];
	return value;
}

struct mb_strbuf_size mb_strbuf_size(uint64_t bytes)
{
	struct mb_strbuf_size size;
	char unit;
	double value = scale(bytes, 1024, &unit);

	if (bytes < 1024)
		snprintf(size.text, sizeof(size.text), "%u B", (unsigned)bytes);
	else
		snprintf(size.text, sizeof(size.text), "%.4g %ciB", value, unit);
	return size;
}

struct mb_strbuf_size mb_strbuf_size_short(uint64_t bytes)
{
	struct mb_strbuf_size size;
	char unit;
	double value = scale(bytes, 1023.95, &unit);

	if (bytes < 1024 || value == (double)(unsigned)value)
		return mb_strbuf_size(bytes);
	snprintf(size.text, sizeof(size.text), "%.1f %ciB", value, unit);
	return size;
}

const char *mb_strbuf_text(const struct mb_strbuf *buf)
{
	return buf->data ? buf->data : "";
}

char *mb_strbuf_take(struct mb_strbuf *buf)
{
	char *text = buf->data;

	if (buf->error) {
		mb_strbuf_fini(buf);
		return NULL;
	}
	if (!text)
		text = strdup("");
	*buf = (struct mb_strbuf){0};
	return text;
}

void mb_strbuf_fini(struct mb_strbuf *buf)
{
	free(buf->data);
	*buf = (struct mb_strbuf){0};
}
