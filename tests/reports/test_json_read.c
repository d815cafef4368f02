/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "tests/reports/hostile.h"
#include "reports/json.h"

static void assert_text(const char *a, const char *b)
{
	if (!a || !b)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void assert_facts(const struct mb_facts *a, const struct mb_facts *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_text(a->rows[i].name, b->rows[i].name);
		assert_text(a->rows[i].value, b->rows[i].value);
		assert_text(a->rows[i].reason, b->rows[i].reason);
		assert_int_equal(a->rows[i].metric, b->rows[i].metric);
	}
}

static void assert_samples(const struct mb_samples *a, const struct mb_samples *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		if (isnan(a->values[i]))
			assert_true(isnan(b->values[i]));
		else
			assert_memory_equal(&a->values[i], &b->values[i], sizeof(double));
	}
}

static void assert_run(const struct mb_run *a, const struct mb_run *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_text(a->name, b->name);
	assert_facts(&a->args, &b->args);
	assert_int_equal(a->node, b->node);
	assert_int_equal(a->worker, b->worker);
	assert_int_equal(a->cpu, b->cpu);
	assert_int_equal(a->threads, b->threads);
	assert_text(a->model, b->model);
	assert_text(a->placement, b->placement);
	assert_int_equal(a->status, b->status);
	assert_text(a->reason, b->reason);
	for (size_t i = 0; i < a->result->metrics->count; i++)
		assert_samples(&a->metrics[i], &b->metrics[i]);
	assert_int_equal(!a->counts, !b->counts);
	for (size_t i = 0; a->counts && i < a->result->counters.count; i++) {
		assert_samples(&a->counts[i].values, &b->counts[i].values);
		assert_samples(&a->counts[i].shares, &b->counts[i].shares);
		assert_text(a->counts[i].reason, b->counts[i].reason);
	}
}

static void assert_result(const struct mb_result *a, const struct mb_result *b)
{
	for (size_t i = 0; i < MB_RESULT_NR_FIELDS; i++)
		assert_text(a->fields[i], b->fields[i]);
	assert_int_equal(a->status, b->status);
	assert_text(a->reason, b->reason);
	assert_facts(&a->facts, &b->facts);
	assert_facts(&a->knobs, &b->knobs);
	assert_int_equal(a->noise.count, b->noise.count);
	for (size_t i = 0; i < a->noise.count; i++) {
		assert_int_equal(a->noise.rows[i].verdict, b->noise.rows[i].verdict);
		for (size_t k = 0; k < MB_NOISE_NR_TEXTS; k++)
			assert_text(a->noise.rows[i].texts[k], b->noise.rows[i].texts[k]);
	}
	assert_facts(&a->counters, &b->counters);
	assert_int_equal(a->nr_runs, b->nr_runs);
	for (size_t i = 0; i < a->nr_runs; i++)
		assert_run(a->runs[i], b->runs[i]);
}

static void assert_round_trip(struct mb_result *result)
{
	struct mb_result *back = NULL;
	struct mb_err err = {0};
	char *text = written(mb_json_write, result), *again;

	if (mb_json_read(text, strlen(text), result->metrics, &err, &back))
		fail_msg("%s\n%s", err.text, text);
	assert_result(result, back);
	again = written(mb_json_write, back);
	assert_string_equal(text, again);
	free(text);
	free(again);
	mb_result_free(back);
	mb_result_free(result);
}

static void test_sample(void **state)
{
	struct more_metrics more;

	assert_round_trip(sample_result(NULL));
	more_metrics_init(&more);
	assert_round_trip(sample_result(&more.table));
}

/* Whatever a result holds comes back equal. */
static void test_random(void **state)
{
	struct mb_rng rng = {seed()};

	for (size_t i = 0; i < 500; i++)
		assert_round_trip(random_result(&rng));
}

static void assert_refused(const char *text, size_t length, int error, const char *why)
{
	struct mb_result *untouched = (struct mb_result *)text, *result = untouched;
	struct mb_err err = {0};

	assert_int_equal(mb_json_read(text, length, NULL, &err, &result), error);
	assert_ptr_equal(result, untouched);
	assert_int_equal(err.code, error);
	if (!strstr(err.text, why))
		fail_msg("'%s' lacks '%s'", err.text, why);
	for (const char *at = err.text; *at; at++)
		assert_true((unsigned char)*at >= 0x20);
}

#define HEAD \
	"{\"schema_version\": 1, \"status\": \"complete\", \"facts\": [], \"knobs\": [], \"runs\": ["
#define RUN "{\"kind\": \"stage\", \"name\": \"x\", \"args\": [], \"status\": \"ok\", \"samples\": "
#define COUNTED                                                                            \
	"{\"schema_version\": 1, \"status\": \"complete\", \"facts\": [], \"knobs\": [], " \
	"\"counters\": [{\"name\": \"a\"}], \"runs\": [" RUN "{}, \"counts\": "
