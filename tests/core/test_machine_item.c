/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "core/machine_item.h"

/* Items as they are written: not those in comments or quotes, and none behind what is no item. */
static void test_next_items(void **state)
{
	static const char text[] = "# a=1\n b=2#c=3\ncmdline='d=4 # e' 'f'=\"5\" word g=6";
	static const char *const written[] = {"b=2", "cmdline='d=4 # e'", "'f'=\"5\""};
	struct mb_machine_item item;
	const char *at = text;

	for (size_t i = 0; i < MB_ARRAY_SIZE(written); i++, at = item.end) {
		assert_true(mb_machine_item_next(at, &item));
		assert_int_equal(item.end - item.name, strlen(written[i]));
		assert_memory_equal(item.name, written[i], strlen(written[i]));
		assert_ptr_equal(item.equals - item.name + written[i], strchr(written[i], '='));
	}
	assert_false(mb_machine_item_next(at, &item));
	assert_false(mb_machine_item_next(" # a=1", &item));
	assert_false(mb_machine_item_next("a='1", &item));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_next_items)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
