/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "reports/format.h"
#include "reports/json.h"
#include "reports/text.h"

/* Google Benchmark's JSON, json_schema_version 1: docs/user_guide.md of its sources, "Output Formats". */

static const struct {
	const char *name;
	double ns;
} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};

static int reject(struct mb_err *err, size_t index, const char *why)
{
	return MB_FAIL(err, -EINVAL, "benchmarks[%zu]: %s", index, why);
}

/* "2026-01-01T02:00:00+02:00" in UTC; nothing of a text that is none. */
static void set_started(struct mb_result *result, const char *date)
{
	struct tm when = {0};
	int hours = 0, minutes = 0;
	char sign = '+';
	time_t seconds;

	if (!date || sscanf(date, "%4d-%2d-%2dT%2d:%2d:%2d%c%2d:%2d", &when.tm_year, &when.tm_mon,
			    &when.tm_mday, &when.tm_hour, &when.tm_min, &when.tm_sec, &sign, &hours,
			    &minutes) < 6)
		return;
	when.tm_year -= 1900;
	when.tm_mon--;
	seconds = timegm(&when) - (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	mb_result_set(result, MB_RESULT_STARTED_UTC, mb_format_utc(seconds).text);
}

static const char *text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void read_context(struct mb_result *result, json_t *context)
{
	static const char *const revisions[] = {"revision", "commit", "git_sha"};
	const char *host = text_of(context, "host_name"),
		   *build = text_of(context, "library_build_type");
	json_int_t cpus = json_integer_value(json_object_get(context, "num_cpus"));
	struct mb_strbuf text = {0};

	set_started(result, text_of(context, "date"));
	mb_result_set(result, MB_RESULT_COMMAND_LINE, text_of(context, "executable"));
	if (host)
		mb_result_add_fact(result, "host_name", host, NULL);
	if (build)
		mb_result_add_fact(result, "build_type", build, NULL);
	if (cpus > 0) {
		mb_strbuf_addf(&text, "%lld", (long long)cpus);
		mb_result_add_fact(result, "cpus", mb_strbuf_text(&text), NULL);
	}
	mb_strbuf_fini(&text);
	mb_strbuf_addf(&text, "host %s, %lld CPUs, of Google Benchmark", host ? host : "not known",
		       (long long)cpus);
	mb_result_add_fact(result, "host_class", mb_strbuf_text(&text), NULL);
	mb_strbuf_fini(&text);
	for (size_t i = 0; i < MB_ARRAY_SIZE(revisions); i++) {
		const char *revision = text_of(context, revisions[i]);

		if (revision && *revision && !mb_result_fact(&result->facts, "revision"))
			mb_result_add_fact(result, "revision", revision, NULL);
	}
}

static double unit_of(const char *name)
{
	for (size_t i = 0; name && i < MB_ARRAY_SIZE(units); i++)
		if (!strcmp(units[i].name, name))
			return units[i].ns;
	return name ? 0 : 1;
}

/* The next repetition of a run. */
static int read_figures(struct mb_run *run, json_t *row, size_t index, struct mb_err *err)
{
	json_t *time = json_object_get(row, "real_time");
	json_t *rate = json_object_get(row, "bytes_per_second");
	json_t *rounds = json_object_get(row, "iterations");
	size_t repetition = run->metrics[MB_METRIC_WALL_NS].count;
	double ns = unit_of(text_of(row, "time_unit"));

	if (!ns)
		return reject(err, index, "time_unit is not known");
	if (!json_is_number(time) || !(json_number_value(time) >= 0))
		return reject(err, index, "real_time is missing or no time");
	if (repetition >= MB_RUN_MAX_REPETITION)
		return reject(err, index, "one repetition too many");
	mb_result_run_set(run, MB_METRIC_WALL_NS, repetition, json_number_value(time) * ns);
	if (json_is_number(rate))
		mb_result_run_set(run, MB_METRIC_BYTES_PER_SECOND, repetition,
				  json_number_value(rate));
	if (json_is_number(rounds))
		mb_result_run_set(run, MB_METRIC_ROUNDS, repetition, json_number_value(rounds));
	return 0;
}

static int read_row(struct mb_result *result, json_t *row, size_t index, struct mb_err *err)
{
	const char *kind = text_of(row, "run_type"), *name = text_of(row, "run_name");
	struct mb_run *run;

	if (!json_is_object(row))
		return reject(err, index, "is not an object");
	if (kind && !strcmp(kind, "aggregate"))
		return 0;
	if (!name)
		name = text_of(row, "name");
	if (!name || !*name)
		return reject(err, index, "has no name");
	run = mb_result_run(result, MB_RUN_BENCH, name, MB_RUN_NONE, MB_RUN_NONE);
	if (!run)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	if (json_is_true(json_object_get(row, "error_occurred"))) {
		const char *why = text_of(row, "error_message");

		mb_result_run_set_status(run, MB_RUN_ERROR, why ? why : "it says no more");
		return 0;
	}
	return read_figures(run, row, index, err);
}

static int read_rows(struct mb_result *result, json_t *rows, struct mb_err *err)
{
	json_t *row;
	size_t i;
	int r;

	json_array_foreach(rows, i, row)
	{
		r = read_row(result, row, i, err);
		if (r)
			return r;
	}
	if (!result->nr_runs)
		return MB_FAIL(err, -EINVAL,
			       "it holds no repetition of a benchmark, aggregates alone perhaps");
	return 0;
}

int mb_json_gbench_read(const char *text, size_t length, const struct mb_metric_table *metrics,
			struct mb_err *err, struct mb_result **ret_result)
{
	struct mb_result *result;
	json_error_t problem;
	json_t *root, *rows, *context;
	int r;

	if (length > MB_JSON_MAX_BYTES)
		return MB_FAIL(err, -ENOMSG, "no such file");
	root = json_loadb(text, length, 0, &problem);
	rows = json_object_get(root, "benchmarks");
	context = json_object_get(root, "context");
	if (!json_is_array(rows) || !json_is_object(context)) {
		json_decref(root);
		return MB_FAIL(err, -ENOMSG, "no such file");
	}
	result = mb_result_new(metrics);
	if (result)
		read_context(result, context);
	r = result ? read_rows(result, rows, err) : MB_FAIL(err, -ENOMEM, "out of memory");
	json_decref(root);
	if (!r && mb_result_error(result))
		r = MB_FAIL(err, mb_result_error(result), "out of memory");
	if (r)
		mb_result_free(result);
	else
		*ret_result = result;
	return r;
}
