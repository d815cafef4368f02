/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/boot_result.h"
#include "cli/boot_table.h"
#include "cli/figure.h"
#include "core/base/align.h"
#include "core/deferred_grow.h"
#include "reports/text.h"

/* What the functions below share. */
struct page {
	struct mb_strbuf *text;
	const struct mb_term *term;
	const struct mb_result *result;
	const struct mb_filter *filter;
	bool verbose;
	bool spread; /* several repetitions */
};

static double value(const struct page *page, const struct mb_run *run, int metric)
{
	return mb_figure_of(page->result, run, metric, page->text);
}

/* Median absolute deviation over the median, per cent. */
static double spread(const struct page *page, const struct mb_run *run, int metric)
{
	struct mb_stats stats = mb_figure_stats(&run->metrics[metric], page->text);

	return stats.count > 1 && stats.median > 0 ? 100 * stats.mad / stats.median : NAN;
}

/* Only stages that the totals count have shares. */
static bool has_share(const struct page *page, const struct mb_run *run)
{
	return run->kind == MB_RUN_STAGE && !isnan(value(page, run, MB_METRIC_SHARE_PERCENT));
}

/* The median of the boots' shares, as in every other report: of several boots they need not add up to 100 %. */
static void cell_share(const struct page *page, struct mb_table *table, const struct mb_run *run)
{
	if (has_share(page, run))
		mb_table_cell(table,
			      mb_format_percent(value(page, run, MB_METRIC_SHARE_PERCENT)).text);
	else
		mb_table_cell(table, "-");
}

/* A stage that is a cost of the host, not of the boot. */
static bool is_beside(const struct mb_run *run)
{
	for (size_t i = 0; run->kind == MB_RUN_STAGE && i < mb_boot_nr_stages; i++) {
		if (strcmp(mb_boot_stages[i]->name, run->name) == 0)
			return mb_boot_stages[i]->untotalled;
	}
	return false;
}

static void cell_metric(const struct page *page, struct mb_table *table, const struct mb_run *run,
			int metric)
{
	double number = value(page, run, metric);
	bool idle = run->kind == MB_RUN_WORKER && metric == MB_METRIC_WALL_NS && !(number > 0);

	if (isnan(number) || idle)
		mb_table_cell(table, "-");
	else if (metric == MB_METRIC_NS_PER_PAGE && number < 100)
		mb_table_cellf(table, "%.2f", number);
	else if (metric == MB_METRIC_NS_PER_PAGE)
		mb_table_cell(table, mb_format_count(number, page->term->charset).text);
	else
		mb_table_cell(table, mb_format_metric(&page->result->metrics->rows[metric], number,
						      page->term->charset)
					     .text);
}

static void heading(const struct page *page, const char *title)
{
	mb_strbuf_add(page->text, "\n");
	mb_table_add_styled(page->text, page->term->colour, MB_TABLE_BOLD, title);
	mb_strbuf_add(page->text, "\n");
}

static bool has_workers(const struct page *page, const char *stage)
{
	for (size_t i = 0; i < page->result->nr_runs; i++) {
		const struct mb_run *run = page->result->runs[i];

		if (run->kind == MB_RUN_WORKER && strcmp(run->name, stage) == 0)
			return true;
	}
	return false;
}

/* "worker 0, CPU 1"; more words when that is not the CPU that it was pinned to. */
static void cell_worker(struct mb_table *table, const struct mb_run *run)
{
	const char *cpus = mb_result_fact(&run->args, MB_BOOT_ARG_CPUS);
	const char *pinned = mb_result_fact(&run->args, MB_BOOT_ARG_PINNED);
	bool free = pinned ? !strcmp(pinned, "none") : run->cpu < 0;
	struct mb_strbuf words = {0};

	mb_strbuf_addf(&words, "    worker %d", run->worker);
	if (cpus)
		mb_strbuf_addf(&words, ", CPUs %s", cpus);
	else if (run->cpu >= 0)
		mb_strbuf_addf(&words, ", CPU %d", run->cpu);
	if (free)
		mb_strbuf_add(&words, ", not pinned");
	else if (pinned)
		mb_strbuf_addf(&words, ", pinned to %s", pinned);
	mb_table_style(table, MB_TABLE_DIM);
	mb_table_cell(table, mb_strbuf_text(&words));
	mb_strbuf_fini(&words);
}

