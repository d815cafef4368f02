/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/history.h"
#include "reports/history_sqlite.h"
#include "reports/json.h"
#include "reports/row.h"

/* In the file's header at byte 68, as SQLite keeps it: "mbhi". */
#define APPLICATION_ID 0x6d626869
#define BUSY_MS        60000

/* Documents are a table of their own, so that what is searched stays small. */
static const char schema[] =
	"CREATE TABLE host_class(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
	"CREATE TABLE revision(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" first_utc TEXT NOT NULL);"
	"CREATE TABLE result(id INTEGER PRIMARY KEY,"
	" host_class INTEGER NOT NULL REFERENCES host_class(id),"
	" revision INTEGER NOT NULL REFERENCES revision(id),"
	" started_utc TEXT NOT NULL, samples INTEGER NOT NULL, digest INTEGER NOT NULL);"
	"CREATE INDEX result_digest ON result(digest);"
	"CREATE TABLE document(result INTEGER PRIMARY KEY REFERENCES result(id),"
	" json TEXT NOT NULL);"
	"CREATE TABLE label(result INTEGER NOT NULL REFERENCES result(id), key TEXT NOT NULL,"
	" value TEXT NOT NULL, PRIMARY KEY(result, key)) WITHOUT ROWID;"
	"CREATE TABLE series(id INTEGER PRIMARY KEY,"
	" host_class INTEGER NOT NULL REFERENCES host_class(id), row TEXT NOT NULL,"
	" setting TEXT NOT NULL, metric TEXT NOT NULL,"
	" UNIQUE(host_class, row, setting, metric));"
	"CREATE TABLE sample(series INTEGER NOT NULL REFERENCES series(id),"
	" result INTEGER NOT NULL REFERENCES result(id), value REAL NOT NULL,"
	" PRIMARY KEY(series, result)) WITHOUT ROWID;";

/* What adding a result does, each prepared once. */
enum statement {
	HOST_ADD,
	HOST_FIND,
	REVISION_ADD,
	REVISION_FIND,
	RESULT_FIND,
	RESULT_ADD,
	RESULT_COUNT,
	DOCUMENT_ADD,
	LABEL_ADD,
	SERIES_FIND,
	SERIES_ADD,
	SAMPLE_ADD,
	NR_STATEMENTS,
};

static const char *const statements[NR_STATEMENTS] = {
	[HOST_ADD] = "INSERT OR IGNORE INTO host_class(text) VALUES(?1)",
	[HOST_FIND] = "SELECT id FROM host_class WHERE text = ?1",
	[REVISION_ADD] = "INSERT INTO revision(name, first_utc) VALUES(?1, ?2) ON CONFLICT(name) "
			 "DO UPDATE SET first_utc = min(first_utc, excluded.first_utc)",
	[REVISION_FIND] = "SELECT id FROM revision WHERE name = ?1",
	[RESULT_FIND] = "SELECT v.name FROM result r JOIN document d ON d.result = r.id "
			"JOIN revision v ON v.id = r.revision WHERE r.digest = ?1 AND d.json = ?2",
	[RESULT_ADD] = "INSERT INTO result(host_class, revision, started_utc, samples, digest) "
		       "VALUES(?1, ?2, ?3, 0, ?4)",
	[RESULT_COUNT] = "UPDATE result SET samples = ?2 WHERE id = ?1",
	[DOCUMENT_ADD] = "INSERT INTO document(result, json) VALUES(?1, ?2)",
	[LABEL_ADD] = "INSERT OR REPLACE INTO label(result, key, value) VALUES(?1, ?2, ?3)",
	[SERIES_FIND] = "SELECT id FROM series WHERE host_class = ?1 AND row = ?2 AND "
			"setting = ?3 AND metric = ?4",
	[SERIES_ADD] = "INSERT INTO series(host_class, row, setting, metric) "
		       "VALUES(?1, ?2, ?3, ?4)",
	[SAMPLE_ADD] = "INSERT OR IGNORE INTO sample(series, result, value) VALUES(?1, ?2, ?3)",
};

_Static_assert(NR_STATEMENTS <= MB_ARRAY_SIZE(((struct mb_history *)0)->prepared), "room for each");

const char *mb_history_version(void)
{
	return sqlite3_libversion();
}

/* --- failures --- */

