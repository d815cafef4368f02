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
	mb_strbuf_addf(buf, "[%5llu.%06llu] %.*s\n", us / 1000000, us % 1000000, (int)(stop - text),
		       text);
	return true;
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
