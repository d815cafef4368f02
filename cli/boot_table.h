/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_BOOT_TABLE_H
#define MB_CLI_BOOT_TABLE_H

#include "cli/filter.h"
#include "cli/term.h"

struct mb_result;

/*
 * The tables of `memboot boot`, from its result: phases, zones, totals, above them a line when it is
 * not complete. With several repetitions a figure is the median, a share the median of theirs, and
 * the spread is the median absolute deviation. verbose: also the node lines of stages without
 * workers. filter, which may be NULL, says which lines there are; shares and notes are those of the whole result. A failed
 * allocation is remembered in text.
 */
void mb_boot_table_add(struct mb_strbuf *text, const struct mb_term *term,
		       const struct mb_result *result, const struct mb_filter *filter,
		       bool verbose);

/*
 * What stands below the tables: where the memmap is and, after a checked boot, the digest of its
 * descriptors and the free blocks of each order.
 */
void mb_boot_table_add_checks(struct mb_strbuf *text, const struct mb_result *result, bool checked);

#endif
