/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PLACE_OPT_H
#define MB_CLI_PLACE_OPT_H

#include "cli/cmd.h"
#include "core/base/strbuf.h"
#include "core/boot.h"
#include "numa/host.h"

/* Which CPUs work and for whom, on what memory: --cpus, --smt, --bind, --threads, --pages and --fault. */

/*
 * This host, or that of --topology, with the CPUs that --cpus and --smt leave. MB_EXIT_OK and a topology that the caller frees, or the exit status
 * after saying what is wrong.
 */
int mb_place_opt_topo(const struct mb_cli *cli, struct mb_topo **ret_topo);

/* What --bind, --threads and --pages want of the host. */
struct mb_host_options mb_place_opt_host(const struct mb_opts *opts);

/* Sets the workers of a boot, by number or as many as the host says, and who touches first. */
void mb_place_opt_config(const struct mb_opts *opts, struct mb_boot_config *config);

/*
 * Bytes of huge pages of pools that a boot of the config's machine may take, at most; 0 when --pages does not ask for any. They
 * are no part of the memory that a host has available.
 */
uint64_t mb_place_opt_pool_bytes(const struct mb_opts *opts, const struct mb_boot_config *config);

/*
 * Whether the pools of the host nodes have the huge pages that --pages asks for. MB_EXIT_OK, or the exit status after saying
 * how many are missing and how to reserve them.
 */
int mb_place_opt_check_pools(const struct mb_cli *cli, const struct mb_boot_config *config,
			     const struct mb_host_map *map, const struct mb_topo *topo);

/* "at most 2 a node, on CPUs 0-3": what was asked of workers; adds nothing when nothing was. */
void mb_place_opt_print(const struct mb_opts *opts, struct mb_strbuf *text);

#endif
