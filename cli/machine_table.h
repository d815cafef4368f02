/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_MACHINE_TABLE_H
#define MB_CLI_MACHINE_TABLE_H

#include "cli/term.h"
#include "core/machine.h"
#include "numa/host_map.h"

/*
 * A machine for people: what it is, where its map comes from and how much of it is reserved, then its
 * nodes with memory, CPUs, ranges and the host node that stands for each. Without verbose only the
 * first ranges of a node are shown; with it also the reserved ranges, and the distances where they
 * are not all 10 and 20. A failed allocation is remembered in text.
 */
void mb_machine_table_add(struct mb_strbuf *text, const struct mb_term *term,
			  const struct mb_machine *machine, const struct mb_host_map *map,
			  bool verbose);

/* A heading line. */
void mb_machine_table_heading(struct mb_strbuf *text, const struct mb_term *term,
			      const char *title);

/*
 * The last cells of a row: words, broken at blanks into as many rows as they need. nr_before cells of each further row stay empty.
 */
struct mb_table;
void mb_machine_table_wrap(struct mb_table *table, unsigned nr_before, const char *words);

/* A size that is a round number: "4 KiB". */
void mb_machine_table_add_unit(struct mb_strbuf *text, uint64_t bytes);

#endif
