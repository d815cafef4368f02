/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "numa/tier.h"
#include "numa/topo.h"

/*
 * The topology as hwloc sees it. hwloc honours cpusets and, when told by HWLOC_XMLFILE or HWLOC_SYNTHETIC, describes
 * another machine: then nothing may be bound (its binding calls would return success and do nothing).
 */

const char *mb_topo_version(void)
{
	return "hwloc " HWLOC_VERSION;
}

void mb_topo_free_handle(void *handle)
{
	if (handle)
		hwloc_topology_destroy(handle);
}

#define MAX_SOURCE_BYTES (64 << 20) /* of an XML file */

/*
 * Numbers of a synthetic text are how many of a level each object above has; those in brackets are attributes and memory. hwloc
 * takes the square of a level's width in time.
 */
#define MAX_WIDTH 1024

static int check_text(const char *text, struct mb_err *err)
{
	unsigned long long count = 1, width;
	int depth = 0;

	for (const char *at = text; *at; at++) {
		char before = at == text ? ' ' : at[-1], *end;

		depth += (*at == '(' || *at == '[') - (*at == ')' || *at == ']');
		if (depth || !isdigit((unsigned char)*at) ||
		    (before != ':' && !isspace((unsigned char)before)))
			continue;
		width = strtoull(at, &end, 0);
		if (width > MAX_WIDTH)
			return MB_FAIL(err, -EINVAL,
				       "has %llu objects of a level below one; the most is %d",
				       width, MAX_WIDTH);
		count *= width;
		if (count > MB_TOPO_MAX_CPUS)
			return MB_FAIL(err, -EINVAL, "has more than %d CPUs", MB_TOPO_MAX_CPUS);
		at = end - 1;
	}
	return 0;
}

/* A name of a file is one that exists or ends so; anything else is text. */
static int set_source(hwloc_topology_t topology, const char *source, struct mb_err *err)
{
	size_t length = strlen(source);
	bool named = length > 4 && strcmp(source + length - 4, ".xml") == 0;
	struct stat info;

	if (stat(source, &info)) {
		if (named)
			return MB_FAIL(err, -EINVAL, "%s", strerror(errno));
		if (check_text(source, err))
			return -EINVAL;
		if (hwloc_topology_set_synthetic(topology, source))
			return MB_FAIL(err, -EINVAL,
				       "is neither a file nor a text such as 'node:4 core:2 pu:2'");
		return 0;
	}
	if (!S_ISREG(info.st_mode) || info.st_size > MAX_SOURCE_BYTES)
		return MB_FAIL(err, -EINVAL, "is no hwloc XML file");
	if (hwloc_topology_set_xml(topology, source))
		return MB_FAIL(err, -EINVAL, "is no hwloc XML file: %s", strerror(errno));
	return 0;
}

/* Which of hwloc's variables makes it describe another machine: the one that counts when there are several; NULL: none. */
static const char *find_variable(void)
{
	static const char *const names[] = {"HWLOC_XMLFILE", "HWLOC_SYNTHETIC", "HWLOC_CPUID_PATH",
					    "HWLOC_FSROOT", "HWLOC_THISSYSTEM"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(names); i++)
		if (getenv(names[i]))
			return names[i];
	return NULL;
}

static void lacks_binding(struct mb_topo *topo, const char *source)
{
	const char *variable = source ? NULL : find_variable();

	if (variable)
		mb_topo_lacks(topo, MB_TOPO_BINDING, -ENOTSUP,
			      "the topology describes another machine; unset %s", variable);
	else
		mb_topo_lacks(topo, MB_TOPO_BINDING, -ENOTSUP,
			      "the topology describes another machine");
}

static int load(struct mb_topo *topo, const char *source, struct mb_err *err)
{
	int rc;

	hwloc_topology_t topology;

	if (hwloc_topology_init(&topology))
		return MB_FAIL(err, -ENOMEM, "hwloc cannot start");
	topo->handle = topology;
	rc = source ? set_source(topology, source, err) : 0;
	if (rc)
		return rc;
	hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
	if (hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING) ||
	    hwloc_topology_load(topology))
		return MB_FAIL(err, source ? -EINVAL : -errno, "hwloc cannot read the topology%s%s",
			       source ? "" : ": ", source ? "" : strerror(errno));
	topo->this_system = !source && hwloc_topology_is_thissystem(topology);
	if (!topo->this_system)
		lacks_binding(topo, source);
	else if (!hwloc_topology_get_support(topology)->cpubind->set_thisthread_cpubind)
		mb_topo_lacks(topo, MB_TOPO_BINDING, -ENOTSUP, "this system cannot bind threads");
	return 0;
}

