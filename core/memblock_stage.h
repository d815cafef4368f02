/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMBLOCK_STAGE_H
#define MB_CORE_MEMBLOCK_STAGE_H

#include "core/stage.h"

/*
 * e820__memblock_setup and its like: the firmware map becomes memblock's memory, with node ids and
 * reservations.
 */
extern const struct mb_stage mb_memblock_stage;

#endif
