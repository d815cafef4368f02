/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/reports/sample.h"
#include "reports/json_value.h"

static char *put(json_t *value)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	assert_non_null(file);
	assert_int_equal(mb_json_value_put(file, value), 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void assert_put(json_t *value, const char *expected)
{
	char *text = put(value);

	assert_string_equal(text, expected);
	free(text);
}

static void test_values(void **state)
{
	assert_put(mb_json_value_text(NULL), "null");
	assert_put(mb_json_value_text("a\"\n"), "\"a\\\"\\n\"");
	assert_put(mb_json_value_number(NAN), "null");
	assert_put(mb_json_value_number(-INFINITY), "null");
	assert_put(mb_json_value_number(3), "3");
	assert_put(mb_json_value_number(-0.0), "-0.0");
	assert_put(mb_json_value_number(0x1p53), "9007199254740992");
	assert_put(mb_json_value_number(0.1), "0.10000000000000001");
}

/* A failed allocation anywhere makes the flag, and the flag makes NULL. */
static void test_bad(void **state)
{
	json_t *value = mb_json_value_text("x");
	bool bad = false;

	assert_ptr_equal(mb_json_value_finish(value, false), value);
	assert_null(mb_json_value_finish(value, true));
	mb_json_value_add(NULL, "key", mb_json_value_number(1), &bad);
	assert_true(bad);
	assert_int_equal(mb_json_value_put(stdout, NULL), -ENOMEM);
}

static void test_full(void **state)
{
	FILE *file = fopen("/dev/full", "w");

	assert_non_null(file);
	setvbuf(file, NULL, _IONBF, 0);
	assert_int_equal(mb_json_value_put(file, mb_json_value_number(1)), -EIO);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("json_value", tests, NULL, NULL);
}
