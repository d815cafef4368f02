/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/predict_published.h"
#include "core/base/align.h"
#include "reports/json.h"
#include "reports/pick.h"
#include "tests/cli/capture.h"

static int run(const struct mb_opts *opts, const struct mb_output *output,
	       const struct mb_predict_vary *vary, FILE *stream, char **ret_text)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("predict"), .opts = *opts};
	struct capture capture;
	int status;

	capture_begin(&capture, stream);
	status = mb_predict_published_run(&cli, output, vary);
	*ret_text = capture_end(&capture);
	return status;
}

static void assert_says(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strstr(text, words[i]))
			fail_msg("'%s' is not in:\n%s", words[i], text);
}

static char *table_path(char letter)
{
	char *path;

	assert_true(asprintf(&path, "%s/costmodel/jordan-2020-%c.txt", getenv("MB_TEST_DATA"),
			     letter) > 0);
	return path;
}

/* All of them: the first two points are fitted, and there is a line for each. */
static void tables(void **state)
{
	static const char *const words[] = {
		"Published times of deferred init",
		"  threads  published  predicted",
		"fitted on the first 2 of ",
		"fitted\n",
		" points that were not fitted: off by ",
		"knee: ",
	};
	static const struct mb_predict_vary vary = {MB_PREDICT_VARY_THREADS, {1, 2, 4, 256}, 4};
	const struct mb_output output = {.tables = true};

	for (char letter = 'a'; letter <= 'f'; letter++) {
		char *path = table_path(letter), *text;
		struct mb_opts opts = {.from_table = path};

		assert_int_equal(run(&opts, &output, &vary, stdout, &text), MB_EXIT_OK);
		assert_says(text, words, MB_ARRAY_SIZE(words));
		free(text);
		opts.fit_points = 1000;
		assert_int_equal(run(&opts, &output, NULL, stderr, &text), MB_EXIT_USAGE);
		assert_non_null(strstr(text, "'--fit-points 1000': the table has "));
		opts.fit_points = strtoull(strstr(text, " has ") + 5, NULL, 10);
		assert_in_range(opts.fit_points, 3, 20);
		free(text);
		assert_int_equal(run(&opts, &output, NULL, stdout, &text), MB_EXIT_OK);
		assert_null(strstr(text, "not fitted"));
		free(text);
		free(path);
	}
}

/* Published and predicted times of a point are in one run. */
static void result(void **state)
{
	static const struct mb_predict_vary vary = {MB_PREDICT_VARY_THREADS, {4, 5, 32}, 3};
	char name[] = "/tmp/memboot-test-XXXXXX.json", *path = table_path('b'), *text;
	struct mb_output output = {.path = name};
	struct mb_opts opts = {.from_table = path};
	struct mb_result *read = NULL;
	struct mb_err err = {0};
	size_t published = 0;

	close(mkstemps(name, 5));
	assert_int_equal(run(&opts, &output, &vary, stdout, &text), MB_EXIT_OK);
	assert_int_equal(mb_json_read_file(name, NULL, &err, &read), 0);
	assert_int_equal(read->nr_runs, 9); /* 8, and 5 threads */
	for (size_t i = 0; i < read->nr_runs; i++) {
		assert_int_equal(read->runs[i]->kind, MB_RUN_PREDICTION);
		assert_true(mb_pick_figure(read->runs[i], MB_METRIC_PREDICTED_NS) > 0);
		published += mb_pick_figure(read->runs[i], MB_METRIC_PUBLISHED_NS) > 0;
		assert_int_equal(read->runs[i]->metrics[MB_METRIC_WALL_NS].count, 0);
	}
	assert_int_equal(published, 8);
	assert_non_null(strstr(mb_result_fact(&read->facts, "predicted_for"), "Broadwell"));
	assert_non_null(strstr(mb_result_fact(&read->facts, "predicted_points"),
			       "fitted on 2 of 8 points, those of 0, 1 threads; the 6 points that "
			       "were not fitted: off by "));
	assert_non_null(strstr(mb_result_fact(&read->facts, "predicted_points"),
			       " inside the 90 % interval"));
	/* They are not of this host. */
	assert_non_null(strstr(mb_result_fact(&read->facts, "host_name"), "Broadwell"));
	assert_null(mb_result_fact(&read->facts, "cpu_model"));
	assert_null(mb_result_fact(&read->facts, "kernel"));
	assert_non_null(strstr(mb_result_fact(&read->facts, "predicted_source"), "https://"));
	assert_non_null(strstr(mb_result_fact(&read->facts, "predicted_knee"), "threads a node; "));
	mb_result_free(read);
	unlink(name);
	free(text);
	free(path);
}

/* A result that cannot be written takes nothing from the tables. */
static void unsaved(void **state)
{
	char *path = table_path('a'), *text;
	const struct mb_output output = {.path = "/nowhere/x.json", .tables = true};
	struct mb_opts opts = {.from_table = path};

	assert_int_equal(run(&opts, &output, NULL, stdout, &text), MB_EXIT_USAGE);
	assert_non_null(strstr(text, " points that were not fitted: off by "));
	free(text);
	free(path);
}

