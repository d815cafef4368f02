/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_NODE_H
#define MB_NUMA_SYSROOT_NODE_H

#include "core/base/bits.h"
#include "core/machine.h"
#include "numa/sysroot_open.h"

/* A memory block of sysfs, and one of the nodes that list it. */
struct mb_sysroot_block {
	uint64_t number;
	int nid;
};

/* The span of a populated zone, in pages. */
struct mb_sysroot_span {
	mb_pfn_t start_pfn, end_pfn;
	int nid;
};

/*
 * Nodes, CPUs and what tells a range's node, as a tree has them. Zero-initialise; the caller ends
 * it with mb_sysroot_node_fini(). A kernel without NUMA has no node folder: that is one node 0 with
 * all CPUs.
 */
struct mb_sysroot_node {
	uint64_t possible[MB_BITMAP_WORDS(MB_MAX_NODES)], online[MB_BITMAP_WORDS(MB_MAX_NODES)];
	unsigned nr_online;
	int first_online;
	int16_t cpu_node[MB_MACHINE_MAX_CPUS];
	unsigned nr_cpus; /* cpu_node is MB_NO_NODE for those below it that no list has */

	uint64_t block_bytes;            /* 0: no blocks */
	struct mb_sysroot_block *blocks; /* by number, then node */
	size_t nr_blocks;
	struct mb_sysroot_span *spans; /* in order of proc/zoneinfo */
	size_t nr_spans;
	uint64_t managed_pages; /* of all zones */
	unsigned page_shift;    /* of the spans: 12, unless the caller knows better */
};

/* Reads all of it. 0 or -ENOMEM; what is missing stays empty. */
int mb_sysroot_node_read(const struct mb_sysroot *root, struct mb_sysroot_node *node);

/*
 * The node of the byte at addr; *ret_until is the address, above addr, up to which the answer
 * holds.
 */
int mb_sysroot_node_owner(const struct mb_sysroot_node *node, mb_phys_t addr, mb_phys_t *ret_until);

/* Whether something tells the nodes apart: there is one alone, or there are blocks or zones. */
bool mb_sysroot_node_known(const struct mb_sysroot_node *node);

/* Makes nodes, CPUs and distances known to the machine. 0, -ENOMEM, -ERANGE: too many CPUs. */
int mb_sysroot_node_apply(const struct mb_sysroot *root, const struct mb_sysroot_node *node,
			  struct mb_machine *machine);

void mb_sysroot_node_fini(struct mb_sysroot_node *node);

#endif
