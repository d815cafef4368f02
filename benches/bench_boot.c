/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/bench.h"
#include "benches/boots.h"
#include "core/base/align.h"

/*
 * Whole boots: one row for each stage of the stage table, measured by the boot's own statistics; how long each policy
 * takes to its memory; and the metadata of a large machine. Each round is a new boot, so the memory is as cold as a
 * boot finds it, apart from what the host's allocator keeps.
 */
#define ROUNDS 5

#define STAGES_MACHINE  "nodes=1 each=4G cpus=4"
#define REACHED_MACHINE "node0=1G@0+7G@4G node0.cpus=0-3" /* as on a server, most is one zone */

#define COUNT(figure) (UINT64_C(1) << MB_BOOTS_##figure)

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

/* How long until there is memory, by policy. */
static const struct reached {
	const char *name, *summary;
	enum mb_boots_figure_id timed;
	uint64_t counted;
} reached[] = {
	{"first_allocation", "from the start to the first page that the buddy can give, by policy",
	 MB_BOOTS_FIRST_ALLOCATION, 0},
	{"all_memory", "to the last page; lazy: all touched, and the worst allocation that grew",
	 MB_BOOTS_ALL_MEMORY, COUNT(GROWTHS) | COUNT(GROWTH_MEDIAN) | COUNT(GROWTH_MAX)},
};

static const int64_t policies[] = {MB_POLICY_EAGER, MB_POLICY_DEFERRED, MB_POLICY_LAZY};

static const char *policy_text(int64_t arg)
{
	return mb_boot_policies[arg];
}

static int setup_whole(struct mb_bench_run *run)
{
	const struct whole *whole = run->row->param;

	return mb_boots_setup(run, &whole->what);
}

static int setup_reached(struct mb_bench_run *run)
{
	const struct reached *to = run->row->param;
	const struct mb_boots what = {
		.machine = REACHED_MACHINE,
		.policy = (enum mb_policy)run->arg,
		.timed = to->timed,
		.counted = to->counted,
	};

	return mb_boots_setup(run, &what);
}

static int setup_stage(struct mb_bench_run *run)
{
	const struct mb_stage *stage = run->row->param;
	const struct mb_boots what = {
		.machine = STAGES_MACHINE,
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

static void fill_reached(const struct reached *to, struct mb_bench *row)
{
	row->name = to->name;
	row->summary = to->summary;
	row->param = to;
	row->setup = setup_reached;
	row->arg_name = "policy";
	row->args = policies;
	row->nr_args = MB_ARRAY_SIZE(policies);
	row->arg_text = policy_text;
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
		.report = mb_boots_report,
		.teardown = mb_boots_teardown,
	};
	const size_t nr_wholes = MB_ARRAY_SIZE(wholes);
	const size_t nr_before = nr_wholes + MB_ARRAY_SIZE(reached);
	const struct mb_stage *stage;

	if (index < nr_wholes)
		fill_whole(&wholes[index], &row);
	else if (index < nr_before)
		fill_reached(&reached[index - nr_wholes], &row);
	else if ((stage = find_stage(index - nr_before)))
		fill_stage(stage, &row);
	else
		return false;
	*ret_row = row;
	return true;
}
