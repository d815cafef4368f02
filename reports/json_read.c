/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/cleanup.h"
#include "core/base/stream.h"
#include "core/base/strbuf.h"
#include "reports/counter.h"
#include "reports/json.h"
#include "reports/text.h"

/* Where we are in the input, for messages: "runs[3].node". */
struct input {
	struct mb_err *err;
	struct mb_result *result;
	const char *list; /* NULL: at the top */
	size_t index;
};

/* ASCII alone: a message is cut by bytes. */
static void add_key(struct mb_strbuf *buf, const char *key)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf clean = {0};

	mb_text_add_printable(&clean, key);
	for (const char *at = mb_strbuf_text(&clean); *at;) {
		uint32_t code = mb_text_next(&at);

		mb_strbuf_addf(buf, code < 0x80 ? "%c" : "\\u%04x", code);
	}
}

/* Keys and names from the file end up in messages: short, and without what could move a cursor. */
static int reject(const struct input *in, const char *key, const char *why)
{
	struct mb_strbuf clean = {0};

	add_key(&clean, key);
	if (in->list)
		MB_FAIL(in->err, -EINVAL, "%s[%zu].%.60s: %s", in->list, in->index,
			mb_strbuf_text(&clean), why);
	else
		MB_FAIL(in->err, -EINVAL, "%.60s: %s", mb_strbuf_text(&clean), why);
	mb_strbuf_fini(&clean);
	return -EINVAL;
}

/* NULL for null and, when it may be left out, for a missing key. */
static int get_text(const struct input *in, json_t *object, const char *key, bool required,
		    const char **ret)
{
	json_t *value = json_object_get(object, key);

	if (!value && required)
		return reject(in, key, "is missing");
	if (value && !json_is_string(value) && !(json_is_null(value) && !required))
		return reject(in, key, required ? "is not a text" : "is neither a text nor null");
	*ret = value && json_is_string(value) ? json_string_value(value) : NULL;
	return 0;
}

static int get_index(const struct input *in, json_t *object, const char *key, int none, int *ret)
{
	json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value)) {
		*ret = none;
		return 0;
	}
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > INT_MAX)
		return reject(in, key, "is neither a small whole number nor null");
	*ret = (int)json_integer_value(value);
	return 0;
}

static int get_array(const struct input *in, json_t *object, const char *key, json_t **ret)
{
	json_t *value = json_object_get(object, key);

	if (!value)
		return reject(in, key, "is missing");
	if (!json_is_array(value))
		return reject(in, key, "is not a list");
	*ret = value;
	return 0;
}

static int get_name(const struct input *in, json_t *object, const char *key,
		    int (*find)(const char *), int *ret)
{
	const char *name = NULL;
	int found, error = get_text(in, object, key, true, &name);

	if (error)
		return error;
	found = find(name);
	if (found < 0)
		return reject(in, key, "has a value that is not known");
	*ret = found;
	return 0;
}

typedef void add_fact_fn(void *owner, const char *name, const char *value, const char *reason);

static void add_host_fact(void *owner, const char *name, const char *value, const char *reason)
{
	mb_result_add_fact(owner, name, value, reason);
}

static void add_knob(void *owner, const char *name, const char *value, const char *reason)
{
	mb_result_add_knob(owner, name, value, reason);
}

static void add_counter(void *owner, const char *name, const char *value, const char *reason)
{
	mb_result_add_counter(owner, name, value, reason);
}

static void add_arg(void *owner, const char *name, const char *value, const char *reason)
{
	(void)reason;
	mb_result_run_set_arg(owner, name, value);
}

static int read_facts(const struct input *in, json_t *array, const char *key, add_fact_fn *add,
		      void *owner)
{
	const char *name = NULL, *value = NULL, *reason = NULL;
	size_t i;
	json_t *row;
	int error;

	json_array_foreach(array, i, row)
	{
		if (!json_is_object(row))
			return reject(in, key, "holds something that is not an object");
		error = get_text(in, row, "name", true, &name);
		if (!error)
			error = get_text(in, row, "value", false, &value);
		if (!error)
			error = get_text(in, row, "reason", false, &reason);
		if (error)
			return error;
		add(owner, name, value, reason);
	}
	return 0;
}

