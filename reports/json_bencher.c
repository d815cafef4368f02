/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/json.h"
#include "reports/json_value.h"
#include "reports/row.h"

/*
 * Bencher Metric Format (bencher.dev, "Benchmark Adapters"): an object of benchmarks, each an object of measures. A measure's name is the
 * metric's key as a slug; the time is "latency", which Bencher knows and which is in nanoseconds. The bounds are the confidence
 * interval of the median, where there are samples enough.
 */
static void add_slug(struct mb_strbuf *buf, const struct mb_metric *metric)
{
	if (!strcmp(metric->key, mb_metrics.rows[MB_METRIC_WALL_NS].key)) {
		mb_strbuf_add(buf, "latency");
		return;
	}
	for (const char *at = metric->key; *at; at++)
		mb_strbuf_addf(buf, "%c", *at == '_' ? '-' : *at);
}

static json_t *measure_value(const struct mb_metric *metric, const struct mb_stats *stats)
{
	json_t *measure = json_object();
	bool bad = false;

	mb_json_value_add(measure, "value",
			  mb_json_value_number(mb_metric_aggregate(metric, stats)), &bad);
	if (metric->aggregate == MB_AGGREGATE_MEDIAN && isfinite(stats->median_low)) {
		mb_json_value_add(measure, "lower_value", mb_json_value_number(stats->median_low),
				  &bad);
		mb_json_value_add(measure, "upper_value", mb_json_value_number(stats->median_high),
				  &bad);
	}
	return mb_json_value_finish(measure, bad);
}

static int add_measure(json_t *benchmark, const struct mb_run *run, size_t metric)
{
	const struct mb_metric *row = &run->result->metrics->rows[metric];
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf slug = {0};
	struct mb_stats stats;
	bool bad = false;
	int known = mb_row_tracked(row) ? mb_row_summarise(run, metric, &stats) : 0;

	if (known <= 0)
		return known;
	add_slug(&slug, row);
	mb_json_value_add(benchmark, mb_strbuf_text(&slug), measure_value(row, &stats), &bad);
	return bad || slug.error ? -ENOMEM : 0;
}

static int put_row(FILE *file, const struct mb_row *row, bool *first)
{
	const struct mb_run *run = row->runs[0];
	json_t *benchmark = json_object();
	int error = benchmark ? 0 : -ENOMEM;

	for (size_t i = 0; i < run->result->metrics->count && !error; i++)
		error = add_measure(benchmark, run, i);
	if (error || !json_object_size(benchmark)) {
		json_decref(benchmark);
		return error;
	}
	fputs(*first ? "\n" : ",\n", file);
	*first = false;
	error = mb_json_value_put(file, mb_json_value_text(row->name));
	fputs(": ", file);
	if (error)
		json_decref(benchmark);
	return error ? error : mb_json_value_put(file, benchmark);
}

int mb_json_bencher(const struct mb_result *const *results, size_t count, FILE *file)
{
	struct mb_rows rows;
	bool first = true;
	int error = mb_rows_init(&rows, results, 1);

	(void)count;
	if (error)
		return error;
	fputs("{", file);
	for (size_t i = 0; i < rows.count && !error; i++)
		error = put_row(file, &rows.rows[i], &first);
	fputs("\n}\n", file);
	mb_rows_fini(&rows);
	return error ? error : ferror(file) ? -EIO : 0;
}
