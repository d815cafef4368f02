/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_PLAN_H
#define MB_CLI_PREDICT_PLAN_H

#include <stdatomic.h>

#include "cli/cmd.h"
#include "cli/predict_target.h"
#include "cli/predict_vary.h"
#include "numa/topo.h"

/* What is to be predicted: the boot of a machine, and those of a curve's points. All of it is counted before anything is fitted. */
struct mb_predict_plan {
	const struct mb_cli *cli;
	const struct mb_topo *topo;
	struct mb_boot_config config; /* of the machine */
	/* Count 0: nothing is varied. Counting makes its chunks what padata would: whole sections, none of them twice. */
	struct mb_predict_vary vary;
	const atomic_int *cancel; /* ends the counting; NULL: nothing does */

	struct mb_predict_target target;
	struct mb_predict_target points[MB_PREDICT_VARY_MAX]; /* one a value */
};

/* Counts the boots. MB_EXIT_OK, or the exit status after saying which cannot be; the caller ends the plan in either case. */
int mb_predict_plan_count(struct mb_predict_plan *plan);

/* Accepts a zeroed one. */
void mb_predict_plan_fini(struct mb_predict_plan *plan);

#endif
