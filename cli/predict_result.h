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

/* A machine, and what a fit says of it. */
struct mb_predict_answer {
	struct mb_predict_target target;
	struct mb_costmodel_prediction prediction;
};

/* One point of a curve. */
struct mb_predict_point {
	double value; /* of what is varied */
	double memory_bytes, threads;
	struct mb_costmodel_value first_allocation, all_memory;
	unsigned beyond;
};

/* Facts that say what predicted: where and when it was fitted. */
#define MB_PREDICT_FACT_HOST   "predicted_for"
#define MB_PREDICT_FACT_KERNEL "predicted_kernel"
#define MB_PREDICT_FACT_MADE   "predicted_fit"

void mb_predict_result_add_fit(struct mb_result *result, const struct mb_predict_fit *fit);

/* Stages, the nodes' parts of the deferred one, and totals. */
void mb_predict_result_add(struct mb_result *result, const struct mb_costmodel *model,
			   const struct mb_predict_answer *answer);

/* The totals of a curve's points; the value is an argument of the run, by its name. */
void mb_predict_result_add_curve(struct mb_result *result, const struct mb_predict_vary *vary,
				 const struct mb_predict_point *points);

/* Sets the three figures of a run. */
void mb_predict_result_set(struct mb_run *run, const struct mb_costmodel_value *value);

#endif
