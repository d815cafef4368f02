/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/machine_table.h"
#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "reports/text.h"

#define FEW_RANGES  4  /* of a node, shown without verbose */
#define FEW_LETTERS 60 /* of the command line */

static const struct mb_table_column node_columns[] = {
	{"node", MB_TABLE_RIGHT},      {"memory", MB_TABLE_RIGHT}, {"CPUs", MB_TABLE_LEFT},
	{"host node", MB_TABLE_RIGHT}, {"range", MB_TABLE_LEFT},   {"size", MB_TABLE_RIGHT},
	{"", MB_TABLE_LEFT},
};

/* Columns before the range. */
#define NODE_CELLS 4

struct page {
	struct mb_strbuf *text;
	const struct mb_term *term;
	const struct mb_machine *machine;
	const struct mb_host_map *map;
	struct mb_table *table;
	bool verbose;
};

void mb_machine_table_heading(struct mb_strbuf *text, const struct mb_term *term, const char *title)
{
	if (text->length)
		mb_strbuf_add(text, "\n");
	mb_table_add_styled(text, term->colour, MB_TABLE_BOLD, title);
	mb_strbuf_add(text, "\n");
}

void mb_machine_table_add_unit(struct mb_strbuf *text, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	size_t unit = 0;

	while (bytes && bytes % 1024 == 0 && unit + 1 < MB_ARRAY_SIZE(units)) {
		bytes /= 1024;
		unit++;
	}
	mb_strbuf_addf(text, "%llu %s", (unsigned long long)bytes, units[unit]);
}

