/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "core/machine.h"
#include "tests/seed.h"

static struct mb_machine *parse(const char *text, const struct mb_machine *defaults)
{
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};

	if (mb_machine_parse(text, defaults, &err, &machine))
		fail_msg("%s: %s", text, err.text);
	return machine;
}

/* Each text, and the same machine spelt out with every range at its place. */
static const struct {
	const char *text, *same;
} items[] = {
	{"nodes=2 each=2G cpus=2", "node0=2G@0 node1=1G@2G+1G@4G node0.cpus=0-1 node1.cpus=2-3"},
	{"each=2G cpus=2 nodes=2", "nodes=2 each=2G cpus=2"},
	{"nodes=2 each=2G cpus=0", "nodes=2 each=2G"},
	{"nodes=2 each=2G node0.cpus=0-3", "node0=2G@0 node1=1G@2G+1G@4G node0.cpus=0-3"},
	{"nodes=2 each=1G cpus=1 node5=1G node5.cpus=2",
	 "node0=1G@0 node1=1G@1G node5=1G@2G node0.cpus=0 node1.cpus=1 node5.cpus=2"},
	/* The order of the text is the order of the memory. */
	{"node1=1G node0=1G", "node0=1G@1G node1=1G@0 node1.cpus=0"},
	{"node4=1G nodes=1 each=1G", "node0=1G@1G node4=1G@0 node4.cpus=0"},
	/* Without a start a range follows the one before, also one with a start. */
	{"node0=1G@8G node1=1G", "node0=1G@8G node1=1G@9G"},
	{"node0=1G@3G node1=1G", "node0=1G@3G node1=1G@4G"},
	{"node0=1G@8G+1G node1=1G@0+1G", "node0=2G@8G node1=2G@0 node1.cpus=0"},
	/* With a start it is where it says, hole or not. */
	{"node0=16G@0", "node0=1G@3G+3G@0+12G@4G"},
	{"arch=arm64 node0=4G node1=1G", "arch=arm64 node0=4G@0x40000000 node1=1G@5G"},
	{"arch=arm64 node0=1G@0 node1=1G", "arch=arm64 node0=1G@0 node1=1G@1G"},
	{"node5=1G", "node5=1G@0 node5.cpus=0"},
	{"node0=1G node1.cpus=0", "node0=1G node1=0 node1.cpus=0"},
	{"node0=1G node1=0x0K", "node0=1G node1=0"},
	{"node0=1G node0.cpus=1,0,2-3", "node0=1G node0.cpus=0-3"},
	{"offline=1,3 node0=1G absent=2-3 node0.cpus=0-3 absent=2",
	 "node0=1G node0.cpus=0-3 absent=2-3 offline=1"},
	{"node0=1.5G", "node0=1536M@0"},
	{"node0=4097@1", "node0=0x1001@0x1"},
	/* Holes and flags, in any order, joined and repeated, over borders. */
	{"hole=512M@256M node0=1G", "node0=256M@0+256M@768M"},
	{"node0=1G hole=64M@0+64M@128M hole=64M@64M", "node0=832M@192M"},
	{"node0=1G@0 node1=1G@1G hole=1G@512M", "node0=512M@0 node1=512M@1536M"},
	{"node0=1G@0 node1=1G@4G hole=8G@512M", "node0=512M@0 node1=0 node0.cpus=0"},
	{"node0=1G@0 mirror=1M@0+1M@1M mirror=2M@1M", "node0=1G mirror=3M@0"},
	{"node0=1G@0 mirror=4G@512M hole=1M@768M",
	 "node0=768M@0+255M@769M mirror=256M@512M+255M@769M"},
	{"node0=1G hotplug=512M@0 mirror=512M@256M nomap=1M@300M",
	 "node0=1G nomap=1M@300M hotplug=512M@0 mirror=512M@256M"},
	{"node0=1G reserve=1M@1M+1M@2M reserve=1M@4G", "node0=1G reserve=2M@1M+1M@4G"},
	{"node0=1G node2=1G dist=10,21;17,10", "node0=1G node2=1G dist='10,21;17,10'"},
	{"node0=1G node2=1G dist=10,20;20,10", "node0=1G node2=1G"},
	{"page=4K section=128M phys-bits=52 arch=x86_64 node0=1G", "node0=1G"},
	{"node0=1G # node0=2G\n#\n\tcmdline='a # b'#c\r\n", "node0=1G cmdline='a # b'"},
	{"node0=1G cmdline='a b=c'", "node0=1G cmdline=\"a b=c\""},
	{"node0=1G cmdline=quiet", "node0=1G cmdline='qui'et"},
	{"node0=1G cmdline=''", "node0=1G"},
	{"  node0=1G\v\f", "node0=1G"},
};

