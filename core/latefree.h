/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_LATEFREE_H
#define MB_CORE_LATEFREE_H

#include "core/stage.h"

/*
 * Memory that a kernel frees after hand-over, as its record (core/record.h) says: CMA areas and what
 * SMP start-up leaves, before the watermarks; initrd and init sections, behind them. Nothing
 * recomputes marks after the latter.
 */
extern const struct mb_stage mb_latefree_early_stage, mb_latefree_stage;

#endif