static int fail_system(int system, struct mb_err *err)
{
	switch (system) {
	case ENOSPC:
	case EDQUOT: return MB_FAIL(err, -ENOSPC, "no space is left: nothing was added");
	case 0: return MB_FAIL(err, -EIO, "reading or writing failed");
	}
	return MB_FAIL(err, -system, "%s", strerror(system));
}

static int fail_damaged(struct mb_err *err)
{
	return MB_FAIL(err, -EUCLEAN, "the history is truncated or damaged: use a copy of it");
}

/* What the library said last. */
int mb_history_fail(const struct mb_history *history, struct mb_err *err)
{
	int code = history->db ? sqlite3_extended_errcode(history->db) : SQLITE_NOMEM;

	switch (code & 0xff) {
	case SQLITE_NOMEM: return MB_FAIL(err, -ENOMEM, "out of memory");
	case SQLITE_FULL: return fail_system(ENOSPC, err);
	case SQLITE_READONLY: return MB_FAIL(err, -EROFS, "the history is read-only");
	case SQLITE_CORRUPT: return fail_damaged(err);
	case SQLITE_NOTADB: return MB_FAIL(err, -EINVAL, "is no history of memboot");
	case SQLITE_BUSY:
		return MB_FAIL(err, -EBUSY, "another process has been writing for %d seconds",
			       BUSY_MS / 1000);
	case SQLITE_TOOBIG: return MB_FAIL(err, -EFBIG, "a result is too large for a history");
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_SHORT_READ)
			return fail_damaged(err);
		if (code == SQLITE_IOERR_WRITE) /* the library does not keep the errno */
			return MB_FAIL(err, -EFBIG,
				       "the disk refuses to write (a quota, a limit on the size of "
				       "files, an error): nothing was added");
		return fail_system(sqlite3_system_errno(history->db), err);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM: return fail_system(sqlite3_system_errno(history->db), err);
	}
	return MB_FAIL(err, -EIO, "%.120s", sqlite3_errmsg(history->db));
}

/* --- statements --- */

static int execute(struct mb_history *history, const char *sql, struct mb_err *err)
{
	return sqlite3_exec(history->db, sql, NULL, NULL, NULL) ? mb_history_fail(history, err) : 0;
}

/* A prepared one, ready for its values; NULL after a failure, which mb_history_fail() tells. */
static sqlite3_stmt *ready(struct mb_history *history, enum statement which)
{
	sqlite3_stmt **prepared = &history->prepared[which];

	if (!*prepared && sqlite3_prepare_v3(history->db, statements[which], -1,
					     SQLITE_PREPARE_PERSISTENT, prepared, NULL))
		return NULL;
	sqlite3_reset(*prepared);
	return *prepared;
}

void mb_history_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

/* Runs one: 1 and its first row is there, 0 and there is none, or a failure. */
int mb_history_step(const struct mb_history *history, sqlite3_stmt *statement, struct mb_err *err)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW: return 1;
	case SQLITE_DONE: return 0;
	}
	return mb_history_fail(history, err);
}

/* One that gives no row. */
static int finish(struct mb_history *history, enum statement which, struct mb_err *err)
{
	sqlite3_stmt *statement = history->prepared[which];
	int r = mb_history_step(history, statement, err);

	sqlite3_reset(statement);
	return r < 0 ? r : 0;
}

/* One whose first column is an id: 1, 0 or a failure. */
static int find_id(struct mb_history *history, enum statement which, struct mb_err *err,
		   int64_t *ret_id)
{
	sqlite3_stmt *statement = history->prepared[which];
	int r = mb_history_step(history, statement, err);

	if (r > 0)
		*ret_id = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return r;
}

static int read_pragma(struct mb_history *history, const char *sql, struct mb_err *err,
		       int64_t *ret_value)
{
	sqlite3_stmt *statement = NULL;
	int r;

	if (sqlite3_prepare_v2(history->db, sql, -1, &statement, NULL))
		return mb_history_fail(history, err);
	r = mb_history_step(history, statement, err);
	if (r > 0)
		*ret_value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return r < 0 ? r : 0;
}

/* --- opening --- */

static int fail_foreign(struct mb_err *err)
{
	return MB_FAIL(err, -EINVAL, "is no history of memboot");
}

