/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_FIT_H
#define MB_CLI_PREDICT_FIT_H

#include "cli/cmd.h"
#include "core/boot.h"
#include "numa/topo.h"
#include "reports/costmodel_holdout.h"
#include "reports/costmodel_host.h"

#define MB_PREDICT_MAX_HOLDOUTS 32

/* The fit that predictions are made with: that of the store, of another host's file, or a new one. */
struct mb_predict_fit {
	struct mb_costmodel_host host; /* that it is of, with all its fits */
	const struct mb_costmodel *model;
	char *path; /* where it is kept */
	bool fresh; /* it was made just now */
	/* Of a fresh one. */
	size_t nr_machines, rounds;
	struct mb_costmodel_holdout holdouts[MB_PREDICT_MAX_HOLDOUTS]; /* with --hold-out */
	size_t nr_holdouts;
};

/*
 * Finds or makes it, for boots of config; a signal ends these. result has the facts and knobs of this host. MB_EXIT_OK, or the exit
 * status after saying why there is none; the caller ends it in either case.
 */
int mb_predict_fit_get(const struct mb_cli *cli, const struct mb_boot_config *config,
		       const struct mb_topo *topo, const struct mb_result *result,
		       struct mb_predict_fit *ret_fit);

/* "6.1 vmemmap 64 x86_64 4K": boots of what kind a fit is for. */
struct mb_predict_key {
	char text[96];
};
struct mb_predict_key mb_predict_fit_key(const struct mb_boot_config *config);

/* A fact of its host, or "not known". */
const char *mb_predict_fit_fact(const struct mb_predict_fit *fit, const char *name);

/* Whether it was fitted on CPUs of another architecture than the machine's, as far as is known. */
bool mb_predict_fit_other_arch(const struct mb_predict_fit *fit, const struct mb_machine *machine);

/* Accepts a zeroed one. */
void mb_predict_fit_fini(struct mb_predict_fit *fit);

#endif
