/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "core/base/strbuf.h"
#include "reports/json.h"
#include "reports/json_value.h"
#include "reports/row.h"

/*
 * A timeline in the Trace Event Format, which Perfetto and chrome://tracing read. A process is one repetition of a result. Its first track
 * is the boot thread with the stages, then come the nodes and their workers; each slice has the run's other figures. What the events
 * counted in a stage is a counter track for each, a rate that holds from the stage's begin to its end.
 * Time is in microseconds from the begin of the first stage. Results of earlier versions have no begins: their stages follow
 * each other, and nodes and workers begin with their stage.
 */
#define NS_PER_US 1e3

/* A track: the boot thread, a node, or a node's worker. Benches have one of their own, end to end. */
struct track {
	int node, worker;
	bool benches;
	int tid;
};

struct output {
	FILE *file;
	int error;
	bool more; /* an event has been written */
	const struct mb_result *result;
	size_t repetition;
	int last_id; /* of processes and threads: none stands for two, and a process's first thread has its id, as Linux has it */
	int pid;
	struct track *tracks; /* of this process */
	size_t nr_tracks;
	double end_ns,
		bench_end_ns; /* of the last stage and bench: where one without a begin goes */
	const char *stage;    /* the last stage, and when it began */
	double stage_ns;
};

static void put_event(struct output *out, json_t *event)
{
	int error;

	fputs(out->more ? ",\n  " : "\n  ", out->file);
	error = mb_json_value_put(out->file, event);
	out->more = true;
	if (!out->error)
		out->error = error;
}

/* What every event has. */
static json_t *event_value(const struct output *out, const char *phase, const char *name, bool *bad)
{
	json_t *event = json_object();

	mb_json_value_add(event, "ph", json_string(phase), bad);
	mb_json_value_add(event, "name", json_string(name), bad);
	mb_json_value_add(event, "pid", json_integer(out->pid), bad);
	return event;
}

/* Names and orders a process or a thread: {"ph": "M", "name": "thread_name", …, "args": {"name": …}}. */
static void put_name(struct output *out, const char *what, int tid, const char *key, json_t *value)
{
	json_t *args = json_object(), *event;
	bool bad = false;

	event = event_value(out, "M", what, &bad);
	if (tid >= 0)
		mb_json_value_add(event, "tid", json_integer(tid), &bad);
	mb_json_value_add(args, key, value, &bad);
	mb_json_value_add(event, "args", args, &bad);
	put_event(out, mb_json_value_finish(event, bad));
}

static void put_track_name(struct output *out, const struct track *track, const struct mb_run *run)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf name = {0};

	if (track->benches)
		mb_strbuf_add(&name, "benches, end to end");
	else if (track->node < 0)
		mb_strbuf_add(&name, "boot");
	else if (track->worker < 0)
		mb_strbuf_addf(&name, "node %d", track->node);
	else
		mb_strbuf_addf(&name, "node %d, worker %d", track->node, track->worker);
	if (run && run->cpu >= 0)
		mb_strbuf_addf(&name, ", CPU %d", run->cpu);
	put_name(out, "thread_name", track->tid, "name", json_string(mb_strbuf_text(&name)));
	put_name(out, "thread_sort_index", track->tid, "sort_index", json_integer(track->tid));
}

/* The thread id of a run's track, which is named when it comes up. */
static int find_track(struct output *out, const struct mb_run *run)
{
	struct track wanted = {run->node, run->worker, run->kind == MB_RUN_BENCH, out->pid};

	for (size_t i = 0; i < out->nr_tracks; i++)
		if (out->tracks[i].benches == wanted.benches &&
		    (wanted.benches || (out->tracks[i].node == wanted.node &&
					out->tracks[i].worker == wanted.worker)))
			return out->tracks[i].tid;
	if (mb_grow(&out->tracks, out->nr_tracks, sizeof(wanted))) {
		out->error = -ENOMEM;
		return 0;
	}
	if (out->nr_tracks)
		wanted.tid = ++out->last_id;
	out->tracks[out->nr_tracks++] = wanted;
	put_track_name(out, &wanted, run);
	return wanted.tid;
}

