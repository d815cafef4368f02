/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "reports/csv.h"
#include "reports/row.h"
#include "reports/writer.h"

/*
 * A CSV file for Apache Otava, which looks for changes in a history: a record for each result in the order of time, a column for each figure.
 * Its reader takes no empty cell for a number, so a figure that some result lacks has no column.
 */
struct output {
	struct mb_csv csv;
	const struct mb_result **results; /* in the order of time */
	size_t count;
	struct mb_rows rows;
};

static const enum mb_result_field attributes[] = {
	MB_RESULT_TOOL_VERSION,
	MB_RESULT_MACHINE_HASH,
	MB_RESULT_KERNEL_PROFILE,
	MB_RESULT_POLICY,
};

/* 1 and the figure; 0: there is none; -ENOMEM. */
static int get(const struct mb_run *run, size_t metric, double *ret_value)
{
	struct mb_stats stats;
	int known = run ? mb_row_summarise(run, metric, &stats) : 0;

	if (known > 0)
		*ret_value = mb_metric_aggregate(&run->result->metrics->rows[metric], &stats);
	return known;
}

/* Whether every result has the figure. */
static int is_column(const struct output *out, const struct mb_row *row, size_t metric)
{
	double value;
	int known = mb_row_tracked(&out->results[0]->metrics->rows[metric]);

	for (size_t i = 0; i < out->count && known > 0; i++)
		known = get(row->runs[i], metric, &value);
	return known;
}

static void put_heading(struct output *out)
{
	mb_csv_add(&out->csv, "time");
	mb_csv_add(&out->csv, "commit");
	mb_csv_add(&out->csv, "host");
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		mb_csv_add(&out->csv, mb_result_fields[attributes[i]].key);
	mb_csv_add(&out->csv, "result_status");
}

static void put_attributes(struct output *out, const struct mb_result *result)
{
	const char *revision = mb_result_fact(&result->facts, "revision");
	const char *host = mb_result_fact(&result->facts, "host_name");
	const char *when = result->fields[MB_RESULT_STARTED_UTC];

	mb_csv_add_text(&out->csv, when ? when : "");
	mb_csv_add_text(&out->csv, revision ? revision : "");
	mb_csv_add_text(&out->csv, host ? host : "");
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		mb_csv_add_text(&out->csv,
				result->fields[attributes[i]] ? result->fields[attributes[i]] : "");
	mb_csv_add_text(&out->csv, mb_result_status_name(result->status));
}

/* "stage/memmap_init/model:vmemmap wall_ns" */
static void put_name(struct output *out, const struct mb_row *row, size_t metric)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf name = {0};

	mb_strbuf_addf(&name, "%s %s", row->name, out->results[0]->metrics->rows[metric].key);
	if (name.error)
		out->csv.error = name.error;
	mb_csv_add_text(&out->csv, mb_strbuf_text(&name));
}

/* The cells of one record that are figures, or with result beyond the last their headings. */
static void put_figures(struct output *out, const bool *columns, size_t result)
{
	size_t nr_metrics = out->results[0]->metrics->count;

	for (size_t i = 0; i < out->rows.count; i++)
		for (size_t k = 0; k < nr_metrics; k++) {
			const struct mb_row *row = &out->rows.rows[i];
			double value = 0;

			if (!columns[i * nr_metrics + k])
				continue;
			if (result == out->count) {
				put_name(out, row, k);
				continue;
			}
			if (get(row->runs[result], k, &value) < 0)
				out->csv.error = -ENOMEM;
			mb_csv_add_number(&out->csv, value);
		}
	mb_csv_end(&out->csv);
}

static int put_all(struct output *out)
{
	size_t nr_metrics = out->results[0]->metrics->count;
	MB_FREE bool *columns = calloc(out->rows.count * nr_metrics + 1, sizeof(*columns));

	if (!columns)
		return -ENOMEM;
	for (size_t i = 0; i < out->rows.count; i++)
		for (size_t k = 0; k < nr_metrics; k++) {
			int known = is_column(out, &out->rows.rows[i], k);

			if (known < 0)
				return known;
			columns[i * nr_metrics + k] = known > 0;
		}
	put_heading(out);
	put_figures(out, columns, out->count);
	for (size_t i = 0; i < out->count; i++) {
		put_attributes(out, out->results[i]);
		put_figures(out, columns, i);
	}
	return out->csv.error;
}

int mb_write_otava(const struct mb_result *const *results, size_t count, FILE *file)
{
	MB_FREE const struct mb_result **sorted = mb_rows_by_time(results, count);
	struct output out = {.csv = {.file = file}, .results = sorted, .count = count};
	int error;

	if (!sorted)
		return -ENOMEM;
	error = mb_rows_init(&out.rows, sorted, count);
	if (error)
		return error;
	error = put_all(&out);
	mb_rows_fini(&out.rows);
	return error ? error : ferror(file) ? -EIO : 0;
}
