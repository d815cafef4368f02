/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/machine_opt.h"
#include "cli/machine_table.h"
#include "cli/place_opt.h"
#include "cli/say.h"
#include "cli/version.h"
#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "numa/cgroup.h"
#include "numa/hugepages.h"
#include "numa/tier.h"
#include "numa/topo.h"
#include "reports/text.h"

/* `memboot topo`: the host and what limits this process, the machine with the mapping, what this build lacks. */
struct page {
	struct mb_strbuf text;
	struct mb_term term;
	const struct mb_topo *topo;
	const struct mb_host_map *map;
};

static const struct mb_sysroot live = {.path = "/"};

/* "4 cores", or nothing when the count is not known. */
static void add_count(struct page *page, unsigned count, const char *what, const char *before)
{
	if (count)
		mb_strbuf_addf(&page->text, "%s%u %s%s", before, count, what,
			       count == 1 ? "" : "s");
}

/* Whether cores have several CPUs that could work. */
static const char *smt_of(const struct mb_topo *topo)
{
	const char *smt = topo->nr_cores ? ", no SMT" : "";

	for (size_t i = 0; i < topo->nr_listed; i++) {
		if (topo->cpus[i].use == MB_TOPO_SIBLING)
			return ", SMT off";
		if (topo->cpus[i].sibling)
			smt = ", SMT";
	}
	return smt;
}

static void add_host(struct page *page)
{
	const struct mb_topo *topo = page->topo;

	mb_machine_table_heading(&page->text, &page->term, "Host");
	if (!topo->this_system)
		mb_strbuf_add(
			&page->text,
			"  another machine than this one: to plan with; nothing can be bound to it\n");
	mb_strbuf_add(&page->text, "  ");
	mb_text_add_printable(&page->text, topo->machine);
	mb_strbuf_add(&page->text, *topo->machine ? ", " : "");
	mb_text_add_printable(&page->text,
			      *topo->cpu_model ? topo->cpu_model : "CPU model unknown");
	mb_strbuf_addf(&page->text, "\n  %zu node%s", topo->nr_nodes,
		       topo->nr_nodes == 1 ? "" : "s");
	add_count(page, topo->nr_packages, "package", ", ");
	add_count(page, topo->nr_cores, "core", ", ");
	add_count(page, topo->nr_cpus, "usable CPU", ", ");
	mb_strbuf_add(&page->text, smt_of(topo));
	mb_strbuf_add(&page->text, "; pages of ");
	for (size_t i = 0; i < topo->nr_page_sizes; i++) {
		mb_strbuf_add(&page->text, i ? ", " : "");
		mb_machine_table_add_unit(&page->text, topo->page_sizes[i]);
	}
	mb_strbuf_add(&page->text, "\n");
}

/* "L1d 48 KiB for 2 CPUs, L3 32 MiB for 8 CPUs" */
static void add_caches(struct page *page)
{
	const struct mb_topo *topo = page->topo;

	for (size_t i = 0; i < topo->nr_caches; i++) {
		const struct mb_topo_cache *cache = &topo->caches[i];
		char type[2] = {cache->type == 'u' ? '\0' : cache->type, '\0'};

		mb_strbuf_addf(&page->text, "%sL%u%s %s for %u CPU%s",
			       i ? ", " : "  caches: ", cache->level, type,
			       cache->bytes ? mb_strbuf_size(cache->bytes).text : "of unknown size",
			       cache->cpus, cache->cpus == 1 ? "" : "s");
	}
	if (topo->nr_caches)
		mb_strbuf_add(&page->text, "\n");
}

static void print_set(struct page *page, struct mb_strbuf *text, const uint64_t *set)
{
	mb_parse_list_print(text, set, MB_TOPO_MAX_CPUS);
	if (text->error)
		page->text.error = text->error;
}

/* The numbers as a list: "0-3,8". */
static void add_list(struct page *page, struct mb_strbuf *text, const int *cpus, size_t count)
{
	uint64_t set[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};

	for (size_t i = 0; i < count; i++) {
		if (cpus[i] < MB_TOPO_MAX_CPUS)
			mb_bit_set(set, (size_t)cpus[i]);
	}
	print_set(page, text, set);
}

