/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_AMOUNT_H
#define MB_CORE_AMOUNT_H

#include <stddef.h>

#include "core/boot.h"

/*
 * How much a boot has to do: what its time depends on, counted without doing it. A dry run knows all of it by the end of
 * hand-over, for a machine of any size.
 */

struct mb_amount_node {
	int nid;
	uint64_t present_pages;
	uint64_t deferred_pages; /* left to the node's workers, or to growth on demand */
	/* Of its workers, with policy deferred; else 0. */
	uint64_t jobs, chunks;
	unsigned threads; /* what the boot's host runs of the kernel's number */
};

struct mb_amount {
	uint64_t regions, reserved_regions; /* of memblock */
	uint64_t sections;                  /* with memory */
	uint64_t memmap_pages;              /* descriptors, holes in sections included */
	uint64_t early_pages, hole_pages;   /* that memmap_init initialises; no page is in both */
	uint64_t reserved_pages;            /* that hand-over marks */
	uint64_t released_pages;            /* free ones that hand-over gives to the buddy, */
	uint64_t released_blocks;           /* in so many blocks */
	uint64_t deferred_pages;
	uint64_t cpus;   /* possible ones */
	uint64_t zones;  /* with memory */
	size_t nr_nodes; /* those with memory */
	struct mb_amount_node *nodes;
};

/*
 * Counts a boot that has come to the end of hand-over and no further: later stages change memblock. 0, -EINVAL for one that has not,
 * -ENOMEM. The caller frees nodes with mb_amount_fini().
 */
int mb_amount_boot(const struct mb_boot *boot, struct mb_amount *ret_count);

/* The same of a config, by a dry run of its machine on its host. 0, or as mb_boot_run() with err. */
int mb_amount_config(const struct mb_boot_config *config, struct mb_err *err,
		     struct mb_amount *ret_count);

void mb_amount_fini(struct mb_amount *count);

#endif
