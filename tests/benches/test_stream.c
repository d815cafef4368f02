/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/stream.h"
#include "tests/benches/initialiser_case.h"

/* "stream" is there where any width is; each has a name of its own. */
static void test_widest_first(void **state)
{
	const struct mb_initialiser *stream = mb_initialiser_find("stream");
	bool any = false;

	for (const struct mb_initialiser *row = mb_stream_rows; row->init; row++) {
		any |= mb_initialiser_supported(row);
		assert_int_equal(row->needs != NULL, row->supported != NULL);
		assert_ptr_equal(mb_initialiser_find(row->name), NULL);
	}
	assert_int_equal(mb_initialiser_supported(stream), any);
	assert_int_equal(mb_initialiser_supported(mb_initialiser_find("words")),
			 mb_stream_words.init != NULL);
}

/* The same bytes as the kernel's way, and none besides. */
static void test_bit_identical(void **state)
{
	for (const struct mb_initialiser *row = mb_stream_rows; row->init; row++)
		initialiser_case_check(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widest_first),
		cmocka_unit_test(test_bit_identical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
