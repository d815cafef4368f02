/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_COUNTERS_LIST_H
#define MB_CLI_COUNTERS_LIST_H

#include "reports/table.h"

/*
 * `memboot list counters`: each group with its events, then the kernel's other names, and whether each counts on this host,
 * which is tried. Four columns: name, who knows it, what it tells, what came of it.
 */
void mb_counters_list_fill(struct mb_table *table);

#endif
