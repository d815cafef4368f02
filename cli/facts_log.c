/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of the kernel log. */
#include <errno.h>
#include <string.h>

#include "cli/facts.h"
#include "core/base/bits.h"
#include "core/base/strbuf.h"
#include "core/zone.h"
#include "numa/sysroot_file.h"

typedef unsigned long long ull;

static int missing(struct mb_err *err, const char *line)
{
	return MB_FAIL(err, -ENOENT, "the log has no line \"%s\"", line);
}

/* --- ranges --- */

static void add_range(struct mb_fact_values *values, const char *key, mb_phys_t start,
		      mb_phys_t end, const char *empty)
{
	if (start == end)
		mb_facts_addf(values, "%s\t%s", key, empty);
	else
		mb_facts_addf(values, "%s\t0x%llx-0x%llx", key, (ull)start, (ull)end - 1);
}

/* What free_area_init says of a node, a zone or a region, under its own key. */
static void add_named(struct mb_fact_values *values, const char *what, long long number,
		      const char *name, mb_phys_t start, mb_phys_t end, const char *empty)
{
	struct mb_strbuf key = {0};

	mb_strbuf_addf(&key, "%s ", what);
	if (name)
		mb_strbuf_add(&key, name);
	else
		mb_strbuf_addf(&key, "%lld", number);
	add_range(values, mb_strbuf_text(&key), start, end, empty);
	mb_strbuf_fini(&key);
}

int mb_facts_log_ranges(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			struct mb_err *err)
{
	const struct mb_kernlog *log = tree->log;

	if (!log->has_zones)
		return missing(err, "Zone ranges:");
	for (size_t i = 0; i < log->zones.count; i++) {
		const struct mb_kernlog_range *zone = &log->zones.list[i];

		add_named(values, "zone", 0, zone->what, zone->start, zone->end, "empty");
	}
	for (size_t i = 0; i < log->movable.count; i++)
		mb_facts_addf(values, "movable start of node %d\t0x%llx", log->movable.list[i].nid,
			      (ull)log->movable.list[i].value);
	for (size_t i = 0; i < log->early.count; i++) {
		const struct mb_kernlog_range *range = &log->early.list[i];

		mb_facts_addf(values, "early range %zu\tnode %d 0x%llx-0x%llx", i, range->nid,
			      (ull)range->start, (ull)range->end - 1);
	}
	for (size_t i = 0; i < log->initmem.count; i++) {
		const struct mb_kernlog_range *range = &log->initmem.list[i];

		add_named(values, "initmem of node", range->nid, NULL, range->start, range->end,
			  "memoryless");
	}
	return 0;
}

int mb_facts_log_ranges_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			    struct mb_fact_values *values, struct mb_err *err)
{
	unsigned shift = tree->machine->page_shift;
	mb_pfn_t start, end;
	int index = -1, nid;

	for (size_t i = 0; i < tree->nr_zones; i++) {
		if (tree->zones[i] == MB_ZONE_MOVABLE)
			continue;
		mb_query_zone_limits(boot, tree->zones[i], &start, &end);
		add_named(values, "zone", 0, mb_zone_name(tree->zones[i]), start << shift,
			  end << shift, "empty");
	}
	for (size_t i = 0; mb_query_region(boot, &index, &start, &end, &nid); i++)
		mb_facts_addf(values, "early range %zu\tnode %d 0x%llx-0x%llx", i, nid,
			      (ull)start << shift, ((ull)end << shift) - 1);
	for (nid = 0; nid < (int)mb_query_nr_node_ids(boot); nid++) {
		struct mb_query_node node;

		if (mb_query_node(boot, nid, &node))
			continue;
		add_named(values, "initmem of node", nid, NULL, node.start_pfn << shift,
			  node.end_pfn << shift, "memoryless");
		if (node.movable_pfn)
			mb_facts_addf(values, "movable start of node %d\t0x%llx", nid,
				      (ull)node.movable_pfn << shift);
	}
	return 0;
}

/* --- unavailable ranges --- */

int mb_facts_log_holes(const struct mb_fact_tree *tree, struct mb_fact_values *values,
		       struct mb_err *err)
{
	const struct mb_kernlog_values *lines = &tree->log->unavailable;

	if (!tree->log->has_zones)
		return missing(err, "Zone ranges:");
	mb_facts_addf(values, "lines\t%zu", lines->count);
	for (size_t i = 0; i < lines->count; i++)
		mb_facts_addf(values, "line %zu\tnode %d, zone %s: %llu pages", i,
			      lines->list[i].nid, lines->list[i].what, (ull)lines->list[i].value);
	return 0;
}

int mb_facts_log_holes_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			   struct mb_fact_values *values, struct mb_err *err)
{
	enum mb_zone_type type;
	uint64_t pages;
	size_t i;
	int nid;

	for (i = 0; mb_query_hole(boot, i, &nid, &type, &pages); i++)
		mb_facts_addf(values, "line %zu\tnode %d, zone %s: %llu pages", i, nid,
			      mb_zone_name(type), (ull)pages);
	mb_facts_addf(values, "lines\t%zu", i);
	return 0;
}

