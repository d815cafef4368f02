/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/replay.h"

/* Small traces by hand: memory is [16M, 64M), node 0 below 32M, node 1 above, nothing reserved. */

struct play {
	struct mb_trace trace;
	struct mb_replay_config config;
	struct mb_memblock memblock;
	struct mb_replay replay;
};

static void add_dump(struct mb_trace *trace, bool nodes, mb_phys_t base, mb_phys_t end)
{
	struct mb_trace_region memory[2] = {{16 * MB_MIB, 32 * MB_MIB, 0, 0},
					    {32 * MB_MIB, 64 * MB_MIB, 1, 0}};
	struct mb_trace_region reserved = {base, end, MB_NO_NODE, 0};

	if (!nodes) {
		memory[0].nid = MB_NO_NODE;
		memory[0].end = memory[1].end;
	}
	assert_int_equal(mb_trace_add_dump(trace, 1), 0);
	for (unsigned i = 0; i < 1u + nodes; i++)
		assert_int_equal(mb_trace_add_region(trace, false, &memory[i]), 0);
	if (base < end)
		assert_int_equal(mb_trace_add_region(trace, true, &reserved), 0);
	trace->dumps[trace->nr_dumps - 1].complete = true;
}

static void add(struct mb_trace *trace, enum mb_trace_type type, mb_phys_t base, mb_phys_t end,
		int nid)
{
	struct mb_trace_event event = {
		.type = type, .base = base, .end = end, .size = end - base, .nid = nid};

	assert_int_equal(mb_trace_add(trace, &event), 0);
}

static void request(struct mb_trace *trace, mb_phys_t size, mb_phys_t align, int nid)
{
	struct mb_trace_event event = {
		.type = MB_TRACE_REQUEST, .size = size, .align = align, .nid = nid};

	assert_int_equal(mb_trace_add(trace, &event), 0);
}

static void begin(struct play *play)
{
	static const struct mb_machine machine = {.arch = MB_ARCH_X86_64, .cmdline = (char *)""};

	*play = (struct play){
		.config = {.page_shift = 12, .cma_align = 2 * MB_MIB, .machine = &machine}};
	add_dump(&play->trace, false, 0, 0);
}

static void end(struct play *play, const char *want)
{
	struct mb_err err = {0};

	play->config.trace = &play->trace;
	play->config.end = play->trace.nr_events;
	assert_int_equal(mb_trace_start(&play->trace, &play->config.dump, &play->config.begin,
					&play->config.nodes),
			 0);
	assert_int_equal(mb_replay_run(&play->config, &play->memblock, &err, &play->replay), 0);
	if (want) {
		assert_int_equal(play->replay.nr_diffs, 1);
		assert_string_equal(play->replay.diffs[0].what, want);
	} else {
		assert_int_equal(play->replay.nr_diffs, 0);
	}
}

static void finish(struct play *play)
{
	mb_replay_fini(&play->replay);
	mb_memblock_fini(&play->memblock);
	mb_trace_fini(&play->trace);
}

/* Node data and a request take from the top of their node; the dump agrees. */
static void test_equal(void **state)
{
	struct play play;

	begin(&play);
	request(&play.trace, 4096, 4096, MB_NO_NODE);
	add(&play.trace, MB_TRACE_ANSWER, 64 * MB_MIB - 4096, 64 * MB_MIB, MB_NO_NODE);
	/* As arm64 says it: the nodes in turn. */
	add(&play.trace, MB_TRACE_ANSWER, 32 * MB_MIB - 64, 32 * MB_MIB, MB_NO_NODE);
	add(&play.trace, MB_TRACE_NODE_DATA, 32 * MB_MIB - 64, 32 * MB_MIB, MB_NO_NODE);
	add(&play.trace, MB_TRACE_ANSWER, 64 * MB_MIB - 4160, 64 * MB_MIB - 4096, MB_NO_NODE);
	add(&play.trace, MB_TRACE_NODE_DATA, 64 * MB_MIB - 4160, 64 * MB_MIB - 4096, MB_NO_NODE);
	add(&play.trace, MB_TRACE_FREE, 64 * MB_MIB - 4160, 64 * MB_MIB, MB_NO_NODE);
	add_dump(&play.trace, true, 32 * MB_MIB - 64, 32 * MB_MIB);
	request(&play.trace, 4096, 4096, 0);
	add(&play.trace, MB_TRACE_ANSWER, 32 * MB_MIB - 8192, 32 * MB_MIB - 4096, MB_NO_NODE);
	end(&play, NULL);
	assert_int_equal(play.replay.compared, 4);
	assert_int_equal(play.replay.taken, 0);
	finish(&play);
}

/*
 * movable_node on x86: from below until nodes are known, from above then, and never in hotpluggable memory.
 *
 *   node     0               1
 *   memory   |16M     32M|32M     48M|48M hotplug 64M|
 *   taken     1 before   2|      4 3|
 */