/* The first cell of a phase line, and its style. False: the line is not shown. */
static bool cell_phase(const struct page *page, struct mb_table *table, const struct mb_run *run)
{
	switch (run->kind) {
	case MB_RUN_STAGE:
		mb_table_style(table, is_beside(run) ? MB_TABLE_DIM : MB_TABLE_PLAIN);
		mb_table_cell(table, run->name);
		return true;
	case MB_RUN_PHASE:
		mb_table_style(table, MB_TABLE_DIM);
		mb_table_cellf(table, "  %s", run->name);
		return true;
	case MB_RUN_NODE:
		if (!page->verbose && !has_workers(page, run->name))
			return false;
		mb_table_style(table, MB_TABLE_PLAIN);
		if (run->threads)
			mb_table_cellf(table, "  node %d, %u worker%s", run->node, run->threads,
				       run->threads == 1 ? "" : "s");
		else
			mb_table_cellf(table, "  node %d", run->node);
		return true;
	case MB_RUN_WORKER: cell_worker(table, run); return true;
	default: return false;
	}
}

/* Jobs and chunks, in words: few lines have them. */
static void cell_note(const struct page *page, struct mb_table *table, const struct mb_run *run)
{
	double jobs = value(page, run, MB_METRIC_JOBS), chunks = value(page, run, MB_METRIC_CHUNKS);

	if (is_beside(run))
		mb_table_cell(table, "beside the totals");
	else if (run->kind == MB_RUN_PHASE)
		mb_table_cell(table, "part of it");
	else if (!isnan(jobs) && !isnan(chunks))
		mb_table_cellf(table, "%.0f job%s, %.0f chunk%s", jobs, jobs == 1 ? "" : "s",
			       chunks, chunks == 1 ? "" : "s");
	else if (!isnan(chunks))
		mb_table_cellf(table, "%.0f chunk%s", chunks, chunks == 1 ? "" : "s");
	mb_table_end_row(table);
}

/* The table of phases has a line at least. */
static bool has_phases(const struct page *page)
{
	for (size_t i = 0; i < page->result->nr_runs; i++) {
		const struct mb_run *run = page->result->runs[i];

		if ((run->kind == MB_RUN_STAGE || run->kind == MB_RUN_PHASE) &&
		    mb_filter_run(page->filter, run))
			return true;
	}
	return !page->filter;
}

static void add_phases(const struct page *page)
{
	static const struct mb_table_column columns[] = {
		{"phase", MB_TABLE_LEFT},   {"time", MB_TABLE_RIGHT},  {"ns/page", MB_TABLE_RIGHT},
		{"pages", MB_TABLE_RIGHT},  {"bytes", MB_TABLE_RIGHT}, {"share", MB_TABLE_RIGHT},
		{"spread", MB_TABLE_RIGHT}, {"", MB_TABLE_LEFT},
	};
	static const int metrics[] = {MB_METRIC_WALL_NS, MB_METRIC_NS_PER_PAGE, MB_METRIC_PAGES,
				      MB_METRIC_BYTES};
	struct mb_table_column shown[MB_ARRAY_SIZE(columns)];
	size_t nr_columns = 0;
	struct mb_table *table;

	for (size_t i = 0; i < MB_ARRAY_SIZE(columns); i++) {
		if (page->spread || strcmp(columns[i].title, "spread") != 0)
			shown[nr_columns++] = columns[i];
	}
	if (!has_phases(page))
		return;
	heading(page, "Phases");
	table = mb_table_new(shown, nr_columns);
	for (size_t i = 0; i < page->result->nr_runs; i++) {
		const struct mb_run *run = page->result->runs[i];

		if (!mb_filter_run(page->filter, run) || !cell_phase(page, table, run))
			continue;
		for (size_t k = 0; k < MB_ARRAY_SIZE(metrics); k++)
			cell_metric(page, table, run, metrics[k]);
		cell_share(page, table, run);
		if (page->spread)
			mb_table_cell(table,
				      mb_format_percent(spread(page, run, MB_METRIC_WALL_NS)).text);
		cell_note(page, table, run);
	}
	mb_term_add_table(page->text, page->term, table);
}

