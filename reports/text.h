/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_TEXT_H
#define MB_REPORTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/strbuf.h"

/* Text from outside (host names, command lines, files), made fit for a place where not every byte is welcome. */

/*
 * Takes one character off *text, which must not be at its end. The code point, or UINT32_MAX and one byte taken when
 * what is there is not UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
 */
uint32_t mb_text_next(const char **text);

/* Whether both are the same text, or both are NULL. */
bool mb_text_same(const char *one, const char *other);

/* Adds text with each byte that is not UTF-8 written as \xHH. */
void mb_text_add_utf8(struct mb_strbuf *buf, const char *text);

/*
 * Adds text for one line of a terminal: bytes that are not UTF-8, control characters, line separators and direction
 * overrides are written as \n, \t, \xHH or \uHHHH.
 */
void mb_text_add_printable(struct mb_strbuf *buf, const char *text);

/* Adds an argument as a shell would need it: after a space unless buf is empty, in quotes where it must be. */
void mb_text_add_argument(struct mb_strbuf *buf, const char *argument);

/*
 * Adds words to buf's last line as mb_text_add_printable() does, and ends the line. It is broken at spaces so that none is wider than columns, as
 * far as words allow, and each further one begins at indent. A number stays with the word behind it, its unit.
 */
void mb_text_add_wrapped(struct mb_strbuf *buf, const char *words, size_t indent, size_t columns);

/* Terminal cells that printable text takes: wide East Asian characters two, combining marks none. */
size_t mb_text_width(const char *text);

#endif
