/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_ARCHIVE_H
#define MB_NUMA_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/err.h"

/*
 * Regular files in memory, and tar archives of them (POSIX ustar and pax). An archive comes from a
 * stranger: nothing of it is ever written to a disk, and what could be meant to do harm is refused
 * as a whole. One archive belongs to one thread while it changes.
 */
struct mb_archive_file {
	char *path; /* below the top of the tree: "proc/zoneinfo" */
	char *data; /* with a NUL behind it */
	size_t length;
};

/* Zero-initialise; the caller ends it with mb_archive_fini(). */
struct mb_archive {
	struct mb_archive_file *files; /* by path, once settled */
	size_t count;
};

/* What is more than this is refused. */
#define MB_ARCHIVE_MAX_BYTES      ((size_t)256 << 20) /* of the unpacked archive */
#define MB_ARCHIVE_MAX_FILE_BYTES ((size_t)64 << 20)
#define MB_ARCHIVE_MAX_ENTRIES    100000
#define MB_ARCHIVE_MAX_PATH       512                /* bytes of a name */
#define MB_ARCHIVE_MAX_DEPTH      16                 /* parts of a name */
#define MB_ARCHIVE_MAX_RATIO      1000               /* unpacked to packed bytes ... */
#define MB_ARCHIVE_RATIO_BYTES    ((size_t)16 << 20) /* ... of archives larger than this */

/*
 * Adds a file whose data, from malloc() and with a NUL behind its length bytes, becomes the
 * archive's whatever comes back. 0 or -ENOMEM.
 */
int mb_archive_add(struct mb_archive *archive, const char *path, char *data, size_t length);

/*
 * Sorts the files by path, for mb_archive_find() and the functions behind it. 0, or -EINVAL with
 * err: a path is there twice, or is a file's and a folder's.
 */
int mb_archive_settle(struct mb_archive *archive, struct mb_err *err);

/*
 * What a name in an archive stands for: a path below the top, without "./" before it and a slash
 * behind it; empty for the top itself. 0 and a start and length within name, or -EINVAL with err
 * for a name that leads elsewhere, is too long or too deep, or is no printable ASCII.
 */
int mb_archive_name(const char *name, struct mb_err *err, const char **ret_path,
		    size_t *ret_length);

/*
 * Makes the top of a settled archive that of its machine tree, which has proc, sys or dmesg: it
 * stands at the top, or in one folder with all else. 0, or -ENOENT with err.
 */
int mb_archive_find_tree(struct mb_archive *archive, struct mb_err *err);

/* The file of a path, or NULL. */
const struct mb_archive_file *mb_archive_find(const struct mb_archive *archive, const char *path);

/*
 * The entries of a folder: gives the next name's start and length from *at on, which begins as 0;
 * false after the last one. Names of folders come once, in the order of the paths.
 */
bool mb_archive_next(const struct mb_archive *archive, const char *folder, size_t *at,
		     const char **ret_name, size_t *ret_length);

void mb_archive_fini(struct mb_archive *archive);

/*
 * Reads an archive of a machine tree: tar, packed with gzip, bzip2, xz, zstd or not at all. 0 and a
 * settled archive that the caller ends; -ENOTSUP: built without libarchive; -ENOMEM; what opening
 * and reading return; or -EINVAL, -EFBIG, -ENOENT, for what is no such archive, is damaged, too
 * large, or holds something else than regular files and folders. err names the entry.
 */
int mb_archive_read(const char *path, struct mb_err *err, struct mb_archive *ret_archive);

/* The same of length bytes in memory. */
int mb_archive_parse(const void *bytes, size_t length, struct mb_err *err,
		     struct mb_archive *ret_archive);

/*
 * How a path's extension says that it is packed: "gzip", "xz", "zstd" or "none"; "gzip" for a name
 * without any. NULL with err naming what is known.
 */
const char *mb_archive_packing(const char *path, struct mb_err *err);

/*
 * Writes a settled archive: the same files give the same bytes. 0, -ENOMEM, -ENOTSUP, or -EIO with
 * err.
 */
int mb_archive_write(const struct mb_archive *archive, const char *packing, FILE *file,
		     struct mb_err *err);

/* "libarchive 3.6.2", or "none". */
const char *mb_archive_version(void);

#endif
