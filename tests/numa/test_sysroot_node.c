/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "numa/sysroot_node.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

#define NODES "sys/devices/system/node/"
#define BLOCK (128 * MB_MIB)

static struct mb_sysroot_node *read_tree(const char *tree)
{
	struct mb_sysroot_node *node = calloc(1, sizeof(*node));

	assert_non_null(node);
	assert_int_equal(mb_sysroot_node_read(tree_root(tree), node), 0);
	return node;
}

static void node_free(struct mb_sysroot_node *node)
{
	mb_sysroot_node_fini(node);
	free(node);
}

/* Asserts the owner at addr and where its part ends. */
static void assert_owner(const struct mb_sysroot_node *node, mb_phys_t addr, int nid,
			 mb_phys_t until)
{
	mb_phys_t end = 0;

	assert_int_equal(mb_sysroot_node_owner(node, addr, &end), nid);
	assert_int_equal(end, until);
}

static void two_nodes(const char *tree)
{
	tree_write(tree, NODES "possible", "0-1\n");
	tree_write(tree, NODES "online", "0-1\n");
	tree_write(tree, NODES "node0/cpulist", "0-1\n");
	tree_write(tree, NODES "node1/cpulist", "2-3\n");
}

static void zone(FILE *file, int nid, unsigned long long start_pfn, unsigned long long spanned)
{
	fprintf(file,
		"Node %d, zone   Normal\n  pages free 1\n        spanned  %llu\n        present  1\n",
		nid, spanned);
	fprintf(file, "        managed  100\n  pagesets\n    cpu: 0\n  start_pfn:           %llu\n",
		start_pfn);
}

/* Zones as (node, first page, pages), ended by a node of -1. */
static void write_zones(const char *tree, const long long (*zones)[3])
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	for (; (*zones)[0] >= 0; zones++)
		zone(file, (int)(*zones)[0], (unsigned long long)(*zones)[1],
		     (unsigned long long)(*zones)[2]);
	fclose(file);
	tree_write(tree, "proc/zoneinfo", "%s", text);
	free(text);
}

/* A kernel without NUMA. */
static void test_no_nodes(void **state)
{
	static const char *const lists[] = {"sys/devices/system/cpu/online",
					    "sys/devices/system/cpu/possible"};
	char *tree = tree_new();
	struct mb_sysroot_node *node = read_tree(tree);

	assert_int_equal(node->nr_online, 1);
	assert_int_equal(node->first_online, 0);
	assert_int_equal(node->nr_cpus, 0);
	assert_true(mb_sysroot_node_known(node));
	assert_owner(node, 5 * MB_GIB, 0, MB_PHYS_MAX);
	node_free(node);
	for (size_t i = 0; i < MB_ARRAY_SIZE(lists); i++) {
		tree_write(tree, lists[i], "0-%zu\n", 2 + i);
		node = read_tree(tree);
		assert_int_equal(node->nr_cpus, 3 + i);
		assert_int_equal(node->cpu_node[2], 0);
		node_free(node);
	}
	tree_free(tree);
	node = read_tree("/");
	assert_true(node->nr_cpus > 0);
	node_free(node);
}

/*
 * Nodes 0, 4 and 5 are online, 7 is possible; CPU 2 is offline, node 4 has no CPU, and what a list
 * repeats counts once.
 */
static void test_nodes_and_cpus(void **state)
{
	static const int cpu_node[] = {0, 0, 0, 5, 5};
	char *tree = tree_new();
	struct mb_machine *machine = mb_machine_new(MB_ARCH_X86_64);
	struct mb_sysroot_node *node;

	assert_non_null(machine);
	tree_write(tree, NODES "possible", "0,4,7\n");
	tree_write(tree, NODES "online", "0,4-5\n");
	tree_write(tree, NODES "node0/cpulist", "0-1\n");
	tree_write(tree, NODES "node4/cpulist", "\n");
	tree_write(tree, NODES "node5/cpulist", "1,3-4\n");
	tree_write(tree, NODES "node0/distance", "10 17 300\n");
	tree_write(tree, NODES "node4/distance", "17 10\n");
	tree_write(tree, NODES "node5/distance", "28 x 10\n");
	node = read_tree(tree);
	assert_int_equal(node->nr_online, 3);
	assert_false(mb_sysroot_node_known(node));
	assert_int_equal(mb_sysroot_node_apply(tree_root(tree), node, machine), 0);
	assert_int_equal(machine->nr_node_ids, 8);
	for (int nid = 0; nid < 9; nid++)
		assert_int_equal(mb_machine_node_possible(machine, nid),
				 nid == 0 || nid == 4 || nid == 5 || nid == 7);
	assert_int_equal(machine->nr_cpus, MB_ARRAY_SIZE(cpu_node));
	assert_memory_equal(machine->cpu_node, cpu_node, sizeof(cpu_node));
	/* Too far is as far as can be; rows that are too short or no numbers are left out. */
	assert_int_equal(machine->distance[0 * 8 + 4], 17);
	assert_int_equal(machine->distance[0 * 8 + 5], 254);
	assert_int_equal(machine->distance[4 * 8 + 0], 0);
	assert_int_equal(machine->distance[5 * 8 + 0], 0);
	node_free(node);
	mb_machine_free(machine);
	tree_free(tree);
}

/*
 * block    0  1  2  3  4  5  6
 * node     0  0  .  1  0+1 . 1        a live tree: links named memoryN
 */
