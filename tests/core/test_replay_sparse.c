/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/replay_sparse.h"
#include "tests/core/boot_case.h"

/* A trace recorded from the engine is one that it arrives at again. */

static const char *const machines[] = {
	"node0=4G@0 node0.cpus=0",
	"nodes=4 each=16G cpus=2",
	"nodes=2 each=40G phys-bits=46",
	"node0=1G@0 node1=2G node0.cpus=0 node2=0",
	"node0=1G@0+1G@6G node1=1G@3G+1G@9G node0.cpus=0-1",
	"arch=arm64 node0=4G@1G node1=4G phys-bits=48",
	"arch=arm64 node0=100G@1G phys-bits=48",
};

static void add(struct mb_trace *trace, const struct mb_trace_event *event)
{
	assert_int_equal(mb_trace_add(trace, event), 0);
}

static void add_regions(struct mb_trace *trace, const struct mb_memblock_type *type, bool reserved)
{
	for (size_t i = 0; i < type->cnt; i++) {
		const struct mb_memblock_region *from = &type->regions[i];
		struct mb_trace_region region = {
			.base = from->base,
			.end = from->base + from->size,
			.nid = from->nid == MB_MAX_NODES ? MB_NO_NODE : from->nid,
			.flags = from->flags,
		};

		assert_int_equal(mb_trace_add_region(trace, reserved, &region), 0);
	}
}

/* A dump without nodes comes first, so that this one is known as that of nodes. */
static void record_nodes(struct mb_trace *trace, const struct boot_case *c)
{
	const struct mb_memblock *memblock = &c->boot->memblock;
	struct mb_node *node;

	mb_node_for_each(node, c->boot) {
		struct mb_trace_event event = {.type = MB_TRACE_NODE_DATA,
					       .nid = node->nid,
					       .base = node->pgdat,
					       .end = node->pgdat + 1};

		add(trace, &event);
	}
	assert_int_equal(mb_trace_add_dump(trace, 1), 0);
	add_regions(trace, &memblock->memory, false);
	add_regions(trace, &memblock->reserved, true);
	trace->dumps[0].complete = true;
}

static void record(void *ctx, const struct mb_memblock_request *request)
{
	struct mb_trace *trace = ctx;
	struct mb_trace_event event = {
		.type = MB_TRACE_REQUEST,
		.call = request->call,
		.base = request->min_addr,
		.end = request->max_addr,
		.size = request->size,
		.align = request->align,
		.nid = request->nid,
		.caller = "sparse_init",
	};

	add(trace, &event);
	event = (struct mb_trace_event){.type = MB_TRACE_ANSWER,
					.base = request->address,
					.end = request->address + request->size,
					.size = request->size,
					.nid = MB_NO_NODE};
	if (request->address)
		add(trace, &event);
}

/* The trace of a boot up to free_area_init. */
static void record_boot(struct boot_case *c, const char *text, bool has_top_table,
			struct mb_trace *trace)
{
	struct mb_trace_event event = {.type = MB_TRACE_FREE_AREA};

	*trace = (struct mb_trace){.events = NULL};
	boot_case_init(c, text, (struct boot_options){.dry_run = true});
	boot_case_run(c, &mb_node_stage);
	record_nodes(trace, c);
	c->boot->model.has_top_table = has_top_table;
	c->boot->memblock.trace = record;
	c->boot->memblock.trace_ctx = trace;
	boot_case_run(c, &mb_memmodel_stage);
	c->boot->memblock.trace = NULL;
	add(trace, &event);
}

static void replay(const struct boot_case *c, const struct mb_trace *trace,
		   struct mb_replay_sparse *sparse)
{
	struct mb_err err = {0};

	if (mb_replay_sparse_run(&c->boot->config, trace, &err, sparse))
		fail_msg("%s", err.text);
}

static void check_machine(const char *text, bool has_top_table)
{
	struct mb_replay_sparse sparse;
	struct mb_trace trace;
	struct boot_case c;

	record_boot(&c, text, has_top_table, &trace);
	replay(&c, &trace, &sparse);
	assert_int_equal(sparse.replay.nr_diffs, 0);
	assert_int_equal(sparse.has_top_table, has_top_table);
	assert_true(sparse.replay.compared >= 5);
	mb_replay_fini(&sparse.replay);
	mb_trace_fini(&trace);
	boot_case_fini(&c);
}