static const struct mb_run *find_run(const struct mb_result *result, const char *name)
{
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		if (run->kind == MB_RUN_TOTAL && strcmp(run->name, name) == 0)
			return run;
	}
	return NULL;
}

static const struct mb_run *find_total(const struct page *page, const char *name)
{
	return find_run(page->result, name);
}

/* All zones together, in one line. */
static void add_memory(const struct page *page)
{
	static const struct {
		const char *before, *after;
		int metric;
	} parts[] = {
		{"  all: ", " pages present", MB_METRIC_PRESENT_PAGES},
		{", ", " managed", MB_METRIC_MANAGED_PAGES},
		{", ", " free", MB_METRIC_FREE_PAGES},
		{"; memmap ", "", MB_METRIC_MEMMAP_BYTES},
	};
	const struct mb_run *run = find_total(page, MB_BOOT_TOTAL_MEMORY);

	if (!mb_filter_name(page->filter, MB_BOOT_TOTAL_MEMORY))
		return;
	for (size_t i = 0; run && i < MB_ARRAY_SIZE(parts); i++) {
		double number = value(page, run, parts[i].metric);

		if (isnan(number))
			continue;
		mb_strbuf_addf(page->text, "%s%s%s", parts[i].before,
			       mb_format_metric(&page->result->metrics->rows[parts[i].metric],
						number, page->term->charset)
				       .text,
			       parts[i].after);
	}
	if (run)
		mb_strbuf_add(page->text, "\n");
}

static bool has_metric(const struct page *page, enum mb_run_kind kind, int metric)
{
	for (size_t i = 0; i < page->result->nr_runs; i++) {
		if (page->result->runs[i]->kind == kind &&
		    !isnan(value(page, page->result->runs[i], metric)))
			return true;
	}
	return false;
}

static void add_zones(const struct page *page)
{
	static const struct mb_table_column columns[] = {
		{"node", MB_TABLE_RIGHT},    {"zone", MB_TABLE_LEFT},
		{"spanned", MB_TABLE_RIGHT}, {"present", MB_TABLE_RIGHT},
		{"managed", MB_TABLE_RIGHT}, {"free", MB_TABLE_RIGHT},
		{"min", MB_TABLE_RIGHT},     {"low", MB_TABLE_RIGHT},
		{"high", MB_TABLE_RIGHT},    {"left", MB_TABLE_RIGHT},
	};
	static const int metrics[] = {
		MB_METRIC_SPANNED_PAGES,        MB_METRIC_PRESENT_PAGES,
		MB_METRIC_MANAGED_PAGES,        MB_METRIC_FREE_PAGES,
		MB_METRIC_WATERMARK_MIN_PAGES,  MB_METRIC_WATERMARK_LOW_PAGES,
		MB_METRIC_WATERMARK_HIGH_PAGES, MB_METRIC_LEFT_PAGES,
	};
	size_t hidden = !has_metric(page, MB_RUN_ZONE, MB_METRIC_LEFT_PAGES); /* the last */
	struct mb_table *table = NULL;

	for (size_t i = 0; i < page->result->nr_runs; i++) {
		const struct mb_run *run = page->result->runs[i];

		if (run->kind != MB_RUN_ZONE || !mb_filter_run(page->filter, run))
			continue;
		if (!table) {
			heading(page, "Zones, in pages");
			table = mb_table_new(columns, MB_ARRAY_SIZE(columns) - hidden);
		}
		mb_table_cellf(table, "%d", run->node);
		mb_table_cell(table, run->name);
		for (size_t k = 0; k < MB_ARRAY_SIZE(metrics) - hidden; k++)
			cell_metric(page, table, run, metrics[k]);
	}
	if (table)
		mb_term_add_table(page->text, page->term, table);
	add_memory(page);
	if (table && !hidden)
		mb_strbuf_add(page->text, "  left: deferred at the end of the boot, which set the "
					  "marks without these pages; they came later\n");
}

