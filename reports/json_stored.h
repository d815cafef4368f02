/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_JSON_STORED_H
#define MB_REPORTS_JSON_STORED_H

#include "core/base/err.h"

/* JSON files in which figures of a host are stored from one run of the program to the next: what reading them has in common. */

typedef struct json_t json_t;

#define MB_JSON_STORED_MAX_BYTES ((size_t)16 << 20) /* a larger file is refused */

/* One kind of them. */
struct mb_json_stored {
	const char *member; /* of the root object, with the version: "memboot_noise" */
	int version;
	const char *what; /* for reasons: "noise" */
	const char
		*anew; /* what to do about a file of an older version: "measure the noise anew" */
	/* Reads the root. 0; -EINVAL with err; -ENOMEM, with or without. */
	int (*read)(const json_t *root, struct mb_err *err, void *arg);
};

/*
 * Reads a file of a kind with its function. 0; -ENOENT without such a file; -ESTALE for one of an older version; -EINVAL for one that is
 * none, or of a newer version; or another errno; always with err.
 */
int mb_json_stored_read(const char *path, const struct mb_json_stored *kind, struct mb_err *err,
			void *arg);

#endif