static int read_list(const struct input *in, json_t *object, const char *key, add_fact_fn *add,
		     void *owner)
{
	json_t *array;
	int error = get_array(in, object, key, &array);

	return error ? error : read_facts(in, array, key, add, owner);
}

/* One sample of a list: NaN for null. */
static int read_sample(const struct input *in, const char *key, json_t *value, double *ret_sample)
{
	if (!json_is_number(value) && !json_is_null(value))
		return reject(in, key, "has a sample that is neither a number nor null");
	*ret_sample = json_is_null(value) ? NAN : json_number_value(value);
	return 0;
}

static int check_samples(const struct input *in, const char *key, json_t *array)
{
	if (!json_is_array(array))
		return reject(in, key, "is not a list of samples");
	if (json_array_size(array) > MB_RUN_MAX_REPETITION)
		return reject(in, key, "has too many samples");
	return 0;
}

static int read_samples(const struct input *in, const char *key, json_t *array, struct mb_run *run)
{
	int metric = mb_metric_find(in->result->metrics, key), error;
	json_t *value;
	size_t i;

	if (metric < 0)
		return reject(in, key, "is a metric that this version does not know");
	error = check_samples(in, key, array);
	if (error)
		return error;
	json_array_foreach(array, i, value)
	{
		double sample = 0;

		error = read_sample(in, key, value, &sample);
		if (error)
			return error;
		mb_result_run_set(run, metric, i, sample);
	}
	return 0;
}

/* The share of a sample: 1 where the file has none. */
static int read_share(const struct input *in, json_t *array, const char *key, size_t i,
		      double *ret_share)
{
	json_t *value = json_array_get(array, i);
	int error;

	*ret_share = 1;
	if (!value)
		return 0;
	error = read_sample(in, key, value, ret_share);
	if (!error && (*ret_share <= 0 || *ret_share > 1))
		error = reject(in, key, "has a share that is not above 0 and at most 1");
	return error;
}

static int read_count(const struct input *in, const char *key, json_t *array, json_t *shares,
		      struct mb_run *run)
{
	int counter = mb_result_counter_find(in->result, key), error;
	json_t *value;
	size_t i;

	if (counter < 0)
		return reject(in, key, "is not one of the result's counters");
	error = check_samples(in, key, array);
	if (!error && shares)
		error = check_samples(in, key, shares);
	if (error)
		return error;
	json_array_foreach(array, i, value)
	{
		double count = 0, share = 1;

		error = read_sample(in, key, value, &count);
		if (!error)
			error = read_share(in, shares, key, i, &share);
		if (error)
			return error;
		mb_result_run_set_count(run, (size_t)counter, i, count, isnan(count) ? NAN : share);
	}
	return 0;
}

static int read_count_reason(const struct input *in, const char *key, json_t *value,
			     struct mb_run *run)
{
	int counter = mb_result_counter_find(in->result, key);

	if (counter < 0)
		return reject(in, key, "is not one of the result's counters");
	if (!json_is_string(value))
		return reject(in, key, "has a reason that is not text");
	mb_result_run_set_uncounted(run, (size_t)counter, json_string_value(value));
	return 0;
}

