/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/reports/hostile.h"
#include "config.h"
#include "core/base/cleanup.h"
#include "core/base/err.h"
#include "reports/history.h"
#include "reports/json.h"
#include "tests/folder.h"

struct place {
	char *folder, *path, *other; /* the test's own, and files in it */
};

static int begin(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	place->folder = folder_new();
	assert_true(asprintf(&place->path, "%s/history.db", place->folder) > 0);
	assert_true(asprintf(&place->other, "%s/other", place->folder) > 0);
	*state = place;
	return 0;
}

static int end(void **state)
{
	struct place *place = *state;

	folder_free(place->folder);
	free(place->path);
	free(place->other);
	free(place);
	return 0;
}

/* A result of one bench row whose times are around ns; each time is another document. */
static struct mb_result *timed(double ns, const char *started)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;

	assert_non_null(result);
	mb_result_set(result, MB_RESULT_STARTED_UTC, started);
	mb_result_add_fact(result, "kernel", "6.1.0", NULL);
	run = mb_result_add_run(result, MB_RUN_BENCH, "buddy/handoff");
	for (size_t i = 0; i < 3; i++) {
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, ns + (double)i);
		mb_result_run_set(run, MB_METRIC_PAGES, i, 4096);
	}
	run = mb_result_add_run(result, MB_RUN_BENCH, "memblock/alloc");
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 2 * ns);
	mb_result_run_set(run, MB_METRIC_BYTES_PER_SECOND, 0, 1e9 / ns);
	run = mb_result_add_run(result, MB_RUN_BENCH, "slab/remote");
	mb_result_run_set_status(run, MB_RUN_SKIPPED, "one node");
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

/* 0 or the error; adds one result. */
static int add_one(const char *path, double ns, const char *started, const char *revision,
		   const struct mb_facts *labels, struct mb_err *err)
{
	struct mb_result *result = timed(ns, started);
	struct mb_history_item item = {result, "cpu A", revision, labels, "2026-06-01T00:00:00Z",
				       NULL};
	struct mb_history *history;
	size_t added = 77;
	int r = mb_history_open(path, MB_HISTORY_WRITE, err, &history);

	if (!r) {
		r = mb_history_add(history, &item, 1, err, &added);
		mb_history_close(history);
	}
	mb_result_free(result);
	return r ? r : (int)added;
}

static char *read_all(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	char *bytes;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	bytes = malloc((size_t)status.st_size + 1);
	assert_non_null(bytes);
	*ret_length = fread(bytes, 1, (size_t)status.st_size, file);
	assert_int_equal(*ret_length, status.st_size);
	fclose(file);
	return bytes;
}

static void assert_points(struct mb_history *history, const struct mb_history_line *line,
			  const double *values, size_t count)
{
	const struct mb_history_query all = {0};
	struct mb_history_points points;
	struct mb_err err = {0};

	assert_int_equal(mb_history_points(history, line, &all, &err, &points), 0);
	assert_int_equal(points.count, count);
	assert_memory_equal(points.values, values, count * sizeof(*values));
	mb_history_points_fini(&points);
}

