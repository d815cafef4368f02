/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_WINDOW_OPT_H
#define MB_CLI_WINDOW_OPT_H

#include "cli/cmd.h"
#include "core/base/strbuf.h"
#include "core/boot.h"
#include "numa/topo.h"
#include "reports/result.h"

/* The memmap's windows: --window. */

/* Whether the other options go with windows: MB_EXIT_OK, or the exit status after saying which does not. */
int mb_window_opt_check(const struct mb_cli *cli, const struct mb_boot_config *config);

/* True when the size is not given: it follows from the host. */
bool mb_window_opt_is_auto(const struct mb_opts *opts);

/*
 * Sets the config's windows. topo, whose caches count, is looked at only when the size is not given; allowed_bytes is how much
 * real memory the boot may take. With auto, a machine whose memmap is no larger than its windows has none. Once the config has
 * its host, workers count too.
 */
void mb_window_opt_set(const struct mb_opts *opts, const struct mb_topo *topo,
		       uint64_t allowed_bytes, struct mb_boot_config *config);

/* Whether a boot that has no windows, or windows of a size that was given, would do with no more than allowed_bytes by auto. */
bool mb_window_opt_would_fit(const struct mb_boot_config *config, uint64_t allowed_bytes);

/* Whether each node's window is large enough for its workers, with the config's host: MB_EXIT_OK, or the status after saying which is not. */
int mb_window_opt_check_workers(const struct mb_cli *cli, const struct mb_boot_config *config);

/* What a windowed memmap is, and whether the host's caches in topo may hold it; nothing for a backed one. */
void mb_window_opt_print(const struct mb_boot_config *config, const struct mb_topo *topo,
			 struct mb_strbuf *text);

/* The same number as a field of the result. */
void mb_window_opt_result(const struct mb_boot_config *config, struct mb_result *result);

#endif
