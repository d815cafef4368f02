/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "numa/meminfo.h"
#include "numa/topo.h"

static const char *const part_names[MB_TOPO_NR_PARTS] = {
	[MB_TOPO_NODES] = "nodes",         [MB_TOPO_CORES] = "cores",
	[MB_TOPO_DISTANCES] = "distances", [MB_TOPO_PAGE_SIZES] = "page sizes",
	[MB_TOPO_BINDING] = "binding",
};

const char *mb_topo_part_name(enum mb_topo_part part)
{
	return part_names[part];
}

unsigned mb_topo_distance(const struct mb_topo *topo, size_t from, size_t to)
{
	return topo->distance[from * topo->nr_nodes + to];
}

const struct mb_topo_node *mb_topo_find(const struct mb_topo *topo, int os_index)
{
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		if (topo->nodes[i].os_index == os_index)
			return &topo->nodes[i];
	}
	return NULL;
}

bool mb_topo_single(const struct mb_topo *topo)
{
	return topo->nr_nodes == 1 && !topo->parts[MB_TOPO_NODES].code;
}

void mb_topo_lacks(struct mb_topo *topo, enum mb_topo_part part, int code, const char *reason, ...)
{
	struct mb_topo_status *status = &topo->parts[part];
	va_list args;

	status->code = code;
	va_start(args, reason);
	vsnprintf(status->reason, sizeof(status->reason), reason, args);
	va_end(args);
}

/*
 * The only node of a host is the whole host, also where sysfs says less of it: a kernel that
 * initialises its memory on demand counts there only what it has reached so far.
 */
void mb_topo_meminfo(const struct mb_topo *topo, const struct mb_topo_node *node,
		     struct mb_meminfo *ret_info)
{
	if (!topo->this_system)
		return;
	if (topo->parts[MB_TOPO_NODES].code || topo->nr_nodes == 1)
		mb_meminfo_host(ret_info);
	else
		mb_meminfo_node(node->os_index, ret_info);
}

/* A description of another machine has no free memory to ask for: all of it counts as free. */
static void fill_memory(struct mb_topo *topo, struct mb_topo_node *node)
{
	struct mb_meminfo info = {node->total_bytes, node->total_bytes, node->total_bytes};

	mb_topo_meminfo(topo, node, &info);
	node->total_bytes = info.total_bytes;
	node->free_bytes = info.free_bytes;
	node->available_bytes = info.available_bytes;
}

static bool is_nearer(const struct mb_topo *topo, size_t from, size_t to, size_t best)
{
	return best == topo->nr_nodes ||
	       mb_topo_distance(topo, from, to) < mb_topo_distance(topo, from, best);
}

static int lend_cpus(struct mb_topo *topo, size_t to)
{
	struct mb_topo_node *node = &topo->nodes[to];
	size_t best = topo->nr_nodes;

	for (size_t i = 0; i < topo->nr_nodes; i++) {
		bool own = topo->nodes[i].nr_cpus &&
			   topo->nodes[i].cpu_node == topo->nodes[i].os_index;

		if (own && is_nearer(topo, to, i, best))
			best = i;
	}
	if (best == topo->nr_nodes)
		return -ENODEV;
	node->cpus = calloc(topo->nodes[best].nr_cpus, sizeof(*node->cpus));
	if (!node->cpus)
		return -ENOMEM;
	node->nr_cpus = topo->nodes[best].nr_cpus;
	memcpy(node->cpus, topo->nodes[best].cpus, node->nr_cpus * sizeof(*node->cpus));
	node->cpu_node = topo->nodes[best].os_index;
	return 0;
}

/* First line of a file without its line end; NULL when there is none. The caller frees it. */
static char *read_line(const char *path)
{
	MB_FCLOSE FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!file || getline(&line, &size, file) <= 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* The value of x86's "model name" in /proc/cpuinfo; other architectures have no such line. */
static char *read_cpu_model(void)
{
	MB_FCLOSE FILE *file = fopen("/proc/cpuinfo", "re");
	MB_FREE char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		const char *value = strchr(line, ':');

		if (strncmp(line, "model name", strlen("model name")) || !value)
			continue;
		line[strcspn(line, "\n")] = '\0';
		return strdup(value + strspn(value, ": "));
	}
	return NULL;
}

static int name_machine(struct mb_topo *topo)
{
	struct utsname name;

	if (topo->this_system && !topo->machine)
		topo->machine = read_line("/sys/class/dmi/id/product_name");
	if (topo->this_system && !topo->machine)
		topo->machine = read_line("/sys/firmware/devicetree/base/model");
	if (topo->this_system && !topo->cpu_model)
		topo->cpu_model = read_cpu_model();
	if (topo->this_system && !topo->cpu_model && !uname(&name))
		topo->cpu_model = strdup(name.machine);
	if (!topo->machine)
		topo->machine = strdup("");
	if (!topo->cpu_model)
		topo->cpu_model = strdup("");
	return topo->machine && topo->cpu_model ? 0 : -ENOMEM;
}

int mb_topo_finish(struct mb_topo *topo, struct mb_err *err)
{
	uint64_t total_bytes = 0;
	int rc = 0;

	for (size_t i = 0; i < topo->nr_nodes; i++) {
		fill_memory(topo, &topo->nodes[i]);
		total_bytes += topo->nodes[i].total_bytes;
	}
	if (!total_bytes)
		return MB_FAIL(err, -ENODEV, "no memory node of the host is usable");
	for (size_t i = 0; i < topo->nr_nodes && !rc; i++) {
		if (!topo->nodes[i].nr_cpus)
			rc = lend_cpus(topo, i);
	}
	if (rc == -ENODEV)
		return MB_FAIL(err, rc, "no CPU of the host is usable");
	if (!rc)
		rc = name_machine(topo);
	if (rc)
		return MB_FAIL(err, rc, "out of memory");
	return 0;
}

void mb_topo_free(struct mb_topo *topo)
{
	if (!topo)
		return;
	for (size_t i = 0; i < topo->nr_nodes; i++)
		free(topo->nodes[i].cpus);
	free(topo->nodes);
	free(topo->distance);
	free(topo->machine);
	free(topo->cpu_model);
	mb_topo_free_handle(topo->handle);
	free(topo);
}
