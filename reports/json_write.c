/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include <jansson.h>

#include "reports/counter.h"
#include "reports/json.h"

/* 17 significant digits name a double uniquely (IEEE 754-2008, 5.12.2). */
#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(17))

/*
 * One line for each key of the result and for each element of a list: a file can be read, searched and compared by
 * line, and only one run at a time is held as a tree.
 */
struct output {
	FILE *file;
	int error;
};

/* Writes and frees a value; NULL stands for a failed allocation. */
static void put_value(struct output *out, json_t *value)
{
	if (!value) {
		out->error = -ENOMEM;
		return;
	}
	if (!out->error && json_dumpf(value, out->file, DUMP_FLAGS))
		out->error = ferror(out->file) ? -EIO : -ENOMEM;
	json_decref(value);
}

static void put_member(struct output *out, const char *key, json_t *value)
{
	fprintf(out->file, ",\n\"%s\": ", key);
	put_value(out, value);
}

static json_t *text(const char *words)
{
	return words ? json_string(words) : json_null();
}

static json_t *index_or_null(int index)
{
	return index >= 0 ? json_integer(index) : json_null();
}

/* Whole numbers without a fraction, as far as a double counts them all. */
static json_t *number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (fabs(value) <= 0x1p53 && value == trunc(value) && !(value == 0 && signbit(value)))
		return json_integer((json_int_t)value);
	return json_real(value);
}

/* Takes the value over whatever happens; *bad remembers that memory ran out. */
static void add(json_t *object, const char *key, json_t *value, bool *bad)
{
	if (json_object_set_new(object, key, value))
		*bad = true;
}

static json_t *finish(json_t *container, bool bad)
{
	if (!bad)
		return container;
	json_decref(container);
	return NULL;
}

static json_t *fact_value(const struct mb_fact *fact)
{
	json_t *object = json_object();
	bool bad = false;

	add(object, "name", text(fact->name), &bad);
	add(object, "value", text(fact->value), &bad);
	if (fact->reason)
		add(object, "reason", text(fact->reason), &bad);
	return finish(object, bad);
}

static json_t *facts_value(const struct mb_facts *facts)
{
	json_t *array = json_array();
	bool bad = !array;

	for (size_t i = 0; i < facts->count; i++)
		bad |= json_array_append_new(array, fact_value(&facts->rows[i])) != 0;
	return finish(array, bad);
}

static json_t *samples_value(const struct mb_samples *samples)
{
	json_t *array = json_array();
	bool bad = !array;

	for (size_t i = 0; i < samples->count; i++)
		bad |= json_array_append_new(array, number(samples->values[i])) != 0;
	return finish(array, bad);
}

static json_t *run_samples_value(const struct mb_run *run)
{
	const struct mb_metric_table *metrics = run->result->metrics;
	json_t *object = json_object();
	bool bad = !object;

	for (size_t i = 0; i < metrics->count; i++)
		if (run->metrics[i].count)
			add(object, metrics->rows[i].key, samples_value(&run->metrics[i]), &bad);
	return finish(object, bad);
}

/* Event to samples: the counts or, with shares set, the shares, where one is below 1. */
static json_t *run_counts_value(const struct mb_run *run, bool shares)
{
	json_t *object = json_object();
	bool bad = !object;

	for (size_t i = 0; i < run->result->counters.count; i++) {
		const struct mb_count *count = &run->counts[i];
		bool estimated = false;

		for (size_t k = 0; k < count->shares.count; k++)
			estimated |= count->shares.values[k] < 1;
		if (shares ? estimated : count->values.count > 0)
			add(object, run->result->counters.rows[i].name,
			    samples_value(shares ? &count->shares : &count->values), &bad);
	}
	return finish(object, bad);
}

/* Event to the reason why it has not counted, where it has not. */
static json_t *run_reasons_value(const struct mb_run *run)
{
	json_t *object = json_object();
	bool bad = !object;

	for (size_t i = 0; i < run->result->counters.count; i++)
		if (run->counts[i].reason)
			add(object, run->result->counters.rows[i].name, text(run->counts[i].reason),
			    &bad);
	return finish(object, bad);
}

