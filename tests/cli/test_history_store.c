/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "tests/cli/history_case.h"
#include "cli/history_store.h"
#include "reports/history.h"

static void test_usage(void **state)
{
	history_result("a.json", 100, 0);
	assert_history(2, "what to do is missing", "--history", "h.db");
	assert_history(2, "did you mean 'check'?", "chekc", "--history", "h.db");
	assert_history(2, "a result is missing", "add", "--history", "h.db");
	assert_history(2, "MEMBOOT_HISTORY", "add", "--rev", "x", "a.json");
	assert_history(2, "MEMBOOT_HISTORY", "list");
	assert_history(2, "'--since' says nothing to 'history list'", "list", "--since", "x");
	assert_history(2, "KEY=VALUE", "add", "--history", "h.db", "--label", "=x", "a.json");
	assert_history(2, "one too many", "list", "--history", "h.db", "x");
	assert_int_equal(access("h.db", F_OK), -1);
	assert_history(0, "added", "add", "--history", "h.db", "--rev", "x", "a.json");
	assert_history(2, "where to is missing", "export", "--history", "h.db");
}

/* All of them or none, and no file where nothing is added. */
static void test_add(void **state)
{
	FILE *file = fopen("bad.json", "we");

	assert_non_null(file);
	fputs("{\"schema_version\": 1", file);
	fclose(file);
	history_result("a.json", 100, 0);
	history_result("b.json", 110, 1);
	assert_history(2, "cannot read 'bad.json'", "add", "--history", "h.db", "--rev", "x",
		       "a.json", "bad.json");
	assert_int_equal(access("h.db", F_OK), -1);
	assert_history(0, "2 added\n", "add", "--history", "h.db", "--rev", "x", "a.json",
		       "b.json");
	assert_history(0, "0 added, 1 was there already", "add", "--history", "h.db", "--rev", "x",
		       "a.json");
	assert_history(2, "already, as revision x", "add", "--history", "h.db", "--rev", "y",
		       "a.json");
	assert_history(2, "no history of memboot", "add", "--history", "b.json", "--rev", "x",
		       "a.json");
	setenv("MEMBOOT_HISTORY", "h.db", 1);
	setenv("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567", 1);
	history_result("c.json", 120, 2);
	assert_history(0, "1 added", "add", "c.json", "--label", "kernel=6.12");
	unsetenv("GITHUB_SHA");
	assert_history(0, "0123456789ab ", "list");
	assert_history(0, "kernel=6.12", "list", "--rev", "0123");
	assert_history(2, "has no revision 'q'", "list", "--rev", "q");
	assert_history(0, "no results", "list", "--label", "kernel=5");
}

/* What is refused for its content has its name in the line, and leaves no history behind. */
static void test_refused(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *results[] = {result};
	struct mb_err err = {0};

	history_result("a.json", 100, 0);
	assert_int_equal(mb_writer_save("none.json", "json", results, 1, NULL, &err), 0);
	mb_result_set_status(result, MB_RESULT_PARTIAL, "interrupted");
	assert_int_equal(mb_writer_save("part.json", "json", results, 1, NULL, &err), 0);
	mb_result_free(result);
	assert_history(2, "part.json is not complete: interrupted", "add", "--history", "h.db",
		       "--rev", "x", "a.json", "part.json");
	assert_history(2, "none.json has no figure", "add", "--history", "h.db", "--rev", "x",
		       "none.json", "a.json");
	assert_int_equal(access("h.db", F_OK), -1);
	assert_history(0, "1 added", "add", "--history", "h.db", "--rev", "x", "a.json");
	assert_history(2, "a.json is in the history already, as revision x", "add", "--history",
		       "h.db", "--rev", "y", "a.json");
}

static struct mb_result *load(const char *path)
{
	struct mb_result *result = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_json_read_file(path, NULL, &err, &result), 0);
	return result;
}

