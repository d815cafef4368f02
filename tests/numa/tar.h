/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_NUMA_TAR_H
#define MB_TESTS_NUMA_TAR_H

#include <stddef.h>

/*
 * Tar archives made by hand (POSIX ustar), also such as no tool makes. Zero-initialise; the caller
 * frees bytes. Failures end the test.
 */
struct tar {
	char *bytes;
	size_t length;
};

/*
 * Adds an entry: type is ustar's typeflag ('0' file, '1' hard link, '2' symbolic link, '3' device,
 * '5' folder, '6' pipe), size what the header claims.
 */
void tar_add_entry(struct tar *tar, const char *name, char type, const void *data, size_t length,
		   unsigned long long size);

/* Adds a file with this text. */
void tar_add(struct tar *tar, const char *name, const char *text);

/* The two blocks of zeros. */
void tar_end(struct tar *tar);

/* Writes it to a new temporary file, whose name the caller unlinks and frees. */
char *tar_file(const struct tar *tar);

#endif
