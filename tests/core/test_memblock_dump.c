/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/memblock_dump.h"

static void assert_dump(const struct mb_memblock *mb, const char *expected)
{
	struct mb_strbuf buf = {0};

	mb_memblock_dump_all(mb, &buf);
	assert_int_equal(buf.error, 0);
	assert_string_equal(mb_strbuf_text(&buf), expected);
	mb_strbuf_fini(&buf);
}

/* Both arrays, with and without node, byte for byte as kernels log them. */
static void both_arrays(void **state)
{
	struct mb_memblock mb;

	mb_memblock_init(&mb, 12, false);
	mb_memblock_add(&mb, 0x1000, 0x9e000);
	mb_memblock_add_node(&mb, 0x100000000, 0x140000000, 1, MB_MEMBLOCK_HOTPLUG);
	mb_memblock_reserve(&mb, 0, 0x10000);
	assert_dump(&mb, "MEMBLOCK configuration:\n"
			 " memory size = 0x000000014009e000 reserved size = 0x0000000000010000\n"
			 " memory.cnt  = 0x2\n"
			 " memory[0x0]\t[0x0000000000001000-0x000000000009efff], "
			 "0x000000000009e000 bytes flags: 0x0\n"
			 " memory[0x1]\t[0x0000000100000000-0x000000023fffffff], "
			 "0x0000000140000000 bytes on node 1 flags: 0x1\n"
			 " reserved.cnt  = 0x1\n"
			 " reserved[0x0]\t[0x0000000000000000-0x000000000000ffff], "
			 "0x0000000000010000 bytes flags: 0x0\n");
	mb_memblock_fini(&mb);
}

/* Kernels until 6.10 count one empty region, whose last byte is the one before the first. */
static void dummies(void **state)
{
	struct mb_memblock mb;

	mb_memblock_init(&mb, 12, true);
	assert_dump(&mb, "MEMBLOCK configuration:\n"
			 " memory size = 0x0000000000000000 reserved size = 0x0000000000000000\n"
			 " memory.cnt  = 0x1\n"
			 " memory[0x0]\t[0x0000000000000000-0xffffffffffffffff], "
			 "0x0000000000000000 bytes flags: 0x0\n"
			 " reserved.cnt  = 0x1\n"
			 " reserved[0x0]\t[0x0000000000000000-0xffffffffffffffff], "
			 "0x0000000000000000 bytes flags: 0x0\n");
	mb_memblock_fini(&mb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_arrays),
		cmocka_unit_test(dummies),
	};

	return cmocka_run_group_tests_name("memblock_dump", tests, NULL, NULL);
}
