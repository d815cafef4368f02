/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/trace.h"

/* Many of each, in order; regions go to the last dump. */
static void test_add(void **state)
{
	struct mb_trace trace = {.events = NULL};
	struct mb_trace_region region = {.nid = MB_NO_NODE};

	assert_int_equal(mb_trace_add_region(&trace, false, &region), -EINVAL);
	for (unsigned i = 0; i < 100; i++) {
		struct mb_trace_event event = {.type = MB_TRACE_ANSWER, .base = i, .line = i + 1};

		assert_int_equal(mb_trace_add(&trace, &event), 0);
	}
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(mb_trace_add_dump(&trace, 200 + i), 0);
		for (unsigned j = 0; j < 10 + i; j++) {
			region.base = j;
			region.nid = i == 4 && j == 3 ? 1 : MB_NO_NODE;
			assert_int_equal(mb_trace_add_region(&trace, j % 2, &region), 0);
		}
	}
	assert_int_equal(trace.nr_events, 105);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(trace.events[i].base, i);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(trace.events[100 + i].type, MB_TRACE_DUMP);
		assert_int_equal(trace.events[100 + i].dump, i);
		assert_int_equal(trace.events[100 + i].line, 200 + i);
		assert_int_equal(trace.dumps[i].nr_memory, (11 + i) / 2);
		assert_int_equal(trace.dumps[i].nr_reserved, (10 + i) / 2);
		assert_int_equal(trace.dumps[i].reserved[1].base, 3);
		/* A node of a reserved region says nothing about memory. */
		assert_false(trace.dumps[i].has_nodes);
	}
	region.nid = 0;
	assert_int_equal(mb_trace_add_region(&trace, false, &region), 0);
	assert_true(trace.dumps[4].has_nodes);
	mb_trace_fini(&trace);
	mb_trace_fini(&trace);
}

static void add(struct mb_trace *trace, enum mb_trace_type type, mb_phys_t base, mb_phys_t end)
{
	struct mb_trace_event event = {.type = type, .base = base, .end = end};

	assert_int_equal(mb_trace_add(trace, &event), 0);
}

/* A dump with one region of memory, [16, 64), and one reserved. */
static void add_dump(struct mb_trace *trace, int nid, mb_phys_t base, mb_phys_t end)
{
	struct mb_trace_region memory = {16, 64, nid, 0}, reserved = {base, end, MB_NO_NODE, 0};

	assert_int_equal(mb_trace_add_dump(trace, 0), 0);
	assert_int_equal(mb_trace_add_region(trace, false, &memory), 0);
	assert_int_equal(mb_trace_add_region(trace, true, &reserved), 0);
	trace->dumps[trace->nr_dumps - 1].complete = true;
}

static void assert_reserved(const struct mb_trace *trace, size_t dump, size_t event,
			    const struct mb_range *want, size_t count)
{
	struct mb_ranges memory, reserved;

	assert_int_equal(mb_trace_state(trace, dump, event, &memory, &reserved), 0);
	assert_int_equal(reserved.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(reserved.list[i].start, want[i].start);
		assert_int_equal(reserved.list[i].end, want[i].end);
	}
	mb_ranges_fini(&memory);
	mb_ranges_fini(&reserved);
}

/* x86: a dump, then requests, then a dump with nodes. */
static void test_early_dump(void **state)
{
	struct mb_trace trace = {.events = NULL};
	size_t dump, event, nodes;

	add(&trace, MB_TRACE_RESERVE, 1, 2);
	add_dump(&trace, MB_NO_NODE, 20, 24);
	add(&trace, MB_TRACE_ANSWER, 60, 64);
	add(&trace, MB_TRACE_FREE, 22, 24);
	add(&trace, MB_TRACE_ANSWER, 50, 60);
	add(&trace, MB_TRACE_NODE_DATA, 50, 60);
	assert_int_equal(mb_trace_start(&trace, &dump, &event, &nodes), -ENODATA);
	add_dump(&trace, 0, 20, 22);
	assert_int_equal(mb_trace_start(&trace, &dump, &event, &nodes), 0);
	assert_int_equal(dump, 0);
	assert_int_equal(event, 2);
	assert_int_equal(nodes, 1);
	assert_int_equal(mb_trace_nodes_event(&trace), 4);
	assert_reserved(&trace, 0, 2, (struct mb_range[]){{20, 24}}, 1);
	assert_reserved(&trace, 0, 4, (struct mb_range[]){{20, 22}, {60, 64}}, 2);
	assert_reserved(&trace, 0, 5, (struct mb_range[]){{20, 22}, {50, 64}}, 2);
	trace.dumps[1].complete = false;
	assert_int_equal(mb_trace_start(&trace, &dump, &event, &nodes), -ENODATA);
	mb_trace_fini(&trace);
}

