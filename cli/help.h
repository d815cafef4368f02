/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_HELP_H
#define MB_CLI_HELP_H

#include "cli/cmd.h"

struct mb_strbuf;

/*
 * The help of a command, or of the program when cmd is NULL: usage, text, options, sections; lines
 * of at most 80 columns.
 */
void mb_help_add(struct mb_strbuf *buf, const struct mb_cmd *cmd);

#endif
