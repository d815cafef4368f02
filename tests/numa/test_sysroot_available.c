/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "numa/sysroot.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

#define CGROUP "sys/fs/cgroup/"

static void assert_available(const char *tree, uint64_t bytes, const char *source)
{
	const char *found = NULL;
	struct mb_err err = {0};
	uint64_t value = 0;

	if (mb_sysroot_available(tree_root(tree), &err, &value, &found))
		fail_msg("%s", err.text);
	assert_int_equal(value, bytes);
	assert_string_equal(found, source);
	assert_int_equal(mb_sysroot_available(tree_root(tree), NULL, &value, NULL), 0);
}

static void test_meminfo(void **state)
{
	struct mb_err err = {0};
	char *tree = tree_new();
	uint64_t bytes = 7;

	assert_int_equal(mb_sysroot_available(tree_root(tree), &err, &bytes, NULL), -ENOENT);
	assert_non_null(strstr(err.text, "/proc/meminfo"));
	tree_write(tree, "proc/meminfo", "Nothing: 1 kB\n");
	assert_int_equal(mb_sysroot_available(tree_root(tree), NULL, &bytes, NULL), -ENOENT);
	assert_int_equal(bytes, 7);
	tree_write(tree, "proc/meminfo", "MemTotal: 900 kB\nMemFree: 400 kB\n");
	assert_available(tree, 400 * MB_KIB, "MemAvailable");
	tree_write(tree, "proc/meminfo",
		   "MemTotal: 900 kB\nMemFree: 400 kB\nMemAvailable: 600 kB\n");
	assert_available(tree, 600 * MB_KIB, "MemAvailable");
	tree_free(tree);
}

/* The tightest of a group and those above it counts, wherever it is. */
static void test_version2(void **state)
{
	char *tree = tree_new();

	tree_write(tree, "proc/meminfo", "MemAvailable: 1000 kB\n");
	tree_write(tree, "proc/self/cgroup", "0::/a/b\n");
	tree_write(tree, CGROUP "a/b/memory.max", "max\n");
	tree_write(tree, CGROUP "a/b/memory.current", "1024\n");
	assert_available(tree, 1000 * MB_KIB, "MemAvailable");
	tree_write(tree, CGROUP "a/memory.max", "%llu\n", 900 * 1024ull);
	tree_write(tree, CGROUP "a/memory.current", "%llu\n", 300 * 1024ull);
	assert_available(tree, 600 * MB_KIB, "cgroup");
	tree_write(tree, CGROUP "a/memory.stat", "anon 5\ninactive_file %llu\n", 100 * 1024ull);
	assert_available(tree, 700 * MB_KIB, "cgroup");
	tree_write(tree, CGROUP "memory.max", "%llu\n", 500 * 1024ull);
	assert_available(tree, 500 * MB_KIB, "cgroup");
	tree_write(tree, CGROUP "a/b/memory.max", "1024\n");
	tree_write(tree, CGROUP "a/b/memory.current", "4096\n");
	assert_available(tree, 0, "cgroup");
	tree_free(tree);
}

/* Version 1 and 2 side by side; lines of other controllers and of none are not followed. */
static void test_version1(void **state)
{
	char *tree = tree_new();

	tree_write(tree, "proc/meminfo", "MemAvailable: 1000 kB\n");
	tree_write(
		tree, "proc/self/cgroup",
		"9:name=systemd:/x\n8:memory2,amemory:/x\n4:cpu,memory,pids:/a/b\n3\n2:memory\n0::/c\n");
	tree_write(tree, CGROUP "memory/x/memory.limit_in_bytes", "1\n");
	assert_available(tree, 1000 * MB_KIB, "MemAvailable");
	tree_write(tree, CGROUP "memory/a/memory.limit_in_bytes", "9223372036854771712\n");
	tree_write(tree, CGROUP "memory/a/memory.usage_in_bytes", "5\n");
	assert_available(tree, 1000 * MB_KIB, "MemAvailable");
	tree_write(tree, CGROUP "memory/a/b/memory.limit_in_bytes", "%llu\n", 800 * 1024ull);
	tree_write(tree, CGROUP "memory/a/b/memory.usage_in_bytes", "%llu\n", 200 * 1024ull);
	tree_write(tree, CGROUP "memory/a/b/memory.stat",
		   "inactive_file 4096\ntotal_inactive_file %llu\n", 50 * 1024ull);
	assert_available(tree, 650 * MB_KIB, "cgroup");
	tree_write(tree, CGROUP "unified/c/memory.max", "%llu\n", 10 * 1024ull);
	assert_available(tree, 10 * MB_KIB, "cgroup");
	tree_free(tree);
}

