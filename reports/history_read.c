/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "core/base/strbuf.h"
#include "reports/history.h"
#include "reports/history_sqlite.h"
#include "reports/json.h"

/* The labels of a result r as one text, null where it has none. */
#define LABELS_OF_RESULT                                                        \
	"(SELECT group_concat(kv, ' ') FROM (SELECT key || '=' || value AS kv " \
	"FROM label WHERE result = r.id ORDER BY key))"

/* Adds what the query asks of a result r, a host class h and a revision v; bind_query() gives the values, from ?10 on. */
static void add_conditions(struct mb_strbuf *sql, const struct mb_history_query *query)
{
	mb_strbuf_add(sql, " WHERE (?10 IS NULL OR h.text = ?10)"
			   " AND (?11 IS NULL OR v.name = ?11)");
	for (size_t i = 0; query->labels && i < query->labels->count; i++)
		mb_strbuf_addf(sql,
			       " AND EXISTS(SELECT 1 FROM label l WHERE l.result = r.id AND "
			       "l.key = ?%zu AND l.value = ?%zu)",
			       12 + 2 * i, 13 + 2 * i);
}

static void bind_query(sqlite3_stmt *statement, const struct mb_history_query *query)
{
	mb_history_bind_text(statement, 10, query->host_class);
	mb_history_bind_text(statement, 11, query->revision);
	for (size_t i = 0; query->labels && i < query->labels->count; i++) {
		mb_history_bind_text(statement, 12 + 2 * (int)i, query->labels->rows[i].name);
		mb_history_bind_text(statement, 13 + 2 * (int)i, query->labels->rows[i].value);
	}
}

/* Newest first; who reads turns them round. */
static void add_order(struct mb_strbuf *sql, const struct mb_history_query *query)
{
	mb_strbuf_add(sql, " ORDER BY v.first_utc DESC, v.id DESC, r.started_utc DESC, r.id DESC");
	if (query->newest)
		mb_strbuf_addf(sql, " LIMIT %zu", query->newest);
}

static int prepare(struct mb_history *history, struct mb_strbuf *sql, struct mb_err *err,
		   sqlite3_stmt **ret_statement)
{
	if (sql->error)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	if (sqlite3_prepare_v2(history->db, mb_strbuf_text(sql), -1, ret_statement, NULL))
		return mb_history_fail(history, err);
	return 0;
}

static char *column(sqlite3_stmt *statement, int at)
{
	const char *text = (const char *)sqlite3_column_text(statement, at);

	return strdup(text ? text : "");
}

static void reverse(void *rows, size_t count, size_t size)
{
	unsigned char *bytes = rows;

	for (size_t i = 0; i < count / 2; i++)
		for (size_t k = 0; k < size; k++) {
			unsigned char *one = &bytes[i * size + k];
			unsigned char *other = &bytes[(count - 1 - i) * size + k], kept = *one;

			*one = *other;
			*other = kept;
		}
}

static int add_entry(struct mb_history_entries *entries, sqlite3_stmt *statement)
{
	struct mb_history_entry *entry;

	if (mb_grow(&entries->rows, entries->count, sizeof(*entry)))
		return -ENOMEM;
	entry = &entries->rows[entries->count++];
	*entry = (struct mb_history_entry){
		.id = sqlite3_column_int64(statement, 0),
		.host_class = column(statement, 1),
		.revision = column(statement, 2),
		.started_utc = column(statement, 3),
		.labels = column(statement, 4),
		.samples = (size_t)sqlite3_column_int64(statement, 5),
	};
	return entry->host_class && entry->revision && entry->started_utc && entry->labels
		       ? 0
		       : -ENOMEM;
}

int mb_history_list(struct mb_history *history, const struct mb_history_query *query,
		    struct mb_err *err, struct mb_history_entries *ret_entries)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf sql = {0};
	struct mb_history_entries entries = {0};
	sqlite3_stmt *statement = NULL;
	int r = 0;

	mb_strbuf_add(&sql, "SELECT r.id, h.text, v.name, r.started_utc, " LABELS_OF_RESULT
			    ", r.samples FROM result r JOIN host_class h ON h.id = r.host_class "
			    "JOIN revision v ON v.id = r.revision");
	add_conditions(&sql, query);
	add_order(&sql, query);
	if (!history->empty)
		r = prepare(history, &sql, err, &statement);
	if (!r && statement)
		bind_query(statement, query);
	while (!r && statement && (r = mb_history_step(history, statement, err)) > 0)
		r = add_entry(&entries, statement);
	sqlite3_finalize(statement);
	if (r) {
		mb_history_entries_fini(&entries);
		return MB_FAIL(err, r, "out of memory");
	}
	reverse(entries.rows, entries.count, sizeof(*entries.rows));
	*ret_entries = entries;
	return 0;
}

