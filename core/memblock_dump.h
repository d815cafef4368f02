/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMBLOCK_DUMP_H
#define MB_CORE_MEMBLOCK_DUMP_H

#include "core/base/strbuf.h"
#include "core/memblock.h"

/*
 * memblock_dump_all (mm/memblock.c, 6.1): adds both arrays to buf as the kernel logs them with
 * memblock=debug, without time stamps: "MEMBLOCK configuration:", the sizes, and a line for each
 * region with its first and last byte. Trouble is in buf->error.
 */
void mb_memblock_dump_all(const struct mb_memblock *mb, struct mb_strbuf *buf);

#endif
