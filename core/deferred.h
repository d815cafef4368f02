/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_DEFERRED_H
#define MB_CORE_DEFERRED_H

#include "core/page.h"
#include "core/profile.h"
#include "core/stage.h"

/*
 * deferred_init_memmap (mm/page_alloc.c, 6.1), padata_do_multithreaded (kernel/padata.c, 6.1).
 */

struct mb_node;
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

/* Workers that take a node's chunks: no more than the host can run at once. config has its host. */
struct mb_boot_config;
unsigned mb_deferred_threads(const struct mb_boot_config *config, int nid);

/* --- for the stages that bring the deferred part up --- */

/*
 * First free range of the zone's node that reaches beyond pfn, clipped to [pfn, zone end), in whole
 * pages. cursor is memblock's; *ret_at, unless NULL, is the one to begin at to find this range again without a walk over those
 * before it, of which there may be thousands.
 */
bool mb_deferred_next_free(const struct mb_boot *boot, const struct mb_zone *zone, uint64_t *cursor,
			   mb_pfn_t pfn, uint64_t *ret_at, mb_pfn_t *ret_start, mb_pfn_t *ret_end);

/*
 * deferred_init_maxorder: all free pages of [start, end), which is inside one window of the largest
 * order, initialised, then freed. The free ranges are walked twice from the same cursor. Returns
 * pages. Several threads, on disjoint windows. ring: NULL where the memmap is backed.
 */
struct mb_window_ring;
uint64_t mb_deferred_init_window(const struct mb_boot *boot, struct mb_zone *zone,
				 struct mb_window_ring *ring, uint64_t cursor, mb_pfn_t start,
				 mb_pfn_t end);

/*
 * deferred_init_memmap_chunk: free pages of [start, end), window by window; the walk over
 * memblock's ranges starts from the beginning. Returns pages; -ECANCELED in *r, with r NULL it is
 * not to be cancelled.
 */
uint64_t mb_deferred_init_chunk(struct mb_boot *boot, struct mb_zone *zone,
				struct mb_window_ring *ring, mb_pfn_t start, mb_pfn_t end, int *r);

/* Pages that hand-over counted and no zone manages yet. */
uint64_t mb_deferred_pages(const struct mb_boot *boot);

/*
 * How the deferred stage would cut a node's part, before it runs: workers, padata jobs, chunks of all jobs. All 0 where nothing is
 * deferred.
 */
void mb_deferred_cut(const struct mb_boot *boot, const struct mb_node *node, unsigned *ret_threads,
		     uint64_t *ret_jobs, uint64_t *ret_chunks);

/* A dry run's deferred part: the free pages behind each node's boundary, counted and managed. */
void mb_deferred_count(struct mb_boot *boot, struct mb_stage_stat *stat);

/* Nothing is deferred any more and the buddy is in order: 0, -EUCLEAN with the boot's err. */
int mb_deferred_check(struct mb_boot *boot);

extern const struct mb_stage mb_deferred_stage;

#endif
