/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/check.h"
#include "core/fault.h"
#include "core/memmodel_section.h"
#include "tests/core/boot_case.h"

/* Requests that the models with sections make, and what happens when each of them fails. */

#define TWO_NODES "node0=512M@0+256M@1G node1=768M@2G node0.cpus=0 node1.cpus=1 phys-bits=46"

static unsigned count_requests(const char *model)
{
	struct boot_case c;
	unsigned requests;

	boot_case_init(&c, TWO_NODES, (struct boot_options){.model = model});
	boot_case_run(&c, NULL);
	requests = c.boot->model.nr_requests;
	boot_case_fini(&c);
	return requests;
}

/* Requests first to last fail: the boot goes on with every invariant, or ends for want of memory. */
static uint64_t boot_sized_with_failures(const char *model, const char *size, unsigned first,
					 unsigned last)
{
	struct mb_boot_totals totals = {0};
	struct boot_case c;
	uint64_t digest;
	int r;

	boot_case_init(&c, TWO_NODES,
		       (struct boot_options){
			       .model = model, .struct_page = size, .policy = MB_POLICY_DEFERRED});
	c.boot->model.fail_first = first;
	c.boot->model.fail_last = last;
	r = mb_boot_run(c.boot);
	if (r) {
		assert_int_equal(r, -ENOSPC);
		assert_true(mb_boot_err(c.boot)->text[0]);
	} else {
		mb_boot_totals(c.boot, &totals);
		assert_int_equal(mb_check_accounting(c.boot), 0);
		assert_int_equal(mb_check_digest(c.boot, &digest), 0);
	}
	boot_case_fini(&c);
	return totals.memmap_pages;
}

static uint64_t boot_with_failures(const char *model, unsigned first, unsigned last)
{
	return boot_sized_with_failures(model, NULL, first, last);
}

/* Sizes take turns. */
static void every_failure(void **state)
{
	for (unsigned id = 0; id < MB_NR_MEMMODELS; id++) {
		const char *model = mb_memmodels[id].name;
		unsigned requests;

		if (id == MB_MEMMODEL_FLAT)
			continue;
		requests = count_requests(model);
		assert_true(requests > 3);
		for (unsigned first = 1; first <= requests; first++)
			for (unsigned last = first; last <= first + 2; last++)
				boot_sized_with_failures(
					model,
					mb_page_sizes[(first + last) % MB_NR_PAGE_SIZES].name,
					first, last);
	}
}

/*
 * Without both attempts at the second run's usage array its sections are gone:
 * classic sparse asks for 2 × (usage, buffer), so requests 3 and 4 are those of node 1.
 */
static void lost_usage_loses_the_run(void **state)
{
	uint64_t all = boot_with_failures("sparse", 0, 0);

	assert_int_equal(count_requests("sparse"), 4);
	assert_int_equal(boot_with_failures("sparse", 3, 3), all);
	assert_int_equal(boot_with_failures("sparse", 3, 4), all - (768 * MB_MIB >> 12));
}

/* Without the run's buffer each section asks for itself; the next failure is a panic, or base pages. */
static void lost_buffer_falls_back(void **state)
{
	uint64_t all = boot_with_failures("sparse", 0, 0);

	assert_int_equal(boot_with_failures("sparse", 2, 2), all);
	assert_int_equal(boot_with_failures("sparse", 2, 3), 0);
	assert_int_equal(boot_with_failures("extreme", 1, 1), 0); /* root pointers */
	assert_int_equal(boot_with_failures("extreme", 2, 2), 0); /* a root */
	assert_int_equal(boot_with_failures("extreme", 4, 4), all);
	/* vmemmap: pointers, root, usage, buffer, two tables, first block of 2 MiB, first page */
	assert_int_equal(boot_with_failures("vmemmap", 4, 4), all);
	assert_true(boot_with_failures("vmemmap", 4, 5) < all);
}

