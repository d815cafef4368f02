/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/json.h"
#include "reports/writer.h"

const struct mb_writer mb_writers[] = {
	{"json", ".json", "everything, every sample; the form that is read back", mb_json_write},
	{"gbench", ".gbench.json", "Google Benchmark's JSON, for its compare.py and CI dashboards",
	 mb_json_gbench},
	{"csv", ".csv", "one row per sample, for spreadsheets and data frames", mb_write_csv},
	{"text", ".txt", "tables for people", mb_write_text},
};
const size_t mb_writers_count = MB_ARRAY_SIZE(mb_writers);

/* How a path is written, and what was found there. */
struct target {
	enum {
		TARGET_STANDARD,
		TARGET_DIRECT,
		TARGET_REPLACE,
	} kind;
	char *path;   /* links followed; NULL for standard output */
	char *folder; /* for TARGET_REPLACE */
	bool exists;
	mode_t mode; /* permission bits, when it exists */
};

static void target_fini(struct target *target)
{
	free(target->path);
	free(target->folder);
}

static int fail_errno(struct mb_err *err, int error, const char *what)
{
	return MB_FAIL(err, error, "%s: %s", what, strerror(-error));
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* A new file: the folder has to be there. */
static int examine_new(const char *path, struct target *target, struct mb_err *err)
{
	struct stat st;

	if (!lstat(path, &st))
		return MB_FAIL(err, -ENOENT, "is a link to something that does not exist");
	if (path[strlen(path) - 1] == '/')
		return MB_FAIL(err, -EISDIR, "is a folder, not a file");
	target->kind = TARGET_REPLACE;
	target->path = strdup(path);
	return 0;
}

static int examine_old(const char *path, const struct stat *st, struct target *target,
		       struct mb_err *err)
{
	if (S_ISDIR(st->st_mode))
		return MB_FAIL(err, -EISDIR, "is a folder, not a file");
	if (access(path, W_OK))
		return fail_errno(err, -errno, "cannot be written");
	target->kind = S_ISREG(st->st_mode) ? TARGET_REPLACE : TARGET_DIRECT;
	target->exists = true;
	target->mode = st->st_mode & 0777;
	/* A pipe behind /dev/stdout has a link that leads nowhere: only what is renamed needs its real name. */
	target->path = target->kind == TARGET_REPLACE ? realpath(path, NULL) : strdup(path);
	if (!target->path)
		return fail_errno(err, -errno, "cannot be found");
	return 0;
}

/* Through the stream in both cases: a second open file would have an offset of its own. */
static bool is_standard(const char *path)
{
	return !strcmp(path, "-") || !strcmp(path, "/dev/stdout");
}

static int examine(const char *path, struct target *target, struct mb_err *err)
{
	struct stat st;
	int error;

	*target = (struct target){.kind = TARGET_STANDARD};
	if (is_standard(path))
		return 0;
	if (!*path)
		return MB_FAIL(err, -EINVAL, "the file name is empty");
	if (!stat(path, &st))
		error = examine_old(path, &st, target, err);
	else if (errno == ENOENT)
		error = examine_new(path, target, err);
	else
		error = fail_errno(err, -errno, "cannot be looked at");
	if (error || target->kind == TARGET_DIRECT)
		return error;
	target->folder = target->path ? folder_of(target->path) : NULL;
	if (!target->folder)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	if (access(target->folder, W_OK | X_OK))
		return fail_errno(err, -errno, "its folder cannot be written");
	return 0;
}

static const struct mb_writer *by_extension(const char *path)
{
	const struct mb_writer *best = NULL;
	size_t length = strlen(path), longest = 0;

	for (size_t i = 0; i < mb_writers_count; i++) {
		size_t own = strlen(mb_writers[i].extension);

		if (own <= longest || own > length ||
		    strcmp(path + length - own, mb_writers[i].extension))
			continue;
		best = &mb_writers[i];
		longest = own;
	}
	return best;
}

static const struct mb_writer *by_name(const char *name)
{
	for (size_t i = 0; i < mb_writers_count; i++)
		if (!strcmp(mb_writers[i].name, name))
			return &mb_writers[i];
	return NULL;
}

static bool is_stream(const char *path)
{
	struct stat st;

	return is_standard(path) ||
	       (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

const struct mb_writer *mb_writer_find(const char *path, const char *format, struct mb_err *err)
{
	const struct mb_writer *writer = format ? by_name(format) : by_extension(path);
	struct mb_strbuf known = {0};

	if (!writer && !format && is_stream(path))
		writer = by_name("json");
	if (writer)
		return writer;
	for (size_t i = 0; i < mb_writers_count; i++)
		mb_strbuf_addf(&known, " %s",
			       format ? mb_writers[i].name : mb_writers[i].extension);
	MB_FAIL(err, -EINVAL, "unknown %s; known are%s", format ? "format" : "extension",
		mb_strbuf_text(&known));
	mb_strbuf_fini(&known);
	return NULL;
}

int mb_writer_check(const char *path, const char *format, struct mb_err *err)
{
	MB_CLEANUP(target_fini) struct target target = {0};

	if (!mb_writer_find(path, format, err))
		return -EINVAL;
	return examine(path, &target, err);
}

/* Writes and flushes; the reason of a failed write is in errno, which buffered writers cannot pass on. */
static int write_all(const struct mb_writer *writer, const struct mb_result *result, FILE *file,
		     struct mb_err *err)
{
	int error;

	errno = 0;
	error = writer->write(result, file);
	if (!error && fflush(file))
		error = -EIO;
	if (error == -EIO && errno)
		error = -errno;
	return error ? fail_errno(err, error, "writing failed") : 0;
}

/* Closing reports what a network file system put off. */
static int close_all(FILE *file, struct mb_err *err)
{
	return fclose(file) ? fail_errno(err, -errno, "writing failed") : 0;
}

static int save_direct(const struct target *target, const struct mb_writer *writer,
		       const struct mb_result *result, struct mb_err *err)
{
	FILE *file = fopen(target->path, "we");
	int error, closed;

	if (!file)
		return fail_errno(err, -errno, "cannot be opened");
	error = write_all(writer, result, file, err);
	closed = close_all(file, err);
	return error ? error : closed;
}

/* Names nobody else uses; O_EXCL settles the rest. The caller frees the path and closes the file. */
static int make_temporary(const char *folder, char **ret_path, int *ret_fd)
{
	uint64_t random;
	char *path;
	int fd = -1;

	for (int tries = 0; tries < 8; tries++) {
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return -errno;
		if (asprintf(&path, "%s/.memboot-%016llx.tmp", folder, (unsigned long long)random) <
		    0)
			return -ENOMEM;
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd >= 0) {
			*ret_path = path;
			*ret_fd = fd;
			return 0;
		}
		free(path);
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* EINVAL: the file system knows no syncing, as for some network and memory ones. */
static int sync_fd(int fd)
{
	return fsync(fd) && errno != EINVAL && errno != EROFS ? -errno : 0;
}

static int fill_temporary(int fd, const struct target *target, const struct mb_writer *writer,
			  const struct mb_result *result, struct mb_err *err)
{
	FILE *file = fdopen(fd, "w");
	int error, closed;

	if (!file) {
		error = fail_errno(err, -errno, "cannot be opened");
		close(fd);
		return error;
	}
	error = write_all(writer, result, file, err);
	if (!error && target->exists && fchmod(fd, target->mode))
		error = fail_errno(err, -errno, "its mode cannot be kept");
	if (!error && sync_fd(fd))
		error = fail_errno(err, -errno, "writing failed");
	closed = close_all(file, err);
	return error ? error : closed;
}

/* A rename survives a crash once its folder is on the disk; the data is safe either way, so no failure here. */
static void sync_folder(const char *folder)
{
	MB_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)sync_fd(fd);
}

static int save_replace(const struct target *target, const struct mb_writer *writer,
			const struct mb_result *result, struct mb_err *err)
{
	MB_FREE char *temporary = NULL;
	int fd = -1, error = make_temporary(target->folder, &temporary, &fd);

	if (error)
		return fail_errno(err, error, "no file can be made in its folder");
	error = fill_temporary(fd, target, writer, result, err);
	if (!error && rename(temporary, target->path))
		error = fail_errno(err, -errno, "cannot be replaced");
	if (error) {
		unlink(temporary);
		return error;
	}
	sync_folder(target->folder);
	return 0;
}

int mb_writer_save(const char *path, const char *format, const struct mb_result *result,
		   FILE *standard, struct mb_err *err)
{
	const struct mb_writer *writer = mb_writer_find(path, format, err);
	MB_CLEANUP(target_fini) struct target target = {0};
	int error;

	if (!writer)
		return -EINVAL;
	error = mb_result_error(result);
	if (error)
		return fail_errno(err, error, "the result is not whole");
	error = examine(path, &target, err);
	if (error)
		return error;
	switch (target.kind) {
	case TARGET_STANDARD: return write_all(writer, result, standard, err);
	case TARGET_DIRECT: return save_direct(&target, writer, result, err);
	case TARGET_REPLACE: return save_replace(&target, writer, result, err);
	}
	return -EINVAL;
}