/* What comes back is what went in, in the order of time, whatever the order of adding. */
static void test_kept(void **state)
{
	struct place *place = *state;
	struct mb_fact label = {.name = (char *)"kernel", .value = (char *)"6.12"};
	struct mb_facts labels = {&label, 1};
	struct mb_history_query query = {0}, labelled = {.labels = &labels};
	struct mb_history_entries entries;
	struct mb_history_lines lines;
	struct mb_history *history;
	struct mb_result *loaded, *wanted = timed(100, "2026-01-02T00:00:00Z");
	struct mb_err err = {0};
	char *is, *should;

	assert_int_equal(add_one(place->path, 300, "2026-01-03T00:00:00Z", "ccc", NULL, &err), 1);
	assert_int_equal(add_one(place->path, 100, "2026-01-02T00:00:00Z", "aaa", &labels, &err),
			 1);
	assert_int_equal(add_one(place->path, 200, "2026-01-02T12:00:00Z", "bbb", NULL, &err), 1);
	assert_int_equal(add_one(place->path, 110, "2026-01-05T00:00:00Z", "aaa", NULL, &err), 1);
	assert_int_equal(mb_history_open(place->path, MB_HISTORY_READ, &err, &history), 0);

	assert_int_equal(mb_history_list(history, &query, &err, &entries), 0);
	assert_int_equal(entries.count, 4);
	assert_string_equal(entries.rows[0].revision, "aaa");
	assert_string_equal(entries.rows[0].labels, "kernel=6.12");
	assert_string_equal(entries.rows[1].started_utc, "2026-01-05T00:00:00Z");
	assert_string_equal(entries.rows[3].revision, "ccc");
	assert_int_equal(entries.rows[0].samples, 3); /* two times, one rate; no counts of pages */
	assert_int_equal(mb_history_load(history, entries.rows[0].id, &err, &loaded), 0);
	assert_string_equal(mb_result_fact(&loaded->facts, "revision"), "aaa");
	assert_string_equal(mb_result_fact(&loaded->facts, "label:kernel"), "6.12");
	mb_result_add_fact(wanted, "revision", "aaa", NULL);
	mb_result_add_fact(wanted, "host_class", "cpu A", NULL);
	mb_result_add_fact(wanted, "label:kernel", "6.12", NULL);
	is = written(mb_json_write, loaded);
	should = written(mb_json_write, wanted);
	assert_string_equal(is, should);
	free(is);
	free(should);
	mb_result_free(loaded);
	mb_result_free(wanted);
	mb_history_entries_fini(&entries);

	assert_int_equal(mb_history_list(history, &labelled, &err, &entries), 0);
	assert_int_equal(entries.count, 1);
	mb_history_entries_fini(&entries);

	assert_int_equal(mb_history_find(history, &query, &err, &lines), 0);
	assert_int_equal(lines.count, 6); /* each with the label and without */
	assert_string_equal(lines.rows[0].row, "buddy/handoff");
	assert_int_equal(lines.rows[0].metric, MB_METRIC_WALL_NS);
	assert_points(history, &lines.rows[0], (double[]){111, 201, 301}, 3);
	assert_string_equal(lines.rows[1].labels, "kernel=6.12");
	assert_points(history, &lines.rows[1], (double[]){101}, 1);
	mb_history_lines_fini(&lines);
	mb_history_close(history);
}

static bool is_memblock(const void *arg, const char *row)
{
	(*(size_t *)(uintptr_t)arg)++;
	return strcmp(row, "memblock/alloc") == 0;
}

/* The series of wanted rows alone, with labels and without; what is asked is a series, not a sample. */
static void test_wanted(void **state)
{
	struct place *place = *state;
	struct mb_fact label = {.name = (char *)"kernel", .value = (char *)"6.12"};
	struct mb_facts labels = {&label, 1};
	size_t asked = 0;
	const struct mb_history_query query = {.wanted = is_memblock, .arg = &asked};
	struct mb_history_lines lines;
	struct mb_history *history;
	struct mb_err err = {0};

	for (int i = 0; i < 20; i++) {
		char revision[32];

		snprintf(revision, sizeof(revision), "r%d", i);
		assert_int_equal(add_one(place->path, 100 * i + 1, NULL, revision,
					 i < 10 ? NULL : &labels, &err),
				 1);
		assert_int_equal(mb_history_open(place->path, MB_HISTORY_READ, &err, &history), 0);
		asked = 0;
		assert_int_equal(mb_history_find(history, &query, &err, &lines), 0);
		assert_int_equal(lines.count, i < 10 ? 2 : 4); /* a time and a rate */
		for (size_t k = 0; k < lines.count; k++) {
			assert_string_equal(lines.rows[k].row, "memblock/alloc");
			assert_string_equal(lines.rows[k].labels, k < 2 ? "" : "kernel=6.12");
		}
		assert_in_range(asked, 3, i < 10 ? 3 : 9);
		mb_history_lines_fini(&lines);
		mb_history_close(history);
	}
}

/* The newest samples of a series alone, oldest first. */
static void test_newest(void **state)
{
	struct place *place = *state;
	const struct mb_history_query all = {0}, newest = {.newest = 4};
	struct mb_history_points points;
	struct mb_history_lines lines;
	struct mb_history *history;
	struct mb_err err = {0};

	for (int i = 0; i < 9; i++) {
		char revision[32];

		snprintf(revision, sizeof(revision), "r%d", i);
		assert_int_equal(add_one(place->path, 100 * i + 1, NULL, revision, NULL, &err), 1);
	}
	assert_int_equal(mb_history_open(place->path, MB_HISTORY_READ, &err, &history), 0);
	assert_int_equal(mb_history_find(history, &all, &err, &lines), 0);
	assert_int_equal(mb_history_points(history, &lines.rows[0], &newest, &err, &points), 0);
	assert_int_equal(points.count, 4);
	for (size_t i = 0; i < points.count; i++)
		assert_true(points.values[i] == 100 * (5 + (double)i) + 2);
	mb_history_points_fini(&points);
	mb_history_lines_fini(&lines);
	mb_history_close(history);
}

