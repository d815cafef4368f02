/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/history_store.h"
#include "cli/output.h"
#include "cli/overwrite.h"
#include "cli/revision.h"
#include "cli/say.h"
#include "cli/term.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/format.h"
#include "reports/host_class.h"
#include "reports/json.h"
#include "reports/row.h"
#include "reports/text.h"
#include "reports/trend.h"
#include "reports/writer.h"

int mb_history_store_fail(const struct mb_history_job *job, const struct mb_err *err)
{
	char what[160];

	snprintf(what, sizeof(what), "history '%.120s'", job->path);
	return mb_say_err(job->cli, err->code == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE, what,
			  err);
}

int mb_history_store_open(struct mb_history_job *job, enum mb_history_mode mode)
{
	struct mb_err err = {0};

	job->path = job->cli->opts.history;
	if (!job->path)
		job->path = getenv("MEMBOOT_HISTORY");
	if (!job->path || !*job->path)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "where the history is, is missing: --history FILE, or the variable "
			      "MEMBOOT_HISTORY");
	if (mb_overwrite_check(job->cli, job->path))
		return MB_EXIT_USAGE;
	if (mb_history_open(job->path, mode, &err, &job->history))
		return mb_history_store_fail(job, &err);
	return MB_EXIT_OK;
}

/* --- what goes in --- */

struct input {
	struct mb_result *result;
	struct mb_strbuf host_class;
	struct mb_facts labels; /* --label, and those that the file has; texts are borrowed */
};

struct inputs {
	struct input *rows;
	struct mb_history_item *items;
	size_t count;
};

static void inputs_fini(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++) {
		mb_result_free(inputs->rows[i].result);
		mb_strbuf_fini(&inputs->rows[i].host_class);
		free(inputs->rows[i].labels.rows);
	}
	free(inputs->rows);
	free(inputs->items);
}

typedef int read_fn(const char *path, const struct mb_metric_table *metrics, struct mb_err *err,
		    struct mb_result **ret_result);

/* Every file that cannot be read gets its line before the command ends. */
static int read_all(struct mb_history_job *job, read_fn *read, struct inputs *inputs)
{
	int status = MB_EXIT_OK;

	inputs->count = (size_t)job->nr_args;
	inputs->rows = calloc(inputs->count, sizeof(*inputs->rows));
	inputs->items = calloc(inputs->count, sizeof(*inputs->items));
	if (!inputs->rows || !inputs->items) {
		inputs->count = 0;
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	}
	for (size_t i = 0; i < inputs->count; i++) {
		struct mb_err err = {0};
		char what[160];
		int r = read(job->args[i], NULL, &err, &inputs->rows[i].result);

		if (!r)
			continue;
		snprintf(what, sizeof(what), "cannot read '%.120s'", job->args[i]);
		status = mb_say_err(job->cli, r == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE, what,
				    &err);
	}
	return status;
}

#define LABEL_FACT "label:"

/* --label first, then the file's own under other keys. */
static int take_labels(const struct mb_history_job *job, struct input *input)
{
	const struct mb_facts *facts = &input->result->facts;
	struct mb_facts labels = {
		calloc(job->labels.count + facts->count + 1, sizeof(*labels.rows)), 0};

	if (!labels.rows)
		return -ENOMEM;
	for (size_t i = 0; i < job->labels.count; i++)
		labels.rows[labels.count++] = job->labels.rows[i];
	for (size_t i = 0; i < facts->count; i++) {
		struct mb_fact fact = facts->rows[i];

		if (strncmp(fact.name, LABEL_FACT, strlen(LABEL_FACT)) != 0 || !fact.value)
			continue;
		fact.name += strlen(LABEL_FACT);
		if (!mb_result_fact(&labels, fact.name))
			labels.rows[labels.count++] = fact;
	}
	input->labels = labels;
	return 0;
}

static int fill_item(const struct mb_history_job *job, struct input *input, const char *name,
		     const char *revision, const char *now, struct mb_history_item *ret_item)
{
	const char *own = mb_result_fact(&input->result->facts, "host_class");

	if (own)
		mb_strbuf_add(&input->host_class, own);
	else
		mb_host_class(input->result, &input->host_class);
	if (input->host_class.error || take_labels(job, input))
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	*ret_item = (struct mb_history_item){
		.result = input->result,
		.host_class = mb_strbuf_text(&input->host_class),
		.revision = revision,
		.labels = &input->labels,
		.now_utc = now,
		.name = name,
	};
	return MB_EXIT_OK;
}

