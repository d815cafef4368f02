/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "benches/boots.h"
#include "benches/ground.h"
#include "core/base/align.h"
#include "core/memmodel.h"
#include "reports/stats.h"

struct boots {
	struct mb_boots what;
	struct mb_boot_config config;
	/* Of the last round. */
	struct mb_boot_totals totals;
	uint64_t stage_pages;  /* of what is timed */
	uint64_t listed_pages; /* in the buddy's lists */
	/* Of the machine. */
	uint64_t ram_pages, map_pages, low_pages;
	/* Of the newest rounds. */
	double figures[MB_BOOTS_NR_FIGURES][MB_BOOTS_MAX_ROUNDS];
	size_t rounds;
};

int mb_boots_until(const struct mb_ground *ground, struct mb_boot_config config,
		   const struct mb_stage *last, struct mb_err *err, struct mb_boot **ret_boot)
{
	const struct mb_memmodel_row *model =
		config.model ? config.model : &mb_memmodels[MB_MEMMODEL_VMEMMAP];
	struct mb_boot *boot;
	int rc;

	config.machine = ground->machine;
	config.host = ground->host;
	if (!config.profile)
		config.profile = mb_profile_nearest("");
	if (mb_memmodel_fits(model, config.machine, config.struct_page, err))
		return -ENOTSUP;
	rc = mb_boot_new(&config, err, &boot);
	if (rc)
		return rc;
	rc = mb_boot_run_until(boot, last);
	if (rc) {
		*err = *mb_boot_err(boot);
		mb_ground_add_reason(ground, err);
		mb_boot_free(boot);
		return rc;
	}
	*ret_boot = boot;
	return 0;
}

int mb_boots_setup(struct mb_bench_run *run, const struct mb_boots *what)
{
	const struct mb_memmodel_row *model =
		what->model ? what->model : &mb_memmodels[MB_MEMMODEL_VMEMMAP];
	struct boots *boots = calloc(1, sizeof(*boots));
	const struct mb_machine *machine;
	int rc;

	if (!boots)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = boots;
	rc = mb_ground_open(run->env, what->machine, &run->err, &run->ground);
	if (rc)
		return rc;
	machine = run->ground->machine;
	if (mb_memmodel_fits(model, machine, NULL, &run->err))
		return -ENOTSUP;
	boots->what = *what;
	run->own_clock = what->stage || what->timed;
	boots->what.machine = NULL; /* the caller's text */
	boots->config = (struct mb_boot_config){
		.machine = machine,
		.model = model,
		.profile = what->profile ? what->profile : mb_profile_nearest(""),
		.host = run->ground->host,
		.policy = what->policy,
		.threads = what->threads,
		.host_threads = what->host_threads,
		.dry_run = what->dry_run,
		.check = what->check,
	};
	boots->ram_pages = mb_machine_ram_bytes(machine) >> machine->page_shift;
	boots->map_pages = mb_memmodel_map_pages(model, machine);
	boots->low_pages = MB_MIB >> machine->page_shift;
	return 0;
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

static int take_stage(struct mb_bench_run *run, const struct mb_boot *boot)
{
	struct boots *boots = run->data;
	const struct mb_stage_stat *stat = stage_stat(boot, boots->what.stage);

	if (!stat || !stat->ran)
		return MB_FAIL(&run->err, -EUCLEAN, "stage %s did not run",
			       boots->what.stage->name);
	run->ns = mb_max(stat->ns, 1);
	mb_bench_add_part(run, boots->what.stage->name, -1);
	boots->stage_pages = stat->pages;
	return 0;
}

/* What a boot took, and what is counted of it. */
static int take_figures(struct mb_bench_run *run, const struct mb_boot *boot)
{
	struct boots *boots = run->data;
	const struct mb_boots_figure *timed = &mb_boots_figures[boots->what.timed];
	double ns = boots->what.timed ? timed->of(boot) : 0;

	for (unsigned i = 1; i < MB_BOOTS_NR_FIGURES; i++)
		if (boots->what.counted >> i & 1)
			boots->figures[i][boots->rounds % MB_BOOTS_MAX_ROUNDS] =
				mb_boots_figures[i].of(boot);
	boots->rounds++;
	if (isnan(ns))
		return MB_FAIL(&run->err, -EUCLEAN, "this boot has no %s", timed->counter);
	if (boots->what.timed) {
		struct mb_boot_totals totals;

		mb_boot_totals(boot, &totals);
		boots->stage_pages = totals.present_pages;
		run->ns = (uint64_t)mb_max(ns, 1.0);
		if (timed->add_parts)
			timed->add_parts(boot, run);
	}
	return 0;
}

static void take_totals(struct boots *boots, const struct mb_boot *boot)
{
	mb_boot_totals(boot, &boots->totals);
	boots->listed_pages = 0;
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++)
		boots->listed_pages += mb_boot_nr_free(boot, order) << order;
}

