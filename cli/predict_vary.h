/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_VARY_H
#define MB_CLI_PREDICT_VARY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

/* --vary NAME=VALUES: what of a prediction is varied, and over which values. */

enum mb_predict_vary_what {
	MB_PREDICT_VARY_THREADS, /* of each node */
	MB_PREDICT_VARY_CHUNK,   /* of padata, bytes of memory */
	/* Items of the machine text. */
	MB_PREDICT_VARY_EACH,
	MB_PREDICT_VARY_NODES,
	MB_PREDICT_VARY_CPUS,
	MB_PREDICT_VARY_NR,
};

struct mb_predict_vary_row {
	const char *name;       /* as it is typed, and the item's */
	const char *one, *many; /* behind a value in a sentence: "threads a node" */
	bool bytes;             /* values are sizes */
	bool text;              /* an item of the machine text */
	bool workers;           /* of workers, which only policy deferred has */
	bool grows;             /* more of it takes longer: its knee is that of the time per unit */
};
extern const struct mb_predict_vary_row mb_predict_vary_rows[MB_PREDICT_VARY_NR];

#define MB_PREDICT_VARY_MAX 64 /* values */

struct mb_predict_vary {
	enum mb_predict_vary_what what;
	double values[MB_PREDICT_VARY_MAX]; /* they rise */
	size_t count;
};

/*
 * Reads "threads=1..128", "each=64G..4T" or "nodes=1,2,4". A range goes from its first value to its last one: it doubles where the
 * last one is four times the first one or more, else it goes in at most eight equal steps. 0; -EINVAL or -ERANGE with err.
 */
int mb_predict_vary_parse(const char *text, struct mb_err *err, struct mb_predict_vary *ret_vary);

/* "4", or "64 GiB". */
struct mb_predict_vary_text {
	char text[32];
};
struct mb_predict_vary_text mb_predict_vary_value(enum mb_predict_vary_what what, double value);

/*
 * A machine text with the item's value replaced by another; the caller frees it. NULL with err: -EINVAL when the text has no such item or
 * several, -ENOMEM.
 */
char *mb_predict_vary_text(const char *text, enum mb_predict_vary_what what, double value,
			   struct mb_err *err);

#endif
