/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_PUBLISHED_H
#define MB_CLI_PREDICT_PUBLISHED_H

#include "cli/output.h"
#include "cli/predict_vary.h"

/*
 * `memboot predict --from-table`: the first two published points of a node, and what they say of the others; with vary (NULL: none) also
 * of other numbers of threads. An exit status.
 */
int mb_predict_published_run(const struct mb_cli *cli, const struct mb_output *output,
			     const struct mb_predict_vary *vary);

#endif
