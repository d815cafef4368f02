/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: mem_init_print_info, build_all_zonelists' line, memory_block_size_bytes and
 * register_mem_block_under_node_early (drivers/base/node.c), 6.1.
 */
#include <errno.h>
#include <string.h>

#include "core/boot_state.h"
#include "core/query.h"
#include "core/record.h"
#include "core/watermark.h"

static const struct mb_node *find_node(const struct mb_boot *boot, int nid)
{
	return boot->nodes && nid >= 0 && (unsigned)nid < boot->nr_node_ids ? boot->nodes[nid]
									    : NULL;
}

int mb_query_zone(const struct mb_boot *boot, int nid, enum mb_zone_type type,
		  struct mb_query_zone *ret_zone)
{
	const struct mb_node *node = find_node(boot, nid);
	const struct mb_zone *zone;

	if (!node)
		return -ENOENT;
	zone = &node->zones[type];
	*ret_zone = (struct mb_query_zone){
		.populated = mb_zone_populated(zone),
		.start_pfn = zone->start_pfn,
		.spanned = zone->spanned,
		.present = zone->present,
		.managed = mb_zone_managed(zone),
		.min = zone->watermark[MB_WMARK_MIN],
		.low = zone->watermark[MB_WMARK_LOW],
		.high = zone->watermark[MB_WMARK_HIGH],
		.promo = zone->watermark[MB_WMARK_PROMO],
		.pagesets = zone->has_pagesets,
		.batch = zone->pcp_batch,
		.high_min = zone->pcp_high_min,
		.high_max = zone->pcp_high_max,
	};
	memcpy(ret_zone->protection, zone->lowmem_reserve, sizeof(ret_zone->protection));
	mb_watermark_protection(boot, node, type, ret_zone->protection_anew);
	return 0;
}

int mb_query_node(const struct mb_boot *boot, int nid, struct mb_query_node *ret_node)
{
	const struct mb_node *node = find_node(boot, nid);

	if (!node)
		return -ENOENT;
	*ret_node = (struct mb_query_node){
		.online = node->online,
		.has_memory = node->has_memory,
		.start_pfn = node->start_pfn,
		.end_pfn = node->end_pfn,
		.movable_pfn = node->movable_pfn,
		.deferred = node->boundary_pfn != MB_PFN_NONE,
	};
	return 0;
}

unsigned mb_query_nr_node_ids(const struct mb_boot *boot)
{
	return boot->nr_node_ids;
}

bool mb_query_region(const struct mb_boot *boot, int *index, mb_pfn_t *ret_start, mb_pfn_t *ret_end,
		     int *ret_nid)
{
	return mb_memblock_next_mem_pfn_range(&boot->memblock, index, MB_MAX_NODES, ret_start,
					      ret_end, ret_nid);
}

void mb_query_zone_limits(const struct mb_boot *boot, enum mb_zone_type type, mb_pfn_t *ret_start,
			  mb_pfn_t *ret_end)
{
	*ret_start = boot->zone_low[type];
	*ret_end = boot->zone_high[type];
}

bool mb_query_hole(const struct mb_boot *boot, size_t index, int *ret_nid,
		   enum mb_zone_type *ret_type, uint64_t *ret_pages)
{
	if (index >= boot->nr_holes)
		return false;
	*ret_nid = boot->holes[index].nid;
	*ret_type = boot->holes[index].type;
	*ret_pages = boot->holes[index].pages;
	return true;
}

/*
 * x86-64 makes a page table for every top-level entry of the vmalloc range before it says what is
 * available (preallocate_vmalloc_pages): 64 with four levels, 50 with five, and one more where the
 * range does not begin at such an entry, because its base is random. *ret_shared: how many of them may
 * be there already, as the random range behind it, the vmemmap's, may begin in the last entry.
 */
static uint64_t vmalloc_tables(const struct mb_boot *boot, uint64_t *ret_shared)
{
	const struct mb_machine *machine = boot->machine;

	*ret_shared = 0;
	if (machine->arch != MB_ARCH_X86_64)
		return 0;
	*ret_shared = !strstr(machine->cmdline, "nokaslr");
	return (machine->phys_bits > 46 ? 50 : 64) + !strstr(machine->cmdline, "nokaslr");
}

static void count_frees(const struct mb_boot *boot, struct mb_query_totals *totals)
{
	const struct mb_record *record = boot->config.record;
	unsigned shift = boot->machine->page_shift;

	for (size_t i = 0; record && i < record->nr_frees; i++) {
		const struct mb_record_free *free = &record->frees[i];
		uint64_t pages = (free->end >> shift) - (free->start >> shift);

		if (free->cma)
			totals->cma_pages += pages;
		else if (free->counted_early)
			totals->totalram_pages += pages;
	}
}

void mb_query_totals(const struct mb_boot *boot, struct mb_query_totals *ret_totals)
{
	uint64_t shared, tables = vmalloc_tables(boot, &shared);
	struct mb_query_totals totals = {
		.shared_tables = shared,
		.vm_total_pages = boot->vm_total_pages,
		.mobility_grouping = boot->mobility_grouping,
		.totalram_pages = boot->totalram_pages,
		.available_pages =
			boot->released_pages > tables ? boot->released_pages - tables : 0,
	};

	for (unsigned nid = 0; nid < boot->nr_node_ids; nid++) {
		const struct mb_node *node = find_node(boot, (int)nid);

		if (!node)
			continue;
		totals.nr_zonelists += node->online;
		totals.present_pages += node->present;
		for (unsigned z = 0; z <= MB_ZONE_NORMAL; z++)
			if (mb_zone_populated(&node->zones[z]))
				totals.policy_zone = mb_max(totals.policy_zone, z);
	}
	count_frees(boot, &totals);
	*ret_totals = totals;
}