/* Files without counters have none of the objects, and those of earlier versions no reasons. */
static int read_counts(const struct input *in, json_t *object, struct mb_run *run)
{
	json_t *counts = json_object_get(object, "counts"), *array;
	json_t *shares = json_object_get(object, "count_shares");
	json_t *reasons = json_object_get(object, "count_reasons"), *value;
	const char *key;
	int error;

	if (counts && !json_is_object(counts))
		return reject(in, "counts", "is not an object");
	if (shares && !json_is_object(shares))
		return reject(in, "count_shares", "is not an object");
	if (reasons && !json_is_object(reasons))
		return reject(in, "count_reasons", "is not an object");
	json_object_foreach(counts, key, array)
	{
		error = read_count(in, key, array, json_object_get(shares, key), run);
		if (error)
			return error;
	}
	json_object_foreach(reasons, key, value)
	{
		error = read_count_reason(in, key, value, run);
		if (error)
			return error;
	}
	return 0;
}

static int read_all_samples(const struct input *in, json_t *object, struct mb_run *run)
{
	json_t *samples = json_object_get(object, "samples"), *array;
	const char *key;
	int error;

	if (!json_is_object(samples))
		return reject(in, "samples", samples ? "is not an object" : "is missing");
	json_object_foreach(samples, key, array)
	{
		error = read_samples(in, key, array, run);
		if (error)
			return error;
	}
	return 0;
}

static int read_run_texts(const struct input *in, json_t *object, struct mb_run *run)
{
	const char *model = NULL, *placement = NULL, *reason = NULL;
	int status = 0, error = get_text(in, object, "model", false, &model);

	if (!error)
		error = get_text(in, object, "placement", false, &placement);
	if (!error)
		error = get_text(in, object, "reason", false, &reason);
	if (!error)
		error = get_name(in, object, "status", mb_result_run_status_find, &status);
	if (error)
		return error;
	mb_result_run_set_model(run, model);
	mb_result_run_set_placement(run, placement);
	mb_result_run_set_status(run, (enum mb_run_status)status, reason);
	return 0;
}

static int read_run(const struct input *in, json_t *object)
{
	struct mb_run *run;
	const char *name = NULL;
	int kind = 0, threads = 0, error;

	if (!json_is_object(object))
		return MB_FAIL(in->err, -EINVAL, "runs[%zu]: is not an object", in->index);
	error = get_name(in, object, "kind", mb_result_kind_find, &kind);
	if (!error)
		error = get_text(in, object, "name", true, &name);
	if (error)
		return error;
	run = mb_result_add_run(in->result, (enum mb_run_kind)kind, name);
	if (!run)
		return -ENOMEM;
	error = get_index(in, object, "node", MB_RUN_NONE, &run->node);
	if (!error)
		error = get_index(in, object, "worker", MB_RUN_NONE, &run->worker);
	if (!error)
		error = get_index(in, object, "cpu", MB_RUN_NONE, &run->cpu);
	if (!error)
		error = get_index(in, object, "threads", 0, &threads);
	if (!error)
		error = read_list(in, object, "args", add_arg, run);
	if (!error && !in->result->error &&
	    run->args.count != json_array_size(json_object_get(object, "args")))
		error = reject(in, "args", "has a name twice");
	if (!error)
		error = read_run_texts(in, object, run);
	if (!error)
		error = read_all_samples(in, object, run);
	if (!error)
		error = read_counts(in, object, run);
	if (!error)
		run->threads = (unsigned)threads;
	return error;
}

static int read_noise_row(const struct input *in, json_t *object)
{
	const char *texts[MB_NOISE_NR_TEXTS] = {0};
	int verdict = 0, error;

	if (!json_is_object(object))
		return MB_FAIL(in->err, -EINVAL, "noise[%zu]: is not an object", in->index);
	error = get_name(in, object, "verdict", mb_noise_verdict_find, &verdict);
	for (int i = 0; i < MB_NOISE_NR_TEXTS && !error; i++)
		error = get_text(in, object, mb_noise_key((enum mb_noise_text)i),
				 i == MB_NOISE_NAME, &texts[i]);
	if (!error)
		mb_result_add_noise(in->result, (enum mb_noise_verdict)verdict, texts);
	return error;
}

