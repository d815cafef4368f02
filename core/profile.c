/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "core/base/align.h"
#include "core/page.h"
#include "core/profile.h"

/*
 * Sizes are those of Debian's kernels: 216 bytes before the node array and 64 bytes of node structure
 * with CONFIG_SLUB_DEBUG; 6.18 adds the barn pointer to both. arm64's static sizes were seen on 6.1
 * only and stand in for the later ones.
 */
const struct mb_profile mb_profiles[] = {
	{
		.name = "6.1",
		.major = 6,
		.minor = 1,
		.memblock_dummy = true,
		.managed_estimate = true,
		.memory_line_early = true,
		.deferred_job = MB_DEFERRED_JOB_PER_RANGE,
		.pages_always_checked = true,
		.buddy_type = MB_PAGE_TYPE_BUDDY_BIT,
		.deferred_by_pfn = true,
		.reserved_nid_by_page = true,
		.slub_kmem_cache_offset = 216,
		.slub_node_bytes = 64,
		.percpu_early_bytes = 12 << 10,
		.pgdat_bytes = {0x2b000, 0x2c80},
		.percpu_static_bytes = {212992, 85864},
		.percpu_reserved_bytes = 8192,
		.usage_header_bytes = 16,
	},
	{
		.name = "6.12",
		.major = 6,
		.minor = 12,
		.arm64_va52 = true,
		.mirror_needs_memory = true,
		.defer_late_reset = true,
		.deferred_job = MB_DEFERRED_JOB_PER_RANGE,
		.reserved_noinit = true,
		.release_in_pageblocks = true,
		.buddy_type = MB_PAGE_TYPE_BUDDY_VALUE,
		.deferred_threads_all_arch = true,
		.pcp_auto_tune = true,
		.zonelist_skips_memoryless = true,
		.movable_not_lowmem = true,
		.slub_order_refactored = true,
		.kmalloc_natural_align = true,
		.slub_kmem_cache_offset = 216,
		.slub_node_bytes = 64,
		.percpu_early_bytes = 20 << 10,
		.pgdat_bytes = {0x2a980, 0x2c80},
		.percpu_static_bytes = {233472, 85864},
		.percpu_reserved_bytes = 8192,
		.usage_header_bytes = 16,
	},
	{
		.name = "6.18",
		.major = 6,
		.minor = 18,
		.arm64_va52 = true,
		.mirror_needs_memory = true,
		.flat_tail_hole = true,
		.defer_late_reset = true,
		.deferred_job = MB_DEFERRED_JOB_PER_ZONE,
		.reserved_noinit = true,
		.release_in_pageblocks = true,
		.buddy_type = MB_PAGE_TYPE_BUDDY_VALUE,
		.deferred_reserved_typed = true,
		.deferred_grow_by_section = true,
		.deferred_threads_all_arch = true,
		.pcp_auto_tune = true,
		.zonelist_skips_memoryless = true,
		.movable_not_lowmem = true,
		.slub_order_refactored = true,
		.kmalloc_natural_align = true,
		.slub_kmem_cache_offset = 224,
		.slub_node_bytes = 72,
		.percpu_early_bytes = 20 << 10,
		.pgdat_bytes = {0x2ab00, 0x2c80},
		.percpu_static_bytes = {185496, 85864},
		.percpu_reserved_bytes = 0,
		.usage_header_bytes = 16,
	},
};

const size_t mb_nr_profiles = MB_ARRAY_SIZE(mb_profiles);

const struct mb_profile *mb_profile_find(const char *name)
{
	for (size_t i = 0; i < mb_nr_profiles; i++)
		if (!strcmp(mb_profiles[i].name, name))
			return &mb_profiles[i];
	return NULL;
}

const struct mb_profile *mb_profile_nearest(const char *release)
{
	const struct mb_profile *best = &mb_profiles[0];
	unsigned major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return best;
	for (size_t i = 0; i < mb_nr_profiles; i++) {
		const struct mb_profile *row = &mb_profiles[i];

		if (row->major < major || (row->major == major && row->minor <= minor))
			best = row;
	}
	return best;
}

unsigned mb_profile_max_order(unsigned page_shift)
{
	return page_shift == 12 ? 10 : page_shift == 14 ? 11 : 13;
}

unsigned mb_profile_pageblock_order(unsigned page_shift)
{
	return page_shift == 12 ? 9 : mb_profile_max_order(page_shift);
}
