/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/json.h"
#include "reports/writer.h"

/* A boot of two stages and a node with two workers, with begins and a counted event. */
static struct mb_result *boot_result(const struct mb_metric_table *metrics, bool begins)
{
	static const struct {
		enum mb_run_kind kind;
		const char *name;
		int node, worker;
		double start_ns, ns;
	} rows[] = {
		{MB_RUN_STAGE, "memblock", -1, -1, 0, 1000},
		{MB_RUN_STAGE, "deferred_init", -1, -1, 1500, 8000},
		{MB_RUN_NODE, "deferred_init", 0, -1, 1600, 7000},
		{MB_RUN_WORKER, "deferred_init", 0, 0, 1600, 5000},
		{MB_RUN_WORKER, "deferred_init", 0, 1, 1700, 6000},
	};
	struct mb_result *result = mb_result_new(metrics);

	mb_result_add_fact(result, "host_name", "node-a", NULL);
	mb_result_set(result, MB_RESULT_STARTED_UTC, "2026-01-31T12:00:00Z");
	mb_result_add_counter(result, "cycles", "perf", NULL);
	for (size_t rep = 0; rep < 2; rep++)
		for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
			struct mb_run *run = mb_result_run(result, rows[i].kind, rows[i].name,
							   rows[i].node, rows[i].worker);

			run->cpu = rows[i].worker < 0 ? MB_RUN_NONE : rows[i].worker + 4;
			mb_result_run_set(run, MB_METRIC_WALL_NS, rep, rows[i].ns);
			if (begins)
				mb_result_run_set(run, MB_METRIC_START_NS, rep, rows[i].start_ns);
			mb_result_run_set(run, MB_METRIC_PAGES, rep, 64);
			mb_result_run_set_count(run, 0, rep, 4000, 1);
		}
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

static void test_golden(void **state)
{
	struct mb_result *result = boot_result(NULL, true);
	char *text = written(mb_json_trace, result);

	assert_golden("boot.trace.json", text);
	free(text);
	mb_result_free(result);
}

static void test_new_metric(void **state)
{
	struct more_metrics more;
	struct mb_result *result;
	char *text;

	more_metrics_init(&more);
	result = boot_result(&more.table, true);
	mb_result_run_set(result->runs[1], MB_NR_METRICS, 0, 77);
	text = written(mb_json_trace, result);
	assert_non_null(strstr(text, "\"widgets_per_hour\": 77"));
	free(text);
	mb_result_free(result);
}

/*
 * Python's reader takes it, whatever the texts, and each event has what the format asks for; the slices of a track do not
 * overlap.
 */
static void assert_valid(const struct mb_result *result)
{
	FILE *python = popen(
		"python3 -c 'import json, sys\n"
		"def no(x): raise ValueError(x)\n"
		"ends, named = {}, set()\n"
		"for e in json.load(sys.stdin, parse_constant=no)[\"traceEvents\"]:\n"
		"  assert e[\"ph\"] in \"MXC\" and isinstance(e[\"pid\"], int) and isinstance(e[\"name\"], str), e\n"
		"  if e[\"name\"] == \"thread_name\" and e[\"ph\"] == \"M\": named.add((e[\"pid\"], e[\"tid\"]))\n"
		"  if e[\"ph\"] == \"M\": continue\n"
		"  assert e[\"ts\"] >= 0, e\n"
		"  if e[\"ph\"] == \"C\": assert all(v >= 0 for v in e[\"args\"].values()), e\n"
		"  if e[\"ph\"] != \"X\": continue\n"
		"  track = (e[\"pid\"], e[\"tid\"])\n"
		"  assert track in named and e[\"dur\"] >= 0, e\n"
		"  if len(sys.argv) > 1: assert e[\"ts\"] >= ends.get(track, 0) - 1e-6, e\n"
		"  ends[track] = e[\"ts\"] + e[\"dur\"]\n"
		"' tracks",
		"w");

	assert_non_null(python);
	assert_int_equal(mb_json_trace(&result, 1, python), 0);
	assert_int_equal(pclose(python), 0);
}

static void test_valid(void **state)
{
	struct mb_result *with = boot_result(NULL, true), *without = boot_result(NULL, false);

	assert_valid(with);
	assert_valid(without);
	mb_result_free(with);
	mb_result_free(without);
}

/* In the names of the processes, and where there is none. */
static void test_partial(void **state)
{
	struct mb_result *whole = boot_result(NULL, true), *part = boot_result(NULL, true);
	struct mb_result *empty = mb_result_new(NULL);
	const struct mb_result *several[] = {whole, part};
	char *text;

	mb_result_set_status(part, MB_RESULT_PARTIAL, "interrupted");
	text = written_all(mb_json_trace, several, 2);
	assert_non_null(strstr(text, "\"otherData\": {\"status\": \"partial\"}"));
	assert_non_null(strstr(text, "repetition 1\""));
	assert_non_null(strstr(text, "repetition 1, partial\""));
	free(text);
	mb_result_set_status(empty, MB_RESULT_PARTIAL, "interrupted");
	text = written(mb_json_trace, empty);
	assert_non_null(strstr(text, "\"status\": \"partial\""));
	free(text);
	mb_result_free(whole);
	mb_result_free(part);
	mb_result_free(empty);
}

/* Without begins a stage follows the one before it, and its parts begin with it. */
static void test_no_begins(void **state)
{
	struct mb_result *result = boot_result(NULL, false);
	char *text = written(mb_json_trace, result);

	assert_non_null(strstr(text, "\"name\": \"deferred_init\", \"pid\": 1, \"cat\": \"stage\", "
				     "\"tid\": 1, \"ts\": 1, \"dur\": 8,"));
	assert_non_null(strstr(text, "\"cat\": \"worker\", \"tid\": 4, \"ts\": 1, \"dur\": 6,"));
	free(text);
	mb_result_free(result);
}

static void test_hostile(void **state)
{
	struct mb_result *result = boot_result(NULL, true);

	for (size_t i = 0; i < MB_ARRAY_SIZE(hostile); i++) {
		struct mb_run *run = mb_result_add_run(result, MB_RUN_STAGE, hostile[i]);

		mb_result_run_set_arg(run, hostile[i], hostile[i]);
		mb_result_run_set(run, MB_METRIC_WALL_NS, 0, (double)i);
		mb_result_run_set(run, MB_METRIC_PAGES, 0, i % 2 ? NAN : 1e300);
	}
	assert_valid(result);
	mb_result_free(result);
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

/* No number stands for two processes or threads. */
static void test_several(void **state)
{
	struct mb_result *first = boot_result(NULL, true), *second = boot_result(NULL, true);
	const struct mb_result *results[] = {first, second};
	char *text = written_all(mb_json_trace, results, 2);

	assert_int_equal(count_of(text, "\"process_name\""), 4);
	assert_int_equal(count_of(text, "\"thread_name\""), 4 * 4);
	assert_int_equal(count_of(text, "\"tid\": 16,"), 3);
	free(text);
	mb_result_free(first);
	mb_result_free(second);
}

static void test_full(void **state)
{
	assert_reports_full(mb_json_trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),    cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_valid),     cmocka_unit_test(test_partial),
		cmocka_unit_test(test_no_begins), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_several),   cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("json_trace", tests, NULL, NULL);
}
