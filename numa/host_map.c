/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bits.h"
#include "numa/host_map.h"

const char *const mb_host_map_binds[MB_HOST_MAP_NR_BINDS] = {
	[MB_HOST_MAP_NODE] = "node",
	[MB_HOST_MAP_SPREAD] = "spread",
};

static const struct mb_topo_node *next_with_memory(const struct mb_topo *topo, size_t *at)
{
	const struct mb_topo_node *node;

	do {
		node = &topo->nodes[*at];
		*at = (*at + 1) % topo->nr_nodes;
	} while (!node->total_bytes);
	return node;
}

static bool same_cpus(const struct mb_topo_node *a, const struct mb_topo_node *b)
{
	return a->nr_cpus == b->nr_cpus && !memcmp(a->cpus, b->cpus, a->nr_cpus * sizeof(*a->cpus));
}

static void count_sharers(struct mb_host_map *map, struct mb_host_map_node *node)
{
	for (unsigned i = 0; i < map->nr_node_ids; i++) {
		const struct mb_host_map_node *other = &map->nodes[i];

		if (!other->host || !same_cpus(node->host, other->host))
			continue;
		node->sharers++;
		node->slot += other->nid < node->nid;
	}
}

int mb_host_map_new(const struct mb_machine *machine, const struct mb_topo *topo,
		    enum mb_host_map_bind bind, struct mb_err *err, struct mb_host_map **ret_map)
{
	struct mb_host_map *map = calloc(1, sizeof(*map));
	size_t at = 0;

	if (map) {
		map->nodes = calloc(machine->nr_node_ids, sizeof(*map->nodes));
		map->owners = calloc(topo->nr_nodes, sizeof(*map->owners));
	}
	if (!map || !map->nodes || !map->owners) {
		mb_host_map_free(map);
		return MB_FAIL(err, -ENOMEM, "out of memory");
	}
	map->nr_node_ids = machine->nr_node_ids;
	map->bind = bind;
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		if (topo->nodes[i].cpu_node == topo->nodes[i].os_index)
			map->owners[map->nr_owners++] = &topo->nodes[i];
	}
	for (unsigned nid = 0; nid < map->nr_node_ids; nid++) {
		map->nodes[nid].nid = (int)nid;
		if (mb_bit_test(machine->possible, nid))
			map->nodes[nid].host = next_with_memory(topo, &at);
	}
	for (unsigned nid = 0; nid < map->nr_node_ids; nid++) {
		if (map->nodes[nid].host)
			count_sharers(map, &map->nodes[nid]);
	}
	*ret_map = map;
	return 0;
}

void mb_host_map_free(struct mb_host_map *map)
{
	if (!map)
		return;
	free(map->nodes);
	free(map->owners);
	free(map);
}

const struct mb_host_map_node *mb_host_map_find(const struct mb_host_map *map, int nid)
{
	if (nid < 0 || (unsigned)nid >= map->nr_node_ids || !map->nodes[nid].host)
		return NULL;
	return &map->nodes[nid];
}

static size_t gcd(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * Sharers take every sharers-th CPU, each from its own start, so that few workers of each use different cores. A walk of
 * that stride comes back to its start after cycle steps; one more step to the side there lets it visit all CPUs.
 */
static int walk(const struct mb_topo_node *host, const struct mb_host_map_node *node, size_t worker)
{
	size_t count = host->nr_cpus, cycle = count / gcd(node->sharers, count);

	return host->cpus[(node->slot + (worker % cycle) * node->sharers + worker / cycle) % count];
}

static int cpu_of(const struct mb_host_map *map, const struct mb_host_map_node *node, size_t worker)
{
	size_t first = 0;

	if (map->bind == MB_HOST_MAP_NODE || !map->nr_owners)
		return walk(node->host, node, worker);
	while (first < map->nr_owners && map->owners[first]->os_index != node->host->cpu_node)
		first++;
	/* At each step a host node gets the workers of one other: on nodes that are alike all CPUs are used once. */
	return walk(map->owners[(first + worker) % map->nr_owners], node, worker);
}

int mb_host_map_cpu(const struct mb_host_map *map, int nid, unsigned worker)
{
	const struct mb_host_map_node *node = mb_host_map_find(map, nid);

	return node ? cpu_of(map, node, worker) : -1;
}

static void add_cpus(const struct mb_host_map *map, const struct mb_host_map_node *node,
		     size_t nr_workers, uint64_t *cpus)
{
	for (size_t worker = 0; worker < nr_workers; worker++)
		mb_bit_set(cpus, (size_t)cpu_of(map, node, worker));
}

void mb_host_map_add_cpus(const struct mb_host_map *map, int nid, unsigned nr_workers,
			  uint64_t *cpus)
{
	const struct mb_host_map_node *node = mb_host_map_find(map, nid);

	if (node)
		add_cpus(map, node, nr_workers, cpus);
}

void mb_host_map_add_host_cpus(const struct mb_host_map *map, const struct mb_topo_node *host,
			       uint64_t *cpus)
{
	const struct mb_host_map_node alone = {.host = host, .sharers = 1};
	bool any = false;

	for (unsigned nid = 0; nid < map->nr_node_ids; nid++) {
		if (map->nodes[nid].host != host)
			continue;
		add_cpus(map, &map->nodes[nid], host->nr_cpus, cpus);
		any = true;
	}
	if (!any)
		add_cpus(map, &alone, host->nr_cpus, cpus);
}
