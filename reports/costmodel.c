/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/base/align.h"
#include "reports/costmodel.h"
#include "reports/costmodel_internal.h"

/* clang-format off */
const struct mb_costmodel_phase_row mb_costmodel_phases[MB_COSTMODEL_NR_PHASES] = {
	[MB_COSTMODEL_MEMBLOCK]  = {.name = "memblock"},
	[MB_COSTMODEL_NODE]      = {.name = "node"},
	[MB_COSTMODEL_SPARSE]    = {.name = "sparse_init"},
	[MB_COSTMODEL_FAULT]     = {.name = "fault", .beside = true},
	[MB_COSTMODEL_TOUCH]     = {.name = "second_touch", .beside = true},
	[MB_COSTMODEL_AREA]      = {.name = "free_area_init"},
	[MB_COSTMODEL_PAGEINIT]  = {.name = "memmap_init"},
	[MB_COSTMODEL_PERCPU]    = {.name = "setup_per_cpu_areas"},
	[MB_COSTMODEL_ZONELIST]  = {.name = "zonelists"},
	[MB_COSTMODEL_HASH]      = {.name = "large_hashes"},
	[MB_COSTMODEL_HANDOFF]   = {.name = "memblock_free_all"},
	[MB_COSTMODEL_SLAB]      = {.name = "kmem_cache_init"},
	[MB_COSTMODEL_PAGESET]   = {.name = "pagesets"},
	[MB_COSTMODEL_DEFERRED]  = {.name = "deferred_init"},
	[MB_COSTMODEL_WATERMARK] = {.name = "watermarks"},
	[MB_COSTMODEL_GROW]      = {.name = "deferred_grow"},
};
/* clang-format on */

int mb_costmodel_phase_find(const char *name)
{
	for (size_t i = 0; i < MB_COSTMODEL_NR_PHASES; i++)
		if (!strcmp(mb_costmodel_phases[i].name, name))
			return (int)i;
	return -ENOENT;
}

const char *mb_costmodel_kind_name(enum mb_costmodel_kind kind)
{
	static const char *const names[] = {
		[MB_COSTMODEL_FIXED] = "fixed", [MB_COSTMODEL_SERIAL] = "serial",
		[MB_COSTMODEL_CPU] = "cpu",     [MB_COSTMODEL_BANDWIDTH] = "bandwidth",
		[MB_COSTMODEL_LOCK] = "lock",   [MB_COSTMODEL_BARRIER] = "barrier",
	};

	return names[kind];
}

/* --- what terms multiply --- */

static double once(const struct mb_costmodel_features *features, size_t group)
{
	return 1;
}

static double regions(const struct mb_costmodel_features *features, size_t group)
{
	return features->regions;
}

static double sections(const struct mb_costmodel_features *features, size_t group)
{
	return features->sections;
}

static double nodes(const struct mb_costmodel_features *features, size_t group)
{
	return (double)features->nr_nodes;
}

static double node_pairs(const struct mb_costmodel_features *features, size_t group)
{
	return (double)features->nr_nodes * (double)features->nr_nodes;
}

static double zones(const struct mb_costmodel_features *features, size_t group)
{
	return features->zones;
}

static double cpus(const struct mb_costmodel_features *features, size_t group)
{
	return features->cpus;
}

static double zone_cpus(const struct mb_costmodel_features *features, size_t group)
{
	return features->zones * features->cpus;
}

static double touched_pages(const struct mb_costmodel_features *features, size_t group)
{
	return features->memmap_pages / fmax(features->fault_threads, 1);
}

static double early_pages(const struct mb_costmodel_features *features, size_t group)
{
	return features->early_pages;
}

static double hole_pages(const struct mb_costmodel_features *features, size_t group)
{
	return features->hole_pages;
}

static double reserved_pages(const struct mb_costmodel_features *features, size_t group)
{
	return features->reserved_pages;
}

static double released_pages(const struct mb_costmodel_features *features, size_t group)
{
	return features->released_pages;
}

static double growths(const struct mb_costmodel_features *features, size_t group)
{
	return features->growths;
}