static void test_equal(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++) {
		check_machine(machines[i], false);
		if (!strstr(machines[i], "arm64"))
			check_machine(machines[i], true);
	}
}

/* Every field of every request counts, and so does every answer. */
static void change(struct mb_trace_event *event, unsigned field)
{
	switch (field) {
	case 0: event->size += 64; break;
	case 1: event->align *= 2; break;
	case 2: event->nid++; break;
	case 3: event->base += 64; break;
	case 4: event->end += 64; break;
	case 5: event->call = (event->call + 1) % MB_TRACE_NR_CALLS; break;
	default: /* the answer's */ event[1].base += 64; break;
	}
}

static void test_changed(void **state)
{
	static const char *const names[] = {"size",     "align", "nid",    "from",
					    "max_addr", "call",  "address"};
	struct mb_trace trace;
	struct boot_case c;

	record_boot(&c, machines[1], false, &trace);
	for (size_t i = 0; i < trace.nr_events; i++) {
		for (unsigned field = 0; field < MB_ARRAY_SIZE(names); field++) {
			struct mb_trace_event keep[2];
			struct mb_replay_sparse sparse;

			if (trace.events[i].type != MB_TRACE_REQUEST)
				continue;
			memcpy(keep, &trace.events[i], sizeof(keep));
			change(&trace.events[i], field);
			replay(&c, &trace, &sparse);
			assert_int_equal(sparse.replay.nr_diffs, 1);
			assert_int_equal(sparse.replay.diffs[0].event, i);
			assert_string_equal(sparse.replay.diffs[0].what, names[field]);
			mb_replay_fini(&sparse.replay);
			memcpy(&trace.events[i], keep, sizeof(keep));
		}
	}
	mb_trace_fini(&trace);
	boot_case_fini(&c);
}

/* Requests too many and too few. */
static void test_count(void **state)
{
	struct mb_replay_sparse sparse;
	struct mb_trace trace;
	struct boot_case c;

	record_boot(&c, machines[1], false, &trace);
	trace.events[trace.nr_events - 3].type = MB_TRACE_FREE_AREA;
	replay(&c, &trace, &sparse);
	assert_int_equal(sparse.replay.nr_diffs, 1);
	assert_string_equal(sparse.replay.diffs[0].what, "requests");
	assert_int_equal(sparse.replay.diffs[0].want, 0);
	mb_replay_fini(&sparse.replay);
	trace.events[trace.nr_events - 3].type = MB_TRACE_REQUEST;
	trace.events[trace.nr_events - 1] = trace.events[trace.nr_events - 3];
	replay(&c, &trace, &sparse);
	assert_int_equal(sparse.replay.nr_diffs, 1);
	assert_string_equal(sparse.replay.diffs[0].what, "requests");
	assert_int_equal(sparse.replay.diffs[0].got, 0);
	mb_replay_fini(&sparse.replay);
	mb_trace_fini(&trace);
	boot_case_fini(&c);
}

static void test_refused(void **state)
{
	struct mb_replay_sparse sparse;
	struct mb_err err = {0};
	struct mb_trace trace;
	struct boot_case c;

	record_boot(&c, machines[0], false, &trace);
	trace.dumps[0].complete = false;
	assert_int_equal(mb_replay_sparse_run(&c.boot->config, &trace, &err, &sparse), -ENODATA);
	assert_non_null(strstr(err.text, "MEMBLOCK configuration"));
	trace.dumps[0].complete = true;
	trace.dumps[0].memory[0].end = MB_PHYS_MAX;
	mb_err_clear(&err);
	assert_int_equal(mb_replay_sparse_run(&c.boot->config, &trace, &err, &sparse), -ENODATA);
	assert_non_null(strstr(err.text, "cannot be addressed"));
	mb_trace_fini(&trace);
	mb_err_clear(&err);
	assert_int_equal(mb_replay_sparse_run(&c.boot->config, &trace, &err, &sparse), -ENODATA);
	assert_non_null(strstr(err.text, "sparse_init"));
	boot_case_fini(&c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