static void test_movable_node(void **state)
{
	struct mb_machine_mem hotplug = {48 * MB_MIB, 64 * MB_MIB, 1, MB_MEM_HOTPLUG};
	const struct mb_machine machine = {.arch = MB_ARCH_X86_64,
					   .mem = &hotplug,
					   .nr_mem = 1,
					   .cmdline = (char *)"movable_node"};
	struct play play;

	begin(&play);
	play.config.machine = &machine;
	request(&play.trace, 4096, 4096, MB_NO_NODE);
	add(&play.trace, MB_TRACE_ANSWER, 16 * MB_MIB, 16 * MB_MIB + 4096, MB_NO_NODE);
	add(&play.trace, MB_TRACE_ANSWER, 32 * MB_MIB - 64, 32 * MB_MIB, MB_NO_NODE);
	add(&play.trace, MB_TRACE_NODE_DATA, 32 * MB_MIB - 64, 32 * MB_MIB, 0);
	add(&play.trace, MB_TRACE_ANSWER, 48 * MB_MIB - 64, 48 * MB_MIB, MB_NO_NODE);
	add(&play.trace, MB_TRACE_NODE_DATA, 48 * MB_MIB - 64, 48 * MB_MIB, 1);
	request(&play.trace, 4096, 4096, 1);
	add(&play.trace, MB_TRACE_ANSWER, 48 * MB_MIB - 8192, 48 * MB_MIB - 4096, MB_NO_NODE);
	add_dump(&play.trace, true, 0, 0);
	play.trace.nr_events--; /* for the nodes alone */
	end(&play, NULL);
	assert_int_equal(play.replay.compared, 4);
	finish(&play);
}

/* Memory that must not be mapped is in the dump, and nobody gets it. */
static void test_nomap(void **state)
{
	const struct mb_trace_region top = {64 * MB_MIB, 80 * MB_MIB, MB_NO_NODE,
					    MB_MEMBLOCK_NOMAP};
	struct play play;

	begin(&play);
	assert_int_equal(mb_trace_add_region(&play.trace, false, &top), 0);
	request(&play.trace, 4096, 4096, MB_NO_NODE);
	add(&play.trace, MB_TRACE_ANSWER, 64 * MB_MIB - 4096, 64 * MB_MIB, MB_NO_NODE);
	add_dump(&play.trace, true, 0, 0);
	play.trace.nr_events--; /* for the nodes alone */
	end(&play, NULL);
	finish(&play);
}

/* The kernel's answer stands, so that one difference is not the next one's cause. */
static void test_address(void **state)
{
	struct play play;

	begin(&play);
	request(&play.trace, 4096, 4096, MB_NO_NODE);
	add(&play.trace, MB_TRACE_ANSWER, 20 * MB_MIB, 20 * MB_MIB + 4096, MB_NO_NODE);
	request(&play.trace, 4096, 4096, MB_NO_NODE);
	add(&play.trace, MB_TRACE_ANSWER, 64 * MB_MIB - 4096, 64 * MB_MIB, MB_NO_NODE);
	add_dump(&play.trace, true, 0, 0);
	play.trace.nr_events--; /* the dump itself is for the nodes alone */
	end(&play, "address");
	assert_int_equal(play.replay.diffs[0].event, 1);
	assert_int_equal(play.replay.diffs[0].want, 20 * MB_MIB);
	assert_int_equal(play.replay.diffs[0].got, 64 * MB_MIB - 4096);
	assert_int_equal(play.memblock.reserved.total_size, 8192);
	finish(&play);
}

/* A request without an answer has failed; one that would not have is a difference. */
static void test_failure(void **state)
{
	struct play play;

	begin(&play);
	request(&play.trace, 1 << 30, 4096, MB_NO_NODE);
	request(&play.trace, 4096, 4096, MB_NO_NODE);
	add_dump(&play.trace, true, 0, 0);
	end(&play, "address");
	assert_int_equal(play.replay.compared, 2);
	assert_int_equal(play.replay.diffs[0].event, 2);
	assert_int_equal(play.replay.diffs[0].want, 0);
	finish(&play);
}

/* Answers that nothing explains are taken as they are. */
static void test_taken(void **state)
{
	struct play play;

	begin(&play);
	add(&play.trace, MB_TRACE_ANSWER, 20 * MB_MIB, 21 * MB_MIB, MB_NO_NODE);
	add(&play.trace, MB_TRACE_RESERVE, 21 * MB_MIB, 22 * MB_MIB, MB_NO_NODE);
	add_dump(&play.trace, true, 20 * MB_MIB, 22 * MB_MIB);
	end(&play, NULL);
	assert_int_equal(play.replay.compared, 0);
	assert_int_equal(play.replay.taken, 1);
	finish(&play);
}

static void test_dump(void **state)
{
	struct play play;

	begin(&play);
	add(&play.trace, MB_TRACE_RESERVE, 20 * MB_MIB, 21 * MB_MIB, MB_NO_NODE);
	add_dump(&play.trace, true, 20 * MB_MIB, 22 * MB_MIB);
	end(&play, "reserved");
	assert_int_equal(play.replay.diffs[0].want, 22 * MB_MIB);
	assert_int_equal(play.replay.diffs[0].got, 21 * MB_MIB);
	finish(&play);
	begin(&play);
	add(&play.trace, MB_TRACE_REMOVE, 16 * MB_MIB, 17 * MB_MIB, MB_NO_NODE);
	add_dump(&play.trace, true, 0, 0);
	end(&play, "memory");
	finish(&play);
}