static bool share_cpus(const struct mb_topo_node *a, const struct mb_topo_node *b)
{
	for (size_t i = 0; i < a->nr_cpus; i++) {
		for (size_t k = 0; k < b->nr_cpus; k++) {
			if (a->cpus[i] == b->cpus[k])
				return true;
		}
	}
	return false;
}

/* " of node 1", " of nodes 0-1": those whose own CPUs a node has been given; else only that they are not its own. */
static void add_lenders(struct page *page, struct mb_strbuf *text,
			const struct mb_topo_node *borrower)
{
	const struct mb_topo *topo = page->topo;
	int nids[MB_MAX_NODES];
	size_t count = 0;

	for (size_t i = 0; i < topo->nr_nodes && count < MB_ARRAY_SIZE(nids); i++) {
		const struct mb_topo_node *node = &topo->nodes[i];

		if (node->cpu_node == node->os_index && share_cpus(borrower, node))
			nids[count++] = node->os_index;
	}
	if (!count) {
		mb_strbuf_add(text, " of other nodes");
		return;
	}
	mb_strbuf_addf(text, " of node%s ", count == 1 ? "" : "s");
	add_list(page, text, nids, count);
}

/* Those that a boot would pin the workers of the node's memory to. */
static void cell_cpus(struct page *page, struct mb_table *table, const struct mb_topo_node *node)
{
	uint64_t set[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	struct mb_strbuf list = {0};

	mb_host_map_add_host_cpus(page->map, node, set);
	print_set(page, &list, set);
	if (page->map->bind == MB_HOST_MAP_NODE && node->cpu_node != node->os_index)
		add_lenders(page, &list, node);
	mb_table_cell(table, mb_strbuf_text(&list));
	mb_strbuf_fini(&list);
}

/* The tier of each node, -ENOENT where it has none; one tier alone says nothing. NULL without memory. The caller frees it. */
static int *find_tiers(const struct mb_topo *topo)
{
	int *tiers = calloc(topo->nr_nodes + 1, sizeof(*tiers));
	bool differ = false;

	for (size_t i = 0; tiers && i < topo->nr_nodes; i++) {
		tiers[i] = topo->this_system ? mb_tier_of(&live, topo->nodes[i].os_index) : -ENOENT;
		differ |= tiers[i] != tiers[0];
	}
	for (size_t i = 0; tiers && !differ && i < topo->nr_nodes; i++)
		tiers[i] = -ENOENT;
	return tiers;
}

/* What a node's memory is: tier and kind, and what the firmware says of its speed. */
static void cell_memory_kind(struct mb_table *table, const struct mb_topo_node *node, int tier)
{
	struct mb_strbuf words = {0};

	if (tier >= 0)
		mb_strbuf_addf(&words, "tier %d", tier);
	if (*node->kind)
		mb_strbuf_addf(&words, "%s%s", words.length ? ", " : "", node->kind);
	if (node->bandwidth_mib_s)
		mb_strbuf_addf(&words, "%s%llu MiB/s", words.length ? ", " : "",
			       (unsigned long long)node->bandwidth_mib_s);
	if (node->latency_ns)
		mb_strbuf_addf(&words, "%s%llu ns", words.length ? ", " : "",
			       (unsigned long long)node->latency_ns);
	mb_table_cell(table, words.length ? mb_strbuf_text(&words) : "-");
	mb_strbuf_fini(&words);
}

/* Another machine has no now. */
static void cell_now(struct mb_table *table, const struct mb_topo *topo, uint64_t bytes)
{
	mb_table_cell(table, topo->this_system ? mb_format_bytes((double)bytes).text : "-");
}

static void add_nodes(struct page *page)
{
	static const struct mb_table_column columns[] = {{"host node", MB_TABLE_RIGHT},
							 {"memory", MB_TABLE_RIGHT},
							 {"free", MB_TABLE_RIGHT},
							 {"available", MB_TABLE_RIGHT},
							 {"its workers' CPUs", MB_TABLE_LEFT},
							 {"kind", MB_TABLE_LEFT},
							 {"distance to node", MB_TABLE_LEFT}};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	const struct mb_topo *topo = page->topo;
	MB_FREE int *tiers = find_tiers(topo);

	if (!tiers)
		page->text.error = -ENOMEM;
	for (size_t i = 0; tiers && i < topo->nr_nodes; i++) {
		const struct mb_topo_node *node = &topo->nodes[i];
		struct mb_strbuf row = {0};

		mb_table_cellf(table, "%d", node->os_index);
		mb_table_cell(table, mb_format_bytes((double)node->total_bytes).text);
		cell_now(table, topo, node->free_bytes);
		cell_now(table, topo, node->available_bytes);
		cell_cpus(page, table, node);
		cell_memory_kind(table, node, tiers[i]);
		for (size_t k = 0; k < topo->nr_nodes; k++)
			mb_strbuf_addf(&row, "%s%d:%u", k ? " " : "", topo->nodes[k].os_index,
				       mb_topo_distance(topo, i, k));
		mb_machine_table_wrap(table, MB_ARRAY_SIZE(columns) - 1, mb_strbuf_text(&row));
		mb_strbuf_fini(&row);
	}
	mb_table_drop_empty(table);
	mb_term_add_table(&page->text, &page->term, table);
}

/* Why a node has the workers that it has, where they are not simply its own. */
static void add_borrowers(struct page *page)
{
	const struct mb_topo *topo = page->topo;

	for (size_t i = 0; i < topo->nr_nodes; i++) {
		const struct mb_topo_node *node = &topo->nodes[i];
		const struct mb_topo_node *lender = mb_topo_find(topo, node->cpu_node);

		if (lender == node)
			continue;
		mb_strbuf_addf(&page->text, "  node %d has no CPUs%s: ", node->os_index,
			       node->bare ? "" : " that may work");
		if (!lender)
			mb_strbuf_add(
				&page->text,
				"all that may are of nodes whose memory this process may not use\n");
		else if (page->map->bind == MB_HOST_MAP_SPREAD)
			mb_strbuf_add(&page->text, "those of all nodes work for it\n");
		else if (node->bare) {
			mb_strbuf_add(&page->text, "those");
			add_lenders(page, &page->text, node);
			mb_strbuf_addf(&page->text, " work for it, its nearest as the %s says\n",
				       topo->this_system ? "firmware" : "description");
		} else
			mb_strbuf_addf(&page->text,
				       "those of the nearest node work for it, distance %u\n",
				       mb_topo_distance(topo, i, (size_t)(lender - topo->nodes)));
	}
}

/* CPUs that do not work, by the reason. */
static void add_idle(struct page *page)
{
	const struct mb_topo *topo = page->topo;
	MB_FREE int *cpus = calloc(topo->nr_listed + 1, sizeof(*cpus));

	if (!cpus) {
		page->text.error = -ENOMEM;
		return;
	}
	for (int use = MB_TOPO_USED + 1; use < MB_TOPO_NR_USES; use++) {
		size_t count = 0;

		for (size_t i = 0; i < topo->nr_listed; i++) {
			if (topo->cpus[i].use == (enum mb_topo_use)use)
				cpus[count++] = topo->cpus[i].os_index;
		}
		if (!count)
			continue;
		mb_strbuf_addf(&page->text, "  %s ", count == 1 ? "CPU" : "CPUs");
		add_list(page, &page->text, cpus, count);
		mb_strbuf_addf(&page->text, " %s not work: %s\n", count == 1 ? "does" : "do",
			       mb_topo_use_reason((enum mb_topo_use)use));
	}
}

/* Pools of huge pages, of this host alone. */
static void add_pools(struct page *page)
{
	static const struct mb_table_column columns[] = {{"pool of node", MB_TABLE_RIGHT},
							 {"page size", MB_TABLE_RIGHT},
							 {"pages", MB_TABLE_RIGHT},
							 {"free", MB_TABLE_RIGHT}};
	const struct mb_topo *topo = page->topo;
	struct mb_hugepages pools[MB_TOPO_MAX_PAGE_SIZES];
	struct mb_table *table;

	if (!topo->this_system)
		return;
	table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		int node = topo->nodes[i].os_index;
		size_t count = mb_hugepages_list(&live, node, pools, MB_ARRAY_SIZE(pools));

		if (!count)
			count = mb_hugepages_list(&live, MB_HUGEPAGES_HOST, pools,
						  mb_topo_single(topo) ? MB_ARRAY_SIZE(pools) : 0);
		for (size_t k = 0; k < count; k++) {
			mb_table_cellf(table, "%d", node);
			mb_table_cell(table, mb_strbuf_size(pools[k].page_bytes).text);
			mb_table_cellf(table, "%llu", (unsigned long long)pools[k].nr_pages);
			mb_table_cellf(table, "%llu", (unsigned long long)pools[k].free_pages);
		}
	}
	mb_term_add_table(&page->text, &page->term, table);
}

