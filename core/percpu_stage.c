/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: setup_per_cpu_areas, called between paging_init and build_all_zonelists (6.1).
 * Kept: the layout of the first chunk and its requests to memblock.
 * Left out: copying the static image; only the memory it takes matters here.
 * Invariants: those of mb_percpu_check.
 */
#include "core/boot_state.h"
#include "core/percpu_stage.h"

static int percpu_run(struct mb_boot *boot)
{
	struct mb_percpu_config config;
	int r;

	mb_percpu_config_init(&config, boot->machine, boot->profile, mb_memmodel_max_dma(boot));
	r = mb_percpu_setup(&config, &boot->memblock, &boot->err, &boot->percpu);
	if (!r)
		mb_boot_stat(boot, &mb_percpu_stage)->bytes =
			boot->percpu.size_sum * boot->percpu.nr_cpus;
	return r;
}

static int percpu_check(struct mb_boot *boot)
{
	return mb_percpu_check(&boot->percpu, &boot->memblock, &boot->err);
}

static void percpu_undo(struct mb_boot *boot)
{
	mb_percpu_fini(&boot->percpu);
}

const struct mb_stage mb_percpu_stage = {
	.name = "setup_per_cpu_areas",
	.linux_name = "setup_per_cpu_areas",
	.summary = "the first per-CPU chunk, a part of it on every node",
	.dry_run = true,
	.run = percpu_run,
	.check = percpu_check,
	.undo = percpu_undo,
};