/* A file may have any number; Linux has none above these. */
static int check_numbers(const struct mb_topo *topo, struct mb_err *err)
{
	static const struct {
		hwloc_obj_type_t type;
		const char *name;
		unsigned limit;
	} rows[] = {{HWLOC_OBJ_PU, "CPU", MB_TOPO_MAX_CPUS},
		    {HWLOC_OBJ_NUMANODE, "node", MB_MAX_NODES}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		hwloc_obj_t obj = NULL;

		while ((obj = hwloc_get_next_obj_by_type(topo->handle, rows[i].type, obj))) {
			if (obj->os_index >= rows[i].limit)
				return MB_FAIL(err, -EINVAL,
					       "has a %s of number %u; the largest is %u",
					       rows[i].name, obj->os_index, rows[i].limit - 1);
		}
	}
	return 0;
}

/*
 * Numbers objects in the order in which their PUs come. hwloc's own numbers are of a depth, and where cores differ (one with a
 * CPU offline) they are at several depths.
 */
struct numbers {
	hwloc_obj_t last;
	int last_number; /* one too high, so that 0 is the start */
};

/* The number of the PU's ancestor of that type; -1: it has none. */
static int number_above(struct numbers *numbers, hwloc_obj_t pu, hwloc_obj_type_t type)
{
	hwloc_obj_t obj = pu->parent;

	while (obj && obj->type != type)
		obj = obj->parent;
	if (!obj)
		return -1;
	if (obj != numbers->last)
		numbers->last_number++;
	numbers->last = obj;
	return numbers->last_number - 1;
}

/* CPUs of another machine that are there and that hwloc does not show; this system's own come from the kernel. */
static void add_hidden(struct mb_topo *topo)
{
	hwloc_const_bitmap_t all = hwloc_topology_get_complete_cpuset(topo->handle);
	hwloc_const_bitmap_t shown = hwloc_get_root_obj(topo->handle)->cpuset;

	for (int cpu = -1; !topo->this_system && (cpu = hwloc_bitmap_next(all, cpu)) >= 0;) {
		if (cpu < MB_TOPO_MAX_CPUS && !hwloc_bitmap_isset(shown, (unsigned)cpu))
			topo->cpus[topo->nr_listed++] = (struct mb_topo_cpu){
				.os_index = cpu, .core = -1, .package = -1, .use = MB_TOPO_HIDDEN};
	}
}

/* At most MB_TOPO_MAX_CPUS more than hwloc shows. */
static size_t count_cpus(const struct mb_topo *topo)
{
	int count = hwloc_get_nbobjs_by_type(topo->handle, HWLOC_OBJ_PU);

	return (size_t)mb_max(count, 0) + (topo->this_system ? 1 : MB_TOPO_MAX_CPUS);
}

/*
 * All PUs that hwloc shows. It leaves out what is offline or not allowed; its flag for the thread's own CPUs needs a
 * topology of this system and shows nothing else, so that cut is made here.
 */
static int fill_cpus(struct mb_topo *topo)
{
	hwloc_bitmap_t bound = hwloc_bitmap_alloc();
	struct numbers cores = {0}, packages = {0};
	hwloc_obj_t pu = NULL;

	topo->cpus = calloc(count_cpus(topo), sizeof(*topo->cpus));
	if (!bound || !topo->cpus) {
		hwloc_bitmap_free(bound);
		return -ENOMEM;
	}
	if (!topo->this_system || hwloc_get_cpubind(topo->handle, bound, HWLOC_CPUBIND_THREAD))
		hwloc_bitmap_fill(bound);
	while ((pu = hwloc_get_next_obj_by_type(topo->handle, HWLOC_OBJ_PU, pu))) {
		topo->cpus[topo->nr_listed++] = (struct mb_topo_cpu){
			.os_index = (int)pu->os_index,
			.core = number_above(&cores, pu, HWLOC_OBJ_CORE),
			.package = number_above(&packages, pu, HWLOC_OBJ_PACKAGE),
			.use = hwloc_bitmap_isset(bound, pu->os_index) ? MB_TOPO_USED
								       : MB_TOPO_NOT_BOUND,
		};
	}
	hwloc_bitmap_free(bound);
	add_hidden(topo);
	if (!cores.last)
		mb_topo_lacks(topo, MB_TOPO_CORES, -ENOTSUP,
			      topo->this_system
				      ? "the kernel shows no cores"
				      : "it describes none, as 'node:2 core:4 pu:2' does");
	return 0;
}

