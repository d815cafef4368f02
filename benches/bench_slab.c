/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/slabs.h"
#include "benches/timer.h"
#include "core/base/align.h"
#include "core/handoff.h"

/*
 * The bootstrap of SLUB (kmem_cache_init) on a buddy that has just been handed all memory, by the number of
 * nodes: every cache has a structure on each. It is started anew in each round, and ended untimed. What is short is done several times in a
 * row, for reading the clock not to count: as soon as one allocator is at the state, the next one starts, on the same buddy, and only when
 * the last one is there do they go on, untimed, from the last to the first.
 *
 *   clock  first to the state  second to the state  ...  clock  ... rest of the second  rest of the first
 */
#define ROUNDS     15
#define MAX_OTHERS 7

struct bootstrap {
	struct mb_slabs *slabs; /* first: a test looks for it here */
	struct mb_bench_run *run;
	struct mb_slab *others[MAX_OTHERS]; /* allocators beside that of the slabs */
	unsigned started;                   /* of them */
	int rc;                             /* of what went wrong first */
};

static const struct kind {
	const char *name, *summary;
	enum mb_slab_state state;
	unsigned others; /* bootstraps of a round but the first */
} kinds[] = {
	{"bootstrap/first_object", "until objects can be had: the structures of the nodes",
	 MB_SLAB_PARTIAL, MAX_OTHERS},
	{"bootstrap/kmalloc_caches", "until all kmalloc caches are there", MB_SLAB_UP, 0},
};

static void stop_others(struct bootstrap *bootstrap)
{
	for (unsigned i = 0; i < MAX_OTHERS; i++) {
		mb_slab_fini(bootstrap->others[i]);
		bootstrap->others[i] = NULL;
	}
	bootstrap->started = 0;
}

/* Calls itself, by way of the next allocator's bootstrap. */
static void note_state(void *ctx, enum mb_slab_state state)
{
	struct bootstrap *bootstrap = ctx;
	struct mb_bench_run *run = bootstrap->run;
	const struct kind *kind = run->row->param;
	unsigned at = bootstrap->started;
	int rc;

	if (state != kind->state || bootstrap->rc)
		return;
	if (at == kind->others) {
		mb_timer_end(run);
		return;
	}
	bootstrap->started++;
	rc = mb_slab_init(mb_slabs_config(bootstrap->slabs), &run->err, &bootstrap->others[at]);
	if (rc && !bootstrap->rc)
		bootstrap->rc = rc;
}

static int setup(struct mb_bench_run *run)
{
	const struct kind *kind = run->row->param;
	struct bootstrap *bootstrap = calloc(1, sizeof(*bootstrap));
	char text[128];

	if (!bootstrap)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = bootstrap;
	if (kind->others)
		run->ops = 1 + kind->others;
	snprintf(text, sizeof(text),
		 "arch=x86_64 page=4K section=128M phys-bits=52 nodes=%d each=256M cpus=2",
		 (int)run->arg);
	return mb_slabs_new(run, text, &mb_handoff_stage, &bootstrap->slabs);
}

static int run_once(struct mb_bench_run *run)
{
	struct bootstrap *bootstrap = run->data;
	struct mb_slab_config *config = mb_slabs_config(bootstrap->slabs);
	int rc;

	stop_others(bootstrap);
	mb_slabs_stop(bootstrap->slabs);
	config->reached = note_state;
	config->reached_ctx = bootstrap;
	bootstrap->run = run;
	bootstrap->rc = 0;
	mb_timer_begin(run);
	rc = mb_slabs_start(bootstrap->slabs, &run->err);
	return rc ? rc : bootstrap->rc;
}

/* All caches are there and give objects. */
static int check(struct mb_bench_run *run, struct mb_slab *slab)
{
	if (!slab || mb_slab_state(slab) != MB_SLAB_UP)
		return MB_FAIL(&run->err, -EUCLEAN, "the slab allocator is not up");
	for (unsigned index = 3; index <= 13; index++) {
		void *object =
			mb_slab_kmalloc(slab, (size_t)1 << index, MB_KMALLOC_NORMAL, MB_NO_NODE, 0);

		if (!object || !mb_slab_kmalloc_cache(slab, (size_t)1 << index, MB_KMALLOC_NORMAL))
			return MB_FAIL(&run->err, -EUCLEAN, "kmalloc of %u bytes fails",
				       1u << index);
		mb_slab_kfree(slab, object, 0);
	}
	return 0;
}

/* Each of them, and no page is lost. */
static int validate(struct mb_bench_run *run)
{
	const struct kind *kind = run->row->param;
	struct bootstrap *bootstrap = run->data;
	int rc = check(run, mb_slabs_slab(bootstrap->slabs));

	for (unsigned i = 0; i < kind->others && !rc; i++) {
		rc = check(run, bootstrap->others[i]);
		if (!rc)
			rc = mb_slab_check(bootstrap->others[i], &run->err);
	}
	if (rc)
		return rc;
	stop_others(bootstrap);
	return mb_slabs_check(bootstrap->slabs, &run->err);
}

static void teardown(struct mb_bench_run *run)
{
	struct bootstrap *bootstrap = run->data;

	if (bootstrap) {
		stop_others(bootstrap);
		mb_slabs_free(bootstrap->slabs);
	}
	free(bootstrap);
}

static const int64_t nodes[] = {1, 2, 4, 8, 16};

bool mb_bench_slab_row(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(kinds))
		return false;
	*ret_row = (struct mb_bench){
		.group = "slab",
		.name = kinds[index].name,
		.summary = kinds[index].summary,
		.temperature = MB_BENCH_WARM,
		.arg_name = "nodes",
		.args = nodes,
		.nr_args = MB_ARRAY_SIZE(nodes),
		.rounds = ROUNDS,
		.warm_up = true,
		.param = &kinds[index],
		.setup = setup,
		.run = run_once,
		.validate = validate,
		.teardown = teardown,
	};
	return true;
}