static void test_items(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(items); i++) {
		struct mb_machine *machine = parse(items[i].text, NULL);
		struct mb_machine *same = parse(items[i].same, NULL);
		char *a, *b;

		a = mb_machine_print(machine);
		b = mb_machine_print(same);
		assert_string_equal(a, b);
		assert_string_equal(machine->source, "text");
		free(a);
		free(b);
		mb_machine_free(machine);
		mb_machine_free(same);
	}
}

struct error_case {
	const char *text;
	const char *words[3]; /* all of them are in the message */
};

static void run_errors(const struct error_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct mb_machine *machine = (struct mb_machine *)&machine;
		struct mb_err err = {0};
		int r = mb_machine_parse(cases[i].text, NULL, &err, &machine);

		if ((r != -EINVAL && r != -ERANGE) || err.code != r)
			fail_msg("%s: result %d", cases[i].text, r);
		assert_ptr_equal(machine, &machine);
		for (size_t k = 0; k < 3 && cases[i].words[k]; k++) {
			if (!strstr(err.text, cases[i].words[k]))
				fail_msg("%s: '%s' lacks '%s'", cases[i].text, err.text,
					 cases[i].words[k]);
		}
	}
}

/* In a text of several lines the item's is named; a reason without an item has none. */
static void test_errors_name_the_line(void **state)
{
	static const struct error_case cases[] = {
		{"node0=4G\nnod1=4G", {"line 2: unknown item nod1"}},
		{"\n\n# x\n  hole=xx node0=1G\n", {"line 4: hole=xx is not of the form"}},
		{"nodes=2\neach=1G\nhole=1M@8T", {"line 3: hole=1M@8T touches no memory"}},
		{"node0=1G\ncmdline='abc\n'", {"line 2: cmdline='abc has no closing"}},
		{"node0=1G\n\nnode0=2G", {"line 3: node0=1G and node0=2G"}},
		{"page=4K\npage=4K\n", {"line 2: page=4K and page=4K"}},
		{"\neach=1G node0=1G", {"line 2: each=1G needs nodes=N"}},
		{"node0=1G # a comment\rb\nnode0", {"line 2: node0 has no ="}},
	};
	struct mb_machine *machine;
	struct mb_err err = {0};

	run_errors(cases, MB_ARRAY_SIZE(cases));
	assert_true(mb_machine_parse("node0=1G hole=xx", NULL, &err, &machine) < 0);
	assert_null(strstr(err.text, "line"));
	mb_err_clear(&err);
	assert_true(mb_machine_parse("node0=1G@0\nnode1=1G@0\n", NULL, &err, &machine) < 0);
	assert_null(strstr(err.text, "line"));
	assert_int_equal(mb_machine_parse("\nhole=xx", NULL, NULL, &machine), -EINVAL);
}

