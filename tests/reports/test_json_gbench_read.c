/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/reports/hostile.h"
#include "core/base/err.h"
#include "reports/json.h"

static const char good[] =
	"{\"context\": {\"date\": \"2026-01-01T02:30:00+02:00\", \"host_name\": \"node-a\", "
	"\"num_cpus\": 16, \"commit\": \"abc\", \"library_build_type\": \"release\"},\n"
	"\"benchmarks\": ["
	"{\"name\": \"b/8\", \"run_name\": \"b/8\", \"run_type\": \"iteration\", \"iterations\": 7, "
	"\"real_time\": 1.5, \"time_unit\": \"ms\", \"bytes_per_second\": 2e9},"
	"{\"name\": \"b/8\", \"run_name\": \"b/8\", \"run_type\": \"iteration\", \"iterations\": 7, "
	"\"real_time\": 2.5, \"time_unit\": \"ms\"},"
	"{\"name\": \"b/8_mean\", \"run_name\": \"b/8\", \"run_type\": \"aggregate\", \"real_time\": "
	"9, \"time_unit\": \"ms\"},"
	"{\"name\": \"bad\", \"error_occurred\": true, \"error_message\": \"no node\"},"
	"{\"name\": \"old\", \"real_time\": 4}]}";

static int read_text(const char *text, struct mb_err *err, struct mb_result **ret_result)
{
	return mb_json_gbench_read(text, strlen(text), NULL, err, ret_result);
}

static void test_good(void **state)
{
	struct mb_result *result;
	struct mb_err err = {0};

	assert_int_equal(read_text(good, &err, &result), 0);
	assert_string_equal(result->fields[MB_RESULT_STARTED_UTC], "2026-01-01T00:30:00Z");
	assert_string_equal(mb_result_fact(&result->facts, "revision"), "abc");
	assert_string_equal(mb_result_fact(&result->facts, "host_class"),
			    "host node-a, 16 CPUs, of Google Benchmark");
	assert_int_equal(result->nr_runs, 3);
	assert_string_equal(result->runs[0]->name, "b/8");
	assert_int_equal(result->runs[0]->metrics[MB_METRIC_WALL_NS].count, 2);
	assert_true(result->runs[0]->metrics[MB_METRIC_WALL_NS].values[1] == 2.5e6);
	assert_true(result->runs[0]->metrics[MB_METRIC_BYTES_PER_SECOND].values[0] == 2e9);
	assert_int_equal(result->runs[1]->status, MB_RUN_ERROR);
	assert_string_equal(result->runs[1]->reason, "no node");
	assert_true(result->runs[2]->metrics[MB_METRIC_WALL_NS].values[0] == 4);
	mb_result_free(result);
}

/* What this project writes comes back: the same times of the same rows. */
static void test_own(void **state)
{
	struct mb_result *result = sample_result(NULL), *back;
	struct mb_err err = {0};
	char *text = written(mb_json_gbench, result);

	assert_int_equal(read_text(text, &err, &back), 0);
	assert_int_equal(back->nr_runs, 2);
	assert_int_equal(back->runs[0]->metrics[MB_METRIC_WALL_NS].count, 3);
	assert_true(fabs(back->runs[0]->metrics[MB_METRIC_WALL_NS].values[1] / 2100000 - 1) <
		    1e-12);
	free(text);
	mb_result_free(back);
	mb_result_free(result);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *why;
		int error;
	} cases[] = {
		{"", "", -ENOMSG},
		{"{}", "", -ENOMSG},
		{"[1]", "", -ENOMSG},
		{"{\"schema_version\": 1}", "", -ENOMSG},
		{"{\"context\": {}, \"benchmarks\": []}", "no repetition", -EINVAL},
		{"{\"context\": {}, \"benchmarks\": [3]}", "benchmarks[0]: is not an object",
		 -EINVAL},
		{"{\"context\": {}, \"benchmarks\": [{}]}", "no name", -EINVAL},
		{"{\"context\": {}, \"benchmarks\": [{\"name\": \"a\"}]}", "real_time", -EINVAL},
		{"{\"context\": {}, \"benchmarks\": [{\"name\": \"a\", \"real_time\": -1}]}",
		 "real_time", -EINVAL},
		{"{\"context\": {}, \"benchmarks\": [{\"name\": \"a\", \"real_time\": 1, "
		 "\"time_unit\": \"weeks\"}]}",
		 "time_unit", -EINVAL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_result *result = (void *)state;
		struct mb_err err = {0};

		assert_int_equal(read_text(cases[i].text, &err, &result), cases[i].error);
		assert_non_null(strstr(err.text, cases[i].why));
		assert_ptr_equal(result, state);
	}
}

/* Cut anywhere it is no such file, and says so without a leak. */
static void test_cut(void **state)
{
	for (size_t length = 0; length + 1 < sizeof(good) - 1; length++) {
		struct mb_result *result = NULL;
		struct mb_err err = {0};

		assert_int_equal(mb_json_gbench_read(good, length, NULL, &err, &result), -ENOMSG);
		assert_null(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
