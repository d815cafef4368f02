/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_REPORTS_WRITTEN_H
#define MB_TESTS_REPORTS_WRITTEN_H

#include "reports/writer.h"
#include "tests/reports/sample.h"

/* What the tests of several writers share. */

/*
 * What a writer makes of several results; the caller frees it. Inlined, gcc 12 takes what it returns for a pointer to its own
 * variable.
 */
static __attribute__((noinline, unused)) char *
written_all(mb_writer_fn *write, const struct mb_result *const *results, size_t count)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	assert_non_null(file);
	assert_int_equal(write(results, count, file), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(strlen(text), length);
	return text;
}

/* Of one. */
static inline char *written(mb_writer_fn *write, const struct mb_result *result)
{
	return written_all(write, &result, 1);
}

/* Compares with tests/data/reports/NAME; with MB_UPDATE_GOLDEN in the environment writes that file first. */
static inline void assert_golden(const char *name, const char *text)
{
	const char *data = getenv("MB_TEST_DATA");
	char path[512], golden[65536] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/reports/%s", data ? data : "tests/data", name);
	if (getenv("MB_UPDATE_GOLDEN")) {
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(text, file);
		assert_int_equal(fclose(file), 0);
	}
	file = fopen(path, "r");
	assert_non_null(file);
	golden[fread(golden, 1, sizeof(golden) - 1, file)] = 0;
	fclose(file);
	assert_string_equal(text, golden);
}

/* The same of what a writer makes of the sample. */
static inline void assert_golden_sample(mb_writer_fn *write, const char *name)
{
	struct mb_result *result = sample_result(NULL);
	char *text = written(write, result);

	assert_golden(name, text);
	free(text);
	mb_result_free(result);
}

/* Writing to a full device is an error, whatever the writer. */
static inline void assert_reports_full(mb_writer_fn *write)
{
	struct mb_result *result = sample_result(NULL);
	const struct mb_result *results[] = {result};
	FILE *file = fopen("/dev/full", "w");

	assert_non_null(file);
	setvbuf(file, NULL, _IONBF, 0);
	assert_int_equal(write(results, 1, file), -5); /* EIO */
	fclose(file);
	mb_result_free(result);
}

/* The project's metrics and one more. */
struct more_metrics {
	struct mb_metric rows[MB_NR_METRICS + 1];
	struct mb_metric_table table;
};

static inline void more_metrics_init(struct more_metrics *more)
{
	memcpy(more->rows, mb_metrics.rows, sizeof(*more->rows) * MB_NR_METRICS);
	more->rows[MB_NR_METRICS] = (struct mb_metric){
		.key = "widgets_per_hour",
		.label = "widgets",
		.unit = "1/h",
		.format = MB_METRIC_FORMAT_COUNT,
		.better = MB_BETTER_HIGHER,
	};
	more->table = (struct mb_metric_table){more->rows, MB_NR_METRICS + 1};
}

/* A writer knows the one more by itself: where a run of the sample has so many widgets an hour, both words are in what it writes. */
static inline void assert_new_metric(mb_writer_fn *write, double widgets, const char *first,
				     const char *second)
{
	struct more_metrics more;
	struct mb_result *result;
	char *text;

	more_metrics_init(&more);
	result = sample_result(&more.table);
	mb_result_run_set(result->runs[1], MB_NR_METRICS, 0, widgets);
	text = written(write, result);
	if (!strstr(text, first) || !strstr(text, second))
		fail_msg("'%s' and '%s' are not both in:\n%s", first, second, text);
	free(text);
	mb_result_free(result);
}

#endif
