/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_SAVE_H
#define MB_REPORTS_SAVE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "core/base/err.h"

/*
 * Files that are written as a whole or not at all. A regular file is written without a name in its
 * own folder, synced, named and renamed: whatever fails, the old file is as it was and no other file
 * is left. Where the file system knows no files without names, it has a temporary one
 * (.memboot-*.tmp) from the start, which a process that is killed leaves. A link is followed. A new
 * file gets the mode that the umask allows, a replaced one keeps its own. Devices and pipes are
 * written directly; "-" and /dev/stdout are a stream of the caller's.
 */
struct mb_save {
	enum {
		MB_SAVE_STANDARD,
		MB_SAVE_DIRECT,
		MB_SAVE_REPLACE,
	} kind;
	char *path;   /* links followed; NULL for standard output */
	char *folder; /* for MB_SAVE_REPLACE */
	bool exists;
	mode_t mode; /* permission bits, when it exists */
};

/* Writes everything and closes nothing: 0, -EIO when the stream is in error, or another errno. */
typedef int mb_save_fn(void *arg, FILE *file);

/*
 * Looks at a path: no directory in the way, the folder there and writable. 0 and a target that the
 * caller ends, or a negative errno with err, which does not repeat the path; then there is nothing
 * to end.
 */
int mb_save_begin(const char *path, struct mb_err *err, struct mb_save *ret_save);

/* Tries whether a file can be made there. For before a long run. 0 or a negative errno with err. */
int mb_save_probe(const struct mb_save *save, struct mb_err *err);

/*
 * Has fn write the file. standard is the stream for "-", which the caller flushes before and owns. 0
 * or a negative errno with err.
 */
int mb_save_write(const struct mb_save *save, mb_save_fn *fn, void *arg, FILE *standard,
		  struct mb_err *err);

/* Whether the path is standard output. */
bool mb_save_is_standard(const char *path);

/* Whether the file's name has a dot beyond its first character. */
bool mb_save_has_extension(const char *path);

void mb_save_fini(struct mb_save *save);

#endif
