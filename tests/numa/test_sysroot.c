/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "numa/sysroot.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

#define NODES "sys/devices/system/node/"

static struct mb_machine *read_tree(const char *tree)
{
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};

	if (mb_sysroot_machine(tree_root(tree), &err, &machine))
		fail_msg("%s: %s", tree, err.text);
	return machine;
}

/* Asserts where the machine came from, and what it is, as text. */
static void assert_machine(const char *tree, const char *source, const char *text)
{
	struct mb_machine *machine = read_tree(tree);
	char *printed = mb_machine_print(machine);

	assert_string_equal(machine->source, source);
	assert_string_equal(printed, text);
	free(printed);
	mb_machine_free(machine);
}

/* A tree for each of the sources. */
static void test_trees(void **state)
{
	static const struct {
		const char *name, *source, *text;
	} cases[] = {
		{"x86-memmap", "/sys/firmware/memmap",
		 "arch=x86_64 page=4K section=128M phys-bits=52 node0=639K@0+783M@1M+208M@816M node0.cpus=0,2 "
		 "node1=1048448K@1G node1.cpus=1,3 node2=3G@4G node3=0 node3.cpus=4-5 reserve=28M@32M "
		 "dist=10,21,17,31;21,10,28,31;17,28,10,31;31,31,31,10 "
		 "cmdline='root=/dev/vda1 dyndbg=\"file slub.c +p\" quiet'"},
		{"x86-iomem", "/proc/iomem",
		 "arch=x86_64 page=4K section=128M phys-bits=46 node0=636K@4K+1023M@1M+1G@4G node0.cpus=0-3 "
		 "reserve=16821198@16M"},
		{"arm64-memblock", "/sys/kernel/debug/memblock",
		 "arch=arm64 page=4K section=128M phys-bits=48 node0=1280M@1G node0.cpus=0-1 "
		 "node1=768M@2304M+1280M@4G node1.cpus=2-3 cmdline='console=ttyAMA0'"},
		{"x86-sizes", "/sys/devices/system/node",
		 "arch=x86_64 page=4K section=128M phys-bits=46 node0=2G@0 node0.cpus=0 "
		 "node2=1G@2G+2944M@4G node2.cpus=1 cmdline='quiet'"},
	};
	const char *data = getenv("MB_TEST_DATA");

	if (!data) {
		print_message("skipped: MB_TEST_DATA does not say where tests/data is\n");
		skip();
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		char tree[PATH_MAX];

		snprintf(tree, sizeof(tree), "%s/sysroot/%s", data, cases[i].name);
		assert_machine(tree, cases[i].source, cases[i].text);
	}
}

/* The smallest tree there is, then what its parts change. */
static void test_small(void **state)
{
	char *tree = tree_new();

	tree_write(tree, "proc/version", "Linux version 6.1.0 (x86_64-linux-gnu-gcc)\n");
	tree_write(tree, "proc/meminfo", "MemTotal: 1000000 kB\n");
	assert_machine(tree, "/proc/meminfo",
		       "arch=x86_64 page=4K section=128M phys-bits=46 node0=1G@0 node0.cpus=0");
	/* Bytes that machine text cannot hold. */
	tree_write(tree, "proc/cmdline", "a\tb\x01\xc3'\n");
	assert_machine(tree, "/proc/meminfo",
		       "arch=x86_64 page=4K section=128M phys-bits=46 node0=1G@0 node0.cpus=0 "
		       "cmdline='a\tb\?\?'\"'\"''");
	tree_write(tree, "proc/cmdline", "\n");
	/* Memory beyond the physical addresses is cut off. */
	tree_memmap(tree, 0, 0, 0x1fffff, "System RAM");
	tree_memmap(tree, 1, 0x3ffffff00000, 0x4000000fffff, "System RAM");
	tree_memmap(tree, 2, 0x500000000000, 0x500000ffffff, "System RAM");
	assert_machine(
		tree, "/sys/firmware/memmap",
		"arch=x86_64 page=4K section=128M phys-bits=46 node0=2M@0+1M@67108863M node0.cpus=0");
	tree_free(tree);
}

static void assert_machine_with(const char *tree, const char *cmdline, const char *memory)
{
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};
	char *printed;

	if (mb_sysroot_machine_with(tree_root(tree), cmdline, &err, &machine))
		fail_msg("%s: %s", cmdline, err.text);
	printed = mb_machine_print(machine);
	if (!strstr(printed, memory))
		fail_msg("'%s': %s", cmdline, printed);
	free(printed);
	mb_machine_free(machine);
}

