/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/team.h"
#include "benches/slabs.h"
#include "core/base/align.h"
#include "core/watermark.h"

/*
 * kmalloc and kfree on a booted machine: by size; from the node that is asked for; and by several threads that each
 * play a CPU. The objects of a round are taken first, written to and looked at, and then given back; a row
 * times one of the two, or both.
 */
#define ROUNDS  15
#define OBJECTS 512 /* that a thread takes */
#define NORMAL  MB_KMALLOC_NORMAL
#define SMALL   64 /* bytes, of rows by the number of threads */

struct kmalloc {
	struct mb_slabs *slabs; /* first: a test looks for it here */
	struct mb_slab *slab;
	size_t bytes;
	unsigned threads;
	void **objects; /* OBJECTS of each thread */
	const struct kind *kind;
};

enum timed {
	TAKES = 1,
	GIVES = 2,
};

/* The node that the i-th object is asked from; CPU 0 is node 0's. */
typedef int node_fn(size_t i);

struct kind {
	const char *name, *summary;
	unsigned timed; /* of enum timed */
	bool threads;   /* the argument: number of threads, else bytes */
	node_fn *node;
	unsigned giver; /* a thread gives back what the one so many places after it took */
};

static int any_node(size_t i)
{
	return MB_NO_NODE;
}

static int own_node(size_t i)
{
	return 0;
}

static int other_node(size_t i)
{
	return 1;
}

static int each_node(size_t i)
{
	return (int)(i % 2);
}

static const struct kind kinds[] = {
	{"kmalloc", "objects of a size, from any node", TAKES, false, any_node, 0},
	{"kfree", "the same back, in the order in which they were taken", GIVES, false, any_node,
	 0},
	{"kmalloc_node/own", "objects from the CPU's own node", TAKES, false, own_node, 0},
	{"kmalloc_node/other", "objects from another node", TAKES, false, other_node, 0},
	{"kmalloc_node/both",
	 "objects from both nodes in turns: the CPU's slab is changed each time", TAKES, false,
	 each_node, 0},
	{"cpus/own", "each thread takes and gives back its own objects of 64 bytes", TAKES | GIVES,
	 true, any_node, 0},
	{"cpus/foreign", "each thread gives back what its neighbour took", TAKES | GIVES, true,
	 any_node, 1},
};

/* --- what is timed --- */

static int take(void *arg, unsigned index, unsigned threads)
{
	const struct kmalloc *kmalloc = arg;
	node_fn *node = kmalloc->kind->node;
	void **objects = kmalloc->objects + (size_t)index * OBJECTS;

	for (size_t i = 0; i < OBJECTS; i++)
		objects[i] = mb_slab_kmalloc(kmalloc->slab, kmalloc->bytes, NORMAL, node(i), index);
	return 0;
}

static int give(void *arg, unsigned index, unsigned threads)
{
	const struct kmalloc *kmalloc = arg;
	size_t from = (index + kmalloc->kind->giver) % kmalloc->threads;
	void **objects = kmalloc->objects + from * OBJECTS;

	for (size_t i = 0; i < OBJECTS; i++)
		mb_slab_kfree(kmalloc->slab, objects[i], index);
	return 0;
}

/* --- a round --- */

/* Threads play the CPUs of node 0. */
static int boot(struct mb_bench_run *run, struct mb_slabs **ret_slabs)
{
	unsigned cpus = (unsigned)mb_max(8, mb_team_size(run->env, MB_TEAM_ALL));
	char text[160];

	snprintf(text, sizeof(text),
		 "arch=x86_64 page=4K section=128M phys-bits=52 nodes=2 each=1G node0.cpus=0-%u "
		 "node1.cpus=%u",
		 cpus - 1, cpus);
	return mb_slabs_new(run, text, &mb_watermark_stage, ret_slabs);
}

