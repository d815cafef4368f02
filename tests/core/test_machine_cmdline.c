/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "core/machine.h"
#include "tests/core/boot_case.h"

static struct mb_machine *parse(const char *text, const char *cmdline)
{
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};

	if (mb_machine_parse_with(text, cmdline, NULL, &err, &machine))
		fail_msg("'%s' with '%s': %s", text, cmdline ? cmdline : "its own", err.text);
	return machine;
}

/* Memory as "node:startM-endM", then flags where there are some. */
static void print_mem(const struct mb_machine *machine, struct mb_strbuf *text)
{
	static const char *const names[] = {"", "+hotplug", "+mirror", "", "+nomap"};

	for (size_t i = 0; i < machine->nr_mem; i++)
		mb_strbuf_addf(text, "%s%d:%llu-%llu%s", i ? " " : "", machine->mem[i].nid,
			       (unsigned long long)(machine->mem[i].start >> 20),
			       (unsigned long long)(machine->mem[i].end >> 20),
			       names[machine->mem[i].flags]);
}

static void assert_mem(const char *text, const char *cmdline, const char *expected)
{
	struct mb_machine *machine = parse(text, cmdline), *again;
	char *printed = mb_machine_print(machine), *reprinted;
	struct mb_strbuf mem = {0};

	print_mem(machine, &mem);
	if (strcmp(mb_strbuf_text(&mem), expected))
		fail_msg("'%s' with '%s': %s, expected %s", text, cmdline, mb_strbuf_text(&mem),
			 expected);
	assert_string_equal(machine->cmdline, cmdline);
	/* What is printed has the command line, and obeying it again changes nothing. */
	again = parse(printed, NULL);
	reprinted = mb_machine_print(again);
	assert_string_equal(reprinted, printed);
	mb_strbuf_fini(&mem);
	mb_machine_free(machine);
	mb_machine_free(again);
	free(printed);
	free(reprinted);
}

/*
 *   0        1G       2G              4G       5G                8G
 *   [ node 0 )[ node 1 )  hole         [ node 1 )    hole          [ node 0, 1 GiB )
 */
