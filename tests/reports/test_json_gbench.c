/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/json.h"

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

static void test_golden(void **state)
{
	assert_golden_sample(mb_json_gbench, "sample.gbench.json");
}

/* Only timed stages, totals and benches that went well; no aggregates; a missing sample is no row. */
static void test_rows(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;
	char *text;

	for (int kind = 0; kind < MB_RUN_NR_KINDS; kind++) {
		run = mb_result_add_run(result, (enum mb_run_kind)kind, "timed");
		mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 1);
		mb_result_run_set(run, MB_METRIC_WALL_NS, 2, 3);
		if (kind == MB_RUN_BENCH)
			mb_result_run_set(run, MB_METRIC_ROUNDS, 2, 7);
		mb_result_run_set(run, MB_METRIC_BYTES_PER_SECOND, 0, 1e9);
	}
	run = mb_result_add_run(result, MB_RUN_STAGE, "bad");
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 1);
	mb_result_run_set_status(run, MB_RUN_ERROR, "x");
	run = mb_result_add_run(result, MB_RUN_STAGE, "untimed");
	mb_result_run_set(run, MB_METRIC_PAGES, 0, 1);
	text = written(mb_json_gbench, result);
	assert_int_equal(count_of(text, "\"run_type\": \"iteration\""), 3 * 2);
	assert_int_equal(count_of(text, "\"name\": \"stage/timed\""), 2);
	assert_int_equal(count_of(text, "\"name\": \"total/timed\""), 2);
	assert_int_equal(count_of(text, "\"name\": \"timed\""), 2);
	assert_int_equal(count_of(text, "\"repetition_index\": 2"), 3);
	assert_int_equal(count_of(text, "\"iterations\": 7"), 1);
	assert_int_equal(count_of(text, "\"iterations\": 1,"), 5);
	assert_int_equal(count_of(text, "bytes_per_second"), 0);
	assert_int_equal(count_of(text, "aggregate"), 0);
	assert_int_equal(count_of(text, "bad") + count_of(text, "untimed"), 0);
	free(text);
	mb_result_free(result);
}

/* The revision under which a history had the result is in the context, where import looks for it. */
static void test_revision(void **state)
{
	struct mb_result *result = sample_result(NULL), *back;
	struct mb_err err = {0};
	char *text = written(mb_json_gbench, result);

	assert_int_equal(count_of(text, "\"revision\""), 0);
	free(text);
	mb_result_add_fact(result, "revision", "2f0c", NULL);
	text = written(mb_json_gbench, result);
	assert_int_equal(mb_json_gbench_read(text, strlen(text), NULL, &err, &back), 0);
	assert_string_equal(mb_result_fact(&back->facts, "revision"), "2f0c");
	mb_result_free(back);
	free(text);
	mb_result_free(result);
}

/* Whatever the texts are, Python's JSON reader takes the file, and every row has what compare.py asks for. */
static void test_python(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;
	FILE *python;

	for (size_t i = 0; i < MB_ARRAY_SIZE(hostile); i++) {
		run = mb_result_add_run(result, MB_RUN_BENCH, hostile[i]);
		mb_result_run_set_arg(run, "text", hostile[i]);
		mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 1.5);
		mb_result_add_fact(result, "host_name", hostile[i], NULL);
	}
	python = popen(
		"python3 -c 'import json, sys\n"
		"def no(x): raise ValueError(x)\n"
		"d = json.load(sys.stdin, parse_constant=no)\n"
		"assert isinstance(d[\"context\"][\"caches\"], list)\n"
		"for b in d[\"benchmarks\"]:\n"
		"  assert {\"name\", \"real_time\", \"cpu_time\", \"time_unit\", \"run_type\"} <= b.keys()\n"
		"sys.exit(0 if len(d[\"benchmarks\"]) == 17 else 1)'",
		"w");
	assert_non_null(python);
	assert_int_equal(mb_json_gbench((const struct mb_result *const *)&result, 1, python), 0);
	assert_int_equal(pclose(python), 0);
	mb_result_free(result);
}

/* A row a benchmark: the median of the times that there are, and of every other figure. */
static void test_median(void **state)
{
	struct mb_result *result = sample_result(NULL);
	char *text = written(mb_json_gbench_median, result);

	assert_golden("sample.gbench-median.json", text);
	assert_int_equal(count_of(text, "\"real_time\""), 2);
	assert_int_equal(count_of(text, "\"real_time\": 2000000.0,"), 1);
	free(text);
	mb_result_free(result);
}

/* A new metric is a user counter. */
static void test_new_metric(void **state)
{
	struct more_metrics more;
	struct mb_result *result;
	char *text;

	more_metrics_init(&more);
	result = sample_result(&more.table);
	mb_result_run_set(result->runs[1], MB_NR_METRICS, 0, 77);
	text = written(mb_json_gbench, result);
	assert_int_equal(count_of(text, "\"widgets_per_hour\": 77\n"), 1);
	free(text);
	text = written(mb_json_gbench_median, result);
	assert_int_equal(count_of(text, "\"widgets_per_hour\": 77\n"), 1);
	free(text);
	mb_result_free(result);
}

static void test_full(void **state)
{
	assert_reports_full(mb_json_gbench_median);
	assert_reports_full(mb_json_gbench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),   cmocka_unit_test(test_rows),
		cmocka_unit_test(test_revision), cmocka_unit_test(test_python),
		cmocka_unit_test(test_median),   cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("json_gbench", tests, NULL, NULL);
}
