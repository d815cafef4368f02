/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_HUGEPAGES_H
#define MB_NUMA_HUGEPAGES_H

#include <stdint.h>

#include "core/base/err.h"
#include "numa/sysroot_open.h"

/*
 * The kernel's pools of huge pages (Documentation/admin-guide/mm/hugetlbpage.rst), of a node and a size each, read from the
 * tree at root. Any number of threads.
 */
struct mb_hugepages {
	uint64_t page_bytes;
	uint64_t nr_pages;   /* in the pool, used or not */
	uint64_t free_pages; /* that nobody uses and nobody was promised */
};

/* Node that stands for the whole host, as on kernels that show no nodes. */
#define MB_HUGEPAGES_HOST (-1)

/* One pool: 0, -ENOENT when the node has none of that size, or another failure of reading. */
int mb_hugepages_read(const struct mb_sysroot *root, int node, uint64_t page_bytes,
		      struct mb_hugepages *ret_pool);

/* All sizes of a node, ascending; at most max. Returns how many: 0 where nothing is shown. */
size_t mb_hugepages_list(const struct mb_sysroot *root, int node, struct mb_hugepages *pools,
			 size_t max);

/* Why a pool is too small and how to make it large enough, for pages more than are free: -ENOMEM. */
int mb_hugepages_fail(const struct mb_hugepages *pool, int node, uint64_t pages,
		      struct mb_err *err);

/* What the kernel has really put behind address space, bytes. */
struct mb_hugepages_got {
	uint64_t base_bytes;    /* base pages */
	uint64_t thp_bytes;     /* transparent huge pages */
	uint64_t hugetlb_bytes; /* from a pool */
	uint64_t hugetlb_size;  /* of such a page; 0: there are none */
};

/*
 * Adds up the mappings of /proc/PID/smaps, given as text, that begin inside of [start, end): Rss (without pages of pools),
 * AnonHugePages, Private_Hugetlb and KernelPageSize.
 */
void mb_hugepages_count(const char *smaps, uint64_t start, uint64_t end,
			struct mb_hugepages_got *got);

#endif
