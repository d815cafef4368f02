/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_RESULT_H
#define MB_CLI_PREDICT_RESULT_H

#include "cli/predict_fit.h"
#include "cli/predict_target.h"
#include "cli/predict_vary.h"
#include "reports/result.h"

/*
 * Predictions as runs of a result. They have metrics of their own, predicted_ns and its interval, and none that is measured, so that nobody
 * takes one for the other.
 */

/* One point of a curve. */
struct mb_predict_point {
	double value; /* of what is varied */
	double memory_bytes, threads;
	struct mb_costmodel_value first_allocation, all_memory;
	unsigned beyond;
};

/* What predicted, as facts of reports/predicted.h. */
void mb_predict_result_add_fit(struct mb_result *result, const struct mb_predict_fit *fit,
			       bool here);

/* What a fit says of a machine: stages, the nodes' parts of the deferred one, and totals. */
void mb_predict_result_add(struct mb_result *result, const struct mb_costmodel *model,
			   const struct mb_predict_target *target,
			   const struct mb_costmodel_prediction *prediction);

/* Its terms: coefficients with errors, in units that an argument says, and what they add to their phase. */
void mb_predict_result_add_terms(struct mb_result *result, const struct mb_costmodel *model,
				 const struct mb_predict_target *target,
				 const struct mb_costmodel_prediction *prediction);

/* In what any point of a curve lies beyond the fit: bits of enum mb_costmodel_beyond. */
unsigned mb_predict_result_beyond(const struct mb_predict_vary *vary,
				  const struct mb_predict_point *points);

/* The totals of a curve's points; the value is an argument of the run, by its name. */
void mb_predict_result_add_curve(struct mb_result *result, const struct mb_costmodel *model,
				 const struct mb_predict_vary *vary,
				 const struct mb_predict_point *points);

/* The knee of a curve. */
void mb_predict_result_add_knee(struct mb_result *result, const struct mb_predict_vary *vary,
				const struct mb_predict_point *points);

/* Sets the three figures of a run. */
void mb_predict_result_set(struct mb_run *run, const struct mb_costmodel_value *value);

#endif