/* What goes out comes in elsewhere with its revision and labels; what is the same file then is there already. */
static void test_round_trip(void **state)
{
	struct mb_result *one, *joined;

	history_result("a.json", 100, 0);
	history_result("b.json", 120, 1);
	assert_history(0, "1 added", "add", "--history", "h.db", "--rev", "v1", "--label", "k=1",
		       "a.json");
	assert_history(0, "", "export", "--history", "h.db", "-o", "out.json");
	assert_history(0, "1 added", "import", "--history", "i.db", "out.json");
	assert_history(0, "k=1", "list", "--history", "i.db", "--rev", "v1");
	assert_history(0, "0 added", "import", "--history", "i.db", "out.json");
	one = load("out.json");
	assert_true(one->runs[0]->metrics[MB_METRIC_WALL_NS].values[0] == 100);
	assert_true(one->runs[0]->metrics[MB_METRIC_PAGES].values[0] == 64);
	assert_string_equal(mb_result_fact(&one->facts, "revision"), "v1");
	mb_result_free(one);

	/* two process runs of a revision are repetitions of one result */
	assert_history(0, "1 added", "add", "--history", "h.db", "--rev", "v1", "--label", "k=1",
		       "b.json");
	assert_history(0, "", "export", "--history", "h.db", "-o", "joined.json");
	joined = load("joined.json");
	assert_int_equal(joined->runs[0]->metrics[MB_METRIC_WALL_NS].count, 2);
	assert_true(joined->runs[0]->metrics[MB_METRIC_WALL_NS].values[1] == 120);
	mb_result_free(joined);
	for (size_t i = 0; i < mb_writers_count; i++)
		if (!mb_writers[i].lacks || mb_writers[i].lacks != mb_lacks_matrix)
			if (strcmp(mb_writers[i].name, "trace") != 0)
				assert_history(0, "", "export", "--history", "h.db", "--format",
					       mb_writers[i].name, "-o", "any.txt");
	assert_history(2, "has no revision", "export", "--history", "h.db", "--rev", "v2",
		       "--format", "csv");
}

/* A result that was put under another name has that from then on, with the labels that it was given. */
static void test_renamed(void **state)
{
	history_result("a.json", 100, 0);
	assert_history(0, "1 added", "add", "--history", "h.db", "--rev", "old", "--label", "k=1",
		       "a.json");
	assert_history(0, "", "export", "--history", "h.db", "-o", "old.json");
	assert_history(0, "1 added", "add", "--history", "other.db", "--rev", "other", "--label",
		       "k=2", "old.json");
	assert_history(0, "", "export", "--history", "other.db", "-o", "other.json");
	assert_history(0, "1 added", "import", "--history", "i.db", "other.json");
	assert_history(0, "k=2", "list", "--history", "i.db", "--rev", "other");
	assert_history(2, "no revision 'old'", "list", "--history", "i.db", "--rev", "old");
}

/* A format of one result says what it left out; one of several, and a revision that is asked for, leave out nothing. */
static void test_left_out(void **state)
{
	static const struct {
		const char *option, *value, *says;
	} rows[] = {
		{NULL, NULL, "json takes one result: of 3, 1 is written, of revision v2"},
		{"--rev", "v1", ""},
		{"--format", "csv", ""},
	};

	history_fill("v", 3, 0, 1000);
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		MB_FREE char *out = NULL;
		MB_FREE char *err = NULL;

		assert_int_equal(history(&out, &err, "export", "--history", "h.db", "-o",
					 "out.json", rows[i].option, rows[i].value, NULL),
				 0);
		if (*rows[i].says)
			assert_non_null(strstr(err, rows[i].says));
		else
			assert_string_equal(err, "");
	}
}

/* What memboot exports says of which revision it is; what others write may not. */
static void test_import_gbench(void **state)
{
	static const char bare[] =
		"{\"context\": {\"num_cpus\": 2}, \"benchmarks\": "
		"[{\"name\": \"bare\", \"real_time\": 5, \"time_unit\": \"ns\"}]}";
	FILE *file = fopen("bare.json", "w");

	assert_non_null(file);
	fputs(bare, file);
	assert_int_equal(fclose(file), 0);
	assert_history(2, "does not say of which revision", "import", "--history", "g.db",
		       "bare.json");
	history_result("a.json", 1500, 0);
	assert_history(0, "1 added", "add", "--history", "h.db", "--rev", "v1", "a.json");
	assert_history(0, "", "export", "--history", "h.db", "-o", "a.gbench.json");
	assert_history(0, "1 added", "import", "--history", "f.db", "a.gbench.json");
	assert_history(0, "v1", "list", "--history", "f.db");
	assert_history(0, "1 added", "import", "--history", "g.db", "--rev", "g1", "a.gbench.json");
	assert_history(0, "g1", "list", "--history", "g.db");
	assert_history(0, "Google Benchmark", "list", "--history", "g.db");
	assert_history(0, "buddy/handoff", "export", "--history", "g.db", "--format", "csv");
	assert_history(2, "cannot read 'h.db'", "import", "--history", "g.db", "h.db");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HISTORY_CASE(test_usage),         HISTORY_CASE(test_add),
		HISTORY_CASE(test_refused),       HISTORY_CASE(test_round_trip),
		HISTORY_CASE(test_renamed),       HISTORY_CASE(test_left_out),
		HISTORY_CASE(test_import_gbench),
	};

	if (!MB_HAVE_SQLITE) {
		print_message("skipped: built without SQLite\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