static double sample(const struct output *out, const struct mb_samples *samples)
{
	return out->repetition < samples->count ? samples->values[out->repetition] : NAN;
}

static double metric(const struct output *out, const struct mb_run *run, enum mb_metric_id id)
{
	return sample(out, &run->metrics[id]);
}

/* Everything else that is known of a run. */
static json_t *args_value(const struct output *out, const struct mb_run *run, bool *bad)
{
	const struct mb_metric_table *metrics = run->result->metrics;
	json_t *args = json_object();
	double value;

	for (size_t i = 0; i < run->args.count; i++)
		mb_json_value_add(args, run->args.rows[i].name,
				  mb_json_value_text(run->args.rows[i].value), bad);
	if (run->model)
		mb_json_value_add(args, "model", json_string(run->model), bad);
	if (run->placement)
		mb_json_value_add(args, "placement", json_string(run->placement), bad);
	if (run->threads)
		mb_json_value_add(args, "threads", json_integer(run->threads), bad);
	for (size_t i = 0; i < metrics->count; i++) {
		value = sample(out, &run->metrics[i]);
		if (isfinite(value))
			mb_json_value_add(args, metrics->rows[i].key, mb_json_value_number(value),
					  bad);
	}
	for (size_t i = 0; run->counts && i < run->result->counters.count; i++) {
		value = sample(out, &run->counts[i].values);
		if (isfinite(value))
			mb_json_value_add(args, run->result->counters.rows[i].name,
					  mb_json_value_number(value), bad);
	}
	return args;
}

static void put_slice(struct output *out, const struct mb_run *run, double start_ns, double ns)
{
	int tid = find_track(out, run);
	bool bad = false;
	json_t *event = event_value(out, "X", run->name, &bad);

	mb_json_value_add(event, "cat", json_string(mb_result_kind_name(run->kind)), &bad);
	mb_json_value_add(event, "tid", json_integer(tid), &bad);
	mb_json_value_add(event, "ts", mb_json_value_number(start_ns / NS_PER_US), &bad);
	mb_json_value_add(event, "dur", mb_json_value_number(ns / NS_PER_US), &bad);
	mb_json_value_add(event, "args", args_value(out, run, &bad), &bad);
	put_event(out, mb_json_value_finish(event, bad));
}

static void put_level(struct output *out, const char *name, double at_ns, double level)
{
	json_t *args = json_object(), *event;
	bool bad = false;

	event = event_value(out, "C", name, &bad);
	mb_json_value_add(event, "ts", mb_json_value_number(at_ns / NS_PER_US), &bad);
	mb_json_value_add(args, "per us", mb_json_value_number(level), &bad);
	mb_json_value_add(event, "args", args, &bad);
	put_event(out, mb_json_value_finish(event, bad));
}

static void put_counter(struct output *out, const char *name, double count, double start_ns,
			double ns)
{
	if (!isfinite(count) || !(ns > 0) || !isfinite(count * NS_PER_US / ns))
		return;
	put_level(out, name, start_ns, count * NS_PER_US / ns);
	put_level(out, name, start_ns + ns, 0);
}

/* A stage's pages and events; those of its workers are in them. */
static void put_counters(struct output *out, const struct mb_run *run, double start_ns, double ns)
{
	put_counter(out, run->result->metrics->rows[MB_METRIC_PAGES].key,
		    metric(out, run, MB_METRIC_PAGES), start_ns, ns);
	for (size_t i = 0; run->counts && i < run->result->counters.count; i++)
		put_counter(out, run->result->counters.rows[i].name,
			    sample(out, &run->counts[i].values), start_ns, ns);
}

