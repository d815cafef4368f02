/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_SLAB_STAGE_H
#define MB_CORE_SLAB_STAGE_H

#include "core/stage.h"

/* kmem_cache_init (mm/slub.c, 6.1) on the boot's buddy. */
extern const struct mb_stage mb_slab_stage;

#endif
