/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/memblock_dump.h"
#include "numa/kernlog.h"
#include "numa/kernlog_trace.h"
#include "tests/seed.h"

#define ANSWERED " memblock_alloc_range_nid+0xb0/0x13d"

static const struct {
	const char *line;
	int result;
	struct mb_trace_event event;
} cases[] = {
	{"memblock_alloc_try_nid: 73 bytes align=0x40 nid=-1 from=0x0000000000000000 "
	 "max_addr=0x0000000000000000 acpi_parse_hpet+0xc3/0x132",
	 1,
	 {.type = MB_TRACE_REQUEST,
	  .call = MB_TRACE_ALLOC_TRY_NID,
	  .size = 73,
	  .align = 64,
	  .nid = MB_NO_NODE,
	  .caller = "acpi_parse_hpet"}},
	{"memblock_alloc_try_nid_raw: 4096 bytes align=0x1000 nid=3 from=0x0000000001000000 "
	 "max_addr=0x0000000000000001 vmemmap_alloc_block_zero.constprop.0+0xc/0x28",
	 1,
	 {.type = MB_TRACE_REQUEST,
	  .call = MB_TRACE_ALLOC_TRY_NID,
	  .base = 0x1000000,
	  .end = 1,
	  .size = 4096,
	  .align = 4096,
	  .nid = 3,
	  .caller = "vmemmap_alloc_block_zero.constprop.0"}},
	{"memblock_alloc_exact_nid_raw: 268435456 bytes align=0x200000 nid=0 "
	 "from=0x0000000001000000 max_addr=0x0000000000000000 sparse_init_nid+0x11f/0x34d",
	 1,
	 {.type = MB_TRACE_REQUEST,
	  .call = MB_TRACE_ALLOC_EXACT_NID,
	  .base = 0x1000000,
	  .size = 268435456,
	  .align = 0x200000,
	  .nid = 0,
	  .caller = "sparse_init_nid"}},
	{"memblock_phys_alloc_range: 28672 bytes align=0x1000 from=0x0000000000000000 "
	 "max_addr=0x0000000000100000 reserve_real_mode+0x50/0x89",
	 1,
	 {.type = MB_TRACE_REQUEST,
	  .call = MB_TRACE_PHYS_ALLOC_RANGE,
	  .end = 0x100000,
	  .size = 28672,
	  .align = 4096,
	  .nid = MB_NO_NODE,
	  .caller = "reserve_real_mode"}},
	/* What no kernel asks. */
	{"memblock_phys_alloc_range: 0 bytes align=0x1000 from=0x0 max_addr=0x0 f+0x1/0x2", 0, {0}},
	{"memblock_phys_alloc_range: 1 bytes align=0x1001 from=0x0 max_addr=0x0 f+0x1/0x2", 0, {0}},
	{"memblock_reserve: [0x0000000000098000-0x000000000009efff]" ANSWERED,
	 1,
	 {.type = MB_TRACE_ANSWER, .base = 0x98000, .end = 0x9f000, .nid = MB_NO_NODE}},
	{"__memblock_reserve: [0x0000000000098000-0x000000000009efff] nid=0 flags=a" ANSWERED,
	 1,
	 {.type = MB_TRACE_ANSWER, .base = 0x98000, .end = 0x9f000, .nid = MB_NO_NODE}},
	{"memblock_reserve: [0x0000000000000000-0x00000000000fffff] setup_arch+0x7d6/0xd40",
	 1,
	 {.type = MB_TRACE_RESERVE, .end = 0x100000, .nid = MB_NO_NODE, .caller = "setup_arch"}},
	{"memblock_phys_free: [0x000000013ffdb000-0x000000013ffdafff] f+0x1f4/0x2e4",
	 1,
	 {.type = MB_TRACE_FREE,
	  .base = 0x13ffdb000,
	  .end = 0x13ffdb000,
	  .nid = MB_NO_NODE,
	  .caller = "f"}},
	{"memblock_remove: [0x0001000000000000-0x0000fffffffffffe] arm64_memblock_init+0x38/0x260",
	 1,
	 {.type = MB_TRACE_REMOVE,
	  .base = 0x1000000000000,
	  .end = MB_PHYS_MAX,
	  .nid = MB_NO_NODE,
	  .caller = "arm64_memblock_init"}},
	{"memblock_add: [0x1000-0x1fff] f",
	 1,
	 {.type = MB_TRACE_ADD, .base = 0x1000, .end = 0x2000, .nid = MB_NO_NODE, .caller = "f"}},
	{"memblock_add_node: [0x1000-0x1fff] nid=2 flags=0 f+0x1/0x2",
	 1,
	 {.type = MB_TRACE_ADD, .base = 0x1000, .end = 0x2000, .nid = 2, .caller = "f"}},
	{"NODE_DATA(1) allocated [mem 0x83ffd5000-0x83fffffff]",
	 1,
	 {.type = MB_TRACE_NODE_DATA, .base = 0x83ffd5000, .end = 0x840000000, .nid = 1}},
	{"NUMA: NODE_DATA [mem 0x13fffd380-0x13fffffff]",
	 1,
	 {.type = MB_TRACE_NODE_DATA, .base = 0x13fffd380, .end = 0x140000000, .nid = MB_NO_NODE}},
	{"cma: Reserved 64 MiB at 0x00000000fc000000",
	 1,
	 {.type = MB_TRACE_CMA, .base = 0xfc000000, .end = 0x100000000, .nid = MB_NO_NODE}},
	{"cma: Reserved 99999999999999999 MiB at 0x00000000fc000000 on node -1",
	 1,
	 {.type = MB_TRACE_CMA, .base = 0xfc000000, .end = MB_PHYS_MAX, .nid = MB_NO_NODE}},
	{"Zone ranges:", 1, {.type = MB_TRACE_FREE_AREA, .nid = MB_NO_NODE}},
	{"memblock_reserve: [0x98000]" ANSWERED, 0, {0}},
	{" memory[0x0] [0x0-0xfff], 0x1000 bytes flags: 0x0", 0, {0}},
	{"", 0, {0}},
};

