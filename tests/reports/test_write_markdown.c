/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/writer.h"

static void test_golden(void **state)
{
	assert_golden_sample(mb_write_markdown, "sample.md");
}

static void test_new_metric(void **state)
{
	assert_new_metric(mb_write_markdown, 77, "| widgets |", " | 77 |\n");
}

/* A column a result, empty where it has not the row. */
static void test_several(void **state)
{
	struct mb_result *first = sample_result(NULL), *second = mb_result_new(NULL);
	const struct mb_result *results[] = {first, second};
	struct mb_run *run = mb_result_add_run(second, MB_RUN_TOTAL, "first_allocation");
	char *text;

	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 2e9);
	text = written_all(mb_write_markdown, results, 2);
	assert_non_null(strstr(text, "| time | A | B |\n|:--|--:|--:|\n"));
	assert_non_null(strstr(text, "| `total/first_allocation` | 3.50 s | 2.00 s |\n"));
	assert_non_null(strstr(text, "threads:2` | 2.00 ms ±7.4 % |  |\n"));
	assert_non_null(strstr(text, "- A: bench `pageinit/kernel` **skipped**: "));
	assert_non_null(strstr(text, "- A: **spoils**: `load` is "));
	assert_non_null(strstr(text, "All figures of B"));
	free(text);
	mb_result_free(first);
	mb_result_free(second);
}

/*
 * A reader of code spans: outside of them nobody is mentioned and what would be markup is escaped, and the cells of a table are
 * as many in each row.
 */
static void check_line(const char *line, size_t length, size_t *cells)
{
	size_t bars = 0;

	for (size_t i = 0; i < length; i++) {
		size_t fence = 0, run = 0;

		assert_true((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
		bars += line[i] == '|' && (!i || line[i - 1] != '\\');
		while (i + fence < length && line[i + fence] == '`')
			fence++;
		if (!fence && line[i] == '\\')
			assert_non_null(strchr("\\`*_[]<>&|~", line[++i]));
		else if (!fence)
			assert_null(strchr("@[]~", line[i]));
		if (!fence)
			continue;
		for (i += fence; i < length; i++) {
			assert_true(line[i] != '|');
			run = line[i] == '`' ? run + 1 : 0;
			if (run == fence && line[i + 1] != '`')
				break;
		}
		assert_int_equal(run, fence);
	}
	if (*cells && bars)
		assert_int_equal(bars, *cells);
	*cells = bars;
}

static void test_hostile(void **state)
{
	struct mb_rng rng = {seed()};

	for (size_t i = 0; i < 300; i++) {
		struct mb_result *result = random_result(&rng);
		char *text = written(mb_write_markdown, result);
		size_t cells = 0;

		for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
			check_line(line, (size_t)(end - line), &cells);
		free(text);
		mb_result_free(result);
	}
}

/* What all results have in common is said once: the model, and what makes them noisy. */
static void test_common(void **state)
{
	struct mb_result *result = sample_result(NULL);
	const struct mb_result *results[] = {result, result};
	char *text = written_all(mb_write_markdown, results, 2);

	assert_null(strstr(text, "/model:"));
	assert_non_null(strstr(text, ", model `vmemmap`"));
	assert_non_null(strstr(text, "- A, B: **spoils**: `load` is "));
	assert_null(strstr(text, "- B: **spoils**"));
	free(text);
	mb_result_run_set_model(result->runs[1], "flat");
	text = written_all(mb_write_markdown, results, 2);
	assert_non_null(strstr(text, "`total/first_allocation/model:flat`"));
	free(text);
	mb_result_free(result);
}

/* What nobody outside should read: the machine of a host, in which its kernel's command line is. */
static void test_private(void **state)
{
	struct mb_result *result = sample_result(NULL);
	char *text = written(mb_write_markdown, result);

	assert_non_null(strstr(text, "machine `nodes=2"));
	free(text);
	mb_result_set(result, MB_RESULT_MAP_SOURCE, "/proc/iomem");
	text = written(mb_write_markdown, result);
	assert_null(strstr(text, "nodes=2"));
	free(text);
	mb_result_free(result);
}

/* What would be too long for a comment has no folded figures, and says so. */
static void test_long(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	char name[64], *text;

	for (int i = 0; i < 1000; i++) {
		struct mb_run *run;

		snprintf(name, sizeof(name), "bench/%d", i);
		run = mb_result_add_run(result, MB_RUN_BENCH, name);
		for (int k = 0; k < 8; k++)
			mb_result_run_set(run, k, 0, 1);
	}
	text = written(mb_write_markdown, result);
	assert_true(strlen(text) < 65536);
	assert_non_null(strstr(text, "| `bench/999` | 1.00 ns |\n"));
	assert_non_null(strstr(text, "\nThe other figures would not fit into a comment"));
	assert_null(strstr(text, "<details>"));
	free(text);
	mb_result_free(result);
}

static void test_backticks(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "a`b``c|d");
	char *text;

	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 1);
	text = written(mb_write_markdown, result);
	assert_non_null(strstr(text, "| ``` a`b``c\\x7cd ``` | 1.00 ns |"));
	free(text);
	mb_result_free(result);
}

static void test_full(void **state)
{
	assert_reports_full(mb_write_markdown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),  cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_several), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_full),    cmocka_unit_test(test_backticks),
		cmocka_unit_test(test_common),  cmocka_unit_test(test_long),
		cmocka_unit_test(test_private),
	};

	return cmocka_run_group_tests_name("write_markdown", tests, NULL, NULL);
}
