/* SPDX-License-Identifier: Apache-2.0 */
#include "core/percpu_stage.h"
#include "tests/core/boot_case.h"

/*
 * Four nodes of two CPUs on 6.1: one 2 MiB allocation a node, a unit of 1 MiB a CPU, as such a
 * kernel prints.
 */
static void one_allocation_a_node(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "nodes=4 each=1G cpus=2", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_percpu_stage);
	assert_int_equal(c.boot->percpu.nr_groups, 4);
	assert_int_equal(c.boot->percpu.unit_bytes, MB_MIB);
	assert_int_equal(c.boot->percpu.size_sum, 61 * 4096);
	for (unsigned g = 0; g < 4; g++) {
		mb_pfn_t start, end;

		assert_int_equal(mb_memblock_search_pfn_nid(&c.boot->memblock,
							    c.boot->percpu.groups[g].base >> 12,
							    &start, &end),
				 (int)g);
	}
	boot_case_fini(&c);
}

/* The end of a unit that no CPU needs is memblock's again. */
static void unused_ends_go_back(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G node0.cpus=0-2", (struct boot_options){.dry_run = true});
	boot_case_run(&c, &mb_percpu_stage);
	for (unsigned cpu = 0; cpu < 3; cpu++) {
		mb_phys_t unit = c.boot->percpu.unit_addr[cpu];

		assert_true(mb_memblock_is_reserved(&c.boot->memblock, unit));
		assert_true(mb_memblock_is_reserved(&c.boot->memblock,
						    unit + c.boot->percpu.size_sum - 1));
		assert_false(
			mb_memblock_is_reserved(&c.boot->memblock, unit + c.boot->percpu.size_sum));
	}
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_allocation_a_node),
		cmocka_unit_test(unused_ends_go_back),
	};

	return cmocka_run_group_tests_name("percpu_stage", tests, NULL, NULL);
}
