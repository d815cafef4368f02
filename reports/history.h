/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_HISTORY_H
#define MB_REPORTS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"
#include "reports/result.h"

/*
 * Results over time in one SQLite file, for finding changes. A result is one process run; each of its rows (reports/row.h) gives
 * one sample a metric, the figure that stands for its repetitions, and the whole result is kept beside them. Samples of one host
 * class, row, setting, metric and set of labels are a series.
 *
 * The file has a rollback journal and is alone when nobody writes, so it can be copied, cached and be read-only. A writer waits for
 * others; what mb_history_add() has returned 0 for is on the disk, whatever is killed then. A failed call leaves the file as it was.
 * One history belongs to one thread.
 *
 * Failures, each with err: -ENOENT; -EACCES and -EROFS: read-only; -ENOSPC and -EFBIG: full; -EINVAL: another program's file, or of a
 * newer schema; -EUCLEAN: truncated or damaged; -EBUSY: another writer did not end; -ENOTSUP: built without SQLite; -ENOMEM; -EIO.
 */
#define MB_HISTORY_SCHEMA_VERSION 1

struct mb_history;

enum mb_history_mode {
	MB_HISTORY_READ, /* what mb_history_add() never wrote to, such as an empty file, is none: -EINVAL */
	MB_HISTORY_WRITE, /* made when it is not there, or is an empty file */
};

int mb_history_open(const char *path, enum mb_history_mode mode, struct mb_err *err,
		    struct mb_history **ret_history);
void mb_history_close(struct mb_history *history);

/* "3.40.1", or "none". */
const char *mb_history_version(void);

/* --- writing --- */

/* A result and where it belongs; all borrowed. */
struct mb_history_item {
	const struct mb_result *result; /* a complete one; else -EINVAL */
	const char *host_class;
	const char *revision;
	const struct mb_facts *labels; /* name and value; NULL: none */
	const char *now_utc; /* the time of a result that does not say when it began; ISO 8601 */
	const char *name;    /* how err calls it, such as its file */
};

/* What can be said against them before there is a history: -EINVAL and -ENODATA as below. */
int mb_history_check(const struct mb_history_item *items, size_t count, struct mb_err *err);

/*
 * Adds all of them, or none. One that the file has already, byte for byte and under the same revision, is not added again;
 * *ret_new is how many were. -EEXIST: it is there under another revision. -ENODATA: it has no figure that is worth tracking.
 */
int mb_history_add(struct mb_history *history, const struct mb_history_item *items, size_t count,
		   struct mb_err *err, size_t *ret_new);

/* --- reading: texts belong to the lists, which the _fini functions end --- */

/* What to read; zeroed: everything. */
struct mb_history_query {
	const char *host_class;
	const char *revision;
	const struct mb_facts *labels; /* results that have all of them */
	const char
		*since; /* a revision that parts the samples of a series: mb_history_points.after */
	size_t newest;  /* results, or samples of a series: the newest ones alone; 0: all */
	bool (*wanted)(const void *arg, const char *row); /* series of these rows; NULL: of all */
	const void *arg;
};

struct mb_history_entry {
	int64_t id;
	char *host_class, *revision, *started_utc;
	char *labels; /* "kernel=6.12 flags=O2", or "" */
	size_t samples;
};

struct mb_history_entries {
	struct mb_history_entry *rows; /* by the time of their revision, then their own */
	size_t count;
};

int mb_history_list(struct mb_history *history, const struct mb_history_query *query,
		    struct mb_err *err, struct mb_history_entries *ret_entries);
void mb_history_entries_fini(struct mb_history_entries *entries);

/*
 * A result as it was added, with the facts revision, host_class and label:KEY as the history has them. The caller frees it.
 */
int mb_history_load(struct mb_history *history, int64_t id, struct mb_err *err,
		    struct mb_result **ret_result);

struct mb_history_line {
	int64_t id;
	char *host_class;
	char *row;     /* mb_row_add_name() */
	char *setting; /* mb_history_add_setting() */
	char *labels;  /* of each of its results: "kernel=6.12 flags=O2", or "" */
	int metric;
};

struct mb_history_lines {
	struct mb_history_line *rows; /* by host class, row, setting, labels and metric */
	size_t count;
};

/*
 * The series of a host class, or of all, and of the wanted rows; those of metrics that this version does not know are left out. Where
 * results have labels it looks at all samples of these rows.
 */
int mb_history_find(struct mb_history *history, const struct mb_history_query *query,
		    struct mb_err *err, struct mb_history_lines *ret_lines);
void mb_history_lines_fini(struct mb_history_lines *lines);

/* The samples of a series in order: revisions by the time of their first result, results of a revision by their own. */
struct mb_history_points {
	double *values;
	char **revisions, **started_utc; /* of each value */
	size_t count;
	size_t after; /* the first sample of a revision later than the query's since, be that in the series or not */
};

int mb_history_points(struct mb_history *history, const struct mb_history_line *line,
		      const struct mb_history_query *query, struct mb_err *err,
		      struct mb_history_points *ret_points);
void mb_history_points_fini(struct mb_history_points *points);

/* What else of a result tells its series apart, as text: the machine, the kernel's rules, the policy, … ; "" for benches. */
void mb_history_add_setting(struct mb_strbuf *text, const struct mb_result *result);

#endif
