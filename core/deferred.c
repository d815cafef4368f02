/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: deferred_init_memmap, deferred_init_memmap_chunk, deferred_init_maxorder,
 * deferred_free_range (mm/page_alloc.c, 6.1; mm/mm_init.c, 6.18), padata_do_multithreaded (kernel/padata.c).
 * Kept: one thread group a node, all nodes at once; a job per free range, one after another (6.1,
 * 6.12), or one job per zone (6.18); section-aligned chunks taken under a lock; windows of the
 * largest order, initialised before any of their pages is freed, because the buddy looks at
 * neighbours; from page frame to page frame, released by pageblock (6.1), or released by the largest
 * order (6.12, 6.18); ragged ends page by page.
 * Left out: the unbound workqueue's own placement; workers are pinned to the node.
 * Invariants: afterwards nothing is deferred, every page of a free range was initialised and
 * released once, and managed over all zones is totalram.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/buddy.h"
#include "core/deferred.h"
#include "core/handoff.h"
#include "core/pageinit.h"
#include "core/window.h"

/* --- how work is cut --- */

#define PADATA_LOAD_BALANCE 4 /* chunks a worker, so that a slow one does not hold up the rest */

struct mb_deferred_split mb_deferred_split(uint64_t size_pages, uint64_t align_pages,
					   unsigned max_threads)
{
	struct mb_deferred_split split;
	uint64_t chunk;

	split.nr_works = (unsigned)mb_clamp(size_pages / align_pages, 1, max_threads);
	chunk = mb_max(size_pages / ((uint64_t)split.nr_works * PADATA_LOAD_BALANCE), align_pages);
	split.chunk_pages = mb_round_up(chunk, align_pages);
	if (split.nr_works == 1)
		split.chunk_pages = UINT64_MAX; /* padata calls the function once, with all of it */
	return split;
}

unsigned mb_deferred_max_threads(const struct mb_profile *profile, enum mb_arch arch,
				 unsigned node_cpus)
{
	if (arch != MB_ARCH_X86_64 && !profile->deferred_threads_all_arch)
		return 1;
	return node_cpus ? node_cpus : 1;
}

/* --- one piece of memory --- */

bool mb_deferred_next_free(const struct mb_boot *boot, const struct mb_zone *zone, uint64_t *cursor,
			   mb_pfn_t pfn, uint64_t *ret_at, mb_pfn_t *ret_start, mb_pfn_t *ret_end)
{
	uint64_t at = *cursor;
	mb_pfn_t start, end;

	for (; mb_memblock_next_free_pfn_range(&boot->memblock, cursor, zone->nid, &start, &end,
					       NULL);
	     at = *cursor) {
		start = mb_max(start, mb_max(pfn, zone->start_pfn));
		end = mb_min(end, mb_zone_end_pfn(zone));
		if (start >= end)
			continue;
		if (ret_at)
			*ret_at = at;
		*ret_start = start;
		*ret_end = end;
		return true;
	}
	return false;
}

static void type_blocks(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end)
{
	for (mb_pfn_t pfn = mb_align_up_pow2(start, model->geo.pages_per_block); pfn < end;
	     pfn += model->geo.pages_per_block)
		mb_memmodel_set_block_type(model, pfn, MB_MIGRATE_MOVABLE);
}

/* What may be released at once: a whole block of the order as one, less than that page by page. */
static void release_run(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end, unsigned order)
{
	type_blocks(zone->model, start, end);
	mb_buddy_release_range(zone, start, end, (end - start) >> order ? order : 0);
}

/* deferred_free_pages of 6.1: goes from page frame to page frame, and releases at each pageblock's end. */
static void release_by_pfn(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	const unsigned order = zone->model->geo.pageblock_order;
	const uint64_t within_block = zone->model->geo.pages_per_block - 1;
	mb_pfn_t run = start;

	for (mb_pfn_t pfn = start; pfn < end; pfn++) {
		if (pfn & within_block)
			continue;
		release_run(zone, run, pfn, order);
		run = pfn;
	}
	release_run(zone, run, end, order);
}

/* Releases initialised pages inside one window of the largest order. */
static void release(const struct mb_boot *boot, struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	if (boot->profile->deferred_by_pfn)
		release_by_pfn(zone, start, end);
	else
		release_run(zone, start, end, boot->model.geo.max_order);
}

