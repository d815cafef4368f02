/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "reports/result.h"
#include "reports/text.h"

const struct mb_result_field_row mb_result_fields[MB_RESULT_NR_FIELDS] = {
	[MB_RESULT_TOOL_VERSION] = {"tool_version", "memboot", true},
	[MB_RESULT_STARTED_UTC] = {"started_utc", "started", true},
	[MB_RESULT_COMMAND_LINE] = {"command_line", "command", false},
	[MB_RESULT_MACHINE] = {"machine", "machine", false},
	[MB_RESULT_MACHINE_HASH] = {"machine_hash", "machine hash", true},
	[MB_RESULT_MAP_SOURCE] = {"map_source", "map source", true},
	[MB_RESULT_KERNEL_PROFILE] = {"kernel_profile", "kernel profile", true},
	[MB_RESULT_POLICY] = {"policy", "policy", true},
	[MB_RESULT_STRUCT_PAGE] = {"struct_page_bytes", "struct page", true},
	[MB_RESULT_PLACEMENT] = {"memmap_placement", "memmap placement", true},
	[MB_RESULT_DIGEST] = {"descriptor_digest", "descriptor digest", true},
	[MB_RESULT_COMPARED_KERNEL] = {"compared_kernel", "compared kernel", false},
	[MB_RESULT_BIND] = {"bind", "bind", true},
	[MB_RESULT_PAGES] = {"host_pages", "host pages", true},
	[MB_RESULT_WINDOW] = {"memmap_window_bytes", "memmap window", true},
	[MB_RESULT_WORKERS] = {"worker_placement", "worker placement", true},
};

static const char *const status_names[] = {
	[MB_RESULT_COMPLETE] = "complete",
	[MB_RESULT_PARTIAL] = "partial",
	[MB_RESULT_FAILED] = "failed",
};
static const char *const kind_names[MB_RUN_NR_KINDS] = {
	[MB_RUN_STAGE] = "stage",
	[MB_RUN_TOTAL] = "total",
	[MB_RUN_NODE] = "node",
	[MB_RUN_WORKER] = "worker",
	[MB_RUN_ZONE] = "zone",
	[MB_RUN_BENCH] = "bench",
	[MB_RUN_PHASE] = "phase",
	[MB_RUN_FACT] = "fact",
	[MB_RUN_VALUE] = "value",
	[MB_RUN_KERNEL] = "kernel",
	[MB_RUN_PREDICTION] = "prediction",
};
static const char *const run_status_names[MB_RUN_NR_STATUSES] = {
	[MB_RUN_OK] = "ok",
	[MB_RUN_SKIPPED] = "skipped",
	[MB_RUN_FAILED] = "failed",
	[MB_RUN_ERROR] = "error",
};

static int find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -ENOENT;
}

const char *mb_result_status_name(enum mb_result_status status)
{
	return status_names[status];
}

int mb_result_status_find(const char *name)
{
	return find_name(status_names, MB_ARRAY_SIZE(status_names), name);
}

const char *mb_result_kind_name(enum mb_run_kind kind)
{
	return kind_names[kind];
}

int mb_result_kind_find(const char *name)
{
	return find_name(kind_names, MB_ARRAY_SIZE(kind_names), name);
}

const char *mb_result_run_status_name(enum mb_run_status status)
{
	return run_status_names[status];
}

int mb_result_run_status_find(const char *name)
{
	return find_name(run_status_names, MB_ARRAY_SIZE(run_status_names), name);
}

struct mb_result *mb_result_new(const struct mb_metric_table *metrics)
{
	struct mb_result *result = calloc(1, sizeof(*result));

	if (result)
		result->metrics = metrics ? metrics : &mb_metrics;
	return result;
}

static void free_facts(struct mb_facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		free(facts->rows[i].name);
		free(facts->rows[i].value);
		free(facts->rows[i].reason);
	}
	free(facts->rows);
}

static void free_noise(struct mb_noises *noise)
{
	for (size_t i = 0; i < noise->count; i++)
		for (size_t k = 0; k < MB_NOISE_NR_TEXTS; k++)
			free(noise->rows[i].texts[k]);
	free(noise->rows);
}

static void free_run(struct mb_run *run)
{
	if (!run)
		return;
	free(run->name);
	free_facts(&run->args);
	free(run->model);
	free(run->placement);
	free(run->reason);
	for (size_t i = 0; run->metrics && i < run->result->metrics->count; i++)
		free(run->metrics[i].values);
	free(run->metrics);
	for (size_t i = 0; run->counts && i < run->result->counters.count; i++) {
		free(run->counts[i].values.values);
		free(run->counts[i].shares.values);
		free(run->counts[i].reason);
	}
	free(run->counts);
	free(run);
}