/* Policy lazy: what the first users of memory pay, node by node and all together. */
static void add_growth(const struct page *page)
{
	static const struct mb_table_column columns[] = {
		{"node", MB_TABLE_RIGHT},    {"pages left", MB_TABLE_RIGHT},
		{"growths", MB_TABLE_RIGHT}, {"first", MB_TABLE_RIGHT},
		{"min", MB_TABLE_RIGHT},     {"median", MB_TABLE_RIGHT},
		{"p99", MB_TABLE_RIGHT},     {"max", MB_TABLE_RIGHT},
		{"total", MB_TABLE_RIGHT},
	};
	static const int metrics[] = {
		MB_METRIC_LEFT_PAGES,    MB_METRIC_GROWTHS,          MB_METRIC_GROWTH_FIRST_NS,
		MB_METRIC_GROWTH_MIN_NS, MB_METRIC_GROWTH_MEDIAN_NS, MB_METRIC_GROWTH_P99_NS,
		MB_METRIC_GROWTH_MAX_NS, MB_METRIC_GROWTH_TOTAL_NS,
	};
	struct mb_table *table;

	if (!has_metric(page, MB_RUN_STAGE, MB_METRIC_LEFT_PAGES) ||
	    !mb_filter_name(page->filter, mb_deferred_grow_stage.name))
		return;
	heading(page, "Growth on demand");
	table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	for (size_t i = 0; i < page->result->nr_runs; i++) {
		const struct mb_run *run = page->result->runs[i];

		if ((run->kind != MB_RUN_NODE && run->kind != MB_RUN_STAGE) ||
		    isnan(value(page, run, MB_METRIC_LEFT_PAGES)))
			continue;
		if (run->kind == MB_RUN_NODE)
			mb_table_cellf(table, "%d", run->node);
		else
			mb_table_cell(table, "all");
		for (size_t k = 0; k < MB_ARRAY_SIZE(metrics); k++)
			cell_metric(page, table, run, metrics[k]);
	}
	mb_term_add_table(page->text, page->term, table);
	mb_strbuf_add(page->text,
		      "  the allocation that finds a zone at its low mark waits for a growth of at "
		      "least a section;\n  the kernel holds the node's lock and has interrupts off "
		      "all the while\n");
}

/* The totals in the order in which they are shown. */
static const struct {
	const char *name, *label, *note;
	int metric;
	bool beside;
} totals[] = {
	{MB_BOOT_TOTAL_FIRST_ALLOCATION, "to first allocation",
	 "from memblock's start to the first page that the buddy can give", MB_METRIC_WALL_NS,
	 false},
	{MB_BOOT_TOTAL_FIRST_KMALLOC, "to first kmalloc",
	 "the same to the first object from a kmalloc cache", MB_METRIC_WALL_NS, false},
	{MB_BOOT_TOTAL_ALL_MEMORY, "to all memory", "the same to the last page in the buddy",
	 MB_METRIC_WALL_NS, false},
	{MB_BOOT_TOTAL_PHASES, "all phases", "the phases above together", MB_METRIC_WALL_NS, false},
	{MB_BOOT_TOTAL_NODE_LOCK, "node lock held",
	 "longest at one time; the kernel has interrupts off meanwhile", MB_METRIC_LOCK_HELD_NS,
	 false},
	{MB_BOOT_TOTAL_FAULT, "fault, beside them",
	 "first touch of the memmap: the host's cost, in none of the above", MB_METRIC_WALL_NS,
	 true},
	{MB_BOOT_TOTAL_TOUCH, "second touch", "the same memory written once more",
	 MB_METRIC_WALL_NS, true},
};

/* Nothing was handed over, and yet nothing is missing. */
static bool is_dry(const struct page *page)
{
	return page->result->status == MB_RESULT_COMPLETE &&
	       !find_total(page, MB_BOOT_TOTAL_ALL_MEMORY);
}