/* --- zonelists --- */

static void add_zonelists(struct mb_fact_values *values, unsigned count, bool mobility,
			  uint64_t pages, const char *policy)
{
	mb_facts_addf(values, "zonelists\t%u", count);
	mb_facts_addf(values, "mobility grouping\t%s", mobility ? "on" : "off");
	mb_facts_addf(values, "total pages\t%llu", (ull)pages);
	mb_facts_addf(values, "policy zone\t%s", policy);
}

int mb_facts_log_zonelists(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			   struct mb_err *err)
{
	const struct mb_kernlog *log = tree->log;

	if (!log->zonelists.found)
		return missing(err, "Built N zonelists");
	if (!*log->policy_zone)
		return missing(err, "Policy zone:");
	add_zonelists(values, log->zonelists.count, log->zonelists.mobility,
		      log->zonelists.total_pages, log->policy_zone);
	return 0;
}

int mb_facts_log_zonelists_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			       struct mb_fact_values *values, struct mb_err *err)
{
	struct mb_query_totals totals;

	mb_query_totals(boot, &totals);
	add_zonelists(values, totals.nr_zonelists, totals.mobility_grouping, totals.vm_total_pages,
		      mb_zone_name(totals.policy_zone));
	return 0;
}

static void add_order(struct mb_fact_values *values, int nid, const int *nids, size_t count)
{
	struct mb_strbuf order = {0};

	for (size_t i = 0; i < count; i++)
		mb_strbuf_addf(&order, "%s%d", i ? " " : "", nids[i]);
	mb_facts_addf(values, "node %d\t%s", nid, mb_strbuf_text(&order));
	mb_strbuf_fini(&order);
}

int mb_facts_log_fallback(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			  struct mb_err *err)
{
	const struct mb_kernlog *log = tree->log;
	uint64_t online[MB_BITMAP_WORDS(MB_MAX_NODES)];
	bool all = mb_sysroot_file_list(tree->root, MB_MAX_NODES, online,
					"sys/devices/system/node/online");

	if (!log->nr_fallback)
		return missing(err, "Fallback order for Node");
	/* Linux makes an order for every possible node, and says so. */
	for (size_t i = 0; i < log->nr_fallback; i++)
		if (all || mb_bit_test(online, (unsigned)log->fallback[i].nid))
			add_order(values, log->fallback[i].nid, log->fallback[i].nids,
				  log->fallback[i].count);
	return 0;
}

int mb_facts_log_fallback_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			      struct mb_fact_values *values, struct mb_err *err)
{
	static const size_t max = MB_MAX_NODES;
	int nids[MB_MAX_NODES];

	for (int nid = 0; nid < (int)mb_query_nr_node_ids(boot); nid++) {
		struct mb_query_node node;

		if (!mb_query_node(boot, nid, &node) && node.online)
			add_order(values, nid, nids, mb_boot_fallback(boot, nid, nids, max));
	}
	return 0;
}

/* --- hash tables --- */

static void add_hash(struct mb_fact_values *values, enum mb_hash hash, uint64_t entries,
		     unsigned order)
{
	mb_facts_addf(values, "%s entries\t%llu", mb_hash_name(hash), (ull)entries);
	mb_facts_addf(values, "%s order\t%u", mb_hash_name(hash), order);
}

int mb_facts_log_hashes(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			struct mb_err *err)
{
	const struct mb_kernlog *log = tree->log;

	if (!log->dentry.found)
		return missing(err, "Dentry cache hash table entries:");
	if (!log->inode.found)
		return missing(err, "Inode-cache hash table entries:");
	add_hash(values, MB_HASH_DENTRY, log->dentry.entries, log->dentry.order);
	add_hash(values, MB_HASH_INODE, log->inode.entries, log->inode.order);
	return 0;
}

int mb_facts_log_hashes_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			    struct mb_fact_values *values, struct mb_err *err)
{
	for (unsigned i = 0; i < MB_NR_HASHES; i++) {
		struct mb_hash_table table;

		mb_query_hash(boot, (enum mb_hash)i, &table);
		add_hash(values, (enum mb_hash)i, table.entries, table.order);
	}
	return 0;
}

/* --- percpu --- */

static void add_percpu(struct mb_fact_values *values, uint64_t pages, uint64_t dynamic,
		       uint64_t unit, uint64_t atoms, uint64_t atom)
{
	mb_facts_addf(values, "pages per CPU\t%llu", (ull)pages);
	mb_facts_addf(values, "dynamic bytes\t%llu", (ull)dynamic);
	mb_facts_addf(values, "unit bytes\t%llu", (ull)unit);
	mb_facts_addf(values, "allocation\t%llu*%llu", (ull)atoms, (ull)atom);
}