/* The block's descriptors: in a slot when all of it is one free range, else where they stay. NULL: there is no memory. */
static const struct mb_memmodel *open_window(const struct mb_boot *boot, const struct mb_zone *zone,
					     struct mb_window_ring *ring, uint64_t cursor,
					     mb_pfn_t start, mb_pfn_t end)
{
	mb_pfn_t from, to;
	bool whole = mb_window_is_whole(&boot->model, start, end) &&
		     mb_deferred_next_free(boot, zone, &cursor, start, NULL, &from, &to) &&
		     from == start && to >= end;

	if (!mb_memmodel_pfn_valid(&boot->model, start))
		return &boot->model;
	return mb_window_open(ring, start, whole ? MB_WINDOW_MAKE : MB_WINDOW_OWN, zone);
}

uint64_t mb_deferred_init_window(const struct mb_boot *boot, struct mb_zone *zone,
				 struct mb_window_ring *ring, uint64_t cursor, mb_pfn_t start,
				 mb_pfn_t end)
{
	mb_pageinit_pfns_fn *init =
		boot->profile->deferred_by_pfn ? mb_pageinit_by_pfn : mb_pageinit_pfns;
	const struct mb_memmodel *model = &boot->model;
	uint64_t again = cursor, pages = 0;
	mb_pfn_t from, to;

	if (ring)
		model = open_window(boot, zone, ring, cursor, start, end);
	if (!model)
		return 0;

	while (mb_deferred_next_free(boot, zone, &cursor, start, NULL, &from, &to) && from < end) {
		to = mb_min(to, end);
		if (!mb_memmodel_pfn_valid(model, from))
			continue;
		init(model, from, to, zone->type, zone->nid);
		pages += to - from;
	}
	while (mb_deferred_next_free(boot, zone, &again, start, NULL, &from, &to) && from < end)
		if (mb_memmodel_pfn_valid(model, from))
			release(boot, zone, from, mb_min(to, end));
	if (ring && model != &boot->model)
		mb_window_close(ring, MB_WINDOW_HEAD, zone);
	return pages;
}

uint64_t mb_deferred_init_chunk(struct mb_boot *boot, struct mb_zone *zone,
				struct mb_window_ring *ring, mb_pfn_t start, mb_pfn_t end, int *r)
{
	uint64_t window = UINT64_C(1) << boot->model.geo.max_order;
	uint64_t cursor = 0, at, pages = 0;
	mb_pfn_t from, to;

	/* Memblock's ranges are walked from the first one on once a chunk, as in Linux, and not once a window. */
	while (mb_deferred_next_free(boot, zone, &cursor, start, &at, &from, &to) && from < end) {
		for (start = from; start < mb_min(to, end);) {
			mb_pfn_t next = mb_min(end, mb_align_down_pow2(start, window) + window);
			uint64_t done = mb_deferred_init_window(boot, zone, ring, at, start, next);

			pages += done;
			mb_boot_did_pages(boot, done);
			start = next;
			if (r && !(start & 0x7fff) && mb_host_cancelled(boot->host)) {
				*r = -ECANCELED;
				return pages;
			}
		}
	}
	return pages;
}

/* --- a node's workers --- */

struct deferred_node {
	struct mb_boot *boot;
	struct mb_zone *zone;
	struct mb_node_stat *stat;
	struct mb_worker_stat *workers;
	unsigned threads;     /* workers that the host runs for this node */
	unsigned max_threads; /* of the kernel's rule: cuts the chunks */

	/* The job at hand: written by worker 0 between barriers. */
	uint64_t cursor;   /* memblock's free ranges, for jobs per range */
	mb_pfn_t next_pfn; /* where the next job begins at the earliest */
	mb_pfn_t job_end;
	struct mb_deferred_split split;
	bool over;
	pthread_barrier_t barrier;

	struct mb_lock lock; /* guards chunk_pfn: padata's spinlock */
	mb_pfn_t chunk_pfn;
	atomic_int error;
};

/* Sets up the next job; over when there is none. */
static void next_job(struct deferred_node *work)
{
	const struct mb_boot *boot = work->boot;
	uint64_t pps = boot->model.geo.pages_per_section;
	mb_pfn_t start, end;

	work->over = atomic_load(&work->error) ||
		     !mb_deferred_next_free(boot, work->zone, &work->cursor, work->next_pfn, NULL,
					    &start, &end);
	if (work->over)
		return;
	if (boot->profile->deferred_job == MB_DEFERRED_JOB_PER_ZONE) {
		start = work->next_pfn;
		end = mb_zone_end_pfn(work->zone);
	}
	work->chunk_pfn = start;
	work->job_end = mb_align_up_pow2(end, pps);
	work->next_pfn = work->job_end;
	work->split = mb_deferred_split(work->job_end - start, pps, work->max_threads);
	work->stat->jobs++;
}

