/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "core/pageinit.h"
#include "tests/benches/initialiser_case.h"

#define MAX_PAGES 300
#define MAX_BYTES 96 /* of a descriptor */
#define GUARD     64

static void check_size(const struct mb_initialiser *row, const struct mb_page_size *size,
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

void initialiser_case_check(const struct mb_initialiser *row)
{
	const size_t bytes = MAX_PAGES * MAX_BYTES + 2 * GUARD;
	unsigned char *memory, *expected;

	if (!mb_initialiser_supported(row)) {
		print_message("# %s: this CPU has no %s\n", row->name, row->needs);
		return;
	}
	memory = aligned_alloc(GUARD, bytes);
	expected = malloc(bytes);
	assert_true(memory && expected);
	for (size_t i = 0; i < MB_NR_PAGE_SIZES; i++)
		check_size(row, &mb_page_sizes[i], memory, expected);
	free(memory);
	free(expected);
}
