/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_OVERWRITE_H
#define MB_CLI_OVERWRITE_H

#include "cli/cmd.h"

/*
 * What a command reads must not be what -o FILE replaces, by whatever name: links of both kinds lead to the same file. Each gives
 * MB_EXIT_OK, or MB_EXIT_USAGE after saying so; what is not there, or is no regular file, is fine.
 */
int mb_overwrite_check(const struct mb_cli *cli, const char *input);

/* The same with every file that another option names. */
int mb_overwrite_check_options(const struct mb_cli *cli);

#endif
