/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/sysroot.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

#define NODES "sys/devices/system/node/"
#define CPU   "sys/devices/system/cpu/"

/*
 * Three nodes with a GiB each in one zone, node 0's CPUs and a file of the tree each, as a guest of
 * 24 possible and 3 present CPUs shows them.
 */
static char *guest(const char *cpulist)
{
	char *tree = tree_new();

	tree_write(tree, "proc/cpuinfo", "vendor_id\t: GenuineIntel\n");
	tree_write(tree, NODES "possible", "0-2\n");
	tree_write(tree, NODES "online", "0-2\n");
	tree_write(tree, NODES "node0/cpulist", "%s\n", cpulist);
	tree_write(tree, "sys/devices/system/memory/block_size_bytes", "40000000\n");
	for (int nid = 0; nid < 3; nid++) {
		char path[64];

		snprintf(path, sizeof(path), NODES "node%d/memory_blocks", nid);
		tree_write(tree, path, "memory%d\n", nid);
	}
	tree_memmap(tree, 0, 0, 3 * MB_GIB - 1, "System RAM");
	return tree;
}

/* Asserts the CPUs of a tree's machine as text, and ends the tree. */
static void check(char *tree, const char *want)
{
	struct mb_machine *machine = NULL, *again = NULL;
	struct mb_err err = {0};
	char *text, *at, *cpus;
	struct mb_strbuf got = {0};

	if (mb_sysroot_machine(tree_root(tree), &err, &machine))
		fail_msg("%s", err.text);
	text = mb_machine_print(machine);
	if (mb_machine_parse(text, NULL, &err, &again))
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(mb_machine_hash(machine), mb_machine_hash(again));
	for (cpus = strtok_r(text, " ", &at); cpus; cpus = strtok_r(NULL, " ", &at))
		if (strstr(cpus, ".cpus=") || !strncmp(cpus, "absent=", 7) ||
		    !strncmp(cpus, "offline=", 8))
			mb_strbuf_addf(&got, "%s%s", got.length ? " " : "", cpus);
	assert_string_equal(mb_strbuf_text(&got), want);
	mb_strbuf_fini(&got);
	free(text);
	mb_machine_free(machine);
	mb_machine_free(again);
	tree_free(tree);
}

#define GUEST                                                           \
	"node0.cpus=0-3,6,9,12,15,18,21 node1.cpus=4,7,10,13,16,19,22 " \
	"node2.cpus=5,8,11,14,17,20,23 absent=3-23"

/* Absent CPUs are dealt to the nodes with memory; the lists and each kernel's log say the same. */
static void test_hotplug(void **state)
{
	static const char *const logs[] = {
		"smpboot: Allowing 24 CPUs, 21 hotplug CPUs\n",
		"CPU topo: Allowing 3 present CPUs plus 21 hotplug CPUs\n",
		"",
	};
	char *tree = guest("0-2");

	tree_write(tree, CPU "possible", "0-23\n");
	tree_write(tree, CPU "present", "0-2\n");
	tree_write(tree, CPU "online", "0-2\n");
	check(tree, GUEST);
	for (size_t i = 0; i < MB_ARRAY_SIZE(logs); i++) {
		tree = guest("0-2");
		tree_write(tree, "dmesg",
			   "%ssetup_percpu: NR_CPUS:8192 nr_cpumask_bits:24 nr_cpu_ids:24 "
			   "nr_node_ids:3\n",
			   logs[i]);
		check(tree, GUEST);
	}
}

/* Present and not online: by the SRAT where its order is that of the CPUs, else the one before. */
static void test_offline(void **state)
{
	static const struct {
		const char *log, *want;
	} cases[] = {
		{"SRAT: PXM 0 -> APIC 0x00 -> Node 0\nSRAT: PXM 1 -> APIC 0x02 -> Node 1\n"
		 "SRAT: PXM 2 -> APIC 0x04 -> Node 2\n",
		 "node0.cpus=0,3 node1.cpus=1 node2.cpus=2 absent=3 offline=1-2"},
		{"SRAT: PXM 1 -> APIC 0x00 -> Node 1\nSRAT: PXM 1 -> APIC 0x02 -> Node 1\n"
		 "SRAT: PXM 2 -> APIC 0x04 -> Node 2\n",
		 "node0.cpus=0-3 absent=3 offline=1-2"},
		{"SRAT: PXM 0 -> APIC 0x00 -> Node 0\nSRAT: PXM 1 -> APIC 0x02 -> Node 1\n",
		 "node0.cpus=0-3 absent=3 offline=1-2"},
		{"SRAT: PXM 0 -> APIC 0x00 -> Node 0\nSRAT: PXM 1 -> APIC 0x02 -> Node 1\n"
		 "SRAT: PXM 2 -> APIC 0x04 -> Node 900\n",
		 "node0.cpus=0-3 absent=3 offline=1-2"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		char *tree = guest("0");

		tree_write(tree, "dmesg", "%ssmpboot: Allowing 4 CPUs, 1 hotplug CPUs\n",
			   cases[i].log);
		tree_write(tree, CPU "possible", "0-3\n");
		tree_write(tree, CPU "online", "0\n");
		check(tree, cases[i].want);
	}
}

/* Lists that cannot be: nobody online, and more than there can be. */
static void test_damaged(void **state)
{
	char *tree = guest("0-1");

	tree_write(tree, CPU "online", "\n");
	check(tree, "node0.cpus=0-1");
	tree = guest("0-1");
	tree_write(tree, CPU "possible", "0-99999\n");
	tree_write(tree, CPU "present", "x\n");
	tree_write(tree, CPU "online", "0-99999\n");
	check(tree, "node0.cpus=0-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hotplug),
		cmocka_unit_test(test_offline),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
