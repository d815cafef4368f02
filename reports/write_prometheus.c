/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "reports/format.h"
#include "reports/identity.h"
#include "reports/row.h"
#include "reports/text.h"
#include "reports/writer.h"

/*
 * Prometheus' text format 0.0.4, for the textfile collector of its node exporter: gauges without timestamps, which that collector
 * refuses. A family for each metric, all its series together, none twice: of two results of the same thing the later one counts.
 * Times are in seconds, as Prometheus' naming rules ask; all else is in the unit of the metric's key.
 */
struct series {
	char *labels; /* {host="a",…} */
	double value;
	size_t order;
};

struct output {
	FILE *file;
	const struct mb_result *const *results; /* in the order of time */
	size_t count;
	struct series *series; /* of the family at hand */
	size_t nr_series;
	int error;
};

/* The format has three escapes; everything else that is not printable was made so before. */
static void add_escaped(struct mb_strbuf *buf, const char *text)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf clean = {0};

	mb_text_add_printable(&clean, text);
	for (const char *at = mb_strbuf_text(&clean); *at; at++)
		mb_strbuf_addf(buf, *at == '\\' || *at == '"' ? "\\%c" : "%c", *at);
	if (clean.error)
		buf->error = clean.error;
}

/* An empty label is one that is not there. */
static void add_label(struct mb_strbuf *buf, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	mb_strbuf_addf(buf, "%s%s=\"", buf->length ? "," : "", name);
	add_escaped(buf, value);
	mb_strbuf_add(buf, "\"");
}

/* What tells one result from another, besides its time. */
static void add_result_labels(struct mb_strbuf *buf, const struct mb_result *result)
{
	static const enum mb_result_field fields[] = {
		MB_RESULT_MACHINE_HASH, MB_RESULT_KERNEL_PROFILE, MB_RESULT_POLICY,
		MB_RESULT_STRUCT_PAGE,  MB_RESULT_BIND,           MB_RESULT_PAGES,
	};

	add_label(buf, "host", mb_result_fact(&result->facts, "host_name"));
	for (size_t i = 0; i < MB_ARRAY_SIZE(fields); i++)
		add_label(buf, mb_result_fields[fields[i]].key, result->fields[fields[i]]);
}

/* What the run is; how it went and on which CPU is no part of that. */
static void add_run_labels(struct mb_strbuf *buf, const struct mb_run *run)
{
	add_result_labels(buf, run->result);
	for (size_t i = 0; i < mb_identity_count; i++) {
		const struct mb_identity_column *column = &mb_identity_columns[i];
		MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf value = {0};

		if (!strcmp(column->key, "status") || !strcmp(column->key, "reason") ||
		    !strcmp(column->key, "cpu"))
			continue;
		column->add(run, &value);
		if (value.error)
			buf->error = value.error;
		add_label(buf, column->key, mb_strbuf_text(&value));
	}
}

static void add_series(struct output *out, struct mb_strbuf *labels, double value)
{
	struct series *series;

	if (labels->error || mb_grow(&out->series, out->nr_series, sizeof(*series))) {
		out->error = -ENOMEM;
		mb_strbuf_fini(labels);
		return;
	}
	series = &out->series[out->nr_series];
	*series = (struct series){mb_strbuf_take(labels), value, out->nr_series};
	if (series->labels)
		out->nr_series++;
	else
		out->error = -ENOMEM;
}

