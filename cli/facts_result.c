/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/facts_result.h"
#include "cli/machine_opt.h"

void mb_facts_result_begin(struct mb_result *result, const struct mb_fact_tree *tree)
{
	mb_machine_opt_result(tree->machine, result);
	mb_result_set(result, MB_RESULT_KERNEL_PROFILE, tree->profile.name);
	mb_result_set(result, MB_RESULT_COMPARED_KERNEL, *tree->release ? tree->release : NULL);
}

static const char *const relations[MB_FACT_NR_RELATIONS] = {
	[MB_FACT_AT_MOST] = "at most",
	[MB_FACT_ONE_OF] = "one of",
};

static void add_value(struct mb_result *result, const char *fact, const struct mb_fact_pair *pair)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_VALUE, pair->key);

	mb_result_run_set_arg(run, "fact", fact);
	if (pair->expected)
		mb_result_run_set_arg(run, "expected", pair->expected);
	if (pair->got)
		mb_result_run_set_arg(run, "got", pair->got);
	if (pair->relation)
		mb_result_run_set_arg(run, "relation", relations[pair->relation]);
	if (!pair->equal)
		mb_result_run_set_status(run, MB_RUN_FAILED,
					 !pair->expected ? "the kernel does not show it"
					 : !pair->got    ? "the engine does not arrive at it"
							 : "different");
}

void mb_facts_result_add(struct mb_result *result, const struct mb_fact_row *fact,
			 const struct mb_fact_result *compared)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_FACT, fact->id);
	char reason[64];

	mb_result_run_set_arg(run, "what", fact->title);
	snprintf(reason, sizeof(reason), "%zu of %zu values differ", compared->nr_diffs,
		 compared->nr_compared);
	if (compared->status == MB_FACT_NOT_COMPARED) {
		mb_result_run_set_status(run, MB_RUN_SKIPPED, compared->reason);
		return;
	}
	if (compared->status == MB_FACT_DIFFERENT)
		mb_result_run_set_status(run, MB_RUN_FAILED, reason);
	mb_result_run_set(run, MB_METRIC_COMPARED_VALUES, 0, (double)compared->nr_compared);
	mb_result_run_set(run, MB_METRIC_DIFFERENT_VALUES, 0, (double)compared->nr_diffs);
	for (size_t i = 0; i < compared->nr_pairs; i++)
		add_value(result, fact->id, &compared->pairs[i]);
}
