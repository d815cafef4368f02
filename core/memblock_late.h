/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMBLOCK_LATE_H
#define MB_CORE_MEMBLOCK_LATE_H

#include "core/stage.h"

/*
 * What is left to do with memblock once it has handed over: memblock_free_late and memblock_discard
 * (mm/memblock.c, 6.1). The boot's stages do not call them. One thread, after the hand-over stage.
 */

/*
 * Gives the whole pages of the range to the buddy, one by one, and counts them in totalram. reserved
 * keeps the range. Pages that their node still defers are counted all the same and lost: nobody frees
 * them again, and the deferred stage's check says so. Pages without a descriptor are passed over. A
 * dry run counts a page in the lowest zone of its node that spans it. Returns how many pages the buddy
 * got.
 */
uint64_t mb_memblock_free_late(struct mb_boot *boot, mb_phys_t base, mb_phys_t size);

/*
 * Frees the places of arrays that were doubled, as free_late does, and forgets all memory: no check
 * and no question that goes by memblock's memory has an answer behind it. Architectures that keep
 * memblock (arm64) change nothing.
 */
void mb_memblock_discard(struct mb_boot *boot);

#endif
