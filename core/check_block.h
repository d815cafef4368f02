/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_CHECK_BLOCK_H
#define MB_CORE_CHECK_BLOCK_H

#include "core/memmodel.h"

/*
 * The digest of one block of the largest order, FNV-1a by 64-bit words: each of the words of a descriptor that count has a
 * lane of its own, so that the multiplications do not wait for each other; the lanes are joined, and the first descriptor,
 * which tells whether the block is free, comes last. Any thread.
 */
uint64_t mb_check_digest_tail(const struct mb_memmodel *model, const struct mb_page *first);
uint64_t mb_check_digest_block(const struct mb_memmodel *model, const struct mb_page *first,
			       uint64_t tail);

#endif
