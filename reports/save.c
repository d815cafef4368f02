/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "reports/save.h"

static int fail_write(struct mb_err *err, int error)
{
	return MB_FAIL(err, error, "%s", strerror(-error));
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
static int examine_new(const char *path, struct mb_save *save, struct mb_err *err)
{
	struct stat st;

	if (!lstat(path, &st))
		return MB_FAIL(err, -ENOENT, "is a link to something that does not exist");
	if (path[strlen(path) - 1] == '/')
		return MB_FAIL(err, -EISDIR, "is a directory, not a file");
	save->kind = MB_SAVE_REPLACE;
	save->path = strdup(path);
	return 0;
}

static int examine_old(const char *path, const struct stat *st, struct mb_save *save,
		       struct mb_err *err)
{
	if (S_ISDIR(st->st_mode))
		return MB_FAIL(err, -EISDIR, "is a directory, not a file");
	if (access(path, W_OK))
		return fail_errno(err, -errno, "cannot be written");
	save->kind = S_ISREG(st->st_mode) ? MB_SAVE_REPLACE : MB_SAVE_DIRECT;
	save->exists = true;
	save->mode = st->st_mode & 0777;
	/* A pipe behind /dev/stdout has a link that leads nowhere: only what is renamed needs its real name. */
	save->path = save->kind == MB_SAVE_REPLACE ? realpath(path, NULL) : strdup(path);
	if (!save->path)
		return fail_errno(err, -errno, "cannot be found");
	return 0;
}

/* Through the stream in both cases: a second open file would have an offset of its own. */
bool mb_save_is_standard(const char *path)
{
	return !strcmp(path, "-") || !strcmp(path, "/dev/stdout");
}

bool mb_save_has_extension(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return *name && strchr(name + 1, '.');
}

static int examine(const char *path, struct mb_save *save, struct mb_err *err)
{
	struct stat st;
	int error;

	if (mb_save_is_standard(path))
		return 0;
	if (!*path)
		return MB_FAIL(err, -EINVAL, "the file name is empty");
	if (!stat(path, &st))
		error = examine_old(path, &st, save, err);
	else if (errno == ENOENT)
		error = examine_new(path, save, err);
	else
		error = fail_errno(err, -errno, "cannot be looked at");
	if (error || save->kind == MB_SAVE_DIRECT)
		return error;
	save->folder = save->path ? folder_of(save->path) : NULL;
	if (!save->folder)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	if (access(save->folder, W_OK | X_OK))
		return fail_errno(err, -errno, "its folder cannot be written");
	return 0;
}

int mb_save_begin(const char *path, struct mb_err *err, struct mb_save *ret_save)
{
	struct mb_save target = {.kind = MB_SAVE_STANDARD};
	int error = examine(path, &target, err);

	if (error)
		mb_save_fini(&target);
	else
		*ret_save = target;
	return error;
}

void mb_save_fini(struct mb_save *save)
{
	free(save->path);
	free(save->folder);
	*save = (struct mb_save){0};
}

/* What is written. */
struct content {
	mb_save_fn *fn;
	void *arg;
};

/* Writes and flushes; the reason of a failed write is in errno, which buffered writers cannot pass on. */
static int write_all(const struct content *content, FILE *file, struct mb_err *err)
{
	int error;

	errno = 0;
	error = content->fn(content->arg, file);
	if (!error && fflush(file))
		error = -EIO;
	if (error == -EIO && errno)
		error = -errno;
	return error ? fail_write(err, error) : 0;
}

/* Closing reports what a network file system put off. */
static int close_all(FILE *file, struct mb_err *err)
{
	return fclose(file) ? fail_write(err, -errno) : 0;
}

static int save_direct(const struct mb_save *save, const struct content *content,
		       struct mb_err *err)
{
	FILE *file = fopen(save->path, "we");
	int error, closed;

	if (!file)
		return fail_errno(err, -errno, "cannot be opened");
	error = write_all(content, file, err);
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
int mb_save_probe(const struct mb_save *save, struct mb_err *err)
{
	MB_CLEANUP(temporary_fini) struct temporary file = {.fd = -1};
	int error;

	if (save->kind != MB_SAVE_REPLACE)
		return 0;
	error = open_temporary(&file, save->folder, false);
	if (error)
		return fail_errno(err, error, NO_FILE);
	if (file.path)
		unlink(file.path);
	return 0;
}

/* EINVAL: the file system knows no syncing, as for some network and memory ones. */
static int sync_fd(int fd)
{
	return fsync(fd) && errno != EINVAL && errno != EROFS ? -errno : 0;
}

/* Through a second descriptor, so that the file stays open for its name. */
static int fill_temporary(const struct temporary *temporary, const struct mb_save *save,
			  const struct content *content, struct mb_err *err)
{
	int fd = fcntl(temporary->fd, F_DUPFD_CLOEXEC, 3), error, closed;
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!file) {
		error = fail_errno(err, -errno, "cannot be opened");
		if (fd >= 0)
			close(fd);
		return error;
	}
	error = write_all(content, file, err);
	if (!error && save->exists && fchmod(fd, save->mode))
		error = fail_errno(err, -errno, "its mode cannot be kept");
	if (!error && sync_fd(fd))
		error = fail_write(err, -errno);
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
static int save_beside(const struct mb_save *save, const struct content *content, bool named,
		       struct mb_err *err)
{
	MB_CLEANUP(temporary_fini) struct temporary file = {.fd = -1};
	int error = open_temporary(&file, save->folder, named);

	if (error)
		return fail_errno(err, error, NO_FILE);
	error = fill_temporary(&file, save, content, err);
	if (!error && !file.path && take_name(&file, save->folder))
		return UNNAMED;
	if (!error && rename(file.path, save->path))
		error = fail_errno(err, -errno, "cannot be replaced");
	if (error && file.path)
		unlink(file.path);
	return error;
}

static int save_replace(const struct mb_save *save, const struct content *content,
			struct mb_err *err)
{
	int error = save_beside(save, content, false, err);

	if (error == UNNAMED)
		error = save_beside(save, content, true, err);
	if (!error)
		sync_folder(save->folder);
	return error;
}

int mb_save_write(const struct mb_save *save, mb_save_fn *fn, void *arg, FILE *standard,
		  struct mb_err *err)
{
	const struct content content = {fn, arg};

	switch (save->kind) {
	case MB_SAVE_STANDARD: return write_all(&content, standard, err);
	case MB_SAVE_DIRECT: return save_direct(save, &content, err);
	case MB_SAVE_REPLACE: return save_replace(save, &content, err);
	}
	return -EINVAL;
}