/* Once is enough, one bad item takes all of them back, and what cannot be judged is refused. */
static void test_refused(void **state)
{
	struct place *place = *state;
	struct mb_result *good = timed(5, "2026-01-01T00:00:00Z"), *none = mb_result_new(NULL);
	struct mb_result *partial = timed(6, "2026-01-01T00:00:00Z");
	struct mb_history_item both[] = {{good, "cpu A", "one", NULL, NULL, "good"},
					 {none, "cpu A", "one", NULL, NULL, "none"}};
	struct mb_history_entries entries;
	struct mb_history_query query = {0};
	struct mb_history *history;
	struct mb_err err = {0};
	size_t added = 77;

	assert_int_equal(mb_history_open(place->path, MB_HISTORY_WRITE, &err, &history), 0);
	assert_int_equal(mb_history_add(history, both, 2, &err, &added), -ENODATA);
	assert_int_equal(added, 77);
	assert_non_null(strstr(err.text, "none has no figure"));
	mb_err_clear(&err);
	mb_result_set_status(partial, MB_RESULT_PARTIAL, "interrupted");
	both[1].result = partial;
	assert_int_equal(mb_history_add(history, both, 2, &err, &added), -EINVAL);
	assert_non_null(strstr(err.text, "interrupted"));
	mb_err_clear(&err);
	assert_int_equal(mb_history_list(history, &query, &err, &entries), 0);
	assert_int_equal(entries.count, 0);
	mb_history_entries_fini(&entries);
	assert_int_equal(mb_history_add(history, both, 1, &err, &added), 0);
	assert_int_equal(added, 1);
	assert_int_equal(mb_history_add(history, both, 1, &err, &added), 0);
	assert_int_equal(added, 0);
	both[0].revision = "two";
	assert_int_equal(mb_history_add(history, both, 1, &err, &added), -EEXIST);
	assert_non_null(strstr(err.text, "one"));
	mb_history_close(history);
	mb_result_free(good);
	mb_result_free(none);
	mb_result_free(partial);
}

/* Opening for writing and adding both fail with one reason, and the bytes stay. */
static void assert_untouched(const char *path, int error, const char *reason)
{
	struct mb_err err = {0}, read_err = {0};
	struct mb_history *history = NULL;
	size_t before, after;
	char *was = read_all(path, &before), *is;

	assert_int_equal(add_one(path, 7, NULL, "new", NULL, &err), error);
	assert_non_null(strstr(err.text, reason));
	assert_int_equal(mb_history_open(path, MB_HISTORY_READ, &read_err, &history), error);
	assert_null(history);
	is = read_all(path, &after);
	assert_int_equal(before, after);
	assert_memory_equal(was, is, before);
	free(was);
	free(is);
}

static void put(const char *path, const void *bytes, size_t length)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void test_foreign(void **state)
{
	struct place *place = *state;
	size_t length;
	char *bytes;
	struct mb_err err = {0};

	put(place->other, "time,branch\n", 12);
	assert_untouched(place->other, -EINVAL, "no history");
	assert_int_equal(add_one(place->path, 5, NULL, "one", NULL, &err), 1);
	bytes = read_all(place->path, &length);
	bytes[68] ^= 1; /* another program's SQLite file */
	put(place->other, bytes, length);
	assert_untouched(place->other, -EINVAL, "no history");
	bytes[68] ^= 1;
	bytes[63] = MB_HISTORY_SCHEMA_VERSION + 1;
	put(place->other, bytes, length);
	assert_untouched(place->other, -EINVAL, "newer");
	bytes[63] = 0;
	put(place->other, bytes, length);
	assert_untouched(place->other, -EINVAL, "no history");
	free(bytes);
	assert_int_equal(mkdir(place->path, 0700) ? -errno : 0, -EEXIST);
	assert_int_equal(add_one(place->folder, 5, NULL, "one", NULL, &err), -EISDIR);
}

/* What mktemp made can become a history, but is none for who only reads. */
static void test_empty(void **state)
{
	struct place *place = *state;
	struct mb_err err = {0};
	struct mb_history *history = NULL;
	size_t length;

	put(place->other, "", 0);
	assert_int_equal(mb_history_open(place->other, MB_HISTORY_READ, &err, &history), -EINVAL);
	assert_string_equal(err.text, "is no history of memboot: it is empty");
	assert_null(history);
	free(read_all(place->other, &length));
	assert_int_equal(length, 0);
	mb_err_clear(&err);
	assert_int_equal(add_one(place->other, 5, NULL, "one", NULL, &err), 1);
	assert_int_equal(mb_history_open(place->other, MB_HISTORY_READ, &err, &history), 0);
	mb_history_close(history);
}

