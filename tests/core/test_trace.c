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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
