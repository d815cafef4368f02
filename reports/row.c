/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "reports/row.h"

bool mb_row_is(const struct mb_run *run)
{
	return (run->kind == MB_RUN_STAGE || run->kind == MB_RUN_TOTAL ||
		run->kind == MB_RUN_BENCH) &&
	       run->status == MB_RUN_OK;
}

/* Adds "/key:value", unless the name has it already, as those of benches that go by an argument do. */
static void add_part(struct mb_strbuf *buf, const char *key, const char *value)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf part = {0};
	const char *name, *at;

	mb_strbuf_addf(&part, "/%s:%s", key, value);
	if (part.error)
		buf->error = part.error;
	name = mb_strbuf_text(buf);
	for (at = name; (at = strstr(at, mb_strbuf_text(&part))); at++)
		if (!at[part.length] || at[part.length] == '/')
			return;
	mb_strbuf_add(buf, mb_strbuf_text(&part));
}

static void add_number(struct mb_strbuf *buf, const char *key, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	add_part(buf, key, text);
}

/* A bench's name says already what it is. */
void mb_row_add_name(struct mb_strbuf *buf, const struct mb_run *run)
{
	if (run->kind != MB_RUN_BENCH)
		mb_strbuf_addf(buf, "%s/", mb_result_kind_name(run->kind));
	mb_strbuf_add(buf, *run->name ? run->name : "unnamed");
	for (size_t i = 0; i < run->args.count; i++)
		add_part(buf, run->args.rows[i].name,
			 run->args.rows[i].value ? run->args.rows[i].value : "");
	if (run->model)
		add_part(buf, "model", run->model);
	if (run->placement)
		add_part(buf, "placement", run->placement);
	if (run->node >= 0)
		add_number(buf, "node", run->node);
	if (run->worker >= 0)
		add_number(buf, "worker", run->worker);
	if (run->threads)
		add_number(buf, "threads", (int)run->threads);
}

int mb_row_summarise(const struct mb_run *run, size_t metric, struct mb_stats *ret_stats)
{
	const struct mb_samples *samples = &run->metrics[metric];
	struct mb_stats stats;
	int error = mb_stats_summarise(samples->values, samples->count, &stats);

	if (error || !stats.count)
		return error;
	*ret_stats = stats;
	return 1;
}

const int mb_row_groups[MB_ROW_NR_GROUPS][MB_ROW_GROUP_SIZE] = {
	{MB_METRIC_NS_PER_PAGE, MB_METRIC_NS_PER_OPERATION, MB_METRIC_WALL_NS},
	{MB_METRIC_INSTRUCTIONS_PER_PAGE, MB_METRIC_INSTRUCTIONS_PER_OPERATION,
	 MB_METRIC_INSTRUCTIONS},
};

bool mb_row_tracked(const struct mb_metric *metric)
{
	return metric->better != MB_BETTER_NONE;
}

/* ISO 8601 in one time zone sorts as text. */
static bool is_later(const struct mb_result *one, const struct mb_result *other)
{
	const char *a = one->fields[MB_RESULT_STARTED_UTC];
	const char *b = other->fields[MB_RESULT_STARTED_UTC];

	return strcmp(a ? a : "", b ? b : "") > 0;
}

/* By insertion: keeps equal ones in order, and most histories come sorted. */
const struct mb_result **mb_rows_by_time(const struct mb_result *const *results, size_t count)
{
	const struct mb_result **sorted = calloc(count + 1, sizeof(const struct mb_result *));

	for (size_t i = 0; sorted && i < count; i++) {
		size_t at = i;

		for (; at && is_later(sorted[at - 1], results[i]); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = results[i];
	}
	return sorted;
}

/* A run of a result, under its name. */
struct entry {
	char *name;
	const struct mb_run *run;
	size_t result, order;
};

static int by_name(const void *one, const void *other)
{
	const struct entry *a = one, *b = other;
	int difference = strcmp(a->name, b->name);

	if (difference)
		return difference;
	return a->order < b->order ? -1 : a->order > b->order;
}

struct ordered {
	struct mb_row row;
	size_t order; /* of its first run */
};

static int by_order(const void *one, const void *other)
{
	const struct ordered *a = one, *b = other;

	return a->order < b->order ? -1 : a->order > b->order;
}

static int collect(const struct mb_result *const *results, size_t count, struct entry *entries,
		   size_t *ret_count)
{
	size_t nr = 0;
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		for (size_t k = 0; k < results[i]->nr_runs && !error; k++) {
			struct mb_strbuf name = {0};

			if (!mb_row_is(results[i]->runs[k]))
				continue;
			mb_row_add_name(&name, results[i]->runs[k]);
			entries[nr] =
				(struct entry){mb_strbuf_take(&name), results[i]->runs[k], i, nr};
			error = entries[nr].name ? 0 : -ENOMEM;
			nr += !error;
		}
	*ret_count = nr;
	return error;
}

/* Makes a row of each name; takes the first entry's name over. */
static int group(struct entry *entries, size_t nr_entries, size_t nr_results, struct ordered *rows,
		 size_t *ret_count)
{
	struct ordered *row = NULL;
	size_t count = 0;

	for (size_t i = 0; i < nr_entries; i++) {
		struct entry *entry = &entries[i];

		if (!row || strcmp(row->row.name, entry->name) != 0) {
			row = &rows[count];
			row->row.runs = calloc(nr_results, sizeof(const struct mb_run *));
			if (!row->row.runs)
				return -ENOMEM;
			row->row.name = MB_TAKE(entry->name);
			row->order = entry->order;
			*ret_count = ++count;
		}
		if (!row->row.runs[entry->result])
			row->row.runs[entry->result] = entry->run;
	}
	return 0;
}

/* Brings the rows into the order in which they came up; takes them over whatever happens. */
static int settle(struct mb_rows *rows, struct ordered *ordered, size_t count, int error)
{
	struct mb_rows found = {calloc(count + 1, sizeof(*found.rows)), count};

	if (!found.rows) {
		for (size_t i = 0; i < count; i++) {
			free(ordered[i].row.name);
			free(ordered[i].row.runs);
		}
		return -ENOMEM;
	}
	qsort(ordered, count, sizeof(*ordered), by_order);
	for (size_t i = 0; i < count; i++)
		found.rows[i] = ordered[i].row;
	if (error)
		mb_rows_fini(&found);
	else
		*rows = found;
	return error;
}

int mb_rows_init(struct mb_rows *rows, const struct mb_result *const *results, size_t count)
{
	MB_FREE struct ordered *ordered = NULL;
	MB_FREE struct entry *entries = NULL;
	size_t room = 1, nr_entries = 0, nr_rows = 0;
	int error;

	for (size_t i = 0; i < count; i++)
		room += results[i]->nr_runs;
	entries = calloc(room, sizeof(*entries));
	ordered = calloc(room, sizeof(*ordered));
	if (!entries || !ordered)
		return -ENOMEM;
	error = collect(results, count, entries, &nr_entries);
	qsort(entries, nr_entries, sizeof(*entries), by_name);
	if (!error)
		error = group(entries, nr_entries, count, ordered, &nr_rows);
	for (size_t i = 0; i < nr_entries; i++)
		free(entries[i].name);
	return settle(rows, ordered, nr_rows, error);
}

void mb_rows_fini(struct mb_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		free(rows->rows[i].name);
		free(rows->rows[i].runs);
	}
	free(rows->rows);
	*rows = (struct mb_rows){0};
}
