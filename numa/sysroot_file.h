/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_FILE_H
#define MB_NUMA_SYSROOT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "numa/sysroot_open.h"

/*
 * Reading a tree of /proc and /sys files. Paths are below root, without a slash in front; results
 * are 0 or negative errno.
 */

/* Whether root is this system's own "/". */
bool mb_sysroot_file_is_live(const struct mb_sysroot *root);

/* Why a file could not be read, for people; error is what reading it returned. */
const char *mb_sysroot_file_reason(int error);

/*
 * The whole of a regular file as a string; zero bytes in it end it early. The caller frees it.
 * Pipes and devices, which a captured tree may contain, are refused with -EINVAL, and files of more
 * than 64 MiB with -EFBIG; and with -EXDEV, but for the live system, links that lead out of the
 * folder.
 */
int mb_sysroot_file_read(const struct mb_sysroot *root, char **ret_text, const char *path, ...)
	__attribute__((format(printf, 3, 4)));

/* The first line of such a file without its end, "" of an empty one. The caller frees it. */
int mb_sysroot_file_first(const struct mb_sysroot *root, char **ret_line, const char *path, ...)
	__attribute__((format(printf, 3, 4)));

/* A file with one number in base 10 or 16 (with or without 0x). */
int mb_sysroot_file_u64(const struct mb_sysroot *root, unsigned base, uint64_t *ret_value,
			const char *path, ...) __attribute__((format(printf, 4, 5)));

/* A file with a list such as 0-3,8: sets its bits in map; numbers must be below limit. */
int mb_sysroot_file_list(const struct mb_sysroot *root, uint64_t limit, uint64_t *map,
			 const char *path, ...) __attribute__((format(printf, 4, 5)));

/*
 * The names of a folder's entries but those that begin with a dot, sorted, behind the last one NULL.
 * The caller ends the list with mb_sysroot_file_names_free().
 */
int mb_sysroot_file_names(const struct mb_sysroot *root, char ***ret_names, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
void mb_sysroot_file_names_free(char **names); /* NULL is fine */

/*
 * The numbers N of a folder's entries that are named prefixN, ascending. The caller frees the
 * array.
 */
int mb_sysroot_file_numbers(const struct mb_sysroot *root, const char *prefix,
			    uint64_t **ret_numbers, size_t *ret_count, const char *path, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * Takes the next line out of *text and ends it with a zero byte instead of its line end; NULL after
 * the last one.
 */
char *mb_sysroot_file_line(char **text);

/*
 * The number that a whole word is, in base 10 or 16 (with or without 0x); false for anything else.
 */
bool mb_sysroot_file_number(const char *word, size_t length, unsigned base, uint64_t *ret_value);

/*
 * The number after "NAME" and blanks (or "NAME:") at the start of a line, as in "MemTotal: 16 kB"
 * or "  spanned  4095"; blanks before the name are skipped. False when the line is another one.
 */
bool mb_sysroot_file_field(const char *line, const char *name, uint64_t *ret_value);

#endif
