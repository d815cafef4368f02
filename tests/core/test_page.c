/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/page.h"

static uint64_t fields(const struct mb_page_layout *layout, uint64_t ret[4])
{
	ret[0] = layout->section_mask << layout->section_shift;
	ret[1] = layout->node_mask << layout->node_shift;
	ret[2] = MB_PAGE_ZONE_MASK << layout->zone_shift;
	ret[3] = layout->cpupid_mask;
	return ret[0] | ret[1] | ret[2] | ret[3];
}

/*
 * Section bits of x86-64 with 46 and 52 address bits, of arm64, and two that leave no room for the
 * node: 38 bits are free above the flags, the zone takes 3 and the node 10.
 */
static void fields_fit(void **state)
{
	static const struct {
		unsigned section_bits;
		unsigned node_shift, zone_shift; /* node_shift 0: the node is elsewhere */
		unsigned cpupid_bits;
	} rows[] = {
		{4, 50, 47, 21}, {5, 49, 46, 0}, {19, 35, 32, 0}, {21, 33, 30, 0},
		{25, 29, 26, 0}, {26, 0, 35, 0}, {30, 0, 31, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_page_layout layout;
		uint64_t field[4], all;
		unsigned bits = 0;

		mb_page_layout_sparse(rows[i].section_bits, &layout);
		all = fields(&layout, field);
		for (unsigned k = 0; k < 4; k++)
			bits += (unsigned)__builtin_popcountll(field[k]);
		assert_int_equal(__builtin_popcountll(all), bits); /* disjoint */
		assert_int_equal(all & ((UINT64_C(1) << MB_PAGE_NR_FLAGS) - 1), 0);
		assert_int_equal(layout.section_mask, (UINT64_C(1) << rows[i].section_bits) - 1);
		assert_int_equal(field[0] >> 63, 1); /* the section is on top */
		assert_int_equal(layout.node_shift, rows[i].node_shift);
		assert_int_equal(layout.node_mask != 0, rows[i].node_shift != 0);
		assert_int_equal(layout.zone_shift, rows[i].zone_shift);
		assert_int_equal(__builtin_popcountll(layout.cpupid_mask), rows[i].cpupid_bits);
	}
}

static void plain_is_the_documented_one(void **state)
{
	uint64_t field[4];

	fields(&mb_page_layout_plain, field);
	assert_int_equal(field[0], 0);
	assert_int_equal(field[1], UINT64_C(0x3ff) << 54);
	assert_int_equal(field[2], UINT64_C(7) << 51);
	assert_int_equal(field[3], UINT64_C(0x1fffff) << 30);
	assert_int_equal(mb_page_links(&mb_page_layout_plain, MB_ZONE_NORMAL, 1023, 77) |
				 MB_PAGE_CPUPID_MASK,
			 mb_page_flags(MB_ZONE_NORMAL, 1023));
}

/* What is stored is read back, and says the same in the plain layout whatever the section. */
static void round_trip(void **state)
{
	static uint16_t nodes[1 << 10];
	const uint64_t low = UINT64_C(1) << MB_PG_RESERVED | 1;

	nodes[1000] = 700;
	for (unsigned bits = 10; bits <= 30; bits += 5) {
		struct mb_page_layout layout;
		struct mb_page page = {0};

		mb_page_layout_sparse(bits, &layout);
		if (!layout.node_mask)
			layout.section_node = nodes;
		page.flags = mb_page_links(&layout, MB_ZONE_MOVABLE, 700, 1000) |
			     layout.cpupid_mask | low;
		assert_int_equal(mb_page_section(&layout, &page), 1000);
		assert_int_equal(mb_page_nid(&layout, &page), 700);
		assert_int_equal(mb_page_zone(&layout, &page), MB_ZONE_MOVABLE);
		assert_int_equal(mb_page_plain_flags(&layout, &page),
				 mb_page_flags(MB_ZONE_MOVABLE, 700) | low);
	}
}

/* Equal for two pages that may merge: node and zone, or section and zone. */
static void zone_ids(void **state)
{
	struct mb_page_layout layout;
	uint64_t a, b, other;

	mb_page_layout_sparse(19, &layout);
	a = mb_page_links(&layout, MB_ZONE_NORMAL, 3, 8);
	b = mb_page_links(&layout, MB_ZONE_NORMAL, 3, 9);
	other = mb_page_links(&layout, MB_ZONE_NORMAL, 4, 8);
	assert_int_equal((a ^ b) >> layout.zone_shift & layout.zone_id_mask, 0);
	assert_int_not_equal((a ^ other) >> layout.zone_shift & layout.zone_id_mask, 0);
	mb_page_layout_sparse(30, &layout);
	a = mb_page_links(&layout, MB_ZONE_NORMAL, 3, 8);
	b = mb_page_links(&layout, MB_ZONE_NORMAL, 3, 9);
	assert_int_not_equal((a ^ b) >> layout.zone_shift & layout.zone_id_mask, 0);
}

/* The table is by id, ascending, in words; a name is the number; the default is what most kernels have. */
static void sizes(void **state)
{
	for (unsigned id = 0; id < MB_NR_PAGE_SIZES; id++) {
		const struct mb_page_size *size = &mb_page_sizes[id];

		assert_int_equal(size->bytes, 56 + 8 * id);
		assert_int_equal(strtoul(size->name, NULL, 10), size->bytes);
		assert_true(size->reason[0]);
		assert_ptr_equal(mb_page_size_find(size->name), size);
	}
	assert_int_equal(mb_page_sizes[MB_PAGE_SIZE_DEFAULT].bytes, 64);
	assert_null(mb_page_size_find("60"));
	assert_null(mb_page_size_find(""));
}

/* Steps are of the whole size, both ways. */
static void steps(void **state)
{
	uint64_t words[2 * 12 + 1];

	for (unsigned id = 0; id < MB_NR_PAGE_SIZES; id++) {
		size_t bytes = mb_page_sizes[id].bytes;
		struct mb_page *first = (void *)words, *second = mb_page_at(first, 1, bytes);

		assert_int_equal((char *)second - (char *)first, bytes);
		assert_ptr_equal(mb_page_at(second, -1, bytes), first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_fit), cmocka_unit_test(plain_is_the_documented_one),
		cmocka_unit_test(round_trip), cmocka_unit_test(zone_ids),
		cmocka_unit_test(sizes),      cmocka_unit_test(steps),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