static uint32_t big_endian(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/*
 * Looks at a file before SQLite does, which would write to a foreign one that needs recovery. A file with a journal beside it is in
 * the middle of a change, and its own first page may be. https://www.sqlite.org/fileformat2.html, section 1.3.
 */
static int peek(const char *path, struct mb_err *err)
{
	static const char magic[16] = "SQLite format 3";
	unsigned char header[100];
	MB_FREE char *journal = NULL;
	MB_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	ssize_t got;

	if (fd < 0)
		return fail_system(errno, err);
	if (fstat(fd, &status))
		return fail_system(errno, err);
	if (S_ISDIR(status.st_mode))
		return fail_system(EISDIR, err);
	if (!S_ISREG(status.st_mode))
		return MB_FAIL(err, -EINVAL, "is no regular file");
	if (asprintf(&journal, "%s-journal", path) < 0)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	if (!access(journal, F_OK))
		return 0;
	got = pread(fd, header, sizeof(header), 0);
	if (got <= 0)
		return got ? fail_system(errno, err) : 0;
	if (memcmp(header, magic, (size_t)got < sizeof(magic) ? (size_t)got : sizeof(magic)) != 0)
		return fail_foreign(err);
	if (got < (ssize_t)sizeof(header))
		return fail_damaged(err);
	return big_endian(header + 68) == APPLICATION_ID ? 0 : fail_foreign(err);
}

/* Whose file it is and whether all of it is there. In a transaction, so that nobody makes it grow meanwhile. */
static int inspect(struct mb_history *history, const char *path, struct mb_err *err)
{
	int64_t id = 0, version = 0, page_bytes = 0, pages = 0;
	struct stat status;
	int r = read_pragma(history, "PRAGMA application_id", err, &id);

	if (!r)
		r = read_pragma(history, "PRAGMA user_version", err, &version);
	if (!r)
		r = read_pragma(history, "PRAGMA page_size", err, &page_bytes);
	if (!r)
		r = read_pragma(history, "PRAGMA page_count", err, &pages);
	if (r)
		return r;
	history->empty = pages == 0;
	if (history->empty)
		return 0;
	if (id != APPLICATION_ID || version < 1)
		return fail_foreign(err);
	if (version > MB_HISTORY_SCHEMA_VERSION)
		return MB_FAIL(err, -EINVAL,
			       "is of a newer memboot: schema %lld, and this one knows up to %d",
			       (long long)version, MB_HISTORY_SCHEMA_VERSION);
	if (stat(path, &status))
		return fail_system(errno, err);
	return status.st_size < page_bytes * pages ? fail_damaged(err) : 0;
}

/* The schema, in a transaction of the caller's. */
static int make_schema(struct mb_history *history, struct mb_err *err)
{
	char stamp[96];
	int r;

	if (!history->empty)
		return 0;
	snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 APPLICATION_ID, MB_HISTORY_SCHEMA_VERSION);
	r = execute(history, stamp, err);
	if (!r)
		r = execute(history, schema, err);
	return r;
}

/*
 * EXTRA: a commit has also told the disk that the journal is gone, so that losing power afterwards takes nothing back.
 * https://www.sqlite.org/pragma.html#pragma_synchronous
 */
static int attach(struct mb_history *history, const char *path, struct mb_err *err)
{
	int r;

	if (sqlite3_open_v2(path, &history->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
		return mb_history_fail(history, err);
	sqlite3_busy_timeout(history->db, BUSY_MS);
	r = execute(history, "PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF; BEGIN", err);
	if (!r)
		r = inspect(history, path, err);
	if (!r)
		r = execute(history, "COMMIT", err);
	return r;
}

/* Gives a finished file its name, unless another process was faster. */
static int publish(const char *temporary, const char *path, struct mb_err *err)
{
	if (!renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) || errno == EEXIST)
		return 0;
	if (!link(temporary, path) || errno == EEXIST)
		return 0;
	return fail_system(errno, err);
}

static int make_file(const char *temporary, const char *path, struct mb_err *err)
{
	struct mb_history *made = calloc(1, sizeof(*made));
	int r;

	if (!made)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	r = attach(made, temporary, err);
	if (!r)
		r = execute(made, "BEGIN IMMEDIATE", err);
	if (!r)
		r = make_schema(made, err);
	if (!r)
		r = execute(made, "COMMIT", err);
	mb_history_close(made);
	return r ? r : publish(temporary, path, err);
}

/* A new history has its name only once it is one: whatever fails before leaves nothing. */
static int create(const char *path, struct mb_err *err)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path + 1) : 0;
	MB_FREE char *temporary = NULL;
	mode_t mask = umask(0);
	MB_CLOSE int fd = -1;
	int r;

	umask(mask);
	if (asprintf(&temporary, "%.*s.memboot-XXXXXX", folder, path) < 0)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return fail_system(errno, err);
	r = fchmod(fd, 0666 & ~mask) ? fail_system(errno, err) : make_file(temporary, path, err);
	unlink(temporary);
	return r;
}

