/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_HOST_MAP_H
#define MB_NUMA_HOST_MAP_H

#include "core/machine.h"
#include "numa/topo.h"

/*
 * Which host node stands for which simulated node: the possible nodes of the machine take the host's nodes with memory
 * in order, and start over when there are more of them. Read-only once made.
 */

/* Whose CPUs work for a node. Its memory is on its host node either way. */
enum mb_host_map_bind {
	MB_HOST_MAP_NODE,   /* those of its host node */
	MB_HOST_MAP_SPREAD, /* those of all host nodes in turn, beginning with its own */
	MB_HOST_MAP_NR_BINDS,
};

/* "node", "spread": what options take and results say. */
extern const char *const mb_host_map_binds[MB_HOST_MAP_NR_BINDS];

struct mb_host_map_node {
	int nid;
	const struct mb_topo_node *host; /* NULL: the machine has no such node */
	/*
	 * Simulated nodes whose workers use the same CPUs, and which of them this one is: their workers start at different
	 * CPUs and spread over all.
	 */
	unsigned sharers, slot;
};

struct mb_host_map {
	struct mb_host_map_node *nodes; /* by nid */
	unsigned nr_node_ids;
	enum mb_host_map_bind bind;
	const struct mb_topo_node **owners; /* host nodes with CPUs of their own */
	size_t nr_owners;
};

/* Borrows the topology. 0 or -ENOMEM with err; the caller frees the map with mb_host_map_free(). */
int mb_host_map_new(const struct mb_machine *machine, const struct mb_topo *topo,
		    enum mb_host_map_bind bind, struct mb_err *err, struct mb_host_map **ret_map);

void mb_host_map_free(struct mb_host_map *map);

/* NULL when the machine has no such node. */
const struct mb_host_map_node *mb_host_map_find(const struct mb_host_map *map, int nid);

/*
 * Host CPU for the node's worker of this index: the first ones get a core each, and with as many workers as CPUs each
 * has one of its own (with spread, on host nodes that are alike). -1 when the machine has no such node.
 */
int mb_host_map_cpu(const struct mb_host_map *map, int nid, unsigned worker);

/* Sets the CPUs of the node's first workers in a map of MB_TOPO_MAX_CPUS bits. */
void mb_host_map_add_cpus(const struct mb_host_map *map, int nid, unsigned nr_workers,
			  uint64_t *cpus);

/* The same for the nodes that a host node stands for, or would, with as many workers each as CPUs that may work for it. */
void mb_host_map_add_host_cpus(const struct mb_host_map *map, const struct mb_topo_node *host,
			       uint64_t *cpus);

#endif
