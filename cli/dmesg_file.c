/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/dmesg_file.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "numa/journal.h"
#include "numa/kernlog.h"
#include "numa/kernlog_scan.h"
#include "numa/kmsg.h"

#define LAZY         "deferred_init=lazy"
#define PIPE_LOOKS   20 /* for a writer, before nobody is thought to come */
#define PIPE_LOOK_MS 100

/* --- reading --- */

/* /dev/kmsg: mem's minor 11, Documentation/admin-guide/devices.txt. It gives a record a read, and then waits for more. */
static bool is_kmsg(const struct stat *info)
{
	return S_ISCHR(info->st_mode) && major(info->st_rdev) == 1 && minor(info->st_rdev) == 11;
}

/* A pipe that has no writer and no data is at its end; one with a writer may be slow. */
static bool is_open(int fd)
{
	int ends[2];
	ssize_t length;

	if (pipe2(ends, O_CLOEXEC))
		return true;
	length = tee(fd, ends[1], 1, SPLICE_F_NONBLOCK);
	close(ends[0]);
	close(ends[1]);
	return length != 0;
}

static bool has_writer(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	for (int i = 0; i < PIPE_LOOKS; i++) {
		if (is_open(fd) || poll(&wait, 1, PIPE_LOOK_MS))
			return true;
	}
	return false;
}

/* What the file is decides whether it can be read to its end. */
static int check(int fd, struct mb_err *err)
{
	struct stat info;

	if (fstat(fd, &info))
		return MB_FAIL(err, -errno, "%s", strerror(errno));
	if (is_kmsg(&info))
		return MB_FAIL(err, -EINVAL,
			       "it has no end; the kernel's own log is read without '--dmesg'");
	if (S_ISFIFO(info.st_mode) && !has_writer(fd))
		return MB_FAIL(err, -EINVAL, "nobody writes to this pipe");
	return 0;
}

/* Opened without waiting, then read as any file is. */
static int open_file(const char *path, struct mb_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	if (fd < 0)
		return MB_FAIL(err, -errno, "%s", strerror(errno));
	r = check(fd, err);
	if (!r && fcntl(fd, F_SETFL, 0))
		r = MB_FAIL(err, -errno, "%s", strerror(errno));
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

/* Takes the place of a text that `cat /dev/kmsg` wrote. */
static int convert(char **text, size_t *length)
{
	struct mb_strbuf lines = {0};
	char *taken;

	if (!mb_kmsg_add_records(&lines, *text, *length)) {
		mb_strbuf_fini(&lines);
		return 0;
	}
	*length = lines.length;
	taken = mb_strbuf_take(&lines);
	mb_strbuf_fini(&lines);
	if (!taken)
		return -ENOMEM;
	free(*text);
	*text = taken;
	return 0;
}

int mb_dmesg_file_read(const char *path, struct mb_err *err, char **ret_text, size_t *ret_length)
{
	bool standard = strcmp(path, "-") == 0;
	int opened MB_CLOSE = standard ? -1 : open_file(path, err);
	char *text MB_FREE = NULL;
	size_t length;
	int r = standard ? check(STDIN_FILENO, err) : opened;

	if (r < 0)
		return r;
	r = mb_journal_slurp(standard ? STDIN_FILENO : opened, &text, &length);
	if (r == -EFBIG)
		return MB_FAIL(err, r, "it has more than %s",
			       mb_strbuf_size(MB_JOURNAL_MAX_BYTES).text);
	if (!r)
		r = convert(&text, &length);
	if (r)
		return MB_FAIL(err, r, "%s", strerror(-r));
	*ret_length = length;
	*ret_text = MB_TAKE(text);
	return 0;
}

/* --- judging --- */

/* What the lines of a text are. */
struct lines {
	size_t number;  /* of the line, from 1 */
	size_t damaged; /* the first line about deferred init that cannot be read; 0: none */
	bool any;       /* one is a kernel log's */
};

static void look_at(void *arg, const char *line, const char *body, bool used)
{
	struct mb_kernlog_field fields[MB_KERNLOG_MAX_FIELDS];
	struct lines *lines = arg;
	bool prefixed = body != line && *line != ' ' && *line != '\t';

	lines->number++;
	lines->any |= used || prefixed;
	if (!used && !lines->damaged &&
	    (mb_kernlog_scan(body, "node %s deferred pages initialised in %s", fields) ||
	     mb_kernlog_scan(body, "node %s initialised, %s pages in %s", fields)))
		lines->damaged = lines->number;
}

int mb_dmesg_file_blame(const char *name, const struct mb_kernlog *log, const char *text,
			size_t length, struct mb_err *err)
{
	struct lines lines = {0};

	if (!length)
		return MB_FAIL(err, -ENODATA, "%.80s is empty", name);
	if (mb_kernlog_each(text, length, look_at, &lines))
		return MB_FAIL(err, -ENOMEM, "out of memory");
	if (strstr(log->cmdline, LAZY))
		return MB_FAIL(err, -ENODATA,
			       "that kernel initialises its memory on demand (" LAZY ")");
	if (lines.damaged)
		return MB_FAIL(err, -ENODATA,
			       "line %zu of %.80s, about deferred init, cannot be read",
			       lines.damaged, name);
	if (!lines.any)
		return MB_FAIL(err, -ENODATA, "%.80s is no kernel log", name);
	if (*log->version)
		return MB_FAIL(
			err, -ENODATA,
			"%.80s says nothing of deferred init: that kernel deferred no memory",
			name);
	return MB_FAIL(err, -ENODATA,
		       "%.80s has lost the kernel's first lines, and with them deferred init",
		       name);
}
