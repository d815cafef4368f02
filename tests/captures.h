/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CAPTURES_H
#define MB_TESTS_CAPTURES_H

#include <stddef.h>

/*
 * The captured machines below tests/data/captures, whichever there are. A test calls one of these
 * and is skipped when the data folder is not known. Failures end the test.
 */

/* Calls fn with the path of each captured tree, by name; there is at least one. */
void captures_each(void (*fn)(const char *root, void *ctx), void *ctx);

/* A file of a tree, with a NUL behind it; ret_length may be NULL. The caller frees it; NULL: none. */
char *captures_read(const char *root, const char *path, size_t *ret_length);

#endif
