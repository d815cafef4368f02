/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "benches/bench.h"
#include "cli/answers.h"
#include "cli/compare_variant.h"
#include "cli/counters_list.h"
#include "cli/facts.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "cli/term.h"
#include "core/base/align.h"
#include "core/boot.h"
#include "core/memmodel.h"
#include "numa/sysstate.h"
#include "reports/comparison_writer.h"
#include "reports/writer.h"

/*
 * `memboot list`: a topic is a row that knows its columns and fills them from the table that the
 * program works from.
 */
struct topic {
	const char *name, *summary;
	struct mb_table_column columns[5];
	void (*fill)(struct mb_table *table);
};

static void fill_commands(struct mb_table *table)
{
	for (size_t i = 0; i < mb_nr_cmds; i++) {
		mb_table_cell(table, mb_cmds[i].name);
		mb_table_cell(table, mb_cmds[i].summary);
	}
}

static void fill_checks(struct mb_table *table)
{
	for (size_t i = 0; i < mb_nr_sysstate_checks; i++) {
		mb_table_cell(table, mb_sysstate_checks[i].name);
		mb_table_cell(table, mb_sysstate_checks[i].should);
		mb_table_cell(table, mb_sysstate_checks[i].why);
	}
}

static void fill_facts(struct mb_table *table)
{
	for (size_t i = 0; i < mb_nr_facts; i++) {
		mb_table_cell(table, mb_facts[i].id);
		mb_table_cell(table, mb_facts[i].title);
	}
}

static void fill_stages(struct mb_table *table)
{
	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		mb_table_cell(table, mb_boot_stages[i]->name);
		mb_table_cell(table, mb_boot_stages[i]->linux_name);
		mb_table_cell(table, mb_boot_stages[i]->summary);
	}
}

static void fill_profiles(struct mb_table *table)
{
	for (size_t i = 0; i < mb_nr_profiles; i++) {
		const struct mb_profile *profile = &mb_profiles[i];

		mb_table_cell(table, profile->name);
		mb_table_cell(table, profile->deferred_job == MB_DEFERRED_JOB_PER_ZONE
					     ? "a zone"
					     : "a free range");
		mb_table_cell(table, profile->deferred_by_pfn ? "pageblock" : "largest order");
		mb_table_cell(table, profile->pcp_auto_tune ? "tuned at run time" : "fixed");
	}
}

static void fill_models(struct mb_table *table)
{
	for (size_t i = 0; i < MB_NR_MEMMODELS; i++) {
		mb_table_cell(table, mb_memmodels[i].name);
		mb_table_cell(table, mb_memmodels[i].config);
		mb_table_cell(table, mb_memmodels[i].summary);
	}
}

static void fill_struct_pages(struct mb_table *table)
{
	for (size_t i = 0; i < MB_NR_PAGE_SIZES; i++) {
		mb_table_cell(table, mb_page_sizes[i].name);
		mb_table_cellf(table, "%.1f", mb_page_sizes[i].bytes * 262144.0 / MB_MIB);
		mb_table_cell(table, mb_page_sizes[i].reason);
	}
}

static void fill_formats(struct mb_table *table)
{
	for (size_t i = 0; i < mb_writers_count; i++) {
		mb_table_cell(table, mb_writers[i].name);
		mb_table_cell(table, mb_writers[i].extension);
		mb_table_cell(table, mb_writers[i].one_only ? "one" : "several");
		mb_table_cell(table, mb_writers[i].summary);
	}
}

static void fill_verdicts(struct mb_table *table)
{
	for (size_t i = 0; i < mb_comparison_writers_count; i++) {
		mb_table_cell(table, mb_comparison_writers[i].name);
		mb_table_cell(table, mb_comparison_writers[i].extension);
		mb_table_cell(table, mb_comparison_writers[i].summary);
	}
}

static void fill_metrics(struct mb_table *table)
{
	for (size_t i = 0; i < mb_metrics.count; i++) {
		mb_table_cell(table, mb_metrics.rows[i].key);
		mb_table_cell(table, mb_metrics.rows[i].unit);
		mb_table_cell(table, mb_metric_better_name(mb_metrics.rows[i].better));
		mb_table_cell(table, mb_metrics.rows[i].label);
	}
}

static void fill_benches(struct mb_table *table)
{
	struct mb_bench row;

	for (size_t i = 0; mb_benches_row(i, &row); i++) {
		mb_table_cellf(table, "%s/%s%s%s", row.group, row.name, row.variant ? "/" : "",
			       row.variant ? row.variant : "");
		mb_table_cell(table, row.arg_name ? row.arg_name : "");
		mb_table_cell(table, mb_benches_temperature_name(row.temperature));
		mb_table_cell(table, row.summary);
	}
}

