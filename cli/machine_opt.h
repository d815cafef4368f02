/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_MACHINE_OPT_H
#define MB_CLI_MACHINE_OPT_H

#include "cli/cmd.h"
#include "core/machine.h"
#include "reports/result.h"

/*
 * The machine that a command works on: that of --machine, of --machine-file, of --sysroot, or this
 * host, with --cmdline, --page-size and --section-size. 0, with a machine that the caller frees; or the
 * exit status, after saying what is wrong. release, unless it is NULL, becomes that of the tree's
 * kernel, else of this host's, "" where it is not known.
 */
int mb_machine_opt_resolve(const struct mb_cli *cli, struct mb_machine **ret_machine, char *release,
			   size_t release_size);

/* A machine text as the commands read it: architecture and sizes that it does not name are this host's. As mb_machine_parse_with(). */
int mb_machine_opt_parse(const char *text, const char *cmdline, struct mb_err *err,
			 struct mb_machine **ret_machine);

/* Whether it is a machine that the options name, the same on every host; else it is this host. */
bool mb_machine_opt_named(const struct mb_cli *cli);

/* Whether the machine's command line is what a person typed, not what a kernel was started with. */
bool mb_machine_opt_typed(const struct mb_cli *cli);

/* The machine in a result: its text, by which it can be had again, its hash and where it is from. A failure is the result's error. */
void mb_machine_opt_result(const struct mb_machine *machine, struct mb_result *result);

#define MB_MACHINE_OPT_MAX_BYTES (16u << 20) /* of a machine file */

#endif