static void test_events(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_trace trace = {.events = NULL};
		struct mb_kernlog_trace reader = {.trace = &trace};
		struct mb_trace_event want = cases[i].event, got;

		assert_int_equal(mb_kernlog_trace_line(&reader, cases[i].line, 7), cases[i].result);
		assert_int_equal(trace.nr_events, cases[i].result);
		if (!cases[i].result)
			continue;
		got = trace.events[0];
		assert_int_equal(got.type, want.type);
		assert_int_equal(got.call, want.call);
		assert_int_equal(got.base, want.base);
		assert_int_equal(got.end, want.end);
		assert_int_equal(got.size,
				 want.type == MB_TRACE_REQUEST ? want.size : want.end - want.base);
		assert_int_equal(got.align, want.align);
		assert_int_equal(got.nid, want.nid);
		assert_int_equal(got.line, 7);
		assert_string_equal(got.caller, want.caller);
		mb_trace_fini(&trace);
	}
}

/* Feeds lines and closes the dump. */
static void feed(struct mb_trace *trace, const char *const *lines, size_t count)
{
	struct mb_kernlog_trace reader = {.trace = trace};

	for (size_t i = 0; i < count; i++)
		assert_in_range(mb_kernlog_trace_line(&reader, lines[i], i + 1), 0, 1);
	mb_kernlog_trace_finish(&reader);
}

static const char *const dump_lines[] = {
	"MEMBLOCK configuration:",
	"memory size = 0x3000 reserved size = 0x1000",
	"memory.cnt  = 0x2",
	"memory[0x0]\t[0x1000-0x1fff], 0x1000 bytes on node 5 flags: 0x2",
	"memory[0x1]\t[0x4000-0x5fff], 0x2000 bytes flags: 0x0",
	"reserved.cnt  = 0x1",
	"reserved[0x0]\t[0x1000-0x1fff], 0x1000 bytes flags: 0x0",
};

