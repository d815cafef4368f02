/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_MACHINE_OPT_H
#define MB_CLI_MACHINE_OPT_H

#include "cli/cmd.h"
#include "core/machine.h"

/*
 * The machine that a command works on: that of --machine, of --machine-file, or this host, with the
 * page and section size of --page-size and --section-size. 0, with a machine that the caller frees; or the exit status, after saying what is wrong.
 */
int mb_machine_opt_resolve(const struct mb_cli *cli, struct mb_machine **ret_machine);

#define MB_MACHINE_OPT_MAX_BYTES (16u << 20) /* of a machine file */

#endif
