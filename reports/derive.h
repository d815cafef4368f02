/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_DERIVE_H
#define MB_REPORTS_DERIVE_H

#include "reports/result.h"

/* Metrics that follow from others: instructions per cycle, misses per page, traffic. */

/* Of one repetition, wherever what they follow from is there and is not divided by 0. */
void mb_derive_set(struct mb_run *run, size_t repetition);

#endif
