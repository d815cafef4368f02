/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_BOOT_OPT_H
#define MB_CLI_BOOT_OPT_H

#include "cli/cmd.h"
#include "core/boot.h"
#include "core/memmodel.h" /* what it chooses from */
#include "reports/result.h"

/* What a boot is like, whatever its machine: --policy, --model and --struct-page, the same in every command. */
void mb_boot_opt_config(const struct mb_opts *opts, struct mb_boot_config *config);

/*
 * Whose boot it is, and by which kernel's rules: those of --kernel, else the nearest to release, "" where that is not known. MB_EXIT_OK, or the
 * exit status after saying why the model does not hold such a machine.
 */
int mb_boot_opt_machine(const struct mb_cli *cli, const struct mb_machine *machine,
			const char *release, struct mb_boot_config *config);

/* What is booted and by which rules, in the result. MB_EXIT_OK, or the exit status after saying why not. */
int mb_boot_opt_result(const struct mb_cli *cli, const struct mb_boot_config *config,
		       struct mb_result *result);

#endif
