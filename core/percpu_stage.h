/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_PERCPU_STAGE_H
#define MB_CORE_PERCPU_STAGE_H

#include "core/stage.h"

/* setup_per_cpu_areas (arch/x86/kernel/setup_percpu.c, drivers/base/arch_numa.c, 6.1). */
extern const struct mb_stage mb_percpu_stage;

#endif
