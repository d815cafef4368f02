/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/format.h"
#include "reports/row.h"
#include "reports/text.h"
#include "reports/writer.h"

/*
 * The Go benchmark format (golang.org/design/14313-benchmark-format), for benchstat: where it ran, what a better figure is, then one line
 * for each repetition, with pairs of a value and its unit. The number behind the name's last dash is that of the threads. The time is
 * "ns/op"; other metrics have their key, with a slash for "_per_".
 */

/* White space of Unicode, at which the format's reader splits a line; ASCII's is below 0x21. */
static bool is_space(uint32_t code)
{
	return code <= ' ' || code == 0x85 || code == 0xa0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
	       code == 0x202f || code == 0x205f || code == 0x3000;
}

/* Text as one word. */
static void add_word(struct mb_strbuf *buf, const char *text)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf clean = {0};

	mb_text_add_printable(&clean, text);
	for (const char *at = mb_strbuf_text(&clean), *start = at; *at; start = at)
		if (is_space(mb_text_next(&at)))
			mb_strbuf_add(buf, "_");
		else
			mb_strbuf_addf(buf, "%.*s", (int)(at - start), start);
	if (clean.error)
		buf->error = clean.error;
}

static void add_unit(struct mb_strbuf *buf, const struct mb_metric *metric)
{
	const char *per = strstr(metric->key, "_per_");

	if (!strcmp(metric->key, mb_metrics.rows[MB_METRIC_WALL_NS].key))
		mb_strbuf_add(buf, "ns/op");
	else if (per)
		mb_strbuf_addf(buf, "%.*s/%s", (int)(per - metric->key), metric->key, per + 5);
	else
		mb_strbuf_add(buf, metric->key);
}

/* "key: value"; without a value it is no longer what an earlier result said. */
static void add_config(struct mb_strbuf *buf, const char *key, const char *value)
{
	mb_strbuf_addf(buf, "%s:", key);
	if (value && *value) {
		mb_strbuf_add(buf, " ");
		mb_text_add_printable(buf, value);
	}
	mb_strbuf_add(buf, "\n");
}

static void add_configs(struct mb_strbuf *buf, const struct mb_result *result)
{
	static const enum mb_result_field fields[] = {
		MB_RESULT_TOOL_VERSION, MB_RESULT_MACHINE_HASH, MB_RESULT_KERNEL_PROFILE,
		MB_RESULT_POLICY,       MB_RESULT_STRUCT_PAGE,  MB_RESULT_BIND,
		MB_RESULT_PAGES,
	};

	add_config(buf, "host", mb_result_fact(&result->facts, "host_name"));
	add_config(buf, "kernel", mb_result_fact(&result->facts, "kernel"));
	add_config(buf, "cpu", mb_result_fact(&result->facts, "cpu_model"));
	for (size_t i = 0; i < MB_ARRAY_SIZE(fields); i++)
		add_config(buf, mb_result_fields[fields[i]].key, result->fields[fields[i]]);
	add_config(buf, "status",
		   result->status == MB_RESULT_COMPLETE ? NULL
							: mb_result_status_name(result->status));
}

/* The rounds are the line's count, and a point in time is nothing to compare. */
static bool is_figure(size_t metric)
{
	return metric != MB_METRIC_ROUNDS && metric != MB_METRIC_START_NS;
}

static bool has(const struct mb_result *const *results, size_t count, size_t metric)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < results[i]->nr_runs; k++)
			if (mb_row_is(results[i]->runs[k]) &&
			    results[i]->runs[k]->metrics[metric].count)
				return true;
	return false;
}

/* Of the figures that are there. Nothing is assumed of the distribution: benchstat then shows medians with their intervals. */
static void add_units(struct mb_strbuf *buf, const struct mb_result *const *results, size_t count)
{
	const struct mb_metric_table *metrics = results[0]->metrics;

	for (size_t i = 0; i < metrics->count; i++) {
		if (!is_figure(i) || !has(results, count, i))
			continue;
		mb_strbuf_add(buf, "Unit ");
		add_unit(buf, &metrics->rows[i]);
		if (metrics->rows[i].better != MB_BETTER_NONE)
			mb_strbuf_addf(buf, " better=%s",
				       mb_metric_better_name(metrics->rows[i].better));
		mb_strbuf_add(buf, " assume=nothing\n");
	}
}

/* "BenchmarkStage/memmap_init/policy=deferred-2"; what follows "Benchmark" may not be a small letter. */
static void add_name(struct mb_strbuf *buf, const struct mb_run *run)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf name = {0}, word = {0};
	char *text;

	mb_row_add_name(&name, run);
	add_word(&word, mb_strbuf_text(&name));
	if (name.error || word.error) {
		buf->error = -ENOMEM;
		return;
	}
	text = word.data;
	if (*text >= 'a' && *text <= 'z')
		*text = (char)(*text - 'a' + 'A');
	for (; *text; text++)
		if (*text == ':')
			*text = '=';
	mb_strbuf_addf(buf, "Benchmark%s-%u", word.data, (unsigned)mb_max(run->threads, 1));
}

static double sample(const struct mb_run *run, size_t metric, size_t repetition)
{
	const struct mb_samples *samples = &run->metrics[metric];

	return repetition < samples->count ? samples->values[repetition] : NAN;
}

/* Nothing for a repetition without figures: the format has no place for it. */
static void add_repetition(struct mb_strbuf *buf, const struct mb_run *run, size_t repetition)
{
	const struct mb_metric_table *metrics = run->result->metrics;
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf pairs = {0};
	double rounds = sample(run, MB_METRIC_ROUNDS, repetition);

	for (size_t i = 0; i < metrics->count; i++) {
		double value = sample(run, i, repetition);

		if (!is_figure(i) || !isfinite(value))
			continue;
		mb_strbuf_addf(&pairs, " %s ", mb_format_exact(value).text);
		add_unit(&pairs, &metrics->rows[i]);
	}
	if (pairs.error)
		buf->error = pairs.error;
	if (!pairs.length)
		return;
	add_name(buf, run);
	mb_strbuf_addf(buf, " %lld%s\n", rounds >= 1 && rounds < 1e15 ? llround(rounds) : 1,
		       mb_strbuf_text(&pairs));
}

static int put_text(FILE *file, struct mb_strbuf *buf)
{
	int error = buf->error;

	fputs(mb_strbuf_text(buf), file);
	mb_strbuf_fini(buf);
	return error;
}

static int put_result(const struct mb_result *result, FILE *file)
{
	struct mb_strbuf buf = {0};
	int error;

	add_configs(&buf, result);
	error = put_text(file, &buf);
	for (size_t i = 0; i < result->nr_runs && !error; i++) {
		const struct mb_run *run = result->runs[i];
		size_t repetitions = mb_row_is(run) ? mb_result_run_repetitions(run) : 0;

		for (size_t k = 0; k < repetitions; k++)
			add_repetition(&buf, run, k);
		error = put_text(file, &buf);
	}
	return error;
}

int mb_write_gobench(const struct mb_result *const *results, size_t count, FILE *file)
{
	struct mb_strbuf buf = {0};
	int error;

	add_units(&buf, results, count);
	error = put_text(file, &buf);
	for (size_t i = 0; i < count && !error; i++)
		error = put_result(results[i], file);
	return error ? error : ferror(file) ? -EIO : 0;
}