static int setup(struct mb_bench_run *run)
{
	struct kmalloc *kmalloc = calloc(1, sizeof(*kmalloc));
	int rc;

	if (!kmalloc)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = kmalloc;
	kmalloc->kind = run->row->param;
	kmalloc->bytes = kmalloc->kind->threads ? SMALL : (size_t)run->arg;
	kmalloc->threads = 1;
	rc = boot(run, &kmalloc->slabs);
	if (!rc && kmalloc->kind->threads)
		kmalloc->threads = mb_team_size(run->env, run->arg);
	if (!rc)
		rc = mb_slabs_start(kmalloc->slabs, &run->err);
	if (rc)
		return rc;
	kmalloc->slab = mb_slabs_slab(kmalloc->slabs);
	kmalloc->objects = calloc((size_t)kmalloc->threads * OBJECTS, sizeof(void *));
	run->ops =
		(uint64_t)OBJECTS * kmalloc->threads *
		((kmalloc->kind->timed & TAKES ? 1u : 0) + (kmalloc->kind->timed & GIVES ? 1u : 0));
	return kmalloc->objects ? 0 : MB_FAIL(&run->err, -ENOMEM, "out of memory");
}

/* Each object gets its number at both ends; then all still have theirs: no two share memory. */
static int check_taken(struct mb_bench_run *run)
{
	const struct kmalloc *kmalloc = run->data;
	size_t count = (size_t)kmalloc->threads * OBJECTS, at = kmalloc->bytes - sizeof(size_t);

	for (size_t i = 0; i < count; i++) {
		char *object = kmalloc->objects[i];

		if (!object)
			return MB_FAIL(&run->err, -EUCLEAN, "object %zu was refused", i);
		memcpy(object, &i, sizeof(i));
		memcpy(object + at, &i, sizeof(i));
	}
	for (size_t i = 0; i < count; i++) {
		const char *object = kmalloc->objects[i];

		if (memcmp(object, &i, sizeof(i)) != 0 || memcmp(object + at, &i, sizeof(i)) != 0)
			return MB_FAIL(&run->err, -EUCLEAN, "object %zu shares its memory", i);
	}
	return 0;
}

static int run_team(struct mb_bench_run *run, mb_team_fn *fn, bool timed)
{
	struct kmalloc *kmalloc = run->data;
	uint64_t ns;

	return timed ? mb_team_measure(run, kmalloc->threads, fn, kmalloc)
		     : mb_team_run(run->ground, kmalloc->threads, fn, kmalloc, &run->err, &ns);
}

static int run_once(struct mb_bench_run *run)
{
	const struct kmalloc *kmalloc = run->data;
	int rc = run_team(run, take, kmalloc->kind->timed & TAKES);

	if (!rc)
		rc = check_taken(run);
	return rc ? rc : run_team(run, give, kmalloc->kind->timed & GIVES);
}

static int validate(struct mb_bench_run *run)
{
	return mb_slabs_check(((struct kmalloc *)run->data)->slabs, &run->err);
}

static void teardown(struct mb_bench_run *run)
{
	struct kmalloc *kmalloc = run->data;

	if (!kmalloc)
		return;
	mb_slabs_free(kmalloc->slabs);
	free(kmalloc->objects);
	free(kmalloc);
}

/* --- rows --- */

/* The caches, and the first size that is whole pages. */
static const int64_t bytes[] = {8,   16,  32,   64,   96,   128,  192,
				256, 512, 1024, 2048, 4096, 8192, 16384};
static const int64_t node_bytes[] = {64, 512, 4096};

bool mb_bench_kmalloc_row(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(kinds))
		return false;
	*ret_row = (struct mb_bench){
		.group = "slab",
		.name = kinds[index].name,
		.summary = kinds[index].summary,
		.temperature = MB_BENCH_WARM,
		.arg_name = "bytes",
		.args = bytes,
		.nr_args = MB_ARRAY_SIZE(bytes),
		.rounds = ROUNDS,
		.warm_up = true,
		.param = &kinds[index],
		.setup = setup,
		.run = run_once,
		.validate = validate,
		.teardown = teardown,
	};
	if (kinds[index].node != any_node) {
		ret_row->args = node_bytes;
		ret_row->nr_args = MB_ARRAY_SIZE(node_bytes);
	}
	if (kinds[index].threads) {
		ret_row->arg_name = "threads";
		ret_row->args = mb_team_args;
		ret_row->nr_args = MB_TEAM_MAX_ARGS;
		ret_row->offer = mb_team_row_offer;
		ret_row->arg_text = mb_team_arg_text;
	}
	return true;
}
