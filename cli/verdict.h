/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_VERDICT_H
#define MB_CLI_VERDICT_H

#include "cli/output.h"
#include "reports/comparison.h"

/* -o, --format, -q, -v and --threshold, the same in every command that judges. */

/* Before anything runs: 0, or the exit status after saying why the verdicts could not be written. */
int mb_verdict_open(const struct mb_cli *cli, struct mb_output *ret_output);

/* --threshold as a fraction, or the house's. */
double mb_verdict_threshold(const struct mb_opts *opts);

/*
 * Shows and writes a finished comparison: its exit status, or that of what failed after saying so. Both are written before
 * the status is one of failure.
 */
int mb_verdict_show(const struct mb_cli *cli, const struct mb_output *output,
		    const struct mb_comparison *comparison);

/* Names of --format, for its row: those of results, then those that only verdicts have. */
const char *mb_verdict_format(size_t index);

#endif