/* arm64: the only dump is late, and the lines before it are undone. */
static void test_late_dump(void **state)
{
	struct mb_trace trace = {.events = NULL};
	struct mb_ranges memory, reserved;
	size_t dump, event, nodes;

	add(&trace, MB_TRACE_ADD, 16, 20);
	add(&trace, MB_TRACE_RESERVE, 16, 18);
	add(&trace, MB_TRACE_ANSWER, 60, 64);
	add(&trace, MB_TRACE_FREE, 30, 32);
	add(&trace, MB_TRACE_ANSWER, 50, 60);
	add(&trace, MB_TRACE_NODE_DATA, 50, 60);
	add(&trace, MB_TRACE_FREE_AREA, 0, 0);
	add_dump(&trace, 0, 50, 64);
	assert_int_equal(mb_trace_start(&trace, &dump, &event, &nodes), 0);
	assert_int_equal(event, 0);
	assert_reserved(&trace, dump, 5, (struct mb_range[]){{50, 64}}, 1);
	assert_reserved(&trace, dump, 4, (struct mb_range[]){{60, 64}}, 1);
	assert_reserved(&trace, dump, 3, (struct mb_range[]){{30, 32}, {60, 64}}, 2);
	assert_reserved(&trace, dump, 0, (struct mb_range[]){{30, 32}}, 1);
	assert_int_equal(mb_trace_state(&trace, dump, 0, &memory, &reserved), 0);
	assert_int_equal(memory.count, 1);
	assert_int_equal(memory.list[0].start, 20);
	mb_ranges_fini(&memory);
	mb_ranges_fini(&reserved);
	mb_trace_fini(&trace);
}

/* Nodes that the log does not name: the last ones with memory, or all when there are more. */
static void test_pgdat_node(void **state)
{
	struct mb_trace_region memory[] = {{0, 1, 4, 0}, {1, 2, 2, 0}, {2, 3, 4, 0}, {3, 4, 7, 0}};
	struct mb_trace_dump dump = {.memory = memory, .nr_memory = 4};
	struct mb_trace trace = {.events = NULL};

	for (int i = 0; i < 4; i++) {
		add(&trace, MB_TRACE_NODE_DATA, 0, 1);
		trace.events[i].nid = MB_NO_NODE;
	}
	trace.nr_events = 2;
	assert_int_equal(mb_trace_pgdat_node(&trace, &dump, 0), 4);
	assert_int_equal(mb_trace_pgdat_node(&trace, &dump, 1), 7);
	assert_int_equal(mb_trace_pgdat_node(&trace, &dump, 2), MB_NO_NODE);
	trace.nr_events = 3;
	assert_int_equal(mb_trace_pgdat_node(&trace, &dump, 0), 2);
	trace.nr_events = 4;
	assert_int_equal(mb_trace_pgdat_node(&trace, &dump, 3), 3);
	trace.events[1].nid = 9;
	assert_int_equal(mb_trace_pgdat_node(&trace, &dump, 1), 9);
	trace.events[1].type = MB_TRACE_FREE;
	assert_int_equal(mb_trace_pgdat_node(&trace, &dump, 1), MB_NO_NODE);
	mb_trace_fini(&trace);
}

static void test_nothing(void **state)
{
	struct mb_trace trace = {.events = NULL};
	size_t dump, event, nodes;

	assert_int_equal(mb_trace_start(&trace, &dump, &event, &nodes), -ENODATA);
	assert_int_equal(mb_trace_nodes_event(&trace), 0);
	add(&trace, MB_TRACE_FREE, 1, 1);
	add(&trace, MB_TRACE_FREE_AREA, 0, 0);
	assert_int_equal(mb_trace_nodes_event(&trace), 1);
	mb_trace_fini(&trace);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),       cmocka_unit_test(test_early_dump),
		cmocka_unit_test(test_late_dump), cmocka_unit_test(test_pgdat_node),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