static void add_page_size(struct mb_topo *topo, uint64_t bytes)
{
	size_t at = 0;

	while (at < topo->nr_page_sizes && topo->page_sizes[at] < bytes)
		at++;
	if (!bytes || topo->nr_page_sizes == MB_TOPO_MAX_PAGE_SIZES ||
	    (at < topo->nr_page_sizes && topo->page_sizes[at] == bytes))
		return;
	memmove(&topo->page_sizes[at + 1], &topo->page_sizes[at],
		(topo->nr_page_sizes - at) * sizeof(topo->page_sizes[0]));
	topo->page_sizes[at] = bytes;
	topo->nr_page_sizes++;
}

/* The best that any CPU gets, 0 when the firmware does not say. */
static uint64_t read_attribute(const struct mb_topo *topo, hwloc_obj_t node, hwloc_memattr_id_t id)
{
	struct hwloc_location best;
	hwloc_uint64_t value;

	if (hwloc_memattr_get_best_initiator(topo->handle, id, node, 0, &best, &value))
		return 0;
	return value;
}

static void add_cache(struct mb_topo *topo, hwloc_obj_t obj)
{
	static const char types[] = {[HWLOC_OBJ_CACHE_UNIFIED] = 'u',
				     [HWLOC_OBJ_CACHE_DATA] = 'd',
				     [HWLOC_OBJ_CACHE_INSTRUCTION] = 'i'};
	struct mb_topo_cache cache = {
		.level = obj->attr->cache.depth,
		.type = types[obj->attr->cache.type],
		.bytes = obj->attr->cache.size,
		.count = 1,
		.cpus = (unsigned)hwloc_bitmap_weight(obj->cpuset),
	};

	for (size_t i = 0; i < topo->nr_caches; i++) {
		struct mb_topo_cache *other = &topo->caches[i];

		if (other->level == cache.level && other->type == cache.type &&
		    other->bytes == cache.bytes && other->cpus == cache.cpus) {
			other->count++;
			return;
		}
	}
	if (topo->nr_caches < MB_TOPO_MAX_CACHES)
		topo->caches[topo->nr_caches++] = cache;
}

static void fill_caches(struct mb_topo *topo)
{
	static const hwloc_obj_type_t types[] = {
		HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L2ICACHE,
		HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L3ICACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE,
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		hwloc_obj_t obj = NULL;

		while ((obj = hwloc_get_next_obj_by_type(topo->handle, types[i], obj)))
			add_cache(topo, obj);
	}
}

static int fill_node(struct mb_topo *topo, struct mb_topo_node *node, hwloc_obj_t obj)
{
	int cpu = -1;

	node->os_index = node->cpu_node = (int)obj->os_index;
	node->total_bytes = obj->attr->numanode.local_memory;
	node->bandwidth_mib_s = read_attribute(topo, obj, HWLOC_MEMATTR_ID_BANDWIDTH);
	node->latency_ns = read_attribute(topo, obj, HWLOC_MEMATTR_ID_LATENCY);
	snprintf(node->kind, sizeof(node->kind), "%s", obj->subtype ? obj->subtype : "");
	for (unsigned i = 0; i < obj->attr->numanode.page_types_len; i++)
		add_page_size(topo, obj->attr->numanode.page_types[i].size);
	node->cpus = calloc((size_t)hwloc_bitmap_weight(obj->cpuset) + 1, sizeof(*node->cpus));
	if (!node->cpus)
		return -ENOMEM;
	while ((cpu = hwloc_bitmap_next(obj->cpuset, cpu)) >= 0)
		node->cpus[node->nr_cpus++] = cpu;
	return 0;
}

static int by_os_index(const void *a, const void *b)
{
	const struct mb_topo_node *x = a, *y = b;

	return (x->os_index > y->os_index) - (x->os_index < y->os_index);
}

/* Fewest CPUs first. */
static int by_locality(const void *a, const void *b)
{
	const struct mb_topo_node *const *x = a, *const *y = b;

	if ((*x)->nr_cpus != (*y)->nr_cpus)
		return (*x)->nr_cpus < (*y)->nr_cpus ? -1 : 1;
	return by_os_index(*x, *y);
}

/*
 * A CPU belongs to one node. Where nodes share CPUs, those without their own have been given the nearest ones, and come after
 * the others: Linux says which in sysfs, a description does not.
 */
