/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/ground.h"
#include "benches/timer.h"
#include "core/base/align.h"
#include "core/percpu_stage.h"
#include "core/zonelist.h"

/*
 * build_all_zonelists by the number of nodes: for each node the others are sorted by distance, one after
 * another, each by a look at all. The machine is booted once and without descriptors; the lists are built
 * anew in each round.
 */
#define ROUNDS 3

/* Small machines: several in a row, so that reading the clock is none of what is measured. */
#define MAX_BOOTS   16
#define LEAST_NODES 32

struct lists {
	struct mb_boot *boots[MAX_BOOTS]; /* first: a test looks for one here */
	size_t count, built;
};

static int setup(struct mb_bench_run *run)
{
	const struct mb_boot_config config = {.dry_run = true};
	struct lists *lists = calloc(1, sizeof(*lists));
	char text[128];
	size_t count = mb_clamp(LEAST_NODES / (size_t)run->arg, 1, MAX_BOOTS);
	int rc;

	if (!lists)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = lists;
	run->ops = (uint64_t)run->arg * count;
	snprintf(text, sizeof(text),
		 "arch=x86_64 page=4K section=128M phys-bits=52 nodes=%d each=4G cpus=1",
		 (int)run->arg);
	rc = mb_ground_open(run->env, text, &run->err, &run->ground);
	for (; !rc && lists->count < count; lists->count += !rc)
		rc = mb_boots_until(run->ground, config, &mb_percpu_stage, &run->err,
				    &lists->boots[lists->count]);
	return rc;
}

static void undo(struct lists *lists)
{
	while (lists->built)
		mb_zonelist_stage.undo(lists->boots[--lists->built]);
}

static int run_once(struct mb_bench_run *run)
{
	struct lists *lists = run->data;
	int rc = 0;

	undo(lists);
	mb_timer_begin(run);
	while (!rc && lists->built < lists->count)
		rc = mb_zonelist_stage.run(lists->boots[lists->built++]);
	mb_timer_end(run);
	if (rc)
		run->err = *mb_boot_err(lists->boots[lists->built - 1]);
	return rc;
}

/* Every node's order and lists. */
static int validate(struct mb_bench_run *run)
{
	const struct lists *lists = run->data;
	int rc = 0;

	if (lists->built != lists->count)
		return MB_FAIL(&run->err, -EUCLEAN, "there are no zonelists");
	for (size_t i = 0; !rc && i < lists->count; i++) {
		rc = mb_zonelist_stage.check(lists->boots[i]);
		if (rc)
			run->err = *mb_boot_err(lists->boots[i]);
	}
	return rc;
}

static void teardown(struct mb_bench_run *run)
{
	struct lists *lists = run->data;

	if (!lists)
		return;
	undo(lists);
	for (size_t i = 0; i < lists->count; i++)
		mb_boot_free(lists->boots[i]);
	free(lists);
}

static const int64_t nodes[] = {2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

/* The largest machines take seconds. */
static enum mb_bench_offer offer(const struct mb_bench *row, const struct mb_bench_env *env,
				 int64_t arg)
{
	return arg < 512 ? MB_BENCH_OFFER_ALWAYS : MB_BENCH_OFFER_FULL;
}

bool mb_bench_zonelist_row(size_t index, struct mb_bench *ret_row)
{
	if (index)
		return false;
	*ret_row = (struct mb_bench){
		.group = "zonelist",
		.name = "build",
		.summary = "both lists of every node; an operation is a node",
		.temperature = MB_BENCH_WARM,
		.arg_name = "nodes",
		.args = nodes,
		.nr_args = MB_ARRAY_SIZE(nodes),
		.offer = offer,
		.rounds = ROUNDS,
		.setup = setup,
		.run = run_once,
		.validate = validate,
		.teardown = teardown,
	};
	return true;
}
