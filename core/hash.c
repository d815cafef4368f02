/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: alloc_large_system_hash (mm/page_alloc.c), dcache_init_early and inode_init_early
 * (fs/dcache.c, fs/inode.c), 6.1.
 * Kept: sizes, and the memblock request where one node alone has memory (hashdist is 0 then).
 * Left out: with several memory nodes the kernel makes the tables with vmalloc after hand-over; here
 * only their size is known. Zeroing them.
 * Invariants: entries are a power of two; a table that was placed is reserved.
 */
#include <errno.h>

#include "core/base/bits.h"
#include "core/boot_state.h"
#include "core/hash.h"

#define ADAPT_BASE_BYTES \
	(64 * MB_GIB) /* beyond it, tables grow by half as many doublings as memory */
#define ENTRIES_MAX UINT64_C(0x80000000)

static const struct {
	const char *name;
	unsigned scale; /* one bucket for 2^scale bytes */
} hashes[MB_NR_HASHES] = {
	[MB_HASH_DENTRY] = {"Dentry cache", 13},
	[MB_HASH_INODE] = {"Inode-cache", 14},
};

const char *mb_hash_name(enum mb_hash hash)
{
	return hashes[hash].name;
}

uint64_t mb_hash_entries(uint64_t kernel_pages, uint64_t all_pages, unsigned scale,
			 unsigned page_shift)
{
	uint64_t entries = mb_round_up(kernel_pages, MB_MIB >> page_shift), max;

	for (uint64_t adapt = ADAPT_BASE_BYTES >> page_shift; adapt < entries; adapt *= 4)
		scale++;
	entries = scale > page_shift ? entries >> (scale - page_shift)
				     : entries << (page_shift - scale);
	entries = mb_roundup_pow2(mb_max(entries, 1));
	max = mb_min((all_pages << page_shift) / 16 / MB_HASH_BUCKET_BYTES, ENTRIES_MAX);
	entries = mb_max(mb_min(entries, max), 1);
	return UINT64_C(1) << mb_ilog2(entries);
}

/*
 * nr_kernel_pages: until 6.9 the estimates of managed of all zones, later the whole pages of free memory
 * that memblock had when the zones were made.
 */
static uint64_t kernel_pages(const struct mb_boot *boot)
{
	const struct mb_node *node;
	uint64_t pages = 0;

	if (!boot->profile->managed_estimate)
		return boot->early_free_pages;
	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			pages += mb_zone_managed(&node->zones[z]);
	return pages;
}

static unsigned memory_nodes(const struct mb_boot *boot)
{
	const struct mb_node *node;
	unsigned count = 0;

	mb_node_for_each(node, boot)
		count += node->has_memory;
	return count;
}

/* From memblock; half as many entries as long as there is no room. */
static void place(struct mb_boot *boot, struct mb_hash_table *table)
{
	do
		table->start =
			mb_memblock_alloc(&boot->memblock, table->entries * MB_HASH_BUCKET_BYTES,
					  boot->memblock.cache_line);
	while (!table->start && (table->entries /= 2) * MB_HASH_BUCKET_BYTES >=
					UINT64_C(1) << boot->machine->page_shift);
}

static int hash_run(struct mb_boot *boot)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_hash_stage);
	uint64_t pages = kernel_pages(boot);

	for (unsigned i = 0; i < MB_NR_HASHES; i++) {
		struct mb_hash_table *table = &boot->hashes[i];
		unsigned bits;

		*table = (struct mb_hash_table){
			.entries = mb_hash_entries(pages, pages, hashes[i].scale,
						   boot->machine->page_shift)};
		if (memory_nodes(boot) == 1) {
			place(boot, table);
			stat->bytes += table->start ? table->entries * MB_HASH_BUCKET_BYTES : 0;
		}
		bits = mb_ilog2(mb_max(table->entries, 1) * MB_HASH_BUCKET_BYTES);
		table->order =
			bits > boot->machine->page_shift ? bits - boot->machine->page_shift : 0;
	}
	return 0;
}

static int hash_check(struct mb_boot *boot)
{
	for (unsigned i = 0; i < MB_NR_HASHES; i++) {
		const struct mb_hash_table *table = &boot->hashes[i];

		if (!mb_is_pow2(table->entries))
			return MB_FAIL(&boot->err, -EUCLEAN, "the %s has %llu entries",
				       hashes[i].name, (unsigned long long)table->entries);
		if (table->start &&
		    !mb_memblock_is_region_reserved(&boot->memblock, table->start,
						    table->entries * MB_HASH_BUCKET_BYTES))
			return MB_FAIL(&boot->err, -EUCLEAN, "the %s is not reserved",
				       hashes[i].name);
	}
	return 0;
}

const struct mb_stage mb_hash_stage = {
	.name = "large_hashes",
	.linux_name = "vfs_caches_init_early",
	.summary = "dentry and inode hash tables, from memblock on a machine of one memory node",
	.dry_run = true,
	.run = hash_run,
	.check = hash_check,
};
