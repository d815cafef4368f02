/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "numa/kmsg.h"
#include "numa/sysroot_file.h"

#define RECORD_BYTES 8192 /* CONSOLE_EXT_LOG_MAX: a longer record is never given */

/*
 * The kernel writes what is not printable, and the backslash, as \xHH. Tabs, line feeds, the backslash and what may be
 * UTF-8 are put back; false for the rest, which stays as it is written.
 */
static bool unescape(const char *text, const char *stop, unsigned char *ret_byte)
{
	unsigned byte = 0;

	if (stop - text < 4 || text[0] != '\\' || text[1] != 'x')
		return false;
	for (int i = 2; i < 4; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return false;
		byte = byte * 16 + (unsigned)(digit - digits);
	}
	if (byte != '\t' && byte != '\n' && byte != '\\' && byte < 0x80)
		return false;
	*ret_byte = (unsigned char)byte;
	return true;
}

/* A record of several lines has the time before each. A NUL, which no kernel writes, is written as it would. */
static void add_text(struct mb_strbuf *buf, unsigned long long us, const char *text,
		     const char *stop)
{
	unsigned char byte = '\n';

	for (; text < stop || byte == '\n'; text++) {
		if (byte == '\n')
			mb_strbuf_addf(buf, "[%5llu.%06llu] ", us / 1000000, us % 1000000);
		if (text >= stop)
			break;
		byte = (unsigned char)*text;
		if (unescape(text, stop, &byte))
			text += 3;
		if (byte)
			mb_strbuf_addf(buf, "%c", byte);
		else
			mb_strbuf_add(buf, "\\x00");
	}
	mb_strbuf_add(buf, "\n");
}

bool mb_kmsg_add_record(struct mb_strbuf *buf, const char *record, size_t length)
{
	const char *end = memchr(record, ';', length), *text, *stop;
	unsigned long long us;
	char head[64];

	if (!end || (size_t)(end - record) >= sizeof(head))
		return false;
	memcpy(head, record, (size_t)(end - record));
	head[end - record] = '\0';
	if (sscanf(head, "%*u,%*u,%llu,", &us) != 1)
		return false;
	text = end + 1;
	stop = memchr(text, '\n', length - (size_t)(text - record));
	if (!stop)
		stop = record + length;
	add_text(buf, us, text, stop);
	return true;
}

bool mb_kmsg_add_records(struct mb_strbuf *buf, const char *text, size_t length)
{
	const char *stop = text + length, *line, *next;

	for (line = text; line < stop; line = next) {
		next = memchr(line, '\n', (size_t)(stop - line));
		next = next ? next + 1 : stop;
		if (*line != ' ' && mb_kmsg_add_record(buf, line, (size_t)(next - line)))
			continue;
		if (line == text)
			return false;
		if (*line == ' ') /* a property of the record before */
			continue;
		mb_strbuf_addf(buf, "%.*s", (int)(next - line), line);
	}
	return length > 0;
}

/* All records that are there; a reader that was overtaken goes on behind the lost ones. */
static int read_live(struct mb_err *err, struct mb_strbuf *text)
{
	int fd MB_CLOSE = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[RECORD_BYTES];
	ssize_t length;

	if (fd < 0)
		return MB_FAIL(err, -errno, "/dev/kmsg: %s", strerror(errno));
	for (;;) {
		length = read(fd, record, sizeof(record));
		if (length > 0)
			mb_kmsg_add_record(text, record, (size_t)length);
		else if (length == 0 || errno == EAGAIN)
			return text->error;
		else if (errno != EPIPE && errno != EINTR)
			return MB_FAIL(err, -errno, "/dev/kmsg: %s", strerror(errno));
	}
}

int mb_kmsg_read(const struct mb_sysroot *root, struct mb_err *err, char **ret_text,
		 size_t *ret_length)
{
	struct mb_strbuf text = {0};
	char *file = NULL;
	int r;

	if (!mb_sysroot_file_is_live(root)) {
		r = mb_sysroot_file_read(root, &file, "dmesg");
		if (r)
			return MB_FAIL(err, r, "dmesg: %s", mb_sysroot_file_reason(r));
		*ret_length = strlen(file);
		*ret_text = file;
		return 0;
	}
	r = read_live(err, &text);
	if (!r) {
		*ret_length = text.length;
		*ret_text = mb_strbuf_take(&text);
		r = *ret_text ? 0 : -ENOMEM;
	}
	mb_strbuf_fini(&text);
	return r;
}
