/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_INPUTS_H
#define MB_CLI_INPUTS_H

#include "cli/cmd.h"

/* Results that a command's arguments name. A zeroed struct has none. */
struct mb_inputs {
	struct mb_result **results; /* owned, in the order in which they were read */
	size_t count;
};

/*
 * Reads the files that an argument stands for: a file; "-", standard input, once in a command (*standard); a pattern that no shell
 * has expanded, because it stood in quotes. A file whose name looks like a pattern is meant as it is. Each one that cannot be
 * read, or that -o would replace, gets its line; the others are there all the same. MB_EXIT_OK, or the status of the first.
 */
int mb_inputs_read(const struct mb_cli *cli, const char *arg, bool *standard,
		   struct mb_inputs *inputs);

void mb_inputs_fini(struct mb_inputs *inputs);

#endif
