/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "numa/sysroot_map.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

static void assert_map_of(enum mb_arch arch, const char *tree, const char *source,
			  const struct mb_machine_mem *want, size_t count)
{
	struct mb_machine *like = mb_machine_new(arch);
	struct mb_sysroot_map map = {0};
	struct mb_err err = {0};

	assert_non_null(like);
	if (mb_sysroot_map_read(&(struct mb_sysroot_input){.root = tree_root(tree), .like = like},
				&err, &map))
		fail_msg("%s", err.text);
	assert_string_equal(map.source, source);
	assert_int_equal(map.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(map.mem[i].start, want[i].start);
		assert_int_equal(map.mem[i].end, want[i].end);
		assert_int_equal(map.mem[i].nid, want[i].nid);
		assert_int_equal(map.mem[i].flags, want[i].flags);
	}
	mb_sysroot_map_fini(&map);
	mb_machine_free(like);
}

static void assert_map(const char *tree, const char *source, const struct mb_machine_mem *want,
		       size_t count)
{
	assert_map_of(MB_ARCH_X86_64, tree, source, want, count);
}

/*
 * RAM        ################....########
 * reserved       ####          ##
 * map        ####....########......######
 */
static void test_memmap(void **state)
{
	static const struct mb_machine_mem want[] = {
		{0x00000, 0x40000, MB_NO_NODE, 0},
		{0x80000, 0x100000, MB_NO_NODE, 0},
		{0x160000, 0x1c0000, MB_NO_NODE, 0},
	};
	char *tree = tree_new();

	tree_memmap(tree, 10, 0x140000, 0x1bffff, "System RAM");
	tree_memmap(tree, 2, 0x0, 0xfffff, "System RAM");
	tree_memmap(tree, 3, 0x40000, 0x7ffff, "Reserved");
	tree_memmap(tree, 4, 0x120000, 0x15ffff, "ACPI Tables");
	/* The later sources are not asked. */
	tree_write(tree, "proc/iomem", "00100000-001fffff : System RAM\n");
	assert_map(tree, "/sys/firmware/memmap", want, MB_ARRAY_SIZE(want));
	/* arm64 has no such map, and its command line does not change one. */
	assert_map_of(MB_ARCH_ARM64, tree, "/proc/iomem",
		      &(struct mb_machine_mem){0x100000, 0x200000, MB_NO_NODE, 0}, 1);
	/* An entry that makes no sense makes way for the next source. */
	tree_write(tree, "sys/firmware/memmap/3/end", "nothing\n");
	assert_map(tree, "/proc/iomem", &(struct mb_machine_mem){0x100000, 0x200000, MB_NO_NODE, 0},
		   1);
	tree_free(tree);
}

/* Only outermost lines that are just System RAM count; touching ones are joined. */
static void test_iomem(void **state)
{
	static const struct mb_machine_mem want[] = {
		{0x1000, 0xa0000, MB_NO_NODE, 0},
		{0x100000, 0x300000, MB_NO_NODE, 0},
		{0x40000000, UINT64_MAX, MB_NO_NODE, 0},
	};
	char *tree = tree_new();

	tree_write(tree, "proc/iomem",
		   "00000000-00000fff : Reserved\n"
		   "00001000-0009ffff : System RAM\n"
		   "00100000-001fffff : System RAM\n"
		   "  00110000-0011ffff : Kernel code\n"
		   "00200000-002fffff : System RAM\n"
		   "00400000-004fffff : PCI Bus 0000:00\n"
		   "  00400000-0041ffff : System RAM\n"
		   "00500000-005fffff : System RAM (kmem)\n"
		   "nonsense\n00600000 : System RAM\n-00600000 : System RAM\n00600000-:System RAM\n"
		   "40000000-ffffffffffffffff : System RAM\n");
	assert_map(tree, "/proc/iomem", want, MB_ARRAY_SIZE(want));
	tree_free(tree);
}

