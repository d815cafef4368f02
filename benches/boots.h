/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_BOOTS_H
#define MB_BENCHES_BOOTS_H

#include "benches/bench.h"
#include "benches/boots_figure.h"

/*
 * What rows that boot have in common: a round is a new boot, timed as a whole or by the boot's own
 * statistics of one stage or figure. One thread calls; the boot has its workers.
 */
#define MB_BOOTS_MAX_ROUNDS 64 /* the newest of them make the counters */

struct mb_boots {
	const char *machine;
	const struct mb_memmodel_row *model; /* NULL: vmemmap */
	enum mb_policy policy;
	bool dry_run;
	bool check;                       /* walk every invariant after every stage, untimed */
	const struct mb_profile *profile; /* NULL: the oldest */
	unsigned threads;                 /* as struct mb_boot_config has them */
	bool host_threads;
	const struct mb_stage *stage;  /* what is timed … */
	enum mb_boots_figure_id timed; /* … or this; neither: the whole boot */
	uint64_t
		counted; /* bits by figure: counters of the row, medians over the rounds or the worst */
};

/*
 * A boot of the ground's machine, up to and including a stage; machine and host are the ground's, and without a profile it is the
 * oldest. 0 and a boot that mb_boot_free() ends before the ground is closed; -ENOTSUP where
 * the model cannot hold the machine; or another negative errno with err.
 */
struct mb_ground;
int mb_boots_until(const struct mb_ground *ground, struct mb_boot_config config,
		   const struct mb_stage *last, struct mb_err *err, struct mb_boot **ret_boot);

/*
 * Hooks of such a row; setup is the row's own and calls mb_boots_setup() with what to boot, which is
 * copied. -ENOTSUP where the model cannot hold the machine.
 */
int mb_boots_setup(struct mb_bench_run *run, const struct mb_boots *what);
int mb_boots_run(struct mb_bench_run *run);
int mb_boots_validate(struct mb_bench_run *run);
int mb_boots_report(struct mb_bench_run *run);
void mb_boots_teardown(struct mb_bench_run *run);

#endif
