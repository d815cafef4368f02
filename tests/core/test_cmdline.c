/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/cmdline.h"

static void finds_words(void **state)
{
	static const struct {
		const char *cmdline, *name, *value; /* NULL: not there */
	} rows[] = {
		{"quiet movablecore=2G", "movablecore", "2G"},
		{"quiet movablecore=2G", "quiet", ""},
		{"quiet movablecore=2G", "movable", NULL},
		{"xmovablecore=2G", "movablecore", NULL},
		{"a=1 a=2\ta=3", "a", "3"},
		{"a=\"x y\" b=1", "a", "x y"},
		{"a=\"b=1 c\" d", "b", NULL},
		{"", "a", NULL},
		{"a=", "a", ""},
		{"a=\"open b", "b", NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		char value[16] = "untouched";
		bool found = mb_cmdline_get(rows[i].cmdline, rows[i].name, value, sizeof(value));

		assert_int_equal(found, rows[i].value != NULL);
		assert_string_equal(value, rows[i].value ? rows[i].value : "untouched");
	}
}

static void cuts_long_values(void **state)
{
	char value[4];

	assert_true(mb_cmdline_get("a=123456", "a", value, sizeof(value)));
	assert_string_equal(value, "123");
}

static void amounts(void **state)
{
	struct mb_cmdline_amount amount = {.value = 7};

	assert_true(mb_cmdline_amount("kernelcore=512M", "kernelcore", &amount));
	assert_int_equal(amount.value, 512 * MB_MIB);
	assert_false(amount.percent);
	assert_true(mb_cmdline_amount("movablecore=30%", "movablecore", &amount));
	assert_int_equal(amount.value, 30);
	assert_true(amount.percent);
	assert_true(mb_cmdline_amount("movablecore=18446744073709551615%", "movablecore", &amount));
	assert_int_equal(amount.value, 100);
	assert_true(mb_cmdline_amount("movablecore=30%", "movablecore", &amount));
	assert_false(mb_cmdline_amount("kernelcore=mirror", "kernelcore", &amount));
	assert_false(mb_cmdline_amount("quiet", "kernelcore", &amount));
	assert_int_equal(amount.value, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_words),
		cmocka_unit_test(cuts_long_values),
		cmocka_unit_test(amounts),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
