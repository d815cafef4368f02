/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_LABEL_OPT_H
#define MB_CLI_LABEL_OPT_H

#include "cli/cmd.h"
#include "reports/result.h"

/*
 * --label KEY=VALUE, as often as it is given: what else tells results of a history apart. MB_EXIT_OK and labels for
 * mb_label_opt_fini(), or the exit status after saying why not.
 */
int mb_label_opt_read(const struct mb_cli *cli, struct mb_facts *ret_labels);
void mb_label_opt_fini(struct mb_facts *labels);

#endif