static double begin_of(const struct output *out, const struct mb_run *run)
{
	double start_ns = metric(out, run, MB_METRIC_START_NS);

	if (start_ns >= 0)
		return start_ns;
	if (run->kind == MB_RUN_BENCH)
		return out->bench_end_ns;
	if (run->kind == MB_RUN_STAGE)
		return out->end_ns;
	return out->stage && !strcmp(out->stage, run->name) ? out->stage_ns : 0;
}

static void put_run(struct output *out, const struct mb_run *run)
{
	double ns = metric(out, run, MB_METRIC_WALL_NS), start_ns = begin_of(out, run);

	if (!(ns >= 0) || !isfinite(start_ns + ns))
		return;
	put_slice(out, run, start_ns, ns);
	if (run->kind == MB_RUN_BENCH)
		out->bench_end_ns = start_ns + ns;
	if (run->kind != MB_RUN_STAGE)
		return;
	put_counters(out, run, start_ns, ns);
	out->stage = run->name;
	out->stage_ns = start_ns;
	out->end_ns = start_ns + ns;
}

/* "node-a, 2026-01-31T12:00:00Z, repetition 0", and "partial" where the result did not come to its end. */
static void put_process_name(struct output *out)
{
	const char *host = mb_result_fact(&out->result->facts, "host_name");
	const char *started = out->result->fields[MB_RESULT_STARTED_UTC];
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf name = {0};

	mb_strbuf_addf(&name, "%s%s%s, repetition %zu", host ? host : "memboot",
		       started ? ", " : "", started ? started : "", out->repetition);
	if (out->result->status != MB_RESULT_COMPLETE)
		mb_strbuf_addf(&name, ", %s", mb_result_status_name(out->result->status));
	put_name(out, "process_name", -1, "name", json_string(mb_strbuf_text(&name)));
	put_name(out, "process_sort_index", -1, "sort_index", json_integer(out->pid));
}

static bool wanted(const struct mb_run *run)
{
	return run->kind == MB_RUN_STAGE || run->kind == MB_RUN_NODE ||
	       run->kind == MB_RUN_WORKER || run->kind == MB_RUN_BENCH;
}

static void put_repetition(struct output *out)
{
	out->pid = ++out->last_id;
	out->nr_tracks = 0;
	out->end_ns = out->bench_end_ns = out->stage_ns = 0;
	out->stage = NULL;
	put_process_name(out);
	for (size_t i = 0; i < out->result->nr_runs && !out->error; i++)
		if (wanted(out->result->runs[i]))
			put_run(out, out->result->runs[i]);
}

/* That of the first result that did not come to its end: a result without any repetition has no process to say it. */
static const char *status_of(const struct mb_result *const *results, size_t count)
{
	size_t i = 0;

	while (i + 1 < count && results[i]->status == MB_RESULT_COMPLETE)
		i++;
	return mb_result_status_name(results[i]->status);
}

int mb_json_trace(const struct mb_result *const *results, size_t count, FILE *file)
{
	struct output out = {.file = file};

	fprintf(file, "{\"displayTimeUnit\": \"ns\",\n\"otherData\": {\"status\": \"%s\"},\n",
		status_of(results, count));
	fputs("\"traceEvents\": [", file);
	for (size_t i = 0; i < count && !out.error; i++) {
		size_t repetitions = 0;

		out.result = results[i];
		for (size_t k = 0; k < results[i]->nr_runs; k++)
			if (wanted(results[i]->runs[k]) &&
			    results[i]->runs[k]->metrics[MB_METRIC_WALL_NS].count > repetitions)
				repetitions = results[i]->runs[k]->metrics[MB_METRIC_WALL_NS].count;
		for (out.repetition = 0; out.repetition < repetitions && !out.error;
		     out.repetition++)
			put_repetition(&out);
	}
	fputs("\n]}\n", file);
	free(out.tracks);
	return out.error ? out.error : ferror(file) ? -EIO : 0;
}
