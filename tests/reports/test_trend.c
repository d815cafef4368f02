/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "core/base/cleanup.h"
#include "reports/trend.h"

#define COUNT 60

/* Points with one revision for every two of them: r0, r0, r1, r1, … */
struct series {
	double values[COUNT];
	char names[COUNT][8];
	char *revisions[COUNT];
	struct mb_history_points points;
};

static void make(struct series *series, double first, size_t at, double second, size_t back,
		 double third)
{
	for (size_t i = 0; i < COUNT; i++) {
		double level = i < at ? first : i < back ? second : third;

		series->values[i] = level * (i % 2 ? 1.001 : 0.999);
		snprintf(series->names[i], sizeof(series->names[i]), "r%zu", i / 2);
		series->revisions[i] = series->names[i];
	}
	series->points = (struct mb_history_points){series->values, series->revisions,
						    series->revisions, COUNT, 0};
}

static void test_directions(void **state)
{
	const struct mb_metric *lower = &mb_metrics.rows[MB_METRIC_WALL_NS];
	const struct mb_metric *higher = &mb_metrics.rows[MB_METRIC_BYTES_PER_SECOND];
	struct series series;
	struct mb_trend trend;
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf text = {0};

	make(&series, 100, 30, 110, COUNT, 0);
	assert_int_equal(mb_trend_init(&trend, &series.points, lower, NAN), 0);
	assert_int_equal(trend.count, 1);
	assert_false(trend.too_few);
	assert_int_equal(trend.changes[0].index, 30);
	assert_true(trend.changes[0].worse && !trend.changes[0].better);
	assert_true(fabs(trend.changes[0].ratio - 1.1) < 0.001);
	assert_true(trend.changes[0].low < 1.1 && trend.changes[0].high > 1.1);
	mb_trend_add_range(&text, &trend.changes[0]);
	assert_string_equal(mb_strbuf_text(&text), "r14..r15");
	assert_ptr_equal(mb_trend_regression(&trend, &series.points, lower, NAN),
			 &trend.changes[0]);
	series.points.after = 30;
	assert_ptr_equal(mb_trend_regression(&trend, &series.points, lower, NAN),
			 &trend.changes[0]);
	series.points.after = 31;
	assert_null(mb_trend_regression(&trend, &series.points, lower, NAN));
	mb_trend_fini(&trend);
	assert_int_equal(mb_trend_init(&trend, &series.points, higher, NAN), 0);
	assert_true(trend.changes[0].better && !trend.changes[0].worse);
	assert_null(mb_trend_regression(&trend, &series.points, higher, NAN));
	mb_trend_fini(&trend);
	assert_int_equal(mb_trend_init(&trend, &series.points, lower, 0.2), 0);
	assert_int_equal(trend.count, 0);
	mb_trend_fini(&trend);
}

/* What was undone is no regression; what was undone in part is one. */
static void test_undone(void **state)
{
	const struct mb_metric *lower = &mb_metrics.rows[MB_METRIC_WALL_NS];
	struct series series;
	struct mb_trend trend;

	make(&series, 100, 20, 130, 40, 100);
	assert_int_equal(mb_trend_init(&trend, &series.points, lower, NAN), 0);
	assert_int_equal(trend.count, 2);
	assert_true(trend.changes[0].worse && trend.changes[1].better);
	assert_null(mb_trend_regression(&trend, &series.points, lower, NAN));
	mb_trend_fini(&trend);
	make(&series, 100, 20, 130, 40, 120);
	assert_int_equal(mb_trend_init(&trend, &series.points, lower, NAN), 0);
	assert_ptr_equal(mb_trend_regression(&trend, &series.points, lower, NAN),
			 &trend.changes[0]);
	mb_trend_fini(&trend);
	make(&series, 100, 20, 80, 40, 90); /* better than at first, and yet worse than it was */
	assert_int_equal(mb_trend_init(&trend, &series.points, lower, NAN), 0);
	assert_ptr_equal(mb_trend_regression(&trend, &series.points, lower, NAN),
			 &trend.changes[1]);
	mb_trend_fini(&trend);
}

static void test_odd_values(void **state)
{
	const struct mb_metric *lower = &mb_metrics.rows[MB_METRIC_WALL_NS];
	struct series series;
	struct mb_trend trend;

	make(&series, 0, 30, 5, COUNT, 0);
	assert_int_equal(mb_trend_init(&trend, &series.points, lower, NAN), 0);
	assert_int_equal(trend.count, 1);
	assert_true(isnan(trend.changes[0].ratio) && trend.changes[0].worse);
	assert_non_null(mb_trend_regression(&trend, &series.points, lower, NAN));
	mb_trend_fini(&trend);
	make(&series, 100, 4, 200, COUNT, 0);
	series.points.count = 9;
	assert_int_equal(mb_trend_init(&trend, &series.points, lower, NAN), 0);
	assert_true(trend.too_few && !trend.count);
	mb_trend_fini(&trend);
	series.points.count = 0;
	assert_int_equal(mb_trend_init(&trend, &series.points, lower, NAN), 0);
	assert_true(trend.too_few && !trend.count);
	mb_trend_fini(&trend);
}

static void test_names(void **state)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf text = {0};
	struct mb_trend_change change = {.old_revision = "v1.0\n",
					 .new_revision =
						 "0123456789abcdef0123456789abcdef01234567"};

	mb_trend_add_range(&text, &change);
	assert_string_equal(mb_strbuf_text(&text), "v1.0\\n..0123456789ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_undone),
		cmocka_unit_test(test_odd_values),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
