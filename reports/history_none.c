/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "reports/history.h"

/* For builds without SQLite: no history opens, so nothing else is called with one. */
static int fail(struct mb_err *err)
{
	return MB_FAIL(err, -ENOTSUP,
		       "a history needs SQLite, which this program was built without "
		       "(libsqlite3-dev)");
}

int mb_history_open(const char *path, enum mb_history_mode mode, struct mb_err *err,
		    struct mb_history **ret_history)
{
	return fail(err);
}

void mb_history_close(struct mb_history *history)
{
}

const char *mb_history_version(void)
{
	return "none";
}

int mb_history_check(const struct mb_history_item *items, size_t count, struct mb_err *err)
{
	return fail(err);
}

int mb_history_add(struct mb_history *history, const struct mb_history_item *items, size_t count,
		   struct mb_err *err, size_t *ret_new)
{
	return fail(err);
}

int mb_history_list(struct mb_history *history, const struct mb_history_query *query,
		    struct mb_err *err, struct mb_history_entries *ret_entries)
{
	return fail(err);
}

void mb_history_entries_fini(struct mb_history_entries *entries)
{
}

int mb_history_load(struct mb_history *history, int64_t id, struct mb_err *err,
		    struct mb_result **ret_result)
{
	return fail(err);
}

int mb_history_find(struct mb_history *history, const struct mb_history_query *query,
		    struct mb_err *err, struct mb_history_lines *ret_lines)
{
	return fail(err);
}

void mb_history_lines_fini(struct mb_history_lines *lines)
{
}

int mb_history_points(struct mb_history *history, const struct mb_history_line *line,
		      const struct mb_history_query *query, struct mb_err *err,
		      struct mb_history_points *ret_points)
{
	return fail(err);
}

void mb_history_points_fini(struct mb_history_points *points)
{
}

void mb_history_add_setting(struct mb_strbuf *text, const struct mb_result *result)
{
}
