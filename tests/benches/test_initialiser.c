/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/pageinit.h"
#include "tests/benches/initialiser_case.h"

static void test_rows(void **state)
{
	const struct mb_initialiser *row, *other;

	assert_ptr_equal(mb_initialiser_row(0)->init, mb_pageinit_range);
	for (size_t i = 0; (row = mb_initialiser_row(i)); i++) {
		assert_ptr_equal(mb_initialiser_find(row->name), row);
		assert_int_equal(row->needs != NULL, row->supported != NULL);
		for (size_t j = 0; j < i && (other = mb_initialiser_row(j)); j++)
			assert_string_not_equal(row->name, other->name);
	}
	assert_null(mb_initialiser_find("kernels"));
}

/* The same bytes as the kernel's way, and none besides. */
static void test_bit_identical(void **state)
{
	const struct mb_initialiser *row;

	for (size_t i = 0; (row = mb_initialiser_row(i)); i++)
		initialiser_case_check(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bit_identical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
