/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/against.h"
#include "cli/dmesg_file.h"
#include "cli/figure.h"
#include "cli/machine_table.h"
#include "cli/say.h"
#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "core/cmdline.h"
#include "core/deferred.h"
#include "numa/journal.h"
#include "numa/kmsg.h"
#include "reports/text.h"

#define STAGE "deferred_init"

/* --- options --- */

/* The log's kernel brought up its own machine, all of it, in its own way. */
int mb_against_check(const struct mb_cli *cli)
{
	const struct mb_opts *opts = &cli->opts;
	const struct {
		const char *name;
		bool given;
	} rows[] = {
		{"machine", opts->machine != NULL},
		{"machine-file", opts->machine_file != NULL},
		{"cmdline", opts->cmdline != NULL},
		{"dry-run", opts->dry_run},
		{"policy", opts->policy && strcmp(opts->policy, "deferred") != 0},
		{"page-size", opts->page_size != NULL},
		{"section-size", opts->section_size != 0},
	};

	if (opts->dmesg && !opts->against_dmesg)
		return mb_say(cli, MB_EXIT_USAGE, "option '--dmesg' needs '--against-dmesg'");
	for (size_t i = 0; opts->against_dmesg && i < MB_ARRAY_SIZE(rows); i++)
		if (rows[i].given)
			return mb_say(
				cli, MB_EXIT_USAGE,
				"options '--against-dmesg' and '--%s' exclude each other: the "
				"kernel booted its own machine, deferred",
				rows[i].name);
	return MB_EXIT_OK;
}

/* --- the log --- */

/* Reads the text into the log; -ENODATA with err when it has no line about deferred init. */
static int take(struct mb_against *against, const char *source, const char *text, size_t length,
		struct mb_err *err)
{
	struct mb_kernlog *log;

	if (mb_kernlog_parse(text, length, &log))
		return MB_FAIL(err, -ENOMEM, "out of memory");
	mb_kernlog_free(against->log);
	against->log = log;
	snprintf(against->source, sizeof(against->source), "%s", source);
	if (log->deferred.count)
		return 0;
	return mb_dmesg_file_blame(source, log, text, length, err);
}

/* Whether the log says that it is of a kernel of that release. */
static bool is_of(const struct mb_against *against, const char *release)
{
	char own[65];

	return against->log && !mb_kernlog_release(against->log, own, sizeof(own)) &&
	       !strcmp(own, release);
}

/* What is known of this host's CPUs, or of the tree's, is nothing about a log from elsewhere. */
static int read_file(const struct mb_cli *cli, const char *release, struct mb_against *against)
{
	const char *path = cli->opts.dmesg;
	char *text MB_FREE = NULL;
	struct mb_err err = {0};
	size_t length;

	if (mb_dmesg_file_read(path, &err, &text, &length)) {
		char what[160];

		snprintf(what, sizeof(what), "cannot read the log '%.120s'", path);
		return mb_say_err(cli, MB_EXIT_USAGE, what, &err);
	}
	take(against, strcmp(path, "-") ? path : "standard input", text, length, &against->why);
	if (!is_of(against, release))
		against->virt =
			(struct mb_virt){MB_VIRT_UNKNOWN, "the log does not name a hypervisor"};
	mb_virt_of_log(text, &against->virt);
	return MB_EXIT_OK;
}

/* A captured tree's. */
static void read_tree(const struct mb_sysroot *root, struct mb_against *against)
{
	char *text MB_FREE = NULL;
	size_t length;

	if (!mb_kmsg_read(root, &against->why, &text, &length))
		take(against, "the captured dmesg", text, length, &against->why);
}

/* A log that is whole is believed; else the journal may remember what the ring buffer does not. */
static void read_live(const struct mb_sysroot *root, struct mb_against *against)
{
	char *text MB_FREE = NULL, *journal MB_FREE = NULL;
	struct mb_err kmsg = {0}, other = {0};
	size_t length;
	bool denied;

	if (!mb_kmsg_read(root, &kmsg, &text, &length) &&
	    (!take(against, "/dev/kmsg", text, length, &kmsg) || *against->log->version)) {
		against->why = kmsg;
		return;
	}
	if (!mb_journal_read(&other, &journal, &length) &&
	    !take(against, "the journal", journal, length, &other))
		return;
	denied = kmsg.code == -EPERM || kmsg.code == -EACCES;
	MB_FAIL(&against->why, -ENODATA, "%.80s; %.80s%s", kmsg.text, other.text,
		denied ? "; become root, or give '--dmesg FILE'" : "");
}

