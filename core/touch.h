/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_TOUCH_H
#define MB_CORE_TOUCH_H

#include "core/stage.h"

/* The host's second touch of the memory behind the memmap: no part of a kernel's boot. */
extern const struct mb_stage mb_touch_stage;

#endif
