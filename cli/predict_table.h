/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_TABLE_H
#define MB_CLI_PREDICT_TABLE_H

#include "cli/predict_result.h"
#include "cli/term.h"

/* The tables of `memboot predict`. A failed allocation is remembered in text. */

/* Phases, nodes and totals of a machine, each with its interval; what the prediction goes beyond stands below. */
void mb_predict_table_add(struct mb_strbuf *text, const struct mb_term *term,
			  const struct mb_costmodel *model, const struct mb_predict_target *target,
			  const struct mb_costmodel_prediction *prediction);

/* The terms of the model at that size: coefficients with errors, shares, which rule. */
void mb_predict_table_add_terms(struct mb_strbuf *text, const struct mb_term *term,
				const struct mb_costmodel *model,
				const struct mb_predict_target *target,
				const struct mb_costmodel_prediction *prediction);

/* A curve with a picture of the time to all memory, which last names, and a sentence that names its knee. */
void mb_predict_table_add_curve(struct mb_strbuf *text, const struct mb_term *term,
				const struct mb_predict_vary *vary,
				const struct mb_predict_point *points, const char *last);

/* Lines about what a prediction goes beyond (bits of mb_costmodel_prediction); nothing when it does not. */
void mb_predict_table_add_beyond(struct mb_strbuf *text, const struct mb_costmodel *model,
				 unsigned beyond);

/* A bar: full up to low, shaded up to high, in cells of which all together stand for most. */
void mb_predict_table_bar(struct mb_strbuf *text, const struct mb_costmodel_value *value,
			  double most, enum mb_format_charset charset);

#endif