/* Cut anywhere, be it in the header, between pages or in the last one. */
static void test_truncated(void **state)
{
	struct place *place = *state;
	struct mb_err err = {0};
	size_t length;
	char *bytes;

	assert_int_equal(add_one(place->path, 5, NULL, "one", NULL, &err), 1);
	bytes = read_all(place->path, &length);
	for (size_t cut = length - 1; cut; cut = cut > 4096 ? (cut - 1) & ~(size_t)511 : cut / 3) {
		put(place->other, bytes, cut);
		assert_untouched(place->other, -EUCLEAN, "truncated");
	}
	free(bytes);
	put(place->other, "", 0); /* as touch or mktemp leave it */
	assert_int_equal(add_one(place->other, 5, NULL, "one", NULL, &err), 1);
}

/* In a child: what it sets does not come back. */
static void in_child(void (*body)(const struct place *), const struct place *place)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		body(place);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define MUST(what)                                                                 \
	do {                                                                       \
		if (!(what)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			_exit(1);                                                  \
		}                                                                  \
	} while (0)

static void add_read_only(const struct place *place)
{
	struct mb_err err = {0};
	int r;

	if (!geteuid() && setresuid(65534, 65534, 65534))
		return;
	r = add_one(place->path, 6, NULL, "two", NULL, &err);
	MUST(r == -EROFS && strstr(err.text, "read-only"));
	r = add_one(place->other, 6, NULL, "two", NULL, &err);
	MUST(r == -EACCES || r == -EROFS);
	MUST(access(place->other, F_OK));
}

static void test_read_only(void **state)
{
	struct place *place = *state;
	struct mb_err err = {0};
	size_t before, after;
	char *was, *is;

	assert_int_equal(add_one(place->path, 5, NULL, "one", NULL, &err), 1);
	was = read_all(place->path, &before);
	assert_int_equal(chmod(place->path, 0444), 0);
	assert_int_equal(chmod(place->folder, 0555), 0);
	in_child(add_read_only, place);
	assert_int_equal(chmod(place->folder, 0700), 0);
	is = read_all(place->path, &after);
	assert_int_equal(before, after);
	assert_memory_equal(was, is, before);
	free(was);
	free(is);
}

