/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/reports/written.h"

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && !strcmp(text + strlen(text) - strlen(end), end);
}

/* Every row is complete, its key is a column name that says the unit, and no key is there twice. */
static void test_rows(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

	assert_int_equal(mb_metrics.count, MB_NR_METRICS);
	for (size_t i = 0; i < mb_metrics.count; i++) {
		const struct mb_metric *row = &mb_metrics.rows[i];

		assert_non_null(row->key);
		assert_non_null(row->unit);
		assert_true(*row->label);
		assert_int_equal(strspn(row->key, letters), strlen(row->key));
		assert_true(row->noise_band >= 0 && row->noise_band < 1);
		assert_int_equal(mb_metric_find(&mb_metrics, row->key), i);
		if (!strcmp(row->unit, "pages") || !strcmp(row->unit, "bytes"))
			assert_true(ends_with(row->key, row->unit));
		if (row->format == MB_METRIC_FORMAT_TIME)
			assert_true(ends_with(row->key, "_ns") || !strncmp(row->key, "ns_", 3));
		if (row->format == MB_METRIC_FORMAT_PERCENT)
			assert_true(ends_with(row->key, "_percent"));
		if (row->format == MB_METRIC_FORMAT_RATE)
			assert_true(ends_with(row->key, "_per_second"));
	}
}

static void test_find(void **state)
{
	struct more_metrics more;

	more_metrics_init(&more);
	assert_int_equal(mb_metric_find(&mb_metrics, "wall_ns"), MB_METRIC_WALL_NS);
	assert_int_equal(mb_metric_find(&mb_metrics, "wall"), -ENOENT);
	assert_int_equal(mb_metric_find(&mb_metrics, "widgets_per_hour"), -ENOENT);
	assert_int_equal(mb_metric_find(&more.table, "widgets_per_hour"), MB_NR_METRICS);
}

static void test_aggregate(void **state)
{
	struct mb_metric metric = {.key = "x"};
	struct mb_stats stats = {.min = 1, .median = 2, .max = 3};

	assert_true(mb_metric_aggregate(&metric, &stats) == 2);
	metric.aggregate = MB_AGGREGATE_MIN;
	assert_true(mb_metric_aggregate(&metric, &stats) == 1);
	metric.aggregate = MB_AGGREGATE_MAX;
	assert_true(mb_metric_aggregate(&metric, &stats) == 3);
}

static void test_better_name(void **state)
{
	assert_string_equal(mb_metric_better_name(MB_BETTER_NONE), "none");
	assert_string_equal(mb_metric_better_name(MB_BETTER_LOWER), "lower");
	assert_string_equal(mb_metric_better_name(MB_BETTER_HIGHER), "higher");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_aggregate),
		cmocka_unit_test(test_better_name),
	};

	return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