/*
 * Another command line than the kernel's: applied to the firmware's map where there is one, and to
 * what the kernel's own left where not.
 */
static void test_other_cmdline(void **state)
{
	char *tree = tree_new();

	tree_write(tree, "proc/cpuinfo", "vendor_id\t: x\n");
	tree_write(tree, "proc/cmdline", "mem=3G memmap=1G@6G\n");
	tree_write(tree, "proc/iomem", "00100000-7fffffff : System RAM\n");
	assert_machine_with(tree, NULL,
			    "node0=2047M@1M node0.cpus=0 cmdline='mem=3G memmap=1G@6G'");
	assert_machine_with(tree, "", "node0=2047M@1M node0.cpus=0");
	assert_machine_with(tree, "mem=1G", "node0=1023M@1M node0.cpus=0 cmdline='mem=1G'");
	tree_memmap(tree, 0, 0x100000, 0xffffffff, "System RAM");
	tree_memmap(tree, 1, 0x80000000, 0x8fffffff, "Reserved");
	assert_machine_with(tree, NULL, "node0=2047M@1M+768M@2304M+1G@6G ");
	assert_machine_with(tree, "quiet", "node0=2047M@1M+1792M@2304M ");
	/* What the firmware calls reserved stays so. */
	assert_machine_with(tree, "memmap=1G@2G", "node0=2047M@1M+1792M@2304M ");
	assert_machine_with(tree, "memmap=exactmap memmap=1G@2G", "node0=1G@2G ");
	tree_free(tree);
}

/* numa=off: whatever the tree says of nodes, memory and CPUs are node 0's. */
static void test_numa_off(void **state)
{
	char *tree = tree_new();

	tree_write(tree, "proc/cpuinfo", "vendor_id\t: x\n");
	tree_write(tree, NODES "online", "0-1\n");
	tree_write(tree, NODES "node0/cpulist", "0\n");
	tree_write(tree, NODES "node1/cpulist", "1\n");
	tree_write(tree, NODES "node0/distance", "10 30\n");
	tree_write(tree, NODES "node1/distance", "30 10\n");
	tree_memmap(tree, 0, 0x100000, 0x1fffffff, "System RAM");
	assert_machine_with(tree, NULL, "node1.cpus=1 dist=10,30;30,10");
	assert_machine_with(tree, "numa=off",
			    "phys-bits=46 node0=511M@1M node0.cpus=0-1 cmdline='numa=off'");
	tree_free(tree);
}

/* Two nodes, and nothing says which memory is whose. */
static void test_unknown_owner(void **state)
{
	char *tree = tree_new();

	tree_write(tree, "proc/cpuinfo", "vendor_id\t: x\nflags\t: fpu la57\n");
	tree_write(tree, NODES "online", "1-2\n");
	tree_memmap(tree, 0, 0x100000, 0x1fffffff, "System RAM");
	assert_machine(
		tree, "/sys/firmware/memmap, all of it taken for node 1's",
		"arch=x86_64 page=4K section=128M phys-bits=52 node1=511M@1M node1.cpus=0 node2=0");
	tree_free(tree);
}

/* A hole in the middle of a block, and a node border in the next. */
static void test_hole_inside_block(void **state)
{
	char *tree = tree_new();

	tree_write(tree, "proc/cpuinfo", "vendor_id\t: x\n");
	tree_write(tree, NODES "online", "0-1\n");
	tree_write(tree, NODES "node0/cpulist", "0\n");
	tree_write(tree, "sys/devices/system/memory/block_size_bytes", "8000000\n");
	tree_write(tree, NODES "node0/memory_blocks", "memory0 memory1\n");
	tree_write(tree, NODES "node1/memory_blocks", "memory1 memory2\n");
	tree_write(tree, "proc/zoneinfo",
		   "Node 0, zone DMA\n spanned 49152\n start_pfn: 0\n"
		   "Node 1, zone DMA32\n spanned 49152\n start_pfn: 49152\n");
	tree_memmap(tree, 0, 0, 0x3ffffff, "System RAM");
	tree_memmap(tree, 1, 0x4400000, 0x17ffffff, "System RAM");
	assert_machine(
		tree, "/sys/firmware/memmap",
		"arch=x86_64 page=4K section=128M phys-bits=46 node0=64M@0+124M@68M node0.cpus=0 "
		"node1=192M@192M");
	tree_free(tree);
}

