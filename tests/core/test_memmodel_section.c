/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
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
	assert_int_equal(mb_memmodel_fits(&mb_memmodels[MB_MEMMODEL_EXTREME], machine, NULL, &err),
			 -EINVAL);
	assert_non_null(strstr(err.text, "nodes 0 and 1 share"));
	mb_machine_free(machine);
}

/* What sparse_init asks memblock for. */
struct asked {
	struct mb_memblock_request list[64];
	size_t count;
};

static void note_request(void *ctx, const struct mb_memblock_request *request)
{
	struct asked *asked = ctx;

	assert_true(asked->count < MB_ARRAY_SIZE(asked->list));
	asked->list[asked->count++] = *request;
}

static void run_asking(struct boot_case *c, const char *text, const char *model, unsigned fail,
		       struct asked *asked)
{
	*asked = (struct asked){.count = 0};
	boot_case_init(c, text, (struct boot_options){.model = model, .dry_run = true});
	boot_case_run(c, &mb_node_stage);
	c->boot->model.fail_first = c->boot->model.fail_last = fail;
	c->boot->memblock.trace = note_request;
	c->boot->memblock.trace_ctx = asked;
	boot_case_run(c, &mb_memmodel_stage);
	c->boot->memblock.trace = NULL;
}

/*
 * Usage is wanted in the section of the node's NODE_DATA, from its start to its end:
 *
 *   896M [              usage|NODE_DATA] 1G
 */
static void usage_goes_to_the_section_of_node_data(void **state)
{
	const struct mb_memblock_request *usage;
	struct asked asked;
	struct boot_case c;

	run_asking(&c, "node0=1G phys-bits=46 node0.cpus=0", "sparse", 0, &asked);
	usage = &asked.list[0];
	assert_int_equal(asked.count, 2);
	assert_int_equal(usage->min_addr, 896 * MB_MIB);
	assert_int_equal(usage->max_addr, MB_GIB);
	assert_int_equal(usage->nid, 0);
	assert_int_equal(usage->size, 8 * 48);
	assert_int_equal(usage->address, c.boot->nodes[0]->pgdat - 8 * 48);
	assert_int_equal(asked.list[1].call, MB_TRACE_ALLOC_EXACT_NID); /* the buffer */
	boot_case_fini(&c);
}

/*
 * The node that usage is asked of is that of the section's first page, and a hole there is the first node's:
 *
 *   1152M [ hole | node 0's 16M | hole | node 1's 64M with its NODE_DATA ] 1280M     1536M [ node 1, reserved ]
 */
static void usage_of_a_hole_is_of_the_first_node(void **state)
{
	struct asked asked;
	struct boot_case c;

	run_asking(&c,
		   "node0=1G@0+16M@0x49000000 node1=64M@0x4c000000+16M@1536M reserve=16M@1536M "
		   "phys-bits=46 node0.cpus=0",
		   "sparse", 0, &asked);
	assert_int_equal(asked.count, 4);
	assert_int_equal(c.boot->nodes[1]->pgdat >> 27, 0x4c000000 >> 27);
	assert_int_equal(asked.list[2].min_addr, 1152 * MB_MIB);
	assert_int_equal(asked.list[2].nid, 0);
	assert_in_range(asked.list[2].address, 0x49000000, 0x49ffffff);
	boot_case_fini(&c);
}

/*
 * Where nothing is left there, memblock rather goes below than fails:
 *
 *   768M [ …       usage ] 896M [ reserved    |NODE_DATA] 1G
 *
 * and where nothing is left below either, the limit above is dropped:
 *
 *   1024M [ reserved |NODE_DATA] 1152M [ reserved     |usage] 1280M     node 1 has the memmaps
 */
static void usage_goes_elsewhere_where_it_is_full(void **state)
{
	const struct mb_memblock_request *usage;
	struct asked asked;
	struct boot_case c;
	char text[160];
	unsigned rest = (unsigned)(128 * MB_MIB) - 0x2b000; /* of a section without NODE_DATA */

	snprintf(text, sizeof(text), "node0=1G phys-bits=46 node0.cpus=0 reserve=%u@896M", rest);
	run_asking(&c, text, "sparse", 0, &asked);
	usage = asked.list;
	assert_int_equal(c.boot->nodes[0]->pgdat, MB_GIB - 0x2b000);
	assert_int_equal(asked.count, 2);
	assert_int_equal(usage[0].address, 896 * MB_MIB - 8 * 48);
	boot_case_fini(&c);

	snprintf(text, sizeof(text),
		 "node0=256M@1G node1=1G@2G phys-bits=46 node0.cpus=0 reserve=%u@1G "
		 "reserve=131008K@1152M",
		 rest);
	run_asking(&c, text, "sparse", 0, &asked);
	assert_int_equal(c.boot->nodes[0]->pgdat, 1152 * MB_MIB - 0x2b000);
	assert_int_equal(usage[0].max_addr, 1152 * MB_MIB);
	assert_int_equal(usage[0].address, 0);
	assert_int_equal(usage[1].min_addr, MB_GIB);
	assert_int_equal(usage[1].max_addr, MB_MEMBLOCK_ALLOC_ACCESSIBLE);
	assert_int_equal(usage[1].address, 1280 * MB_MIB - 2 * 48 - 32); /* of a cache line */
	boot_case_fini(&c);
}

/*
 * Four sections of node 0 around 64 GiB, two of node 1 behind them. The page table for what lies above 64 GiB
 * cannot be had, at first: the rest of the run is lost, what it had is kept, and the next run is none the worse.
 * The lost sections' part of the buffer goes back.
 *
 *   sections   510   511   | 512   513 |  514   515
 *   node        0     0       0     0      1     1
 *                            lost  lost
 */
static void a_lost_section_loses_the_rest_of_its_run(void **state)
{
	static const char text[] = "node0=512M@65280M node1=256M node0.cpus=0 phys-bits=46";
	uint64_t whole, lost;
	struct asked asked;
	struct boot_case c;

	run_asking(&c, text, "vmemmap", 0, &asked);
	whole = mb_memblock_reserved_size(&c.boot->memblock);
	assert_int_equal(c.boot->model.nr_present, 6);
	boot_case_fini(&c);
	/* Pointers, two roots, usage, buffer, two tables; the eighth is the table of section 512. */
	run_asking(&c, text, "vmemmap", 8, &asked);
	assert_int_equal(c.boot->model.nr_present, 4);
	assert_int_equal(c.boot->model.nr_dropped, 2);
	for (uint64_t nr = 510; nr < 516; nr++)
		assert_int_equal(mb_memmodel_pfn_valid(&c.boot->model, nr * 32768),
				 nr != 512 && nr != 513);
	lost = whole - mb_memblock_reserved_size(&c.boot->memblock);
	assert_int_equal(lost, 2 * 2 * MB_MIB);
	boot_case_run(&c, NULL);
	boot_case_fini(&c);
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
		cmocka_unit_test(usage_goes_to_the_section_of_node_data),
		cmocka_unit_test(usage_of_a_hole_is_of_the_first_node),
		cmocka_unit_test(usage_goes_elsewhere_where_it_is_full),
		cmocka_unit_test(a_lost_section_loses_the_rest_of_its_run),
	};

	return cmocka_run_group_tests_name("memmodel_section", tests, NULL, NULL);
}