int mb_boots_run(struct mb_bench_run *run)
{
	struct boots *boots = run->data;
	struct mb_boot *boot = NULL;
	int rc = mb_boot_new(&boots->config, &run->err, &boot);

	if (rc)
		return rc;
	rc = mb_boot_run(boot);
	if (rc) {
		run->err = *mb_boot_err(boot);
		mb_ground_add_reason(run->ground, &run->err);
	} else {
		take_totals(boots, boot);
	}
	if (!rc && boots->what.stage)
		rc = take_stage(run, boot);
	if (!rc)
		rc = take_figures(run, boot);
	mb_boot_free(boot);
	return rc;
}

/*
 * What is present is the machine's RAM, less what Linux never uses of the first MiB (x86: page 0
 * and the BIOS area); what is managed is part of that; what is free is in some order's lists. Every
 * page frame that the model describes has its descriptor.
 */
int mb_boots_validate(struct mb_bench_run *run)
{
	const struct boots *boots = run->data;
	const struct mb_boot_totals *totals = &boots->totals;

	if (totals->present_pages > boots->ram_pages ||
	    totals->present_pages + boots->low_pages < boots->ram_pages)
		return MB_FAIL(&run->err, -EUCLEAN, "%llu pages are present, the machine has %llu",
			       (unsigned long long)totals->present_pages,
			       (unsigned long long)boots->ram_pages);
	if (totals->memmap_pages != boots->map_pages)
		return MB_FAIL(&run->err, -EUCLEAN,
			       "there are %llu descriptors, the model has %llu of this machine",
			       (unsigned long long)totals->memmap_pages,
			       (unsigned long long)boots->map_pages);
	if (totals->managed_pages > totals->present_pages ||
	    totals->free_pages > totals->managed_pages)
		return MB_FAIL(&run->err, -EUCLEAN, "%llu pages are free, %llu managed",
			       (unsigned long long)totals->free_pages,
			       (unsigned long long)totals->managed_pages);
	if (!boots->config.dry_run &&
	    (!totals->free_pages || totals->free_pages != boots->listed_pages))
		return MB_FAIL(&run->err, -EUCLEAN, "%llu pages are free, the lists have %llu",
			       (unsigned long long)totals->free_pages,
			       (unsigned long long)boots->listed_pages);
	if (!boots->config.dry_run)
		run->pages = boots->stage_pages;
	return 0;
}

/* A figure that a boot does not have is no counter of it. */
int mb_boots_report(struct mb_bench_run *run)
{
	const struct boots *boots = run->data;
	size_t rounds = mb_min(boots->rounds, MB_BOOTS_MAX_ROUNDS);

	for (unsigned i = 1; i < MB_BOOTS_NR_FIGURES; i++) {
		const struct mb_boots_figure *figure = &mb_boots_figures[i];
		struct mb_stats stats;

		if (!(boots->what.counted >> i & 1))
			continue;
		if (mb_stats_summarise(boots->figures[i], rounds, &stats))
			return MB_FAIL(&run->err, -ENOMEM, "out of memory");
		if (stats.count)
			mb_bench_count(run, figure->counter,
				       figure->worst ? stats.max : stats.median);
	}
	return 0;
}

void mb_boots_teardown(struct mb_bench_run *run)
{
	free(run->data);
}
