/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "reports/csv.h"
#include "reports/identity.h"
#include "reports/writer.h"

/*
 * RFC 4180: a heading, then one record for each repetition of each run, lines ended by CR LF. A run without samples has one
 * record without a repetition, so that a skip and its reason are not lost. Control characters are escaped: a record is one line.
 */
struct output {
	struct mb_csv csv;
	const char **counters; /* names of the events of all results, each once */
	size_t nr_counters;
};

static bool has_counter(const struct output *out, const char *name)
{
	for (size_t i = 0; i < out->nr_counters; i++)
		if (!strcmp(out->counters[i], name))
			return true;
	return false;
}

/* Those of the first result, then those that only later ones have. */
static int collect_counters(struct output *out, const struct mb_result *const *results,
			    size_t count)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += results[i]->counters.count;
	out->counters = calloc(total + 1, sizeof(*out->counters));
	if (!out->counters)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < results[i]->counters.count; k++)
			if (!has_counter(out, results[i]->counters.rows[k].name))
				out->counters[out->nr_counters++] =
					results[i]->counters.rows[k].name;
	return 0;
}

/* "counter:cycles", "share:cycles" and "reason:cycles". */
static void put_counter_headings(struct output *out)
{
	static const char *const kinds[] = {"counter", "share", "reason"};

	for (size_t i = 0; i < out->nr_counters; i++)
		for (size_t k = 0; k < MB_ARRAY_SIZE(kinds); k++) {
			struct mb_strbuf text = {0};

			mb_strbuf_addf(&text, "%s:%s", kinds[k], out->counters[i]);
			mb_csv_add_text(&out->csv, mb_strbuf_text(&text));
			if (text.error)
				out->csv.error = text.error;
			mb_strbuf_fini(&text);
		}
}

static void put_heading(struct output *out, const struct mb_metric_table *metrics)
{
	mb_csv_add(&out->csv, "schema_version");
	for (size_t i = 0; i < MB_RESULT_NR_FIELDS; i++)
		if (mb_result_fields[i].in_rows)
			mb_csv_add(&out->csv, mb_result_fields[i].key);
	mb_csv_add(&out->csv, "result_status");
	mb_csv_add(&out->csv, "host_name");
	mb_csv_add(&out->csv, "revision");
	for (size_t i = 0; i < mb_identity_count; i++)
		mb_csv_add(&out->csv, mb_identity_columns[i].key);
	mb_csv_add(&out->csv, "repetition");
	for (size_t i = 0; i < metrics->count; i++)
		mb_csv_add(&out->csv, metrics->rows[i].key);
	put_counter_headings(out);
	mb_csv_end(&out->csv);
}

static void put_whole(struct output *out, const struct mb_result *result)
{
	const char *host = mb_result_fact(&result->facts, "host_name");
	const char *revision = mb_result_fact(&result->facts, "revision");

	mb_csv_add_number(&out->csv, MB_RESULT_SCHEMA_VERSION);
	for (size_t i = 0; i < MB_RESULT_NR_FIELDS; i++)
		if (mb_result_fields[i].in_rows)
			mb_csv_add_text(&out->csv, result->fields[i] ? result->fields[i] : "");
	mb_csv_add_text(&out->csv, mb_result_status_name(result->status));
	mb_csv_add_text(&out->csv, host ? host : "");
	mb_csv_add_text(&out->csv, revision ? revision : "");
}

static void put_identity(struct output *out, const struct mb_run *run)
{
	for (size_t i = 0; i < mb_identity_count; i++) {
		struct mb_strbuf text = {0};

		mb_identity_columns[i].add(run, &text);
		if (mb_identity_columns[i].number)
			mb_csv_add(&out->csv, mb_strbuf_text(&text));
		else
			mb_csv_add_text(&out->csv, mb_strbuf_text(&text));
		if (text.error)
			out->csv.error = text.error;
		mb_strbuf_fini(&text);
	}
}

static void put_sample(struct output *out, const struct mb_samples *samples, size_t repetition)
{
	if (samples && repetition < samples->count)
		mb_csv_add_number(&out->csv, samples->values[repetition]);
	else
		mb_csv_add(&out->csv, "");
}

/* Why a counted run has no count of the event in that repetition. */
static void put_reason(struct output *out, const struct mb_run *run, size_t counter,
		       size_t repetition)
{
	const struct mb_count *count = &run->counts[counter];
	const char *reason = NULL;

	if (repetition >= count->values.count || isnan(count->values.values[repetition]))
		reason = count->reason ? count->reason : run->result->counters.rows[counter].reason;
	mb_csv_add_text(&out->csv, reason ? reason : "");
}

static void put_counter(struct output *out, const struct mb_run *run, const char *name,
			size_t repetition)
{
	int counter = mb_result_counter_find(run->result, name);
	const struct mb_count *count = run->counts && counter >= 0 ? &run->counts[counter] : NULL;

	put_sample(out, count ? &count->values : NULL, repetition);
	put_sample(out, count ? &count->shares : NULL, repetition);
	if (count)
		put_reason(out, run, (size_t)counter, repetition);
	else
		mb_csv_add(&out->csv, "");
}

static void put_record(struct output *out, const struct mb_run *run, size_t repetition, bool any)
{
	put_whole(out, run->result);
	put_identity(out, run);
	if (any)
		mb_csv_add_number(&out->csv, (double)repetition);
	else
		mb_csv_add(&out->csv, "");
	for (size_t i = 0; i < run->result->metrics->count; i++)
		put_sample(out, &run->metrics[i], repetition);
	for (size_t i = 0; i < out->nr_counters; i++)
		put_counter(out, run, out->counters[i], repetition);
	mb_csv_end(&out->csv);
}

static void put_result(struct output *out, const struct mb_result *result)
{
	for (size_t i = 0; i < result->nr_runs && !out->csv.error; i++) {
		const struct mb_run *run = result->runs[i];
		size_t repetitions = mb_result_run_repetitions(run);

		if (!repetitions)
			put_record(out, run, 0, false);
		for (size_t j = 0; j < repetitions; j++)
			put_record(out, run, j, true);
	}
}

int mb_write_csv(const struct mb_result *const *results, size_t count, FILE *file)
{
	struct output out = {.csv = {.file = file}};
	int error = collect_counters(&out, results, count);

	if (error)
		return error;
	put_heading(&out, results[0]->metrics);
	for (size_t i = 0; i < count; i++)
		put_result(&out, results[i]);
	free(out.counters);
	return out.csv.error ? out.csv.error : ferror(file) ? -EIO : 0;
}
