/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_OPEN_H
#define MB_NUMA_SYSROOT_OPEN_H

#include "numa/archive.h"

/*
 * Where the files of a tree are: below a folder, which "/" makes the live system, or in an archive
 * that was read into memory. A folder needs no mb_sysroot_open(): {.path = "/"} will do. Readers
 * never change it.
 */
struct mb_sysroot {
	const char *path;          /* of the folder or the archive; borrowed */
	struct mb_archive archive; /* without files: path is a folder */
};

/*
 * The folder or the archive at path, which must outlive the tree. 0 and a tree that the caller ends
 * with mb_sysroot_close(); -ENOENT for what is neither, or what mb_archive_read() returns; then err
 * has the reason without the path.
 */
int mb_sysroot_open(const char *path, struct mb_err *err, struct mb_sysroot *ret_root);

void mb_sysroot_close(struct mb_sysroot *root);

#endif