static json_t *run_value(const struct mb_run *run)
{
	json_t *object = json_object();
	bool bad = false;

	add(object, "kind", text(mb_result_kind_name(run->kind)), &bad);
	add(object, "name", text(run->name), &bad);
	add(object, "args", facts_value(&run->args), &bad);
	add(object, "node", index_or_null(run->node), &bad);
	add(object, "worker", index_or_null(run->worker), &bad);
	add(object, "cpu", index_or_null(run->cpu), &bad);
	add(object, "threads", run->threads ? json_integer(run->threads) : json_null(), &bad);
	add(object, "model", text(run->model), &bad);
	add(object, "placement", text(run->placement), &bad);
	add(object, "status", text(mb_result_run_status_name(run->status)), &bad);
	add(object, "reason", text(run->reason), &bad);
	add(object, "samples", run_samples_value(run), &bad);
	if (run->counts) {
		add(object, "counts", run_counts_value(run, false), &bad);
		add(object, "count_shares", run_counts_value(run, true), &bad);
		add(object, "count_reasons", run_reasons_value(run), &bad);
	}
	return finish(object, bad);
}

/* What the keys of "samples" mean, for readers that do not know this program. */
static json_t *metric_value(const struct mb_metric *metric)
{
	json_t *object = json_object();
	bool bad = false;

	add(object, "key", text(metric->key), &bad);
	add(object, "label", text(metric->label), &bad);
	add(object, "unit", text(metric->unit), &bad);
	add(object, "better", text(mb_metric_better_name(metric->better)), &bad);
	return finish(object, bad);
}

static void put_facts(struct output *out, const char *key, const struct mb_facts *facts)
{
	fprintf(out->file, ",\n\"%s\": [", key);
	for (size_t i = 0; i < facts->count; i++) {
		fputs(i ? ",\n  " : "\n  ", out->file);
		put_value(out, fact_value(&facts->rows[i]));
	}
	fputs("\n]", out->file);
}

static json_t *counter_value(const struct mb_result *result, size_t counter)
{
	const struct mb_metric *metric = mb_counter_metric(result, counter);
	json_t *object = fact_value(&result->counters.rows[counter]);
	bool bad = !object;

	if (metric)
		add(object, "metric", text(metric->key), &bad);
	return finish(object, bad);
}

static void put_counters(struct output *out, const struct mb_result *result)
{
	fputs(",\n\"counters\": [", out->file);
	for (size_t i = 0; i < result->counters.count; i++) {
		fputs(i ? ",\n  " : "\n  ", out->file);
		put_value(out, counter_value(result, i));
	}
	fputs("\n]", out->file);
}

static json_t *noise_value(const struct mb_noise *noise)
{
	json_t *object = json_object();
	bool bad = false;

	add(object, "verdict", text(mb_noise_verdict_name(noise->verdict)), &bad);
	for (int i = 0; i < MB_NOISE_NR_TEXTS; i++)
		add(object, mb_noise_key((enum mb_noise_text)i), text(noise->texts[i]), &bad);
	return finish(object, bad);
}

static void put_noise(struct output *out, const struct mb_noises *noise)
{
	fputs(",\n\"noise\": [", out->file);
	for (size_t i = 0; i < noise->count; i++) {
		fputs(i ? ",\n  " : "\n  ", out->file);
		put_value(out, noise_value(&noise->rows[i]));
	}
	fputs("\n]", out->file);
}

static void put_metrics(struct output *out, const struct mb_metric_table *metrics)
{
	fputs(",\n\"metrics\": [", out->file);
	for (size_t i = 0; i < metrics->count; i++) {
		fputs(i ? ",\n  " : "\n  ", out->file);
		put_value(out, metric_value(&metrics->rows[i]));
	}
	fputs("\n]", out->file);
}

static void put_runs(struct output *out, const struct mb_result *result)
{
	fputs(",\n\"runs\": [", out->file);
	for (size_t i = 0; i < result->nr_runs && !out->error; i++) {
		fputs(i ? ",\n  " : "\n  ", out->file);
		put_value(out, run_value(result->runs[i]));
	}
	fputs("\n]", out->file);
}

int mb_json_write(const struct mb_result *const *results, size_t count, FILE *file)
{
	const struct mb_result *result = results[0];
	struct output out = {file, 0};

	(void)count;
	fprintf(file, "{\n\"schema_version\": %d", MB_RESULT_SCHEMA_VERSION);
	for (size_t i = 0; i < MB_RESULT_NR_FIELDS; i++)
		put_member(&out, mb_result_fields[i].key, text(result->fields[i]));
	put_member(&out, "status", text(mb_result_status_name(result->status)));
	put_member(&out, "reason", text(result->reason));
	put_facts(&out, "facts", &result->facts);
	put_facts(&out, "knobs", &result->knobs);
	put_noise(&out, &result->noise);
	if (result->counters.count)
		put_counters(&out, result);
	put_metrics(&out, result->metrics);
	put_runs(&out, result);
	fputs("\n}\n", file);
	if (!out.error && ferror(file))
		out.error = -EIO;
	return out.error;
}