static const char *total_note(const struct page *page, size_t total, bool never)
{
	if (!find_total(page, totals[total].name))
		return "not reached";
	if (never)
		return NULL; /* what a time would be of says nothing */
	if (is_dry(page) && strcmp(totals[total].name, MB_BOOT_TOTAL_PHASES) == 0)
		return "the phases above together, without the work on descriptors (dry run)";
	return totals[total].note;
}

static void add_totals(const struct page *page)
{
	static const struct mb_table_column columns[] = {{NULL, MB_TABLE_LEFT},
							 {NULL, MB_TABLE_RIGHT},
							 {NULL, MB_TABLE_RIGHT},
							 {NULL, MB_TABLE_LEFT}};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	bool any = false;

	for (size_t i = 0; i < MB_ARRAY_SIZE(totals); i++) {
		const struct mb_run *run = find_total(page, totals[i].name);
		bool never = run && totals[i].metric == MB_METRIC_LOCK_HELD_NS &&
			     value(page, run, totals[i].metric) == 0;

		if (!mb_filter_name(page->filter, totals[i].name))
			continue;
		if (!run && page->result->status == MB_RESULT_COMPLETE)
			continue; /* a dry run does not get there */
		any = true;
		mb_table_style(table, totals[i].beside ? MB_TABLE_DIM : MB_TABLE_PLAIN);
		mb_table_cell(table, totals[i].label);
		if (never)
			mb_table_cell(table, "never");
		else if (run)
			cell_metric(page, table, run, totals[i].metric);
		else
			mb_table_cell(table, "-");
		if (run && !totals[i].beside)
			mb_table_style_cell(table, MB_TABLE_BOLD);
		if (run && page->spread && !never)
			mb_table_cellf(table, "spread %s",
				       mb_format_percent(spread(page, run, totals[i].metric)).text);
		else
			mb_table_cell(table, NULL);
		mb_table_cell(table, total_note(page, i, never));
	}
	if (any || !page->filter)
		heading(page, "Totals");
	if (any || !page->filter)
		mb_term_add_table(page->text, page->term, table);
	else
		mb_table_free(table);
}

/* Marks what is not whole. */
static void add_status(const struct page *page)
{
	const struct mb_result *result = page->result;
	struct mb_strbuf line = {0};

	if (result->status == MB_RESULT_COMPLETE)
		return;
	mb_strbuf_addf(&line, "%s: ", mb_result_status_name(result->status));
	mb_text_add_printable(&line, result->reason ? result->reason : "no reason is known");
	mb_strbuf_add(&line, "; what is shown had ended");
	mb_strbuf_add(page->text, "\n");
	mb_table_add_styled(page->text, page->term->colour,
			    result->status == MB_RESULT_FAILED ? MB_TABLE_RED : MB_TABLE_YELLOW,
			    mb_strbuf_text(&line));
	mb_strbuf_add(page->text, "\n");
	mb_strbuf_fini(&line);
}

static size_t repetitions(const struct mb_result *result)
{
	size_t most = 0;

	for (size_t i = 0; i < result->nr_runs; i++)
		most = mb_max(most, mb_result_run_repetitions(result->runs[i]));
	return most;
}

void mb_boot_table_add(struct mb_strbuf *text, const struct mb_term *term,
		       const struct mb_result *result, const struct mb_filter *filter, bool verbose)
{
	struct page page = {
		.text = text,
		.term = term,
		.result = result,
		.filter = filter,
		.verbose = verbose,
		.spread = repetitions(result) > 1,
	};

	add_status(&page);
	add_phases(&page);
	add_zones(&page);
	add_growth(&page);
	add_totals(&page);
}

/* The runs of that name in one line. They make up all managed pages, unlike the free ones above. */
static void add_free_blocks(struct mb_strbuf *text, const struct mb_result *result)
{
	size_t prefix = strlen(MB_BOOT_TOTAL_FREE_BLOCKS);
	bool first = true;

	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		if (run->kind != MB_RUN_TOTAL ||
		    strncmp(run->name, MB_BOOT_TOTAL_FREE_BLOCKS, prefix))
			continue;
		mb_strbuf_addf(text, "%s %.0f",
			       first ? "  free blocks with slabs and pagesets returned, order 0 up:"
				     : "",
			       run->metrics[MB_METRIC_FREE_BLOCKS].values[0]);
		first = false;
	}
	if (!first)
		mb_strbuf_add(text, "\n");
}

