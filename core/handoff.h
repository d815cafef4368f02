/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_HANDOFF_H
#define MB_CORE_HANDOFF_H

#include "core/stage.h"

/* memblock_free_all (mm/memblock.c, 6.1): what memblock has left becomes the buddy's. */
extern const struct mb_stage mb_handoff_stage;

#endif
