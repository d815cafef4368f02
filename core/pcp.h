/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_PCP_H
#define MB_CORE_PCP_H

#include "core/buddy.h"

/*
 * Per-CPU pagesets: setup_per_cpu_pageset, rmqueue_pcplist, free_unref_page (mm/page_alloc.c, 6.1).
 * A pageset is used by the thread that plays its CPU and needs no lock; it takes the zone's lock to
 * refill and to drain.
 */

/* Lists: three types × orders 0 … 3, and two for huge pages (order 9). */
#define MB_PCP_COSTLY_ORDER 3
#define MB_PCP_LISTS        (MB_MIGRATE_PCPTYPES * (MB_PCP_COSTLY_ORDER + 1) + 2)

struct mb_pageset {
	unsigned count; /* base pages on all lists */
	struct mb_list lists[MB_PCP_LISTS];
};

/* batch (zone_batchsize) for a zone's managed pages and a page size. */
unsigned mb_pcp_batch(uint64_t managed_pages, unsigned page_shift);

/*
 * high (zone_highsize) from the pages to divide, the CPUs local to the node (0: all online ones
 * count) and the batch.
 */
unsigned mb_pcp_high(uint64_t pages, unsigned local_cpus, unsigned online_cpus, unsigned batch);

/* Computes batch and high of every populated zone from its current managed pages and watermarks. */
void mb_pcp_update(struct mb_boot *boot);

/*
 * One block through the pageset of cpu; straight from the buddy while the zone has boot pagesets.
 * NULL when the zone has none.
 */
struct mb_page *mb_pcp_alloc(struct mb_zone *zone, unsigned cpu, unsigned order,
			     enum mb_migratetype type);
void mb_pcp_free(struct mb_zone *zone, unsigned cpu, struct mb_page *page, unsigned order);

/*
 * Gives every pageset's pages back to the buddy (drain_all_pages). No other thread may use them
 * meanwhile.
 */
void mb_pcp_drain(struct mb_boot *boot);

extern const struct mb_stage mb_pcp_stage;

#endif
