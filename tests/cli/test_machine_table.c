/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/machine_table.h"

static char *table(const char *machine_text, bool verbose)
{
	struct mb_term term = {.charset = MB_FORMAT_ASCII, .table = {.indent = 2}};
	struct mb_strbuf text = {0};
	struct mb_machine *machine;
	struct mb_err err = {0};

	if (mb_machine_parse(machine_text, NULL, &err, &machine))
		fail_msg("%s", err.text);
	mb_machine_table_add(&text, &term, machine, NULL, verbose);
	mb_machine_free(machine);
	return mb_strbuf_take(&text);
}

static void assert_has(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' is not in:\n%s", words, text);
}

static void test_summary(void **state)
{
	char *text = table("node0=1G@0 node0.cpus=0-3 node1=2G@4G cmdline='movablecore=1G'", false);

	assert_has(text, "2 nodes, 4 CPUs, 3.0 GiB in 2 ranges; map from text");
	assert_has(text, "x86_64, pages of 4 KiB, sections of 128 MiB, 52 address bits");
	assert_has(text, "command line: movablecore=1G");
	assert_has(text, "0-3");
	assert_has(text, "none"); /* the CPUs of node 1 */
	assert_has(text, "0x000000000000-0x00003fffffff");
	free(text);
}

static void test_one_of_each_is_singular(void **state)
{
	char *text = table("node0=1G@0 node0.cpus=0", false);

	assert_has(text, "1 node, 1 CPU, 1.0 GiB in 1 range;");
	free(text);
}

static void test_many_ranges(void **state)
{
	static const char machine[] = "node0=1G@0+1G@2G+1G@4G+1G@6G+1G@8G+1G@10G node0.cpus=0";
	char *text = table(machine, false);

	assert_has(text, "and 2 more, with -v");
	assert_null(strstr(text, "0x000280000000"));
	free(text);
	text = table(machine, true);
	assert_null(strstr(text, "more, with -v"));
	assert_has(text, "0x000280000000");
	free(text);
}

static void test_reserved(void **state)
{
	static const char machine[] =
		"node0=1G@0 node0.cpus=0 reserve=1M@1M reserve=512K@16M node1=1G@4G";
	struct mb_term term = {.charset = MB_FORMAT_ASCII, .table = {.indent = 2}};
	char *text = table("node0=1G@0 node0.cpus=0", true);
	struct mb_machine *host = mb_machine_new(MB_ARCH_X86_64);
	struct mb_strbuf known = {0};
	struct mb_err err = {0};

	assert_has(text, "  reserved before boot: nothing\n");
	free(text);
	text = table(machine, false);
	assert_has(text, "  reserved before boot: 1.5 MiB in 2 ranges\n");
	assert_null(strstr(text, "0x000001000000"));
	free(text);
	text = table(machine, true);
	assert_has(text, "0x000001000000-0x00000107ffff");
	free(text);
	assert_int_equal(mb_machine_add_mem(host, 0, 1 << 30, 0, MB_MEM_NONE), 0);
	free(host->source);
	host->source = strdup("/sys/firmware/memmap");
	assert_int_equal(mb_machine_finish(host, &err), 0);
	mb_machine_table_add(&known, &term, host, NULL, false);
	assert_has(mb_strbuf_text(&known),
		   "reserved before boot: nothing known (the kernel's own place needs root)\n");
	mb_strbuf_fini(&known);
	mb_machine_free(host);
}

/* With verbose, and only where somebody said so. */
static void test_distances(void **state)
{
	char *text = table("nodes=2 each=1G cpus=1 dist=10,31;21,10", true);

	assert_has(text, "distance to node");
	assert_has(text, "0:10 1:31");
	assert_has(text, "0:21 1:10");
	free(text);
	text = table("nodes=2 each=1G cpus=1 dist=10,31;21,10", false);
	assert_null(strstr(text, "distance"));
	free(text);
	text = table("nodes=2 each=1G cpus=1 dist=10,20;20,10", true);
	assert_null(strstr(text, "distance"));
	free(text);
}

/* The distances of many nodes take several lines, none of them cut. */
static void test_many_distances(void **state)
{
	struct mb_strbuf machine = {0};
	unsigned pairs = 0;
	char *text, *line, *next;

	mb_strbuf_add(&machine, "nodes=64 each=128M cpus=1 dist=");
	for (int i = 0; i < 64 * 64; i++)
		mb_strbuf_addf(&machine, "%s%d", i % 64 ? "," : i ? ";" : "", i % 65 ? 31 : 10);
	text = table(mb_strbuf_text(&machine), true);
	for (line = strstr(text, "distance to node"); line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		assert_true(strlen(line) < 80);
		for (char *at = line; (at = strchr(at, ':')); at++)
			pairs += atoi(at + 1) == 31 || atoi(at + 1) == 10;
	}
	assert_int_equal(pairs, 64 * 64);
	free(text);
	mb_strbuf_fini(&machine);
}

static void test_units(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {{4096, "4 KiB"},
		    {UINT64_C(2) << 20, "2 MiB"},
		    {UINT64_C(1) << 30, "1 GiB"},
		    {1000, "1000 B"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_strbuf buf = {0};

		mb_machine_table_add_unit(&buf, rows[i].bytes);
		assert_string_equal(mb_strbuf_text(&buf), rows[i].text);
		mb_strbuf_fini(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_one_of_each_is_singular),
		cmocka_unit_test(test_many_ranges),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_distances),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_many_distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
