/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/json.h"
#include "reports/json_value.h"
#include "reports/row.h"

/*
 * The file that Google Benchmark's --benchmark_out writes and its tools/compare.py reads (docs/user_guide.md, "Output
 * Formats"). Readers differ in what they stumble over: repeated rows of a name are the repetitions; aggregates would
 * be taken for benchmarks by some, and bytes_per_second would replace the time in others, so neither is written.
 * The median form has a row a benchmark, for readers that take one of several rows of a name, the first or the last.
 * CPU time is not measured: cpu_time, which compare.py needs, repeats the wall time.
 */
#define DUMP_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(17))

static json_t *fact_text(const struct mb_result *result, const char *name, const char *otherwise)
{
	const char *value = mb_result_fact(&result->facts, name);

	return json_string(value ? value : otherwise);
}

/* The leading number of a fact, rounded, 0 when there is none. */
static json_t *fact_number(const struct mb_result *result, const char *name)
{
	const char *value = mb_result_fact(&result->facts, name);
	double number = value ? strtod(value, NULL) : 0;

	return json_integer(isfinite(number) && fabs(number) < 1e15 ? llround(number) : 0);
}

static json_t *context_value(const struct mb_result *result)
{
	const char *date = result->fields[MB_RESULT_STARTED_UTC];
	const char *version = result->fields[MB_RESULT_TOOL_VERSION];
	const char *revision = mb_result_fact(&result->facts, "revision");
	json_t *context = json_object();
	bool bad = false;

	mb_json_value_add(context, "date", json_string(date ? date : ""), &bad);
	mb_json_value_add(context, "host_name", fact_text(result, "host_name", "unknown"), &bad);
	mb_json_value_add(context, "executable", json_string("memboot"), &bad);
	mb_json_value_add(context, "num_cpus", fact_number(result, "cpus"), &bad);
	mb_json_value_add(context, "mhz_per_cpu", fact_number(result, "cpu_mhz"), &bad);
	mb_json_value_add(context, "cpu_scaling_enabled", json_false(), &bad);
	mb_json_value_add(context, "caches", json_array(), &bad);
	mb_json_value_add(context, "load_avg", json_array(), &bad);
	mb_json_value_add(context, "library_build_type", fact_text(result, "build_type", "release"),
			  &bad);
	mb_json_value_add(context, "json_schema_version", json_integer(1), &bad);
	mb_json_value_add(context, "memboot_version", json_string(version ? version : ""), &bad);
	mb_json_value_add(context, "memboot_status",
			  json_string(mb_result_status_name(result->status)), &bad);
	if (revision)
		mb_json_value_add(context, "revision", json_string(revision), &bad);
	return mb_json_value_finish(context, bad);
}

/* What is said elsewhere in a row, would replace its time in some readers, or is a point in time. */
static bool is_counter(size_t metric)
{
	return metric != MB_METRIC_WALL_NS && metric != MB_METRIC_ROUNDS &&
	       metric != MB_METRIC_ITERATIONS && metric != MB_METRIC_START_NS &&
	       metric != MB_METRIC_BYTES_PER_SECOND;
}

static double sample(const struct mb_run *run, size_t metric, size_t repetition)
{
	const struct mb_samples *samples = &run->metrics[metric];

	return repetition < samples->count ? samples->values[repetition] : NAN;
}

/* One repetition, or the figure that stands for all. */
struct figures {
	size_t index, count; /* of the repetition, of all of them in the file */
	bool medians;
};

static int get(const struct mb_run *run, size_t metric, const struct figures *figures,
	       double *ret_value)
{
	struct mb_stats stats;
	int known;

	*ret_value = figures->medians ? NAN : sample(run, metric, figures->index);
	if (!figures->medians)
		return 0;
	known = mb_row_summarise(run, metric, &stats);
	if (known > 0)
		*ret_value = mb_metric_aggregate(&run->result->metrics->rows[metric], &stats);
	return known < 0 ? known : 0;
}