static void pc(void **state)
{
	static const char two[] = "arch=x86_64 node0=1G@0+1G@8G node1=1G@1G+1G@4G node1.cpus=0";
	static const struct {
		const char *cmdline, *mem;
	} rows[] = {
		{"quiet", "0:0-1024 1:1024-2048 1:4096-5120 0:8192-9216"},
		{"mem=1536M", "0:0-1024 1:1024-1536"},
		{"mem=512M", "0:0-512"},
		{"mem=64T", "0:0-1024 1:1024-2048 1:4096-5120 0:8192-9216"},
		{"memmap=4608M", "0:0-1024 1:1024-2048 1:4096-4608"},
		{"memmap=512M$768M", "0:0-768 1:1280-2048 1:4096-5120 0:8192-9216"},
		{"memmap=64M#64M,64M!512M",
		 "0:0-64 0:128-512 0:576-1024 1:1024-2048 1:4096-5120 0:8192-9216"},
		/* Between two ranges of node 1: its own. */
		{"memmap=1G@3G", "0:0-1024 1:1024-2048 1:3072-5120 0:8192-9216"},
		/* Less than a MiB that is nobody's goes to the node below. */
		{"memmap=512K@6G", "0:0-1024 1:1024-2048 1:4096-5120 1:6144-6144 0:8192-9216"},
		/* More of it, between two nodes or above all: no nodes. */
		{"memmap=1G@6G", "0:0-2048 0:4096-5120 0:6144-7168 0:8192-9216"},
		{"memmap=1G@9G", "0:0-2048 0:4096-5120 0:8192-10240"},
		{"memmap=exactmap memmap=1G@512M", "0:512-1024 1:1024-1536"},
		{"memmap=exactmap,1G@0 memmap=64M@4G", "0:0-1024 1:4096-4160"},
		{"numa=off", "0:0-2048 0:4096-5120 0:8192-9216"},
		{"numa=off mem=1536M", "0:0-1536"},
		{"mem=lots memmap=what numa=on", "0:0-1024 1:1024-2048 1:4096-5120 0:8192-9216"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_mem(two, rows[i].cmdline, rows[i].mem);
	/* One node alone has whatever there is. */
	assert_mem("arch=x86_64 node3=1G@0", "memmap=1G@9G", "3:0-1024 3:9216-10240");
	assert_mem("arch=x86_64 node0=1G@1G", "memmap=1M@0", "0:0-1 0:1024-2048");
}

/* Flags stay with their bytes; without nodes there is no SRAT that calls memory hotpluggable. */
static void flags(void **state)
{
	static const char text[] = "arch=x86_64 node0=1G@0 node1=1G@1G hotplug=512M@1G "
				   "mirror=256M@0";

	assert_mem(text, "mem=1280M", "0:0-256+mirror 0:256-1024 1:1024-1280+hotplug");
	assert_mem(text, "numa=off", "0:0-256+mirror 0:256-2048");
}

/* arm64 counts bytes of RAM from below; memory that is not mapped stays; there is no memmap=. */
static void arm64(void **state)
{
	static const char text[] = "arch=arm64 node0=1G@1G+1G@8G node1=1G@4G nomap=64M@8G";

	assert_mem(text, "memmap=1G", "0:1024-2048 1:4096-5120 0:8192-8256+nomap 0:8256-9216");
	assert_mem(text, "mem=1536M", "0:1024-2048 1:4096-4608 0:8192-8256+nomap");
	assert_mem(text, "mem=1G", "0:1024-2048 0:8192-8256+nomap");
	assert_mem(text, "mem=2G", "0:1024-2048 1:4096-5120 0:8192-8256+nomap");
	assert_mem(text, "mem=3G", "0:1024-2048 1:4096-5120 0:8192-8256+nomap 0:8256-9216");
	assert_mem(text, "mem=9G mem=512M", "0:1024-1536 0:8192-8256+nomap");
	assert_mem(text, "mem=0", "0:1024-2048 1:4096-5120 0:8192-8256+nomap 0:8256-9216");
	assert_mem(text, "numa=off", "0:1024-2048 0:4096-5120 0:8192-8256+nomap 0:8256-9216");
}

/* numa=off: one node with every CPU and no distances; the ids of others are gone. */
static void without_nodes(void **state)
{
	static const char *const archs[] = {"x86_64", "arm64"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(archs); i++) {
		struct mb_machine *machine;
		char text[128];

		snprintf(text, sizeof(text),
			 "arch=%s nodes=4 each=1G cpus=2 dist=10,20,30,40;20,10,20,30;30,20,10,20;"
			 "40,30,20,10",
			 archs[i]);
		machine = parse(text, "numa=off");
		assert_int_equal(machine->nr_node_ids, 1);
		assert_true(mb_machine_node_possible(machine, 0));
		assert_false(mb_machine_node_possible(machine, 3));
		assert_int_equal(machine->nr_cpus, 8);
		assert_int_equal(mb_machine_node_cpus(machine, 0), 8);
		assert_int_equal(machine->distance[0], 10);
		assert_int_equal(mb_machine_ram_bytes(machine), 4 * MB_GIB);
		mb_machine_free(machine);
	}
}

/* A node that loses its memory stays possible, with its CPUs. */
static void node_without_memory(void **state)
{
	struct mb_machine *machine = parse("arch=x86_64 nodes=2 each=1G cpus=2", "mem=1G");

	assert_int_equal(machine->nr_node_ids, 2);
	assert_int_equal(mb_machine_node_cpus(machine, 1), 2);
	assert_int_equal(mb_machine_ram_bytes(machine), MB_GIB);
	mb_machine_free(machine);
}

/* The command line given replaces the text's, an empty one too; NULL is the text's own. */
static void replaced(void **state)
{
	static const char text[] = "arch=x86_64 node0=2G@0 cmdline='mem=1G'";
	struct mb_machine *machine = parse(text, NULL);

	assert_int_equal(mb_machine_ram_bytes(machine), MB_GIB);
	assert_string_equal(machine->cmdline, "mem=1G");
	mb_machine_free(machine);
	assert_mem(text, "", "0:0-2048");
	assert_mem(text, "mem=512M", "0:0-512");
	assert_mem("arch=x86_64 node0=2G@0 cmdline='memmap=0'", "quiet", "0:0-2048");
}

static void nothing_is_left(void **state)
{
	static const struct {
		const char *text, *cmdline, *words;
	} rows[] = {
		{"arch=x86_64 node0=1G", "memmap=0", "'memmap=0' leaves no memory"},
		{"arch=x86_64 node0=1G", "memmap=exactmap", "leaves no memory"},
		{"arch=x86_64 node0=1G@4G", "mem=4G", "leaves no memory"},
		{"arch=x86_64 node0=1G phys-bits=40", "memmap=1G@2T", "beyond the 1T"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_machine *machine = NULL;
		struct mb_err err = {0};

		assert_true(mb_machine_parse_with(rows[i].text, rows[i].cmdline, NULL, &err,
						  &machine) < 0);
		assert_null(machine);
		if (!strstr(err.text, rows[i].words))
			fail_msg("'%s': %s", rows[i].cmdline, err.text);
	}
}

/* A machine whose map already is what the kernel made of it keeps it. */
static void map_is_done(void **state)
{
	struct mb_machine *machine = parse("arch=x86_64 nodes=2 each=1G", "");
	struct mb_err err = {0};

	free(machine->cmdline);
	machine->cmdline = strdup("mem=512M numa=off");
	assert_int_equal(mb_machine_obey_cmdline(machine, true, &err), 0);
	assert_int_equal(mb_machine_ram_bytes(machine), 2 * MB_GIB);
	assert_int_equal(machine->nr_node_ids, 1);
	assert_int_equal(mb_machine_obey_cmdline(machine, false, &err), 0);
	assert_int_equal(mb_machine_ram_bytes(machine), 512 * MB_MIB);
	mb_machine_free(machine);
}

/*
 * Against a map of bytes: each MiB of 64 is RAM or not by the last word about it, and no RAM wins. What is
 * left keeps its node.
 */
static void random_maps(void **state)
{
	static const char kinds[] = "@$#!";
	struct mb_rng rng = {boot_case_seed()};

	for (unsigned i = 0; i < 2000; i++) {
		struct mb_strbuf cmdline = {0};
		bool ram[64], other[64] = {0}, any = false;
		struct mb_machine *machine = NULL;

		memset(ram, true, sizeof(ram));
		for (uint64_t words = mb_rng_below(&rng, 5); words; words--) {
			uint64_t start = mb_rng_below(&rng, 64);
			uint64_t size = 1 + mb_rng_below(&rng, 64 - start);
			char kind = kinds[mb_rng_below(&rng, 4)];

			if (!mb_rng_below(&rng, 3)) {
				mb_strbuf_addf(&cmdline, " mem=%lluM", (unsigned long long)size);
				memset(ram + size, false, 64 - size);
				continue;
			}
			mb_strbuf_addf(&cmdline, " memmap=%lluM%c%lluM", (unsigned long long)size,
				       kind, (unsigned long long)start);
			memset((kind == '@' ? ram : other) + start, true, size);
		}
		for (unsigned k = 0; k < 64; k++)
			any |= ram[k] &= !other[k];
		if (mb_machine_parse_with("arch=x86_64 node0=16M@0+16M@32M node1=16M@16M+16M@48M",
					  mb_strbuf_text(&cmdline), NULL, NULL, &machine)) {
			assert_false(any);
		} else {
			size_t at = 0;

			for (unsigned k = 0; k < 64; k++) {
				mb_phys_t addr = k * MB_MIB;

				while (at < machine->nr_mem && machine->mem[at].end <= addr)
					at++;
				assert_int_equal(ram[k], at < machine->nr_mem &&
								 machine->mem[at].start <= addr);
				if (ram[k])
					assert_int_equal(machine->mem[at].nid, k / 16 % 2);
			}
		}
		mb_machine_free(machine);
		mb_strbuf_fini(&cmdline);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pc),
		cmocka_unit_test(flags),
		cmocka_unit_test(arm64),
		cmocka_unit_test(without_nodes),
		cmocka_unit_test(node_without_memory),
		cmocka_unit_test(replaced),
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(map_is_done),
		cmocka_unit_test(random_maps),
	};

	return cmocka_run_group_tests_name("machine_cmdline", tests, NULL, NULL);
}