/* Below the limit from the top; from 4 GiB upward where there is room. */
static void test_cma(void **state)
{
	struct play play;

	begin(&play);
	play.config.cma_limit = 48 * MB_MIB + 4096;
	add_dump(&play.trace, true, 0, 0);
	add(&play.trace, MB_TRACE_ANSWER, 44 * MB_MIB, 48 * MB_MIB, MB_NO_NODE);
	/* The node border is no obstacle to a request for any node, but no answer crosses it. */
	add(&play.trace, MB_TRACE_CMA, 44 * MB_MIB, 48 * MB_MIB, MB_NO_NODE);
	end(&play, NULL);
	assert_int_equal(play.replay.compared, 1);
	finish(&play);
	begin(&play);
	play.config.cma_limit = MB_PHYS_MAX;
	add(&play.trace, MB_TRACE_ADD, 4 * MB_GIB, 5 * MB_GIB, MB_NO_NODE);
	add_dump(&play.trace, true, 0, 0);
	play.trace.events[2].type = MB_TRACE_FREE; /* no line to compare here */
	play.trace.events[2].base = play.trace.events[2].end = 0;
	add(&play.trace, MB_TRACE_ANSWER, 4 * MB_GIB, 4 * MB_GIB + 4 * MB_MIB, MB_NO_NODE);
	add(&play.trace, MB_TRACE_CMA, 4 * MB_GIB, 4 * MB_GIB + 4 * MB_MIB, MB_NO_NODE);
	end(&play, NULL);
	assert_int_equal(play.replay.compared, 1);
	assert_false(mb_memblock_bottom_up(&play.memblock));
	finish(&play);
}

/* The array of reserved doubles at the 129th region; its place is compared. */
static void doubling(mb_phys_t place, const char *want)
{
	struct mb_trace_event event = {.type = MB_TRACE_RESERVE,
				       .base = place,
				       .end = place + 8192,
				       .size = 8192,
				       .caller = "memblock_double_array"};
	struct play play;

	begin(&play);
	for (unsigned i = 0; i < 129; i++) {
		mb_phys_t base = 17 * MB_MIB + i * UINT64_C(8192);

		add(&play.trace, MB_TRACE_RESERVE, base, base + 4096, MB_NO_NODE);
	}
	assert_int_equal(mb_trace_add(&play.trace, &event), 0);
	add_dump(&play.trace, true, 0, 0);
	play.trace.nr_events--;
	end(&play, want);
	assert_int_equal(play.replay.compared, 1);
	finish(&play);
}

static void test_doubling(void **state)
{
	doubling(64 * MB_MIB - 8192, NULL);
	doubling(32 * MB_MIB - 8192, "doubled array");
}

/* From a machine and a trace without what is needed. */
static void test_config(void **state)
{
	struct mb_machine *machine = NULL;
	struct mb_replay_config config;
	struct mb_trace trace = {.events = NULL};
	struct mb_err err = {0};
	static const struct {
		const char *text;
		mb_phys_t limit, align;
	} cases[] = {
		{"arch=x86_64 node0=8G@0", 8 * MB_GIB, 2 * MB_MIB},
		{"arch=arm64 node0=8G@1G", 4 * MB_GIB, 2 * MB_MIB},
		{"arch=arm64 node0=1G@1G", 2 * MB_GIB, 2 * MB_MIB},
		{"arch=arm64 node0=1G@8G", 9 * MB_GIB, 2 * MB_MIB},
		{"arch=arm64 page=64K section=512M node0=8G@1G", 4 * MB_GIB, 512 * MB_MIB},
	};

	add_dump(&trace, true, 0, 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		assert_int_equal(mb_machine_parse(cases[i].text, NULL, &err, &machine), 0);
		assert_int_equal(mb_replay_config_init(&config, &trace, machine, false, &err), 0);
		assert_int_equal(config.cma_limit, cases[i].limit);
		assert_int_equal(config.cma_align, cases[i].align);
		if (i + 1 < MB_ARRAY_SIZE(cases))
			mb_machine_free(machine);
	}
	mb_trace_fini(&trace);
	assert_int_equal(mb_replay_config_init(&config, &trace, machine, false, &err), -ENODATA);
	assert_non_null(strstr(err.text, "MEMBLOCK configuration"));
	mb_machine_free(machine);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),    cmocka_unit_test(test_movable_node),
		cmocka_unit_test(test_nomap),    cmocka_unit_test(test_address),
		cmocka_unit_test(test_failure),  cmocka_unit_test(test_taken),
		cmocka_unit_test(test_dump),     cmocka_unit_test(test_cma),
		cmocka_unit_test(test_doubling), cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
