/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "reports/costmodel.h"

/* clang-format off */
const struct mb_costmodel_phase_row mb_costmodel_phases[MB_COSTMODEL_NR_PHASES] = {
	[MB_COSTMODEL_MEMBLOCK]  = {.name = "memblock"},
	[MB_COSTMODEL_NODE]      = {.name = "node"},
	[MB_COSTMODEL_SPARSE]    = {.name = "sparse_init"},
	[MB_COSTMODEL_FAULT]     = {.name = "fault", .beside = true},
	[MB_COSTMODEL_TOUCH]     = {.name = "second_touch", .beside = true},
	[MB_COSTMODEL_AREA]      = {.name = "free_area_init"},
	[MB_COSTMODEL_PAGEINIT]  = {.name = "memmap_init"},
	[MB_COSTMODEL_PERCPU]    = {.name = "setup_per_cpu_areas"},
	[MB_COSTMODEL_ZONELIST]  = {.name = "zonelists"},
	[MB_COSTMODEL_HASH]      = {.name = "large_hashes"},
	[MB_COSTMODEL_HANDOFF]   = {.name = "memblock_free_all"},
	[MB_COSTMODEL_SLAB]      = {.name = "kmem_cache_init"},
	[MB_COSTMODEL_PAGESET]   = {.name = "pagesets"},
	[MB_COSTMODEL_DEFERRED]  = {.name = "deferred_init"},
	[MB_COSTMODEL_WATERMARK] = {.name = "watermarks"},
	[MB_COSTMODEL_GROW]      = {.name = "deferred_grow", .lazy = true},
};
/* clang-format on */

int mb_costmodel_phase_find(const char *name)
{
	for (size_t i = 0; i < MB_COSTMODEL_NR_PHASES; i++)
		if (!strcmp(mb_costmodel_phases[i].name, name))
			return (int)i;
	return -ENOENT;
}
