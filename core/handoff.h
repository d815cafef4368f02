/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_HANDOFF_H
#define MB_CORE_HANDOFF_H

#include "core/stage.h"

/* memblock_free_all (mm/memblock.c, 6.1): what memblock has left becomes the buddy's. */
extern const struct mb_stage mb_handoff_stage;

/* Pages of [start, end) that have a descriptor: all, unless sections were dropped. */
uint64_t mb_handoff_valid_pages(const struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end);

#endif
