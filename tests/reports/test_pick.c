/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/pick.h"
#include "reports/writer.h"
#include "tests/reports/sample.h"

static void test_runs(void **state)
{
	struct mb_result *result = sample_result(NULL);

	assert_ptr_equal(mb_pick_run(result, MB_RUN_STAGE, "memmap_init"), result->runs[0]);
	assert_null(mb_pick_run(result, MB_RUN_NODE, "memmap_init"));
	assert_null(mb_pick_run(result, MB_RUN_STAGE, "memmap"));
	assert_true(mb_pick_any(result, MB_RUN_ZONE));
	assert_false(mb_pick_any(result, MB_RUN_KERNEL));
	mb_result_free(result);
}

static void test_table(void **state)
{
	struct mb_result *result = sample_result(NULL);

	assert_false(mb_pick_is_table(result));
	mb_result_add_run(result, MB_RUN_PREDICTION, "deferred_init");
	assert_true(mb_pick_is_table(result));
	mb_result_add_run(result, MB_RUN_PREDICTION, "to_all_memory");
	assert_false(mb_pick_is_table(result));
	mb_result_free(result);
}

static void test_figures(void **state)
{
	struct mb_result *result = sample_result(NULL);
	const struct mb_run *run = result->runs[0];

	assert_true(mb_pick_figure(run, MB_METRIC_WALL_NS) == 2000000);
	assert_true(mb_pick_spread(run, MB_METRIC_WALL_NS) > 7 &&
		    mb_pick_spread(run, MB_METRIC_WALL_NS) <
			    8); /* 1.4826 times 99999.5 over 2000000 */
	assert_true(mb_pick_figure(run, MB_METRIC_SHARE_PERCENT) == 12.5); /* others are missing */
	assert_true(isnan(mb_pick_spread(run, MB_METRIC_SHARE_PERCENT)));
	assert_true(isnan(mb_pick_figure(run, MB_METRIC_CYCLES)));
	assert_true(isnan(mb_pick_figure(NULL, MB_METRIC_WALL_NS)));
	mb_result_free(result);
}

static void test_parts(void **state)
{
	struct mb_result *result = sample_result(NULL);
	struct mb_run *fault = mb_result_add_run(result, MB_RUN_STAGE, "fault");

	assert_true(mb_pick_is_part(fault));
	mb_result_add_run(result, MB_RUN_TOTAL, "fault");
	assert_false(mb_pick_is_part(fault));
	assert_true(mb_pick_is_part(result->runs[0]));
	assert_false(mb_pick_is_part(result->runs[1]));
	mb_result_free(result);
}

static void test_families(void **state)
{
	static const struct {
		const char *name;
		size_t length;
		bool initialiser;
	} rows[] = {
		{"pageinit/kernel/threads:1", 15, true},
		{"pageinit/kernel", 15, true}, /* the arg says what it is by */
		{"pageinit/ratio/kernel-memset/threads:1", 28, false},
		{"memblock/add/regions:10", 12, false},
		{"boot/dry_run/16x4T", 18, false},
		{"pageinit", 8, false},
		{"", 0, false},
	};
	struct mb_result *result = mb_result_new(NULL);

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, rows[i].name);

		assert_int_equal(mb_pick_family_length(run), rows[i].length);
		assert_false(mb_pick_is_initialiser(run));
		mb_result_run_set_arg(run, "threads", "1");
		assert_int_equal(mb_pick_is_initialiser(run), rows[i].initialiser);
	}
	assert_true(mb_pick_has_family(result->runs[0], "pageinit/kernel", "threads"));
	assert_false(mb_pick_has_family(result->runs[0], "pageinit/kernel", "regions"));
	assert_false(mb_pick_has_family(result->runs[0], "pageinit/kern", "threads"));
	assert_false(mb_pick_has_family(result->runs[3], "pageinit/kernel", "threads"));
	mb_result_free(result);
}

static void test_threads(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "x"), *other;

	assert_int_equal(mb_pick_threads(run), 0);
	mb_result_run_set_arg(run, "threads", "12");
	assert_int_equal(mb_pick_threads(run), 12);
	mb_result_run_set_arg(run, "threads", "12x");
	assert_int_equal(mb_pick_threads(run), 0);
	mb_result_run_set_arg(run, "threads", "all");
	assert_int_equal(mb_pick_threads(run), 0);
	other = mb_result_add_run(result, MB_RUN_BENCH, "y");
	mb_result_run_set_arg(other, "threads", "all");
	other->threads = 64;
	assert_int_equal(mb_pick_threads(run), 64);
	run->threads = 3;
	assert_int_equal(mb_pick_threads(run), 3);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),     cmocka_unit_test(test_table),
		cmocka_unit_test(test_figures),  cmocka_unit_test(test_parts),
		cmocka_unit_test(test_families), cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