#define HEAD_N "{\"schema_version\": 1, \"status\": \"complete\", "

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "the file is empty"},
		{"hello", "not JSON: line 1"},
		{"{\"a\": NaN}", "not JSON: line 1"},
		{"{} {}", "not JSON: line 1"},
		{"{\"a\": 1, \"a\": 2}", "twice"},
		{"{\"a\": 1e999}", "too large"},
		{"{\"a\": 99999999999999999999999}", "too large"},
		{"{\"a\": \"\\u0000\"}", "NUL"},
		{"{\"a\": \"\xff\"}", "not JSON: line 1"},
		{"[]", "not a JSON object"},
		{"{}", "schema_version is missing"},
		{"{\"schema_version\": \"1\"}", "schema_version: is not a whole number"},
		{"{\"schema_version\": 2}", "schema version 2 is not known; this version reads 1"},
		{"{\"schema_version\": 1}", "status: is missing"},
		{"{\"schema_version\": 1, \"machine\": 7}", "machine: is neither a text nor null"},
		{"{\"schema_version\": 1, \"status\": \"done\"}",
		 "status: has a value that is not known"},
		{HEAD_N "\"facts\": 3}", "facts: is not a list"},
		{HEAD RUN "{\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\": []}}]}",
		 "runs[0].gr\\u00fc\\u00df \\u1f600: is a metric"},
		{HEAD_N "\"facts\": [3]}", "facts: holds something that is not an object"},
		{HEAD_N "\"facts\": [{\"value\": \"x\"}]}", "name: is missing"},
		{HEAD_N "\"facts\": [], \"knobs\": []}", "runs: is missing"},
		{HEAD_N "\"facts\": [], \"knobs\": [], \"noise\": 1}", "noise: is not a list"},
		{HEAD_N "\"facts\": [], \"knobs\": [], \"noise\": [1]}",
		 "noise[0]: is not an object"},
		{HEAD_N "\"facts\": [], \"knobs\": [], \"noise\": [{\"verdict\": \"bad\"}]}",
		 "noise[0].verdict: has a value"},
		{HEAD_N "\"facts\": [], \"knobs\": [], \"noise\": [{\"verdict\": \"fine\"}]}",
		 "noise[0].name: is missing"},
		{HEAD "1]}", "runs[0]: is not an object"},
		{HEAD "{}]}", "runs[0].kind: is missing"},
		{HEAD RUN "{}}, {\"kind\": \"rocket\"}]}", "runs[1].kind: has a value"},
		{HEAD RUN "{}, \"node\": -2}]}", "runs[0].node: is neither"},
		{HEAD RUN "{}, \"cpu\": 1.5}]}", "runs[0].cpu: is neither"},
		{HEAD RUN "{}, \"threads\": 9999999999}]}", "runs[0].threads: is neither"},
		{HEAD RUN "{}, \"model\": []}]}", "runs[0].model: is neither"},
		{HEAD RUN "[]}]}", "runs[0].samples: is not an object"},
		{HEAD RUN "{\"wall_ns\": 1}}]}", "runs[0].wall_ns: is not a list"},
		{HEAD RUN "{\"wall_ns\": [\"1\"]}}]}", "runs[0].wall_ns: has a sample"},
		{HEAD RUN "{\"warp\\u001b[31m\": [1]}}]}",
		 "runs[0].warp\\x1b[31m: is a metric that this version"},
		{HEAD "{\"kind\": \"stage\", \"name\": \"x\", \"status\": \"ok\", \"samples\": {}, "
		      "\"args\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}]}",
		 "runs[0].args: has a name twice"},
		{HEAD_N "\"facts\": [], \"knobs\": [], \"counters\": 3}",
		 "counters: is not a list"},
		{HEAD_N
		 "\"facts\": [], \"knobs\": [], \"counters\": [{\"name\": \"a\"}, {\"name\": "
		 "\"a\"}], \"runs\": []}",
		 "counters: has a name twice"},
		{HEAD RUN "{}, \"counts\": {\"a\": [1]}}]}",
		 "a: is not one of the result's counters"},
		{HEAD_N
		 "\"facts\": [], \"knobs\": [], \"counters\": [{\"name\": \"a\", \"metric\": 3}]}",
		 "metric: is neither a text nor null"},
		{HEAD_N
		 "\"facts\": [], \"knobs\": [], \"counters\": [{\"name\": \"a\", \"metric\": "
		 "\"widgets\"}]}",
		 "widgets: is a metric that this version does not know"},
		{COUNTED "3}]}", "runs[0].counts: is not an object"},
		{COUNTED "{\"a\": 3}}]}", "runs[0].a: is not a list"},
		{COUNTED "{\"a\": [\"3\"]}}]}", "runs[0].a: has a sample"},
		{COUNTED "{\"a\": [3]}, \"count_shares\": []}]}",
		 "runs[0].count_shares: is not an object"},
		{COUNTED "{}, \"count_reasons\": []}]}", "runs[0].count_reasons: is not an object"},
		{COUNTED "{}, \"count_reasons\": {\"b\": \"x\"}}]}",
		 "b: is not one of the result's counters"},
		{COUNTED "{}, \"count_reasons\": {\"a\": 3}}]}",
		 "a: has a reason that is not text"},
		{COUNTED "{\"a\": [3]}, \"count_shares\": {\"a\": [0]}}]}",
		 "runs[0].a: has a share that is not above 0"},
		{COUNTED "{\"a\": [3]}, \"count_shares\": {\"a\": [1.5]}}]}",
		 "runs[0].a: has a share that is not above 0"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_refused(rows[i].text, strlen(rows[i].text), -EINVAL, rows[i].why);
	/* With neither error record nor out-parameter use the answer is the same. */
	assert_int_equal(mb_json_read("{}", 2, NULL, NULL, NULL), -EINVAL);
}