static bool take_chunk(struct deferred_node *work, mb_pfn_t *ret_start, mb_pfn_t *ret_end)
{
	bool taken;

	mb_lock_take(&work->lock);
	taken = work->chunk_pfn < work->job_end;
	if (taken) {
		*ret_start = work->chunk_pfn;
		*ret_end = work->split.chunk_pages == UINT64_MAX
				   ? work->job_end
				   : mb_deferred_chunk_end(work->chunk_pfn, work->split.chunk_pages,
							   work->job_end);
		work->chunk_pfn = *ret_end;
	}
	mb_lock_drop(&work->lock);
	return taken;
}

static void run_chunks(struct deferred_node *work, const struct mb_worker *worker, uint64_t since,
		       struct mb_worker_stat *stat)
{
	const struct mb_host *host = work->boot->host;
	struct mb_window_ring *ring =
		mb_window_worker_ring(work->boot, work->stat->nid, worker->index);
	mb_pfn_t start, end;
	int r = 0;

	while (!r && !atomic_load(&work->error) && take_chunk(work, &start, &end)) {
		stat->pages += mb_deferred_init_chunk(work->boot, work->zone, ring, start, end, &r);
		stat->chunks++;
		stat->ns = mb_host_end(host, mb_deferred_stage.name, worker) - since;
	}
	if (r)
		atomic_store(&work->error, r);
}

/*
 * Every worker of the node, from start to end. Worker 0 is the node's own thread: it cuts the jobs.
 * Those that a job has no room for wait at its end, as the kernel's caller waits for its helpers.
 */
static int deferred_worker(void *arg, const struct mb_worker *worker)
{
	struct deferred_node *work = arg;
	struct mb_worker_stat *stat = &work->workers[worker->index];
	uint64_t since = mb_host_begin(work->boot->host, mb_deferred_stage.name, worker);

	stat->cpu = worker->cpu;
	stat->start_ns = since - work->boot->began_ns;
	for (;;) {
		if (!worker->index)
			next_job(work);
		pthread_barrier_wait(&work->barrier);
		if (work->over)
			break;
		if (worker->index < work->split.nr_works)
			run_chunks(work, worker, since, stat);
		pthread_barrier_wait(&work->barrier);
	}
	if (!worker->index) {
		work->stat->ns = mb_host_now_ns(work->boot->host) - since;
		work->stat->start_ns = stat->start_ns;
	}
	return atomic_load(&work->error);
}

/* --- the stage --- */

/* The zone that holds a page frame at or behind pfn, lowest first. */
static struct mb_zone *zone_behind(const struct mb_node *node, mb_pfn_t pfn)
{
	for (unsigned z = 0; pfn != MB_PFN_NONE && z < MB_NR_ZONES; z++)
		if (pfn < mb_zone_end_pfn(&node->zones[z]))
			return (struct mb_zone *)&node->zones[z];
	return NULL;
}

/*
 * The zone that holds the boundary; from here on growing on demand does not help this node any
 * more.
 */
static struct mb_zone *claim_deferred(struct mb_boot *boot, struct mb_node *node,
				      mb_pfn_t *ret_first)
{
	uint64_t since;

	mb_lock_take(&node->size_lock);
	since = mb_host_now_ns(boot->host);
	*ret_first = node->first_deferred_pfn;
	node->first_deferred_pfn = MB_PFN_NONE;
	mb_node_note_held(boot, node, since);
	mb_lock_drop(&node->size_lock);
	return zone_behind(node, *ret_first);
}

/* Threads of the kernel's rule, by which it cuts the work, or what the boot was told. */
static unsigned rule_threads(const struct mb_boot_config *config, int nid)
{
	unsigned cpus = mb_machine_count_cpus(config->machine, nid, MB_CPU_ONLINE);

	if (config->threads)
		return config->threads;
	if (config->host_threads)
		return config->host->ops->nr_workers(config->host->ctx, nid);
	return mb_deferred_max_threads(config->profile, config->machine->arch, cpus);
}

unsigned mb_deferred_threads(const struct mb_boot_config *config, int nid)
{
	if (config->threads)
		return config->threads;
	return (unsigned)mb_min(rule_threads(config, nid),
				config->host->ops->nr_workers(config->host->ctx, nid));
}