/* --- control groups --- */

struct groups {
	struct page *page;
	size_t nr_limits;
};

static void add_limit(struct groups *groups, const struct mb_cgroup *group, const char *what,
		      const char *value)
{
	struct mb_strbuf *text = &groups->page->text;

	groups->nr_limits++;
	mb_strbuf_addf(text, "  %s: %s, by ", what, value);
	mb_text_add_printable(text, *group->path ? group->path : "/");
	mb_strbuf_addf(text, " (version %u)\n", group->version);
}

static void add_memory_limit(void *arg, const struct mb_sysroot *root,
			     const struct mb_cgroup *group)
{
	struct mb_cgroup_memory memory;
	char value[128];

	mb_cgroup_memory(root, group, &memory);
	if (memory.limit_bytes == UINT64_MAX)
		return;
	snprintf(value, sizeof(value), "%s, %s used",
		 mb_format_bytes((double)memory.limit_bytes).text,
		 mb_format_bytes((double)memory.used_bytes).text);
	add_limit(arg, group, "memory", value);
}

/* The top of a hierarchy has all there is. */
static void add_set(void *arg, const struct mb_sysroot *root, const struct mb_cgroup *group)
{
	static const char *const sets[][2] = {{"cpus", "CPUs"}, {"mems", "memory nodes"}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(sets) && *group->path; i++) {
		char *list MB_FREE = mb_cgroup_set(root, group, sets[i][0]);

		if (list)
			add_limit(arg, group, sets[i][1], list);
	}
}