static void test_errors_of_items(void **state)
{
	static const struct error_case cases[] = {
		{"nod0=4G", {"unknown item nod0=4G", "nearest is nodeN=SIZE"}},
		{"node=4G", {"unknown item node=4G", "nearest is nodes=16"}},
		{"nodeN=4G", {"unknown item nodeN=4G"}},
		{"node00=4G", {"unknown item node00=4G", "nodeN="}},
		{"node0.cpu=1", {"unknown item node0.cpu=1", "nearest is nodeN.cpus=0-3"}},
		{"node0x=4G", {"unknown item", "nodeN=SIZE"}},
		{"physbits=52", {"unknown item", "nearest is phys-bits=52"}},
		{"distance=10", {"unknown item", "nearest is dist="}},
		{"pgdat=0", {"pgdat=0 is not of the form pgdat=172K"}},
		{"pgdat=2G", {"is not of the form pgdat=172K"}},
		{"node0=1G absent=x", {"absent=x is not of the form absent=4-7"}},
		{"node0=1G node0.cpus=0-3 absent=3-4",
		 {"absent=3-4 names a CPU that no nodeN.cpus"}},
		{"node0=1G offline=0", {"offline=0 names a CPU that no nodeN.cpus"}},
		{"node0=1G node0.cpus=0 absent=8192", {"names a CPU beyond 8191"}},
		{"node0=1G node0.cpus=0-1 absent=1 offline=0", {"offline=0 leaves no CPU online"}},
		{"mem-section=24", {"mem-section=24 is not of the form mem-section=32"}},
		{"percpu=1", {"percpu=1 is not of the form percpu=STATIC+RESERVED"}},
		{"percpu=1+", {"is not of the form percpu="}},
		{"percpu=+1", {"is not of the form percpu="}},
		{"percpu=1+2G", {"is not of the form percpu="}},
		{"Page=4K", {"unknown item", "nearest is page=4K"}},
		{"=4G", {"unknown item =4G"}},
		{"'node0=4G'", {"has no ="}},
		{"4G", {"4G has no =", "node0=4G"}},
		{"node0", {"node0 has no ="}},
		{"node0=", {"node0= is not of the form nodeN=SIZE"}},
		{"cmdline=", {"cmdline= is not of the form cmdline='"}},
		{"node0=4G cmdline='abc", {"cmdline='abc has no closing '"}},
		{"node0=4G cmdline=\"abc'", {"has no closing \""}},
		{"node0=4G cmdline='abc\n'", {"has no closing '", "line"}},
		{"node0=4G cmdline=a\x01z", {"cmdline=a?z", "byte 0x1"}},
		{"node0=4G cmdline='\xc3\xa9'", {"byte 0xc3"}},
		{"node0=4G node1=4G node0=5G", {"node0=4G and node0=5G", "keep one"}},
		{"page=4K page=4K", {"page=4K and page=4K", "keep one"}},
		{"node0.cpus=1 node0.cpus=2", {"node0.cpus=1 and node0.cpus=2"}},
		{"node0=1G nodes=2 each=1G", {"node0=1G and nodes=2 both set node 0"}},
		{"nodes=2 each=1G node1=1G", {"nodes=2 and node1=1G both set node 1"}},
		{"nodes=2 each=1G cpus=1 node1.cpus=2",
		 {"cpus=1 and node1.cpus=2 both set node 1"}},
		{"dist=10 dist=10 node0=1G", {"dist=10 and dist=10"}},
		{"unknown-and-so-long-that-no-message-would-repeat-it-all=1",
		 {"unknown-and-so-long-that-no-message-w...;"}},
	};

	run_errors(cases, MB_ARRAY_SIZE(cases));
}

static void test_errors_of_memory(void **state)
{
	static const struct error_case cases[] = {
		{"", {"no memory", "node0=4G"}},
		{"# nothing", {"no memory"}},
		{"node0=0", {"no memory"}},
		{"node0.cpus=0-3", {"no memory"}},
		{"node0=1G hole=2G@0", {"no memory"}},
		{"node0=4Q", {"node0=4Q is not of the form nodeN=SIZE[@START]"}},
		{"node0=4G@", {"node0=4G@ is not of the form"}},
		{"node0=@4G", {"is not of the form"}},
		{"node0=4G@1G@2G", {"is not of the form"}},
		{"node0=4G+", {"node0=4G+ is not of the form"}},
		{"node0=+4G", {"is not of the form"}},
		{"node0=-4G", {"is not of the form"}},
		{"node0=1.3K", {"is not of the form"}},
		{"node0=0@4G", {"node0=0@4G", "size 0"}},
		{"node0=1G+0", {"node0=1G+0", "size 0"}},
		{"node0=32E", {"node0=32E", "64-bit"}},
		{"node0=1G@16E", {"64-bit"}},
		{"node0=8E@8E", {"64-bit"}},
		{"node0=15E node1=8E", {"node1=8E", "passes the last 64-bit address"}},
		{"node0=8P", {"node0 ends at", "phys-bits=52"}},
		{"node0=1G node3=1G@64T phys-bits=46", {"node3 ends at", "64T", "phys-bits=46"}},
		{"node0=2G@0 node1=2G@1G", {"node1 (2G@0x40000000) overlaps node0 (2G@0)"}},
		{"node0=1G@0+1G@1023M", {"node0", "overlaps node0"}},
		{"node1024=1G", {"node1024=1G", "node 1023"}},
		{"node99999999999999999999=1G", {"node 1023"}},
		{"nodes=1025 each=1G", {"nodes=1025", "1 to 1024"}},
		{"nodes=0 each=1G", {"nodes=0", "1 to 1024"}},
		{"nodes=two each=1G", {"nodes=two is not of the form nodes=16"}},
		{"nodes=2", {"nodes=2 needs each=SIZE"}},
		{"each=1G", {"each=1G needs nodes=N"}},
		{"nodes=2 each=0", {"each=0", "no memory"}},
		{"nodes=2 each=x", {"each=x is not of the form each=4T"}},
		{"nodes=2 each=99E", {"each=99E", "64 bits"}},
		{"nodes=1024 each=1E", {"nodes=1024", "passes the last 64-bit address"}},
		{"nodes=1024 each=8T", {"phys-bits=52"}},
		{"node0=1G hole=1M", {"hole=1M is not of the form hole=SIZE@START"}},
		{"node0=1G hole=1M@1G", {"hole=1M@1G touches no memory"}},
		{"node0=1G mirror=1M@64T", {"mirror=1M@64T touches no memory"}},
		{"node0=1G hole=1M@0 nomap=1M", {"nomap=1M is not of the form"}},
		{"node0=1G hotplug=0@0", {"hotplug=0@0", "size 0"}},
		{"node0=1G reserve=1M", {"reserve=1M is not of the form reserve=SIZE@START"}},
		{"node0=1G reserve=1G@4P", {"reserve ends at", "phys-bits=52"}},
		{"node0=1G reserve=1M@1M+0@0", {"size 0"}},
	};

	run_errors(cases, MB_ARRAY_SIZE(cases));
}

