/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_ANSWER_H
#define MB_REPORTS_ANSWER_H

#include "reports/answer_line.h"
#include "reports/result.h"

/* The answer of one result. 0 or -ENOMEM; the caller finishes ret_answer in either case. */
int mb_answer_make(const struct mb_result *result, struct mb_answer *ret_answer);

#endif
