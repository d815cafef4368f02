/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_NUMA_TREE_H
#define MB_TESTS_NUMA_TREE_H

/* A small tree of files in a temporary folder, for one test. Failures end the test. */

/* The folder's path; ended with tree_free(). */
char *tree_new(void);

/* Writes a file below the tree with its folders; the text may be formatted. */
void tree_write(const char *tree, const char *path, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* Makes a folder with those above it. */
void tree_mkdir(const char *tree, const char *path);

/* Entry i of sys/firmware/memmap; the last byte belongs to the range. */
void tree_memmap(const char *tree, int i, unsigned long long first, unsigned long long last,
		 const char *type);

/* Removes the folder and all below it. */
void tree_free(char *tree);

#endif
