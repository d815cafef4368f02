/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/bench.h"
#include "benches/boots.h"
#include "core/base/align.h"

/*
 * Whole boots: one row for each stage of the stage table, measured by the boot's own statistics,
 * and the metadata of a large machine. Each round is a new boot, so the memory is as cold as a
 * boot finds it, apart from what the host's allocator keeps.
 */
#define ROUNDS 5

/* Boots that are no stage of their own. */
static const struct whole {
	const char *name, *summary;
	struct mb_boots what;
	double goal_ns; /* 0: none */
} wholes[] = {
	{
		.name = "dry_run/16x4T",
		.summary = "all metadata of 16 nodes with 4 TiB each, without the memmap",
		.what = {.machine = "nodes=16 each=4T cpus=8",
			 .policy = MB_POLICY_DEFERRED,
			 .dry_run = true},
		.goal_ns = 1e9,
	},
};

static int setup_whole(struct mb_bench_run *run)
{
	const struct whole *whole = run->row->param;

	return mb_boots_setup(run, &whole->what);
}

static int setup_stage(struct mb_bench_run *run)
{
	const struct mb_stage *stage = run->row->param;
	const struct mb_boots what = {
		.machine = "nodes=1 each=4G cpus=4",
		.policy = stage->policies == 1u << MB_POLICY_LAZY ? MB_POLICY_LAZY
								  : MB_POLICY_DEFERRED,
		.stage = stage,
	};

	return mb_boots_setup(run, &what);
}

static void fill_whole(const struct whole *whole, struct mb_bench *row)
{
	row->name = whole->name;
	row->summary = whole->summary;
	row->param = whole;
	row->goal = whole->goal_ns > 0 ? "ns" : NULL;
	row->goal_max = whole->goal_ns;
	row->setup = setup_whole;
}

static void fill_stage(const struct mb_stage *stage, struct mb_bench *row)
{
	row->name = stage->name;
	row->summary = stage->summary;
	row->param = stage;
	row->setup = setup_stage;
}

/* The index-th stage that a boot without a record runs, or NULL. */
static const struct mb_stage *find_stage(size_t index)
{
	for (size_t i = 0; i < mb_boot_nr_stages; i++)
		if (!mb_boot_stages[i]->recorded && !index--)
			return mb_boot_stages[i];
	return NULL;
}

bool mb_bench_boot_row(size_t index, struct mb_bench *ret_row)
{
	struct mb_bench row = {
		.group = "boot",
		.temperature = MB_BENCH_MIXED,
		.rounds = ROUNDS,
		.run = mb_boots_run,
		.validate = mb_boots_validate,
		.teardown = mb_boots_teardown,
	};
	const struct mb_stage *stage;

	if (index < MB_ARRAY_SIZE(wholes))
		fill_whole(&wholes[index], &row);
	else if ((stage = find_stage(index - MB_ARRAY_SIZE(wholes))))
		fill_stage(stage, &row);
	else
		return false;
	*ret_row = row;
	return true;
}