static unsigned count_nodes(const struct mb_machine *machine)
{
	unsigned nr = 0;

	for (unsigned nid = 0; nid < machine->nr_node_ids; nid++)
		nr += mb_machine_node_possible(machine, (int)nid);
	return nr;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* The host's own can be long; only with verbose all of it is shown. */
static void add_cmdline(const struct page *page)
{
	struct mb_strbuf line = {0};
	bool cut;

	if (!*page->machine->cmdline)
		return;
	mb_text_add_printable(&line, page->machine->cmdline);
	cut = !page->verbose && line.length > FEW_LETTERS;
	mb_strbuf_addf(page->text, "  command line: %.*s%s\n", cut ? FEW_LETTERS : (int)line.length,
		       mb_strbuf_text(&line), cut ? " ... (all with -v)" : "");
	mb_strbuf_fini(&line);
}

/* What the kernel finds taken. A host's own map may not say. */
static void add_reserved_bytes(const struct page *page)
{
	const struct mb_machine *machine = page->machine;
	uint64_t bytes = 0;

	for (size_t i = 0; i < machine->nr_reserved; i++)
		bytes += machine->reserved[i].end - machine->reserved[i].start;
	mb_strbuf_add(page->text, "  reserved before boot: ");
	if (machine->nr_reserved)
		mb_strbuf_addf(page->text, "%s in %zu range%s\n",
			       mb_format_bytes((double)bytes).text, machine->nr_reserved,
			       plural(machine->nr_reserved));
	else
		mb_strbuf_add(page->text,
			      strcmp(machine->source, "text") == 0
				      ? "nothing\n"
				      : "nothing known (the kernel's own place needs root)\n");
}

static void add_summary(const struct page *page)
{
	const struct mb_machine *machine = page->machine;
	unsigned nr_nodes = count_nodes(machine);
	unsigned online = mb_machine_count_cpus(machine, MB_NO_NODE, MB_CPU_ONLINE);

	mb_strbuf_addf(page->text, "  %u node%s, %u CPU%s", nr_nodes, plural(nr_nodes),
		       machine->nr_cpus, plural(machine->nr_cpus));
	if (online < machine->nr_cpus)
		mb_strbuf_addf(page->text, " (%u online)", online);
	mb_strbuf_addf(page->text, ", %s in %zu range%s; map from ",
		       mb_format_bytes((double)mb_machine_ram_bytes(machine)).text, machine->nr_mem,
		       plural(machine->nr_mem));
	mb_text_add_printable(page->text, machine->source);
	mb_strbuf_addf(page->text, "\n  %s, pages of ", mb_machine_arch_name(machine->arch));
	mb_machine_table_add_unit(page->text, UINT64_C(1) << machine->page_shift);
	mb_strbuf_add(page->text, ", sections of ");
	mb_machine_table_add_unit(page->text, UINT64_C(1) << machine->section_shift);
	mb_strbuf_addf(page->text, ", %u address bits%s\n", machine->phys_bits,
		       machine->phys_bits_assumed
			       ? " (assumed: proc/cpuinfo does not say whether la57 is on)"
			       : "");
	add_reserved_bytes(page);
	add_cmdline(page);
}

static void cell_cpus(const struct page *page, int nid)
{
	const struct mb_machine *machine = page->machine;
	MB_FREE uint64_t *set = calloc(MB_BITMAP_WORDS(machine->nr_cpus) + 1, sizeof(*set));
	struct mb_strbuf list = {0};

	if (!set) {
		page->text->error = -ENOMEM;
		return;
	}
	for (unsigned cpu = 0; cpu < machine->nr_cpus; cpu++) {
		if (machine->cpu_node[cpu] == nid)
			mb_bit_set(set, cpu);
	}
	mb_parse_list_print(&list, set, machine->nr_cpus);
	mb_table_cell(page->table, list.length ? mb_strbuf_text(&list) : "none");
	mb_strbuf_fini(&list);
}

static void cell_host_node(const struct page *page, int nid)
{
	const struct mb_host_map_node *node = page->map ? mb_host_map_find(page->map, nid) : NULL;

	if (node)
		mb_table_cellf(page->table, "%d", node->host->os_index);
	else
		mb_table_cell(page->table, "-");
}

static void cell_extent(struct mb_table *table, mb_phys_t start, mb_phys_t end)
{
	mb_table_cellf(table, "0x%012llx-0x%012llx", (unsigned long long)start,
		       (unsigned long long)end - 1);
	mb_table_cell(table, mb_format_bytes((double)(end - start)).text);
}

static void cell_range(const struct page *page, const struct mb_machine_mem *mem)
{
	static const struct {
		unsigned flag;
		const char *name;
	} flags[] = {
		{MB_MEM_HOTPLUG, "hotplug"}, {MB_MEM_MIRROR, "mirror"}, {MB_MEM_NOMAP, "nomap"}};
	struct mb_strbuf names = {0};

	cell_extent(page->table, mem->start, mem->end);
	for (size_t i = 0; i < MB_ARRAY_SIZE(flags); i++) {
		if (mem->flags & flags[i].flag)
			mb_strbuf_addf(&names, "%s%s", names.length ? " " : "", flags[i].name);
	}
	mb_table_cell(page->table, mb_strbuf_text(&names));
	mb_strbuf_fini(&names);
}

static void add_node(const struct page *page, int nid)
{
	const struct mb_machine *machine = page->machine;
	uint64_t bytes = 0;
	size_t nr = 0, shown = 0;

	for (size_t i = 0; i < machine->nr_mem; i++) {
		if (machine->mem[i].nid != nid)
			continue;
		bytes += machine->mem[i].end - machine->mem[i].start;
		nr++;
	}
	mb_table_cellf(page->table, "%d", nid);
	mb_table_cell(page->table, bytes ? mb_format_bytes((double)bytes).text : "none");
	cell_cpus(page, nid);
	cell_host_node(page, nid);
	for (size_t i = 0; i < machine->nr_mem; i++) {
		if (machine->mem[i].nid != nid || (shown == FEW_RANGES && !page->verbose))
			continue;
		for (int k = 0; shown && k < NODE_CELLS; k++)
			mb_table_cell(page->table, NULL);
		cell_range(page, &machine->mem[i]);
		shown++;
	}
	mb_table_end_row(page->table);
	if (shown == nr)
		return;
	for (int k = 0; k < NODE_CELLS; k++)
		mb_table_cell(page->table, NULL);
	mb_table_cellf(page->table, "and %zu more, with -v", nr - shown);
	mb_table_end_row(page->table);
}

static void add_reserved(const struct page *page)
{
	static const struct mb_table_column columns[] = {{"reserved", MB_TABLE_LEFT},
							 {"size", MB_TABLE_RIGHT}};
	const struct mb_machine *machine = page->machine;
	struct mb_table *table;

	if (!machine->nr_reserved)
		return;
	table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	for (size_t i = 0; i < machine->nr_reserved; i++)
		cell_extent(table, machine->reserved[i].start, machine->reserved[i].end);
	mb_term_add_table(page->text, page->term, table);
}

static unsigned distance(const struct mb_machine *machine, unsigned from, unsigned to)
{
	return machine->distance[from * machine->nr_node_ids + to];
}

/* As when nobody says anything: 10 to itself, 20 to others. */
static bool has_default_distances(const struct mb_machine *machine)
{
	for (unsigned from = 0; from < machine->nr_node_ids; from++) {
		for (unsigned to = 0; to < machine->nr_node_ids; to++) {
			if (mb_machine_node_possible(machine, (int)from) &&
			    mb_machine_node_possible(machine, (int)to) &&
			    distance(machine, from, to) != (from == to ? 10 : 20))
				return false;
		}
	}
	return true;
}

#define WRAP_COLUMNS 40 /* what stands before a node's distances leaves about so much of a line */

void mb_machine_table_wrap(struct mb_table *table, unsigned nr_before, const char *words)
{
	size_t length = strlen(words), at = 0, end;

	for (bool first = true; first || at < length; first = false) {
		end = mb_min(at + WRAP_COLUMNS, length);
		while (end < length && end > at && words[end] != ' ')
			end--;
		if (end == at)
			end = length;
		for (unsigned i = 0; !first && i < nr_before; i++)
			mb_table_cell(table, NULL);
		mb_table_cellf(table, "%.*s", (int)(end - at), words + at);
		at = end + 1;
	}
}

static void add_distances(const struct page *page)
{
	static const struct mb_table_column columns[] = {{"node", MB_TABLE_RIGHT},
							 {"distance to node", MB_TABLE_LEFT}};
	const struct mb_machine *machine = page->machine;
	struct mb_table *table;

	if (has_default_distances(machine))
		return;
	table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	for (unsigned from = 0; from < machine->nr_node_ids; from++) {
		struct mb_strbuf row = {0};

		if (!mb_machine_node_possible(machine, (int)from))
			continue;
		for (unsigned to = 0; to < machine->nr_node_ids; to++) {
			if (mb_machine_node_possible(machine, (int)to))
				mb_strbuf_addf(&row, "%s%u:%u", row.length ? " " : "", to,
					       distance(machine, from, to));
		}
		mb_table_cellf(table, "%u", from);
		mb_machine_table_wrap(table, 1, mb_strbuf_text(&row));
		mb_strbuf_fini(&row);
	}
	mb_term_add_table(page->text, page->term, table);
}

void mb_machine_table_add(struct mb_strbuf *text, const struct mb_term *term,
			  const struct mb_machine *machine, const struct mb_host_map *map,
			  bool verbose)
{
	struct page page = {
		.text = text,
		.term = term,
		.machine = machine,
		.map = map,
		.table = mb_table_new(node_columns, MB_ARRAY_SIZE(node_columns)),
		.verbose = verbose,
	};

	mb_machine_table_heading(text, term, "Machine");
	add_summary(&page);
	for (unsigned nid = 0; nid < machine->nr_node_ids; nid++) {
		if (mb_machine_node_possible(machine, (int)nid))
			add_node(&page, (int)nid);
	}
	mb_term_add_table(page.text, page.term, page.table);
	if (!verbose)
		return;
	add_reserved(&page);
	add_distances(&page);
}