static void test_errors_of_the_rest(void **state)
{
	static const struct error_case cases[] = {
		{"node0=1G arch=riscv", {"arch=riscv", "arch=x86_64 or arch=arm64"}},
		{"node0=1G arch=arm", {"arch=arm "}},
		{"node0=1G page=16K", {"page=16K", "x86_64", "4K"}},
		{"node0=1G page=5K", {"page=5K is not a power of two"}},
		{"node0=1G page=0", {"page=0 is not a power of two"}},
		{"node0=1G page=1", {"page=1 does not exist"}},
		{"node0=1G arch=arm64 page=8K", {"page=8K", "4K, 16K or 64K"}},
		{"node0=1G page=big", {"page=big is not of the form page=4K"}},
		{"node0=1G section=100M", {"section=100M is not a power of two"}},
		{"node0=1G section=2M", {"section=2M is smaller", "4M"}},
		{"node0=1G section=256G", {"section=256G is too large", "128G"}},
		{"node0=1G section=8E", {"section=8E is too large"}},
		{"node0=1G arch=arm64 page=64K section=128M", {"section=128M", "512M"}},
		{"node0=1G phys-bits=53", {"phys-bits=53", "32 to 52"}},
		{"node0=1G phys-bits=31", {"phys-bits=31", "32 to 52"}},
		{"node0=1G phys-bits=4K", {"phys-bits=4K is not of the form phys-bits=52"}},
		{"node0=1G node0.cpus=a", {"node0.cpus=a is not of the form nodeN.cpus=0-3,8"}},
		{"node0=1G node0.cpus=", {"is not of the form"}},
		{"node0=1G node0.cpus=3-1", {"is not of the form"}},
		{"node0=1G node0.cpus=0-8192", {"node0.cpus=0-8192", "8191"}},
		{"node0=1G node0.cpus=0-3 node1.cpus=3",
		 {"node1.cpus=3 has CPU 3", "node0.cpus=0-3", "node 0"}},
		{"node0=1G node0.cpus=0,2", {"CPU 1", "0 to 2 without gaps"}},
		{"node0=1G node0.cpus=1-3", {"CPU 0", "0 to 3 without gaps"}},
		{"nodes=2 each=1G cpus=2 node2.cpus=3",
		 {"node2.cpus=3 has CPU 3", "cpus=2", "node 1"}},
		{"nodes=2 each=1G cpus=8193", {"cpus=8193", "0 to 8192"}},
		{"nodes=2 each=1G cpus=8000", {"cpus=8000 on 2 nodes", "8192"}},
		{"nodes=2 each=1G cpus=x", {"cpus=x is not of the form cpus=8"}},
		{"node0=1G cpus=4", {"cpus=4 needs nodes=N", "nodeN.cpus"}},
		{"nodes=2 each=1G dist=10,20", {"dist=10,20 has no row for node 1"}},
		{"nodes=2 each=1G dist=10;20,10", {"too few columns for node 0"}},
		{"nodes=2 each=1G dist=10,20;20,10,20", {"too many columns for node 1"}},
		{"nodes=2 each=1G dist=10,20;20,10;", {"more rows"}},
		{"nodes=2 each=1G dist=10,x;20,10", {"is not of the form dist="}},
		{"nodes=2 each=1G dist=11,20;20,10",
		 {"distance 11 from node 0 to 0", "10 to itself"}},
		{"nodes=2 each=1G dist=10,9;20,10", {"distance 9 from node 0 to 1", "254"}},
		{"nodes=2 each=1G dist=10,255;20,10", {"distance 255"}},
		{"nodes=2 each=1G dist=10,4294967306;20,10", {"distance 4294967306"}},
	};

	run_errors(cases, MB_ARRAY_SIZE(cases));
}