static const struct topic topics[] = {
	{"stages",
	 "the phases of a boot, in order",
	 {{"stage", MB_TABLE_LEFT}, {"in Linux", MB_TABLE_LEFT}, {"what it does", MB_TABLE_LEFT}},
	 fill_stages},
	{"facts",
	 "what `memboot validate` compares with a kernel",
	 {{"fact", MB_TABLE_LEFT}, {"what", MB_TABLE_LEFT}},
	 fill_facts},
	{"checks",
	 "what `memboot doctor` looks at on a host",
	 {{"check", MB_TABLE_LEFT}, {"should be", MB_TABLE_LEFT}, {"why", MB_TABLE_LEFT}},
	 fill_checks},
	{"profiles",
	 "kernel releases whose rules are known: values of --kernel",
	 {{"kernel", MB_TABLE_LEFT},
	  {"deferred job", MB_TABLE_LEFT},
	  {"released by", MB_TABLE_LEFT},
	  {"pagesets", MB_TABLE_LEFT}},
	 fill_profiles},
	{"models",
	 "memory models: values of --model",
	 {{"model", MB_TABLE_LEFT}, {"in Linux", MB_TABLE_LEFT}, {"what it is", MB_TABLE_LEFT}},
	 fill_models},
	{"struct-pages",
	 "sizes of a page descriptor: values of --struct-page",
	 {{"bytes", MB_TABLE_RIGHT},
	  {"MiB a GiB of 4K pages", MB_TABLE_RIGHT},
	  {"what makes it so", MB_TABLE_LEFT}},
	 fill_struct_pages},
	{"benches",
	 "what memboot bench measures",
	 {{"bench", MB_TABLE_LEFT},
	  {"by", MB_TABLE_LEFT},
	  {"memory", MB_TABLE_LEFT},
	  {"what it measures", MB_TABLE_LEFT}},
	 fill_benches},
	{"questions",
	 "what benches answer that kernel developers cannot measure without a large machine",
	 {{"", MB_TABLE_LEFT}, {"question", MB_TABLE_LEFT}, {"what answers it", MB_TABLE_LEFT}},
	 mb_answers_list},
	{"variants",
	 "what memboot bench --compare-variant compares",
	 {{"kind", MB_TABLE_LEFT}, {"variant", MB_TABLE_LEFT}, {"what it does", MB_TABLE_LEFT}},
	 mb_compare_variant_list},
	{"formats",
	 "what -o and --format write",
	 {{"format", MB_TABLE_LEFT},
	  {"extension", MB_TABLE_LEFT},
	  {"results", MB_TABLE_LEFT},
	  {"what it is", MB_TABLE_LEFT}},
	 fill_formats},
	{"verdicts",
	 "formats of what the commands that judge write",
	 {{"format", MB_TABLE_LEFT}, {"extension", MB_TABLE_LEFT}, {"what it is", MB_TABLE_LEFT}},
	 fill_verdicts},
	{"metrics",
	 "the figures in results",
	 {{"key", MB_TABLE_LEFT},
	  {"unit", MB_TABLE_LEFT},
	  {"better", MB_TABLE_LEFT},
	  {"label", MB_TABLE_LEFT}},
	 fill_metrics},
	{"counters",
	 "events that --counters counts, and whether they count on this host",
	 {{"event", MB_TABLE_LEFT},
	  {"known by", MB_TABLE_LEFT},
	  {"counted by", MB_TABLE_LEFT},
	  {"what it tells", MB_TABLE_LEFT},
	  {"on this host", MB_TABLE_LEFT}},
	 mb_counters_list_fill},
	{"commands",
	 "the commands of memboot",
	 {{"command", MB_TABLE_LEFT}, {"what it does", MB_TABLE_LEFT}},
	 fill_commands},
};

const char *mb_cmd_list_topic(size_t index)
{
	return index < MB_ARRAY_SIZE(topics) ? topics[index].name : NULL;
}

static const char *next_topic(const void *arg, size_t index)
{
	(void)arg;
	return mb_cmd_list_topic(index);
}

static void fill_topics(struct mb_table *table)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(topics); i++) {
		mb_table_cell(table, topics[i].name);
		mb_table_cell(table, topics[i].summary);
	}
}

static const struct topic all_topics = {
	"topics", "", {{"topic", MB_TABLE_LEFT}, {"what is listed", MB_TABLE_LEFT}}, fill_topics};

static int show(const struct mb_cli *cli, const struct topic *topic)
{
	struct mb_term term = mb_term_open(&cli->opts);
	struct mb_strbuf text = {0};
	struct mb_table *table;
	size_t nr_columns = 0;

	while (nr_columns < MB_ARRAY_SIZE(topic->columns) && topic->columns[nr_columns].title)
		nr_columns++;
	term.table.indent = 0;
	table = mb_table_new(topic->columns, nr_columns);
	topic->fill(table);
	mb_table_render(table, &term.table, &text);
	if (!table)
		text.error = -ENOMEM;
	mb_table_free(table);
	return mb_term_write(cli, &text);
}

static const struct topic *find(const char *name)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(topics); i++) {
		if (strcmp(topics[i].name, name) == 0)
			return &topics[i];
	}
	return NULL;
}

int mb_cmd_list_show(const struct mb_cli *cli, const char *topic)
{
	return show(cli, find(topic));
}

int mb_cmd_list_run(struct mb_cli *cli)
{
	const struct topic *topic;
	const char *near;

	if (!cli->nr_args)
		return show(cli, &all_topics);
	topic = find(cli->args[0]);
	if (topic)
		return show(cli, topic);
	near = mb_suggest(cli->args[0], next_topic, NULL);
	if (near)
		return mb_say(cli, MB_EXIT_USAGE, "topic '%s' is unknown; did you mean '%s'?",
			      cli->args[0], near);
	return mb_say(cli, MB_EXIT_USAGE, "topic '%s' is unknown; 'memboot list' shows the topics",
		      cli->args[0]);
}