static int store(struct mb_history_job *job, struct inputs *inputs)
{
	struct mb_err err = {0};
	size_t added = 0;
	int status, r = mb_history_check(inputs->items, inputs->count, &err);

	if (r)
		return mb_say_err(job->cli, r == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE, NULL,
				  &err);
	status = mb_history_store_open(job, MB_HISTORY_WRITE);
	if (status)
		return status;
	if (mb_history_add(job->history, inputs->items, inputs->count, &err, &added))
		return mb_history_store_fail(job, &err);
	if (added < inputs->count)
		printf("%zu added, %zu %s there already\n", added, inputs->count - added,
		       inputs->count - added == 1 ? "was" : "were");
	else
		printf("%zu added\n", added);
	return fflush(stdout) ? mb_say(job->cli, MB_EXIT_USAGE,
				       "added, but cannot write to standard output")
			      : MB_EXIT_OK;
}

/* Reads, gives each its revision, and stores; fallback: of those whose file does not say. */
static int take_in(struct mb_history_job *job, read_fn *read, bool by_file, const char *fallback)
{
	struct mb_format_text now = mb_format_utc(time(NULL));
	struct inputs inputs = {0};
	int status = read_all(job, read, &inputs);

	for (size_t i = 0; i < inputs.count && !status; i++) {
		const struct mb_facts *facts = &inputs.rows[i].result->facts;
		const char *revision = by_file ? mb_result_fact(facts, "revision") : NULL;

		if (!revision)
			revision = fallback;
		if (!revision)
			status = mb_say(job->cli, MB_EXIT_USAGE,
					"'%.120s' does not say of which revision it is; give --rev "
					"NAME",
					job->args[i]);
		else
			status = fill_item(job, &inputs.rows[i], job->args[i], revision, now.text,
					   &inputs.items[i]);
	}
	if (!status)
		status = store(job, &inputs);
	inputs_fini(&inputs);
	return status;
}

int mb_history_store_add(struct mb_history_job *job)
{
	MB_FREE char *found = NULL;
	struct mb_err err = {0};
	int r = job->cli->opts.rev ? 0 : mb_revision_find(&err, &found);

	if (r)
		return mb_say_err(job->cli, r == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE, NULL,
				  &err);
	return take_in(job, mb_json_read_file, false, found ? found : job->cli->opts.rev);
}

int mb_history_store_import(struct mb_history_job *job)
{
	const char *rev = job->cli->opts.rev;

	return take_in(job, mb_json_read_any, !rev, rev);
}

/* --- what comes out --- */

static int match(const struct mb_history_job *job, const struct mb_history_entries *entries,
		 const char *name, const char **ret_found)
{
	const char *found = NULL;

	for (size_t i = 0; i < entries->count; i++) {
		const char *revision = entries->rows[i].revision;

		if (strcmp(revision, name) == 0) {
			*ret_found = revision;
			return MB_EXIT_OK;
		}
		if (strncmp(revision, name, strlen(name)) != 0)
			continue;
		if (found && strcmp(found, revision) != 0)
			return mb_say(job->cli, MB_EXIT_USAGE,
				      "revision '%.60s' is ambiguous: '%.60s' or '%.60s'?", name,
				      found, revision);
		found = revision;
	}
	if (!found)
		return mb_say(job->cli, MB_EXIT_USAGE, "history '%.120s' has no revision '%.60s'",
			      job->path, name);
	*ret_found = found;
	return MB_EXIT_OK;
}

int mb_history_store_resolve(struct mb_history_job *job, const char *name, char **ret_revision)
{
	const struct mb_history_query all = {0};
	struct mb_history_entries entries;
	const char *found = NULL;
	struct mb_err err = {0};
	int status;

	if (!name)
		return MB_EXIT_OK;
	if (mb_history_list(job->history, &all, &err, &entries))
		return mb_history_store_fail(job, &err);
	status = match(job, &entries, name, &found);
	if (!status && !(*ret_revision = strdup(found)))
		status = mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	mb_history_entries_fini(&entries);
	return status;
}