/* More ranges than a machine can have, in one item and through a hole in each. */
static void test_too_many_ranges(void **state)
{
	struct mb_machine *machine = NULL;
	struct mb_strbuf buf = {0};
	struct mb_err err = {0};

	mb_strbuf_add(&buf, "node0=1G@0");
	for (unsigned i = 1; i < MB_MACHINE_MAX_RANGES; i++)
		mb_strbuf_addf(&buf, "+1M@%uG", i);
	machine = parse(mb_strbuf_text(&buf), NULL);
	assert_int_equal(machine->nr_mem, MB_MACHINE_MAX_RANGES - 1); /* the first two touch */
	mb_machine_free(machine);

	mb_strbuf_add(&buf, "+1M@1T+1M@2T");
	machine = NULL;
	assert_int_equal(mb_machine_parse(mb_strbuf_text(&buf), NULL, &err, &machine), -ERANGE);
	assert_non_null(strstr(err.text, "65536 ranges"));
	mb_strbuf_fini(&buf);

	mb_strbuf_add(&buf, "node0=1G hole=1@1");
	for (unsigned i = 1; i < MB_MACHINE_MAX_RANGES; i++)
		mb_strbuf_addf(&buf, "+1@%u", 2 * i + 1);
	mb_err_clear(&err);
	assert_int_equal(mb_machine_parse(mb_strbuf_text(&buf), NULL, &err, &machine), -ERANGE);
	assert_non_null(strstr(err.text, "more than 65536 ranges"));
	assert_null(machine);
	mb_strbuf_fini(&buf);
}

/* What the text leaves out comes from the defaults, where they fit; physical bits do not. */
static void test_defaults(void **state)
{
	static const struct {
		const char *text;
		enum mb_arch arch;
		unsigned page_shift, section_shift;
	} cases[] = {
		{"", MB_ARCH_ARM64, 14, 28},
		{"arch=arm64", MB_ARCH_ARM64, 14, 28},
		{"page=16K", MB_ARCH_ARM64, 14, 28},
		{"page=64K", MB_ARCH_ARM64, 16, 29},
		{"page=4K", MB_ARCH_ARM64, 12, 27},
		{"page=4K section=64M", MB_ARCH_ARM64, 12, 26},
		{"arch=x86_64", MB_ARCH_X86_64, 12, 27},
	};
	struct mb_machine *like =
		parse("arch=arm64 page=16K section=256M phys-bits=48 node0=1G", NULL);

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_machine *machine;
		char text[64];

		snprintf(text, sizeof(text), "node0=1G %s", cases[i].text);
		machine = parse(text, like);
		assert_int_equal(machine->arch, cases[i].arch);
		assert_int_equal(machine->page_shift, cases[i].page_shift);
		assert_int_equal(machine->section_shift, cases[i].section_shift);
		assert_int_equal(machine->phys_bits, 52);
		assert_int_equal(machine->mem[0].start, mb_machine_ram_start(cases[i].arch));
		mb_machine_free(machine);
	}
	mb_machine_free(like);
}

static char *read_whole(const char *path)
{
	FILE *file MB_FCLOSE = fopen(path, "r");
	struct mb_strbuf buf = {0};
	char line[512];

	if (!file)
		fail_msg("%s cannot be opened", path);
	while (fgets(line, sizeof(line), file))
		mb_strbuf_add(&buf, line);
	return mb_strbuf_take(&buf);
}

