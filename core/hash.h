/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_HASH_H
#define MB_CORE_HASH_H

#include "core/stage.h"
#include "core/types.h"

/* Large hash tables: alloc_large_system_hash (mm/page_alloc.c, 6.1), vfs_caches_init_early (fs/dcache.c). */

enum mb_hash {
	MB_HASH_DENTRY,
	MB_HASH_INODE,
	MB_NR_HASHES,
};

struct mb_hash_table {
	uint64_t entries;
	unsigned order; /* of the pages that its bytes take, as the kernel prints it */
	mb_phys_t
		start; /* where memblock put it; 0: with several memory nodes it is made after hand-over */
};

/* Bytes of a bucket: one pointer. */
#define MB_HASH_BUCKET_BYTES 8

/*
 * Entries of a table: pages of kernel memory rounded up to 1 MiB, over 2^(scale - page shift), fewer by 4 for
 * each 4-fold beyond 64 GiB, a power of two, at most a sixteenth of all memory and 2^31.
 */
uint64_t mb_hash_entries(uint64_t kernel_pages, uint64_t all_pages, unsigned scale,
			 unsigned page_shift);

/* "Dentry cache", "Inode-cache": what the kernel calls it. */
const char *mb_hash_name(enum mb_hash hash);

extern const struct mb_stage mb_hash_stage;

#endif
