/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_CAPTURE_H
#define MB_NUMA_CAPTURE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "numa/redact.h"
#include "numa/sysroot_open.h"

/*
 * The files of a tree that say something about its memory, in memory. One row a kind of file: what
 * readers of trees open has a row here, and some more that people look at.
 */
struct mb_capture_row {
	const char *path;     /* a pattern as in fnmatch(3), part by part */
	mb_redact_fn *redact; /* mb_redact_nothing: it has no identity in it; never NULL */
	bool may_lack;        /* many hosts have no such file, which is nothing to tell */
};

extern const struct mb_capture_row mb_capture_rows[];
extern const size_t mb_nr_capture_rows;

/* Whether a path is one of a row's, or of any row's. */
bool mb_capture_row_wants(size_t row, const char *path);
bool mb_capture_wants(const char *path);

/* What came of a row. */
struct mb_capture_part {
	size_t files, bytes;
	struct mb_redact_counts redacted;
	size_t failed;                     /* files that are not captured */
	int error;                         /* of the first of them: why; a negative errno */
	char failure[MB_ARCHIVE_MAX_PATH]; /* and its path, or the folder's that cannot be listed */
};

struct mb_capture {
	struct mb_archive archive;     /* settled */
	struct mb_capture_part *parts; /* of each row */
};

/*
 * Collects the files of a tree; redact: without what the rows can take out. What cannot be read is
 * left out and counted. The kernel log of the live system becomes the file dmesg; the links memoryN
 * of a node the file memory_blocks; proc/iomem counts as unreadable where it hides its addresses;
 * else a file stays as it is, but for NUL bytes, which end it. 0
 * and a capture that the caller ends, -ECANCELED once *cancel is not 0 (NULL: never), -ENOMEM.
 */
int mb_capture_collect(const struct mb_sysroot *root, bool redact, const atomic_int *cancel,
		       struct mb_capture *ret_capture);

void mb_capture_fini(struct mb_capture *capture);

#endif