int mb_against_open(const struct mb_cli *cli, const char *release, struct mb_against *ret_against)
{
	struct mb_sysroot root = {.path = "/"};
	struct mb_err err = {0};
	int status = MB_EXIT_OK;

	if (!cli->opts.against_dmesg)
		return MB_EXIT_OK;
	ret_against->wanted = true;
	if (cli->opts.sysroot && mb_sysroot_open(cli->opts.sysroot, &err, &root))
		return mb_say_err(cli, MB_EXIT_USAGE, cli->opts.sysroot, &err);
	mb_virt_detect(&root, &ret_against->virt);
	if (cli->opts.dmesg)
		status = read_file(cli, release, ret_against);
	else if (cli->opts.sysroot)
		read_tree(&root, ret_against);
	else
		read_live(&root, ret_against);
	mb_sysroot_close(&root);
	ret_against->elsewhere =
		cli->opts.sysroot ||
		(ret_against->log && *ret_against->log->version && !is_of(ret_against, release));
	return status;
}

unsigned mb_against_threads(const struct mb_against *against)
{
	return against->log && against->log->deferred_pages.count ? 1 : 0;
}

void mb_against_close(struct mb_against *against)
{
	mb_kernlog_free(against->log);
	against->log = NULL;
}

/* --- comparing --- */

/* What is known of one node. */
struct node {
	int nid;
	const struct mb_kernlog_value *kernel; /* its line, or NULL */
	const struct mb_kernlog_value *pages;  /* of kernels that say how many, or NULL */
	const struct mb_run *engine;           /* or NULL */
	unsigned rule;                         /* workers that the kernel used */
};

static const struct mb_kernlog_value *find_value(const struct mb_kernlog_values *values, int nid)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->list[i].nid == nid)
			return &values->list[i];
	return NULL;
}

static const struct mb_run *find_run(const struct mb_result *result, int nid)
{
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		if (run->kind == MB_RUN_NODE && run->node == nid && !strcmp(run->name, STAGE))
			return run;
	}
	return NULL;
}

