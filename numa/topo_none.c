/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <glob.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "numa/topo.h"

/* Without hwloc: the whole host as one node, in the kernel's order of CPUs. */

#define WHY "built without hwloc (libhwloc-dev)"

const char *mb_topo_version(void)
{
	return "none";
}

void mb_topo_free_handle(void *handle)
{
	(void)handle;
}

/* The calling thread's CPUs. The kernel refuses masks that are too small for its CPU numbers. */
static int fill_cpus(struct mb_topo *topo, struct mb_topo_node *node)
{
	cpu_set_t set[MB_TOPO_MAX_CPUS / CPU_SETSIZE] = {0};
	size_t count;

	if (sched_getaffinity(0, sizeof(set), set))
		return -errno;
	count = (size_t)CPU_COUNT_S(sizeof(set), set);
	topo->cpus = calloc(count, sizeof(*topo->cpus));
	node->cpus = calloc(count, sizeof(*node->cpus));
	if (!topo->cpus || !node->cpus)
		return -ENOMEM;
	for (int cpu = 0; cpu < MB_TOPO_MAX_CPUS; cpu++) {
		if (!CPU_ISSET_S((size_t)cpu, sizeof(set), set))
			continue;
		topo->cpus[topo->nr_listed++] =
			(struct mb_topo_cpu){.os_index = cpu, .core = -1, .package = -1};
		node->cpus[node->nr_cpus++] = cpu;
	}
	return 0;
}

static size_t count_host_nodes(void)
{
	glob_t found = {0};
	size_t count = 1;

	if (!glob("/sys/devices/system/node/node[0-9]*", 0, NULL, &found))
		count = found.gl_pathc;
	globfree(&found);
	return count;
}

static void fill_status(struct mb_topo *topo)
{
	size_t nr_nodes = topo->nr_host_nodes = count_host_nodes();

	if (nr_nodes > 1)
		mb_topo_lacks(topo, MB_TOPO_NODES, -ENOTSUP,
			      WHY ": the host's %zu nodes are not told apart", nr_nodes);
	mb_topo_lacks(topo, MB_TOPO_CORES, -ENOTSUP, WHY);
	mb_topo_lacks(topo, MB_TOPO_PAGE_SIZES, -ENOTSUP, WHY ": only the base page is known");
	if (nr_nodes > 1)
		mb_topo_lacks(topo, MB_TOPO_DISTANCES, -ENOTSUP, WHY);
}

int mb_topo_fill(struct mb_topo *topo, const char *source, struct mb_err *err)
{
	struct mb_topo_node *node;
	int rc;

	if (source)
		return MB_FAIL(err, -ENOTSUP, WHY ": no other machine can be described");
	node = topo->nodes = calloc(1, sizeof(*topo->nodes));
	topo->distance = calloc(1, sizeof(*topo->distance));
	if (!node || !topo->distance)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	topo->nr_nodes = 1;
	topo->this_system = true;
	topo->distance[0] = 10;
	topo->page_sizes[topo->nr_page_sizes++] = (uint64_t)sysconf(_SC_PAGESIZE);
	rc = fill_cpus(topo, node);
	if (rc)
		return MB_FAIL(err, rc, "the CPUs of this process cannot be read");
	fill_status(topo);
	return 0;
}
