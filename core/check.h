/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_CHECK_H
#define MB_CORE_CHECK_H

#include "core/boot.h"

/*
 * Returns pagesets and slab pages to the buddy and computes FNV-1a, by 64-bit words, over the digests of all blocks of the
 * largest order in sections with memory (core/check_block.h), in order of page frames: of each descriptor the part that all
 * sizes have, flags in the plain layout and list links left out. Equal for two boots of one machine however the work was cut, and whatever the memory
 * model and the size of a descriptor where those leave the same pages free, once nothing is deferred.
 * No stage may run afterwards. 0; -ENOTSUP for a windowed memmap without check; -EINVAL without descriptors or after a
 * failure; -ECANCELED.
 */
int mb_check_digest(struct mb_boot *boot, uint64_t *ret_digest);

/*
 * Every page of memory is in one zone, and in each zone present - managed pages are reserved, less those that
 * are still deferred: free pages behind the node's boundary. 0; -EUCLEAN with the boot's err; -ECANCELED.
 */
int mb_check_accounting(struct mb_boot *boot);

#endif
