/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_WATERMARK_H
#define MB_CORE_WATERMARK_H

#include "core/node.h"
#include "core/stage.h"

/*
 * init_per_zone_wmark_min, setup_per_zone_lowmem_reserve (mm/page_alloc.c),
 * set_recommended_min_free_kbytes (mm/khugepaged.c), 6.1.
 */

/*
 * min_free_kbytes from the lowmem, both KiB, before transparent huge pages raise it: 128 KiB … 256
 * MiB.
 */
uint64_t mb_watermark_min_free_kbytes(uint64_t lowmem_kbytes);

/*
 * What a zone keeps back from allocations that could have gone to the zones above it, by the zone that
 * was asked for; those up to itself are left alone. From what the zones manage now.
 */
void mb_watermark_protection(const struct mb_boot *boot, const struct mb_node *node,
			     enum mb_zone_type low, uint64_t reserve[MB_NR_ZONES]);

extern const struct mb_stage mb_watermark_stage;

#endif
