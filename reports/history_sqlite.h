/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_HISTORY_SQLITE_H
#define MB_REPORTS_HISTORY_SQLITE_H

#include <stdbool.h>

#include "core/base/err.h"

/* What the files that know SQLite share. */
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

struct mb_history {
	sqlite3 *db;
	bool empty;                 /* no schema yet */
	sqlite3_stmt *prepared[16]; /* what adding does, see history.c */
};

/* A failure in words: what the library said last. */
int mb_history_fail(const struct mb_history *history, struct mb_err *err);

/* Runs a statement on: 1 and a row is there, 0 and there is none left, or a failure. */
int mb_history_step(const struct mb_history *history, sqlite3_stmt *statement, struct mb_err *err);

/* Binds a text that stays until the statement is reset; NULL is null. */
void mb_history_bind_text(sqlite3_stmt *statement, int at, const char *text);

#endif
