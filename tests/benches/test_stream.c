/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/stream.h"
#include "core/base/align.h"
#include "core/pageinit.h"

#define MAX_PAGES 300
#define GUARD     64

/* At each place in a line, and of each length around that of a run. */
static void check(const struct mb_initialiser *row, const struct mb_page_size *size,
		  unsigned char *memory, unsigned char *expected)
{
	const size_t bytes = MAX_PAGES * size->bytes + 2 * GUARD;
	static const uint64_t counts[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 64, 250};

	for (size_t place = 0; place < 9; place++)
		for (size_t i = 0; i < MB_ARRAY_SIZE(counts); i++) {
			struct mb_page *first = (struct mb_page *)(memory + GUARD);

			first = mb_page_at(first, (int64_t)place, size->bytes);
			memset(memory, 0xff, bytes);
			mb_pageinit_range(size, first, counts[i], MB_ZONE_MOVABLE, 1023);
			memcpy(expected, memory, bytes);
			memset(memory, 0xff, bytes);
			row->init(size, first, counts[i], MB_ZONE_MOVABLE, 1023);
			if (memcmp(memory, expected, bytes))
				fail_msg("%s: %llu descriptors of %u bytes, the first in place %zu",
					 row->name, (unsigned long long)counts[i], size->bytes,
					 place);
		}
}

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
	const size_t bytes = MAX_PAGES * 96 + 2 * GUARD;
	unsigned char *memory = aligned_alloc(64, bytes), *expected = malloc(bytes);
	const struct mb_initialiser *row;

	assert_true(memory && expected);
	for (row = mb_stream_rows; row->init; row++) {
		if (!mb_initialiser_supported(row)) {
			print_message("# %s: this CPU has no %s\n", row->name, row->needs);
			continue;
		}
		for (size_t s = 0; s < MB_NR_PAGE_SIZES; s++)
			check(row, &mb_page_sizes[s], memory, expected);
	}
	free(memory);
	free(expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widest_first),
		cmocka_unit_test(test_bit_identical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
