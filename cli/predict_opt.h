/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_OPT_H
#define MB_CLI_PREDICT_OPT_H

#include "cli/cmd.h"
#include "cli/predict_vary.h"
#include "core/stage.h"

/*
 * Whether the options of `memboot predict` go together: what one of them leaves no meaning to is refused, not forgotten. vary is what --vary
 * says, its count 0 without that. MB_EXIT_OK, or the exit status after saying which two do not.
 */
int mb_predict_opt_check(const struct mb_cli *cli, enum mb_policy policy,
			 const struct mb_predict_vary *vary);

#endif