/* The other metrics are what the library calls user counters. */
static void add_counters(json_t *row, const struct mb_run *run, const struct figures *figures,
			 bool *bad)
{
	const struct mb_metric_table *metrics = run->result->metrics;
	double value;

	for (size_t i = 0; i < metrics->count; i++) {
		if (!is_counter(i))
			continue;
		*bad |= get(run, i, figures, &value) != 0;
		if (isfinite(value))
			mb_json_value_add(row, metrics->rows[i].key, mb_json_value_number(value),
					  bad);
	}
}

/* ret_row: NULL where the repetition has no time. */
static int row_value(const struct mb_run *run, const char *name, const struct figures *figures,
		     json_t **ret_row)
{
	double ns = NAN, rounds = NAN;
	bool bad = get(run, MB_METRIC_WALL_NS, figures, &ns) != 0 ||
		   get(run, MB_METRIC_ROUNDS, figures, &rounds) != 0;
	json_t *row;

	*ret_row = NULL;
	if (!bad && isnan(ns))
		return 0;
	row = json_object();
	mb_json_value_add(row, "name", json_string(name), &bad);
	mb_json_value_add(row, "run_name", json_string(name), &bad);
	mb_json_value_add(row, "run_type", json_string("iteration"), &bad);
	mb_json_value_add(row, "repetitions", json_integer((json_int_t)figures->count), &bad);
	mb_json_value_add(row, "repetition_index", json_integer((json_int_t)figures->index), &bad);
	mb_json_value_add(row, "threads", json_integer(run->threads ? run->threads : 1), &bad);
	mb_json_value_add(row, "iterations",
			  json_integer(rounds >= 1 && rounds < 1e15 ? llround(rounds) : 1), &bad);
	mb_json_value_add(row, "real_time", json_real(ns), &bad);
	mb_json_value_add(row, "cpu_time", json_real(ns), &bad);
	mb_json_value_add(row, "time_unit", json_string("ns"), &bad);
	add_counters(row, run, figures, &bad);
	*ret_row = mb_json_value_finish(row, bad);
	return *ret_row ? 0 : -ENOMEM;
}

static int add_run(json_t *rows, const struct mb_run *run, bool medians)
{
	size_t count = medians ? 1 : run->metrics[MB_METRIC_WALL_NS].count;
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf name = {0};
	int error = 0;

	mb_row_add_name(&name, run);
	for (size_t i = 0; i < count && !error && !name.error; i++) {
		const struct figures figures = {i, count, medians};
		json_t *row;

		error = row_value(run, mb_strbuf_text(&name), &figures, &row);
		if (row && json_array_append_new(rows, row))
			error = -ENOMEM;
	}
	return name.error ? name.error : error;
}

static int write_rows(const struct mb_result *result, FILE *file, bool medians)
{
	json_t *root = json_object(), *rows = json_array();
	bool bad = !rows;
	int error = 0;

	mb_json_value_add(root, "context", context_value(result), &bad);
	mb_json_value_add(root, "benchmarks", rows, &bad);
	for (size_t i = 0; i < result->nr_runs && !bad && !error; i++)
		if (mb_row_is(result->runs[i]))
			error = add_run(rows, result->runs[i], medians);
	if (bad)
		error = -ENOMEM;
	if (!error && json_dumpf(root, file, DUMP_FLAGS))
		error = ferror(file) ? -EIO : -ENOMEM;
	json_decref(root);
	fputc('\n', file);
	return !error && ferror(file) ? -EIO : error;
}

int mb_json_gbench(const struct mb_result *const *results, size_t count, FILE *file)
{
	(void)count;
	return write_rows(results[0], file, false);
}

int mb_json_gbench_median(const struct mb_result *const *results, size_t count, FILE *file)
{
	(void)count;
	return write_rows(results[0], file, true);
}
