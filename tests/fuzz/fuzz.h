/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_FUZZ_FUZZ_H
#define MB_TESTS_FUZZ_FUZZ_H

#include <stdint.h>

#include "core/base/err.h"
#include "core/base/ranges.h"

/*
 * A target takes the bytes of one input, reads them as outside text, and ends the program where the
 * reader breaks a promise of its header. libFuzzer calls it with inputs of its own making
 * (scripts/fuzz), replay.c with those of corpus/. It keeps nothing between calls and returns 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program with the place and what should hold. */
#define MUST(condition) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #condition))
void fuzz_broken(const char *file, int line, const char *condition) __attribute__((noreturn));

/*
 * The bytes as a string of just their size, so that a reader that passes its end is caught. A NUL
 * among them ends the string early. The caller frees it.
 */
char *fuzz_text(const uint8_t *data, size_t size);

/* The result of a reader and its reason: one line of plain text exactly when it failed. */
void fuzz_check_err(int result, const struct mb_err *err);

/* Sorted, none empty, none overlaps or touches the one before. */
void fuzz_check_ranges(const struct mb_range *ranges, size_t count);

/* A folder for one input in memory, where there is such a place; ended with fuzz_tree_free(). */
char *fuzz_tree_new(void);

/* Writes a file below it, and the folders above the file. What cannot be a path is left out. */
void fuzz_tree_write(const char *tree, const char *path, const void *data, size_t size);

void fuzz_tree_free(char *tree);

#endif
