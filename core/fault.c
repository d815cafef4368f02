/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: nothing. Memory of user space costs a page fault when it is first touched, which the
 * kernel's own memory does not; here that is done and timed apart, so that memmap_init is not
 * charged for it.
 * Kept: each node's memmap is put on that node and touched by its workers, in pieces that any takes.
 * Invariants: every descriptor's memory is on the node that it was asked for.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/grow.h"
#include "core/base/strbuf.h"
#include "core/boot_state.h"
#include "core/fault.h"
#include "core/window.h"

static int back(struct mb_boot *boot, const struct mb_memmodel_piece *piece)
{
	int r = 0;

	if (piece->bytes)
		r = boot->host->ops->back(boot->host->ctx, piece->addr, piece->bytes, piece->nid);
	if (r)
		return MB_FAIL(&boot->err, r, "the host cannot back %s of memmap for node %d",
			       mb_strbuf_size(piece->bytes).text, piece->nid);
	boot->model.memmap_bytes += piece->bytes;
	return 0;
}

/* The next piece of what there is of the memmap. What a window's table holds is no part of the second touch: keep. */
static bool next_piece(const struct mb_boot *boot, uint64_t *cursor, size_t max_bytes,
		       struct mb_memmodel_piece *ret_piece, bool *ret_keep)
{
	*ret_keep = false;
	if (boot->model.windows)
		return mb_window_next_piece(boot->model.windows, cursor, max_bytes, ret_piece,
					    ret_keep);
	return mb_memmodel_next_piece(&boot->model, cursor, max_bytes, ret_piece);
}

static int map_memmap(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	struct mb_host *host = boot->host;
	size_t bytes;
	void *window;
	int r;

	if (boot->config.window_bytes)
		return mb_window_new(boot);
	bytes = mb_memmodel_window_bytes(model);
	r = host->ops->map(host->ctx, bytes, 2 * MB_MIB, &window);
	if (r)
		return MB_FAIL(&boot->err, r, "no address space for the memmap");
	mb_memmodel_place(model, window, bytes);
	return 0;
}

/*
 * Address space for the memmap, and host memory of each node behind its descriptors. Neighbours of one node are asked for
 * together, so that large host pages fit.
 */
static int back_memmap(struct mb_boot *boot)
{
	struct mb_memmodel_piece piece, whole = {0};
	uint64_t cursor = 0;
	int r = map_memmap(boot);
	bool keep;

	while (!r && next_piece(boot, &cursor, SIZE_MAX, &piece, &keep)) {
		if (whole.addr && piece.nid == whole.nid &&
		    (char *)whole.addr + whole.bytes == piece.addr) {
			whole.bytes += piece.bytes;
			continue;
		}
		r = back(boot, &whole);
		whole = piece;
	}
	return r ? r : back(boot, &whole);
}

#define VERIFY_BYTES      (256 * MB_MIB) /* asked of the host at a time */
#define FAULT_PIECE_BYTES (4 * MB_MIB)   /* small enough that a worker sees a cancelled boot soon */

struct fault_node {
	struct mb_boot *boot;
	const struct mb_stage *stage;
	mb_fault_fn *fn;
	struct mb_memmodel_piece *pieces;
	size_t nr_pieces;
	atomic_size_t next;
	atomic_bool refused; /* fn has failed */
};

static int touch_pieces(struct fault_node *work, const struct mb_worker *worker)
{
	struct mb_boot *boot = work->boot;
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->nr_pieces) {
		const struct mb_memmodel_piece *piece = &work->pieces[i];
		int r;

		if (mb_host_cancelled(boot->host))
			return -ECANCELED;
		r = work->fn(boot, piece, worker);
		if (r) {
			work->refused = true;
			return r;
		}
		mb_boot_did_pages(boot, piece->bytes / boot->model.geo.page_bytes);
	}
	return 0;
}

static int fault_worker(void *arg, const struct mb_worker *worker)
{
	struct fault_node *work = arg;
	const struct mb_host *host = work->boot->host;
	int r;

	mb_host_begin(host, work->stage->name, worker);
	r = touch_pieces(work, worker);
	mb_host_end(host, work->stage->name, worker);
	return r;
}

/* Deals the sections to the nodes that their memmap is on. */
static int deal_pieces(struct mb_boot *boot, struct fault_node *work)
{
	struct mb_memmodel_piece piece;
	uint64_t cursor = 0;
	bool keep;

	while (next_piece(boot, &cursor, FAULT_PIECE_BYTES, &piece, &keep)) {
		struct fault_node *node = &work[piece.nid];

		if (keep && node->stage != &mb_fault_stage)
			continue;
		if (mb_grow(&node->pieces, node->nr_pieces, sizeof(piece)))
			return -ENOMEM;
		node->pieces[node->nr_pieces++] = piece;
	}
	return 0;
}

static unsigned count_threads(const struct mb_boot *boot, const struct fault_node *node, int nid)
{
	unsigned threads = boot->config.threads;

	if (boot->config.serial_fault)
		return 1;
	if (!threads)
		threads = boot->host->ops->nr_workers(boot->host->ctx, nid);
	return (unsigned)mb_min(threads, node->nr_pieces);
}