static double left_pages(const struct mb_costmodel_features *features, size_t group)
{
	double pages = 0;

	for (size_t i = 0; i < features->nr_nodes; i++)
		pages += features->nodes[i].left_pages;
	return pages;
}

static double all_threads(const struct mb_costmodel_features *features, size_t group)
{
	double threads = 0;

	for (size_t i = 0; i < features->nr_nodes; i++)
		if (features->nodes[i].pages > 0)
			threads += features->nodes[i].threads;
	return threads;
}

/* --- what the workers of a group do --- */

double mb_costmodel_team(double threads, double limit, double cores)
{
	double team = fmin(fmax(threads, 1), fmax(limit, 1));

	if (cores > 0 && team > cores)
		team = cores + MB_COSTMODEL_SMT_GAIN * (team - cores);
	return team;
}

static bool works_in(const struct mb_costmodel_node *node, size_t group)
{
	return node->group == group && node->pages > 0;
}

/*
 * How much longer than its share the last thread works, as chunks are taken whole: the middle between none and Graham's bound, which is
 * another chunk (Graham: Bounds on Multiprocessing Timing Anomalies, 1969). padata cuts four chunks for a thread.
 */
static double tail(const struct mb_costmodel_node *node)
{
	double chunks = node->chunks > 0 ? node->chunks : 4 * node->threads;

	return node->threads > 1 ? 1 + (node->threads - 1) / (2 * fmax(chunks, 1)) : 1;
}

/* Pages that one CPU does: of all nodes over the CPUs, or of one over its threads. */
static double worker_pages(const struct mb_costmodel_features *features, size_t group)
{
	const struct mb_costmodel_group *host = &features->groups[group];
	double pages = 0, threads = 0, longest = 0;

	for (size_t i = 0; i < features->nr_nodes; i++) {
		const struct mb_costmodel_node *node = &features->nodes[i];

		if (!works_in(node, group))
			continue;
		pages += node->pages;
		threads += node->threads;
		longest = fmax(longest,
			       node->pages * tail(node) /
				       mb_costmodel_team(node->threads, host->cpus, host->cores));
	}
	return fmax(longest, pages / mb_costmodel_team(threads, host->cpus, host->cores));
}

static double worker_bytes(const struct mb_costmodel_features *features, size_t group)
{
	double pages = 0;

	for (size_t i = 0; i < features->nr_nodes; i++)
		if (works_in(&features->nodes[i], group))
			pages += features->nodes[i].pages;
	return pages * features->page_bytes;
}

static double worker_chunks(const struct mb_costmodel_features *features, size_t group)
{
	const struct mb_costmodel_group *host = &features->groups[group];
	double chunks = 0, threads = 0;

	for (size_t i = 0; i < features->nr_nodes; i++)
		if (works_in(&features->nodes[i], group)) {
			chunks += features->nodes[i].chunks;
			threads += features->nodes[i].threads;
		}
	return chunks / mb_costmodel_team(threads, host->cpus, 0);
}

static double worker_jobs(const struct mb_costmodel_features *features, size_t group)
{
	double jobs = 0;

	for (size_t i = 0; i < features->nr_nodes; i++)
		if (works_in(&features->nodes[i], group))
			jobs += features->nodes[i].jobs;
	return jobs;
}

/* --- the terms --- */

#define NS(PHASE, KIND, NAME, UNIT, OF, LOAD)                                      \
	{                                                                          \
		MB_COSTMODEL_##PHASE, MB_COSTMODEL_##KIND, NAME, UNIT, OF, 1, LOAD \
	}
#define US(PHASE, KIND, NAME, UNIT, OF, LOAD)                                         \
	{                                                                             \
		MB_COSTMODEL_##PHASE, MB_COSTMODEL_##KIND, NAME, UNIT, OF, 1000, LOAD \
	}
#define FIXED(PHASE) US(PHASE, FIXED, "start", "µs", "each boot", once)

