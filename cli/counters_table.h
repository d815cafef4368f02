/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_COUNTERS_TABLE_H
#define MB_CLI_COUNTERS_TABLE_H

#include "cli/term.h"
#include "reports/result.h"

/*
 * What events counted, from a result: a line for each stage or bench, for its nodes and with workers for those too, with the columns
 * that any has; below it what was estimated, what does not count here and why. Nothing where no event was asked for.
 */
void mb_counters_table_add(struct mb_strbuf *text, const struct mb_term *term,
			   const struct mb_result *result, bool workers);

/* "1.23 M": three digits with the prefix for thousands. */
struct mb_format_text mb_counters_table_number(double number);

#endif
