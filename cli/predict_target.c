/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cli/predict_target.h"
#include "core/base/align.h"
#include "core/host_plain.h"
#include "core/page.h"

/* A host as the machine's nodes are one each: what it can run is asked for alone. */
struct own_host {
	struct mb_host_plain plain; /* the hooks' context, so the first member */
	struct mb_host_ops ops;
	const struct mb_machine *machine;
};

static unsigned node_cpus(const struct mb_machine *machine, int nid)
{
	return (unsigned)mb_max(mb_machine_count_cpus(machine, nid, MB_CPU_ONLINE), 1);
}

static unsigned own_workers(void *ctx, int nid)
{
	return node_cpus(((const struct own_host *)ctx)->machine, nid);
}

static void own_host_init(struct own_host *own, const struct mb_boot_config *config)
{
	mb_host_plain_init(&own->plain);
	own->plain.workers = MB_MACHINE_MAX_CPUS; /* so that the kernel's rule decides */
	own->machine = config->machine;
	own->ops = *own->plain.host.ops;
	if (config->host_threads)
		own->ops.nr_workers = own_workers;
	own->plain.host.ops = &own->ops;
}

/* Index of the group with that host node's CPUs, which may be those of another; added when it is the first one of it. */
static size_t host_group(struct mb_predict_target *target, const struct mb_host_map *map, int nid)
{
	const struct mb_topo_node *host = mb_host_map_find(map, nid)->host;
	struct mb_costmodel_features *features = &target->features;

	for (size_t i = 0; i < features->nr_nodes; i++)
		if (mb_host_map_find(map, target->nodes[i].nid)->host->cpu_node == host->cpu_node)
			return target->nodes[i].group;
	target->groups[features->nr_groups].cpus = (double)host->nr_cpus;
	target->groups[features->nr_groups].cores = (double)host->nr_cores;
	return features->nr_groups++;
}

static size_t own_group(struct mb_predict_target *target, const struct mb_machine *machine, int nid)
{
	size_t group = target->features.nr_groups++;

	target->groups[group].cpus = node_cpus(machine, nid);
	return group;
}

static void add_node(struct mb_predict_target *target, const struct mb_boot_config *config,
		     const struct mb_host_map *map, const struct mb_amount_node *count)
{
	bool lazy = config->policy == MB_POLICY_LAZY;
	size_t group = map ? host_group(target, map, count->nid)
			   : own_group(target, config->machine, count->nid);

	target->nodes[target->features.nr_nodes++] = (struct mb_costmodel_node){
		.nid = count->nid,
		.group = group,
		.pages = lazy ? 0 : (double)count->deferred_pages,
		.threads = mb_max(count->threads, 1),
		.jobs = (double)count->jobs,
		.chunks = (double)count->chunks,
		.left_pages = lazy ? (double)count->deferred_pages : 0,
	};
}

/* One growth takes a section. */
static double count_growths(const struct mb_amount *count, const struct mb_boot_config *config)
{
	unsigned shift = config->machine->section_shift - config->machine->page_shift;
	uint64_t growths = 0;

	for (size_t i = 0; config->policy == MB_POLICY_LAZY && i < count->nr_nodes; i++)
		growths += mb_div_ceil(count->nodes[i].deferred_pages, UINT64_C(1) << shift);
	return (double)growths;
}

/* Threads that touch the memmap first: those of each node, but no more than there are CPUs. */
static double count_fault_threads(const struct mb_predict_target *target,
				  const struct mb_boot_config *config)
{
	double threads = 0, cpus = 0;

	if (config->serial_fault)
		return 1;
	for (size_t i = 0; i < target->features.nr_groups; i++)
		cpus += target->groups[i].cpus;
	for (size_t i = 0; i < target->features.nr_nodes; i++) {
		const struct mb_costmodel_node *node = &target->nodes[i];

		threads += config->threads ? config->threads
			   : config->host_threads
				   ? config->host->ops->nr_workers(config->host->ctx, node->nid)
				   : target->groups[node->group].cpus;
	}
	return fmax(fmin(threads, cpus), 1);
}

static void set_counts(struct mb_predict_target *target, const struct mb_boot_config *config)
{
	const struct mb_amount *amount = &target->amount;
	struct mb_costmodel_features *features = &target->features;

	features->regions = (double)(amount->regions + amount->reserved_regions);
	features->sections = (double)amount->sections;
	features->memmap_pages = (double)amount->memmap_pages;
	features->page_bytes = config->struct_page ? config->struct_page->bytes
						   : mb_page_sizes[MB_PAGE_SIZE_DEFAULT].bytes;
	features->early_pages = (double)amount->early_pages;
	features->hole_pages = (double)amount->hole_pages;
	features->reserved_pages = (double)amount->reserved_pages;
	features->released_pages = (double)amount->released_pages;
	features->cpus = (double)amount->cpus;
	features->zones = (double)amount->zones;
	features->growths = count_growths(amount, config);
	features->fault_threads = count_fault_threads(target, config);
	for (size_t i = 0; i < amount->nr_nodes; i++)
		target->memory_bytes += ldexp((double)amount->nodes[i].present_pages,
					      (int)config->machine->page_shift);
	features->nodes = target->nodes;
	features->groups = target->groups;
}

int mb_predict_target_new(const struct mb_boot_config *config, const struct mb_host_map *map,
			  struct mb_err *err, struct mb_predict_target *ret_target)
{
	struct mb_predict_target target = {0};
	struct mb_boot_config counted = *config;
	struct own_host own;
	int r;

	if (!map) {
		own_host_init(&own, config);
		counted.host = &own.plain.host;
	}
	r = mb_amount_config(&counted, err, &target.amount);
	if (r)
		return r;
	target.nodes = calloc(target.amount.nr_nodes + 1, sizeof(*target.nodes));
	target.groups = calloc(target.amount.nr_nodes + 1, sizeof(*target.groups));
	if (!target.nodes || !target.groups) {
		mb_predict_target_fini(&target);
		return MB_FAIL(err, -ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < target.amount.nr_nodes; i++)
		add_node(&target, config, map, &target.amount.nodes[i]);
	set_counts(&target, &counted);
	*ret_target = target;
	return 0;
}

void mb_predict_target_set_chunk(struct mb_predict_target *target, double chunk_pages)
{
	for (size_t i = 0; i < target->features.nr_nodes; i++) {
		struct mb_costmodel_node *node = &target->nodes[i];

		if (node->pages > 0)
			node->chunks = fmax(ceil(node->pages / chunk_pages), node->jobs);
	}
}

double mb_predict_target_threads(const struct mb_predict_target *target)
{
	double threads = 0;

	for (size_t i = 0; i < target->features.nr_nodes; i++)
		if (target->nodes[i].pages > 0)
			threads = fmax(threads, target->nodes[i].threads);
	return threads;
}

void mb_predict_target_fini(struct mb_predict_target *target)
{
	mb_amount_fini(&target->amount);
	free(target->nodes);
	free(target->groups);
	*target = (struct mb_predict_target){0};
}