/* A container sees its own group as the top, whatever path the process has outside. */
static void test_container(void **state)
{
	static const char *const paths[] = {"0::/\n", "0::/docker/0123\n", "0::/../x\n"};
	char *tree = tree_new();

	tree_write(tree, "proc/meminfo", "MemAvailable: 1000 kB\n");
	tree_write(tree, CGROUP "memory.max", "%llu\n", 70 * 1024ull);
	tree_write(tree, "sys/fs/x/memory.max", "1\n");
	for (size_t i = 0; i < MB_ARRAY_SIZE(paths); i++) {
		tree_write(tree, "proc/self/cgroup", "%s", paths[i]);
		assert_available(tree, 70 * MB_KIB, "cgroup");
	}
	tree_free(tree);
}

static void write_node(const char *tree, int nid, unsigned free_kib)
{
	char path[64];

	snprintf(path, sizeof(path), "sys/devices/system/node/node%d/meminfo", nid);
	tree_write(tree, path,
		   "Node %d MemTotal: 9000 kB\nNode %d MemFree: %u kB\n"
		   "Node %d Active(file): 60 kB\nNode %d Inactive(file): 40 kB\n",
		   nid, nid, free_kib, nid, nid);
}

/* Nodes 0, 2 and 3 have memory; the cpuset's own count, with half of their file cache. */
static void test_cpuset(void **state)
{
	static const struct {
		const char *allowed;
		uint64_t kib;
		const char *source;
	} rows[] = {
		{"0-7", 6000, "MemAvailable"}, {"0,2-3", 6000, "MemAvailable"},
		{"3", 850, "cpuset"},          {"1,3", 850, "cpuset"},
		{"0,3", 1900, "cpuset"},       {"2-3", 5900, "cpuset"},
		{"0,2", 6000, "MemAvailable"}, {"nonsense", 6000, "MemAvailable"},
	};
	char *tree = tree_new();

	tree_write(tree, "proc/meminfo", "MemAvailable: 6000 kB\n");
	tree_write(tree, "proc/self/status", "Name:\tx\nMems_allowed_list:\t3\n");
	assert_available(tree, 6000 * MB_KIB, "MemAvailable");
	tree_write(tree, "sys/devices/system/node/has_memory", "0,2-3\n");
	assert_available(tree, 6000 * MB_KIB, "MemAvailable");
	write_node(tree, 0, 1000);
	write_node(tree, 2, 5000);
	write_node(tree, 3, 800);
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		tree_write(tree, "proc/self/status",
			   "Name:\tx\nMems_allowed:\tff\nMems_allowed_list:\t%s\nSeccomp:\t0\n",
			   rows[i].allowed);
		assert_available(tree, rows[i].kib * MB_KIB, rows[i].source);
	}
	tree_write(tree, "proc/self/status", "Mems_allowed_list:\t3\n");
	tree_write(tree, "proc/self/cgroup", "0::/\n");
	tree_write(tree, CGROUP "memory.max", "%llu\n", 70 * 1024ull);
	assert_available(tree, 70 * MB_KIB, "cgroup");
	tree_free(tree);
}

static void test_live(void **state)
{
	const char *source = NULL;
	uint64_t bytes = 0;

	assert_int_equal(mb_sysroot_available(tree_root("/"), NULL, &bytes, &source), 0);
	assert_true(bytes > 0);
	assert_non_null(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meminfo),  cmocka_unit_test(test_version2),
		cmocka_unit_test(test_version1), cmocka_unit_test(test_container),
		cmocka_unit_test(test_cpuset),   cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests_name("sysroot_available", tests, NULL, NULL);
}
