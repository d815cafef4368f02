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

struct lists {
	struct mb_boot *boot; /* first: a test looks for it here */
	bool built;
};

static int setup(struct mb_bench_run *run)
{
	const struct mb_boot_config config = {.dry_run = true};
	struct lists *lists = calloc(1, sizeof(*lists));
	char text[128];
	int rc;

	if (!lists)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = lists;
	run->ops = (uint64_t)run->arg;
	snprintf(text, sizeof(text),
		 "arch=x86_64 page=4K section=128M phys-bits=52 nodes=%d each=4G cpus=1",
		 (int)run->arg);
	rc = mb_ground_open(run->env, text, &run->err, &run->ground);
	return rc ? rc
		  : mb_boots_until(run->ground, config, &mb_percpu_stage, &run->err, &lists->boot);
}

static int run_once(struct mb_bench_run *run)
{
	struct lists *lists = run->data;
	int rc;

	if (lists->built)
		mb_zonelist_stage.undo(lists->boot);
	lists->built = true;
	mb_timer_begin(run);
	rc = mb_zonelist_stage.run(lists->boot);
	mb_timer_end(run);
	if (rc)
		run->err = *mb_boot_err(lists->boot);
	return rc;
}

/* Every node's order and lists. */
static int validate(struct mb_bench_run *run)
{
	const struct lists *lists = run->data;
	int rc = lists->built ? mb_zonelist_stage.check(lists->boot) : -EUCLEAN;

	if (!lists->built)
		return MB_FAIL(&run->err, rc, "there are no zonelists");
	if (rc)
		run->err = *mb_boot_err(lists->boot);
	return rc;
}

static void teardown(struct mb_bench_run *run)
{
	struct lists *lists = run->data;

	if (lists && lists->built)
		mb_zonelist_stage.undo(lists->boot);
	if (lists)
		mb_boot_free(lists->boot);
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
