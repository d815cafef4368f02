/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_STATE_FILE_H
#define MB_CLI_STATE_FILE_H

#include "reports/save.h"

/* Files in which a host's own figures are kept from one run of the program to the next. */

/*
 * The name of one: option where it is given, else what the environment's variable says, else memboot/NAME in $XDG_STATE_HOME or
 * ~/.local/state. NULL without memory or any of these; the caller frees it.
 */
char *mb_state_file_path(const char *option, const char *variable, const char *name);

/*
 * Writes it as a whole or not at all, and makes its folders; a failure leaves none of them. 0, or a negative errno with err, which does not
 * repeat the path.
 */
int mb_state_file_write(const char *path, mb_save_fn *fn, void *arg, struct mb_err *err);

/* Whether that would succeed, for before long work; no folder is left. Likewise. */
int mb_state_file_probe(const char *path, struct mb_err *err);

#endif