static void add_without_room(const struct place *place)
{
	struct stat status;
	struct rlimit limit;
	struct mb_err err = {0};
	int added = 0, r;

	MUST(!stat(place->path, &status));
	limit = (struct rlimit){(rlim_t)status.st_size + 8192, RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	MUST(!setrlimit(RLIMIT_FSIZE, &limit));
	while ((r = add_one(place->path, 10 + added, NULL, "two", NULL, &err)) == 1)
		added++;
	MUST((r == -EFBIG || r == -ENOSPC) && strstr(err.text, "nothing was added"));
	MUST(added < 100);
	limit = (struct rlimit){100, RLIM_INFINITY};
	MUST(!setrlimit(RLIMIT_FSIZE, &limit));
	mb_err_clear(&err);
	MUST(add_one(place->other, 5, NULL, "one", NULL, &err) < 0);
	MUST(access(place->other, F_OK));
}

/* Adds until there is no room, and then what was there before the last attempt is there byte for byte. */
static void test_full(void **state)
{
	struct place *place = *state;
	struct mb_history_entries entries;
	struct mb_history_query query = {0};
	struct mb_history *history;
	struct mb_err err = {0};
	size_t before, after;
	char *was, *is;

	assert_int_equal(add_one(place->path, 5, NULL, "one", NULL, &err), 1);
	in_child(add_without_room, place);
	was = read_all(place->path, &before);
	assert_int_equal(mb_history_open(place->path, MB_HISTORY_READ, &err, &history), 0);
	assert_int_equal(mb_history_list(history, &query, &err, &entries), 0);
	assert_true(entries.count >= 1);
	mb_history_entries_fini(&entries);
	mb_history_close(history);
	is = read_all(place->path, &after);
	assert_int_equal(before, after);
	assert_memory_equal(was, is, before);
	free(was);
	free(is);
}

#define WRITERS 8
#define ROWS    12

/* Says on the pipe what has been acknowledged, one byte each, and dies by SIGKILL in the middle of a later one. */
static void write_rows(const struct place *place, int writer, int rows, int pipe_fd)
{
	for (int i = 0; i < rows; i++) {
		struct mb_err err = {0};
		char revision[32];

		snprintf(revision, sizeof(revision), "w%d-%d", writer, i);
		MUST(add_one(place->path, 1 + 1000 * writer + i, NULL, revision, NULL, &err) == 1);
		MUST(write(pipe_fd, &(char){(char)writer}, 1) == 1);
	}
	kill(getpid(), SIGKILL);
}

/*
 * Writers that take turns by the lock alone. Each is killed: half after its last acknowledged row, half by the test at any point. All that was
 * acknowledged is there, in whole results.
 */
static void test_writers(void **state)
{
	struct place *place = *state;
	unsigned acknowledged[WRITERS] = {0}, found[WRITERS] = {0};
	struct mb_history_entries entries;
	struct mb_history_query query = {0};
	struct mb_history *history;
	struct mb_err err = {0};
	pid_t children[WRITERS];
	int pipes[2], status;
	char writer;

	assert_int_equal(pipe(pipes), 0);
	for (int i = 0; i < WRITERS; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (!children[i]) {
			close(pipes[0]);
			write_rows(place, i, ROWS + (i % 2 ? 1000 : 0), pipes[1]);
		}
	}
	close(pipes[1]);
	while (read(pipes[0], &writer, 1) == 1)
		if (++acknowledged[(int)writer] == ROWS && writer % 2)
			kill(children[(int)writer], SIGKILL);
	close(pipes[0]);
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	assert_int_equal(mb_history_open(place->path, MB_HISTORY_READ, &err, &history), 0);
	assert_int_equal(mb_history_list(history, &query, &err, &entries), 0);
	for (size_t i = 0; i < entries.count; i++) {
		found[entries.rows[i].revision[1] - '0']++;
		assert_int_equal(entries.rows[i].samples, 3);
	}
	for (int i = 0; i < WRITERS; i++) {
		assert_true(acknowledged[i] >= ROWS);
		assert_in_range(found[i], acknowledged[i], acknowledged[i] + 1);
	}
	mb_history_entries_fini(&entries);
	mb_history_close(history);
}

static void test_setting(void **state)
{
	struct mb_result *result = sample_result(NULL);
	struct mb_strbuf text = {0};

	mb_history_add_setting(&text, result);
	assert_string_equal(mb_strbuf_text(&text),
			    "machine_hash=00ff00ff00ff00ff kernel_profile=6.1 policy=deferred");
	mb_strbuf_fini(&text);
	mb_result_free(result);
}

/* Hostile texts are kept as they are, in keys and values. */
static void test_hostile(void **state)
{
	struct place *place = *state;
	struct mb_fact label = {.name = (char *)"a'b;--", .value = (char *)"x\"\n\xc3\xa9"};
	struct mb_facts labels = {&label, 1};
	struct mb_history_query query = {.labels = &labels, .revision = "'; DROP TABLE result"};
	struct mb_history_entries entries;
	struct mb_history *history;
	struct mb_err err = {0};

	assert_int_equal(add_one(place->path, 5, NULL, query.revision, &labels, &err), 1);
	assert_int_equal(mb_history_open(place->path, MB_HISTORY_READ, &err, &history), 0);
	assert_int_equal(mb_history_list(history, &query, &err, &entries), 0);
	assert_int_equal(entries.count, 1);
	assert_string_equal(entries.rows[0].revision, query.revision);
	assert_string_equal(entries.rows[0].labels, "a'b;--=x\"\n\xc3\xa9");
	mb_history_entries_fini(&entries);
	mb_history_close(history);
}

static void test_none(void **state)
{
	struct place *place = *state;
	struct mb_history *history = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_history_open(place->path, MB_HISTORY_WRITE, &err, &history), -ENOTSUP);
	assert_non_null(strstr(err.text, "libsqlite3-dev"));
	assert_null(history);
	mb_history_close(NULL);
	assert_string_equal(mb_history_version(), "none");
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_kept),      IN_PLACE(test_newest),    IN_PLACE(test_wanted),
		IN_PLACE(test_refused),   IN_PLACE(test_foreign),   IN_PLACE(test_empty),
		IN_PLACE(test_truncated), IN_PLACE(test_read_only), IN_PLACE(test_full),
		IN_PLACE(test_writers),   IN_PLACE(test_hostile),   cmocka_unit_test(test_setting),
	};
	const struct CMUnitTest without[] = {IN_PLACE(test_none)};

	return MB_HAVE_SQLITE ? cmocka_run_group_tests(tests, NULL, NULL)
			      : cmocka_run_group_tests(without, NULL, NULL);
}
