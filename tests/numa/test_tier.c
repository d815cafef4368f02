/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "numa/tier.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"

/* Nodes 0 and 1 are fast, node 2 is slow and has no CPUs, of node 3 nothing is said. */
static void test_tiers(void **state)
{
	char *tree = tree_new();
	struct mb_sysroot root = {.path = tree};

	(void)state;
	assert_int_equal(mb_tier_of(&root, 0), -ENOENT);
	tree_write(tree, "sys/devices/virtual/memory_tiering/memory_tier4/nodelist", "0-1\n");
	tree_write(tree, "sys/devices/virtual/memory_tiering/memory_tier22/nodelist", "2\n");
	tree_write(tree, "sys/devices/virtual/memory_tiering/memory_tier30/nodelist", "many\n");
	tree_write(tree, "sys/devices/virtual/memory_tiering/uevent", "\n");
	assert_int_equal(mb_tier_of(&root, 0), 4);
	assert_int_equal(mb_tier_of(&root, 1), 4);
	assert_int_equal(mb_tier_of(&root, 2), 22);
	assert_int_equal(mb_tier_of(&root, 3), -ENOENT);
	assert_int_equal(mb_tier_of(&root, -1), -ENOENT);
	assert_int_equal(mb_tier_of(&root, 1 << 20), -ENOENT);
	tree_free(tree);
}

static void test_nodes_without_cpus(void **state)
{
	char *tree = tree_new();
	struct mb_sysroot root = {.path = tree};

	(void)state;
	tree_write(tree, "sys/devices/system/node/node0/cpulist", "0-3\n");
	tree_write(tree, "sys/devices/system/node/node2/cpulist", "\n");
	assert_false(mb_tier_without_cpus(&root, 0));
	assert_true(mb_tier_without_cpus(&root, 2));
	assert_false(mb_tier_without_cpus(&root, 3));
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tiers),
		cmocka_unit_test(test_nodes_without_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