/* MemTotal over the managed pages is the page size. */
static void test_page_size(void **state)
{
	static const struct {
		unsigned long long pages;
		const char *text;
	} cases[] = {
		{262144, "page=4K section=128M"},
		{65000, "page=16K section=128M"},
		{16000, "page=64K section=512M"},
	};
	char *tree = tree_new();

	tree_write(tree, "proc/cpuinfo", "CPU implementer\t: 0x41\n");
	tree_write(tree, "proc/meminfo", "MemTotal: 1048576 kB\n");
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		char text[160];

		tree_write(tree, "proc/zoneinfo", "Node 0, zone DMA\n managed %llu\n",
			   cases[i].pages);
		snprintf(text, sizeof(text), "arch=arm64 %s phys-bits=48 node0=1G@1G node0.cpus=0",
			 cases[i].text);
		assert_machine(tree, "/proc/meminfo", text);
	}
	tree_free(tree);
}

static void test_errors(void **state)
{
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};
	char *tree = tree_new();

	assert_int_equal(mb_sysroot_machine(tree_root(tree), &err, &machine), -ENOTSUP);
	assert_non_null(strstr(err.text, "has no proc/cpuinfo and no proc/version"));
	mb_err_clear(&err);
	tree_write(tree, "proc/cpuinfo", "vendor_id\t: x\n");
	assert_int_equal(mb_sysroot_machine(tree_root(tree), &err, &machine), -ENOENT);
	assert_non_null(strstr(err.text, "no memory map: /sys/firmware/memmap absent"));
	mb_err_clear(&err);
	tree_write(tree, "sys/kernel/debug/memblock/memory", " 0: 0x0..0xfff\n 1: 0x800..0x1fff\n");
	assert_int_equal(mb_sysroot_machine(tree_root(tree), &err, &machine), -EINVAL);
	assert_non_null(strstr(err.text, "overlaps"));
	assert_null(machine);
	tree_free(tree);
}

static void test_release(void **state)
{
	struct utsname name;
	char *tree = tree_new(), buf[65] = "?";

	assert_int_equal(mb_sysroot_kernel_release(tree_root(tree), buf, sizeof(buf)), -ENOENT);
	tree_write(tree, "proc/version", "Something else\n");
	assert_int_equal(mb_sysroot_kernel_release(tree_root(tree), buf, sizeof(buf)), -ENOENT);
	tree_write(tree, "proc/version", "Linux version \n");
	assert_int_equal(mb_sysroot_kernel_release(tree_root(tree), buf, sizeof(buf)), -ENOENT);
	tree_write(tree, "proc/version", "Linux version 6.1.0-9-amd64 (x) #1\n");
	assert_int_equal(mb_sysroot_kernel_release(tree_root(tree), buf, 13), -ERANGE);
	assert_string_equal(buf, "?");
	assert_int_equal(mb_sysroot_kernel_release(tree_root(tree), buf, 14), 0);
	assert_string_equal(buf, "6.1.0-9-amd64");
	assert_int_equal(mb_sysroot_kernel_release(tree_root("/"), buf, sizeof(buf)), 0);
	assert_int_equal(uname(&name), 0);
	assert_string_equal(buf, name.release);
	tree_free(tree);
}

/* This very host: whatever it is, its text is read back to the same text. */
static void test_live(void **state)
{
	struct mb_machine *machine = NULL, *again = NULL;
	struct mb_err err = {0};
	char *text, *same;

	if (mb_sysroot_machine(tree_root("/"), &err, &machine)) {
		/* The only good reason on an architecture that we know. */
		if (err.code != -ENOTSUP)
			fail_msg("%s", err.text);
		print_message("skipped: %s\n", err.text);
		skip();
	}
	text = mb_machine_print(machine);
	if (mb_machine_parse(text, NULL, &err, &again))
		fail_msg("%s: %s", text, err.text);
	same = mb_machine_print(again);
	assert_string_equal(text, same);
	free(text);
	free(same);
	mb_machine_free(machine);
	mb_machine_free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees),         cmocka_unit_test(test_small),
		cmocka_unit_test(test_other_cmdline), cmocka_unit_test(test_numa_off),
		cmocka_unit_test(test_unknown_owner), cmocka_unit_test(test_hole_inside_block),
		cmocka_unit_test(test_page_size),     cmocka_unit_test(test_errors),
		cmocka_unit_test(test_release),       cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests_name("sysroot", tests, NULL, NULL);
}
