/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_HISTORY_SERIES_H
#define MB_CLI_HISTORY_SERIES_H

#include "cli/history_store.h"

/* `memboot history show` and `check`: what goes over the series; each an enum mb_exit. */
int mb_history_series_show(struct mb_history_job *job);
int mb_history_series_check(struct mb_history_job *job);

/* Whether a line is looked at unasked: what mb_row_groups chooses, and all of rows that have none of it. */
bool mb_history_series_is_main(const struct mb_history_lines *lines, size_t at);

#endif
