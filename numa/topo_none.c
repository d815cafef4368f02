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

/* The calling thread's CPUs. The kernel refuses masks that are too small for its CPU numbers, so the mask grows. */
static int fill_cpus(struct mb_topo_node *node)
{
	for (int nr_cpus = 1024; nr_cpus <= 1 << 20; nr_cpus *= 2) {
		size_t size = CPU_ALLOC_SIZE(nr_cpus);
		cpu_set_t *set = CPU_ALLOC(nr_cpus);
		int rc = set ? 0 : -ENOMEM;

		if (!rc && sched_getaffinity(0, size, set))
			rc = -errno;
		if (!rc) {
			node->cpus = calloc((size_t)CPU_COUNT_S(size, set), sizeof(*node->cpus));
			rc = node->cpus ? 0 : -ENOMEM;
		}
		for (int cpu = 0; !rc && cpu < nr_cpus; cpu++) {
			if (CPU_ISSET_S((size_t)cpu, size, set))
				node->cpus[node->nr_cpus++] = cpu;
		}
		CPU_FREE(set);
		if (rc != -EINVAL)
			return rc;
	}
	return -EINVAL;
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
	size_t nr_nodes = count_host_nodes();

	if (nr_nodes > 1)
		mb_topo_lacks(topo, MB_TOPO_NODES, -ENOTSUP,
			      WHY ": the host's %zu nodes are not told apart", nr_nodes);
	mb_topo_lacks(topo, MB_TOPO_CORES, -ENOTSUP, WHY);
	mb_topo_lacks(topo, MB_TOPO_PAGE_SIZES, -ENOTSUP, WHY ": only the base page is known");
	if (nr_nodes > 1)
		mb_topo_lacks(topo, MB_TOPO_DISTANCES, -ENOTSUP, WHY);
}

static int fill(struct mb_topo *topo, struct mb_err *err)
{
	struct mb_topo_node *node = topo->nodes = calloc(1, sizeof(*topo->nodes));
	int rc;

	topo->distance = calloc(1, sizeof(*topo->distance));
	if (!node || !topo->distance)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	topo->nr_nodes = 1;
	topo->this_system = true;
	topo->distance[0] = 10;
	topo->page_sizes[topo->nr_page_sizes++] = (uint64_t)sysconf(_SC_PAGESIZE);
	rc = fill_cpus(node);
	if (rc)
		return MB_FAIL(err, rc, "the CPUs of this process cannot be read");
	topo->nr_cpus = (unsigned)node->nr_cpus;
	fill_status(topo);
	return mb_topo_finish(topo, err);
}

int mb_topo_new(struct mb_err *err, struct mb_topo **ret_topo)
{
	struct mb_topo *topo = calloc(1, sizeof(*topo));
	int rc;

	if (!topo)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	rc = fill(topo, err);
	if (rc) {
		mb_topo_free(topo);
		return rc;
	}
	*ret_topo = topo;
	return 0;
}
