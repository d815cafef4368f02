/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_SUGGEST_H
#define MB_CLI_SUGGEST_H

#include <stddef.h>

/*
 * The nearest of the names that next(arg, 0), next(arg, 1), … give until NULL, when it is near
 * enough to be a slip of the hand: at most a third of its letters inserted, left out, changed or
 * swapped. NULL when none is.
 */
const char *mb_suggest(const char *word, const char *(*next)(const void *arg, size_t index),
		       const void *arg);

/* Edits between two words (optimal string alignment); words longer than 63 bytes are cut. */
unsigned mb_suggest_distance(const char *a, const char *b);

#endif