void mb_query_hash(const struct mb_boot *boot, enum mb_hash hash, struct mb_hash_table *ret_table)
{
	*ret_table = boot->hashes[hash];
}

const struct mb_percpu_layout *mb_query_percpu(const struct mb_boot *boot)
{
	return &boot->percpu;
}

/* --- SLUB --- */

void mb_query_slab_rules(const struct mb_boot *boot, struct mb_slab_rules *ret_rules)
{
	const struct mb_machine *machine = boot->machine;

	mb_slab_rules_init(ret_rules, boot->profile, machine->arch, machine->page_shift,
			   boot->model.geo.max_order, machine->nr_cpus,
			   mb_slab_present_cpus(machine));
}

/* Object size and flags of a cache that the bootstrap makes; false for any other. */
static bool boot_cache(const struct mb_boot *boot, const struct mb_slab_rules *rules,
		       const char *name, unsigned *ret_size, unsigned *ret_flags)
{
	unsigned indices[MB_KMALLOC_MAX_INDEX];
	unsigned count = mb_slab_kmalloc_indices(rules, indices);
	char made[MB_KMALLOC_NAME_BYTES];

	*ret_flags = MB_SLAB_HWCACHE_ALIGN;
	*ret_size = boot->profile->slub_node_bytes;
	if (!strcmp(name, "kmem_cache_node"))
		return true;
	*ret_size = boot->profile->slub_kmem_cache_offset + boot->nr_node_ids * 8;
	if (!strcmp(name, "kmem_cache"))
		return true;
	for (unsigned type = 0; type < MB_NR_KMALLOC_TYPES; type++)
		for (unsigned i = 0; i < count; i++) {
			mb_slab_kmalloc_name((enum mb_kmalloc_type)type, indices[i], made);
			*ret_size = mb_slab_kmalloc_size(indices[i]);
			*ret_flags = mb_slab_kmalloc_flags((enum mb_kmalloc_type)type);
			if (!strcmp(name, made))
				return true;
		}
	return false;
}

bool mb_query_slab_is_boot_cache(const struct mb_boot *boot, const char *name)
{
	struct mb_slab_rules rules;
	unsigned size, flags;

	mb_query_slab_rules(boot, &rules);
	return boot_cache(boot, &rules, name, &size, &flags);
}

int mb_query_slab_sizes(const struct mb_boot *boot, const char *name, unsigned object_size,
			unsigned align, bool free_pointer_behind, struct mb_slab_sizes *ret_sizes)
{
	struct mb_slab_rules rules;
	unsigned size, flags;

	mb_query_slab_rules(boot, &rules);
	if (!boot_cache(boot, &rules, name, &size, &flags))
		return mb_slab_calculate_sizes(&rules, object_size, align, 0, free_pointer_behind,
					       ret_sizes);
	align = mb_slab_calculate_alignment(&rules, flags, mb_slab_boot_align(&rules, flags, size),
					    size);
	return mb_slab_calculate_sizes(&rules, size, align, flags, false, ret_sizes);
}

/* --- memory blocks --- */

uint64_t mb_query_block_bytes(const struct mb_boot *boot, bool hypervisor)
{
	uint64_t section = UINT64_C(1) << boot->machine->section_shift;
	mb_phys_t end = mb_memblock_end_of_DRAM(&boot->memblock);

	if (boot->machine->arch != MB_ARCH_X86_64 || end < 64 * MB_GIB)
		return section;
	if (!hypervisor)
		return 2 * MB_GIB;
	for (uint64_t bytes = 2 * MB_GIB; bytes > section; bytes /= 2)
		if (!(end & (bytes - 1)))
			return bytes;
	return section;
}

/*
 * Whether a page of [start, end), which lies in one present section, counts as the node's; one in a hole
 * is the first node's.
 */
static bool has_page(const struct mb_boot *boot, mb_pfn_t start, mb_pfn_t end, int nid)
{
	mb_pfn_t from, to, pages = 0;
	int index = -1, owner;
	bool found = false;

	while (mb_query_region(boot, &index, &from, &to, &owner)) {
		from = mb_clamp(from, start, end);
		to = mb_clamp(to, start, end);
		pages += to - from;
		found |= from < to && owner == nid;
	}
	return found || (pages < end - start && nid == mb_node_first_online(boot));
}

bool mb_query_block_of_node(const struct mb_boot *boot, uint64_t block_bytes, uint64_t number,
			    int nid)
{
	const struct mb_node *node = find_node(boot, nid);
	uint64_t pps = boot->model.geo.pages_per_section;
	mb_pfn_t start = number * (block_bytes >> boot->machine->page_shift);
	mb_pfn_t end = start + (block_bytes >> boot->machine->page_shift), node_end;

	if (!node || !node->end_pfn)
		return false;
	node_end = node->start_pfn + node->spanned;
	for (mb_pfn_t pfn = start; pfn < end; pfn += pps) {
		mb_pfn_t from = mb_max(pfn, node->start_pfn), to = mb_min(pfn + pps, node_end);

		if (from < to && mb_memmodel_pfn_valid(&boot->model, pfn) &&
		    has_page(boot, from, to, nid))
			return true;
	}
	return false;
}