/* Results from before there were such rows have no list of them. */
static int read_noise(struct input *in, json_t *root)
{
	json_t *rows, *row;
	int error;

	if (!json_object_get(root, "noise"))
		return 0;
	error = get_array(in, root, "noise", &rows);
	if (error)
		return error;
	in->list = "noise";
	json_array_foreach(rows, in->index, row)
	{
		error = read_noise_row(in, row);
		if (error)
			return error;
	}
	in->list = NULL;
	return 0;
}

static int read_runs(struct input *in, json_t *root)
{
	json_t *runs, *run;
	int error = get_array(in, root, "runs", &runs);

	if (error)
		return error;
	in->list = "runs";
	json_array_foreach(runs, in->index, run)
	{
		error = read_run(in, run);
		if (error)
			return error;
	}
	in->list = NULL;
	return 0;
}

static int read_version(const struct input *in, json_t *root)
{
	json_t *version = json_object_get(root, "schema_version");

	if (!version)
		return MB_FAIL(in->err, -EINVAL,
			       "not a result of memboot: schema_version is missing");
	if (!json_is_integer(version))
		return reject(in, "schema_version", "is not a whole number");
	if (json_integer_value(version) < 1 ||
	    json_integer_value(version) > MB_RESULT_SCHEMA_VERSION)
		return MB_FAIL(in->err, -EINVAL,
			       "schema version %lld is not known; this version reads %d",
			       (long long)json_integer_value(version), MB_RESULT_SCHEMA_VERSION);
	return 0;
}

/* Events, and which metric each tells; files of earlier versions do not say. */
static int read_counters(const struct input *in, json_t *root)
{
	json_t *array = json_object_get(root, "counters"), *row;
	const char *key = NULL;
	int error = array ? read_list(in, root, "counters", add_counter, in->result) : 0;
	size_t i;

	if (error || in->result->error)
		return error;
	json_array_foreach(array, i, row)
	{
		int metric = -1;

		error = get_text(in, row, "metric", false, &key);
		if (error)
			return error;
		if (key)
			metric = mb_metric_find(in->result->metrics, key);
		if (key && metric < 0)
			return reject(in, key, "is a metric that this version does not know");
		mb_counter_set_metric(in->result, i, metric);
	}
	return 0;
}

static int read_result(struct input *in, json_t *root)
{
	const char *words = NULL;
	int status = 0, error;

	if (!json_is_object(root))
		return MB_FAIL(in->err, -EINVAL, "not a result of memboot: not a JSON object");
	error = read_version(in, root);
	for (int i = 0; i < MB_RESULT_NR_FIELDS && !error; i++) {
		error = get_text(in, root, mb_result_fields[i].key, false, &words);
		if (!error)
			mb_result_set(in->result, (enum mb_result_field)i, words);
	}
	if (!error)
		error = get_name(in, root, "status", mb_result_status_find, &status);
	if (!error)
		error = get_text(in, root, "reason", false, &words);
	if (error)
		return error;
	mb_result_set_status(in->result, (enum mb_result_status)status, words);
	error = read_list(in, root, "facts", add_host_fact, in->result);
	if (!error)
		error = read_list(in, root, "knobs", add_knob, in->result);
	if (!error)
		error = read_noise(in, root);
	if (!error)
		error = read_counters(in, root);
	if (!error && in->result->error == -EINVAL)
		error = reject(in, "counters", "has a name twice");
	return error ? error : read_runs(in, root);
}

/* An object without its last brace: the syntax error at its end is half a word or half a character. */
static bool cut_off(const char *text, size_t length)
{
	while (length && strchr(" \t\r\n", text[length - 1]))
		length--;
	return length && text[0] == '{' && text[length - 1] != '}';
}

static int reject_cut(struct mb_err *err, const json_error_t *error)
{
	return MB_FAIL(err, -EINVAL, "the file ends too early, in line %d: it was cut off",
		       error->line);
}

