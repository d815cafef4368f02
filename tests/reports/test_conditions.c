/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reports/conditions.h"

static void test_set(void **state)
{
	struct mb_conditions conditions = {0};

	assert_null(mb_conditions_find(&conditions, "kernel"));
	assert_int_equal(mb_conditions_set(&conditions, "kernel", "6.1"), 0);
	assert_int_equal(mb_conditions_set(&conditions, "turbo", NULL), 0);
	assert_int_equal(mb_conditions_set(&conditions, "kernel", "6.12"), 0);
	assert_int_equal(conditions.count, 2);
	assert_string_equal(mb_conditions_find(&conditions, "kernel"), "6.12");
	assert_null(mb_conditions_find(&conditions, "turbo"));
	assert_int_equal(mb_conditions_set(&conditions, "kernel", NULL), 0);
	assert_null(mb_conditions_find(&conditions, "kernel"));
	mb_conditions_fini(&conditions);
	mb_conditions_fini(&conditions);
	assert_int_equal(conditions.count, 0);
}

static void test_host(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_conditions conditions = {0};

	mb_result_add_fact(result, "cpu_model", "A CPU", NULL);
	mb_result_add_fact(result, "kernel", "6.1.0", NULL);
	mb_result_add_knob(result, "thp", "always", NULL);
	mb_result_add_knob(result, "turbo", NULL, "hidden");
	assert_int_equal(mb_conditions_set_host(&conditions, result), 0);
	assert_int_equal(conditions.count, 2);
	assert_non_null(strstr(mb_conditions_find(&conditions, "host"), "A CPU"));
	assert_string_equal(mb_conditions_find(&conditions, "kernel"), "6.1.0");
	assert_int_equal(mb_conditions_set_knobs(&conditions, result), 0);
	assert_int_equal(conditions.count, 4);
	assert_string_equal(mb_conditions_find(&conditions, "thp"), "always");
	mb_conditions_fini(&conditions);
	mb_result_free(result);
}

/* What now has besides does not matter; what it lacks does. */
static void test_outdated(void **state)
{
	struct mb_conditions was = {0}, now = {0};
	struct mb_strbuf why = {0};

	assert_false(mb_conditions_outdated(&was, &now, &why));
	mb_conditions_set(&was, "kernel", "6.1");
	mb_conditions_set(&was, "turbo", NULL);
	mb_conditions_set(&now, "kernel", "6.1");
	mb_conditions_set(&now, "more", "x");
	assert_false(mb_conditions_outdated(&was, &now, &why));
	assert_string_equal(mb_strbuf_text(&why), "");
	mb_conditions_set(&now, "kernel", "6.12");
	mb_conditions_set(&now, "turbo", "1");
	assert_true(mb_conditions_outdated(&was, &now, &why));
	assert_string_equal(mb_strbuf_text(&why),
			    "kernel was 6.1, is 6.12; turbo was not known, is 1");
	mb_strbuf_fini(&why);
	mb_conditions_fini(&was);
	mb_conditions_fini(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_outdated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
