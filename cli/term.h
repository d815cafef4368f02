/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_TERM_H
#define MB_CLI_TERM_H

#include "cli/cmd.h"
#include "reports/format.h"
#include "reports/table.h"

/* What standard output can show. */
struct mb_term {
	bool colour;
	enum mb_format_charset charset;
	struct mb_table_options table; /* the same for tables, indented by two */
	unsigned columns; /* that sentences are wrapped at: the terminal's; 100 for none */
};

/* By --color, NO_COLOR, the terminal and the locale. */
struct mb_term mb_term_open(const struct mb_opts *opts);

/* Adds a table to text and frees it. NULL, or a failed allocation: it is remembered in text. */
void mb_term_add_table(struct mb_strbuf *text, const struct mb_term *term, struct mb_table *table);

/*
 * Writes text to standard output and empties it: MB_EXIT_OK, or MB_EXIT_USAGE after saying why not.
 * A reader that has gone away (EPIPE) is no error.
 */
int mb_term_write(const struct mb_cli *cli, struct mb_strbuf *text);

/*
 * Makes descriptors 0 to 2 refer to something, so that no file that is opened later becomes
 * standard output: what was closed gives an error when it is used. Also ignores SIGPIPE and
 * SIGXFSZ, so that such a write fails instead, and takes the character set from the locale.
 */
void mb_term_init(void);

/* Whether TERM says that no line can be drawn over: "dumb", or empty. */
bool mb_term_is_dumb(void);

/* Columns of the terminal behind a descriptor; 0 when it is none. */
unsigned mb_term_columns(int fd);

#endif
