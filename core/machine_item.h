/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MACHINE_ITEM_H
#define MB_CORE_MACHINE_ITEM_H

#include <stdbool.h>

/* How a machine text (core/machine.h) is cut into items: by white space, '#' to the end of a line is a comment, quotes as in a shell. */

/*
 * The item of a machine text that is the next one from at on, as it is written: with its quotes, past comments. False behind the last one,
 * and at what is no item.
 */
struct mb_machine_item {
	const char *name, *equals, *end; /* in the text */
};
bool mb_machine_item_next(const char *at, struct mb_machine_item *ret_item);

/* Past white space and comments. */
const char *mb_machine_item_skip(const char *at);

/*
 * The end of the item at at, as it is written; *ret_equals is the first '=' outside of quotes, NULL without one. NULL with *ret_bad: a byte
 * that is no text, or the quote that nothing closes.
 */
const char *mb_machine_item_scan(const char *at, const char **ret_equals, char *ret_bad);

/* Copies a part of an item without its quotes to *out, and moves that behind it. */
void mb_machine_item_unquote(const char *at, const char *end, char **out);

#endif
