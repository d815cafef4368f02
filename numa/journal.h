/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_JOURNAL_H
#define MB_NUMA_JOURNAL_H

#include <stddef.h>

#include "core/base/align.h"
#include "core/base/err.h"

#define MB_JOURNAL_MAX_BYTES (64 * MB_MIB) /* no log is larger */

/*
 * The kernel's messages of this boot from systemd's journal, as `journalctl -k -b -o cat` prints
 * them: without time stamps. It is run as a child, found in PATH, without a shell. The caller frees
 * *ret_text, which ends in a NUL behind its *ret_length bytes. 0; or with err -ENOENT without such a
 * program, -EIO when it fails or has nothing, -EFBIG for more than MB_JOURNAL_MAX_BYTES, -ENOMEM and others.
 */
int mb_journal_read(struct mb_err *err, char **ret_text, size_t *ret_length);

/* All of an open file, with the same limit; the file stays open. 0, -EFBIG, -ENOMEM, or what read(2) returns. */
int mb_journal_slurp(int fd, char **ret_text, size_t *ret_length);

#endif
