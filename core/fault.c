/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: nothing. Memory of user space costs a page fault when it is first touched, which the
 * kernel's own memory does not; here that is done and timed apart, so that memmap_init is not
 * charged for it.
 * Kept: each node's memmap is touched by that node's workers, in pieces that any of them takes.
 * Invariants: every descriptor's memory is on the node that it was asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/boot_state.h"
#include "core/fault.h"

#define FAULT_PIECE_BYTES (4 * MB_MIB) /* small enough that a worker sees a cancelled boot soon */

struct fault_node {
	struct mb_boot *boot;
	struct mb_memmodel_stretch *pieces;
	size_t nr_pieces;
	atomic_size_t next;
};

static int fault_worker(void *arg, const struct mb_worker *worker)
{
	struct fault_node *work = arg;
	struct mb_boot *boot = work->boot;
	const struct mb_memmodel *model = &boot->model;
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->nr_pieces) {
		const struct mb_memmodel_stretch *piece = &work->pieces[i];
		uint64_t sections = piece->end - piece->begin;
		void *start = mb_memmodel_section_map(model, piece->begin);
		size_t bytes = sections * model->geo.section_map_bytes;
		int r;

		if (mb_host_cancelled(boot->host))
			return -ECANCELED;
		r = boot->host->ops->fault(boot->host->ctx, start, bytes, worker);
		if (r)
			return r;
		if (boot->config.check)
			memset(start, 0xff, bytes); /* reading before initialising shows */
		mb_boot_did_pages(boot, sections * model->geo.pages_per_section);
	}
	return 0;
}

/* Deals the sections to the nodes that their memmap is on. */
static int deal_pieces(struct mb_boot *boot, struct fault_node *work)
{
	const struct mb_memmodel *model = &boot->model;
	uint64_t max = mb_max(1, FAULT_PIECE_BYTES / model->geo.section_map_bytes);
	struct mb_memmodel_stretch piece = {0};

	while (mb_memmodel_next_stretch(model, piece.end, max, &piece)) {
		struct fault_node *node = &work[piece.nid];

		if (mb_is_pow2(node->nr_pieces) || !node->nr_pieces) {
			size_t room = node->nr_pieces ? 2 * node->nr_pieces : 1;
			struct mb_memmodel_stretch *pieces =
				realloc(node->pieces, room * sizeof(*pieces));

			if (!pieces)
				return -ENOMEM;
			node->pieces = pieces;
		}
		node->pieces[node->nr_pieces++] = piece;
	}
	return 0;
}

static int fault_nodes(struct mb_boot *boot, struct fault_node *work, struct mb_task *tasks)
{
	struct mb_host *host = boot->host;
	size_t nr_tasks = 0;
	int r = deal_pieces(boot, work);

	if (r)
		return MB_FAIL(&boot->err, r, "the host has no memory for the list of sections");
	for (unsigned nid = 0; nid < boot->nr_node_ids; nid++) {
		unsigned threads = host->ops->nr_workers(host->ctx, (int)nid);

		work[nid].boot = boot;
		if (boot->config.threads)
			threads = boot->config.threads;
		if (work[nid].nr_pieces)
			tasks[nr_tasks++] = (struct mb_task){
				.nid = (int)nid,
				.threads = (unsigned)mb_min(threads, work[nid].nr_pieces),
				.fn = fault_worker,
				.arg = &work[nid],
			};
	}
	r = host->ops->run(host->ctx, tasks, nr_tasks);
	if (r && r != -ECANCELED)
		MB_FAIL(&boot->err, r, "the host cannot give memory for the memmap (%llu MiB)",
			(unsigned long long)(boot->model.memmap_bytes >> 20));
	return r;
}

static int fault_run(struct mb_boot *boot)
{
	struct fault_node *work = calloc(boot->nr_node_ids, sizeof(*work));
	struct mb_task *tasks = calloc(boot->nr_node_ids, sizeof(*tasks));
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_fault_stage);
	int r = -ENOMEM;

	stat->pages = boot->model.nr_present * boot->model.geo.pages_per_section;
	stat->bytes = boot->model.memmap_bytes;
	mb_boot_begin_pages(boot, stat->pages);
	if (work && tasks)
		r = fault_nodes(boot, work, tasks);
	if (!r && (r = mb_slabmem_init(boot)))
		MB_FAIL(&boot->err, r, "the host cannot give memory for slab pages");
	for (unsigned nid = 0; work && nid < boot->nr_node_ids; nid++)
		free(work[nid].pieces);
	free(work);
	free(tasks);
	return r;
}

/* Every descriptor's memory is on the node that it was asked for. */
static int fault_check(struct mb_boot *boot)
{
	const struct mb_memmodel *model = &boot->model;
	struct mb_memmodel_stretch stretch = {0};

	boot->placement = 0;
	while (mb_memmodel_next_stretch(model, stretch.end, UINT64_MAX, &stretch)) {
		size_t bytes = (stretch.end - stretch.begin) * model->geo.section_map_bytes;
		int r = boot->host->ops->verify(boot->host->ctx,
						mb_memmodel_section_map(model, stretch.begin),
						bytes, stretch.nid);

		if (r == -EXDEV)
			return MB_FAIL(&boot->err, -EXDEV,
				       "part of node %d's memmap is on another node", stretch.nid);
		if (r == -ENOTSUP)
			boot->placement = r;
		else if (r)
			return MB_FAIL(&boot->err, r,
				       "the host cannot say where node %d's memmap is",
				       stretch.nid);
	}
	return 0;
}

const struct mb_stage mb_fault_stage = {
	.name = "fault",
	.linux_name = "(host)",
	.summary = "first touch of the memmap: a cost of user space, beside the totals",
	.untotalled = true,
	.check_always = true,
	.run = fault_run,
	.check = fault_check,
	.undo = mb_slabmem_fini,
};