void mb_history_entries_fini(struct mb_history_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->rows[i].host_class);
		free(entries->rows[i].revision);
		free(entries->rows[i].started_utc);
		free(entries->rows[i].labels);
	}
	free(entries->rows);
	*entries = (struct mb_history_entries){0};
}

/* What the history says of a result stands above what the result says of itself. */
static void set_fact(struct mb_result *result, const char *name, sqlite3_stmt *statement, int at)
{
	mb_result_set_fact(result, name, (const char *)sqlite3_column_text(statement, at));
}

static int load_labels(struct mb_history *history, int64_t id, struct mb_err *err,
		       struct mb_result *result)
{
	sqlite3_stmt *statement = NULL;
	int r;

	if (sqlite3_prepare_v2(history->db, "SELECT key, value FROM label WHERE result = ?1", -1,
			       &statement, NULL))
		return mb_history_fail(history, err);
	sqlite3_bind_int64(statement, 1, id);
	while ((r = mb_history_step(history, statement, err)) > 0) {
		MB_FREE char *name = NULL;

		if (asprintf(&name, "label:%s", sqlite3_column_text(statement, 0)) < 0) {
			r = MB_FAIL(err, -ENOMEM, "out of memory");
			break;
		}
		set_fact(result, name, statement, 1);
	}
	sqlite3_finalize(statement);
	return r;
}

int mb_history_load(struct mb_history *history, int64_t id, struct mb_err *err,
		    struct mb_result **ret_result)
{
	static const char sql[] = "SELECT d.json, v.name, h.text FROM document d "
				  "JOIN result r ON r.id = d.result "
				  "JOIN revision v ON v.id = r.revision "
				  "JOIN host_class h ON h.id = r.host_class WHERE d.result = ?1";
	struct mb_result *result = NULL;
	sqlite3_stmt *statement = NULL;
	int r;

	if (history->empty)
		return MB_FAIL(err, -ENOENT, "the history has no such result");
	if (sqlite3_prepare_v2(history->db, sql, -1, &statement, NULL))
		return mb_history_fail(history, err);
	sqlite3_bind_int64(statement, 1, id);
	r = mb_history_step(history, statement, err);
	if (!r)
		r = MB_FAIL(err, -ENOENT, "the history has no such result");
	if (r > 0)
		r = mb_json_read((const char *)sqlite3_column_text(statement, 0),
				 (size_t)sqlite3_column_bytes(statement, 0), NULL, err, &result);
	if (!r) {
		set_fact(result, "revision", statement, 1);
		set_fact(result, "host_class", statement, 2);
		r = load_labels(history, id, err, result);
	}
	sqlite3_finalize(statement);
	if (!r && mb_result_error(result))
		r = MB_FAIL(err, mb_result_error(result), "out of memory");
	if (r)
		mb_result_free(result);
	else
		*ret_result = result;
	return r;
}

static int add_line(struct mb_history_lines *lines, sqlite3_stmt *statement)
{
	const char *key = (const char *)sqlite3_column_text(statement, 4);
	int metric = key ? mb_metric_find(&mb_metrics, key) : -1;
	struct mb_history_line *line;

	if (metric < 0)
		return 0;
	if (mb_grow(&lines->rows, lines->count, sizeof(*line)))
		return -ENOMEM;
	line = &lines->rows[lines->count++];
	*line = (struct mb_history_line){
		.id = sqlite3_column_int64(statement, 0),
		.host_class = column(statement, 1),
		.row = column(statement, 2),
		.setting = column(statement, 3),
		.labels = column(statement, 5),
		.metric = metric,
	};
	return line->host_class && line->row && line->setting && line->labels ? 0 : -ENOMEM;
}

/* Whether any result has labels: only then are samples looked at for them. 1, 0 or a failure. */
static int is_labelled(struct mb_history *history, struct mb_err *err)
{
	sqlite3_stmt *statement = NULL;
	int r;

	if (sqlite3_prepare_v2(history->db, "SELECT 1 FROM label LIMIT 1", -1, &statement, NULL))
		return mb_history_fail(history, err);
	r = mb_history_step(history, statement, err);
	sqlite3_finalize(statement);
	return r;
}

/* is_wanted(row) in SQL, so that samples of other rows are never looked at. */
static void is_wanted(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct mb_history_query *query = sqlite3_user_data(context);
	const char *row = (const char *)sqlite3_value_text(values[0]);

	(void)count;
	sqlite3_result_int(context, !query->wanted || query->wanted(query->arg, row ? row : ""));
}

