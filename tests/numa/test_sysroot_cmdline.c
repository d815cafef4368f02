/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/sysroot_cmdline.h"

/* RAM [1M, 1G) and [4G, 6G), no RAM [2G, 3G); what is left, in MiB, then what is no RAM. */
static void test_apply(void **state)
{
	static const struct {
		const char *cmdline, *ram, *other;
	} cases[] = {
		{"", "1-1024 4096-6144", "2048-3072"},
		{"mem=512M", "1-512", "2048-3072"},
		{"quiet mem=5G root=x", "1-1024 4096-5120", "2048-3072"},
		{"mem=67108864 quiet", "1-64", "2048-3072"}, /* no unit, though a blank follows */
		{"memmap=67108864 quiet", "1-64", "2048-3072"},
		{"mem=0", "1-1024 4096-6144", "2048-3072"},
		{"mem=nopentium", "1-1024 4096-6144", "2048-3072"},
		{"mem=0x100000000", "1-1024", "2048-3072"},
		{"xmem=512M memory=1", "1-1024 4096-6144", "2048-3072"},
		{"memmap=64M$0x10000000", "1-1024 4096-6144", "256-320 2048-3072"},
		{"memmap=64M$0x10000000,32m#512M", "1-1024 4096-6144", "256-320 512-544 2048-3072"},
		{"memmap=1G!4G", "1-1024 4096-6144", "2048-3072 4096-5120"},
		{"memmap=1G@6G", "1-1024 4096-7168", "2048-3072"},
		{"memmap=5G", "1-1024 4096-5120", "2048-3072"},
		/* In its order: what is added behind mem= stays. */
		{"mem=1G memmap=1G@6G", "1-1024 6144-7168", "2048-3072"},
		{"memmap=1G@6G mem=1G", "1-1024", "2048-3072"},
		{"memmap=exactmap memmap=1M@1M", "1-2", ""},
		{"memmap=exactmap,2M@1M", "1-3", ""},
		{"memmap=", "1-1024 4096-6144", "2048-3072"},
		{"memmap=,,", "1-1024 4096-6144", "2048-3072"},
		{"memmap=64M$", "1-1024 4096-6144", "2048-3072"},
		{"memmap=64M%4G-1+2", "1-1024 4096-6144", "2048-3072"},
		{"memmap=99999999999999999999$1", "1-1024 4096-6144", "2048-3072"},
		{"a=\"b mem=1M\" c", "1-1024 4096-6144", "2048-3072"},
		{"a=\"mem=1M", "1-1024 4096-6144", "2048-3072"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_ranges lists[2] = {0};

		mb_ranges_add(&lists[0], MB_MIB, MB_GIB);
		mb_ranges_add(&lists[0], 4 * MB_GIB, 6 * MB_GIB);
		mb_ranges_add(&lists[1], 2 * MB_GIB, 3 * MB_GIB);
		assert_int_equal(mb_sysroot_cmdline_apply(cases[i].cmdline, &lists[0], &lists[1]),
				 0);
		for (size_t j = 0; j < 2; j++) {
			struct mb_strbuf text = {0};

			mb_ranges_normalise(&lists[j]);
			for (size_t k = 0; k < lists[j].count; k++)
				mb_strbuf_addf(&text, "%s%llu-%llu", k ? " " : "",
					       (unsigned long long)(lists[j].list[k].start >> 20),
					       (unsigned long long)(lists[j].list[k].end >> 20));
			if (strcmp(mb_strbuf_text(&text), j ? cases[i].other : cases[i].ram))
				fail_msg("%s: %s", cases[i].cmdline, mb_strbuf_text(&text));
			mb_strbuf_fini(&text);
			mb_ranges_fini(&lists[j]);
		}
	}
}

static void test_has(void **state)
{
	assert_true(mb_sysroot_cmdline_has("a numa=off b", "numa=off"));
	assert_true(mb_sysroot_cmdline_has("numa=off", "numa=off"));
	assert_false(mb_sysroot_cmdline_has("numa=offx", "numa=off"));
	assert_false(mb_sysroot_cmdline_has("x=\" numa=off\"", "numa=off"));
	assert_false(mb_sysroot_cmdline_has("", "numa=off"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