/* The machine files; a hole of a byte map says what is left of section-hole. */
static void test_files(void **state)
{
	static const struct {
		const char *name;
		unsigned nodes, cpus;
		uint64_t bytes;
	} cases[] = {
		{"one-node", 1, 4, 4 * MB_GIB},
		{"two-nodes", 2, 8, 16 * MB_GIB},
		{"four-nodes", 4, 8, 16 * MB_GIB},
		{"eight-nodes", 8, 16, 16 * MB_GIB},
		{"uneven", 3, 8, 8 * MB_GIB + 512 * MB_MIB},
		{"cpuless-node", 3, 4, 8 * MB_GIB},
		{"memoryless-node", 3, 4, 4 * MB_GIB},
		{"section-hole", 2, 4,
		 2 * MB_GIB - (48 + 64 + 64 + 128 + 128) * MB_MIB + 4 * MB_KIB},
		{"tiny-40m", 1, 1, 40 * MB_MIB},
		{"big-512g", 4, 32, 512 * MB_GIB},
		{"movable", 2, 4, 8 * MB_GIB},
		{"movable-node", 2, 4, 8 * MB_GIB},
		{"mirror", 2, 4, 8 * MB_GIB},
		{"pc-firmware", 1, 2, 4 * MB_GIB - (1024 - 639) * MB_KIB - 128 * MB_KIB},
		{"arm64", 2, 4, 8 * MB_GIB},
		{"arm64-64k", 2, 4, 8 * MB_GIB},
	};
	const char *data = getenv("MB_TEST_DATA");

	if (!data) {
		print_message("skipped: MB_TEST_DATA does not say where tests/data is\n");
		skip();
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_machine *machine;
		unsigned nodes = 0;
		char path[512], *text;

		snprintf(path, sizeof(path), "%s/machines/%s.txt", data, cases[i].name);
		text = read_whole(path);
		machine = parse(text, NULL);
		for (int nid = 0; nid < MB_MAX_NODES; nid++)
			nodes += mb_machine_node_possible(machine, nid);
		if (nodes != cases[i].nodes || machine->nr_cpus != cases[i].cpus ||
		    mb_machine_ram_bytes(machine) != cases[i].bytes)
			fail_msg("%s: %u nodes, %u CPUs, %" PRIu64 " bytes", path, nodes,
				 machine->nr_cpus, mb_machine_ram_bytes(machine));
		mb_machine_free(machine);
		free(text);
	}
}

static const char *const pieces[] = {
	"node0=",
	"node1=",
	"node7.cpus=",
	"nodes=2 ",
	"each=1G ",
	"cpus=2 ",
	" hole=",
	" mirror=",
	" reserve=",
	" dist=",
	"10,20;20,10",
	"cmdline='",
	"'",
	"\"",
	"#",
	"\n",
	" ",
	"=",
	"@",
	"+",
	"1G",
	"64M",
	"0x10000000",
	"0-3",
	",",
	";",
	"99999999999999999999",
	"16E",
	"0",
	"0.5",
	"arch=arm64 ",
	"page=64K ",
	"section=512M ",
	"phys-bits=40 ",
	"node0.cpus=0 ",
	"node1023=4G ",
};

/*
 * Pieces of texts and stray bytes thrown together: either a reason and nothing else, or a machine
 * whose printed form is read back to the same form.
 */
static void test_any_bytes(void **state)
{
	struct mb_rng rng = {seed_or(20240607)};
	unsigned good = 0;

	for (int round = 0; round < 20000; round++) {
		struct mb_machine *machine = NULL, *again = NULL;
		struct mb_strbuf buf = {0};
		struct mb_err err = {0};

		for (uint64_t n = 1 + mb_rng_below(&rng, 9); n; n--)
			mb_strbuf_add(&buf, pieces[mb_rng_below(&rng, MB_ARRAY_SIZE(pieces))]);
		if (!mb_rng_below(&rng, 4))
			buf.data[mb_rng_below(&rng, buf.length)] = (char)mb_rng_next(&rng);
		if (mb_machine_parse(buf.data, NULL, &err, &machine)) {
			assert_true(err.code < 0 && err.text[0]);
			assert_null(machine);
		} else {
			char *text = mb_machine_print(machine), *same;

			if (mb_machine_parse(text, NULL, &err, &again))
				fail_msg("%s: %s", text, err.text);
			same = mb_machine_print(again);
			assert_string_equal(text, same);
			mb_machine_free(machine);
			mb_machine_free(again);
			free(text);
			free(same);
			good++;
		}
		mb_strbuf_fini(&buf);
	}
	assert_true(good > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_errors_of_items),
		cmocka_unit_test(test_errors_name_the_line),
		cmocka_unit_test(test_errors_of_memory),
		cmocka_unit_test(test_errors_of_the_rest),
		cmocka_unit_test(test_too_many_ranges),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests_name("machine_text", tests, NULL, NULL);
}