/* All nodes at once, or one after another. */
static int run_tasks(struct mb_boot *boot, struct mb_task *tasks, size_t nr_tasks)
{
	size_t step = boot->config.serial_fault ? 1 : nr_tasks;
	int r = 0;

	for (size_t i = 0; i < nr_tasks && !r; i += step)
		r = boot->host->ops->run(boot->host->ctx, &tasks[i], step);
	return r;
}

static int run_nodes(struct mb_boot *boot, struct fault_node *work, struct mb_task *tasks)
{
	size_t nr_tasks = 0;
	bool refused = false;
	int r = deal_pieces(boot, work);

	if (r)
		return MB_FAIL(&boot->err, r, "the host has no memory for the list of sections");
	for (unsigned nid = 0; nid < boot->nr_node_ids; nid++) {
		if (work[nid].nr_pieces)
			tasks[nr_tasks++] = (struct mb_task){
				.nid = (int)nid,
				.threads = count_threads(boot, &work[nid], (int)nid),
				.fn = fault_worker,
				.arg = &work[nid],
			};
	}
	r = run_tasks(boot, tasks, nr_tasks);
	for (unsigned nid = 0; nid < boot->nr_node_ids; nid++)
		refused |= work[nid].refused;
	if (r && r != -ECANCELED && refused)
		MB_FAIL(&boot->err, r, "the host cannot give memory for the memmap (%s)",
			mb_strbuf_size(boot->model.memmap_bytes).text);
	else if (r && r != -ECANCELED)
		MB_FAIL(&boot->err, r, "the host cannot run workers");
	return r;
}

uint64_t mb_fault_pages(const struct mb_boot *boot)
{
	if (boot->model.windows)
		return boot->model.memmap_bytes / boot->model.geo.page_bytes;
	return boot->model.map_pages;
}

int mb_fault_pieces(struct mb_boot *boot, const struct mb_stage *stage, mb_fault_fn *fn)
{
	struct fault_node *work = calloc(boot->nr_node_ids, sizeof(*work));
	struct mb_task *tasks = calloc(boot->nr_node_ids, sizeof(*tasks));
	int r = -ENOMEM;

	mb_boot_begin_pages(boot, mb_fault_pages(boot));
	for (unsigned nid = 0; work && nid < boot->nr_node_ids; nid++)
		work[nid] = (struct fault_node){.boot = boot, .stage = stage, .fn = fn};
	if (work && tasks)
		r = run_nodes(boot, work, tasks);
	for (unsigned nid = 0; work && nid < boot->nr_node_ids; nid++)
		free(work[nid].pieces);
	free(work);
	free(tasks);
	return r;
}

static int touch_first(struct mb_boot *boot, const struct mb_memmodel_piece *piece,
		       const struct mb_worker *worker)
{
	return boot->host->ops->fault(boot->host->ctx, piece->addr, piece->bytes, worker);
}

static int fault_run(struct mb_boot *boot)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_fault_stage);
	int r = back_memmap(boot);

	stat->pages = mb_fault_pages(boot);
	if (!r)
		r = mb_fault_pieces(boot, &mb_fault_stage, touch_first);
	stat->bytes = boot->model.memmap_bytes;
	if (!r && (r = mb_slabmem_init(boot)))
		MB_FAIL(&boot->err, r, "the host cannot give memory for slab pages");
	return r;
}

/* One piece of a node's memmap: 0, -ENOTSUP, or a failure with err. */
static int verify(struct mb_boot *boot, const struct mb_memmodel_piece *piece)
{
	int r;

	if (mb_host_cancelled(boot->host))
		return -ECANCELED;
	r = boot->host->ops->verify(boot->host->ctx, piece->addr, piece->bytes, piece->nid);
	if (r == -EXDEV)
		return MB_FAIL(&boot->err, r, "part of node %d's memmap is on another node",
			       piece->nid);
	if (r && r != -ENOTSUP)
		return MB_FAIL(&boot->err, r, "the host cannot say where node %d's memmap is",
			       piece->nid);
	return r;
}

/* Every descriptor's memory is on the node that it was asked for, and its section's word says where. */
static int fault_check(struct mb_boot *boot)
{
	struct mb_memmodel_piece piece;
	uint64_t cursor = 0;
	bool keep;

	boot->placement = 0;
	while (next_piece(boot, &cursor, VERIFY_BYTES, &piece, &keep)) {
		int r = verify(boot, &piece);

		if (r == -ENOTSUP)
			boot->placement = r;
		else if (r)
			return r;
	}
	return boot->model.windows ? 0 : mb_memmodel_check_words(&boot->model, &boot->err);
}

static void fault_undo(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;

	mb_slabmem_fini(boot);
	mb_window_free(boot);
	if (model->window)
		boot->host->ops->unmap(boot->host->ctx, model->window, model->window_bytes);
	model->window = NULL;
	model->base = 0;
}

const struct mb_stage mb_fault_stage = {
	.name = "fault",
	.linux_name = "(host)",
	.summary =
		"memory behind the memmap and its first touch: user space's cost, beside the totals",
	.untotalled = true,
	.check_always = true,
	.run = fault_run,
	.check = fault_check,
	.undo = fault_undo,
};