/* What --rev and --label choose. */
static int list(struct mb_history_job *job, struct mb_history_entries *ret_entries)
{
	struct mb_history_query query = {.labels = &job->labels};
	MB_FREE char *revision = NULL;
	struct mb_err err = {0};
	int status = mb_history_store_resolve(job, job->cli->opts.rev, &revision);

	query.revision = revision;
	if (!status && mb_history_list(job->history, &query, &err, ret_entries))
		return mb_history_store_fail(job, &err);
	return status;
}

static bool same_group(const struct mb_history_entry *a, const struct mb_history_entry *b)
{
	return !strcmp(a->revision, b->revision) && !strcmp(a->host_class, b->host_class) &&
	       !strcmp(a->labels, b->labels);
}

/* A row for neighbours that are alike, with how many there are. */
static struct mb_table *list_table(const struct mb_history_entries *entries)
{
	const struct mb_table_column columns[] = {
		{"revision", MB_TABLE_LEFT},   {"began", MB_TABLE_LEFT},
		{"results", MB_TABLE_RIGHT},   {"figures", MB_TABLE_RIGHT},
		{"host class", MB_TABLE_LEFT}, {"labels", MB_TABLE_LEFT},
	};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));

	for (size_t i = 0, next; i < entries->count; i = next) {
		const struct mb_history_entry *entry = &entries->rows[i];
		struct mb_strbuf name = {0};
		size_t figures = 0;

		for (next = i; next < entries->count && same_group(entry, &entries->rows[next]);
		     next++)
			figures += entries->rows[next].samples;
		mb_trend_add_revision(&name, entry->revision);
		mb_table_cell(table, mb_strbuf_text(&name));
		mb_table_cellf(table, "%.10s %.5s", entry->started_utc,
			       strlen(entry->started_utc) > 11 ? entry->started_utc + 11 : "");
		mb_table_cellf(table, "%zu", next - i);
		mb_table_cellf(table, "%zu", figures);
		mb_table_cell(table, entry->host_class);
		mb_table_cell(table, *entry->labels ? entry->labels : "-");
		mb_strbuf_fini(&name);
	}
	mb_table_drop_empty(table);
	return table;
}

int mb_history_store_list(struct mb_history_job *job)
{
	struct mb_term term = mb_term_open(&job->cli->opts);
	struct mb_history_entries entries;
	struct mb_strbuf text = {0};
	struct mb_table *table;
	int status = list(job, &entries);

	if (status)
		return status;
	table = list_table(&entries);
	if (!entries.count)
		mb_strbuf_add(&text, "no results\n");
	else if (mb_table_render(table, &term.table, &text))
		text.error = -ENOMEM;
	mb_table_free(table);
	mb_history_entries_fini(&entries);
	return mb_term_write(job->cli, &text);
}

struct outputs {
	struct mb_result **results;
	size_t count;
};

static void outputs_fini(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->count; i++)
		mb_result_free(outputs->results[i]);
	free(outputs->results);
	*outputs = (struct outputs){0};
}

/* Results from first on; only those that are like the newest one when alike is set. */
static int load(struct mb_history_job *job, const struct mb_history_entries *entries, bool alike,
		struct outputs *outputs)
{
	const struct mb_history_entry *newest = &entries->rows[entries->count - 1];

	outputs->results = calloc(entries->count, sizeof(struct mb_result *));
	if (!outputs->results)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	for (size_t i = 0; i < entries->count; i++) {
		struct mb_err err = {0};

		if (alike && !same_group(&entries->rows[i], newest))
			continue;
		if (mb_history_load(job->history, entries->rows[i].id, &err,
				    &outputs->results[outputs->count]))
			return mb_history_store_fail(job, &err);
		outputs->count++;
	}
	return MB_EXIT_OK;
}

/* The first one without its runs. */
static struct mb_result *copy_head(const struct mb_result *from)
{
	struct mb_result *to = mb_result_new(from->metrics);

