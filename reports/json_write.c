/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include <jansson.h>

#include "reports/counter.h"
#include "reports/json.h"
#include "reports/json_value.h"

/*
 * One line for each key of the result and for each element of a list: a file can be read, searched and compared by
 * line, and only one run at a time is held as a tree.
 */
struct output {
	FILE *file;
	int error;
};

static void put_value(struct output *out, json_t *value)
{
	int error = mb_json_value_put(out->file, value);

	if (!out->error)
		out->error = error;
}

static void put_member(struct output *out, const char *key, json_t *value)
{
	fprintf(out->file, ",\n\"%s\": ", key);
	put_value(out, value);
}

static json_t *index_or_null(int index)
{
	return index >= 0 ? json_integer(index) : json_null();
}

static json_t *fact_value(const struct mb_fact *fact)
{
	json_t *object = json_object();
	bool bad = false;

	mb_json_value_add(object, "name", mb_json_value_text(fact->name), &bad);
	mb_json_value_add(object, "value", mb_json_value_text(fact->value), &bad);
	if (fact->reason)
		mb_json_value_add(object, "reason", mb_json_value_text(fact->reason), &bad);
	return mb_json_value_finish(object, bad);
}

static json_t *facts_value(const struct mb_facts *facts)
{
	json_t *array = json_array();
	bool bad = !array;

	for (size_t i = 0; i < facts->count; i++)
		bad |= json_array_append_new(array, fact_value(&facts->rows[i])) != 0;
	return mb_json_value_finish(array, bad);
}

static json_t *samples_value(const struct mb_samples *samples)
{
	json_t *array = json_array();
	bool bad = !array;

	for (size_t i = 0; i < samples->count; i++)
		bad |= json_array_append_new(array, mb_json_value_number(samples->values[i])) != 0;
	return mb_json_value_finish(array, bad);
}

static json_t *run_samples_value(const struct mb_run *run)
{
	const struct mb_metric_table *metrics = run->result->metrics;
	json_t *object = json_object();
	bool bad = !object;

	for (size_t i = 0; i < metrics->count; i++)
		if (run->metrics[i].count)
			mb_json_value_add(object, metrics->rows[i].key,
					  samples_value(&run->metrics[i]), &bad);
	return mb_json_value_finish(object, bad);
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
			mb_json_value_add(object, run->result->counters.rows[i].name,
					  samples_value(shares ? &count->shares : &count->values),
					  &bad);
	}
	return mb_json_value_finish(object, bad);
}

/* Event to the reason why it has not counted, where it has not. */
static json_t *run_reasons_value(const struct mb_run *run)
{
	json_t *object = json_object();
	bool bad = !object;

	for (size_t i = 0; i < run->result->counters.count; i++)
		if (run->counts[i].reason)
			mb_json_value_add(object, run->result->counters.rows[i].name,
					  mb_json_value_text(run->counts[i].reason), &bad);
	return mb_json_value_finish(object, bad);
}

static json_t *run_value(const struct mb_run *run)
{
	json_t *object = json_object();
	bool bad = false;

	mb_json_value_add(object, "kind", mb_json_value_text(mb_result_kind_name(run->kind)), &bad);
	mb_json_value_add(object, "name", mb_json_value_text(run->name), &bad);
	mb_json_value_add(object, "args", facts_value(&run->args), &bad);
	mb_json_value_add(object, "node", index_or_null(run->node), &bad);
	mb_json_value_add(object, "worker", index_or_null(run->worker), &bad);
	mb_json_value_add(object, "cpu", index_or_null(run->cpu), &bad);
	mb_json_value_add(object, "threads",
			  run->threads ? json_integer(run->threads) : json_null(), &bad);
	mb_json_value_add(object, "model", mb_json_value_text(run->model), &bad);
	mb_json_value_add(object, "placement", mb_json_value_text(run->placement), &bad);
	mb_json_value_add(object, "status",
			  mb_json_value_text(mb_result_run_status_name(run->status)), &bad);
	mb_json_value_add(object, "reason", mb_json_value_text(run->reason), &bad);
	mb_json_value_add(object, "samples", run_samples_value(run), &bad);
	if (run->counts) {
		mb_json_value_add(object, "counts", run_counts_value(run, false), &bad);
		mb_json_value_add(object, "count_shares", run_counts_value(run, true), &bad);
		mb_json_value_add(object, "count_reasons", run_reasons_value(run), &bad);
	}
	return mb_json_value_finish(object, bad);
}

/* What the keys of "samples" mean, for readers that do not know this program. */
static json_t *metric_value(const struct mb_metric *metric)
{
	json_t *object = json_object();
	bool bad = false;

	mb_json_value_add(object, "key", mb_json_value_text(metric->key), &bad);
	mb_json_value_add(object, "label", mb_json_value_text(metric->label), &bad);
	mb_json_value_add(object, "unit", mb_json_value_text(metric->unit), &bad);
	mb_json_value_add(object, "better",
			  mb_json_value_text(mb_metric_better_name(metric->better)), &bad);
	return mb_json_value_finish(object, bad);
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
		mb_json_value_add(object, "metric", mb_json_value_text(metric->key), &bad);
	return mb_json_value_finish(object, bad);
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

	mb_json_value_add(object, "verdict",
			  mb_json_value_text(mb_noise_verdict_name(noise->verdict)), &bad);
	for (int i = 0; i < MB_NOISE_NR_TEXTS; i++)
		mb_json_value_add(object, mb_noise_key((enum mb_noise_text)i),
				  mb_json_value_text(noise->texts[i]), &bad);
	return mb_json_value_finish(object, bad);
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
		put_member(&out, mb_result_fields[i].key, mb_json_value_text(result->fields[i]));
	put_member(&out, "status", mb_json_value_text(mb_result_status_name(result->status)));
	put_member(&out, "reason", mb_json_value_text(result->reason));
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