/*
 * Node 1 has no room for its memmap: it comes from node 0, and the section says so.
 *
 *   node 0  [ 512M                    ]
 *   node 1                             [ 256M, all of it reserved ]
 */
static void memmap_of_another_node(void **state)
{
	static const char *const models[] = {"sparse", "extreme", "vmemmap"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(models); i++) {
		struct boot_case c;

		boot_case_init(&c,
			       "node0=512M node1=256M reserve=255M@512M node0.cpus=0 phys-bits=46",
			       (struct boot_options){.model = models[i]});
		boot_case_run(&c, NULL);
		assert_int_equal(mb_memmodel_section(&c.boot->model, 0)->usage->memmap_nid, 0);
		assert_int_equal(mb_memmodel_section(&c.boot->model, 4)->usage->memmap_nid, 0);
		boot_case_fini(&c);
	}
}

/* A word is its memmap's address less the section's first page frame, and the flags. */
static void words(void **state)
{
	static const char *const models[] = {"sparse", "extreme", "vmemmap"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(models); i++) {
		struct boot_case c;
		uint64_t word;

		boot_case_init(&c, TWO_NODES, (struct boot_options){.model = models[i]});
		boot_case_run(&c, &mb_fault_stage);
		word = mb_memmodel_section(&c.boot->model, 8)->section_mem_map;
		assert_int_equal(word & MB_SECTION_FLAGS_MASK,
				 MB_SECTION_MARKED_PRESENT | MB_SECTION_HAS_MEM_MAP |
					 MB_SECTION_IS_ONLINE | MB_SECTION_IS_EARLY);
		assert_int_equal((word & ~MB_SECTION_FLAGS_MASK) + 8 * 2 * MB_MIB,
				 (uintptr_t)mb_memmodel_pfn_to_page(&c.boot->model, 8 * 32768));
		/* Holes take addresses with vmemmap, and nothing else. */
		assert_ptr_equal(mb_memmodel_pfn_to_page(&c.boot->model, 8 * 32768),
				 (char *)mb_memmodel_pfn_to_page(&c.boot->model, 3 * 32768) +
					 (i == 2 ? 5 : 1) * 2 * MB_MIB);
		boot_case_fini(&c);
	}
}

/*
 * 2^25 sections of 64 MiB leave room for the node in the flags, 2^26 of 32 MiB do not: then it comes
 * from a table, and no section may have two nodes.
 */
static void nodes_from_a_table(void **state)
{
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};
	struct boot_case c;
	struct mb_page *page;

	boot_case_init(&c, "nodes=2 each=256M cpus=1 section=64M phys-bits=51",
		       (struct boot_options){.model = "extreme"});
	boot_case_run(&c, NULL);
	assert_null(c.boot->model.section_node);
	boot_case_fini(&c);
	boot_case_init(&c, "nodes=2 each=256M cpus=1 section=32M phys-bits=51",
		       (struct boot_options){.model = "extreme", .policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, NULL);
	assert_non_null(c.boot->model.section_node);
	page = mb_memmodel_pfn_to_page(&c.boot->model, (256 + 33) * MB_MIB >> 12);
	assert_int_equal(mb_page_nid(&c.boot->model.layout, page), 1);
	boot_case_fini(&c);
	assert_int_equal(
		mb_machine_parse("node0=272M node1=240M section=32M", NULL, &err, &machine), 0);
	assert_int_equal(mb_memmodel_fits(&mb_memmodels[MB_MEMMODEL_EXTREME], machine, &err),
			 -EINVAL);
	assert_non_null(strstr(err.text, "nodes 0 and 1 share"));
	mb_machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failure),
		cmocka_unit_test(lost_usage_loses_the_run),
		cmocka_unit_test(lost_buffer_falls_back),
		cmocka_unit_test(memmap_of_another_node),
		cmocka_unit_test(words),
		cmocka_unit_test(nodes_from_a_table),
	};

	return cmocka_run_group_tests_name("memmodel_section", tests, NULL, NULL);
}
