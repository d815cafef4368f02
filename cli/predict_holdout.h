/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_HOLDOUT_H
#define MB_CLI_PREDICT_HOLDOUT_H

#include "cli/predict_fit.h"
#include "cli/term.h"
#include "reports/result.h"

/* How far off a fit was on machines that were held out of it. */

/* A table; a failed allocation is remembered in text. */
void mb_predict_holdout_add(struct mb_strbuf *text, const struct mb_term *term,
			    const struct mb_predict_fit *fit);

/* The same as a fact of a result: "4 nodes 3.1 % (3 of 3 inside), …". Nothing when nothing was held out. */
void mb_predict_holdout_add_fact(struct mb_result *result, const struct mb_predict_fit *fit);

#endif