void mb_result_free(struct mb_result *result)
{
	if (!result)
		return;
	for (size_t i = 0; i < MB_RESULT_NR_FIELDS; i++)
		free(result->fields[i]);
	free(result->reason);
	free_facts(&result->facts);
	free_facts(&result->knobs);
	free_noise(&result->noise);
	for (size_t i = 0; i < result->nr_runs; i++)
		free_run(result->runs[i]);
	free(result->runs);
	free_facts(&result->counters);
	free(result);
}

int mb_result_error(const struct mb_result *result)
{
	return result->error;
}

static void fail(struct mb_result *result, int error)
{
	if (!result->error)
		result->error = error;
}

/* Replaces a text of the result by a copy; NULL clears it. */
static void set_text(struct mb_result *result, char **target, const char *text)
{
	struct mb_strbuf clean = {0};
	char *copy = NULL;

	if (result->error)
		return;
	if (text) {
		mb_text_add_utf8(&clean, text);
		copy = mb_strbuf_take(&clean);
		if (!copy) {
			fail(result, -ENOMEM);
			return;
		}
	}
	free(*target);
	*target = copy;
}

/* As mb_grow(), unless the result has failed already. */
static int grow(struct mb_result *result, void *array, size_t count, size_t size)
{
	if (!result->error && mb_grow(array, count, size))
		fail(result, -ENOMEM);
	return result->error;
}

static void add_fact(struct mb_result *result, struct mb_facts *facts, const char *name,
		     const char *value, const char *reason)
{
	struct mb_fact *fact;

	if (!name) {
		fail(result, -EINVAL);
		return;
	}
	if (grow(result, &facts->rows, facts->count, sizeof(*fact)))
		return;
	fact = &facts->rows[facts->count++];
	*fact = (struct mb_fact){.metric = -1};
	set_text(result, &fact->name, name);
	set_text(result, &fact->value, value);
	set_text(result, &fact->reason, reason);
}

/* One that is there keeps its place. */
static void set_fact(struct mb_result *result, struct mb_facts *facts, const char *key,
		     const char *value)
{
	struct mb_fact *target = NULL;
	MB_FREE char *name = NULL;

	set_text(result, &name, key);
	for (size_t i = 0; name && i < facts->count && !result->error; i++)
		if (!strcmp(facts->rows[i].name, name))
			target = &facts->rows[i];
	if (!target) {
		add_fact(result, facts, name, value, NULL);
		return;
	}
	set_text(result, &target->value, value);
	set_text(result, &target->reason, NULL);
}

void mb_result_set(struct mb_result *result, enum mb_result_field field, const char *text)
{
	set_text(result, &result->fields[field], text);
}

void mb_result_set_status(struct mb_result *result, enum mb_result_status status,
			  const char *reason)
{
	result->status = status;
	set_text(result, &result->reason, reason);
}

void mb_result_add_fact(struct mb_result *result, const char *name, const char *value,
			const char *reason)
{
	add_fact(result, &result->facts, name, value, reason);
}

void mb_result_set_fact(struct mb_result *result, const char *name, const char *value)
{
	set_fact(result, &result->facts, name, value);
}

void mb_result_add_knob(struct mb_result *result, const char *name, const char *value,
			const char *reason)
{
	add_fact(result, &result->knobs, name, value, reason);
}

void mb_result_add_noise(struct mb_result *result, enum mb_noise_verdict verdict,
			 const char *const texts[MB_NOISE_NR_TEXTS])
{
	struct mb_noises *noise = &result->noise;
	struct mb_noise *row;

	if (!texts[MB_NOISE_NAME]) {
		fail(result, -EINVAL);
		return;
	}
	if (grow(result, &noise->rows, noise->count, sizeof(*row)))
		return;
	row = &noise->rows[noise->count++];
	*row = (struct mb_noise){.verdict = verdict};
	for (size_t i = 0; i < MB_NOISE_NR_TEXTS; i++)
		set_text(result, &row->texts[i], texts[i]);
}

static bool has_counts(const struct mb_result *result)
{
	for (size_t i = 0; i < result->nr_runs; i++)
		if (result->runs[i]->counts)
			return true;
	return false;
}

void mb_result_add_counter(struct mb_result *result, const char *name, const char *value,
			   const char *reason)
{
	if (!name || has_counts(result) || mb_result_counter_find(result, name) >= 0)
		fail(result, -EINVAL);
	else
		add_fact(result, &result->counters, name, value, reason);
}

struct mb_run *mb_result_add_run(struct mb_result *result, enum mb_run_kind kind, const char *name)
{
	struct mb_run *run;

	if (grow(result, &result->runs, result->nr_runs, sizeof(struct mb_run *)))
		return NULL;
	run = calloc(1, sizeof(*run));
	if (!run) {
		fail(result, -ENOMEM);
		return NULL;
	}
	run->result = result;
	run->kind = kind;
	run->node = run->worker = run->cpu = MB_RUN_NONE;
	set_text(result, &run->name, name);
	run->metrics = calloc(result->metrics->count, sizeof(*run->metrics));
	if (!run->metrics)
		fail(result, -ENOMEM);
	if (!name)
		fail(result, -EINVAL);
	if (result->error) {
		free_run(run);
		return NULL;
	}
	return result->runs[result->nr_runs++] = run;
}

