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
		return MB_FAIL(err, -EISDIR, "is a directory, not a file");
	target->kind = TARGET_REPLACE;
	target->path = strdup(path);
	return 0;
}

static int examine_old(const char *path, const struct stat *st, struct target *target,
		       struct mb_err *err)
{
	if (S_ISDIR(st->st_mode))
		return MB_FAIL(err, -EISDIR, "is a directory, not a file");
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

/* A name that begins with its only dot has none. */
static bool has_extension(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return *name && strchr(name + 1, '.');
}

const struct mb_writer *mb_writer_find(const char *path, const char *format, struct mb_err *err)
{
	const struct mb_writer *writer = format ? by_name(format) : by_extension(path);
	struct mb_strbuf known = {0};

	if (!writer && !format && (is_stream(path) || !has_extension(path)))
		writer = by_name("json");
	if (writer)
		return writer;
	for (size_t i = 0; i < mb_writers_count; i++)
		mb_strbuf_addf(&known, " %s",
			       format ? mb_writers[i].name : mb_writers[i].extension);
	MB_FAIL(err, -EINVAL, "unknown %s; known are%s%s", format ? "format" : "extension",
		mb_strbuf_text(&known), format ? "" : "; another name needs --format");
	mb_strbuf_fini(&known);
	return NULL;
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

/*
 * A file beside the target that gets its name later. Without a name it goes away with the process, however that ends; not
 * every file system can do so.
 */
struct temporary {
	int fd;
	char *path; /* NULL: it has no name yet */
};

#define NO_FILE "no file can be made in its folder"

/* Gives a file without a name one; the kernel knows it by its descriptor alone. */
static int link_unnamed(int fd, const char *path)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

/*
 * Names nobody else uses; O_EXCL and link(2) settle the rest. A file that is open gets the name, else a new one is made. 0
 * or a negative errno, the file then as it was.
 */
static int take_name(struct temporary *file, const char *folder)
{
	uint64_t random;
	char *path;
	int fd;

	for (int tries = 0; tries < 8; tries++) {
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return -errno;
		if (asprintf(&path, "%s/.memboot-%016llx.tmp", folder, (unsigned long long)random) <
		    0)
			return -ENOMEM;
		if (file->fd >= 0)
			fd = link_unnamed(file->fd, path) ? -1 : file->fd;
		else
			fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd >= 0) {
			*file = (struct temporary){fd, path};
			return 0;
		}
		free(path);
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static void temporary_fini(struct temporary *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
}

static int open_temporary(struct temporary *file, const char *folder, bool named)
{
	*file = (struct temporary){.fd = -1};
	if (!named)
		file->fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	return file->fd >= 0 ? 0 : take_name(file, folder);
}

/* Folders that only look writable, those of /proc among them, are found by making a file. */
static int probe(const struct target *target, struct mb_err *err)
{
	MB_CLEANUP(temporary_fini) struct temporary file = {.fd = -1};
	int error;

	if (target->kind != TARGET_REPLACE)
		return 0;
	error = open_temporary(&file, target->folder, false);
	if (error)
		return fail_errno(err, error, NO_FILE);
	if (file.path)
		unlink(file.path);
	return 0;
}

/* What can be said before there is a result. A directory is one whatever its extension. */
static int begin(const char *path, const char *format, struct target *target,
		 const struct mb_writer **ret_writer, struct mb_err *err)
{
	int error = examine(path, target, err);

	if (error)
		return error;
	*ret_writer = mb_writer_find(path, format, err);
	return *ret_writer ? 0 : -EINVAL;
}

int mb_writer_check(const char *path, const char *format, struct mb_err *err)
{
	MB_CLEANUP(target_fini) struct target target = {0};
	const struct mb_writer *writer;
	int error = begin(path, format, &target, &writer, err);

	return error ? error : probe(&target, err);
}

/* EINVAL: the file system knows no syncing, as for some network and memory ones. */
static int sync_fd(int fd)
{
	return fsync(fd) && errno != EINVAL && errno != EROFS ? -errno : 0;
}

/* Through a second descriptor, so that the file stays open for its name. */
static int fill_temporary(const struct temporary *temporary, const struct target *target,
			  const struct mb_writer *writer, const struct mb_result *result,
			  struct mb_err *err)
{
	int fd = fcntl(temporary->fd, F_DUPFD_CLOEXEC, 3), error, closed;
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!file) {
		error = fail_errno(err, -errno, "cannot be opened");
		if (fd >= 0)
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

#define UNNAMED 1 /* all is written, but this host gives the file no name: /proc may be missing */

/* 0, UNNAMED, or a negative errno with err. */
static int save_beside(const struct target *target, const struct mb_writer *writer,
		       const struct mb_result *result, bool named, struct mb_err *err)
{
	MB_CLEANUP(temporary_fini) struct temporary file = {.fd = -1};
	int error = open_temporary(&file, target->folder, named);

	if (error)
		return fail_errno(err, error, NO_FILE);
	error = fill_temporary(&file, target, writer, result, err);
	if (!error && !file.path && take_name(&file, target->folder))
		return UNNAMED;
	if (!error && rename(file.path, target->path))
		error = fail_errno(err, -errno, "cannot be replaced");
	if (error && file.path)
		unlink(file.path);
	return error;
}

static int save_replace(const struct target *target, const struct mb_writer *writer,
			const struct mb_result *result, struct mb_err *err)
{
	int error = save_beside(target, writer, result, false, err);

	if (error == UNNAMED)
		error = save_beside(target, writer, result, true, err);
	if (!error)
		sync_folder(target->folder);
	return error;
}

int mb_writer_save(const char *path, const char *format, const struct mb_result *result,
		   FILE *standard, struct mb_err *err)
{
	MB_CLEANUP(target_fini) struct target target = {0};
	const struct mb_writer *writer;
	int error = begin(path, format, &target, &writer, err);

	if (error)
		return error;
	error = mb_result_error(result);
	if (error)
		return fail_errno(err, error, "the result is not whole");
	switch (target.kind) {
	case TARGET_STANDARD: return write_all(writer, result, standard, err);
	case TARGET_DIRECT: return save_direct(&target, writer, result, err);
	case TARGET_REPLACE: return save_replace(&target, writer, result, err);
	}
	return -EINVAL;
}
