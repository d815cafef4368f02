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
#include "numa/sysroot_srat.h"

/* A SRAT line from page to page. */
struct line {
	unsigned first, end;
	int nid;
	const char *what;
};

/* Memory [1, 9), [16, 256) and [512, 1024) in MiB becomes the text "start-end node[+]" in MiB. */
static void check(const struct line *lines, size_t count, int result, const char *want)
{
	static const unsigned memory[][2] = {{1, 9}, {16, 256}, {512, 1024}};
	struct mb_sysroot_map map = {.source = "x"};
	struct mb_strbuf text = {0}, got = {0};
	struct mb_kernlog *log;

	for (size_t i = 0; i < count; i++)
		mb_strbuf_addf(&text, "ACPI: SRAT: Node %d PXM 0 [mem %#llx-%#llx]%s\n",
			       lines[i].nid, lines[i].first * MB_MIB + 0ULL,
			       lines[i].end * MB_MIB - 1ULL, lines[i].what ? lines[i].what : "");
	assert_int_equal(mb_kernlog_parse(mb_strbuf_text(&text), text.length, &log), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(memory); i++)
		mb_sysroot_map_add(&map, memory[i][0] * MB_MIB, memory[i][1] * MB_MIB, MB_NO_NODE,
				   MB_MEM_NONE);
	assert_int_equal(mb_sysroot_srat_tag(log, &map), result);
	assert_string_equal(map.source, "x");
	for (size_t i = 0; i < map.count; i++)
		mb_strbuf_addf(&got, "%s%llu-%llu %d%s", i ? ", " : "",
			       (unsigned long long)(map.mem[i].start / MB_MIB),
			       (unsigned long long)(map.mem[i].end / MB_MIB), map.mem[i].nid,
			       map.mem[i].flags ? "+" : "");
	assert_string_equal(mb_strbuf_text(&got), want);
	mb_sysroot_map_fini(&map);
	mb_strbuf_fini(&text);
	mb_strbuf_fini(&got);
	mb_kernlog_free(log);
}

#define CHECK(result, want, ...)                  \
	check((const struct line[]){__VA_ARGS__}, \
	      sizeof((struct line[]){__VA_ARGS__}) / sizeof(struct line), result, want)

static const char untagged[] = "1-9 -1, 16-256 -1, 512-1024 -1";

static void test_simple(void **state)
{
	check(NULL, 0, 0, untagged);
	CHECK(1, "1-9 0, 16-128 0, 128-256 1, 512-1024 1", {0, 128, 0, ""}, {128, 1024, 1, ""});
	/* Joined lines leave a cut that adding to memblock heals. */
	CHECK(1, "1-9 0, 16-256 0, 512-1024 0", {0, 10, 0, ""}, {12, 1024, 0, ""});
	CHECK(1, "1-9 0, 16-256 0, 512-1024 1+", {0, 256, 0, ""}, {512, 1024, 1, " hotplug"});
}

/* A hole between two lines of a node takes the memory in it along, unless another node is there. */
static void test_joined(void **state)
{
	CHECK(1, "1-9 3, 16-64 3, 64-128 3, 128-256 3, 512-1024 3", {0, 64, 3, ""},
	      {128, 1024, 3, ""});
	CHECK(0, untagged, {0, 64, 3, ""}, {128, 256, 3, ""}, {512, 1024, 1, ""},
	      {100, 140, 1, ""});
	CHECK(1, "1-9 3, 16-64 3, 64-128 1, 128-256 3, 512-1024 3", {0, 64, 3, ""},
	      {64, 128, 1, ""}, {128, 1024, 3, ""});
}

/* Lines without memory are set aside; so they hinder no joining. */
static void test_without_memory(void **state)
{
	CHECK(1, "1-9 0, 16-256 0, 512-1024 0", {0, 256, 0, ""}, {300, 400, 1, ""},
	      {512, 1024, 0, ""}, {2048, 4096, 2, ""});
	CHECK(0, untagged, {300, 400, 1, ""});
}

/* A kernel that cannot believe its SRAT does without. */
static void test_refused(void **state)
{
	CHECK(0, untagged, {0, 512, 0, ""}, {128, 1024, 1, ""});
	CHECK(0, untagged, {0, 64, 0, ""}, {128, 256, 1, ""}, {512, 1024, 1, ""});
}

/* The kernel has room for two lines a possible node. */
static void test_too_many(void **state)
{
	static struct line lines[2 * MB_MAX_NODES + 1];

	for (size_t i = 0; i < MB_ARRAY_SIZE(lines); i++)
		lines[i] = (struct line){i ? 1 : 0, 1024, 0, ""};
	check(lines, MB_ARRAY_SIZE(lines), 0, untagged);
	check(lines, MB_ARRAY_SIZE(lines) - 1, 1, "1-9 0, 16-256 0, 512-1024 0");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simple),         cmocka_unit_test(test_joined),
		cmocka_unit_test(test_without_memory), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