/* Why the kernel did not say. */
static void add_pages_unknown(struct mb_strbuf *text, const struct mb_result *result)
{
	for (size_t i = 0; i < result->facts.count; i++) {
		const struct mb_fact *fact = &result->facts.rows[i];

		if (strcmp(fact->name, MB_BOOT_FACT_PAGES) != 0 || !fact->reason)
			continue;
		mb_strbuf_add(text, "pages: unknown: ");
		mb_text_add_printable(text, fact->reason);
		mb_strbuf_add(text, "\n");
	}
}

/* What the kernel has made the memory of, whatever was asked for. */
static void add_pages(struct mb_strbuf *text, const struct mb_result *result)
{
	static const struct {
		int metric;
		const char *what;
	} kinds[] = {
		{MB_METRIC_HUGETLB_BYTES, "in huge pages of the pool"},
		{MB_METRIC_THP_BYTES, "in transparent huge pages"},
		{MB_METRIC_BASE_PAGE_BYTES, "in base pages"},
	};
	const char *asked = result->fields[MB_RESULT_PAGES];
	const struct mb_run *run = find_run(result, MB_BOOT_TOTAL_FAULT);
	const char *join = "pages: ";

	for (size_t i = 0; run && i < MB_ARRAY_SIZE(kinds); i++) {
		const struct mb_samples *samples = &run->metrics[kinds[i].metric];

		if (!samples->count || !(samples->values[samples->count - 1] > 0))
			continue;
		mb_strbuf_addf(text, "%s%s %s", join,
			       mb_format_bytes(samples->values[samples->count - 1]).text,
			       kinds[i].what);
		join = ", ";
	}
	if (*join != ',')
		add_pages_unknown(text, result);
	if (*join == ',')
		mb_strbuf_addf(text, "%s%s\n",
			       asked && strcmp(asked, "host") ? "; asked for: "
							      : ", as the host is set",
			       asked && strcmp(asked, "host") ? asked : "");
}

/* Who was asked where the memmap is, and what that gave. */
static void add_placement(struct mb_strbuf *text, const struct mb_result *result)
{
	const char *placement = result->fields[MB_RESULT_PLACEMENT];
	const char *library = mb_result_fact(&result->facts, "placement_library");

	if (!placement)
		return;
	mb_strbuf_add(text, "\nplacement: ");
	if (!strcmp(placement, "verified"))
		mb_strbuf_add(text, "every page of the memmap is on its node, as the host says\n");
	else if (library && !strcmp(library, "none"))
		mb_strbuf_add(text, "not verified, the host was not asked: built without libnuma "
				    "(libnuma-dev)\n");
	else
		mb_strbuf_add(text, "not verified, the host does not tell where memory is (memboot "
				    "topo)\n");
}

/* That the memmap was never all there, and what that means for its figures. */
static void add_windows(struct mb_strbuf *text, const struct mb_result *result, bool checked)
{
	const char *windows = mb_result_fact(&result->facts, MB_BOOT_FACT_WINDOWS);

	if (!windows)
		return;
	mb_strbuf_add(text, "windows: the memmap of each node went through ");
	mb_text_add_printable(text, windows);
	mb_strbuf_add(
		text,
		checked ? "\n  times include reading each block before its memory was used again\n"
			: "\n");
}

void mb_boot_table_add_checks(struct mb_strbuf *text, const struct mb_result *result, bool checked)
{
	const char *digest = result->fields[MB_RESULT_DIGEST];

	add_placement(text, result);
	add_windows(text, result, checked);
	add_pages(text, result);
	if (!checked)
		return;
	mb_strbuf_add(text, "checked: every invariant held after every stage\n");
	if (digest)
		mb_strbuf_addf(text, "  descriptors: digest %s, list links left out\n", digest);
	add_free_blocks(text, result);
}