/* In a phase what grows most comes first: of two that a set of machines cannot tell apart, the first is taken. */
/* clang-format off */
const struct mb_costmodel_term_row mb_costmodel_terms[MB_COSTMODEL_NR_TERMS] = {
	NS(MEMBLOCK, SERIAL, "ranges", "ns/range", "ranges that memblock knows", regions),
	FIXED(MEMBLOCK),
	US(NODE, SERIAL, "nodes", "µs/node", "nodes", nodes),
	FIXED(NODE),
	NS(SPARSE, SERIAL, "sections", "ns/section", "sections with memory", sections),
	US(SPARSE, SERIAL, "nodes", "µs/node", "nodes", nodes),
	FIXED(SPARSE),
	NS(FAULT, SERIAL, "first touch", "ns/page", "descriptors, over the threads that touch them", touched_pages),
	FIXED(FAULT),
	NS(TOUCH, SERIAL, "second touch", "ns/page", "descriptors, over the threads that touch them", touched_pages),
	FIXED(TOUCH),
	NS(AREA, SERIAL, "sections", "ns/section", "sections with memory", sections),
	US(AREA, SERIAL, "nodes", "µs/node", "nodes", nodes),
	FIXED(AREA),
	NS(PAGEINIT, SERIAL, "early pages", "ns/page", "descriptors that the boot CPU initialises", early_pages),
	NS(PAGEINIT, SERIAL, "holes", "ns/page", "descriptors of holes", hole_pages),
	FIXED(PAGEINIT),
	US(PERCPU, SERIAL, "CPUs", "µs/CPU", "possible CPUs", cpus),
	US(PERCPU, SERIAL, "nodes", "µs/node", "nodes", nodes),
	FIXED(PERCPU),
	NS(ZONELIST, SERIAL, "nodes", "ns/node", "nodes", nodes),
	NS(ZONELIST, SERIAL, "pairs of nodes", "ns/pair", "nodes, squared", node_pairs),
	FIXED(ZONELIST),
	FIXED(HASH),
	NS(HANDOFF, SERIAL, "released pages", "ns/page", "pages that memblock hands over", released_pages),
	NS(HANDOFF, SERIAL, "reserved pages", "ns/page", "pages that stay reserved", reserved_pages),
	FIXED(HANDOFF),
	US(SLAB, SERIAL, "nodes", "µs/node", "nodes", nodes),
	US(SLAB, SERIAL, "CPUs", "µs/CPU", "possible CPUs", cpus),
	FIXED(SLAB),
	NS(PAGESET, SERIAL, "pagesets", "ns/pageset", "CPUs, for each zone", zone_cpus),
	NS(PAGESET, SERIAL, "zones", "ns/zone", "zones with memory", zones),
	FIXED(PAGESET),
	NS(DEFERRED, CPU, "pages", "ns/page", "pages of the busiest worker", worker_pages),
	{MB_COSTMODEL_DEFERRED, MB_COSTMODEL_BANDWIDTH, "bytes", "ns/KiB", "descriptors' bytes of a node", 1.0 / 1024, worker_bytes},
	US(DEFERRED, BARRIER, "jobs", "µs/job", "padata jobs, one after another", worker_jobs),
	US(DEFERRED, LOCK, "chunks", "µs/chunk", "chunks of the busiest worker", worker_chunks),
	US(DEFERRED, BARRIER, "threads", "µs/thread", "workers of all nodes", all_threads),
	US(WATERMARK, SERIAL, "zones", "µs/zone", "zones with memory", zones),
	NS(WATERMARK, SERIAL, "pagesets", "ns/pageset", "CPUs, for each zone", zone_cpus),
	NS(GROW, SERIAL, "pages", "ns/page", "pages that come on demand", left_pages),
	US(GROW, LOCK, "growths", "µs/growth", "times that a zone grows", growths),
};
/* clang-format on */

void mb_costmodel_terms_of(enum mb_costmodel_phase phase, size_t *ret_first, size_t *ret_end)
{
	size_t first = 0, end;

	while (first < MB_COSTMODEL_NR_TERMS && mb_costmodel_terms[first].phase != phase)
		first++;
	for (end = first; end < MB_COSTMODEL_NR_TERMS && mb_costmodel_terms[end].phase == phase;)
		end++;
	*ret_first = first;
	*ret_end = end;
}

