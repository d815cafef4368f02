/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "numa/meminfo.h"
#include "numa/sysroot_file.h"
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
	return topo->nr_host_nodes == 1 && !topo->parts[MB_TOPO_NODES].code;
}

const char *mb_topo_use_reason(enum mb_topo_use use)
{
	static const char *const reasons[MB_TOPO_NR_USES] = {
		[MB_TOPO_USED] = "works",
		[MB_TOPO_OFFLINE] = "offline",
		[MB_TOPO_HIDDEN] = "offline, or not allowed",
		[MB_TOPO_NOT_ALLOWED] = "not allowed to this process (cpuset)",
		[MB_TOPO_NOT_BOUND] = "outside of this process's affinity (taskset)",
		[MB_TOPO_NOT_WANTED] = "not asked for",
		[MB_TOPO_SIBLING] = "SMT is off, and its core works already",
	};

	return reasons[use];
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
	if (topo->parts[MB_TOPO_NODES].code || mb_topo_single(topo))
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

/* --- which CPUs work --- */

static int by_number(const void *a, const void *b)
{
	const struct mb_topo_cpu *x = a, *y = b;

	return (x->os_index > y->os_index) - (x->os_index < y->os_index);
}

static struct mb_topo_cpu *find_cpu(const struct mb_topo *topo, int os_index)
{
	const struct mb_topo_cpu key = {.os_index = os_index};

	return topo->nr_listed ? bsearch(&key, topo->cpus, topo->nr_listed, sizeof(key), by_number)
			       : NULL;
}

/* CPUs of this system that the library does not show: offline, or another group's. */
static int add_hidden_cpus(struct mb_topo *topo)
{
	static const struct mb_sysroot root = {.path = "/"};
	uint64_t present[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	uint64_t online[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	struct mb_topo_cpu *cpus;
	size_t count = topo->nr_listed;

	if (!topo->this_system || mb_sysroot_file_list(&root, MB_TOPO_MAX_CPUS, present,
						       "sys/devices/system/cpu/present"))
		return 0;
	mb_sysroot_file_list(&root, MB_TOPO_MAX_CPUS, online, "sys/devices/system/cpu/online");
	cpus = realloc(topo->cpus, (count + MB_TOPO_MAX_CPUS) * sizeof(*cpus));
	if (!cpus)
		return -ENOMEM;
	topo->cpus = cpus;
	for (int cpu = 0; cpu < MB_TOPO_MAX_CPUS; cpu++) {
		if (!mb_bit_test(present, (size_t)cpu) || find_cpu(topo, cpu))
			continue;
		cpus[count++] = (struct mb_topo_cpu){
			.os_index = cpu,
			.core = -1,
			.package = -1,
			.use = mb_bit_test(online, (size_t)cpu) ? MB_TOPO_NOT_ALLOWED
								: MB_TOPO_OFFLINE,
		};
	}
	topo->nr_listed = count;
	qsort(topo->cpus, topo->nr_listed, sizeof(*topo->cpus), by_number);
	return 0;
}

/* A CPU that was asked for and cannot work is an error, not one CPU less. */
static int apply_list(struct mb_topo *topo, const uint64_t *list, struct mb_err *err)
{
	for (int i = 0; i < MB_TOPO_MAX_CPUS; i++) {
		const struct mb_topo_cpu *cpu = find_cpu(topo, i);

		if (!mb_bit_test(list, (size_t)i) || (cpu && cpu->use == MB_TOPO_USED))
			continue;
		return MB_FAIL(err, -ENXIO, "CPU %d cannot be used: %s", i,
			       cpu ? mb_topo_use_reason(cpu->use) : "there is none of this number");
	}
	for (size_t i = 0; i < topo->nr_listed; i++) {
		struct mb_topo_cpu *cpu = &topo->cpus[i];

		if (cpu->use == MB_TOPO_USED && !mb_bit_test(list, (size_t)cpu->os_index))
			cpu->use = MB_TOPO_NOT_WANTED;
	}
	return 0;
}

/* Numbers the usable PUs of each core, by CPU number. */
static int number_siblings(struct mb_topo *topo, bool no_smt)
{
	unsigned *seen MB_FREE = NULL;
	int nr_cores = 0;

	for (size_t i = 0; i < topo->nr_listed; i++)
		nr_cores = (int)mb_max(nr_cores, topo->cpus[i].core + 1);
	seen = calloc((size_t)nr_cores + 1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < topo->nr_listed; i++) {
		struct mb_topo_cpu *cpu = &topo->cpus[i];

		if (cpu->use != MB_TOPO_USED || cpu->core < 0)
			continue;
		cpu->sibling = seen[cpu->core]++;
		if (cpu->sibling && no_smt)
			cpu->use = MB_TOPO_SIBLING;
	}
	return 0;
}

/* Different numbers among a field of the CPUs that work; 0: not known. */
static unsigned count_distinct(const struct mb_topo *topo, size_t field)
{
	unsigned count = 0;

	for (size_t i = 0; i < topo->nr_listed; i++) {
		int value = *(const int *)((const char *)&topo->cpus[i] + field);
		bool seen = value < 0 || topo->cpus[i].use != MB_TOPO_USED;

		for (size_t k = 0; k < i && !seen; k++)
			seen = topo->cpus[k].use == MB_TOPO_USED &&
			       value == *(const int *)((const char *)&topo->cpus[k] + field);
		count += !seen;
	}
	return count;
}

static int choose_cpus(struct mb_topo *topo, const struct mb_topo_want *want, struct mb_err *err)
{
	int rc = 0;

	if (topo->nr_listed)
		qsort(topo->cpus, topo->nr_listed, sizeof(*topo->cpus), by_number);
	if (add_hidden_cpus(topo))
		return MB_FAIL(err, -ENOMEM, "out of memory");
	if (want && want->cpus)
		rc = apply_list(topo, want->cpus, err);
	if (!rc && want && want->no_smt && topo->parts[MB_TOPO_CORES].code)
		rc = MB_FAIL(err, -ENOTSUP, "the CPUs of a core are not known: %s",
			     topo->parts[MB_TOPO_CORES].reason);
	if (!rc && number_siblings(topo, want && want->no_smt))
		rc = MB_FAIL(err, -ENOMEM, "out of memory");
	topo->nr_packages = count_distinct(topo, offsetof(struct mb_topo_cpu, package));
	topo->nr_cores = count_distinct(topo, offsetof(struct mb_topo_cpu, core));
	topo->nr_cpus = count_distinct(topo, offsetof(struct mb_topo_cpu, os_index));
	return rc;
}

/* --- CPUs of nodes --- */

/* One PU of each core first. */
static int by_core(const void *a, const void *b, void *arg)
{
	const struct mb_topo_cpu *x = find_cpu(arg, *(const int *)a);
	const struct mb_topo_cpu *y = find_cpu(arg, *(const int *)b);

	if (x->sibling != y->sibling)
		return x->sibling < y->sibling ? -1 : 1;
	if (x->core != y->core)
		return x->core < y->core ? -1 : 1;
	return by_number(x, y);
}

/* Of its CPUs a node keeps those that work. */
static void keep_usable(struct mb_topo *topo, struct mb_topo_node *node)
{
	size_t count = 0;

	node->nr_cores = 0;
	for (size_t i = 0; i < node->nr_cpus; i++) {
		const struct mb_topo_cpu *cpu = find_cpu(topo, node->cpus[i]);

		if (!cpu || cpu->use != MB_TOPO_USED)
			continue;
		node->cpus[count++] = cpu->os_index;
		node->nr_cores += !cpu->sibling;
	}
	node->nr_cpus = count;
	if (count)
		qsort_r(node->cpus, count, sizeof(*node->cpus), by_core, topo);
}

static bool is_nearer(const struct mb_topo *topo, size_t from, size_t to, size_t best)
{
	return best == topo->nr_nodes ||
	       mb_topo_distance(topo, from, to) < mb_topo_distance(topo, from, best);
}

/* A cpuset may have the CPUs of one node and the memory of another. */
static int take_all(struct mb_topo *topo, struct mb_topo_node *node)
{
	int *cpus;

	if (!topo->nr_cpus)
		return -ENODEV;
	cpus = realloc(node->cpus, topo->nr_listed * sizeof(*cpus));
	if (!cpus)
		return -ENOMEM;
	node->cpus = cpus;
	node->nr_cpus = topo->nr_listed;
	for (size_t i = 0; i < topo->nr_listed; i++)
		cpus[i] = topo->cpus[i].os_index;
	keep_usable(topo, node);
	node->cpu_node = MB_TOPO_ELSEWHERE;
	return 0;
}

static bool has_cpu_of(const struct mb_topo_node *node, const struct mb_topo_node *owner)
{
	for (size_t i = 0; i < node->nr_cpus; i++)
		for (size_t k = 0; k < owner->nr_cpus; k++)
			if (node->cpus[i] == owner->cpus[k])
				return true;
	return false;
}

/* A bare node's CPUs, which the library has given it, are of the nearest node that owns any of them. */
static void find_owner(struct mb_topo *topo, size_t of)
{
	struct mb_topo_node *node = &topo->nodes[of];
	size_t best = topo->nr_nodes;

	for (size_t i = 0; i < topo->nr_nodes; i++) {
		if (!topo->nodes[i].bare && has_cpu_of(node, &topo->nodes[i]) &&
		    is_nearer(topo, of, i, best))
			best = i;
	}
	node->cpu_node = best < topo->nr_nodes ? topo->nodes[best].os_index : MB_TOPO_ELSEWHERE;
}

static int lend_cpus(struct mb_topo *topo, size_t to)
{
	struct mb_topo_node *node = &topo->nodes[to];
	const struct mb_topo_node *lender;
	size_t best = topo->nr_nodes;
	int *cpus;

	for (size_t i = 0; i < topo->nr_nodes; i++) {
		bool own = topo->nodes[i].nr_cpus &&
			   topo->nodes[i].cpu_node == topo->nodes[i].os_index;

		if (own && is_nearer(topo, to, i, best))
			best = i;
	}
	if (best == topo->nr_nodes)
		return take_all(topo, node);
	lender = &topo->nodes[best];
	cpus = realloc(node->cpus, lender->nr_cpus * sizeof(*cpus));
	if (!cpus)
		return -ENOMEM;
	memcpy(cpus, lender->cpus, lender->nr_cpus * sizeof(*cpus));
	node->cpus = cpus;
	node->nr_cpus = lender->nr_cpus;
	node->nr_cores = lender->nr_cores;
	node->cpu_node = lender->os_index;
	return 0;
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
	static const struct mb_sysroot live = {.path = "/"};
	static const char *const paths[] = {"sys/class/dmi/id/product_name",
					    "sys/firmware/devicetree/base/model"};
	struct utsname name;

	for (size_t i = 0; topo->this_system && !topo->machine && i < MB_ARRAY_SIZE(paths); i++)
		mb_sysroot_file_first(&live, &topo->machine, "%s", paths[i]);
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

int mb_topo_finish(struct mb_topo *topo, const struct mb_topo_want *want, struct mb_err *err)
{
	uint64_t total_bytes = 0;
	int rc = choose_cpus(topo, want, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		fill_memory(topo, &topo->nodes[i]);
		keep_usable(topo, &topo->nodes[i]);
		total_bytes += topo->nodes[i].total_bytes;
	}
	if (!total_bytes)
		return MB_FAIL(err, -ENODEV, "%s",
			       topo->this_system ? "no memory node of the host is usable"
						 : "none of its nodes has memory");
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		if (topo->nodes[i].bare)
			find_owner(topo, i);
	}
	for (size_t i = 0; i < topo->nr_nodes && !rc; i++) {
		if (!topo->nodes[i].nr_cpus)
			rc = lend_cpus(topo, i);
	}
	if (rc == -ENODEV)
		return MB_FAIL(err, rc, "%s",
			       topo->this_system ? "no CPU of the host is usable"
						 : "none of its CPUs can work");
	if (!rc)
		rc = name_machine(topo);
	if (rc)
		return MB_FAIL(err, rc, "out of memory");
	return 0;
}

int mb_topo_new_want(const struct mb_topo_want *want, struct mb_err *err, struct mb_topo **ret_topo)
{
	struct mb_topo *topo = calloc(1, sizeof(*topo));
	int rc;

	if (!topo)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	rc = mb_topo_fill(topo, want ? want->source : NULL, err);
	if (!rc)
		rc = mb_topo_finish(topo, want, err);
	if (rc) {
		mb_topo_free(topo);
		return rc;
	}
	*ret_topo = topo;
	return 0;
}

int mb_topo_new(struct mb_err *err, struct mb_topo **ret_topo)
{
	return mb_topo_new_want(NULL, err, ret_topo);
}

void mb_topo_free(struct mb_topo *topo)
{
	if (!topo)
		return;
	for (size_t i = 0; i < topo->nr_nodes; i++)
		free(topo->nodes[i].cpus);
	free(topo->nodes);
	free(topo->cpus);
	free(topo->distance);
	free(topo->machine);
	free(topo->cpu_model);
	mb_topo_free_handle(topo->handle);
	free(topo);
}
