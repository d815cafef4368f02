/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/costmodel_host.h"

static void test_put(void **state)
{
	struct mb_costmodel_host host = {0};
	struct mb_costmodel model = {.max_nodes = 3};

	assert_null(mb_costmodel_host_find(&host, "6.1"));
	assert_int_equal(mb_costmodel_host_put(&host, "6.1", &model), 0);
	model.max_nodes = 4;
	assert_int_equal(mb_costmodel_host_put(&host, "6.12", &model), 0);
	assert_true(mb_costmodel_host_find(&host, "6.1")->max_nodes == 3);
	model.max_nodes = 5;
	assert_int_equal(mb_costmodel_host_put(&host, "6.1", &model), 0);
	assert_int_equal(host.nr_fits, 2);
	assert_true(mb_costmodel_host_find(&host, "6.1")->max_nodes == 5);
	assert_true(mb_costmodel_host_find(&host, "6.12")->max_nodes == 4);
	mb_costmodel_host_fini(&host);
	mb_costmodel_host_fini(&host);
	assert_int_equal(host.nr_fits, 0);
}

static void test_outdated(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_costmodel_host host = {0}, now = {0};
	struct mb_strbuf why = {0};

	mb_result_add_fact(result, "kernel", "6.1.0", NULL);
	mb_result_add_knob(result, "thp", "always", NULL);
	assert_int_equal(mb_costmodel_host_set(&host, result), 0);
	assert_int_equal(mb_costmodel_host_set(&now, result), 0);
	assert_false(mb_costmodel_host_outdated(&host, &now, &why));
	assert_int_equal(mb_conditions_set(&now.facts, "thp", "never"), 0);
	assert_true(mb_costmodel_host_outdated(&host, &now, &why));
	assert_string_equal(mb_strbuf_text(&why), "thp was always, is never");
	assert_int_equal(mb_costmodel_host_set_made(&host, "2024-06-07T12:00:00Z"), 0);
	assert_string_equal(host.made_utc, "2024-06-07T12:00:00Z");
	assert_int_equal(mb_costmodel_host_set_made(&host, NULL), 0);
	assert_null(host.made_utc);
	mb_strbuf_fini(&why);
	mb_costmodel_host_fini(&host);
	mb_costmodel_host_fini(&now);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_outdated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
