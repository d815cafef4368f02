/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/machine.h"

static struct mb_machine *machine_new(enum mb_arch arch)
{
	struct mb_machine *machine = mb_machine_new(arch);

	assert_non_null(machine);
	return machine;
}

static void add(struct mb_machine *machine, mb_phys_t start, mb_phys_t end, int nid, unsigned flags)
{
	assert_int_equal(mb_machine_add_mem(machine, start, end, nid, flags), 0);
}

static void finish(struct mb_machine *machine)
{
	struct mb_err err = {0};

	if (mb_machine_finish(machine, &err))
		fail_msg("%s", err.text);
}

static void assert_mem(const struct mb_machine *machine, const struct mb_machine_mem *want,
		       size_t count)
{
	assert_int_equal(machine->nr_mem, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(machine->mem[i].start, want[i].start);
		assert_int_equal(machine->mem[i].end, want[i].end);
		assert_int_equal(machine->mem[i].nid, want[i].nid);
		assert_int_equal(machine->mem[i].flags, want[i].flags);
	}
}

static void test_empty(void **state)
{
	struct mb_machine *machine = machine_new(MB_ARCH_X86_64);
	struct mb_err err = {0};

	assert_string_equal(machine->cmdline, "");
	assert_string_equal(machine->source, "");
	assert_int_equal(mb_machine_finish(machine, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no memory"));
	assert_int_equal(mb_machine_finish(machine, NULL), -EINVAL);
	mb_machine_free(machine);
	mb_machine_free(NULL);
}

/*
 * added   [3,4) node 0; [1,2) node 0; [2,3) node 0; [4,5) node 1; [5,6) node 1 mirror
 * result  [1,4) node 0; [4,5) node 1; [5,6) node 1 mirror                     in GiB
 */
static void test_sort_and_merge(void **state)
{
	static const struct mb_machine_mem want[] = {
		{1 * MB_GIB, 4 * MB_GIB, 0, MB_MEM_NONE},
		{4 * MB_GIB, 5 * MB_GIB, 1, MB_MEM_NONE},
		{5 * MB_GIB, 6 * MB_GIB, 1, MB_MEM_MIRROR},
	};
	struct mb_machine *machine = machine_new(MB_ARCH_X86_64);

	add(machine, 3 * MB_GIB, 4 * MB_GIB, 0, MB_MEM_NONE);
	add(machine, 5 * MB_GIB, 6 * MB_GIB, 1, MB_MEM_MIRROR);
	add(machine, 1 * MB_GIB, 2 * MB_GIB, 0, MB_MEM_NONE);
	add(machine, 4 * MB_GIB, 5 * MB_GIB, 1, MB_MEM_NONE);
	add(machine, 2 * MB_GIB, 3 * MB_GIB, 0, MB_MEM_NONE);
	finish(machine);
	assert_mem(machine, want, MB_ARRAY_SIZE(want));
	assert_int_equal(mb_machine_ram_bytes(machine), 5 * MB_GIB);
	/* More may be added to a finished machine, and it is finished again. */
	add(machine, 6 * MB_GIB, 7 * MB_GIB, 2, MB_MEM_NONE);
	finish(machine);
	assert_int_equal(machine->nr_mem, 4);
	mb_machine_free(machine);
}

static void test_add_refuses(void **state)
{
	struct mb_machine *machine = machine_new(MB_ARCH_X86_64);

	assert_int_equal(mb_machine_add_mem(machine, 5, 5, 0, 0), -EINVAL);
	assert_int_equal(mb_machine_add_mem(machine, 6, 5, 0, 0), -EINVAL);
	assert_int_equal(mb_machine_add_mem(machine, 0, 5, -1, 0), -EINVAL);
	assert_int_equal(mb_machine_add_mem(machine, 0, 5, MB_MAX_NODES, 0), -EINVAL);
	assert_int_equal(mb_machine_add_mem(machine, 0, 5, 0, 0x8), -EINVAL);
	assert_int_equal(mb_machine_add_reserved(machine, 5, 5), -EINVAL);
	assert_int_equal(mb_machine_add_node(machine, MB_MAX_NODES), -EINVAL);
	assert_int_equal(mb_machine_add_cpu(machine, -1), -EINVAL);
	assert_int_equal(machine->nr_mem + machine->nr_reserved + machine->nr_cpus, 0);
	for (unsigned i = 0; i < MB_MACHINE_MAX_CPUS; i++)
		assert_int_equal(mb_machine_add_cpu(machine, 0), 0);
	assert_int_equal(mb_machine_add_cpu(machine, 0), -ERANGE);
	for (unsigned i = 0; i < MB_MACHINE_MAX_RANGES; i++) {
		add(machine, 2 * i, 2 * i + 1, 0, 0);
		assert_int_equal(mb_machine_add_reserved(machine, 2 * i, 2 * i + 1), 0);
	}
	assert_int_equal(mb_machine_add_mem(machine, MB_GIB, 2 * MB_GIB, 0, 0), -ERANGE);
	assert_int_equal(mb_machine_add_reserved(machine, MB_GIB, 2 * MB_GIB), -ERANGE);
	finish(machine);
	assert_int_equal(machine->nr_mem, MB_MACHINE_MAX_RANGES);
	mb_machine_free(machine);
}

static void test_overlap(void **state)
{
	struct mb_machine *machine = machine_new(MB_ARCH_X86_64);
	struct mb_err err = {0};

	add(machine, 2 * MB_GIB - 1, 3 * MB_GIB, 7, 0);
	add(machine, 1 * MB_GIB, 2 * MB_GIB, 3, 0);
	assert_int_equal(mb_machine_finish(machine, &err), -EINVAL);
	assert_non_null(strstr(err.text, "node7"));
	assert_non_null(strstr(err.text, "overlaps node3 (1G@0x40000000)"));
	mb_machine_free(machine);
}

static void test_geometry(void **state)
{
	static const struct {
		enum mb_arch arch;
		unsigned page_shift, section_shift, phys_bits;
		mb_phys_t end;
		const char *text; /* NULL: fine */
	} cases[] = {
		{MB_ARCH_X86_64, 12, 27, 46, UINT64_C(1) << 46, NULL},
		{MB_ARCH_X86_64, 12, 27, 46, (UINT64_C(1) << 46) + 1, "phys-bits=46"},
		{MB_ARCH_X86_64, 12, 22, 52, MB_GIB, NULL},
		{MB_ARCH_X86_64, 12, 21, 52, MB_GIB, "section=2M"},
		{MB_ARCH_X86_64, 12, 37, 52, MB_GIB, NULL},
		{MB_ARCH_X86_64, 12, 38, 52, MB_GIB, "section=256G"},
		{MB_ARCH_X86_64, 12, 32, 32, MB_GIB, "section=4G"},
		{MB_ARCH_X86_64, 12, 63, 52, MB_GIB, "section=8E"},
		{MB_ARCH_X86_64, 12, 200, 52, MB_GIB, "section=?"},
		{MB_ARCH_X86_64, 12, 27, 53, MB_GIB, "phys-bits=53"},
		{MB_ARCH_X86_64, 12, 27, 31, MB_GIB, "phys-bits=31"},
		{MB_ARCH_X86_64, 14, 27, 52, MB_GIB, "page=16K"},
		{MB_ARCH_X86_64, 0, 27, 52, MB_GIB, "page=1 "},
		{MB_ARCH_X86_64, 200, 27, 52, MB_GIB, "page=?"},
		{MB_ARCH_ARM64, 12, 27, 48, MB_GIB, NULL},
		{MB_ARCH_ARM64, 14, 27, 48, MB_GIB, NULL},
		{MB_ARCH_ARM64, 16, 29, 48, MB_GIB, NULL},
		{MB_ARCH_ARM64, 14, 24, 48, MB_GIB, "at least 32M"},
		{MB_ARCH_ARM64, 16, 28, 48, MB_GIB, "at least 512M"},
		{MB_ARCH_ARM64, 13, 27, 48, MB_GIB, "4K, 16K or 64K"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_machine *machine = machine_new(cases[i].arch);
		struct mb_err err = {0};
		int r;

		machine->page_shift = cases[i].page_shift;
		machine->section_shift = cases[i].section_shift;
		machine->phys_bits = cases[i].phys_bits;
		add(machine, 0, cases[i].end, 0, 0);
		r = mb_machine_finish(machine, &err);
		if (cases[i].text ? !r || !strstr(err.text, cases[i].text) : r)
			fail_msg("case %zu: %d %s", i, r, err.text);
		mb_machine_free(machine);
	}
}

/*
 * added   [8,9) [2,4) [3,6) [6,7)
 * result  [2,7) [8,9)
 */
static void test_reserved(void **state)
{
	static const struct mb_range added[] = {{8, 9}, {2, 4}, {3, 6}, {6, 7}};
	struct mb_machine *machine = machine_new(MB_ARCH_X86_64);
	struct mb_err err = {0};

	add(machine, MB_GIB, 2 * MB_GIB, 0, 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(added); i++)
		assert_int_equal(mb_machine_add_reserved(machine, added[i].start, added[i].end), 0);
	finish(machine);
	assert_int_equal(machine->nr_reserved, 2);
	assert_int_equal(machine->reserved[0].start, 2);
	assert_int_equal(machine->reserved[0].end, 7);
	assert_int_equal(machine->reserved[1].start, 8);
	assert_int_equal(machine->reserved[1].end, 9);
	assert_int_equal(mb_machine_add_reserved(machine, 0, UINT64_MAX), 0);
	assert_int_equal(mb_machine_finish(machine, &err), -ERANGE);
	assert_non_null(strstr(err.text, "reserve"));
	mb_machine_free(machine);
}

static void test_nodes_and_cpus(void **state)
{
	struct mb_machine *machine = machine_new(MB_ARCH_X86_64);

	add(machine, 0, MB_GIB, 5, 0);
	assert_int_equal(mb_machine_add_node(machine, 130), 0);
	finish(machine);
	/* Nobody gave a CPU: the node with memory has the one that boots. */
	assert_int_equal(machine->nr_cpus, 1);
	assert_int_equal(machine->cpu_node[0], 5);
	assert_int_equal(machine->nr_node_ids, 131);
	for (int nid = -1; nid <= MB_MAX_NODES; nid++)
		assert_int_equal(mb_machine_node_possible(machine, nid), nid == 5 || nid == 130);
	assert_int_equal(mb_machine_node_cpus(machine, 5), 1);
	assert_int_equal(mb_machine_node_cpus(machine, 130), 0);
	mb_machine_free(machine);
}

/* Of CPUs 0 to 7, dealt to two nodes, 6 and 7 become absent and 2 offline. */
static void test_cpu_states(void **state)
{
	struct mb_machine *machine = machine_new(MB_ARCH_X86_64);
	uint64_t map[MB_BITMAP_WORDS(MB_MACHINE_MAX_CPUS)] = {0xc0};

	add(machine, 0, MB_GIB, 0, 0);
	for (int cpu = 0; cpu < 8; cpu++)
		assert_int_equal(mb_machine_add_cpu(machine, cpu % 2), 0);
	assert_int_equal(mb_machine_take_cpus(machine, map, MB_CPU_ONLINE), 0);
	assert_int_equal(mb_machine_count_cpus(machine, MB_NO_NODE, MB_CPU_ONLINE), 8);
	assert_int_equal(mb_machine_take_cpus(machine, map, MB_CPU_POSSIBLE), 0);
	map[0] = 0x4;
	assert_int_equal(mb_machine_take_cpus(machine, map, MB_CPU_PRESENT), 0);
	map[0] = 0x100;
	assert_int_equal(mb_machine_take_cpus(machine, map, MB_CPU_PRESENT), -ERANGE);
	map[0] = 0x3b;
	assert_int_equal(mb_machine_take_cpus(machine, map, MB_CPU_PRESENT), -EINVAL);
	finish(machine);
	assert_int_equal(mb_machine_count_cpus(machine, MB_NO_NODE, MB_CPU_POSSIBLE), 8);
	assert_int_equal(mb_machine_count_cpus(machine, MB_NO_NODE, MB_CPU_PRESENT), 6);
	assert_int_equal(mb_machine_count_cpus(machine, MB_NO_NODE, MB_CPU_ONLINE), 5);
	assert_int_equal(mb_machine_node_cpus(machine, 0), 4);
	assert_int_equal(mb_machine_count_cpus(machine, 0, MB_CPU_PRESENT), 3);
	assert_int_equal(mb_machine_count_cpus(machine, 0, MB_CPU_ONLINE), 2);
	assert_int_equal(mb_machine_count_cpus(machine, 1, MB_CPU_ONLINE), 3);
	mb_machine_free(machine);
}

static void test_distances(void **state)
{
	struct mb_machine *machine = machine_new(MB_ARCH_X86_64);

	add(machine, 0, MB_GIB, 0, 0);
	add(machine, MB_GIB, 2 * MB_GIB, 2, 0);
	assert_int_equal(mb_machine_set_distance(machine, 0, 2, 21), 0);
	assert_int_equal(mb_machine_set_distance(machine, 2, 0, 254), 0);
	assert_int_equal(mb_machine_set_distance(machine, 0, 1, 21), -EINVAL);
	assert_int_equal(mb_machine_set_distance(machine, 3, 0, 21), -EINVAL);
	assert_int_equal(mb_machine_set_distance(machine, -1, 0, 21), -EINVAL);
	assert_int_equal(mb_machine_set_distance(machine, 0, 2, 255), -ERANGE);
	assert_int_equal(mb_machine_set_distance(machine, 0, 2, 9), -ERANGE);
	assert_int_equal(mb_machine_set_distance(machine, 2, 2, 11), -ERANGE);
	/* A node that comes later does not move what was set. */
	assert_int_equal(mb_machine_add_node(machine, 4), 0);
	finish(machine);
	assert_int_equal(machine->nr_node_ids, 5);
	for (int from = 0; from < 5; from++) {
		for (int to = 0; to < 5; to++) {
			unsigned want = from == to ? 10 : 20;

			if (from == 0 && to == 2)
				want = 21;
			if (from == 2 && to == 0)
				want = 254;
			assert_int_equal(machine->distance[from * 5 + to], want);
		}
	}
	mb_machine_free(machine);
}

/* Around the hole of x86-64, from 3 to 4 GiB; arm64 has none. */
static void test_place(void **state)
{
	static const struct {
		enum mb_arch arch;
		mb_phys_t cursor;
		uint64_t size;
		struct mb_machine_mem want[2];
		size_t count;
	} cases[] = {
		{MB_ARCH_X86_64, 0, 3 * MB_GIB, {{0, 3 * MB_GIB, 1, 0}}, 1},
		{MB_ARCH_X86_64,
		 0,
		 4 * MB_GIB,
		 {{0, 3 * MB_GIB, 1, 0}, {4 * MB_GIB, 5 * MB_GIB, 1, 0}},
		 2},
		{MB_ARCH_X86_64,
		 3 * MB_GIB - 1,
		 2,
		 {{3 * MB_GIB - 1, 3 * MB_GIB, 1, 0}, {4 * MB_GIB, 4 * MB_GIB + 1, 1, 0}},
		 2},
		{MB_ARCH_X86_64, 3 * MB_GIB, 1, {{4 * MB_GIB, 4 * MB_GIB + 1, 1, 0}}, 1},
		{MB_ARCH_X86_64, 4 * MB_GIB - 1, 1, {{4 * MB_GIB, 4 * MB_GIB + 1, 1, 0}}, 1},
		{MB_ARCH_X86_64, 4 * MB_GIB, 1, {{4 * MB_GIB, 4 * MB_GIB + 1, 1, 0}}, 1},
		{MB_ARCH_ARM64, MB_GIB, 4 * MB_GIB, {{MB_GIB, 5 * MB_GIB, 1, 0}}, 1},
	};
	mb_phys_t last = UINT64_MAX - 1;
	struct mb_machine *machine;

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		mb_phys_t cursor = cases[i].cursor;

		machine = machine_new(cases[i].arch);
		assert_int_equal(mb_machine_place_mem(machine, cases[i].size, 1, &cursor), 0);
		assert_int_equal(cursor, cases[i].want[cases[i].count - 1].end);
		assert_mem(machine, cases[i].want, cases[i].count);
		mb_machine_free(machine);
	}
	machine = machine_new(MB_ARCH_X86_64);
	assert_int_equal(mb_machine_place_mem(machine, 2, 0, &last), -ERANGE);
	assert_int_equal(mb_machine_ram_start(MB_ARCH_X86_64), 0);
	assert_int_equal(mb_machine_ram_start(MB_ARCH_ARM64), MB_GIB);
	mb_machine_free(machine);
}

static void test_names(void **state)
{
	assert_string_equal(mb_machine_arch_name(MB_ARCH_X86_64), "x86_64");
	assert_string_equal(mb_machine_arch_name(MB_ARCH_ARM64), "arm64");
}

/* A refused size leaves the machine as it was. */
static void sizes_change(void **state)
{
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_machine_parse("arch=arm64 node0=4G page=4K", NULL, &err, &machine), 0);
	assert_int_equal(mb_machine_set_sizes(machine, 0, 0, &err), 0);
	assert_int_equal(machine->section_shift, 27);
	assert_int_equal(mb_machine_set_sizes(machine, 65536, 4 * MB_MIB, &err), -ERANGE);
	assert_int_equal(machine->page_shift, 12);
	assert_int_equal(mb_machine_set_sizes(machine, 12288, 0, &err), -EINVAL);
	assert_int_equal(mb_machine_set_sizes(machine, 65536, 0, &err), 0);
	assert_int_equal(machine->page_shift, 16);
	assert_int_equal(machine->section_shift, 29);
	assert_int_equal(mb_machine_set_sizes(machine, 4096, MB_GIB, &err), 0);
	assert_int_equal(mb_machine_set_sizes(machine, 16384, 0, &err), 0);
	assert_int_equal(machine->section_shift, 30); /* no default: it stays */
	mb_machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),          cmocka_unit_test(test_sort_and_merge),
		cmocka_unit_test(test_add_refuses),    cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_geometry),       cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_nodes_and_cpus), cmocka_unit_test(test_distances),
		cmocka_unit_test(test_place),          cmocka_unit_test(test_names),
		cmocka_unit_test(sizes_change),        cmocka_unit_test(test_cpu_states),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
