/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_NUMA_NUMA_TEST_H
#define MB_TESTS_NUMA_NUMA_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/bits.h"
#include "core/machine.h"
#include "numa/place.h"
#include "numa/topo.h"
#include "tests/seed.h"

/* What the tests of numa/ share. They run on hosts of any shape; what a host lacks is skipped with the reason. */

static inline struct mb_topo *new_topo(void)
{
	struct mb_topo *topo = NULL;
	struct mb_err err = {0};

	if (mb_topo_new(&err, &topo))
		fail_msg("%s", err.text);
	return topo;
}

/* The host's topology for one test; the tests of a file that take it as their state use these two. */
static inline int setup_topo(void **state)
{
	*state = new_topo();
	return 0;
}

static inline int teardown_topo(void **state)
{
	mb_topo_free(*state);
	return 0;
}

/* A node with memory. */
static inline const struct mb_topo_node *first_memory_node(const struct mb_topo *topo)
{
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		if (topo->nodes[i].total_bytes)
			return &topo->nodes[i];
	}
	fail_msg("no node has memory");
	return NULL;
}

/* Skips the test where this build, kernel or container cannot bind memory. */
static inline void need_placement(const struct mb_topo *topo)
{
	size_t bytes = topo->page_sizes[0];
	void *page = aligned_alloc(bytes, bytes);
	struct mb_place_count count;
	struct mb_err err = {0};
	int rc;

	assert_non_null(page);
	memset(page, 1, bytes);
	rc = mb_place_bind(topo, page, bytes, first_memory_node(topo)->os_index, &err);
	if (!rc)
		rc = mb_place_count(topo, page, bytes, first_memory_node(topo)->os_index, &count,
				    &err);
	free(page);
	if (rc) {
		print_message("skipped: %s\n", err.text);
		skip();
	}
}

/* A machine with these nodes possible and nothing else: what the mapping needs. */
static inline struct mb_machine machine_of(uint64_t nodes)
{
	return (struct mb_machine){.nr_node_ids = mb_fls64(nodes), .possible = {nodes}};
}

/* A topology made by hand, of another machine; each node is a package with its own cores. Freed with mb_topo_free(). */
static inline struct mb_topo *fake_topo(size_t nr_nodes, size_t cpus_per_node)
{
	struct mb_topo *topo = calloc(1, sizeof(*topo));
	int cpu = 0;

	assert_non_null(topo);
	topo->nr_nodes = topo->nr_host_nodes = nr_nodes;
	topo->nodes = calloc(nr_nodes, sizeof(*topo->nodes));
	topo->cpus = calloc(nr_nodes * cpus_per_node + 1, sizeof(*topo->cpus));
	assert_non_null(topo->cpus);
	topo->distance = calloc(nr_nodes * nr_nodes, sizeof(*topo->distance));
	assert_non_null(topo->nodes);
	assert_non_null(topo->distance);
	for (size_t i = 0; i < nr_nodes * nr_nodes; i++)
		topo->distance[i] = i % (nr_nodes + 1) ? 20 : 10;
	for (size_t i = 0; i < nr_nodes; i++) {
		struct mb_topo_node *node = &topo->nodes[i];

		node->os_index = node->cpu_node = (int)i;
		node->total_bytes = 1 << 30;
		node->nr_cpus = cpus_per_node;
		node->cpus = cpus_per_node ? calloc(cpus_per_node, sizeof(*node->cpus)) : NULL;
		node->nr_cores = cpus_per_node;
		for (size_t j = 0; j < cpus_per_node; j++, cpu++) {
			topo->cpus[topo->nr_listed++] = (struct mb_topo_cpu){
				.os_index = cpu, .core = cpu, .package = (int)i};
			node->cpus[j] = cpu;
		}
	}
	topo->page_sizes[topo->nr_page_sizes++] = 4096;
	return topo;
}

/* The seed of a random test: MB_SEED or a fixed one, always printed. */
static inline uint64_t test_seed(void)
{
	return seed_or(20240607);
}

#endif