/* The limit keeps SQLite from merging the inner query with the outer one, so that a result's labels are joined once. */
static int prepare_find(struct mb_history *history, const struct mb_history_query *query,
			struct mb_err *err, sqlite3_stmt **ret_statement)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf sql = {0};
	int labelled = is_labelled(history, err);

	if (labelled < 0)
		return labelled;
	if (sqlite3_create_function(history->db, "is_wanted", 1,
				    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
				    (void *)(uintptr_t)query, is_wanted, NULL, NULL))
		return mb_history_fail(history, err);
	mb_strbuf_addf(
		&sql,
		"SELECT s.id, h.text, s.row, s.setting, s.metric, %s AS labels FROM series s "
		"JOIN host_class h ON h.id = s.host_class",
		labelled ? "k.text" : "''");
	if (labelled)
		mb_strbuf_add(&sql,
			      " JOIN (SELECT DISTINCT p.series AS series, t.text AS text FROM "
			      "series w CROSS JOIN sample p ON p.series = w.id "
			      "JOIN (SELECT r.id AS id, ifnull(" LABELS_OF_RESULT
			      ", '') AS text FROM result r ORDER BY r.id LIMIT -1) t "
			      "ON t.id = p.result WHERE is_wanted(w.row)) k ON k.series = s.id");
	mb_strbuf_add(&sql, " WHERE (?1 IS NULL OR h.text = ?1) AND is_wanted(s.row) "
			    "ORDER BY h.text, s.row, s.setting, labels, s.id");
	return prepare(history, &sql, err, ret_statement);
}

int mb_history_find(struct mb_history *history, const struct mb_history_query *query,
		    struct mb_err *err, struct mb_history_lines *ret_lines)
{
	struct mb_history_lines lines = {0};
	sqlite3_stmt *statement = NULL;
	int r = history->empty ? 0 : prepare_find(history, query, err, &statement);

	if (!r && statement)
		mb_history_bind_text(statement, 1, query->host_class);
	while (!r && statement && (r = mb_history_step(history, statement, err)) > 0)
		r = add_line(&lines, statement);
	sqlite3_finalize(statement);
	if (r) {
		mb_history_lines_fini(&lines);
		return MB_FAIL(err, r, "out of memory");
	}
	*ret_lines = lines;
	return 0;
}

void mb_history_lines_fini(struct mb_history_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		free(lines->rows[i].host_class);
		free(lines->rows[i].row);
		free(lines->rows[i].setting);
		free(lines->rows[i].labels);
	}
	free(lines->rows);
	*lines = (struct mb_history_lines){0};
}

/* The arrays grow together; a point counts once all three have it. */
static int add_point(struct mb_history_points *points, sqlite3_stmt *statement)
{
	size_t at = points->count;

	if (mb_grow(&points->values, at, sizeof(*points->values)) ||
	    mb_grow(&points->revisions, at, sizeof(*points->revisions)) ||
	    mb_grow(&points->started_utc, at, sizeof(*points->started_utc)))
		return -ENOMEM;
	points->values[at] = sqlite3_column_double(statement, 0);
	points->revisions[at] = column(statement, 1);
	points->started_utc[at] = column(statement, 2);
	points->count++;
	points->after += sqlite3_column_int(statement, 3) != 0;
	return points->revisions[at] && points->started_utc[at] ? 0 : -ENOMEM;
}

int mb_history_points(struct mb_history *history, const struct mb_history_line *line,
		      const struct mb_history_query *query, struct mb_err *err,
		      struct mb_history_points *ret_points)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf sql = {0};
	struct mb_history_points points = {0};
	sqlite3_stmt *statement = NULL;
	int r = 0;

	mb_strbuf_add(&sql, "SELECT s.value, v.name, r.started_utc, (v.first_utc, v.id) <= "
			    "(SELECT first_utc, id FROM revision WHERE name = ?2) FROM sample s "
			    "JOIN result r ON r.id = s.result "
			    "JOIN host_class h ON h.id = r.host_class "
			    "JOIN revision v ON v.id = r.revision");
	add_conditions(&sql, query);
	mb_strbuf_add(&sql, " AND s.series = ?1 AND ?3 = ifnull(" LABELS_OF_RESULT ", '')");
	add_order(&sql, query);
	if (!history->empty)
		r = prepare(history, &sql, err, &statement);
	if (!r && statement) {
		sqlite3_bind_int64(statement, 1, line->id);
		mb_history_bind_text(statement, 2, query->since);
		mb_history_bind_text(statement, 3, line->labels);
		bind_query(statement, query);
	}
	while (!r && statement && (r = mb_history_step(history, statement, err)) > 0)
		r = add_point(&points, statement);
	sqlite3_finalize(statement);
	if (r) {
		mb_history_points_fini(&points);
		return MB_FAIL(err, r, "out of memory");
	}
	reverse(points.values, points.count, sizeof(*points.values));
	reverse(points.revisions, points.count, sizeof(*points.revisions));
	reverse(points.started_utc, points.count, sizeof(*points.started_utc));
	*ret_points = points;
	return 0;
}

void mb_history_points_fini(struct mb_history_points *points)
{
	for (size_t i = 0; i < points->count; i++) {
		free(points->revisions[i]);
		free(points->started_utc[i]);
	}
	free(points->values);
	free(points->revisions);
	free(points->started_utc);
	*points = (struct mb_history_points){0};
}
