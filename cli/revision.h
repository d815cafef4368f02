/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_REVISION_H
#define MB_CLI_REVISION_H

#include "core/base/err.h"

/*
 * Which revision is being measured: the variable of a CI (mb_revision_variables), else what git calls HEAD where the program was
 * started. 0 and a text that the caller frees; -ENOENT with err where neither knows; -ENOMEM.
 */
int mb_revision_find(struct mb_err *err, char **ret_revision);

/* Variables in the order in which they are asked; NULL ends them. */
extern const char *const mb_revision_variables[];

#endif