/* Nodes with workers on any of the CPUs that the node's workers are pinned to; that node is one. */
static unsigned count_sharers(const struct mb_result *result, const struct mb_host_map *map,
			      const struct mb_run *engine)
{
	uint64_t own[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	unsigned count = 0;

	mb_host_map_add_cpus(map, engine->node, engine->threads, own);
	for (unsigned nid = 0; nid < map->nr_node_ids; nid++) {
		uint64_t set[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
		const struct mb_run *other = find_run(result, (int)nid);
		bool shared = false;

		if (other)
			mb_host_map_add_cpus(map, (int)nid, other->threads, set);
		for (size_t i = 0; i < MB_ARRAY_SIZE(set); i++)
			shared |= (own[i] & set[i]) != 0;
		count += shared;
	}
	return count;
}

static bool perhaps_emulated(const struct mb_against *against)
{
	return against->virt.kind == MB_VIRT_EMULATED || against->virt.kind == MB_VIRT_PERHAPS;
}

/* Why the ratio says less than it seems, "" when it does not. */
static void add_notes(const struct mb_against *against, const struct node *node, unsigned sharers,
		      struct mb_strbuf *text)
{
	unsigned threads = node->engine->threads;
	double pages = node->engine->metrics[MB_METRIC_PAGES].count
			       ? node->engine->metrics[MB_METRIC_PAGES].values[0]
			       : NAN;

	if (threads != node->rule)
		mb_strbuf_addf(text, "; the kernel used %u worker%s", node->rule,
			       node->rule == 1 ? "" : "s");
	if (sharers > 1)
		mb_strbuf_addf(text, "; CPUs shared by %u nodes", sharers);
	if (node->pages && pages != (double)node->pages->value)
		mb_strbuf_addf(text, "; the kernel counts %llu pages",
			       (unsigned long long)node->pages->value);
	if (!node->kernel->value)
		mb_strbuf_add(text, "; less than the kernel's tick");
	if (perhaps_emulated(against))
		mb_strbuf_addf(text, "; kernel's CPU%s emulated",
			       against->virt.kind == MB_VIRT_PERHAPS ? " perhaps" : "");
}

static void set_notes(const struct mb_against *against, const struct node *node,
		      const struct mb_host_map *map, struct mb_run *run)
{
	unsigned sharers = map ? count_sharers(run->result, map, node->engine) : 1;
	struct mb_strbuf text = {0};

	add_notes(against, node, sharers, &text);
	if (text.length)
		mb_result_run_set_arg(run, "note", mb_strbuf_text(&text) + 2);
	mb_strbuf_fini(&text);
}

static void set_samples(struct mb_run *run, const struct node *node)
{
	const struct mb_samples *times = &node->engine->metrics[MB_METRIC_WALL_NS];
	const struct mb_samples *pages = &node->engine->metrics[MB_METRIC_PAGES];
	double kernel_ns = (double)node->kernel->value * 1e6;

	for (size_t i = 0; i < times->count; i++) {
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, times->values[i]);
		mb_result_run_set(run, MB_METRIC_KERNEL_NS, i, kernel_ns);
		if (kernel_ns > 0)
			mb_result_run_set(run, MB_METRIC_RATIO, i, times->values[i] / kernel_ns);
	}
	for (size_t i = 0; i < pages->count; i++)
		mb_result_run_set(run, MB_METRIC_PAGES, i, pages->values[i]);
}

/* True when both sides have the node. */
static bool add_node(const struct mb_against *against, const struct node *node,
		     const struct mb_host_map *map, struct mb_result *result)
{
	struct mb_run *run = mb_result_run(result, MB_RUN_KERNEL, STAGE, node->nid, MB_RUN_NONE);
	struct mb_strbuf cpu = {0};
	char number[24];

	mb_result_run_set_arg(run, "log", against->source);
	if (!node->kernel || !node->engine) {
		mb_result_run_set_status(run, MB_RUN_SKIPPED,
					 node->kernel ? "the engine deferred nothing there"
						      : "the log has no line of it");
		return false;
	}
	mb_virt_add(&cpu, &against->virt);
	mb_result_run_set_arg(run, "kernel_cpu", mb_strbuf_text(&cpu));
	mb_strbuf_fini(&cpu);
	snprintf(number, sizeof(number), "%u", node->rule);
	mb_result_run_set_arg(run, "kernel_workers", number);
	set_notes(against, node, map, run);
	set_samples(run, node);
	if (run)
		run->threads = node->engine->threads;
	return true;
}

/* The old kernels' rule, else the profile's. */
static unsigned rule_of(const struct mb_against *against, const struct mb_boot_config *config,
			int nid)
{
	unsigned cpus = mb_machine_count_cpus(config->machine, nid, MB_CPU_ONLINE);

	if (mb_against_threads(against))
		return mb_against_threads(against);
	return mb_deferred_max_threads(config->profile, config->machine->arch, cpus);
}

/* What the log says of another kernel's CPUs; else the machine's are its own. */
static unsigned count_cpus(const struct mb_against *against, const struct mb_machine *machine)
{
	unsigned present = against->elsewhere ? against->log->nr_present_cpus : 0;
	char value[16];
	uint64_t most;

	if (!present)
		return mb_machine_count_cpus(machine, MB_NO_NODE, MB_CPU_ONLINE);
	if (mb_cmdline_get(against->log->cmdline, "maxcpus", value, sizeof(value)) &&
	    !mb_parse_u64(value, strlen(value), &most))
		return (unsigned)mb_clamp(most, 1, present);
	return present;
}

int mb_against_add(struct mb_against *against, const struct mb_boot_config *config,
		   const struct mb_host_map *map, struct mb_result *result)
{
	size_t compared = 0;

	if (against->why.code || !against->log)
		return -ENODATA;
	against->nr_cpus = count_cpus(against, config->machine);
	for (int nid = 0; nid < MB_MAX_NODES; nid++) {
		struct node node = {
			.nid = nid,
			.kernel = find_value(&against->log->deferred, nid),
			.pages = find_value(&against->log->deferred_pages, nid),
			.engine = find_run(result, nid),
		};

		if (!node.kernel && !node.engine)
			continue;
		node.rule = rule_of(against, config, nid);
		compared += add_node(against, &node, map, result);
	}
	if (!compared)
		return MB_FAIL(&against->why, -ENODATA,
			       "%.80s and the engine have no node in common that deferred memory",
			       against->source);
	return 0;
}

/* --- showing --- */

static void add_row(const struct mb_term *term, const struct mb_result *result,
		    const struct mb_run *run, struct mb_table *table, struct mb_strbuf *text)
{
	static const int metrics[] = {MB_METRIC_WALL_NS, MB_METRIC_KERNEL_NS};
	double pages = mb_figure_of(result, run, MB_METRIC_PAGES, text);
	double ratio = mb_figure_of(result, run, MB_METRIC_RATIO, text);
	const char *note = mb_result_fact(&run->args, "note");

	mb_table_cellf(table, "%d", run->node);
	mb_table_cell(table, isnan(pages) ? "-" : mb_format_count(pages, term->charset).text);
	if (run->threads)
		mb_table_cellf(table, "%u", run->threads);
	else
		mb_table_cell(table, "-");
	for (size_t i = 0; i < MB_ARRAY_SIZE(metrics); i++) {
		double ns = mb_figure_of(result, run, metrics[i], text);

		mb_table_cell(table, isnan(ns)
					     ? "-"
					     : mb_format_metric(&result->metrics->rows[metrics[i]],
								ns, term->charset)
						       .text);
	}
	if (isnan(ratio))
		mb_table_cell(table, "-");
	else
		mb_table_cellf(table, "%.2f", ratio);
	mb_table_cell(table, note ? note : run->reason);
}

static void add_footer(struct mb_strbuf *text, const struct mb_against *against)
{
	mb_strbuf_add(text, "  kernel's times from ");
	mb_text_add_printable(text, against->source);
	mb_strbuf_add(text, ", in whole ticks of its timer; ratio: engine over kernel\n");
	if (against->elsewhere)
		mb_strbuf_add(text, "  the log is of another machine or another kernel: ratios "
				    "compare these, too\n");
	mb_strbuf_add(text, "  the kernel's CPU: ");
	mb_virt_add(text, &against->virt);
	mb_strbuf_add(text,
		      perhaps_emulated(against) ? "; its times say nothing about speed\n" : "\n");
	/* With -icount an emulator runs all CPUs in turns on one clock: a thread's time has the turns of others in it. */
	if (perhaps_emulated(against) && against->nr_cpus > 1)
		mb_strbuf_addf(
			text,
			"  its %u CPUs may share one clock, and then the ratios mean little: "
			"boot it with maxcpus=1 to compare\n",
			against->nr_cpus);
}

void mb_against_table_add(struct mb_strbuf *text, const struct mb_term *term,
			  const struct mb_against *against, const struct mb_result *result)
{
	static const struct mb_table_column columns[] = {
		{"node", MB_TABLE_RIGHT},   {"pages", MB_TABLE_RIGHT},  {"workers", MB_TABLE_RIGHT},
		{"engine", MB_TABLE_RIGHT}, {"kernel", MB_TABLE_RIGHT}, {"ratio", MB_TABLE_RIGHT},
		{"note", MB_TABLE_LEFT},
	};
	struct mb_table *table;
	bool any = false;

	for (size_t i = 0; i < result->nr_runs; i++)
		any |= result->runs[i]->kind == MB_RUN_KERNEL;
	if (!any)
		return;
	table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	for (size_t i = 0; i < result->nr_runs; i++)
		if (result->runs[i]->kind == MB_RUN_KERNEL)
			add_row(term, result, result->runs[i], table, text);
	mb_table_drop_empty(table);
	mb_machine_table_heading(text, term, "Against the kernel's log");
	mb_term_add_table(text, term, table);
	add_footer(text, against);
}
