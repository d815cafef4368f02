/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_UNCOUNTED_H
#define MB_REPORTS_UNCOUNTED_H

#include "core/base/strbuf.h"
#include "reports/result.h"

/* Events that count on the host and yet were not counted in some runs. */

/*
 * A line for each reason, with the events and in how many of the counted runs it stands: "  not counted in 3 of 20 rows: cycles: …".
 * Nothing where every event was counted. A failed allocation is remembered in text.
 */
void mb_uncounted_add(struct mb_strbuf *text, const struct mb_result *result);

/* The first run in which one was not counted, and that event; NULL: there is none. */
const struct mb_run *mb_uncounted_find(const struct mb_result *result, size_t *ret_counter);

#endif
