/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "core/slabmem.h"
#include "core/zonelist.h"
#include "tests/core/boot_case.h"

/*
 * Memory is aligned to its size, stays until put, is found from any address inside, and is used
 * again.
 */
static void get_find_put(void **state)
{
	struct boot_case c;
	struct mb_page *page, *other;
	char *memory, *again;

	boot_case_init(&c, "nodes=2 each=256M cpus=1", (struct boot_options){0});
	boot_case_run(&c, NULL);
	for (unsigned order = 0; order < 4; order++) {
		size_t bytes = (size_t)4096 << order;

		page = mb_zonelist_alloc(c.boot, 1, 0, order, MB_MIGRATE_UNMOVABLE, 0);
		other = mb_zonelist_alloc(c.boot, 1, 0, order, MB_MIGRATE_UNMOVABLE, 0);
		memory = mb_slabmem_get(c.boot, page, order);
		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % bytes, 0);
		assert_ptr_equal(mb_slabmem_get(c.boot, page, order), memory);
		memset(memory, 0xa5, bytes);
		assert_ptr_equal(mb_slabmem_page(c.boot, memory), page);
		assert_ptr_equal(mb_slabmem_page(c.boot, memory + bytes - 1), page);
		mb_slabmem_put(c.boot, page, order);
		assert_int_equal(page->mapcount, -1);
		again = mb_slabmem_get(c.boot, other, order);
		assert_ptr_equal(again, memory);
		assert_ptr_equal(mb_slabmem_page(c.boot, again), other);
		mb_slabmem_put(c.boot, other, order);
		mb_zonelist_free(c.boot, 0, page, order);
		mb_zonelist_free(c.boot, 0, other, order);
	}
	boot_case_fini(&c);
}

/* The window of a node has an end: the answer is NULL, not another node's memory. */
static void window_has_an_end(void **state)
{
	struct boot_case c;
	struct mb_page *page;
	uint64_t blocks = 0;

	boot_case_init(&c, "node0=256M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, NULL);
	c.boot->slabmem.node_bytes = 32 * MB_MIB;
	while ((page = mb_zonelist_alloc(c.boot, 0, 0, 9, MB_MIGRATE_UNMOVABLE, 0))) {
		if (!mb_slabmem_get(c.boot, page, 9))
			break;
		blocks++;
	}
	assert_non_null(page);
	assert_true(blocks >= 14 && blocks <= 16);
	boot_case_fini(&c);
}

/* Address space is dealt in whole pages, also by a number of nodes that divides nothing. */
static void any_number_of_nodes(void **state)
{
	static const unsigned last[] = {78, 94, 1000};

	for (size_t i = 0; i < MB_ARRAY_SIZE(last); i++) {
		char text[64];
		struct boot_case c;

		snprintf(text, sizeof(text), "node0=256M node%u=0 node0.cpus=0", last[i]);
		boot_case_init(&c, text, (struct boot_options){0});
		boot_case_run(&c, NULL);
		assert_int_equal(c.boot->slabmem.node_bytes % MB_MIB, 0);
		boot_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_find_put),
		cmocka_unit_test(window_has_an_end),
		cmocka_unit_test(any_number_of_nodes),
	};

	return cmocka_run_group_tests_name("slabmem", tests, NULL, NULL);
}
