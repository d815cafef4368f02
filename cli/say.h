/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_SAY_H
#define MB_CLI_SAY_H

#include <stdbool.h>

#include "cli/cmd.h"

struct mb_err;

/*
 * Messages on stderr: one line each, "memboot: COMMAND: text". Control bytes that came in with a
 * user's text are shown as \xNN, so that a message stays one line.
 */

/*
 * Says it and returns status, so that a command can end with it. cli may be NULL before a command
 * is known.
 */
int mb_say(const struct mb_cli *cli, enum mb_exit status, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same for a recorded failure, after "what: "; with -v also the source line where it was born.
 * what may be NULL.
 */
int mb_say_err(const struct mb_cli *cli, enum mb_exit status, const char *what,
	       const struct mb_err *err);

#endif
