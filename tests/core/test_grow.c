/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/grow.h"

static bool no_memory;

void *__real_reallocarray(void *array, size_t count, size_t bytes);
void *__wrap_reallocarray(void *array, size_t count, size_t bytes);

void *__wrap_reallocarray(void *array, size_t count, size_t bytes)
{
	return no_memory ? NULL : __real_reallocarray(array, count, bytes);
}

/* There is always room for one more, and what was there stays. */
static void test_one_more(void **state)
{
	struct {
		uint64_t a;
		uint16_t b;
	} *rows = NULL;

	for (size_t count = 0; count < 1000; count++) {
		assert_int_equal(mb_grow(&rows, count, sizeof(*rows)), 0);
		rows[count].a = count;
		rows[count].b = (uint16_t)~count;
	}
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(rows[i].a, i);
		assert_int_equal(rows[i].b, (uint16_t)~i);
	}
	free(rows);
}

/* It asks for memory at powers of two alone: in between there is room already. */
static void test_asks_seldom(void **state)
{
	char *array = NULL;

	no_memory = true;
	for (size_t count = 0; count < 100; count++)
		assert_int_equal(mb_grow(&array, count, 1), count & (count - 1) ? 0 : -ENOMEM);
	no_memory = false;
	assert_null(array);
}

/* Without memory the array is as it was. */
static void test_no_memory(void **state)
{
	char *array = malloc(4), *was = array;

	assert_non_null(array);
	memcpy(array, "abcd", 4);
	no_memory = true;
	assert_int_equal(mb_grow(&array, 4, 1), -ENOMEM);
	no_memory = false;
	assert_ptr_equal(array, was);
	assert_memory_equal(array, "abcd", 4);
	free(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_more),
		cmocka_unit_test(test_asks_seldom),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