int mb_history_open(const char *path, enum mb_history_mode mode, struct mb_err *err,
		    struct mb_history **ret_history)
{
	struct mb_history *history;
	struct stat status;
	int r = 0;

	if (mode == MB_HISTORY_WRITE && stat(path, &status) && errno == ENOENT)
		r = create(path, err);
	if (!r)
		r = peek(path, err);
	if (r)
		return r;
	history = calloc(1, sizeof(*history));
	if (!history)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	r = attach(history, path, err);
	if (!r && mode == MB_HISTORY_WRITE && sqlite3_db_readonly(history->db, "main") == 1)
		r = MB_FAIL(err, -EROFS, "the history is read-only");
	if (!r && mode == MB_HISTORY_READ && history->empty)
		r = MB_FAIL(err, -EINVAL, "is no history of memboot: it is empty");
	if (r) {
		mb_history_close(history);
		return r;
	}
	*ret_history = history;
	return 0;
}

void mb_history_close(struct mb_history *history)
{
	if (!history)
		return;
	for (size_t i = 0; i < NR_STATEMENTS; i++)
		sqlite3_finalize(history->prepared[i]);
	sqlite3_close_v2(history->db);
	free(history);
}

/* --- writing --- */

void mb_history_add_setting(struct mb_strbuf *text, const struct mb_result *result)
{
	static const enum mb_result_field fields[] = {
		MB_RESULT_MACHINE_HASH, MB_RESULT_KERNEL_PROFILE, MB_RESULT_POLICY,
		MB_RESULT_STRUCT_PAGE,  MB_RESULT_BIND,           MB_RESULT_PAGES,
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(fields); i++)
		if (result->fields[fields[i]])
			mb_strbuf_addf(text, "%s%s=%s", text->length ? " " : "",
				       mb_result_fields[fields[i]].key, result->fields[fields[i]]);
}

/* FNV-1a, 64 bits, which finds equal documents; that they are equal is looked at. */
static int64_t digest(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return (int64_t)hash;
}

static const char *name_of(const struct mb_history_item *item)
{
	return item->name ? item->name : "a result";
}

/* Whether anything of a run is worth tracking: 1, 0 or -ENOMEM. */
static int is_tracked(const struct mb_run *run)
{
	const struct mb_metric_table *metrics = run->result->metrics;
	struct mb_stats stats;
	int r = 0;

	for (size_t i = 0; mb_row_is(run) && i < metrics->count && !r; i++)
		if (mb_row_tracked(&metrics->rows[i]))
			r = mb_row_summarise(run, i, &stats);
	return r;
}

static int check_item(const struct mb_history_item *item, struct mb_err *err)
{
	const struct mb_result *result = item->result;
	int r = 0;

	if (result->status != MB_RESULT_COMPLETE)
		return MB_FAIL(err, -EINVAL, "%.120s is not complete: %.100s", name_of(item),
			       result->reason ? result->reason : "it was interrupted");
	if (!item->revision || !*item->revision || !item->host_class)
		return MB_FAIL(err, -EINVAL, "%.120s has no revision or host class", name_of(item));
	for (size_t i = 0; i < result->nr_runs && !r; i++)
		r = is_tracked(result->runs[i]);
	if (!r)
		return MB_FAIL(err, -ENODATA, "%.120s has no figure that is worth tracking",
			       name_of(item));
	return r < 0 ? MB_FAIL(err, r, "out of memory") : 0;
}

int mb_history_check(const struct mb_history_item *items, size_t count, struct mb_err *err)
{
	int r = 0;

	for (size_t i = 0; i < count && !r; i++)
		r = check_item(&items[i], err);
	return r;
}

/* What is being added. */
struct adding {
	struct mb_history *history;
	struct mb_err *err;
	const struct mb_history_item *item;
	const char *started_utc, *document;
	const char *setting;
	int64_t host_class, revision, result, digest;
	int64_t samples;
};