struct mb_run *mb_result_run(struct mb_result *result, enum mb_run_kind kind, const char *name,
			     int node, int worker)
{
	struct mb_run *run;

	for (size_t i = 0; i < result->nr_runs; i++) {
		size_t at = (result->cursor + i) % result->nr_runs;

		run = result->runs[at];
		if (run->kind != kind || run->node != node || run->worker != worker ||
		    strcmp(run->name, name) != 0)
			continue;
		result->cursor = at + 1;
		return run;
	}
	run = mb_result_add_run(result, kind, name);
	if (run) {
		run->node = node;
		run->worker = worker;
		result->cursor = 0;
	}
	return run;
}

void mb_result_keep_runs(struct mb_result *result,
			 bool (*keep)(const struct mb_run *run, const void *arg), const void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < result->nr_runs; i++) {
		if (keep(result->runs[i], arg))
			result->runs[kept++] = result->runs[i];
		else
			free_run(result->runs[i]);
	}
	result->nr_runs = kept;
	result->cursor = 0;
}

/* One sample of a list; what lies before it and was not set is missing. */
static void set_sample(struct mb_result *result, struct mb_samples *samples, size_t repetition,
		       double value)
{
	while (samples->count <= repetition) {
		if (grow(result, &samples->values, samples->count, sizeof(double)))
			return;
		samples->values[samples->count++] = NAN;
	}
	if (!result->error)
		samples->values[repetition] = isfinite(value) ? value : NAN;
}

void mb_result_run_set(struct mb_run *run, int metric, size_t repetition, double value)
{
	if (!run)
		return;
	if (metric < 0 || (size_t)metric >= run->result->metrics->count ||
	    repetition >= MB_RUN_MAX_REPETITION)
		fail(run->result, -EINVAL);
	else
		set_sample(run->result, &run->metrics[metric], repetition, value);
}

/* The counts of an event; NULL for a bad one and without memory, which the result remembers. */
static struct mb_count *find_count(struct mb_run *run, size_t counter)
{
	struct mb_result *result = run->result;

	if (counter >= result->counters.count) {
		fail(result, -EINVAL);
		return NULL;
	}
	if (!run->counts)
		run->counts = calloc(result->counters.count, sizeof(*run->counts));
	if (!run->counts) {
		fail(result, -ENOMEM);
		return NULL;
	}
	return &run->counts[counter];
}

void mb_result_run_set_count(struct mb_run *run, size_t counter, size_t repetition, double count,
			     double share)
{
	struct mb_count *counts = run ? find_count(run, counter) : NULL;

	if (!counts)
		return;
	if (repetition >= MB_RUN_MAX_REPETITION) {
		fail(run->result, -EINVAL);
		return;
	}
	set_sample(run->result, &counts->values, repetition, count);
	set_sample(run->result, &counts->shares, repetition, isfinite(count) ? share : NAN);
}

void mb_result_run_set_uncounted(struct mb_run *run, size_t counter, const char *reason)
{
	struct mb_count *counts = run ? find_count(run, counter) : NULL;

	if (counts)
		set_text(run->result, &counts->reason, reason);
}

void mb_result_run_set_arg(struct mb_run *run, const char *key, const char *value)
{
	if (run)
		set_fact(run->result, &run->args, key, value);
}

void mb_result_run_set_model(struct mb_run *run, const char *model)
{
	if (run)
		set_text(run->result, &run->model, model);
}

void mb_result_run_set_placement(struct mb_run *run, const char *placement)
{
	if (run)
		set_text(run->result, &run->placement, placement);
}

void mb_result_run_set_status(struct mb_run *run, enum mb_run_status status, const char *reason)
{
	if (!run)
		return;
	run->status = status;
	set_text(run->result, &run->reason, reason);
}

const char *mb_result_fact(const struct mb_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->count; i++)
		if (facts->rows[i].name && !strcmp(facts->rows[i].name, name))
			return facts->rows[i].value;
	return NULL;
}

int mb_result_counter_find(const struct mb_result *result, const char *name)
{
	for (size_t i = 0; i < result->counters.count; i++)
		if (!strcmp(result->counters.rows[i].name, name))
			return (int)i;
	return -ENOENT;
}

size_t mb_result_run_repetitions(const struct mb_run *run)
{
	size_t longest = 0;

	for (size_t i = 0; i < run->result->metrics->count; i++)
		longest = mb_max(longest, run->metrics[i].count);
	for (size_t i = 0; run->counts && i < run->result->counters.count; i++)
		longest = mb_max(longest, run->counts[i].values.count);
	return longest;
}
