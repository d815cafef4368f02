/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "numa/handover.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

#define DUMP                                                                                   \
	"MEMBLOCK configuration:\n"                                                            \
	" memory size = 0x40000000 reserved size = 0x3000\n"                                   \
	" memory.cnt  = 0x1\n"                                                                 \
	" memory[0x0]\t[0x0000000000001000-0x000000003fffffff], 0x3ffff000 bytes flags: 0x0\n" \
	" reserved.cnt  = 0x2\n"                                                               \
	" reserved[0x0]\t[0x0000000000000000-0x0000000000000fff], 0x1000 bytes flags: 0x0\n"   \
	" reserved[0x1]\t[0x0000000000100000-0x00000000001fffff], 0x100000 bytes flags: 0x0\n"
#define IOMEM                                   \
	"00001000-3fffffff : System RAM\n"      \
	"  01000000-01e01ef1 : Kernel code\n"   \
	"  02000000-02826fff : Kernel rodata\n" \
	"  02a00000-02c45dff : Kernel data\n"   \
	"  032b1000-037fffff : Kernel bss\n"

static struct mb_kernlog *parse(const char *text)
{
	struct mb_kernlog *log;

	assert_int_equal(mb_kernlog_parse(text, strlen(text), &log), 0);
	return log;
}

/* The dump, and what the lines behind it add and take, up to the frees that come after hand-over. */
static void reserved_at_handover(void **state)
{
	static const struct mb_range expected[] = {
		{0, 0x1000}, {0x100000, 0x180000}, {0x300000, 0x302000}};
	struct mb_kernlog *log = parse(
		DUMP
		"memblock_reserve: [0x0000000000300000-0x0000000000300fff] setup_arch+0x1/0x2\n"
		"memblock_alloc_try_nid: 4096 bytes align=0x1000 nid=-1 from=0x0 max_addr=0x0 "
		"foo+0x1/0x2\n"
		"memblock_reserve: [0x0000000000301000-0x0000000000301fff] "
		"memblock_alloc_range_nid+0x1/0x2\n"
		"memblock_phys_free: [0x0000000000180000-0x00000000001fffff] bar+0x1/0x2\n"
		"memblock_phys_free: [0x0000000000400000-0x00000000003fffff] bar+0x1/0x2\n"
		"SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=2, Nodes=1\n"
		"memblock_phys_free: [0x0000000000100000-0x000000000013ffff] "
		"free_initrd_mem+0x1/0x2\n"
		"memblock_phys_free: [0x0000000000140000-0x000000000017ffff] "
		"free_initmem+0x1/0x2\n");
	struct mb_handover handover;
	char *tree = tree_new();

	assert_int_equal(mb_handover_read(tree_root(tree), log, 12, NULL, &handover), 0);
	assert_int_equal(handover.record.nr_reserved, MB_ARRAY_SIZE(expected));
	assert_memory_equal(handover.record.reserved, expected, sizeof(expected));
	assert_int_equal(handover.record.nr_frees, 0);
	mb_handover_fini(&handover);
	mb_kernlog_free(log);
	tree_free(tree);
}

/* Each kind of late free, where it lies, and whether the marks and "Memory:" come later. */
static void late_frees(void **state)
{
	static const struct mb_record_free expected[] = {
		{.start = 0x8000000, .end = 0xc000000, .before_marks = true, .cma = true},
		{.start = 0x2c46000,
		 .end = 0x2c46000 + (36 << 10),
		 .before_marks = true,
		 .counted_early = true},
		{.start = 0x3000000, .end = 0x3000000 + (1012 << 10)},
		{.start = 0x3800000 - (2036 << 10), .end = 0x3800000},
		{.start = 0x2c46000, .end = 0x2c46000 + (2612 << 10)},
		{.start = 0x1e02000, .end = 0x1e02000 + (2040 << 10)},
		{.start = 0x2827000, .end = 0x2827000 + (1892 << 10)},
		{.start = 0x1000000, .end = 0x1000000 + (8 << 10)},
	};
	struct mb_kernlog *log = parse(
		"RAMDISK: [mem 0x03000000-0x030fcfff]\n"
		"cma: Reserved 64 MiB at 0x0000000008000000\n" DUMP
		"Freeing SMP alternatives memory: 36K\n"
		"Memory: 3167868K/4193784K available (14343K kernel code, 2327K rwdata, 8348K rodata, "
		"2612K init, 5436K bss, 200820K reserved, 65536K cma-reserved)\n"
		"Freeing initrd memory: 1012K\n"
		"Freeing unused decrypted memory: 2036K\n"
		"Freeing unused kernel image (initmem) memory: 2612K\n"
		"Freeing unused kernel image (text/rodata gap) memory: 2040K\n"
		"Freeing unused kernel image (rodata/data gap) memory: 1892K\n"
		"Freeing something new memory: 8K\n");
	struct mb_handover handover = {0};
	struct mb_err err = {0};
	char *tree = tree_new();

	assert_int_equal(mb_handover_read(tree_root(tree), log, 12, &err, &handover), -ENOENT);
	assert_non_null(strstr(err.text, "proc/iomem"));
	assert_int_equal(handover.record.nr_frees, 0);
	tree_write(tree, "proc/iomem", "00000000-00000000 : Kernel code\n");
	assert_int_equal(mb_handover_read(tree_root(tree), log, 12, NULL, &handover), -ENOENT);
	tree_write(tree, "proc/iomem", IOMEM);
	assert_int_equal(mb_handover_read(tree_root(tree), log, 12, NULL, &handover), 0);
	assert_int_equal(handover.record.nr_frees, MB_ARRAY_SIZE(expected));
	for (size_t i = 0; i < MB_ARRAY_SIZE(expected); i++) {
		const struct mb_record_free *got = &handover.record.frees[i];

		assert_int_equal(got->start, expected[i].start);
		assert_int_equal(got->end, expected[i].end);
		assert_int_equal(got->before_marks, expected[i].before_marks);
		assert_int_equal(got->counted_early, expected[i].counted_early);
		assert_int_equal(got->cma, expected[i].cma);
	}
	mb_handover_fini(&handover);
	mb_kernlog_free(log);
	tree_free(tree);
}

static void without_trace(void **state)
{
	struct mb_kernlog *log = parse("Memory: 1K/2K available\n");
	struct mb_handover handover;
	struct mb_err err = {0};

	assert_int_equal(mb_handover_read(tree_root("/nonexistent"), log, 12, &err, &handover),
			 -ENOENT);
	assert_non_null(strstr(err.text, "memblock=debug"));
	mb_kernlog_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserved_at_handover),
		cmocka_unit_test(late_frees),
		cmocka_unit_test(without_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
