/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/memmodel_vmemmap.h"
#include "core/trace.h"
#include "tests/core/boot_case.h"
#include "tests/core/machines.h"
#include "tests/model/naive_vmemmap.h"

/* One window: the distance of two descriptors is that of their page frames, holes or not. */
static void one_window(void **state)
{
	const struct mb_memmodel *model;
	struct boot_case c;

	boot_case_init(&c, "node0=512M@1G node1=512M@64G node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, NULL);
	model = &c.boot->model;
	assert_ptr_equal(mb_memmodel_pfn_to_page(model, 8 * 32768), model->window);
	assert_ptr_equal(mb_memmodel_pfn_to_page(model, 512 * 32768 + 77),
			 (char *)model->window + (504 * 32768 + 77) * 64);
	assert_int_equal(model->window_bytes, (512 + 4 - 8) * 2 * MB_MIB);
	assert_int_equal(model->memmap_bytes, 8 * 2 * MB_MIB);
	assert_false(mb_vmemmap_pfn_valid(model, 100 * 32768));
	boot_case_fini(&c);
}

/*
 * Memory in pieces smaller than 2 MiB: the buffer fails, and so do large blocks; base pages carry the
 * descriptors of the one section.
 */
static void base_pages(void **state)
{
	char text[2048] = "node0=64M phys-bits=46 reserve=4K@0x1ff000";
	size_t length = strlen(text);
	struct boot_case c;

	for (unsigned i = 2; i < 64; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "+4K@%#x",
					   (i << 20) + 0x80000);
	boot_case_init(&c, text, (struct boot_options){0});
	boot_case_run(&c, NULL);
	assert_int_equal(c.boot->model.nr_present, 1);
	/* Pointers, root, usage, buffer, 2 tables; a block that fails, the table of PTEs, 512 pages. */
	assert_int_equal(c.boot->model.nr_requests, 6 + 1 + 1 + 512);
	boot_case_fini(&c);
}

/* --- the requests against a naive walk --- */

struct recorder {
	struct naive_request *requests;
	size_t nr, room;
};

static void record(void *ctx, const struct mb_memblock_request *request)
{
	struct recorder *recorder = ctx;

	if (recorder->nr == recorder->room) {
		recorder->room = 2 * recorder->room + 64;
		recorder->requests =
			realloc(recorder->requests, recorder->room * sizeof(*recorder->requests));
		assert_non_null(recorder->requests);
	}
	recorder->requests[recorder->nr++] = (struct naive_request){
		.size = request->size,
		.align = request->align,
		.from = request->min_addr,
		.address = request->address,
		.nid = request->nid,
		.limited = request->max_addr != MB_MEMBLOCK_ALLOC_ACCESSIBLE,
		.exact = request->call == MB_TRACE_ALLOC_EXACT_NID,
	};
}

/* What the machines have in common, and by hand which page tables their kernel makes. */
static const struct layout {
	const char *text;
	unsigned page_shift, section_shift;
	unsigned shifts[5];
	uint64_t first; /* where the window begins, rounded down to this; 0: at page frame 0 */
} layouts[] = {
	{"phys-bits=46", 12, 27, {39, 30, 21}, 0},
	{"phys-bits=52", 12, 27, {48, 39, 30, 21}, 0},
	{"phys-bits=46 section=64M", 12, 26, {39, 30, 21}, 0},
	{"arch=arm64 page=4K phys-bits=48", 12, 27, {39, 30, 21}, MB_GIB},
	{"arch=arm64 page=16K phys-bits=48 section=128M", 14, 27, {36, 25}, MB_GIB},
	{"arch=arm64 page=64K phys-bits=48 section=512M", 16, 29, {29}, 512 * MB_MIB},
	{"arch=arm64 page=64K phys-bits=52 section=512M", 16, 29, {42, 29}, 512 * MB_MIB},
};

/* The early node of each section that memory touches, or -1: the lowest range has it. */
#define MAX_SECTIONS 512
static size_t early_nodes(struct boot_case *c, unsigned section_shift, int *nodes)
{
	unsigned shift = section_shift - c->machine->page_shift;
	mb_pfn_t start, end;
	int index = -1, nid;
	size_t roots = 0;

	memset(nodes, 0xff, MAX_SECTIONS * sizeof(*nodes));
	while (mb_memblock_next_mem_pfn_range(&c->boot->memblock, &index, MB_MAX_NODES, &start,
					      &end, &nid))
		for (uint64_t nr = start >> shift; nr <= (end - 1) >> shift; nr++) {
			assert_true(nr < MAX_SECTIONS);
			if (nodes[nr] < 0)
				nodes[nr] = nid;
		}
	for (uint64_t nr = 0, last = UINT64_MAX; nr < MAX_SECTIONS; nr++)
		if (nodes[nr] >= 0 && nr >> (c->machine->page_shift - 4) != last) {
			last = nr >> (c->machine->page_shift - 4);
			roots++;
		}
	return roots;
}

static void naive_init(struct naive_vmemmap *naive, struct boot_case *c,
		       const struct layout *layout, unsigned page_bytes)
{
	mb_phys_t start = mb_memblock_start_of_DRAM(&c->boot->memblock);

	*naive = (struct naive_vmemmap){
		.blocks = layout->page_shift == 12,
		.page = UINT64_C(1) << layout->page_shift,
		.page_bytes = page_bytes,
		.pages_per_section = UINT64_C(1) << (layout->section_shift - layout->page_shift),
		.from = layout->first ? start / layout->first * layout->first : 16 * MB_MIB,
		.pmd = UINT64_C(1) << (2 * layout->page_shift - 3),
		.usage_bytes = layout->page_shift == 14 ? 32 : 56,
	};
	if (layout->section_shift == 26)
		naive->usage_bytes = 40;
	memcpy(naive->shifts, layout->shifts, sizeof(naive->shifts));
	if (layout->first)
		naive->first_pfn = naive->from >> layout->page_shift;
}

/* Runs of one node, each in turn; then nothing may be left, and the same sections are present. */
static void replay(struct naive_vmemmap *naive, struct boot_case *c, const int *nodes,
		   const char *text)
{
	uint64_t sections[MAX_SECTIONS], before = 0, present = 0;
	size_t count;

	for (size_t nr = 0; nr < MAX_SECTIONS;) {
		int nid = nodes[nr];

		for (count = 0; nr < MAX_SECTIONS && (nodes[nr] == nid || nodes[nr] < 0); nr++)
			if (nodes[nr] >= 0)
				sections[count++] = nr;
		if (!count)
			continue;
		before = naive_vmemmap_run(naive, nid, sections, count);
		present += before;
		for (size_t i = 0; i < count; i++)
			if (!naive->wrong && c->boot->model.roots &&
			    mb_vmemmap_pfn_valid(&c->boot->model,
						 sections[i] * naive->pages_per_section) !=
				    (i < before))
				fail_msg("'%s': section %llu", text,
					 (unsigned long long)sections[i]);
	}
	if (naive->at != naive->nr_requests && !naive->wrong)
		naive->wrong = "requests are left over";
	if (naive->wrong)
		fail_msg("'%s' struct page %llu, failing %u to %u, request %zu: %s", text,
			 (unsigned long long)naive->page_bytes, naive->fail_first, naive->fail_last,
			 naive->at, naive->wrong);
	assert_int_equal(present, c->boot->model.nr_present);
}

static void compare_requests(const char *text, const struct layout *layout,
			     const struct mb_page_size *size, unsigned first, unsigned last)
{
	struct naive_vmemmap *naive = calloc(1, sizeof(*naive));
	struct recorder recorder = {0};
	int nodes[MAX_SECTIONS], r;
	struct boot_case c;
	uint64_t before, heads = 0;
	size_t roots;

	boot_case_init(&c, text, (struct boot_options){.dry_run = true, .struct_page = size->name});
	boot_case_run(&c, &mb_node_stage);
	roots = 1 + early_nodes(&c, layout->section_shift, nodes);
	naive_init(naive, &c, layout, size->bytes);
	c.boot->model.fail_first = first ? first + (unsigned)roots : 0;
	c.boot->model.fail_last = first ? last + (unsigned)roots : 0;
	before = mb_memblock_reserved_size(&c.boot->memblock);
	c.boot->memblock.trace = record;
	c.boot->memblock.trace_ctx = &recorder;
	r = mb_boot_run_until(c.boot, &mb_memmodel_stage);
	assert_true(!r || r == -ENOSPC);
	c.boot->memblock.trace = NULL;
	for (size_t i = 0; i < mb_min(roots, recorder.nr); i++)
		heads += recorder.requests[i].size;
	if (!recorder.requests[mb_min(roots, recorder.nr) - 1].address) {
		assert_int_equal(r, -ENOSPC); /* no room for the roots: the kernel would panic */
		goto out;
	}
	naive->requests = recorder.requests + roots;
	naive->nr_requests = recorder.nr - roots;
	naive->fail_first = first;
	naive->fail_last = first ? last : 0;
	if (!first)
		naive->fail_first = 1;
	replay(naive, &c, nodes, text);
	assert_int_equal(mb_memblock_reserved_size(&c.boot->memblock) - before,
			 heads + naive->taken);
	assert_int_equal(r != 0, c.boot->model.nr_present == 0);
out:
	free(recorder.requests);
	free(naive);
	boot_case_fini(&c);
}

/* Some of the machines have no 2 MiB in one piece; in some, requests of the run fail. */
static void requests_are_those_of_a_naive_walk(void **state)
{
	struct mb_rng rng = {boot_case_seed()};

	for (unsigned i = 0; i < 40 * MB_ARRAY_SIZE(layouts); i++) {
		const struct layout *layout = &layouts[i % MB_ARRAY_SIZE(layouts)];
		const struct mb_page_size *size =
			&mb_page_sizes[mb_rng_below(&rng, MB_NR_PAGE_SIZES)];
		unsigned first = mb_rng_below(&rng, 2) ? 1 + (unsigned)mb_rng_below(&rng, 30) : 0;
		unsigned last = first + (unsigned)mb_rng_below(&rng, 4);
		char text[64 << 10];
		size_t length;

		random_machine(&rng, text, 1024);
		length = strlen(text);
		length += (size_t)snprintf(text + length, 100, " %s", layout->text);
		if (mb_rng_below(&rng, 2))
			for (unsigned mib = 0; mib < 1500; mib++)
				length +=
					(size_t)snprintf(text + length, 40, "%s4K@%uK",
							 mib ? "+" : " reserve=", mib * 1024 + 512);
		compare_requests(text, layout, size, first, last);
	}
}

/*
 *   descriptors  56 bytes: a section's take 1.75 MiB
 *   entries      [ 2 MiB  ][ 2 MiB  ][ …     8 sections share 7 blocks, whoever comes first asks
 */
static void neighbours_share_a_block(void **state)
{
	struct boot_case c;
	uint64_t before;

	boot_case_init(&c, "node0=1G phys-bits=46",
		       (struct boot_options){.dry_run = true, .struct_page = "56"});
	boot_case_run(&c, &mb_node_stage);
	before = mb_memblock_reserved_size(&c.boot->memblock);
	boot_case_run(&c, &mb_memmodel_stage);
	/* Pointers, a root, usage, 7 of the buffer's 8 blocks, two tables. */
	assert_int_equal(mb_memblock_reserved_size(&c.boot->memblock) - before,
			 16 * MB_KIB + 4096 + 8 * 56 + 7 * 2 * MB_MIB + 2 * 4096);
	assert_int_equal(c.boot->model.nr_requests, 6);
	boot_case_fini(&c);
}

/*
 * A table of the second level serves 64 GiB of memory, counted from page frame 0 on x86-64 and from the linear
 * map, which begins with RAM, on arm64: 64 GiB from 1 GiB on need two tables there, one here.
 */
static void where_tables_begin(void **state)
{
	static const struct {
		const char *text;
		unsigned tables; /* with the one above them */
	} rows[] = {
		{"arch=x86_64 node0=64G@1G phys-bits=46", 3},
		{"arch=arm64 node0=64G@1G phys-bits=48", 2},
		{"arch=arm64 node0=64G@1088M phys-bits=48", 3}, /* the map begins at 1 GiB */
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct boot_case c;
		unsigned others;

		boot_case_init(&c, rows[i].text, (struct boot_options){.dry_run = true});
		boot_case_run(&c, &mb_memmodel_stage);
		others = 1 + 3 + 2; /* pointers, a root for each 32 GiB, usage and buffer */
		assert_int_equal(c.boot->model.nr_requests - others, rows[i].tables);
		boot_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_window),
		cmocka_unit_test(base_pages),
		cmocka_unit_test(where_tables_begin),
		cmocka_unit_test(neighbours_share_a_block),
		cmocka_unit_test(requests_are_those_of_a_naive_walk),
	};

	return cmocka_run_group_tests_name("memmodel_vmemmap", tests, NULL, NULL);
}