static int mark_bare(struct mb_topo *topo)
{
	static const struct mb_sysroot live = {.path = "/"};
	struct mb_topo_node **order = calloc(topo->nr_nodes + 1, sizeof(struct mb_topo_node *));
	uint64_t owned[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < topo->nr_nodes; i++)
		order[i] = &topo->nodes[i];
	qsort(order, topo->nr_nodes, sizeof(struct mb_topo_node *), by_locality);
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		struct mb_topo_node *node = order[i];

		node->bare = true;
		for (size_t k = 0; k < node->nr_cpus; k++) {
			node->bare &= mb_bit_test(owned, (size_t)node->cpus[k]);
			mb_bit_set(owned, (size_t)node->cpus[k]);
		}
		if (topo->this_system)
			node->bare = mb_tier_without_cpus(&live, node->os_index);
	}
	free(order);
	return 0;
}

static int fill_nodes(struct mb_topo *topo)
{
	int count = hwloc_get_nbobjs_by_type(topo->handle, HWLOC_OBJ_NUMANODE);
	hwloc_obj_t obj = NULL;
	int rc = 0;

	topo->nodes = calloc(count > 0 ? (size_t)count : 1, sizeof(*topo->nodes));
	if (!topo->nodes)
		return -ENOMEM;
	add_page_size(topo, (uint64_t)sysconf(_SC_PAGESIZE));
	while (!rc && (obj = hwloc_get_next_obj_by_type(topo->handle, HWLOC_OBJ_NUMANODE, obj)))
		rc = fill_node(topo, &topo->nodes[topo->nr_nodes++], obj);
	qsort(topo->nodes, topo->nr_nodes, sizeof(*topo->nodes), by_os_index);
	topo->nr_host_nodes =
		(size_t)hwloc_bitmap_weight(hwloc_topology_get_complete_nodeset(topo->handle));
	return rc ? rc : mark_bare(topo);
}

static void copy_distances(struct mb_topo *topo, struct hwloc_distances_s *from)
{
	for (unsigned i = 0; i < from->nbobjs * from->nbobjs; i++) {
		hwloc_obj_t a = from->objs[i / from->nbobjs], b = from->objs[i % from->nbobjs];
		const struct mb_topo_node *x = a ? mb_topo_find(topo, (int)a->os_index) : NULL;
		const struct mb_topo_node *y = b ? mb_topo_find(topo, (int)b->os_index) : NULL;

		if (x && y)
			topo->distance[(size_t)(x - topo->nodes) * topo->nr_nodes +
				       (size_t)(y - topo->nodes)] = (unsigned)from->values[i];
	}
}

static int fill_distances(struct mb_topo *topo)
{
	struct hwloc_distances_s *found = NULL;
	unsigned count = 1;

	topo->distance = calloc(topo->nr_nodes * topo->nr_nodes, sizeof(*topo->distance));
	if (!topo->distance)
		return -ENOMEM;
	for (size_t i = 0; i < topo->nr_nodes * topo->nr_nodes; i++)
		topo->distance[i] = i % (topo->nr_nodes + 1) ? 20 : 10;
	if (topo->nr_nodes < 2)
		return 0;
	if (hwloc_distances_get_by_name(topo->handle, "NUMALatency", &count, &found, 0) || !count) {
		mb_topo_lacks(topo, MB_TOPO_DISTANCES, -ENOTSUP,
			      "the firmware gives none: 10 and 20 are taken");
		return 0;
	}
	copy_distances(topo, found);
	hwloc_distances_release(topo->handle, found);
	return 0;
}

static const char *find_info(hwloc_obj_t obj, const char *name)
{
	const char *value = obj ? hwloc_obj_get_info_by_name(obj, name) : NULL;

	return value && *value ? value : NULL;
}

static int fill_names(struct mb_topo *topo)
{
	hwloc_obj_t root = hwloc_get_root_obj(topo->handle);
	hwloc_obj_t package = hwloc_get_obj_by_type(topo->handle, HWLOC_OBJ_PACKAGE, 0);
	const char *machine = find_info(root, "DMIProductName");
	const char *model = find_info(package, "CPUModel");

	if (!model)
		model = find_info(root, "CPUModel");
	if (machine)
		topo->machine = strdup(machine);
	if (model)
		topo->cpu_model = strdup(model);
	return (machine && !topo->machine) || (model && !topo->cpu_model) ? -ENOMEM : 0;
}

int mb_topo_fill(struct mb_topo *topo, const char *source, struct mb_err *err)
{
	int rc = load(topo, source, err);

	if (!rc)
		rc = check_numbers(topo, err);
	if (rc)
		return rc;
	rc = fill_cpus(topo);
	if (!rc)
		rc = fill_nodes(topo);
	if (!rc)
		rc = fill_distances(topo);
	if (!rc)
		rc = fill_names(topo);
	if (rc)
		return MB_FAIL(err, rc, "out of memory");
	fill_caches(topo);
	return 0;
}