bool mb_costmodel_has(const struct mb_costmodel_features *features, enum mb_costmodel_phase phase)
{
	if (phase == MB_COSTMODEL_DEFERRED)
		return all_threads(features, 0) > 0;
	return phase != MB_COSTMODEL_GROW || left_pages(features, 0) > 0;
}

enum mb_costmodel_phase mb_costmodel_last(const struct mb_costmodel_features *features)
{
	if (mb_costmodel_has(features, MB_COSTMODEL_GROW))
		return MB_COSTMODEL_GROW;
	return mb_costmodel_has(features, MB_COSTMODEL_DEFERRED) ? MB_COSTMODEL_DEFERRED
								 : MB_COSTMODEL_HANDOFF;
}

double mb_costmodel_size(const struct mb_costmodel_features *features)
{
	return log2(fmax(features->memmap_pages, 1));
}

double mb_costmodel_threads(const struct mb_costmodel_features *features, size_t group)
{
	double threads = 0;

	for (size_t i = 0; i < features->nr_nodes; i++)
		if (works_in(&features->nodes[i], group))
			threads += features->nodes[i].threads;
	return fmin(threads, features->groups[group].cpus);
}

double mb_costmodel_most_threads(const struct mb_costmodel_features *features)
{
	double most = 0;

	for (size_t group = 0; group < features->nr_groups; group++)
		most = fmax(most, mb_costmodel_threads(features, group));
	return most;
}

/* --- times --- */

/*
 * Where both CPUs and memory limit, they do it as the root of the sum of their squares: near the point where one takes over from the other
 * threads wait for memory now and then, as in a closed queue with a server (Reiser, Lavenberg: Mean-Value Analysis of Closed Multichain
 * Queuing Networks, Journal of the ACM 27 (1980)), whose times this follows to some per cent without its steps.
 */
void mb_costmodel_time_of(const double *coefficients, const struct mb_costmodel_features *features,
			  enum mb_costmodel_phase phase, size_t group,
			  struct mb_costmodel_time *ret_time)
{
	struct mb_costmodel_time time = {.group = group};
	double squares = 0, root;
	size_t first, end;

	mb_costmodel_terms_of(phase, &first, &end);
	for (size_t i = first; i < end; i++) {
		enum mb_costmodel_kind kind = mb_costmodel_terms[i].kind;
		double load = mb_costmodel_terms[i].load(features, group);
		double ns = coefficients[i] * load;

		time.slopes[i - first] = load;
		if (kind == MB_COSTMODEL_CPU || kind == MB_COSTMODEL_BANDWIDTH)
			squares += ns * ns;
		else
			time.ns += ns;
	}
	root = sqrt(squares);
	for (size_t i = first; i < end; i++) {
		enum mb_costmodel_kind kind = mb_costmodel_terms[i].kind;

		if (kind == MB_COSTMODEL_CPU || kind == MB_COSTMODEL_BANDWIDTH)
			time.slopes[i - first] *=
				root > 0 ? coefficients[i] * time.slopes[i - first] / root : 1;
	}
	time.ns += root;
	*ret_time = time;
}

void mb_costmodel_time(const double *coefficients, const struct mb_costmodel_features *features,
		       enum mb_costmodel_phase phase, struct mb_costmodel_time *ret_time)
{
	struct mb_costmodel_time longest, time;
	size_t count = phase == MB_COSTMODEL_DEFERRED ? features->nr_groups : 1;

	mb_costmodel_time_of(coefficients, features, phase, 0, &longest);
	for (size_t i = 1; i < count; i++) {
		mb_costmodel_time_of(coefficients, features, phase, i, &time);
		if (time.ns > longest.ns)
			longest = time;
	}
	*ret_time = longest;
}

size_t mb_costmodel_knee(const double *x, const double *y, size_t count, double gain)
{
	for (size_t i = 0; i + 1 < count; i++) {
		bool worth = false;

		for (size_t k = i + 1; k < count && !worth; k++)
			worth = y[i] / y[k] >= pow(1 + gain, log2(x[k] / x[i]));
		if (!worth)
			return i;
	}
	return count - 1;
}
