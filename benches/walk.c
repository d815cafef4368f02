/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/boots.h"
#include "benches/ground.h"
#include "benches/walk.h"

const struct mb_walk_way mb_walk_ways[MB_WALK_NR_WAYS] = {
	{"walk/all", "every possible section, as before Linux 4.13", MB_MEMMODEL_WALK_ALL, 1},
	{"walk/present", "sections up to the highest present one, as since",
	 MB_MEMMODEL_WALK_PRESENT, 1},
	{"walk/roots", "the same, and past a missing root in one step", MB_MEMMODEL_WALK_ROOTS, 8},
};

int mb_walk_setup(struct mb_bench_run *run, const char *machine_text,
		  const struct mb_memmodel_row *model)
{
	const struct mb_boot_config config = {.model = model, .dry_run = true};
	struct mb_walk *walk = calloc(1, sizeof(*walk));
	int rc;

	run->data = walk;
	if (!walk)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	rc = mb_ground_open(run->env, machine_text, &run->err, &run->ground);
	return rc ? rc
		  : mb_boots_until(run->ground, config, &mb_memmodel_stage, &run->err, &walk->boot);
}

static int run_once(struct mb_bench_run *run)
{
	const struct mb_walk_way *way = run->row->param;
	struct mb_walk *walk = run->data;

	for (unsigned i = 0; i < way->times; i++)
		walk->looked =
			mb_memmodel_walk(mb_memmodel_of(walk->boot), way->walk, &walk->present);
	return 0;
}

int mb_walk_validate(struct mb_bench_run *run, uint64_t looked, uint64_t present)
{
	const struct mb_walk_way *way = run->row->param;
	const struct mb_walk *walk = run->data;

	run->ops = looked * way->times;
	if (walk->looked == looked && walk->present == present)
		return 0;
	return MB_FAIL(&run->err, -EUCLEAN,
		       "the walk looked at %llu sections and found %llu, not at %llu and %llu",
		       (unsigned long long)walk->looked, (unsigned long long)walk->present,
		       (unsigned long long)looked, (unsigned long long)present);
}

static int report(struct mb_bench_run *run)
{
	const struct mb_walk *walk = run->data;

	mb_bench_count(run, "iterations", (double)walk->looked);
	mb_bench_count(run, "present", (double)walk->present);
	return 0;
}

static void teardown(struct mb_bench_run *run)
{
	struct mb_walk *walk = run->data;

	if (walk)
		mb_boot_free(walk->boot);
	free(walk);
}

void mb_walk_row(const struct mb_walk_way *way, struct mb_bench *ret_row)
{
	*ret_row = (struct mb_bench){
		.name = way->name,
		.summary = way->summary,
		.temperature = MB_BENCH_WARM,
		.rounds = 15,
		.param = way,
		.run = run_once,
		.report = report,
		.teardown = teardown,
	};
}
