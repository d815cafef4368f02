/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "reports/format.h"
#include "reports/identity.h"
#include "reports/text.h"
#include "reports/writer.h"

/*
 * RFC 4180: a heading, then one record for each repetition of each run, lines ended by CR LF. A run without samples has one
 * record without a repetition, so that a skip and its reason are not lost. Control characters are escaped: a record is one line.
 */
struct output {
	FILE *file;
	bool first; /* of the record */
	int error;
	const char **counters; /* names of the events of all results, each once */
	size_t nr_counters;
};

static void put_raw(struct output *out, const char *text)
{
	if (!out->first)
		fputc(',', out->file);
	fputs(text, out->file);
	out->first = false;
}

/*
 * Text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV Injection). Numbers are written
 * by put_raw() and keep their sign.
 */
static void put_text(struct output *out, const char *text)
{
	struct mb_strbuf clean = {0}, quoted = {0};
	const char *at;

	if (*text && strchr("=+-@\t\r", *text))
		mb_strbuf_add(&clean, "'");
	mb_text_add_printable(&clean, text);
	at = mb_strbuf_text(&clean);
	if (strpbrk(at, ",\"")) {
		mb_strbuf_add(&quoted, "\"");
		for (; *at; at++)
			mb_strbuf_addf(&quoted, *at == '"' ? "\"\"" : "%c", *at);
		mb_strbuf_add(&quoted, "\"");
		at = mb_strbuf_text(&quoted);
	}
	put_raw(out, at);
	if (clean.error || quoted.error)
		out->error = -ENOMEM;
	mb_strbuf_fini(&clean);
	mb_strbuf_fini(&quoted);
}

static void end_record(struct output *out)
{
	fputs("\r\n", out->file);
	out->first = true;
}

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
			put_text(out, mb_strbuf_text(&text));
			if (text.error)
				out->error = text.error;
			mb_strbuf_fini(&text);
		}
}

static void put_heading(struct output *out, const struct mb_metric_table *metrics)
{
	put_raw(out, "schema_version");
	for (size_t i = 0; i < MB_RESULT_NR_FIELDS; i++)
		if (mb_result_fields[i].in_rows)
			put_raw(out, mb_result_fields[i].key);
	put_raw(out, "result_status");
	put_raw(out, "host_name");
	for (size_t i = 0; i < mb_identity_count; i++)
		put_raw(out, mb_identity_columns[i].key);
	put_raw(out, "repetition");
	for (size_t i = 0; i < metrics->count; i++)
		put_raw(out, metrics->rows[i].key);
	put_counter_headings(out);
	end_record(out);
}

static void put_number(struct output *out, double number)
{
	put_raw(out, mb_format_exact(number).text);
}

static void put_whole(struct output *out, const struct mb_result *result)
{
	const char *host = mb_result_fact(&result->facts, "host_name");

	put_number(out, MB_RESULT_SCHEMA_VERSION);
	for (size_t i = 0; i < MB_RESULT_NR_FIELDS; i++)
		if (mb_result_fields[i].in_rows)
			put_text(out, result->fields[i] ? result->fields[i] : "");
	put_text(out, mb_result_status_name(result->status));
	put_text(out, host ? host : "");
}

static void put_identity(struct output *out, const struct mb_run *run)
{
	for (size_t i = 0; i < mb_identity_count; i++) {
		struct mb_strbuf text = {0};

		mb_identity_columns[i].add(run, &text);
		if (mb_identity_columns[i].number)
			put_raw(out, mb_strbuf_text(&text));
		else
			put_text(out, mb_strbuf_text(&text));
		if (text.error)
			out->error = text.error;
		mb_strbuf_fini(&text);
	}
}

static void put_sample(struct output *out, const struct mb_samples *samples, size_t repetition)
{
	if (samples && repetition < samples->count)
		put_number(out, samples->values[repetition]);
	else
		put_raw(out, "");
}

/* Why a counted run has no count of the event in that repetition. */
static void put_reason(struct output *out, const struct mb_run *run, size_t counter,
		       size_t repetition)
{
	const struct mb_count *count = &run->counts[counter];
	const char *reason = NULL;

	if (repetition >= count->values.count || isnan(count->values.values[repetition]))
		reason = count->reason ? count->reason : run->result->counters.rows[counter].reason;
	put_text(out, reason ? reason : "");
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
		put_raw(out, "");
}

static void put_record(struct output *out, const struct mb_run *run, size_t repetition, bool any)
{
	put_whole(out, run->result);
	put_identity(out, run);
	if (any)
		put_number(out, (double)repetition);
	else
		put_raw(out, "");
	for (size_t i = 0; i < run->result->metrics->count; i++)
		put_sample(out, &run->metrics[i], repetition);
	for (size_t i = 0; i < out->nr_counters; i++)
		put_counter(out, run, out->counters[i], repetition);
	end_record(out);
}

static void put_result(struct output *out, const struct mb_result *result)
{
	for (size_t i = 0; i < result->nr_runs && !out->error; i++) {
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
	struct output out = {.file = file, .first = true};
	int error = collect_counters(&out, results, count);

	if (error)
		return error;
	put_heading(&out, results[0]->metrics);
	for (size_t i = 0; i < count; i++)
		put_result(&out, results[i]);
	free(out.counters);
	return out.error ? out.error : ferror(file) ? -EIO : 0;
}
