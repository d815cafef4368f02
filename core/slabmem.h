/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_SLABMEM_H
#define MB_CORE_SLABMEM_H

#include "core/base/lock.h"
#include "core/page.h"
#include "core/stage.h"

/*
 * Memory behind slab pages. Simulated pages have descriptors but no contents, and slab objects need
 * some: each slab page gets real memory of its node for as long as it is a slab's. Where in the window
 * stands in the first page's slab_frame, which counts frames of a page's size: 2^24 at most, so that it is
 * no type of a free block. Any thread.
 */

struct mb_slabmem_node {
	struct mb_lock lock;
	size_t used, backed;       /* bytes of the node's part of the window */
	void *free[MB_MAX_ORDERS]; /* blocks given back, linked through their first word */
};

struct mb_slabmem {
	char *window;
	size_t window_bytes, node_bytes;
	struct mb_slabmem_node *nodes; /* by node id */
	struct mb_page **
		frames; /* first page of the block that a page-sized frame of the window belongs to */
};

/*
 * Reserves the window and touches each node's first pages, so that the bootstrap does not pay for
 * the host's faults.
 */
int mb_slabmem_init(struct mb_boot *boot);
void mb_slabmem_fini(struct mb_boot *boot);

/* Bytes that init makes resident for each node with memory. */
#define MB_SLABMEM_FIRST_BYTES (512u << 10)

/*
 * 2^order pages of memory for a block of page, aligned to their size; the same until put. NULL when
 * the window is used up.
 */
void *mb_slabmem_get(struct mb_boot *boot, struct mb_page *page, unsigned order);
void mb_slabmem_put(struct mb_boot *boot, struct mb_page *page, unsigned order);

/* First page of the block that an address lies in. */
struct mb_page *mb_slabmem_page(struct mb_boot *boot, const void *addr);

#endif
