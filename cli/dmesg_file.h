/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_DMESG_FILE_H
#define MB_CLI_DMESG_FILE_H

#include <stddef.h>

#include "core/base/err.h"

/*
 * A kernel's log from a file, as `dmesg`, a log daemon or `cat /dev/kmsg` write it; the latter's records become lines of
 * dmesg. "-" is standard input. Never waits for a writer that is not there. The caller frees *ret_text, which ends in a
 * NUL behind its *ret_length bytes. 0, or a negative errno with err: -EFBIG above MB_JOURNAL_MAX_BYTES, -EINVAL for /dev/kmsg
 * itself and for a pipe that nobody opens, -ENOMEM, or what open(2) and read(2) return.
 */
int mb_dmesg_file_read(const char *path, struct mb_err *err, char **ret_text, size_t *ret_length);

/*
 * Why a text says nothing of deferred init, and log, which was read from it, neither: it is empty, no kernel log, has lost its
 * beginning, … -ENODATA with "name WHY" in err, or -ENOMEM. The text may hold anything.
 */
struct mb_kernlog;
int mb_dmesg_file_blame(const char *name, const struct mb_kernlog *log, const char *text,
			size_t length, struct mb_err *err);

#endif