/* The smallest result: everything that may be left out is. */
static void test_smallest(void **state)
{
	static const char text[] =
		HEAD RUN "{\"wall_ns\": [1, null]}, \"future\": {}}], \"future\": 1}";
	struct mb_result *result = NULL;

	assert_int_equal(mb_json_read(text, strlen(text), NULL, NULL, &result), 0);
	assert_int_equal(result->runs[0]->node, MB_RUN_NONE);
	assert_int_equal(result->runs[0]->threads, 0);
	assert_int_equal(result->runs[0]->metrics[MB_METRIC_WALL_NS].count, 2);
	mb_result_free(result);
}

/* The first version's form, from before there were noise rows and half of the metrics. */
static void test_version_1(void **state)
{
	const char *data = getenv("MB_TEST_DATA");
	struct mb_result *result = NULL;
	struct mb_err err = {0};
	char path[512];

	snprintf(path, sizeof(path), "%s/reports/version-1.json", data ? data : "tests/data");
	if (mb_json_read_file(path, NULL, &err, &result))
		fail_msg("%s", err.text);
	assert_string_equal(result->fields[MB_RESULT_POLICY], "deferred");
	assert_int_equal(result->status, MB_RESULT_PARTIAL);
	assert_int_equal(result->nr_runs, 6);
	assert_int_equal(result->noise.count, 0);
	assert_true(result->runs[0]->metrics[MB_METRIC_WALL_NS].values[2] == 1900000.5);
	mb_result_free(result);
}

/* A file cut off anywhere is refused; where it ends inside the value, the reason says so. */
static void test_truncated(void **state)
{
	struct mb_result *result = sample_result(NULL);
	char *text = written(mb_json_write, result);
	size_t length = strlen(text);

	for (size_t cut = 1; cut < length - 1; cut++)
		assert_refused(text, cut, -EINVAL, "cut off");
	free(text);
	mb_result_free(result);
}

/* Random damage never does worse than an error. */
static void test_damaged(void **state)
{
	struct mb_result *result = sample_result(NULL);
	char *text = written(mb_json_write, result), *copy;
	struct mb_rng rng = {seed()};
	size_t length = strlen(text);

	for (size_t i = 0; i < 3000; i++) {
		struct mb_result *back = NULL;

		copy = malloc(length);
		memcpy(copy, text, length);
		for (size_t j = 0; j <= i % 4; j++)
			copy[mb_rng_below(&rng, length)] = (char)mb_rng_next(&rng);
		mb_json_read(copy, length, NULL, NULL, &back);
		mb_result_free(back);
		free(copy);
	}
	free(text);
	mb_result_free(result);
}

static void test_too_large(void **state)
{
	assert_refused("x", MB_JSON_MAX_BYTES + 1, -EFBIG, "larger than 256 MiB");
}

static void test_file(void **state)
{
	struct mb_result *result = sample_result(NULL), *back = NULL;
	char path[] = "/tmp/memboot-test-XXXXXX", *text = written(mb_json_write, result);
	struct mb_err err = {0};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	assert_int_equal(mb_json_read_file(path, NULL, &err, &back), 0);
	assert_result(result, back);
	unlink(path);
	assert_int_equal(mb_json_read_file(path, NULL, &err, &back), -ENOENT);
	assert_string_equal(err.text, "No such file or directory");
	mb_err_clear(&err);
	assert_int_equal(mb_json_read_file("/", NULL, &err, &back), -EISDIR);
	mb_err_clear(&err);
	assert_int_equal(mb_json_read_file("/dev/null", NULL, &err, &back), -EINVAL);
	assert_string_equal(err.text, "the file is empty");
	mb_err_clear(&err);
	assert_int_equal(mb_json_read_file("/dev/zero", NULL, &err, &back), -EFBIG);
	mb_result_free(back);
	mb_result_free(result);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),    cmocka_unit_test(test_random),
		cmocka_unit_test(test_refused),   cmocka_unit_test(test_smallest),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_too_large), cmocka_unit_test(test_file),
		cmocka_unit_test(test_version_1),
	};

	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
