/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "benches/bench.h"
#include "benches/ground.h"
#include "core/base/align.h"
#include "core/boot.h"

/*
 * Whole boots: one row for each stage of the stage table, measured by the boot's own statistics,
 * and the metadata of a large machine. Each round is a new boot, so the memory is as cold as a
 * boot finds it, apart from what the host's allocator keeps.
 */
#define STAGE_MACHINE "nodes=1 each=4G cpus=4"
#define STAGE_ROUNDS  5

/* Boots that are no stage of their own. */
struct whole {
	const char *name, *summary, *machine;
	bool dry_run;
	double goal_ns; /* 0: none */
};

static const struct whole wholes[] = {
	{"dry_run/16x4T", "all metadata of 16 nodes with 4 TiB each, without the memmap",
	 "nodes=16 each=4T cpus=8", true, 1e9},
};

#define WHOLE_ROUNDS 5

struct boot {
	struct mb_boot_config config;
	const struct mb_stage *stage; /* the row's; NULL: the whole boot */
	/* Of the last round. */
	struct mb_boot_totals totals;
	uint64_t stage_pages;
	uint64_t listed_pages; /* in the buddy's lists */
	/* Of the machine. */
	uint64_t ram_pages, low_pages;
};

static int setup_machine(struct mb_bench_run *run, const char *machine, bool dry_run,
			 const struct mb_stage *stage)
{
	struct boot *boot = calloc(1, sizeof(*boot));
	int rc;

	if (!boot)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = boot;
	rc = mb_ground_open(run->env, machine, &run->err, &run->ground);
	if (rc)
		return rc;
	boot->stage = stage;
	boot->config = (struct mb_boot_config){
		.machine = run->ground->machine,
		.profile = mb_profile_nearest(""),
		.host = run->ground->host,
		.policy = stage && stage->policies == 1u << MB_POLICY_LAZY ? MB_POLICY_LAZY
									   : MB_POLICY_DEFERRED,
		.dry_run = dry_run,
	};
	boot->ram_pages =
		mb_machine_ram_bytes(boot->config.machine) >> boot->config.machine->page_shift;
	boot->low_pages = MB_MIB >> boot->config.machine->page_shift;
	return 0;
}

static int setup_stage(struct mb_bench_run *run)
{
	return setup_machine(run, STAGE_MACHINE, false, run->row->param);
}

static int setup_whole(struct mb_bench_run *run)
{
	const struct whole *whole = run->row->param;

	return setup_machine(run, whole->machine, whole->dry_run, NULL);
}

static const struct mb_stage_stat *stage_stat(const struct mb_boot *boot,
					      const struct mb_stage *stage)
{
	size_t count;
	const struct mb_stage_stat *stats = mb_boot_stats(boot, &count);

	for (size_t i = 0; i < count; i++)
		if (stats[i].stage == stage)
			return &stats[i];
	return NULL;
}

static int take_stage(struct mb_bench_run *run, const struct mb_boot *simulated)
{
	struct boot *boot = run->data;
	const struct mb_stage_stat *stat = stage_stat(simulated, boot->stage);

	if (!stat || !stat->ran)
		return MB_FAIL(&run->err, -EUCLEAN, "stage %s did not run", boot->stage->name);
	run->ns = mb_max(stat->ns, 1);
	boot->stage_pages = stat->pages;
	return 0;
}

static void take_totals(struct boot *boot, const struct mb_boot *simulated)
{
	mb_boot_totals(simulated, &boot->totals);
	boot->listed_pages = 0;
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++)
		boot->listed_pages += mb_boot_nr_free(simulated, order) << order;
}

static int boot_once(struct mb_bench_run *run)
{
	struct boot *boot = run->data;
	struct mb_boot *simulated = NULL;
	int rc = mb_boot_new(&boot->config, &run->err, &simulated);

	if (rc)
		return rc;
	rc = mb_boot_run(simulated);
	if (rc)
		run->err = *mb_boot_err(simulated);
	else
		take_totals(boot, simulated);
	if (!rc && boot->stage)
		rc = take_stage(run, simulated);
	mb_boot_free(simulated);
	return rc;
}

/*
 * What is present is the machine's RAM, less what Linux never uses of the first MiB (x86: page 0
 * and the BIOS area); what is managed is part of that; what is free is in some order's lists.
 */
static int validate(struct mb_bench_run *run)
{
	const struct boot *boot = run->data;
	const struct mb_boot_totals *totals = &boot->totals;

	if (totals->present_pages > boot->ram_pages ||
	    totals->present_pages + boot->low_pages < boot->ram_pages)
		return MB_FAIL(&run->err, -EUCLEAN, "%llu pages are present, the machine has %llu",
			       (unsigned long long)totals->present_pages,
			       (unsigned long long)boot->ram_pages);
	if (totals->managed_pages > totals->present_pages ||
	    totals->free_pages > totals->managed_pages)
		return MB_FAIL(&run->err, -EUCLEAN, "%llu pages are free, %llu managed",
			       (unsigned long long)totals->free_pages,
			       (unsigned long long)totals->managed_pages);
	if (!boot->config.dry_run &&
	    (!totals->free_pages || totals->free_pages != boot->listed_pages))
		return MB_FAIL(&run->err, -EUCLEAN, "%llu pages are free, the lists have %llu",
			       (unsigned long long)totals->free_pages,
			       (unsigned long long)boot->listed_pages);
	run->pages = boot->stage_pages;
	return 0;
}

static void teardown(struct mb_bench_run *run)
{
	free(run->data);
}

static void fill_whole(const struct whole *whole, struct mb_bench *row)
{
	row->name = whole->name;
	row->summary = whole->summary;
	row->rounds = WHOLE_ROUNDS;
	row->param = whole;
	row->goal = whole->goal_ns > 0 ? "ns" : NULL;
	row->goal_max = whole->goal_ns;
	row->setup = setup_whole;
}

static void fill_stage(const struct mb_stage *stage, struct mb_bench *row)
{
	row->name = stage->name;
	row->summary = stage->summary;
	row->rounds = STAGE_ROUNDS;
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
		.run = boot_once,
		.validate = validate,
		.teardown = teardown,
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
