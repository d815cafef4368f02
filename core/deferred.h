/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_DEFERRED_H
#define MB_CORE_DEFERRED_H

#include "core/page.h"
#include "core/profile.h"
#include "core/stage.h"

/*
 * deferred_init_memmap and deferred_grow_zone (mm/page_alloc.c, 6.1), padata_do_multithreaded
 * (kernel/padata.c, 6.1).
 */

struct mb_zone;

/* How padata cuts a job of size pages: all units are pages. */
struct mb_deferred_split {
	unsigned nr_works; /* workers that take part, the caller among them */
	uint64_t chunk_pages;
};

/* min_chunk and align are one section for deferred init; max_threads is at least 1. */
struct mb_deferred_split mb_deferred_split(uint64_t size_pages, uint64_t align_pages,
					   unsigned max_threads);

/*
 * End of the chunk that begins at pfn: the next multiple of the chunk size, so that only the first
 * may be short.
 */
static inline mb_pfn_t mb_deferred_chunk_end(mb_pfn_t pfn, uint64_t chunk_pages, mb_pfn_t job_end)
{
	mb_pfn_t end = (pfn / chunk_pages + 1) * chunk_pages;

	return end < job_end ? end : job_end;
}

/* Threads that the kernel would use for a node with that many CPUs. */
unsigned mb_deferred_max_threads(const struct mb_profile *profile, enum mb_arch arch,
				 unsigned node_cpus);

/*
 * Initialises and releases at least enough sections of the zone's node for one block of that order.
 * True: try the zone again. Boot CPU only, before the deferred stage.
 */
bool mb_deferred_grow_zone(struct mb_boot *boot, struct mb_zone *zone, unsigned order);

extern const struct mb_stage mb_deferred_stage;

#endif
