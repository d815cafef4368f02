/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/memblock.h"

/*
 * Free ranges in whole pages: rounded inward, and what holds none is passed over.
 *   memory    |..00|0000|0000|1111|11..|
 *   reserved  |..##|#...|...#|.##.|....|
 */
static void next_free_pfn_range(void **state)
{
	struct mb_memblock memblock, *mb = &memblock;
	mb_pfn_t start = 7, end = 7;
	uint64_t cursor = 0;
	int nid = 7;

	mb_memblock_init(mb, 12, false);
	mb_memblock_add_node(mb, 0x1800, 0x2800, 0, 0);
	mb_memblock_add_node(mb, 0x4000, 0x1800, 1, 0);
	mb_memblock_reserve(mb, 0x1800, 0xc00);
	mb_memblock_reserve(mb, 0x3c00, 0x400);
	mb_memblock_reserve(mb, 0x4400, 0x800);
	assert_false(mb_memblock_next_free_pfn_range(mb, &cursor, 0, &start, &end, &nid));
	assert_int_equal(start, 7);
	assert_int_equal(mb_memblock_count_free_pages(mb, MB_MAX_NODES, 0, 100), 0);
	mb_memblock_phys_free(mb, 0x1800, 0x800);
	mb_memblock_phys_free(mb, 0x3c00, 0x400);
	cursor = 0;
	assert_true(mb_memblock_next_free_pfn_range(mb, &cursor, MB_MAX_NODES, &start, &end, &nid));
	assert_int_equal(start, 3);
	assert_int_equal(end, 4);
	assert_int_equal(nid, 0);
	assert_false(
		mb_memblock_next_free_pfn_range(mb, &cursor, MB_MAX_NODES, &start, &end, NULL));
	assert_int_equal(mb_memblock_count_free_pages(mb, MB_MAX_NODES, 0, 100), 1);
	assert_int_equal(mb_memblock_count_free_pages(mb, 1, 0, 100), 0);
	assert_int_equal(mb_memblock_count_free_pages(mb, 0, 4, 100), 0);
	mb_memblock_fini(mb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_free_pfn_range),
	};

	return cmocka_run_group_tests_name("memblock_pfn", tests, NULL, NULL);
}
