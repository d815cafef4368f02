/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_WORDS_H
#define MB_CLI_PREDICT_WORDS_H

#include "cli/predict_result.h"
#include "core/base/strbuf.h"

/* What tables and results say about a prediction in words: fragments, nothing where there is nothing to say. */

/* What it goes beyond (bits of mb_costmodel_prediction): "the fit's boots had at most 8 nodes". */
void mb_predict_words_beyond(struct mb_strbuf *text, const struct mb_costmodel *model,
			     unsigned beyond);

/* A curve's knee, and what is behind it: "8 threads a node; doubling that gains less than 5 %". */
void mb_predict_words_knee(struct mb_strbuf *text, const struct mb_predict_vary *vary,
			   const struct mb_predict_point *points);

#endif
