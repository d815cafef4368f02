/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_SLAB_STAGE_H
#define MB_CORE_SLAB_STAGE_H

#include "core/slab.h"
#include "core/stage.h"

/*
 * What the stage starts the allocator with: pages from the boot's buddy, memory from its slabmem. Another allocator on the
 * same boot may be started with it once memory was handed over; it must end before the boot.
 */
void mb_slab_stage_config(struct mb_boot *boot, struct mb_slab_config *ret_config);

/* kmem_cache_init (mm/slub.c, 6.1) on the boot's buddy. */
extern const struct mb_stage mb_slab_stage;

#endif