/* With and without the columns of newer kernels. */
static void test_memblock(void **state)
{
	static const struct mb_machine_mem want[] = {
		{0x40000000, 0xc0000000, MB_NO_NODE, 0},
		{0x100000000, 0x140000000, 1, 0},
		{0x140000000, 0x150000000, 1, MB_MEM_HOTPLUG | MB_MEM_NOMAP},
		{0x150000000, 0x160000000, MB_NO_NODE, MB_MEM_MIRROR},
	};
	char *tree = tree_new();

	tree_write(tree, "proc/iomem", "00000000-00000000 : System RAM\n");
	tree_write(tree, "sys/kernel/debug/memblock/memory",
		   "   0: 0x0000000040000000..0x00000000bfffffff\n"
		   "   1: 0x0000000100000000..0x000000013fffffff    1 NONE\n"
		   "   2: 0x0000000140000000..0x000000014fffffff    1 HOTPLUG|NOMAP\n"
		   "   3: 0x0000000150000000..0x000000015fffffff    x MIRROR\n"
		   "   4: 0x2..0x1\n   5: ..\n6: 0x1..\nnonsense\n");
	assert_map(tree, "/sys/kernel/debug/memblock", want, MB_ARRAY_SIZE(want));
	tree_free(tree);
}

/*
 * 1900 MiB become 15 sections, 1 byte one; node 1 has no memory. The third node flows around the
 * hole from 3 GiB.
 */
static void test_sizes(void **state)
{
	static const struct mb_machine_mem want[] = {
		{0, 1920 * MB_MIB, 0, 0},
		{1920 * MB_MIB, 2048 * MB_MIB, 2, 0},
		{2048 * MB_MIB, 3072 * MB_MIB, 5, 0},
		{4096 * MB_MIB, 5120 * MB_MIB, 5, 0},
	};
	static const struct mb_machine_mem total = {0, 256 * MB_MIB, 0, 0};
	char *tree = tree_new();

	tree_write(tree, "sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 1945600 kB\n");
	tree_write(tree, "sys/devices/system/node/node1/meminfo", "Node 1 MemTotal: 0 kB\n");
	tree_write(tree, "sys/devices/system/node/node2/meminfo", "\nNode 2 MemTotal:  1 kB\n");
	tree_write(tree, "sys/devices/system/node/node5/meminfo", "Node 5 MemTotal:  2097152 kB\n");
	tree_mkdir(tree, "sys/devices/system/node/node6");
	tree_mkdir(tree, "sys/devices/system/node/node9999");
	assert_map(tree, "/sys/devices/system/node", want, MB_ARRAY_SIZE(want));
	tree_free(tree);

	tree = tree_new();
	tree_write(tree, "proc/meminfo", "MemTotal: 131073 kB\nMemFree: 5 kB\n");
	assert_map(tree, "/proc/meminfo", &total, 1);
	tree_free(tree);
}

/* Nothing left: the reason of each source. */
static void test_none(void **state)
{
	struct mb_machine *like = mb_machine_new(MB_ARCH_X86_64);
	struct mb_sysroot_map map = {0};
	struct mb_err err = {0};
	char *tree = tree_new();

	tree_mkdir(tree, "sys/firmware/memmap");
	tree_write(tree, "proc/iomem", "00000000-00000000 : System RAM\n");
	tree_write(tree, "proc/meminfo", "MemTotal: 99999999999999999 kB\n");
	assert_int_equal(mb_sysroot_map_read(
				 &(struct mb_sysroot_input){.root = tree_root(tree), .like = like},
				 &err, &map),
			 -ENOENT);
	assert_non_null(strstr(err.text, "/sys/firmware/memmap"));
	assert_non_null(strstr(err.text, "/proc/iomem hides its addresses"));
	assert_non_null(strstr(err.text, "/sys/kernel/debug/memblock absent"));
	assert_null(map.mem);
	assert_int_equal(map.count, 0);
	tree_free(tree);
	mb_machine_free(like);
}

static void test_kernel(void **state)
{
	struct mb_range kernel = {1, 2};
	char *tree = tree_new();

	assert_false(mb_sysroot_map_kernel(tree_root(tree), &kernel));
	tree_write(tree, "proc/iomem",
		   "  00000000-00000000 : Kernel code\n  00000000-00000000 : Kernel bss\n");
	assert_false(mb_sysroot_map_kernel(tree_root(tree), &kernel));
	assert_int_equal(kernel.end, 2);
	tree_write(tree, "proc/iomem",
		   "00100000-7fffffff : System RAM\n"
		   "  02000000-02ffffff : Kernel code\n"
		   "  03000000-0300abcd : Kernel data\n"
		   "  04000000-0400abcd : Kernel other\n");
	assert_true(mb_sysroot_map_kernel(tree_root(tree), &kernel));
	assert_int_equal(kernel.start, 0x2000000);
	assert_int_equal(kernel.end, 0x300abce);
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memmap),   cmocka_unit_test(test_iomem),
		cmocka_unit_test(test_memblock), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_none),     cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests_name("sysroot_map", tests, NULL, NULL);
}
