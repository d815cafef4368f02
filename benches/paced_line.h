/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_PACED_LINE_H
#define MB_BENCHES_PACED_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/strbuf.h"

/*
 * The lines that `memboot bench --paced` and whoever paces it (`memboot gate`) speak: words and numbers with one space between them,
 * a line each. The paced process says
 *
 *   memboot-paced VERSION ROWS                 once, then for each of its rows in order, from 0
 *   row NUMBER NAME
 *
 * and then answers each line that it reads with one:
 *
 *   open NUMBER     sets up this row      ->  opened NUMBER
 *   turn ROUNDS     so many rounds of it  ->  took NS LOOP_NS
 *   close           checks and ends it    ->  closed PAGES OPS BYTES
 *   end             or the end of input: it ends, without an answer
 *
 * NS is the median round, LOOP_NS what all of them took with what they do not time. PAGES, OPS and BYTES are those of a round, 0 where
 * they are not its unit, and of a row that had no turn: that one is ended unchecked. Instead of an answer it may say
 *
 *   failed STATUS REASON                       STATUS: "skipped", what this host cannot do, or "error"; the row is closed then
 *   wrong REASON                               the line made no sense here; nothing has changed
 *
 * One row is open at a time. What else stands on its standard output is an error; words for people are on its standard error.
 */
#define MB_PACED_VERSION 1

#define MB_PACED_LINE_BYTES 512 /* the longest, with its end */

enum mb_paced_word {
	MB_PACED_HELLO,
	MB_PACED_ROW,
	MB_PACED_OPEN,
	MB_PACED_OPENED,
	MB_PACED_TURN,
	MB_PACED_TOOK,
	MB_PACED_CLOSE,
	MB_PACED_CLOSED,
	MB_PACED_END,
	MB_PACED_FAILED,
	MB_PACED_WRONG,
	MB_PACED_NR_WORDS,
};

/* What is not in a line of this word is 0. */
struct mb_paced_line {
	enum mb_paced_word word;
	uint64_t version, rows;
	uint64_t row; /* NUMBER */
	uint64_t rounds;
	double ns, loop_ns; /* finite and not below 0 */
	uint64_t pages, ops, bytes;
	char status[16];
	char text
		[256]; /* NAME or REASON, printable ASCII; longer ones are cut when written and refused when read */
};

/* Adds the line and its end. */
void mb_paced_line_add(struct mb_strbuf *buf, const struct mb_paced_line *line);

/* Reads a line without its end. 0; -EINVAL for anything else than what is above, and *ret_line stays as it was. */
int mb_paced_line_parse(const char *text, size_t length, struct mb_paced_line *ret_line);

#endif