/* The library's own text may quote the input; place and class are enough. */
static int reject_syntax(struct mb_err *err, const json_error_t *error, bool cut)
{
	if (error->line < 0) /* a failed allocation leaves no place */
		return MB_FAIL(err, -ENOMEM, "out of memory");
	switch (json_error_code(error)) {
	case json_error_premature_end_of_input: return reject_cut(err, error);
	case json_error_invalid_syntax:
	case json_error_invalid_utf8:
		if (cut)
			return reject_cut(err, error);
		return MB_FAIL(err, -EINVAL, "not JSON: line %d, column %d", error->line,
			       error->column);
	case json_error_out_of_memory: return MB_FAIL(err, -ENOMEM, "out of memory");
	case json_error_numeric_overflow:
		return MB_FAIL(err, -EINVAL, "line %d, column %d: the number is too large",
			       error->line, error->column);
	case json_error_duplicate_key:
		return MB_FAIL(err, -EINVAL, "line %d, column %d: the key is there twice",
			       error->line, error->column);
	case json_error_null_character:
		return MB_FAIL(err, -EINVAL, "line %d, column %d: a text with a NUL character",
			       error->line, error->column);
	case json_error_stack_overflow:
		return MB_FAIL(err, -EINVAL, "line %d: too deeply nested", error->line);
	default:
		return MB_FAIL(err, -EINVAL, "not JSON: line %d, column %d", error->line,
			       error->column);
	}
}

int mb_json_read(const char *text, size_t length, const struct mb_metric_table *metrics,
		 struct mb_err *err, struct mb_result **ret_result)
{
	struct input in = {.err = err};
	json_error_t problem;
	json_t *root;
	int error;

	if (length > MB_JSON_MAX_BYTES)
		return MB_FAIL(err, -EFBIG, "larger than %zu MiB", MB_JSON_MAX_BYTES >> 20);
	if (!length)
		return MB_FAIL(err, -EINVAL, "the file is empty");
	root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
	if (!root)
		return reject_syntax(err, &problem, cut_off(text, length));
	in.result = mb_result_new(metrics);
	error = in.result ? read_result(&in, root) : -ENOMEM;
	json_decref(root);
	if (in.result && !error)
		error = mb_result_error(in.result);
	if (error) {
		mb_result_free(in.result);
		return MB_FAIL(err, error, "%s", strerror(-error));
	}
	*ret_result = in.result;
	return 0;
}

/* A whole file, which the caller frees; "-" is standard input. */
static int read_bytes(const char *path, struct mb_err *err, char **ret_text, size_t *ret_length)
{
	bool standard = !strcmp(path, "-");
	MB_FCLOSE FILE *opened = standard ? NULL : fopen(path, "re");
	int error;

	if (!standard && !opened)
		return MB_FAIL(err, -errno, "%s", strerror(errno));
	error = mb_stream_read(standard ? stdin : opened, MB_JSON_MAX_BYTES, ret_text, ret_length);
	if (error == -EFBIG)
		return MB_FAIL(err, error, "larger than %zu MiB", MB_JSON_MAX_BYTES >> 20);
	return error ? MB_FAIL(err, error, "%s", strerror(-error)) : 0;
}

int mb_json_read_file(const char *path, const struct mb_metric_table *metrics, struct mb_err *err,
		      struct mb_result **ret_result)
{
	MB_FREE char *text = NULL;
	size_t length = 0;
	int error = read_bytes(path, err, &text, &length);

	return error ? error : mb_json_read(text, length, metrics, err, ret_result);
}

int mb_json_read_any(const char *path, const struct mb_metric_table *metrics, struct mb_err *err,
		     struct mb_result **ret_result)
{
	MB_FREE char *text = NULL;
	size_t length = 0;
	int error = read_bytes(path, err, &text, &length);

	if (error)
		return error;
	error = mb_json_gbench_read(text, length, metrics, err, ret_result);
	if (error != -ENOMSG)
		return error;
	mb_err_clear(err);
	return mb_json_read(text, length, metrics, err, ret_result);
}
