/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "benches/variant.h"
#include "tests/benches/initialiser_case.h"

/* One's own initialisers too leave the same bytes as the kernel's way. */
static void test_bit_identical(void **state)
{
	for (const struct mb_initialiser *row = mb_variant_mine_initialisers; row->name; row++)
		initialiser_case_check(row);
}

/* Chunks are whole sections. */
static void test_chunks(void **state)
{
	for (const struct mb_share_rule *row = mb_variant_mine_shares; row->name; row++)
		for (uint64_t total = 1; row->chunk && total < 1000; total += 7)
			for (unsigned threads = 1; threads < 9; threads++)
				assert_int_equal(row->chunk(total, 16, threads) % 16, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bit_identical),
		cmocka_unit_test(test_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
