/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/cmdline.h"

static void finds_words(void **state)
{
	static const struct {
		const char *cmdline, *name, *value; /* NULL: not there */
	} rows[] = {
		{"quiet movablecore=2G", "movablecore", "2G"},
		{"quiet movablecore=2G", "quiet", ""},
		{"quiet movablecore=2G", "movable", NULL},
		{"xmovablecore=2G", "movablecore", NULL},
		{"a=1 a=2\ta=3", "a", "3"},
		{"a=\"x y\" b=1", "a", "x y"},
		{"a=\"b=1 c\" d", "b", NULL},
		{"", "a", NULL},
		{"a=", "a", ""},
		{"a=\"open b", "b", NULL},
		{"a=\"open b", "a", "open b"},
		{"\"a=x y\" b", "a", "x y"},
		{"\"a=x y\" b", "b", ""},
		{"a=x\"y z\" b", "a", "x\"y z\""},
		{"a-b=1", "a_b", "1"},
		{"a_b=1", "a-b", "1"},
		{"a=1 -- a=2 b", "a", "1"},
		{"a=1 -- a=2 b", "b", NULL},
		{"a --b", "b", NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		char value[16] = "untouched";
		bool found = mb_cmdline_get(rows[i].cmdline, rows[i].name, value, sizeof(value));

		assert_int_equal(found, rows[i].value != NULL);
		assert_string_equal(value, rows[i].value ? rows[i].value : "untouched");
	}
}

static void cuts_long_values(void **state)
{
	char value[4];

	assert_true(mb_cmdline_get("a=123456", "a", value, sizeof(value)));
	assert_string_equal(value, "123");
}

static void amounts(void **state)
{
	struct mb_cmdline_amount amount = {.value = 7};

	assert_true(mb_cmdline_amount("kernelcore=512M", "kernelcore", &amount));
	assert_int_equal(amount.value, 512 * MB_MIB);
	assert_false(amount.percent);
	assert_true(mb_cmdline_amount("movablecore=30%", "movablecore", &amount));
	assert_int_equal(amount.value, 30);
	assert_true(amount.percent);
	assert_true(mb_cmdline_amount("movablecore=18446744073709551615%", "movablecore", &amount));
	assert_int_equal(amount.value, 100);
	assert_true(mb_cmdline_amount("movablecore=30%", "movablecore", &amount));
	assert_false(mb_cmdline_amount("kernelcore=mirror", "kernelcore", &amount));
	assert_false(mb_cmdline_amount("quiet kernelcore", "kernelcore", &amount));
	assert_int_equal(amount.value, 30);
}

/* As the kernel reads them: what is behind a number is left out, and percent stays until bytes come. */
static void odd_amounts(void **state)
{
	static const struct {
		const char *cmdline;
		uint64_t value;
		bool percent;
	} rows[] = {
		{"k=0x10", 16, false},
		{"k=010M", 8 * MB_MIB, false},
		{"k=2GB", 2 * MB_GIB, false},
		{"k=1.5G", 1, false},
		{"k=lots", 0, false},
		{"k=-1", 0, false},
		{"k=", 0, false},
		{"k=99999999999999999999", 0, false},
		{"k=17179869184G", 0, false},
		{"k=1e", UINT64_C(1) << 60, false},
		{"k=150%", 100, true},
		{"k=5%x", 5, true},
		{"k=1G k=25%", 25, true},
		{"k=25% k=1G", MB_GIB, false},
		{"k=1G k=0%", MB_GIB, false},
		{"k=1G k=mirror", MB_GIB, false},
		{"k=1G k=lots", 0, false},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_cmdline_amount amount = {.value = 7};

		assert_true(mb_cmdline_amount(rows[i].cmdline, "k", &amount));
		if (amount.value != rows[i].value || amount.percent != rows[i].percent)
			fail_msg("%s: %llu", rows[i].cmdline, (unsigned long long)amount.value);
	}
}

static void switches(void **state)
{
	assert_true(mb_cmdline_mirror("kernelcore=mirror"));
	assert_true(mb_cmdline_mirror("kernelcore=mirror kernelcore=1G"));
	assert_true(mb_cmdline_mirror("kernelcore=x,mirror"));
	assert_false(mb_cmdline_mirror("kernelcore=mirrors movablecore=mirror kernelcore"));
	assert_true(mb_cmdline_numa_off("a numa=off b"));
	assert_true(mb_cmdline_numa_off("numa=offx numa=fake=4"));
	assert_false(mb_cmdline_numa_off("numa=noacpi xnuma=off numa=o numa"));
	assert_false(mb_cmdline_numa_off("x=\" numa=off\""));
	assert_false(mb_cmdline_numa_off(""));
	assert_true(mb_cmdline_has("a movable-node b", "movable_node"));
	assert_true(mb_cmdline_has("movable_node=1", "movable_node"));
	assert_false(
		mb_cmdline_has("movable_nodes x=movable_node -- movable_node", "movable_node"));
}

/* As kstrtobool reads them; the last one that says anything counts. */
static void bools(void **state)
{
	static const struct {
		const char *cmdline;
		bool otherwise, value;
	} rows[] = {
		{"", false, false},      {"", true, true},         {"k=1", false, true},
		{"k=0", true, false},    {"k=yes", false, true},   {"k=No", true, false},
		{"k=True", false, true}, {"k=f", true, false},     {"k=on", false, true},
		{"k=OFF", true, false},  {"k=o", true, true},      {"k", false, false},
		{"k=2", true, true},     {"k=1 k=0", true, false}, {"k=0 k=x", true, false},
		{"kk=1", false, false},  {"k=", true, true},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		if (mb_cmdline_bool(rows[i].cmdline, "k", rows[i].otherwise) != rows[i].value)
			fail_msg("'%s'", rows[i].cmdline);
}

/* RAM [1M, 1G) and [4G, 6G), no RAM [2G, 3G); what is left, in MiB, then what is no RAM. */
static void maps(void **state)
{
	static const struct {
		const char *cmdline, *ram, *other;
	} cases[] = {
		{"", "1-1024 4096-6144", "2048-3072"},
		{"mem=512M", "1-512", "2048-3072"},
		{"quiet mem=5G root=x", "1-1024 4096-5120", "2048-3072"},
		{"mem=0x100000000 quiet", "1-1024", "2048-3072"},
		{"mem=0", "1-1024 4096-6144", "2048-3072"},
		{"mem=nopentium", "1-1024 4096-6144", "2048-3072"},
		{"xmem=512M memory=1 mem", "1-1024 4096-6144", "2048-3072"},
		{"memmap=64M$0x10000000", "1-1024 4096-6144", "256-320 2048-3072"},
		{"memmap=64M$0x10000000,32m#512M", "1-1024 4096-6144", "256-320 512-544 2048-3072"},
		{"memmap=1G!4G", "1-1024 4096-6144", "2048-3072 4096-5120"},
		{"memmap=1G@6G", "1-1024 4096-7168", "2048-3072"},
		{"memmap=1G@2G", "1-1024 2048-3072 4096-6144", "2048-3072"},
		{"memmap=5G", "1-1024 4096-5120", "2048-3072"},
		{"memmap=0", "", "2048-3072"},
		/* In its order: what is added behind mem= stays. */
		{"mem=1G memmap=1G@6G", "1-1024 6144-7168", "2048-3072"},
		{"memmap=1G@6G mem=1G", "1-1024", "2048-3072"},
		{"memmap=exactmap memmap=1M@1M", "1-2", ""},
		{"memmap=exactmap,2M@1M", "1-3", ""},
		{"memmap=", "1-1024 4096-6144", "2048-3072"},
		{"memmap", "1-1024 4096-6144", "2048-3072"},
		{"memmap=,,", "1-1024 4096-6144", "2048-3072"},
		{"memmap=64M$", "1-1024 4096-6144", "2048-3072"},
		{"memmap=64M%4G-1+2", "1-1024 4096-6144", "2048-3072"},
		{"memmap=99999999999999999999$1", "1-1024 4096-6144", "2048-3072"},
		{"memmap=2G$0xffffffffffffffff", "1-1024 4096-6144", "2048-3072"},
		{"memmap=1G@6Gx", "1-1024 4096-7168", "2048-3072"},
		{"memmap=\"64M$256M\"", "1-1024 4096-6144", "256-320 2048-3072"},
		{"a=\"b mem=1M\" c", "1-1024 4096-6144", "2048-3072"},
		{"a=\"mem=1M", "1-1024 4096-6144", "2048-3072"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_ranges lists[2] = {0};

		mb_ranges_add(&lists[0], MB_MIB, MB_GIB);
		mb_ranges_add(&lists[0], 4 * MB_GIB, 6 * MB_GIB);
		mb_ranges_add(&lists[1], 2 * MB_GIB, 3 * MB_GIB);
		assert_int_equal(mb_cmdline_map(cases[i].cmdline, &lists[0], &lists[1]), 0);
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

static void limits(void **state)
{
	assert_int_equal(mb_cmdline_limit("quiet", 12), 0);
	assert_int_equal(mb_cmdline_limit("mem=1G mem=0x1fffff", 12), 0x1ff000);
	assert_int_equal(mb_cmdline_limit("mem=1G mem=0x1fffff", 16), 0x1f0000);
	assert_int_equal(mb_cmdline_limit("mem=1G mem=lots", 12), 0);
	assert_int_equal(mb_cmdline_limit("mem=1G mem", 12), MB_GIB);
	assert_int_equal(mb_cmdline_limit("mem=4095", 12), 0);
}

/* What a person may type, and for what is wrong the words that say what is right; NULL: fine. */
static void checks(void **state)
{
	static const char amount[] = "takes movablecore=4G or movablecore=25%";
	static const char map[] = "takes memmap=SIZE, memmap=exactmap";
	static const struct {
		const char *cmdline, *x86, *arm64;
	} rows[] = {
		{"", NULL, NULL},
		{"quiet root=/dev/vda1 hugepages=lots -- mem=x", NULL, NULL},
		{"kernelcore=4G movablecore=25% movable_node", NULL, NULL},
		{"kernelcore=mirror kernelcore=0 movablecore=100%", NULL, NULL},
		{"kernelcore", "'kernelcore' has no value", "'kernelcore' has no value"},
		{"quiet movablecore=lots", "'movablecore=lots' is wrong", amount},
		{"movablecore=2GB", amount, amount},
		{"movablecore=101%", amount, amount},
		{"movablecore=mirror", amount, amount},
		{"kernelcore=17179869184G", "takes kernelcore=4G", "takes kernelcore=4G"},
		{"mem=4G mem=512m", NULL, NULL},
		{"mem=0", "'mem=0' is wrong; it takes mem=SIZE", "a page at least"},
		{"mem=1K", "a page at least", "a page at least"},
		{"mem=", "'mem=' is wrong", "'mem=' is wrong"},
		{"mem=nopentium", NULL, "takes mem=SIZE"},
		{"memmap=64M$1G,1G@4G,exactmap,4G,1M#0,1M!0x100", NULL, NULL},
		{"memmap=64M$", map, NULL},
		{"memmap=64M$1G+", map, NULL},
		{"memmap=64M%1G-1+2", map, NULL},
		{"memmap=0", map, NULL},
		{"memmap=1G@4G,", map, NULL},
		{"memmap=exactmaps", map, NULL},
		{"numa=off", NULL, NULL},
		{"init_on_alloc=off init_on_free=1", NULL, NULL},
		{"init_on_alloc=2", "'init_on_alloc=2' is wrong", "takes init_on_alloc=1"},
		{"numa=fake=4", "'numa=fake=4' is wrong; it takes numa=off", "not simulated"},
	};
	struct mb_machine *machine = mb_machine_new(MB_ARCH_X86_64);

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		for (int arch = 0; arch < MB_NR_ARCHS; arch++) {
			const char *words = arch == MB_ARCH_ARM64 ? rows[i].arm64 : rows[i].x86;
			struct mb_err err = {0};
			int r;

			machine->arch = (enum mb_arch)arch;
			r = mb_cmdline_check(rows[i].cmdline, machine, &err);
			if (!r != !words || (words && !strstr(err.text, words)))
				fail_msg("'%s': %d '%s'", rows[i].cmdline, r, err.text);
		}
	mb_machine_free(machine);
}

/* Every prefix of some lines, and every line with a letter replaced: read without a step too far. */
static void survives_anything(void **state)
{
	static const char text[] =
		"kernelcore=25% \"mem=4G\" memmap=64M$1G,1G@4G,exactmap numa=off k=\"a b\" -- x";
	struct mb_machine *machine = mb_machine_new(MB_ARCH_X86_64);
	static const char letters[] = "\"= ,@$-%0x\t";

	for (size_t length = 0; length < sizeof(text); length++)
		for (size_t k = 0; k < sizeof(letters); k++) {
			char *copy = strndup(text, length);
			struct mb_ranges ram = {0}, other = {0};
			struct mb_cmdline_amount amount;
			char value[8];

			if (length)
				copy[length - 1] = letters[k];
			mb_cmdline_check(copy, machine, NULL);
			assert_int_equal(mb_cmdline_map(copy, &ram, &other), 0);
			mb_cmdline_amount(copy, "kernelcore", &amount);
			mb_cmdline_get(copy, "k", value, sizeof(value));
			mb_ranges_fini(&ram);
			mb_ranges_fini(&other);
			free(copy);
		}
	mb_machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_words), cmocka_unit_test(cuts_long_values),
		cmocka_unit_test(amounts),     cmocka_unit_test(odd_amounts),
		cmocka_unit_test(switches),    cmocka_unit_test(bools),
		cmocka_unit_test(maps),        cmocka_unit_test(limits),
		cmocka_unit_test(checks),      cmocka_unit_test(survives_anything),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