static void add_groups(struct page *page)
{
	struct groups groups = {.page = page};

	if (!page->topo->this_system)
		return;
	mb_machine_table_heading(&page->text, &page->term, "Control groups");
	mb_cgroup_each(&live, "memory", add_memory_limit, &groups);
	mb_cgroup_each(&live, "cpuset", add_set, &groups);
	if (!groups.nr_limits)
		mb_strbuf_add(&page->text, "  none limits memory, CPUs or memory nodes\n");
}

static void add_missing(struct page *page)
{
	for (int part = 0; part < MB_TOPO_NR_PARTS; part++) {
		const struct mb_topo_status *status = &page->topo->parts[part];

		if (!status->code)
			continue;
		mb_strbuf_addf(&page->text,
			       "  not known: %s: ", mb_topo_part_name((enum mb_topo_part)part));
		mb_text_add_printable(&page->text, status->reason);
		mb_strbuf_add(&page->text, "\n");
	}
}

static void add_libraries(struct page *page)
{
	mb_machine_table_heading(&page->text, &page->term, "Libraries");
	mb_version_add_libraries(&page->text, "  ");
}

static int show(const struct mb_cli *cli, struct page *page, const struct mb_machine *machine)
{
	struct mb_host_map *map;
	struct mb_err err = {0};

	if (mb_host_map_new(machine, page->topo, mb_place_opt_host(&cli->opts).bind, &err, &map))
		return mb_say_err(cli, MB_EXIT_UNFIT, "mapping onto this host", &err);
	page->map = map;
	add_host(page);
	add_caches(page);
	add_nodes(page);
	add_borrowers(page);
	add_idle(page);
	add_pools(page);
	add_missing(page);
	add_groups(page);
	mb_machine_table_add(&page->text, &page->term, machine, map, cli->opts.verbose);
	add_libraries(page);
	mb_host_map_free(map);
	return mb_term_write(cli, &page->text);
}

int mb_cmd_topo_run(struct mb_cli *cli)
{
	struct page page = {.term = mb_term_open(&cli->opts)};
	struct mb_machine *machine = NULL;
	struct mb_topo *topo = NULL;
	int status = mb_machine_opt_resolve(cli, &machine, NULL, 0);

	if (!status)
		status = mb_place_opt_topo(cli, &topo);
	page.topo = topo;
	if (!status)
		status = show(cli, &page, machine);
	mb_topo_free(topo);
	mb_machine_free(machine);
	return status;
}
