/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/variant.h"
#include "core/base/align.h"
#include "core/pageinit.h"

#define MAX_PAGES 300
#define GUARD     64

/* Each of one's own initialisers: the same bytes as the kernel's way, none besides, for all sizes and any length. */
static void test_bit_identical(void **state)
{
	const size_t bytes = MAX_PAGES * 96 + 2 * GUARD;
	static const uint64_t counts[] = {0, 1, 2, 63, 64, 65, 250};
	unsigned char *memory = malloc(bytes), *expected = malloc(bytes);

	assert_true(memory && expected);
	for (const struct mb_initialiser *row = mb_variant_mine_initialisers; row->name; row++)
		for (size_t s = 0; s < MB_NR_PAGE_SIZES; s++)
			for (size_t i = 0; i < MB_ARRAY_SIZE(counts); i++) {
				struct mb_page *first = (struct mb_page *)(memory + GUARD);

				memset(memory, 0xff, bytes);
				mb_pageinit_range(&mb_page_sizes[s], first, counts[i],
						  MB_ZONE_MOVABLE, 1023);
				memcpy(expected, memory, bytes);
				memset(memory, 0xff, bytes);
				row->init(&mb_page_sizes[s], first, counts[i], MB_ZONE_MOVABLE,
					  1023);
				if (memcmp(memory, expected, bytes))
					fail_msg("%s: %llu descriptors of %u bytes", row->name,
						 (unsigned long long)counts[i],
						 mb_page_sizes[s].bytes);
			}
	free(memory);
	free(expected);
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