/* Chunks of the job at hand. */
static uint64_t count_chunks(const struct deferred_node *work)
{
	uint64_t size = work->split.chunk_pages;

	if (size == UINT64_MAX)
		return 1;
	return mb_div_ceil(work->job_end, size) - work->chunk_pfn / size;
}

void mb_deferred_cut(const struct mb_boot *boot, const struct mb_node *node, unsigned *ret_threads,
		     uint64_t *ret_jobs, uint64_t *ret_chunks)
{
	struct mb_node_stat stat = {0};
	struct deferred_node work = {
		.boot = (struct mb_boot *)(uintptr_t)boot, /* which is only read */
		.stat = &stat,
		.zone = zone_behind(node, node->first_deferred_pfn),
		.next_pfn = node->first_deferred_pfn,
	};
	uint64_t chunks = 0;

	if (work.zone) {
		work.max_threads = rule_threads(&boot->config, node->nid);
		for (next_job(&work); !work.over; next_job(&work))
			chunks += count_chunks(&work);
	}
	*ret_threads = work.zone ? mb_deferred_threads(&boot->config, node->nid) : 0;
	*ret_jobs = stat.jobs;
	*ret_chunks = chunks;
}

static bool is_deferred(const struct mb_node *node)
{
	return node->has_memory && node->first_deferred_pfn != MB_PFN_NONE;
}

static int prepare_node(struct mb_boot *boot, struct mb_node *node, struct deferred_node *work,
			struct mb_node_stat *stat)
{
	mb_pfn_t first;

	*work = (struct deferred_node){.boot = boot, .stat = stat};
	work->zone = claim_deferred(boot, node, &first);
	if (!work->zone)
		return 0;
	work->next_pfn = first;
	work->threads = mb_deferred_threads(&boot->config, node->nid);
	work->max_threads = rule_threads(&boot->config, node->nid);
	work->workers = calloc(work->threads, sizeof(*work->workers));
	if (!work->workers)
		return MB_FAIL(&boot->err, -ENOMEM, "the host has no memory for %u workers",
			       work->threads);
	for (unsigned i = 0; i < work->threads; i++)
		work->workers[i] = (struct mb_worker_stat){.nid = node->nid, .index = i, .cpu = -1};
	*stat = (struct mb_node_stat){.nid = node->nid, .threads = work->threads};
	pthread_barrier_init(&work->barrier, NULL, work->threads);
	mb_lock_init(&work->lock);
	return 0;
}

/* Moves what the node's workers did into the stage's statistics. */
static int finish_node(struct mb_boot *boot, struct deferred_node *work)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_deferred_stage);
	struct mb_worker_stat *workers;

	pthread_barrier_destroy(&work->barrier);
	mb_lock_fini(&work->lock);
	workers = realloc(stat->workers, (stat->nr_workers + work->threads) * sizeof(*workers));
	if (!workers)
		return -ENOMEM;
	stat->workers = workers;
	for (unsigned i = 0; i < work->threads; i++) {
		stat->workers[stat->nr_workers++] = work->workers[i];
		work->stat->pages += work->workers[i].pages;
		work->stat->chunks += work->workers[i].chunks;
	}
	work->stat->lock_held_ns = boot->nodes[work->stat->nid]->lock_held_ns;
	stat->pages += work->stat->pages;
	stat->bytes += work->stat->pages * boot->model.geo.page_bytes;
	return 0;
}

uint64_t mb_deferred_pages(const struct mb_boot *boot)
{
	uint64_t managed = 0;
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			managed += mb_zone_managed(&node->zones[z]);
	return boot->totalram_pages - managed;
}

static int run_tasks(struct mb_boot *boot, struct mb_task *tasks, size_t nr)
{
	int r = boot->host->ops->run(boot->host->ctx, tasks, nr);

	if (r && r != -ECANCELED)
		MB_FAIL(&boot->err, r, "the host cannot run the deferred workers");
	return r;
}

static int do_nothing(void *arg, const struct mb_worker *worker)
{
	(void)arg, (void)worker;
	return 0;
}

/* Has the host start every worker, which takes it longer than a small node takes them. */
static int deferred_prepare(struct mb_boot *boot)
{
	struct mb_task *tasks = calloc(boot->nr_node_ids, sizeof(*tasks));
	struct mb_node *node;
	size_t nr = 0;
	int r;

	if (!tasks)
		return -ENOMEM;
	mb_node_for_each(node, boot)
		if (!boot->config.dry_run && is_deferred(node))
			tasks[nr++] = (struct mb_task){
				node->nid, mb_deferred_threads(&boot->config, node->nid),
				do_nothing, NULL, 0};
	r = nr ? run_tasks(boot, tasks, nr) : 0;
	free(tasks);
	return r;
}

