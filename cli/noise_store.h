/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_NOISE_STORE_H
#define MB_CLI_NOISE_STORE_H

#include "cli/cmd.h"
#include "reports/spread.h"

/* The file that `memboot noise` writes and `memboot gate` reads. */

/*
 * Its name: --store, $MEMBOOT_NOISE, or memboot/noise.json in $XDG_STATE_HOME or ~/.local/state. NULL without memory or any of these; the
 * caller frees it.
 */
char *mb_noise_store_path(const struct mb_opts *opts);

/* Reads it: 0, -ENOENT without one, or another errno with err, which does not repeat the path. */
int mb_noise_store_read(const char *path, struct mb_err *err, struct mb_spread *ret_spread);

/* Writes it as a whole or not at all, and makes its folders. Likewise. */
int mb_noise_store_write(const char *path, const struct mb_spread *spread, struct mb_err *err);

#endif
