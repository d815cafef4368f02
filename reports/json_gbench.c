/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include "core/base/strbuf.h"
#include "reports/json.h"
#include "reports/json_value.h"
#include "reports/row.h"

/*
 * The file that Google Benchmark's --benchmark_out writes and its tools/compare.py reads (docs/user_guide.md, "Output
 * Formats"). Readers differ in what they stumble over: repeated rows of a name are the repetitions; aggregates would
 * be taken for benchmarks by some, and bytes_per_second would replace the time in others, so neither is written.
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
	return mb_json_value_finish(context, bad);
}

static json_t *row_value(const struct mb_run *run, const char *name, size_t repetition,
			 size_t repetitions)
{
	double ns = run->metrics[MB_METRIC_WALL_NS].values[repetition];
	const struct mb_samples *rounds = &run->metrics[MB_METRIC_ROUNDS];
	bool known = repetition < rounds->count && rounds->values[repetition] >= 1;
	json_t *row = json_object();
	bool bad = false;

	mb_json_value_add(row, "name", json_string(name), &bad);
	mb_json_value_add(row, "run_name", json_string(name), &bad);
	mb_json_value_add(row, "run_type", json_string("iteration"), &bad);
	mb_json_value_add(row, "repetitions", json_integer((json_int_t)repetitions), &bad);
	mb_json_value_add(row, "repetition_index", json_integer((json_int_t)repetition), &bad);
	mb_json_value_add(row, "threads", json_integer(run->threads ? run->threads : 1), &bad);
	mb_json_value_add(row, "iterations",
			  json_integer(known ? llround(rounds->values[repetition]) : 1), &bad);
	mb_json_value_add(row, "real_time", json_real(ns), &bad);
	mb_json_value_add(row, "cpu_time", json_real(ns), &bad);
	mb_json_value_add(row, "time_unit", json_string("ns"), &bad);
	return mb_json_value_finish(row, bad);
}

static int add_run(json_t *rows, const struct mb_run *run)
{
	const struct mb_samples *times = &run->metrics[MB_METRIC_WALL_NS];
	struct mb_strbuf words = {0};
	char *name;
	int error;

	mb_row_add_name(&words, run);
	name = mb_strbuf_take(&words);
	error = name ? 0 : -ENOMEM;
	for (size_t i = 0; i < times->count && !error; i++)
		if (!isnan(times->values[i]) &&
		    json_array_append_new(rows, row_value(run, name, i, times->count)))
			error = -ENOMEM;
	free(name);
	return error;
}

int mb_json_gbench(const struct mb_result *const *results, size_t count, FILE *file)
{
	const struct mb_result *result = results[0];
	json_t *root = json_object(), *rows = json_array();
	bool bad = !rows;
	int error = 0;

	(void)count;
	mb_json_value_add(root, "context", context_value(result), &bad);
	mb_json_value_add(root, "benchmarks", rows, &bad);
	for (size_t i = 0; i < result->nr_runs && !bad && !error; i++)
		if (mb_row_is(result->runs[i]))
			error = add_run(rows, result->runs[i]);
	if (bad)
		error = -ENOMEM;
	if (!error && json_dumpf(root, file, DUMP_FLAGS))
		error = ferror(file) ? -EIO : -ENOMEM;
	json_decref(root);
	fputc('\n', file);
	return !error && ferror(file) ? -EIO : error;
}