static int run_nodes(struct mb_boot *boot, struct deferred_node *work, struct mb_task *tasks)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_deferred_stage);
	struct mb_node *node;
	size_t nr = 0;
	int r = 0;

	mb_node_for_each(node, boot) {
		if (!is_deferred(node))
			continue;
		r = prepare_node(boot, node, &work[nr], &stat->nodes[nr]);
		if (r)
			break;
		if (!work[nr].zone)
			continue;
		tasks[nr] = (struct mb_task){node->nid, work[nr].threads, deferred_worker,
					     &work[nr], 0};
		nr++;
	}
	stat->nr_nodes = nr;
	if (!r && nr)
		r = run_tasks(boot, tasks, nr);
	for (size_t i = 0; i < nr; i++) {
		int lost = finish_node(boot, &work[i]);

		r = r ? r : lost;
	}
	return r;
}

static int run_all(struct mb_boot *boot)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_deferred_stage);
	struct deferred_node *work = calloc(boot->nr_node_ids, sizeof(*work));
	struct mb_task *tasks = calloc(boot->nr_node_ids, sizeof(*tasks));
	int r = -ENOMEM;

	stat->nodes = calloc(boot->nr_node_ids, sizeof(*stat->nodes));
	mb_boot_begin_pages(boot, mb_deferred_pages(boot));
	if (work && tasks && stat->nodes)
		r = run_nodes(boot, work, tasks);
	for (unsigned i = 0; work && i < boot->nr_node_ids; i++)
		free(work[i].workers);
	free(work);
	free(tasks);
	return r ? r : mb_window_status(boot);
}

void mb_deferred_count(struct mb_boot *boot, struct mb_stage_stat *stat)
{
	struct mb_node *node;
	mb_pfn_t start, end;
	uint64_t cursor = 0;
	int nid;

	while (mb_memblock_next_free_pfn_range(&boot->memblock, &cursor, MB_MAX_NODES, &start, &end,
					       &nid)) {
		start = mb_max(start, boot->nodes[nid]->first_deferred_pfn);
		for (unsigned z = 0; start < end && z < MB_NR_ZONES; z++) {
			struct mb_zone *zone = &boot->nodes[nid]->zones[z];
			mb_pfn_t from = mb_clamp(start, zone->start_pfn, mb_zone_end_pfn(zone));
			mb_pfn_t to = mb_clamp(end, zone->start_pfn, mb_zone_end_pfn(zone));
			uint64_t pages = mb_handoff_valid_pages(boot, from, to);

			atomic_fetch_add_explicit(&zone->managed, pages, memory_order_relaxed);
			stat->pages += pages;
		}
	}
	mb_node_for_each(node, boot)
		node->first_deferred_pfn = MB_PFN_NONE;
}

static int deferred_run(struct mb_boot *boot)
{
	if (!boot->config.dry_run)
		return run_all(boot);
	mb_deferred_count(boot, mb_boot_stat(boot, &mb_deferred_stage));
	return 0;
}

int mb_deferred_check(struct mb_boot *boot)
{
	struct mb_node *node;
	int r;

	mb_node_for_each(node, boot) {
		if (node->first_deferred_pfn != MB_PFN_NONE)
			return MB_FAIL(&boot->err, -EUCLEAN, "node %d still has deferred pages",
				       node->nid);
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			r = mb_host_cancelled(boot->host) ? -ECANCELED
			    : boot->config.dry_run        ? 0
						   : mb_buddy_check(&node->zones[z], &boot->err);
			if (r)
				return r;
		}
	}
	if (mb_deferred_pages(boot))
		return MB_FAIL(&boot->err, -EUCLEAN, "%lld pages were never released",
			       (long long)mb_deferred_pages(boot));
	return 0;
}

const struct mb_stage mb_deferred_stage = {
	.name = "deferred_init",
	.linux_name = "deferred_init_memmap",
	.summary = "the other descriptors, on every node's workers",
	.policies = 1u << MB_POLICY_DEFERRED,
	.dry_run = true,
	.prepare = deferred_prepare,
	.run = deferred_run,
	.check = mb_deferred_check,
};
