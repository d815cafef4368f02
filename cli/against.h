/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_AGAINST_H
#define MB_CLI_AGAINST_H

#include "cli/cmd.h"
#include "cli/term.h"
#include "core/boot.h"
#include "numa/host_map.h"
#include "numa/kernlog.h"
#include "numa/virt.h"
#include "reports/result.h"

/*
 * --against-dmesg: what the kernel's own log says about deferred init of each node, beside what the
 * engine needed for the same node of the same machine.
 */
struct mb_against {
	bool wanted;
	char source[140];       /* "/dev/kmsg", "the journal", a file */
	struct mb_kernlog *log; /* NULL: none could be read */
	struct mb_err why;      /* why there is nothing to compare; code 0: there is */
	struct mb_virt virt;    /* the CPUs that the log is from */
	bool elsewhere;         /* the log is another machine's, or another kernel's */
	unsigned nr_cpus;       /* that its kernel had online, by mb_against_add() */
};

/* Options that do not go together: 0 or the exit status after saying so. */
int mb_against_check(const struct mb_cli *cli);

/*
 * Reads the log, when it is wanted: --dmesg FILE, that of --sysroot, /dev/kmsg, or
 * the journal where /dev/kmsg has lost those lines or may not be read. release is that of the kernel
 * whose machine boots. 0 or the exit status after saying why; a log without such lines is fine.
 */
int mb_against_open(const struct mb_cli *cli, const char *release, struct mb_against *ret_against);

/*
 * Workers that a boot must be limited to, so that it does what that kernel did: 1 before 5.8, which
 * had one thread a node; 0: the profile's rule.
 */
unsigned mb_against_threads(const struct mb_against *against);

/*
 * A run of kind "kernel" for each node that the log names or the engine deferred: both times, their
 * ratio, workers, and in the arg 'note' why the ratio says less than it seems. The result has the
 * boot's repetitions already. -ENODATA with against->why when no node could be compared; else 0.
 */
int mb_against_add(struct mb_against *against, const struct mb_boot_config *config,
		   const struct mb_host_map *map, struct mb_result *result);

/* The table of these runs; nothing when there is none. */
void mb_against_table_add(struct mb_strbuf *text, const struct mb_term *term,
			  const struct mb_against *against, const struct mb_result *result);

void mb_against_close(struct mb_against *against);

#endif
