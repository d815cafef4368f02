/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/base/strbuf.h"
#include "numa/cgroup.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"

static void add_group(void *arg, const struct mb_sysroot *root, const struct mb_cgroup *group)
{
	(void)root;
	mb_strbuf_addf(arg, "%u %s%s\n", group->version, group->mount, group->path);
}

static void assert_groups(const char *lines, const char *controller, const char *expected)
{
	struct mb_strbuf text = {0};
	char *tree = tree_new();
	struct mb_sysroot root = {.path = tree};

	if (lines)
		tree_write(tree, "proc/self/cgroup", "%s", lines);
	assert_int_equal(mb_cgroup_each(&root, controller, add_group, &text), lines ? 0 : -ENOENT);
	assert_string_equal(mb_strbuf_text(&text), expected);
	mb_strbuf_fini(&text);
	tree_free(tree);
}

/* From the own group to the top, of both versions; what is malformed is left out. */
static void test_climb(void **state)
{
	(void)state;
	assert_groups(NULL, "memory", "");
	assert_groups("", "memory", "");
	assert_groups("4:cpu,memory:/a/b\n3:cpuset:/c\n", "memory",
		      "1 sys/fs/cgroup/memory/a/b\n"
		      "1 sys/fs/cgroup/memory/a\n"
		      "1 sys/fs/cgroup/memory\n");
	assert_groups("4:cpu,memory:/a/b\n3:cpuset:/c\n", "cpuset",
		      "1 sys/fs/cgroup/cpuset/c\n"
		      "1 sys/fs/cgroup/cpuset\n");
	assert_groups("4:cpu,memory:/a\n", "cpu",
		      "1 sys/fs/cgroup/cpu/a\n"
		      "1 sys/fs/cgroup/cpu\n"
		      "1 sys/fs/cgroup/cpu,cpuacct/a\n"
		      "1 sys/fs/cgroup/cpu,cpuacct\n");
	assert_groups("0::/s\n", "memory",
		      "2 sys/fs/cgroup/s\n"
		      "2 sys/fs/cgroup\n"
		      "2 sys/fs/cgroup/unified/s\n"
		      "2 sys/fs/cgroup/unified\n");
	assert_groups("2:memory:/\n", "memory", "1 sys/fs/cgroup/memory\n");
	assert_groups("2:memory:/../../x\n", "memory", "1 sys/fs/cgroup/memory\n");
	assert_groups("2:memory\n:\n2:mem:/a\n2:memory2:/a\n5:memory:a\n", "memory", "");
}

static void test_memory(void **state)
{
	struct mb_cgroup first = {1, "m", "/a"}, second = {2, "m", "/b"}, none = {2, "m", "/c"};
	char *tree = tree_new();
	struct mb_sysroot root = {.path = tree};
	struct mb_cgroup_memory memory;

	(void)state;
	tree_write(tree, "m/a/memory.limit_in_bytes", "9223372036854771712\n");
	tree_write(tree, "m/a/memory.usage_in_bytes", "500\n");
	tree_write(tree, "m/a/memory.stat", "inactive_file 1\ntotal_inactive_file 200\n");
	mb_cgroup_memory(&root, &first, &memory);
	assert_true(memory.limit_bytes == UINT64_MAX);
	assert_int_equal(memory.used_bytes, 300);
	tree_write(tree, "m/b/memory.max", "4096\n");
	tree_write(tree, "m/b/memory.current", "100\n");
	tree_write(tree, "m/b/memory.stat", "inactive_file 200\n");
	mb_cgroup_memory(&root, &second, &memory);
	assert_int_equal(memory.limit_bytes, 4096);
	assert_int_equal(memory.used_bytes, 0);
	tree_write(tree, "m/b/memory.max", "max\n");
	mb_cgroup_memory(&root, &second, &memory);
	assert_true(memory.limit_bytes == UINT64_MAX);
	mb_cgroup_memory(&root, &none, &memory);
	assert_true(memory.limit_bytes == UINT64_MAX);
	tree_free(tree);
}

static void test_sets(void **state)
{
	struct mb_cgroup group = {2, "c", "/a"};
	char *tree = tree_new(), *set;
	struct mb_sysroot root = {.path = tree};

	(void)state;
	assert_null(mb_cgroup_set(&root, &group, "cpus"));
	tree_write(tree, "c/a/cpuset.cpus", "0-3,8\n");
	tree_write(tree, "c/a/cpuset.mems", "\n");
	set = mb_cgroup_set(&root, &group, "cpus");
	assert_non_null(set);
	assert_string_equal(set, "0-3,8");
	free(set);
	assert_null(mb_cgroup_set(&root, &group, "mems"));
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_climb),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
