/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COSTMODEL_H
#define MB_REPORTS_COSTMODEL_H

#include <stddef.h>

#include "core/base/strbuf.h"
#include "reports/costmodel_features.h"

/*
 * What bringing memory up costs, as a model: the features of a machine (counts that a dry run has) times coefficients that were fitted on
 * boots of this or another host. A phase is a stage of the boot, fitted on its own times. Each is a sum of terms, but for two of the
 * workers of the deferred stage, which count as the root of the sum of their squares: the CPUs' time, the longer of a node's pages over its
 * threads and all pages of a group over its CPUs, and the memory's, their bytes over its bandwidth. No I/O, no clock, no state; times are
 * nanoseconds, memory is pages, and every count is a double.
 */

/*
 * Of the terms, of what they multiply, and of how fits are stored: a fit of another version says nothing here. It changes with any of these.
 */
#define MB_COSTMODEL_VERSION 2

/* --- terms --- */

enum mb_costmodel_kind {
	MB_COSTMODEL_FIXED,     /* once */
	MB_COSTMODEL_SERIAL,    /* the boot CPU's, by what it multiplies */
	MB_COSTMODEL_CPU,       /* of the workers: time of their CPUs */
	MB_COSTMODEL_BANDWIDTH, /* of the workers: what the memory takes */
	MB_COSTMODEL_LOCK,      /* of the workers: padata's lock and walk, by chunk */
	MB_COSTMODEL_BARRIER,   /* of the workers: start and end of jobs */
};

/* "fixed", "serial", "cpu", "bandwidth", "lock", "barrier". */
const char *mb_costmodel_kind_name(enum mb_costmodel_kind kind);

struct mb_costmodel_term_row {
	enum mb_costmodel_phase phase;
	enum mb_costmodel_kind kind;
	const char *name; /* "early pages" */
	const char *unit; /* of the coefficient: "ns/page" */
	const char *of;   /* what it multiplies, for people */
	double scale;     /* nanoseconds of a unit: 1 ns, 1000 us */
	/* What it multiplies, of one of the groups. */
	double (*load)(const struct mb_costmodel_features *features, size_t group);
};

/* The terms of a phase stand together, in the order of the phases. */
#define MB_COSTMODEL_NR_TERMS 42
extern const struct mb_costmodel_term_row mb_costmodel_terms[MB_COSTMODEL_NR_TERMS];

/* --- fit --- */

/* Boots of one machine: ns[phase * repetitions + i]; NaN where the stage did not run. */
struct mb_costmodel_sample {
	struct mb_costmodel_features features;
	const double *ns; /* borrowed */
	size_t repetitions;
};

#define MB_COSTMODEL_CONFIDENCE 0.90
#define MB_COSTMODEL_MAX_TERMS  6 /* of a phase */
#define MB_COSTMODEL_MIN_POINTS 6 /* machines that a fit needs at least */

struct mb_costmodel_phase_fit {
	double points;   /* machines that had it; 0: the phase is not predicted */
	double residual; /* relative scatter of boots about the fit, as a standard deviation */
	double freedom;  /* degrees of it */
};

/* The fit of one kernel profile on one host. Plain data: copy it as you like. */
struct mb_costmodel {
	double coefficients
		[MB_COSTMODEL_NR_TERMS]; /* at least 0, in ns; of bandwidth: ns per byte */
	/* Of a coefficient with those of its phase, in the order of their rows; 0 where one was held at 0. */
	double covariance[MB_COSTMODEL_NR_TERMS][MB_COSTMODEL_MAX_TERMS];
	struct mb_costmodel_phase_fit phases[MB_COSTMODEL_NR_PHASES];
	struct mb_costmodel_phase_fit all; /* the same of the times to all memory */
	/* Where it was fitted: log2 of the memmap's pages, from, to, and the sum of squares about their mean; the largest of others. */
	double size_low, size_high, size_spread;
	double max_threads, max_nodes; /* threads of all nodes of a group */
};

enum mb_costmodel_status {
	MB_COSTMODEL_FITTED = 0,
	MB_COSTMODEL_TOO_FEW,  /* machines, or alike */
	MB_COSTMODEL_LOADED,   /* the host was busy with something else */
	MB_COSTMODEL_SCATTERED /* the times do not follow the model */
};

/*
 * Fits on medians over repetitions, by relative error, with coefficients that are at least 0. loaded: what was wrong with the host
 * meanwhile, NULL: nothing. ret_why gets the reason of an unfit host, as a fragment, and *ret_model is untouched then. The status, or a
 * negative errno: -ENOMEM; -EINVAL for samples that make no sense.
 */
int mb_costmodel_fit(const struct mb_costmodel_sample *samples, size_t count, const char *loaded,
		     struct mb_strbuf *ret_why, struct mb_costmodel *ret_model);

/* --- prediction --- */

struct mb_costmodel_value {
	double ns, low,
		high; /* interval of MB_COSTMODEL_CONFIDENCE; NaN: the fit does not have it */
};

/* What a prediction goes beyond: bits. */
#define MB_COSTMODEL_BEYOND_SIZE    1u
#define MB_COSTMODEL_BEYOND_THREADS 2u
#define MB_COSTMODEL_BEYOND_NODES   4u
/* More threads than were fitted, and neither fit nor caller knows a bandwidth: times are lower bounds. */
#define MB_COSTMODEL_NO_BANDWIDTH 8u

struct mb_costmodel_prediction {
	struct mb_costmodel_value phases[MB_COSTMODEL_NR_PHASES];
	struct mb_costmodel_value first_allocation; /* to the end of memblock_free_all */
	struct mb_costmodel_value all_memory;       /* to the last page in the buddy */
	unsigned beyond;
};

void mb_costmodel_predict(const struct mb_costmodel *model,
			  const struct mb_costmodel_features *features,
			  struct mb_costmodel_prediction *ret_prediction);

/* One node's part of the deferred stage, as its own line of the kernel's log would have it. */
void mb_costmodel_predict_node(const struct mb_costmodel *model,
			       const struct mb_costmodel_features *features, size_t index,
			       struct mb_costmodel_value *ret_value);

/* A term at some size. */
struct mb_costmodel_share {
	double coefficient, error; /* in the row's unit; error: standard deviation, 0: held at 0 */
	double ns;                 /* what it adds to the phase; the terms of a phase add up */
	double share;              /* of the phase's time */
	bool rules;                /* the largest of its phase */
};

/* shares: MB_COSTMODEL_NR_TERMS of them, in the order of the rows. */
void mb_costmodel_explain(const struct mb_costmodel *model,
			  const struct mb_costmodel_features *features,
			  struct mb_costmodel_share *shares);

/* --- curves --- */

/*
 * The knee of a curve of times over ascending x: index of the first point from which on more is not worth it, as every later one is faster
 * by less than gain (0.05: 5 %) for each doubling of x on the way. count - 1 when the last one still gains; count must not be 0.
 */
size_t mb_costmodel_knee(const double *x, const double *y, size_t count, double gain);

#endif