/* 1: the file has it already. */
static int find_same(struct adding *adding)
{
	struct mb_history *history = adding->history;
	sqlite3_stmt *find = ready(history, RESULT_FIND);
	int r;

	if (!find)
		return mb_history_fail(history, adding->err);
	sqlite3_bind_int64(find, 1, adding->digest);
	mb_history_bind_text(find, 2, adding->document);
	r = mb_history_step(history, find, adding->err);
	if (r > 0 &&
	    strcmp((const char *)sqlite3_column_text(find, 0), adding->item->revision) != 0)
		r = MB_FAIL(adding->err, -EEXIST, "%s is in the history already, as revision %.60s",
			    name_of(adding->item), (const char *)sqlite3_column_text(find, 0));
	sqlite3_reset(find);
	return r;
}

static int add_owners(struct adding *adding)
{
	struct mb_history *history = adding->history;
	const struct mb_history_item *item = adding->item;
	int r;

	if (!ready(history, HOST_ADD) || !ready(history, HOST_FIND) ||
	    !ready(history, REVISION_ADD) || !ready(history, REVISION_FIND))
		return mb_history_fail(history, adding->err);
	mb_history_bind_text(history->prepared[HOST_ADD], 1, item->host_class);
	mb_history_bind_text(history->prepared[HOST_FIND], 1, item->host_class);
	mb_history_bind_text(history->prepared[REVISION_ADD], 1, item->revision);
	mb_history_bind_text(history->prepared[REVISION_ADD], 2, adding->started_utc);
	mb_history_bind_text(history->prepared[REVISION_FIND], 1, item->revision);
	r = finish(history, HOST_ADD, adding->err);
	if (!r)
		r = finish(history, REVISION_ADD, adding->err);
	if (!r)
		r = find_id(history, HOST_FIND, adding->err, &adding->host_class);
	if (r >= 0)
		r = find_id(history, REVISION_FIND, adding->err, &adding->revision);
	return r < 0 ? r : 0;
}

static int add_labels(struct adding *adding)
{
	const struct mb_facts *labels = adding->item->labels;
	int r = 0;

	for (size_t i = 0; labels && i < labels->count && !r; i++) {
		sqlite3_stmt *add = ready(adding->history, LABEL_ADD);

		if (!add)
			return mb_history_fail(adding->history, adding->err);
		sqlite3_bind_int64(add, 1, adding->result);
		mb_history_bind_text(add, 2, labels->rows[i].name);
		mb_history_bind_text(add, 3, labels->rows[i].value ? labels->rows[i].value : "");
		r = finish(adding->history, LABEL_ADD, adding->err);
	}
	return r;
}

static int add_result(struct adding *adding)
{
	struct mb_history *history = adding->history;
	sqlite3_stmt *add = ready(history, RESULT_ADD), *document = ready(history, DOCUMENT_ADD);
	int r;

	if (!add || !document)
		return mb_history_fail(history, adding->err);
	sqlite3_bind_int64(add, 1, adding->host_class);
	sqlite3_bind_int64(add, 2, adding->revision);
	mb_history_bind_text(add, 3, adding->started_utc);
	sqlite3_bind_int64(add, 4, adding->digest);
	r = finish(history, RESULT_ADD, adding->err);
	if (r)
		return r;
	adding->result = sqlite3_last_insert_rowid(history->db);
	sqlite3_bind_int64(document, 1, adding->result);
	mb_history_bind_text(document, 2, adding->document);
	r = finish(history, DOCUMENT_ADD, adding->err);
	return r ? r : add_labels(adding);
}

static int find_series(struct adding *adding, const char *row, const char *metric, int64_t *ret_id)
{
	static const enum statement both[] = {SERIES_FIND, SERIES_ADD};
	struct mb_history *history = adding->history;
	int r;

	for (size_t i = 0; i < MB_ARRAY_SIZE(both); i++) {
		sqlite3_stmt *statement = ready(history, both[i]);

		if (!statement)
			return mb_history_fail(history, adding->err);
		sqlite3_bind_int64(statement, 1, adding->host_class);
		mb_history_bind_text(statement, 2, row);
		mb_history_bind_text(statement, 3, adding->setting);
		mb_history_bind_text(statement, 4, metric);
	}
	r = find_id(history, SERIES_FIND, adding->err, ret_id);
	if (r)
		return r < 0 ? r : 0;
	r = finish(history, SERIES_ADD, adding->err);
	if (!r)
		*ret_id = sqlite3_last_insert_rowid(history->db);
	return r;
}