int mb_facts_log_percpu(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			struct mb_err *err)
{
	const struct mb_kernlog *log = tree->log;

	if (!log->percpu.found)
		return missing(err, "percpu: Embedded");
	if (!log->pcpu_alloc.found)
		return missing(err, "pcpu-alloc:");
	add_percpu(values, log->percpu.pages, log->percpu.dynamic_bytes, log->percpu.unit_bytes,
		   log->pcpu_alloc.atoms, log->pcpu_alloc.atom_bytes);
	for (size_t i = 0; i < log->nr_percpu_allocs; i++) {
		const struct mb_kernlog_percpu_alloc *alloc = &log->percpu_allocs[i];
		struct mb_strbuf cpus = {0};

		for (size_t k = 0; k < alloc->count; k++)
			if (alloc->cpus[k] < 0)
				mb_strbuf_add(&cpus, " -");
			else
				mb_strbuf_addf(&cpus, " %d", alloc->cpus[k]);
		mb_facts_addf(values, "allocation %zu\tgroup %u:%s", i, alloc->group,
			      mb_strbuf_text(&cpus));
		mb_strbuf_fini(&cpus);
	}
	return 0;
}

int mb_facts_log_percpu_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			    struct mb_fact_values *values, struct mb_err *err)
{
	const struct mb_percpu_layout *layout = mb_query_percpu(boot);
	size_t alloc = 0;

	add_percpu(values, layout->size_sum >> layout->page_shift, layout->dynamic_bytes,
		   layout->unit_bytes, layout->alloc_bytes / layout->atom_bytes,
		   layout->atom_bytes);
	for (unsigned g = 0; g < layout->nr_groups; g++) {
		const struct mb_percpu_group *group = &layout->groups[g];

		for (unsigned unit = 0; unit < group->nr_units; unit += layout->units_per_alloc) {
			struct mb_strbuf cpus = {0};

			for (unsigned i = unit; i < unit + layout->units_per_alloc; i++)
				if (group->cpu_map[i] == MB_PERCPU_NO_CPU)
					mb_strbuf_add(&cpus, " -");
				else
					mb_strbuf_addf(&cpus, " %u", group->cpu_map[i]);
			mb_facts_addf(values, "allocation %zu\tgroup %u:%s", alloc++, g,
				      mb_strbuf_text(&cpus));
			mb_strbuf_fini(&cpus);
		}
	}
	return 0;
}

/* --- the deferred part --- */

/* Only a line that precedes the deferred part has a figure that follows from the memory map. */
static bool has_available(const struct mb_fact_tree *tree)
{
	return tree->profile.memory_line_early;
}

int mb_facts_log_deferred(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			  struct mb_err *err)
{
	const struct mb_kernlog *log = tree->log;
	struct mb_strbuf nodes = {0};

	if (!log->has_zones)
		return missing(err, "Zone ranges:");
	if (has_available(tree)) {
		if (!log->memory.found)
			return missing(err, "Memory:");
		if (tree->no_handover.code)
			return MB_FAIL(err, -ENOENT, "%s", tree->no_handover.text);
		mb_facts_addf(values, "available KiB\t%llu", (ull)log->memory.available_kib);
	}
	for (int nid = 0; nid < MB_MAX_NODES; nid++)
		for (size_t i = 0; i < log->deferred.count; i++)
			if (log->deferred.list[i].nid == nid)
				mb_strbuf_addf(&nodes, " %d", nid);
	mb_facts_addf(values, "nodes\t%s",
		      *mb_strbuf_text(&nodes) ? mb_strbuf_text(&nodes) + 1 : "none");
	mb_strbuf_fini(&nodes);
	return 0;
}

static void add_available(const struct mb_fact_tree *tree, const struct mb_query_totals *totals,
			  struct mb_fact_values *values)
{
	unsigned shift = tree->machine->page_shift - 10;
	ull least = totals->available_pages << shift;
	ull most = (totals->available_pages + totals->shared_tables) << shift;

	if (least == most) {
		mb_facts_addf(values, "available KiB\t%llu", least);
		return;
	}
	mb_facts_addf(values, "available KiB\t%llu or %llu", least, most);
	mb_facts_relate(values, MB_FACT_ONE_OF);
}

int mb_facts_log_deferred_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			      struct mb_fact_values *values, struct mb_err *err)
{
	struct mb_query_totals totals;
	struct mb_strbuf nodes = {0};

	mb_query_totals(boot, &totals);
	if (has_available(tree))
		add_available(tree, &totals, values);
	for (int nid = 0; nid < (int)mb_query_nr_node_ids(boot) && !tree->lazy; nid++) {
		struct mb_query_node node;

		if (!mb_query_node(boot, nid, &node) && node.deferred)
			mb_strbuf_addf(&nodes, " %d", nid);
	}
	mb_facts_addf(values, "nodes\t%s",
		      *mb_strbuf_text(&nodes) ? mb_strbuf_text(&nodes) + 1 : "none");
	mb_strbuf_fini(&nodes);
	return 0;
}
