/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large the windows of a memmap are, and how much memory a boot through them needs, before it runs: by the machine's
 * ranges, which is never less than what core/window_make.c and the stages then take.
 */
#include "core/base/align.h"
#include "core/deferred.h"
#include "core/window_internal.h"

#define LEAST_AUTO_BYTES (128 * MB_MIB)
/* Where zones below Normal end at the latest, if Normal has memory. */
#define LOW_BYTES (4 * MB_GIB)
/* By which a range's tables are larger than its entries: parts of host pages. */
#define TABLE_BYTES (16 * MB_KIB)

static const struct mb_page_size *size_of(const struct mb_boot_config *config)
{
	return config->struct_page ? config->struct_page : &mb_page_sizes[MB_PAGE_SIZE_DEFAULT];
}

static uint64_t block_bytes(const struct mb_boot_config *config)
{
	return (uint64_t)size_of(config)->bytes
	       << mb_profile_max_order(config->machine->page_shift);
}

/* Blocks that hold descriptors of the sections with memory of a node below end, at most; and its ranges there. */
static uint64_t node_blocks(const struct mb_machine *machine, int nid, mb_phys_t end,
			    uint64_t *ret_ranges)
{
	uint64_t section = UINT64_C(1) << machine->section_shift, bytes = 0;

	*ret_ranges = 0;
	for (size_t i = 0; i < machine->nr_mem; i++) {
		const struct mb_machine_mem *mem = &machine->mem[i];

		if (mem->nid != nid || mem->start >= mb_min(mem->end, end))
			continue;
		bytes += mb_align_up_pow2(mb_min(mem->end, end), section) -
			 mb_align_down_pow2(mem->start, section);
		++*ret_ranges;
	}
	return bytes >> (machine->page_shift + mb_profile_max_order(machine->page_shift));
}

static uint64_t all_blocks(const struct mb_boot_config *config, int nid)
{
	uint64_t ranges;

	return node_blocks(config->machine, nid, MB_PHYS_MAX, &ranges);
}

/* Workers that share a node's window; before there is a host, at least one. */
static unsigned count_workers(const struct mb_boot_config *config, int nid)
{
	return config->threads || config->host ? mb_deferred_threads(config, nid) : 1;
}

uint64_t mb_window_slots(const struct mb_boot_config *config, int nid, uint64_t blocks)
{
	unsigned workers = count_workers(config, nid);
	uint64_t wanted = mb_max(config->window_bytes / block_bytes(config),
				 (uint64_t)workers * MB_WINDOW_LEAST_SLOTS);

	return mb_max(workers, mb_min(wanted, blocks));
}

/* The same for so many bytes, of a node with memory. */
static uint64_t slots_for(const struct mb_boot_config *config, int nid, uint64_t window_bytes)
{
	struct mb_boot_config other = *config;
	uint64_t blocks = all_blocks(config, nid);

	other.window_bytes = window_bytes;
	return blocks ? mb_window_slots(&other, nid, blocks) : 0;
}

uint64_t mb_window_least(const struct mb_boot_config *config, int nid)
{
	return slots_for(config, nid, 0) * block_bytes(config);
}

uint64_t mb_window_largest(const struct mb_boot_config *config, uint64_t window_bytes)
{
	uint64_t slots = 0;

	for (unsigned nid = 0; nid < config->machine->nr_node_ids; nid++)
		slots = mb_max(slots, slots_for(config, (int)nid, window_bytes));
	return slots * block_bytes(config);
}

uint64_t mb_window_node_needed(const struct mb_boot_config *config, int nid)
{
	const struct mb_machine *machine = config->machine;
	uint64_t ranges, blocks = node_blocks(machine, nid, MB_PHYS_MAX, &ranges);
	uint64_t below, low = node_blocks(machine, nid, LOW_BYTES, &below);
	uint64_t slots = slots_for(config, nid, config->window_bytes);
	uint64_t with_low = mb_min(slots + mb_min(low, slots / 2), blocks);
	/* What boots reserve, and what first allocations split. */
	uint64_t stay = 2 * ranges + 2 * MB_WINDOW_SPARE;

	if (!blocks)
		return 0;
	return (mb_max(slots, with_low) + mb_min(stay, blocks + MB_WINDOW_SPARE)) *
		       block_bytes(config) +
	       blocks * (size_of(config)->bytes + sizeof(struct mb_window_block)) +
	       ranges * TABLE_BYTES;
}

uint64_t mb_window_needed(const struct mb_boot_config *config)
{
	const struct mb_machine *machine = config->machine;
	uint64_t blocks = mb_memmodel_map_pages(&mb_memmodels[MB_MEMMODEL_VMEMMAP], machine) >>
			  mb_profile_max_order(machine->page_shift);
	uint64_t bytes = mb_min(2 * machine->nr_reserved, blocks) * block_bytes(config);

	for (unsigned nid = 0; nid < machine->nr_node_ids; nid++)
		bytes += mb_window_node_needed(config, (int)nid);
	return bytes;
}

static bool fits(const struct mb_boot_config *config, uint64_t window_bytes, uint64_t allowed_bytes)
{
	struct mb_boot_config other = *config;

	other.window_bytes = window_bytes;
	return mb_boot_memory_needed(&other) <= allowed_bytes;
}

uint64_t mb_window_auto(const struct mb_boot_config *config, uint64_t cache_bytes,
			uint64_t allowed_bytes)
{
	uint64_t bytes = mb_max(LEAST_AUTO_BYTES, 4 * cache_bytes),
		 most = mb_window_largest(config, UINT64_MAX);
	uint64_t least = mb_align_up_pow2(MB_WINDOW_LEAST_SLOTS * block_bytes(config), MB_MIB);

	if (most <= bytes && fits(config, 0, allowed_bytes))
		return 0;
	bytes = mb_min(bytes, mb_align_up_pow2(most, MB_MIB));
	while (bytes > least && !fits(config, bytes, allowed_bytes))
		bytes = mb_align_down_pow2(bytes - mb_max(bytes / 8, MB_MIB), MB_MIB);
	return mb_max(bytes, least);
}
