/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/buddy.h"
#include "core/memblock_late.h"
#include "core/movable.h"

/* early_page_uninitialised: memory that its node has not come to yet. What is no memory is the first node's. */
static bool still_deferred(const struct mb_boot *boot, mb_pfn_t pfn)
{
	mb_pfn_t start, end;
	int nid = mb_memblock_search_pfn_nid(&boot->memblock, pfn, &start, &end);

	if (nid < 0)
		nid = mb_node_first_online(boot);
	return pfn >= boot->nodes[nid]->first_deferred_pfn;
}

/* The zone in the page's descriptor; a dry run has none, and asks the spans and regions. NULL: nobody's. */
static struct mb_zone *zone_of(const struct mb_boot *boot, mb_pfn_t pfn)
{
	const struct mb_page *page;
	mb_pfn_t start, end;
	int nid;

	if (!boot->config.dry_run) {
		page = mb_memmodel_pfn_to_page(&boot->model, pfn);
		nid = mb_page_nid(&boot->model.layout, page);
		return &boot->nodes[nid]->zones[mb_page_zone(&boot->model.layout, page)];
	}
	nid = mb_memblock_search_pfn_nid(&boot->memblock, pfn, &start, &end);
	for (unsigned z = 0; nid >= 0 && nid < MB_MAX_NODES && z < MB_NR_ZONES; z++) {
		struct mb_zone *zone = &boot->nodes[nid]->zones[z];

		if (pfn - zone->start_pfn < zone->spanned && mb_movable_owns(boot, zone, pfn))
			return zone;
	}
	return NULL;
}

/* One page: memblock_free_pages with order 0. Whether the buddy has it now. */
static bool free_page(struct mb_boot *boot, mb_pfn_t pfn)
{
	struct mb_zone *zone = still_deferred(boot, pfn) ? NULL : zone_of(boot, pfn);

	if (!zone)
		return false;
	if (boot->config.dry_run)
		atomic_fetch_add_explicit(&zone->managed, 1, memory_order_relaxed);
	else
		mb_buddy_release_range(zone, pfn, pfn + 1, 0);
	return true;
}

uint64_t mb_memblock_free_late(struct mb_boot *boot, mb_phys_t base, mb_phys_t size)
{
	unsigned shift = boot->machine->page_shift;
	mb_pfn_t end = (base + mb_min(size, MB_PHYS_MAX - base)) >> shift;
	uint64_t freed = 0;

	for (mb_pfn_t pfn = mb_div_ceil(base, UINT64_C(1) << shift); pfn < end; pfn++) {
		if (!mb_memmodel_pfn_valid(&boot->model, pfn))
			continue;
		freed += free_page(boot, pfn);
		boot->totalram_pages++;
	}
	return freed;
}

/* Where the kernel put a doubled array. */
static void free_array(struct mb_boot *boot, const struct mb_memblock_type *type, mb_phys_t *place)
{
	uint64_t page = UINT64_C(1) << boot->machine->page_shift;

	if (*place)
		mb_memblock_free_late(boot, *place,
				      mb_align_up_pow2(type->max * MB_MEMBLOCK_REGION_BYTES, page));
	*place = 0;
}

void mb_memblock_discard(struct mb_boot *boot)
{
	struct mb_memblock *memblock = &boot->memblock;
	struct mb_memblock_type *memory = &memblock->memory;

	if (boot->machine->arch == MB_ARCH_ARM64)
		return;
	free_array(boot, &memblock->reserved, &memblock->reserved_array);
	free_array(boot, memory, &memblock->memory_array);
	if (memory->regions != memblock->static_memory)
		free(memory->regions);
	memory->regions = memblock->static_memory;
	memory->regions[0] = (struct mb_memblock_region){.nid = MB_MAX_NODES};
	memory->max = MB_MEMBLOCK_INIT_REGIONS;
	memory->cnt = memblock->dummy ? 1 : 0;
	memory->total_size = memblock->trimmed = 0;
}