	for (int i = 0; to && i < MB_RESULT_NR_FIELDS; i++)
		mb_result_set(to, (enum mb_result_field)i, from->fields[i]);
	for (size_t i = 0; to && i < from->facts.count; i++)
		mb_result_add_fact(to, from->facts.rows[i].name, from->facts.rows[i].value,
				   from->facts.rows[i].reason);
	for (size_t i = 0; to && i < from->knobs.count; i++)
		mb_result_add_knob(to, from->knobs.rows[i].name, from->knobs.rows[i].value,
				   from->knobs.rows[i].reason);
	return to;
}

static struct mb_run *copy_run(struct mb_result *to, const struct mb_run *from)
{
	struct mb_run *run = mb_result_add_run(to, from->kind, from->name);

	for (size_t i = 0; i < from->args.count; i++)
		mb_result_run_set_arg(run, from->args.rows[i].name, from->args.rows[i].value);
	mb_result_run_set_model(run, from->model);
	mb_result_run_set_placement(run, from->placement);
	if (run) {
		run->node = from->node;
		run->worker = from->worker;
		run->threads = from->threads;
	}
	return run;
}

/* Each result is a repetition of its rows. */
static void join_row(struct mb_result *to, const struct mb_row *row, size_t count)
{
	const struct mb_run *first = NULL;
	struct mb_run *run;

	for (size_t i = 0; i < count && !first; i++)
		first = row->runs[i];
	run = copy_run(to, first);
	for (size_t i = 0; run && i < count; i++)
		for (size_t m = 0; row->runs[i] && m < to->metrics->count; m++) {
			struct mb_stats stats;

			if (mb_row_summarise(row->runs[i], m, &stats) > 0)
				mb_result_run_set(
					run, (int)m, i,
					mb_metric_aggregate(&to->metrics->rows[m], &stats));
		}
}

/* Puts one in the place of several. */
static int join(struct mb_history_job *job, struct outputs *outputs)
{
	struct mb_result *joined = copy_head(outputs->results[0]);
	struct mb_rows rows = {0};
	int r = joined ? mb_rows_init(&rows, (const struct mb_result *const *)outputs->results,
				      outputs->count)
		       : -ENOMEM;

	for (size_t i = 0; i < rows.count; i++)
		join_row(joined, &rows.rows[i], outputs->count);
	mb_rows_fini(&rows);
	if (r || mb_result_error(joined)) {
		mb_result_free(joined);
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	}
	for (size_t i = 0; i < outputs->count; i++)
		mb_result_free(outputs->results[i]);
	outputs->results[0] = joined;
	outputs->count = 1;
	return MB_EXIT_OK;
}

static int export(struct mb_history_job *job, const struct mb_history_entries *entries,
		  const struct mb_output *output, struct outputs *outputs)
{
	const char *format = job->cli->opts.format;
	const struct mb_writer *writer = mb_writer_find(output->path, format, NULL);
	bool one = writer && writer->one_only;
	int status;

	if (!entries->count)
		return mb_say(job->cli, MB_EXIT_USAGE, "history '%.120s' has no such result",
			      job->path);
	status = load(job, entries, one, outputs);
	if (!status && outputs->count < entries->count)
		mb_say(job->cli, MB_EXIT_OK,
		       "%s takes one result: of %zu, %zu %s written, of revision %.60s; --rev chooses, "
		       "'memboot list formats' says which take several",
		       writer->name, entries->count, outputs->count,
		       outputs->count == 1 ? "is" : "are",
		       entries->rows[entries->count - 1].revision);
	if (!status && one && outputs->count > 1)
		status = join(job, outputs);
	if (!status)
		status = mb_output_save_all(job->cli, output,
					    (const struct mb_result *const *)outputs->results,
					    outputs->count);
	return status;
}

int mb_history_store_export(struct mb_history_job *job)
{
	struct mb_history_entries entries;
	struct outputs outputs = {0};
	struct mb_output output;
	int status;

	if (!job->cli->opts.output && !job->cli->opts.format)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "where to is missing: -o FILE, or --format NAME for standard output");
	status = mb_output_open(job->cli, &output);
	if (!status)
		status = list(job, &entries);
	if (status)
		return status;
	status = export(job, &entries, &output, &outputs);
	outputs_fini(&outputs);
	mb_history_entries_fini(&entries);
	return status;
}
