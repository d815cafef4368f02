/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/row.h"

static void test_name(void **state)
{
	struct mb_result *result = sample_result(NULL);
	struct mb_strbuf name = {0};
	struct mb_run *run;

	mb_row_add_name(&name, result->runs[0]);
	assert_string_equal(
		mb_strbuf_text(&name),
		"stage/memmap_init/policy:deferred/note:two words/model:vmemmap/threads:2");
	mb_strbuf_fini(&name);
	mb_row_add_name(&name, result->runs[5]);
	assert_string_equal(mb_strbuf_text(&name), "pageinit/kernel");
	mb_strbuf_fini(&name);
	run = mb_result_add_run(result, MB_RUN_BENCH, "limit/memset/threads:1");
	mb_result_run_set_arg(run, "temperature", "warm");
	mb_result_run_set_arg(run, "threads", "1");
	run->threads = 16;
	mb_row_add_name(&name, run);
	assert_string_equal(mb_strbuf_text(&name),
			    "limit/memset/threads:1/temperature:warm/threads:16");
	mb_strbuf_fini(&name);
	mb_result_free(result);
}

static void test_kinds(void **state)
{
	struct mb_result *result = sample_result(NULL);

	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		assert_int_equal(mb_row_is(run),
				 run->status == MB_RUN_OK &&
					 (run->kind == MB_RUN_STAGE || run->kind == MB_RUN_TOTAL ||
					  run->kind == MB_RUN_BENCH));
	}
	mb_result_free(result);
}

static void test_summarise(void **state)
{
	struct mb_result *result = sample_result(NULL);
	struct mb_stats stats = {.count = 77};

	assert_int_equal(mb_row_summarise(result->runs[0], MB_METRIC_JOBS, &stats), 0);
	assert_int_equal(stats.count, 77);
	assert_int_equal(mb_row_summarise(result->runs[0], MB_METRIC_WALL_NS, &stats), 1);
	assert_true(stats.count == 3 && stats.median == 2000000);
	mb_result_free(result);
}

static struct mb_result *with_benches(const char *const *names, size_t count)
{
	struct mb_result *result = mb_result_new(NULL);

	for (size_t i = 0; i < count; i++)
		mb_result_add_run(result, MB_RUN_BENCH, names[i]);
	return result;
}

/* Rows in the order in which they come up, each beside its like; of two alike the first. */
static void test_side_by_side(void **state)
{
	static const char *const first[] = {"z", "a", "z"}, *const second[] = {"b", "a"};
	struct mb_result *one = with_benches(first, 3), *two = with_benches(second, 2);
	const struct mb_result *results[] = {one, two};
	struct mb_rows rows;

	assert_int_equal(mb_rows_init(&rows, results, 2), 0);
	assert_int_equal(rows.count, 3);
	assert_string_equal(rows.rows[0].name, "z");
	assert_ptr_equal(rows.rows[0].runs[0], one->runs[0]);
	assert_null(rows.rows[0].runs[1]);
	assert_string_equal(rows.rows[1].name, "a");
	assert_ptr_equal(rows.rows[1].runs[0], one->runs[1]);
	assert_ptr_equal(rows.rows[1].runs[1], two->runs[1]);
	assert_string_equal(rows.rows[2].name, "b");
	assert_null(rows.rows[2].runs[0]);
	mb_rows_fini(&rows);
	mb_result_free(one);
	mb_result_free(two);
}

/* Those without a time first; equal times as they came. */
static void test_by_time(void **state)
{
	static const char *const times[] = {"2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z", NULL,
					    "2026-02-01T00:00:00Z", "2025-12-31T23:59:59Z"};
	static const size_t order[] = {2, 4, 1, 0, 3};
	const struct mb_result *results[MB_ARRAY_SIZE(times)], **sorted;

	for (size_t i = 0; i < MB_ARRAY_SIZE(times); i++) {
		struct mb_result *result = mb_result_new(NULL);

		mb_result_set(result, MB_RESULT_STARTED_UTC, times[i]);
		results[i] = result;
	}
	sorted = mb_rows_by_time(results, MB_ARRAY_SIZE(times));
	assert_non_null(sorted);
	for (size_t i = 0; i < MB_ARRAY_SIZE(times); i++)
		assert_ptr_equal(sorted[i], results[order[i]]);
	free(sorted);
	for (size_t i = 0; i < MB_ARRAY_SIZE(times); i++)
		mb_result_free((struct mb_result *)results[i]);
}

static void test_none(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *results[] = {result};
	struct mb_rows rows;

	assert_int_equal(mb_rows_init(&rows, results, 1), 0);
	assert_int_equal(rows.count, 0);
	mb_rows_fini(&rows);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),      cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_summarise), cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_none),      cmocka_unit_test(test_by_time),
	};

	return cmocka_run_group_tests_name("row", tests, NULL, NULL);
}
