/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_STREAM_H
#define MB_CORE_BASE_STREAM_H

#include <stddef.h>
#include <stdio.h>

/*
 * Reads a stream to its end, but never more than max_bytes and one: a device may have no end. 0, and the bytes with a zero behind them, which
 * the caller frees; -EFBIG when there are more; -EISDIR, -EIO or another errno of read(2); -ENOMEM.
 */
int mb_stream_read(FILE *file, size_t max_bytes, char **ret_text, size_t *ret_length);

#endif
