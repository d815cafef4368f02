/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PROGRESS_H
#define MB_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A line on stderr that shows how far long work is, drawn by a thread of its own and wiped at the
 * end. Nothing is shown when stderr is no terminal or the work is over within half a second.
 */
struct mb_progress;

/* What to show now. */
struct mb_progress_view {
	char label[64];
	uint64_t done, total; /* total 0: not known, no bar */
	double left_s;        /* 0: not known */
};

/* Asked from the drawing thread, a few times a second. */
typedef void mb_progress_fn(void *arg, struct mb_progress_view *ret_view);

/*
 * NULL when nothing will be shown: not wanted, no terminal, no thread. The functions below accept
 * that.
 */
struct mb_progress *mb_progress_new(bool wanted);

/* Whom to ask; NULL: nobody. On return the one before is not asked any more and may be freed. */
void mb_progress_watch(struct mb_progress *progress, mb_progress_fn *fn, void *arg);

void mb_progress_free(struct mb_progress *progress);

/*
 * The line for a terminal of that many columns, without escape sequences; at most columns - 1 bytes
 * long.
 */
void mb_progress_line(const struct mb_progress_view *view, unsigned columns, char *ret_line,
		      size_t size);

#endif
