/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
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
#include "numa/topo.h"
#include "reports/text.h"

/* `memboot topo`: the host, then the machine with the mapping, then what this build lacks. */
struct page {
	struct mb_strbuf text;
	struct mb_term term;
	const struct mb_topo *topo;
};

static void render(struct page *page, struct mb_table *table)
{
	if (!table || mb_table_render(table, &page->term.table, &page->text))
		page->text.error = -ENOMEM;
	mb_table_free(table);
}

/* "4 cores", or nothing when the count is not known. */
static void add_count(struct page *page, unsigned count, const char *what, const char *before)
{
	if (count)
		mb_strbuf_addf(&page->text, "%s%u %s%s", before, count, what,
			       count == 1 ? "" : "s");
}

static void add_host(struct page *page)
{
	const struct mb_topo *topo = page->topo;

	mb_machine_table_heading(&page->text, &page->term, "Host");
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
	mb_strbuf_add(&page->text, "; pages of ");
	for (size_t i = 0; i < topo->nr_page_sizes; i++) {
		mb_strbuf_add(&page->text, i ? ", " : "");
		mb_machine_table_add_unit(&page->text, topo->page_sizes[i]);
	}
	mb_strbuf_add(&page->text, "\n");
}

static void cell_cpus(struct page *page, struct mb_table *table, const struct mb_topo_node *node)
{
	struct mb_strbuf list = {0};
	MB_FREE uint64_t *set = NULL;
	size_t limit = 0;

	for (size_t i = 0; i < node->nr_cpus; i++)
		limit = mb_max(limit, (uint64_t)node->cpus[i] + 1);
	set = calloc(MB_BITMAP_WORDS(limit) + 1, sizeof(*set));
	if (!set) {
		page->text.error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < node->nr_cpus; i++)
		mb_bit_set(set, (size_t)node->cpus[i]);
	mb_parse_list_print(&list, set, limit);
	if (node->cpu_node != node->os_index)
		mb_strbuf_addf(&list, " of node %d", node->cpu_node);
	mb_table_cell(table, mb_strbuf_text(&list));
	mb_strbuf_fini(&list);
}

static void add_nodes(struct page *page)
{
	static const struct mb_table_column columns[] = {{"host node", MB_TABLE_RIGHT},
							 {"memory", MB_TABLE_RIGHT},
							 {"free", MB_TABLE_RIGHT},
							 {"available", MB_TABLE_RIGHT},
							 {"its workers' CPUs", MB_TABLE_LEFT},
							 {"distance to node", MB_TABLE_LEFT}};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	const struct mb_topo *topo = page->topo;

	for (size_t i = 0; i < topo->nr_nodes; i++) {
		const struct mb_topo_node *node = &topo->nodes[i];
		struct mb_strbuf row = {0};

		mb_table_cellf(table, "%d", node->os_index);
		mb_table_cell(table, mb_format_bytes((double)node->total_bytes).text);
		mb_table_cell(table, mb_format_bytes((double)node->free_bytes).text);
		mb_table_cell(table, mb_format_bytes((double)node->available_bytes).text);
		cell_cpus(page, table, node);
		for (size_t k = 0; k < topo->nr_nodes; k++)
			mb_strbuf_addf(&row, "%s%d:%u", k ? " " : "", topo->nodes[k].os_index,
				       mb_topo_distance(topo, i, k));
		mb_table_cell(table, mb_strbuf_text(&row));
		mb_strbuf_fini(&row);
	}
	render(page, table);
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
	add_host(page);
	add_nodes(page);
	add_missing(page);
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
