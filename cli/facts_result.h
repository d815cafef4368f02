/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_FACTS_RESULT_H
#define MB_CLI_FACTS_RESULT_H

#include "cli/facts.h"
#include "reports/result.h"

/* Which kernel was compared: its release, its machine, by whose rules. */
void mb_facts_result_begin(struct mb_result *result, const struct mb_fact_tree *tree);

/*
 * A fact as runs of a result: one of kind fact, and one of kind value for each value that was
 * compared. Failures are remembered in the result.
 */
void mb_facts_result_add(struct mb_result *result, const struct mb_fact_row *fact,
			 const struct mb_fact_result *compared);

#endif
