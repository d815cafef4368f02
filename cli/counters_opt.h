/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_COUNTERS_OPT_H
#define MB_CLI_COUNTERS_OPT_H

#include "cli/cmd.h"
#include "numa/counters.h"
#include "reports/result.h"

/* --counters, --counters-kernel and --require-counters: which events a command counts, and whether it may go without some. */

/*
 * Tries the events, while this thread may still go to any CPU, and raises the soft limit of open files, since each thread holds a
 * descriptor for each event. NULL where none were asked for. MB_EXIT_OK; or what was said: MB_EXIT_USAGE for a wrong
 * list, MB_EXIT_UNFIT for an event that is required and does not count here, and without memory.
 */
int mb_counters_opt_open(const struct mb_cli *cli, struct mb_counters **ret_counters);

/*
 * With --require-counters each event must also have been counted in every run that it is shown for: MB_EXIT_OK, or MB_EXIT_UNFIT with
 * the first that was not said.
 */
int mb_counters_opt_check(const struct mb_cli *cli, const struct mb_result *result);

#endif