static int by_labels(const void *one, const void *other)
{
	const struct series *a = one, *b = other;
	int difference = strcmp(a->labels, b->labels);

	if (difference)
		return difference;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Writes the family, if it has any series, and forgets them. */
static void put_family(struct output *out, const char *name, const char *help)
{
	if (out->nr_series) {
		fprintf(out->file, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
		qsort(out->series, out->nr_series, sizeof(*out->series), by_labels);
	}
	for (size_t i = 0; i < out->nr_series; i++) {
		const struct series *one = &out->series[i];

		if (i + 1 == out->nr_series || strcmp(one->labels, one[1].labels) != 0)
			fprintf(out->file, "%s{%s} %s\n", name, one->labels,
				mb_format_exact(one->value).text);
	}
	for (size_t i = 0; i < out->nr_series; i++)
		free(out->series[i].labels);
	out->nr_series = 0;
}

/* wall_ns is memboot_wall_seconds, ns_per_page memboot_seconds_per_page. */
static void add_name(struct mb_strbuf *buf, const struct mb_metric *metric)
{
	const char *at = metric->key;

	mb_strbuf_add(buf, "memboot");
	while (*at) {
		size_t length = strcspn(at, "_");

		if (length == 2 && !strncmp(at, "ns", 2))
			mb_strbuf_add(buf, "_seconds");
		else
			mb_strbuf_addf(buf, "_%.*s", (int)length, at);
		at += length + (at[length] == '_');
	}
}

static bool is_time(const struct mb_metric *metric)
{
	return !strcmp(metric->unit, "ns");
}

static void put_metric(struct output *out, size_t metric)
{
	const struct mb_metric *row = &out->results[0]->metrics->rows[metric];
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf name = {0}, help = {0};
	static const char *const aggregates[] = {
		[MB_AGGREGATE_MEDIAN] = "median",
		[MB_AGGREGATE_MIN] = "least",
		[MB_AGGREGATE_MAX] = "largest",
	};
	struct mb_stats stats;

	for (size_t i = 0; i < out->count; i++)
		for (size_t k = 0; k < out->results[i]->nr_runs && !out->error; k++) {
			const struct mb_run *run = out->results[i]->runs[k];
			int known = run->status == MB_RUN_OK ? mb_row_summarise(run, metric, &stats)
							     : 0;
			struct mb_strbuf labels = {0};

			if (known < 0)
				out->error = known;
			if (known <= 0)
				continue;
			add_run_labels(&labels, run);
			add_series(out, &labels,
				   mb_metric_aggregate(row, &stats) / (is_time(row) ? 1e9 : 1));
		}
	add_name(&name, row);
	mb_strbuf_addf(&help, "%s%s%s; the %s of the repetitions", row->label,
		       *row->unit ? ", " : "", is_time(row) ? "seconds" : row->unit,
		       aggregates[row->aggregate]);
	put_family(out, mb_strbuf_text(&name), mb_strbuf_text(&help));
	if (name.error || help.error)
		out->error = -ENOMEM;
}

static double to_seconds(const char *utc)
{
	struct tm tm = {0};
	char *end = utc ? strptime(utc, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;

	return end && !*end ? (double)timegm(&tm) : NAN;
}

/* Whether it came to its end, and when it began: what an alert on a result that is too old needs. */
static void put_results(struct output *out)
{
	for (int family = 0; family < 2; family++) {
		for (size_t i = 0; i < out->count && !out->error; i++) {
			const struct mb_result *result = out->results[i];
			double value = family ? to_seconds(result->fields[MB_RESULT_STARTED_UTC])
					      : result->status == MB_RESULT_COMPLETE;
			struct mb_strbuf labels = {0};

			if (!isfinite(value))
				continue;
			add_result_labels(&labels, result);
			add_series(out, &labels, value);
		}
		if (family)
			put_family(out, "memboot_started_timestamp_seconds",
				   "when the result was begun, in seconds of Unix time");
		else
			put_family(out, "memboot_complete",
				   "1 for a result that came to its end, 0 for one that was "
				   "interrupted or failed");
	}
}

int mb_write_prometheus(const struct mb_result *const *results, size_t count, FILE *file)
{
	MB_FREE const struct mb_result **sorted = mb_rows_by_time(results, count);
	struct output out = {.file = file, .results = sorted, .count = count};

	if (!sorted)
		return -ENOMEM;
	put_results(&out);
	for (size_t i = 0; i < results[0]->metrics->count && !out.error; i++)
		put_metric(&out, i);
	for (size_t i = 0; i < out.nr_series; i++)
		free(out.series[i].labels);
	free(out.series);
	return out.error ? out.error : ferror(file) ? -EIO : 0;
}