static void test_blocks(void **state)
{
	static const char *const links[] = {
		"node0/memory0", "node0/memory1", "node0/memory4",        "node1/memory3",
		"node1/memory4", "node1/memory6", "node1/memory_failure", "node1/memory",
	};
	char *tree = tree_new(), path[128];
	struct mb_sysroot_node *node;

	two_nodes(tree);
	for (size_t i = 0; i < MB_ARRAY_SIZE(links); i++) {
		snprintf(path, sizeof(path), NODES "%s", links[i]);
		tree_mkdir(tree, path);
	}
	node = read_tree(tree);
	assert_int_equal(node->nr_blocks, 0); /* of unknown size */
	node_free(node);
	tree_write(tree, "sys/devices/system/memory/block_size_bytes", "8000000\n");
	node = read_tree(tree);
	assert_true(mb_sysroot_node_known(node));
	assert_int_equal(node->nr_blocks, 6);
	assert_owner(node, 5, 0, BLOCK);
	assert_owner(node, BLOCK, 0, 2 * BLOCK);
	assert_owner(node, 2 * BLOCK + 5, 0, 3 * BLOCK); /* as the one below */
	assert_owner(node, 4 * BLOCK - 1, 1, 4 * BLOCK);
	assert_owner(node, 4 * BLOCK, 1, 5 * BLOCK); /* shared, and nothing tells where */
	assert_owner(node, 5 * BLOCK, 1, 6 * BLOCK);
	assert_owner(node, 7 * BLOCK, 1, MB_PHYS_MAX);
	assert_owner(node, UINT64_MAX - 1, 1, MB_PHYS_MAX);
	node_free(node);
	tree_free(tree);
}

/* Blocks below the first one take its node; the captured form. */
static void test_blocks_of_a_capture(void **state)
{
	char *tree = tree_new();
	struct mb_sysroot_node *node;

	two_nodes(tree);
	tree_write(tree, "sys/devices/system/memory/block_size_bytes", "0x8000000\n");
	tree_write(tree, NODES "node0/memory_blocks",
		   "memory12 memory8 memory_failure memory 9 memory1x\n");
	tree_write(tree, NODES "node1/memory_blocks", "memory3\nmemory7\n");
	node = read_tree(tree);
	assert_int_equal(node->nr_blocks, 4);
	assert_owner(node, 0, 1, 3 * BLOCK);
	assert_owner(node, 7 * BLOCK, 1, 8 * BLOCK);
	assert_owner(node, 8 * BLOCK, 0, 9 * BLOCK);
	assert_owner(node, 9 * BLOCK, 0, 12 * BLOCK);
	node_free(node);
	tree_free(tree);
}

/*
 * A block that two nodes share is cut where their zones meet; node 0, whose zone spans node 1's
 * memory, gets only what is around it.
 *
 * MiB       0         128       256       384       512
 * blocks    |    0    |   0+1   |   0+1   |    0    |
 * zones     00000000000000000000000000000000000000000
 *                          1111111111
 * owner     00000000000000011111111110000000000000000
 */
static void test_shared_blocks(void **state)
{
	static const long long zones[][3] = {{1, 192 * 256, 128 * 256},
					     {0, 0, 512 * 256},
					     {1, 0, 0},
					     {5, 200 * 256, 256},
					     {-1, 0, 0}};
	char *tree = tree_new();
	struct mb_sysroot_node *node;

	two_nodes(tree);
	tree_write(tree, "sys/devices/system/memory/block_size_bytes", "8000000\n");
	tree_write(tree, NODES "node0/memory_blocks", "memory0 memory1 memory2 memory3 memory1\n");
	tree_write(tree, NODES "node1/memory_blocks", "memory1 memory2\n");
	write_zones(tree, zones);
	node = read_tree(tree);
	assert_int_equal(node->nr_spans, 3);
	assert_int_equal(node->nr_blocks, 6);
	assert_owner(node, 0, 0, BLOCK);
	assert_owner(node, BLOCK, 0, 192 * MB_MIB);
	assert_owner(node, 192 * MB_MIB, 1, 2 * BLOCK);
	assert_owner(node, 2 * BLOCK, 1, 320 * MB_MIB);
	assert_owner(node, 320 * MB_MIB, 0, 3 * BLOCK);
	node_free(node);
	tree_free(tree);
}

/*
 * Without blocks the zones decide; what is in none takes the one below, else the one above. Pages
 * may be larger.
 */
static void test_zones(void **state)
{
	static const long long zones[][3] = {{0, 256, 1000}, {1, 2000, 1000}, {-1, 0, 0}};
	char *tree = tree_new();
	struct mb_sysroot_node *node;

	two_nodes(tree);
	write_zones(tree, zones);
	node = read_tree(tree);
	assert_true(mb_sysroot_node_known(node));
	assert_int_equal(node->managed_pages, 200);
	assert_owner(node, 0, 0, 256 << 12);
	assert_owner(node, 256 << 12, 0, 1256 << 12);
	assert_owner(node, 1300 << 12, 0, 2000 << 12);
	assert_owner(node, 2000 << 12, 1, 3000 << 12);
	assert_owner(node, 3000 << 12, 1, MB_PHYS_MAX);
	node->page_shift = 16;
	assert_owner(node, 2000 << 16, 1, 3000 << 16);
	node_free(node);
	tree_write(tree, "proc/zoneinfo",
		   "  spanned 5\n  start_pfn: 1\nNode x, zone DMA\n spanned 5\n start_pfn: 1\n"
		   "Node 1, zone DMA\n spanned 18446744073709551615\n start_pfn: 1\n");
	node = read_tree(tree);
	assert_int_equal(node->nr_spans, 0);
	assert_false(mb_sysroot_node_known(node));
	node_free(node);
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_nodes),      cmocka_unit_test(test_nodes_and_cpus),
		cmocka_unit_test(test_blocks),        cmocka_unit_test(test_blocks_of_a_capture),
		cmocka_unit_test(test_shared_blocks), cmocka_unit_test(test_zones),
	};

	return cmocka_run_group_tests_name("sysroot_node", tests, NULL, NULL);
}