/* One is not several. */
static void one(void **state)
{
	static const char table[] = "pages = 1\ncpus = 1\nstore_gb_s = 10\n1 100\n2 100\n";
	static const char *const words[] = {
		"\n  1 page is deferred\n",
		"\n  1 CPU\n",
		"the 1 point that was not fitted: off by ",
	};
	const struct mb_output output = {.tables = true};
	char name[] = "/tmp/memboot-test-XXXXXX", *text;
	struct mb_opts opts = {.from_table = name, .fit_points = 1};
	int fd = mkstemp(name);

	assert_int_equal(write(fd, table, strlen(table)), strlen(table));
	close(fd);
	assert_int_equal(run(&opts, &output, NULL, stdout, &text), MB_EXIT_OK);
	assert_says(text, words, MB_ARRAY_SIZE(words));
	unlink(name);
	free(text);
}

static void refused(void **state)
{
	static const struct {
		const char *table;
		uint64_t fit_points;
		int status;
		const char *says;
	} cases[] = {
		{NULL, 0, MB_EXIT_USAGE, "No such file"},
		{"", 0, MB_EXIT_USAGE, "cannot read table"},
		{"1 100\nword\n", 0, MB_EXIT_USAGE, "line 2"},
		/* What nobody could use; the file is named, and what to add. */
		{"1 100\n2 50\n", 0, MB_EXIT_USAGE,
		 ": does not say what its memory takes: add 'pages' and 'peak_gb_s' or "
		 "'store_gb_s', or points of several threads, of which it takes 3 and has 1\n"},
		{"pages = 1000000\n1 100\n2 50\n", 0, MB_EXIT_USAGE,
		 ": does not say what its memory takes: add 'peak_gb_s' or 'store_gb_s', or "
		 "points of several threads, of which it takes 3 and has 1\n"},
		{"100000 100\n200000 50\n", 0, MB_EXIT_USAGE,
		 ": has no time of one thread: add a point of 0 or 1 threads\n"},
		{"pages = 1000000\nstore_gb_s = 10\n4 100\n8 50\n", 0, MB_EXIT_USAGE,
		 ": has no time of one thread: add a point of 0 or 1 threads\n"},
		/* The option took the points away that the table has, or it did not. */
		{"1 100\n2 53\n4 29\n8 18\n", 1, MB_EXIT_USAGE,
		 "option '--fit-points 1': table '/tmp/"},
		{"1 100\n2 53\n4 29\n8 18\n", 1, MB_EXIT_USAGE,
		 "' does not say what its memory takes, and so needs 4 fitted points or more\n"},
		{"0 101\n1 100\n2 53\n4 29\n8 18\n16 14\n", 4, MB_EXIT_USAGE,
		 "' does not say what its memory takes, and so needs 5 fitted points or more\n"},
		{"1 100\n2 53\n4 29\n", 1, MB_EXIT_USAGE, "cannot use table '/tmp/"},
		{"1 100\n2 53\n4 29\n", 1, MB_EXIT_USAGE,
		 "several threads, of which it takes 3 and has 2\n"},
		{"2 53\n4 29\n8 18\n16 14\n", 1, MB_EXIT_USAGE,
		 ": has no time of one thread: add a point of 0 or 1 threads\n"},
		/* What no curve describes. */
		{"pages = 1000000\nstore_gb_s = 10\n1 1000\n2 1\n", 0, MB_EXIT_UNFIT,
		 "unfit: the points lie off the curve"},
		{"1 100\n2 150\n4 200\n8 300\n", 0, MB_EXIT_UNFIT,
		 "unfit: the points lie off the curve"},
		{"pages = 1000000\nstore_gb_s = 0.1\n1 100\n2 50\n", 0, MB_EXIT_UNFIT,
		 "unfit: memory alone would need 640.0 ms"},
	};
	const struct mb_output output = {.tables = true};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		char name[] = "/tmp/memboot-test-XXXXXX", *text;
		struct mb_opts opts = {.from_table = name, .fit_points = cases[i].fit_points};
		int fd = mkstemp(name), status;

		if (cases[i].table)
			assert_int_equal(write(fd, cases[i].table, strlen(cases[i].table)),
					 strlen(cases[i].table));
		else
			unlink(name);
		close(fd);
		status = run(&opts, &output, NULL, stderr, &text);
		if (status != cases[i].status)
			fail_msg("case %zu: %d %s", i, status, text);
		assert_says(text, &cases[i].says, 1);
		if (status == MB_EXIT_USAGE)
			assert_non_null(strstr(text, name));
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		unlink(name);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables), cmocka_unit_test(result),  cmocka_unit_test(unsaved),
		cmocka_unit_test(one),    cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
