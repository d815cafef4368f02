/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_CALIBRATE_H
#define MB_CLI_PREDICT_CALIBRATE_H

#include <stdatomic.h>

#include "cli/progress.h"
#include "core/boot.h"
#include "numa/topo.h"
#include "reports/costmodel.h"

/*
 * Real boots of small machines on this host, to fit the cost model on: memory, nodes, reservations, holes, workers and policies vary. All
 * machines take their turn in random order, again and again, as long as the budget lasts, so that what the host does meanwhile falls on all
 * alike.
 */

/* What is asked for. The caller owns all of it. */
struct mb_predict_calibrate {
	const struct mb_topo *topo;
	const struct mb_profile *profile;
	const struct mb_memmodel_row *model;
	const struct mb_page_size *struct_page;
	/* Architecture and page size of what is booted; NULL: this host's. */
	const struct mb_machine *like;
	uint64_t allowed_bytes; /* real memory that may be used */
	size_t least;           /* machines without which nothing is booted; 0: one */
	double budget_s;
	uint64_t seed;            /* of the order */
	const atomic_int *cancel; /* may be NULL */
	/* Of the run, for a progress line; any thread may read them. */
	atomic_uint_fast64_t began_ns; /* 0: not yet */
	atomic_uint round;             /* from 1 */
};

#define MB_PREDICT_MIN_ROUNDS 3
#define MB_PREDICT_MAX_ROUNDS 15

/* What came of it. Zeroed before. */
struct mb_predict_boots {
	struct mb_costmodel_sample *samples; /* one a machine */
	size_t nr_samples, rounds;
	size_t nr_boots; /* that ended, those of a round that did not among them */
	uint64_t
		enough_bytes; /* after -ENOMEM: for as many machines as are wanted; 0: no size is */
	double scatter;       /* median over machines: MAD of a boot's time over its median */
	struct mb_predict_machine *machines; /* what the samples point into */
};

/*
 * Boots them. 0; -ECANCELED; -ETIME as soon as the budget is seen not to hold MB_PREDICT_MIN_ROUNDS of all; -ENOMEM when fewer fit than
 * are wanted; or what a boot returned, with err.
 */
int mb_predict_calibrate_run(struct mb_predict_calibrate *want, struct mb_err *err,
			     struct mb_predict_boots *ret_boots);

/* For mb_progress_watch(); arg is a struct mb_predict_calibrate. */
void mb_predict_calibrate_view(void *arg, struct mb_progress_view *ret_view);

/*
 * The index-th machine text, policy and threads (0: as many as a node has) of a host with nodes of that many CPUs. False behind the last
 * one.
 */
struct mb_predict_row {
	char text[1024];
	enum mb_policy policy;
	unsigned threads;
};
bool mb_predict_calibrate_row(size_t index, unsigned host_cpus, struct mb_predict_row *ret_row);

void mb_predict_boots_fini(struct mb_predict_boots *boots);

#endif