static int add_sample(struct adding *adding, const char *row, const struct mb_metric *metric,
		      double value)
{
	sqlite3_stmt *add;
	int64_t series = 0;
	int r = find_series(adding, row, metric->key, &series);

	if (r)
		return r;
	add = ready(adding->history, SAMPLE_ADD);
	if (!add)
		return mb_history_fail(adding->history, adding->err);
	sqlite3_bind_int64(add, 1, series);
	sqlite3_bind_int64(add, 2, adding->result);
	sqlite3_bind_double(add, 3, value);
	r = finish(adding->history, SAMPLE_ADD, adding->err);
	adding->samples += sqlite3_changes(adding->history->db);
	return r;
}

static int add_row(struct adding *adding, const struct mb_run *run)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf name = {0};
	const struct mb_metric_table *metrics = run->result->metrics;
	int r = 0;

	mb_row_add_name(&name, run);
	if (name.error)
		return MB_FAIL(adding->err, name.error, "out of memory");
	for (size_t i = 0; i < metrics->count && r >= 0; i++) {
		struct mb_stats stats;

		if (!mb_row_tracked(&metrics->rows[i]))
			continue;
		r = mb_row_summarise(run, i, &stats);
		if (r < 0)
			return MB_FAIL(adding->err, r, "out of memory");
		if (r > 0)
			r = add_sample(adding, mb_strbuf_text(&name), &metrics->rows[i],
				       mb_metric_aggregate(&metrics->rows[i], &stats));
	}
	return r;
}

static int add_rows(struct adding *adding)
{
	const struct mb_result *result = adding->item->result;
	sqlite3_stmt *count;
	int r = 0;

	for (size_t i = 0; i < result->nr_runs && !r; i++)
		if (mb_row_is(result->runs[i]))
			r = add_row(adding, result->runs[i]);
	if (r)
		return r;
	count = ready(adding->history, RESULT_COUNT);
	if (!count)
		return mb_history_fail(adding->history, adding->err);
	sqlite3_bind_int64(count, 1, adding->result);
	sqlite3_bind_int64(count, 2, adding->samples);
	return finish(adding->history, RESULT_COUNT, adding->err);
}

/* 1: it is new. */
static int add_document(struct adding *adding)
{
	int r;

	adding->digest = digest(adding->document);
	r = find_same(adding);
	if (r)
		return r < 0 ? r : 0;
	r = add_owners(adding);
	if (!r)
		r = add_result(adding);
	if (!r)
		r = add_rows(adding);
	return r ? r : 1;
}

static int write_document(const struct mb_result *result, char **ret_text)
{
	size_t length = 0;
	FILE *file = open_memstream(ret_text, &length);
	int r;

	if (!file)
		return -ENOMEM;
	r = mb_json_write(&result, 1, file);
	return fclose(file) ? -ENOMEM : r;
}

static int add_item(struct mb_history *history, const struct mb_history_item *item,
		    struct mb_err *err)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf setting = {0};
	const char *started = item->result->fields[MB_RESULT_STARTED_UTC];
	struct adding adding = {.history = history, .err = err, .item = item};
	MB_FREE char *document = NULL;
	int r = check_item(item, err);

	if (r)
		return r;
	mb_history_add_setting(&setting, item->result);
	if (setting.error || write_document(item->result, &document))
		return MB_FAIL(err, -ENOMEM, "out of memory");
	adding.setting = mb_strbuf_text(&setting);
	adding.started_utc = started ? started : item->now_utc ? item->now_utc : "";
	adding.document = document;
	return add_document(&adding);
}

int mb_history_add(struct mb_history *history, const struct mb_history_item *items, size_t count,
		   struct mb_err *err, size_t *ret_new)
{
	struct mb_err ignored = {0};
	size_t added = 0;
	int r = execute(history, "BEGIN IMMEDIATE", err);
	int64_t version = 1;

	if (r)
		return r;
	if (history->empty) /* another process may have been faster */
		r = read_pragma(history, "PRAGMA user_version", err, &version);
	if (!r && !version)
		r = make_schema(history, err);
	for (size_t i = 0; i < count && r >= 0; i++) {
		r = add_item(history, &items[i], err);
		added += r > 0;
	}
	if (r >= 0)
		r = execute(history, "COMMIT", err);
	if (r < 0) {
		if (!sqlite3_get_autocommit(history->db))
			execute(history, "ROLLBACK", &ignored);
		return r;
	}
	history->empty = false;
	*ret_new = added;
	return 0;
}