static void test_dump(void **state)
{
	struct mb_trace trace = {.events = NULL};
	const struct mb_trace_dump *dump;

	feed(&trace, dump_lines, MB_ARRAY_SIZE(dump_lines));
	assert_int_equal(trace.nr_dumps, 1);
	dump = &trace.dumps[0];
	assert_true(dump->complete);
	assert_true(dump->has_nodes);
	assert_int_equal(dump->nr_memory, 2);
	assert_int_equal(dump->memory[0].end, 0x2000);
	assert_int_equal(dump->memory[0].nid, 5);
	assert_int_equal(dump->memory[0].flags, 2);
	assert_int_equal(dump->memory[1].nid, MB_NO_NODE);
	assert_int_equal(dump->nr_reserved, 1);
	mb_trace_fini(&trace);
	/* Any number of lines less makes it incomplete. */
	for (size_t cut = 1; cut < MB_ARRAY_SIZE(dump_lines); cut++) {
		feed(&trace, dump_lines, cut);
		assert_int_equal(trace.nr_dumps, 1);
		assert_false(trace.dumps[0].complete);
		mb_trace_fini(&trace);
	}
}

/* What is no line of a dump ends it. */
static void test_dump_ends(void **state)
{
	static const char *const lines[] = {
		"MEMBLOCK configuration:",
		"memory.cnt  = 0x1",
		"memory[0x0] [0x1000-0x1fff], 0x1000 bytes flags: 0x0",
		"reserved.cnt  = 0x0",
		"something else",
		"memory[0x0] [0x1000-0x1fff], 0x1000 bytes flags: 0x0",
	};
	struct mb_trace trace = {.events = NULL};

	feed(&trace, lines, MB_ARRAY_SIZE(lines));
	assert_int_equal(trace.nr_dumps, 1);
	assert_int_equal(trace.dumps[0].nr_memory, 1);
	assert_true(trace.dumps[0].complete);
	assert_false(trace.dumps[0].has_nodes);
	mb_trace_fini(&trace);
}

static void assert_regions(const struct mb_memblock_type *type,
			   const struct mb_trace_region *regions, size_t nr_regions)
{
	assert_int_equal(nr_regions, type->cnt);
	for (size_t i = 0; i < nr_regions; i++) {
		const struct mb_memblock_region *r = &type->regions[i];

		assert_int_equal(regions[i].base, r->base);
		assert_int_equal(regions[i].end, r->base + r->size);
		assert_int_equal(regions[i].nid, r->nid == MB_MAX_NODES ? MB_NO_NODE : r->nid);
		assert_int_equal(regions[i].flags, r->flags);
	}
}

static void random_memblock(struct mb_rng *rng, unsigned regions, struct mb_memblock *ret)
{
	mb_memblock_init(ret, 12, false);
	mb_memblock_allow_resize(ret);
	for (unsigned i = 0; i < regions; i++) {
		mb_phys_t base = mb_rng_below(rng, 1 << 20) << 10;
		mb_phys_t size = 1 + mb_rng_below(rng, 1 << 21);
		int nid = (int)mb_rng_below(rng, 5);

		mb_memblock_add_node(ret, base, size, nid == 4 ? MB_MAX_NODES : nid,
				     (unsigned)mb_rng_below(rng, 16));
		mb_memblock_reserve(ret, base + size / 2, mb_rng_below(rng, 1 << 14) + 1);
	}
}

/* What a random memblock says of itself is read as its regions, also as the text of a log. */
static void test_dump_read_back(void **state)
{
	struct mb_rng rng = {seed_or((uint64_t)time(NULL))};

	for (unsigned trial = 1; trial < 200; trial++) {
		struct mb_kernlog *log = NULL;
		struct mb_strbuf buf = {0};
		const struct mb_trace_dump *dump;
		struct mb_memblock mb;

		random_memblock(&rng, trial, &mb);
		mb_memblock_dump_all(&mb, &buf);
		assert_int_equal(buf.error, 0);
		assert_int_equal(mb_kernlog_parse(buf.data, buf.length, &log), 0);
		assert_int_equal(log->trace.nr_dumps, 1);
		dump = &log->trace.dumps[0];
		assert_true(dump->complete);
		assert_regions(&mb.memory, dump->memory, dump->nr_memory);
		assert_regions(&mb.reserved, dump->reserved, dump->nr_reserved);
		mb_kernlog_free(log);
		mb_strbuf_fini(&buf);
		mb_memblock_fini(&mb);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_dump_ends),
		cmocka_unit_test(test_dump_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
