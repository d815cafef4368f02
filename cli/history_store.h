/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_HISTORY_STORE_H
#define MB_CLI_HISTORY_STORE_H

#include "cli/cmd.h"
#include "reports/history.h"

/* `memboot history`: what its parts share, and what goes into the file and comes out of it as results. */

struct mb_history_job {
	const struct mb_cli *cli;
	char **args; /* operands after the verb */
	int nr_args;
	const char *path; /* of the history */
	struct mb_history *history;
	struct mb_facts labels; /* --label */
};

/* Each an enum mb_exit. */
int mb_history_store_add(struct mb_history_job *job);
int mb_history_store_import(struct mb_history_job *job);
int mb_history_store_export(struct mb_history_job *job);
int mb_history_store_list(struct mb_history_job *job);

/* Opens what --history or the environment names: an enum mb_exit. */
int mb_history_store_open(struct mb_history_job *job, enum mb_history_mode mode);

/*
 * The revision that a name or the beginning of one stands for, among those in the history: an enum mb_exit, and a text that the
 * caller frees. NULL stays NULL.
 */
int mb_history_store_resolve(struct mb_history_job *job, const char *name, char **ret_revision);

/* Says why the history cannot be read or written; the exit status. */
int mb_history_store_fail(const struct mb_history_job *job, const struct mb_err *err);

#endif
