/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/figure.h"

static bool without_memory;

int __real_mb_stats_summarise(const double *samples, size_t count, struct mb_stats *ret_stats);
int __wrap_mb_stats_summarise(const double *samples, size_t count, struct mb_stats *ret_stats);

int __wrap_mb_stats_summarise(const double *samples, size_t count, struct mb_stats *ret_stats)
{
	return without_memory ? -ENOMEM : __real_mb_stats_summarise(samples, count, ret_stats);
}

/* The metric's rule decides; a run without samples has no figure. */
static void test_rules(void **state)
{
	static const struct {
		enum mb_aggregate aggregate;
		double figure;
	} rows[] = {
		{MB_AGGREGATE_MEDIAN, 3},
		{MB_AGGREGATE_MIN, 1},
		{MB_AGGREGATE_MAX, 8},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mb_metric metrics[MB_NR_METRICS];
		const struct mb_metric_table table = {metrics, MB_NR_METRICS};
		struct mb_strbuf text = {0};
		struct mb_result *result;
		struct mb_run *run;

		for (size_t k = 0; k < MB_NR_METRICS; k++)
			metrics[k] = mb_metrics.rows[k];
		metrics[MB_METRIC_WALL_NS].aggregate = rows[i].aggregate;
		result = mb_result_new(&table);
		run = mb_result_add_run(result, MB_RUN_STAGE, "stage");
		mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 8);
		mb_result_run_set(run, MB_METRIC_WALL_NS, 1, 1);
		mb_result_run_set(run, MB_METRIC_WALL_NS, 3, 3); /* the third is missing */
		assert_true(mb_figure_of(result, run, MB_METRIC_WALL_NS, &text) == rows[i].figure);
		assert_true(isnan(mb_figure_of(result, run, MB_METRIC_PAGES, &text)));
		assert_int_equal(text.error, 0);
		mb_result_free(result);
	}
}

static void test_no_memory(void **state)
{
	double one = 1;
	const struct mb_samples samples = {&one, 1};
	struct mb_strbuf text = {0};
	struct mb_stats stats;

	without_memory = true;
	stats = mb_figure_stats(&samples, &text);
	without_memory = false;
	assert_true(isnan(stats.median) && isnan(stats.min) && isnan(stats.max));
	assert_int_equal(stats.count, 0);
	assert_int_equal(text.error, -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("figure", tests, NULL, NULL);
}
