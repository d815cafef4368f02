/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_RESULT_H
#define MB_REPORTS_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/metric.h"
#include "reports/noise.h"

/*
 * What every command that measures or judges produces: who measured what on which host, and raw samples. Aggregates are derived from
 * the samples when something is written, never stored in their place. The file forms are described in schema.md.
 * Building: every function below accepts a NULL run, and remembers the first failed allocation or bad argument in the result, after which
 * it does nothing; mb_result_error() at the end is the only check needed. All text is copied. Bytes that are not UTF-8 are kept
 * as the four characters \xHH. Read the fields, change them only through the functions. One thread.
 */
#define MB_RESULT_SCHEMA_VERSION 1

/* Texts about the whole. Each is NULL until set. */
enum mb_result_field {
	MB_RESULT_TOOL_VERSION,
	MB_RESULT_STARTED_UTC,     /* ISO 8601: 2026-01-31T12:00:00Z, see mb_format_utc() */
	MB_RESULT_COMMAND_LINE,    /* as one would type it, see mb_text_add_argument() */
	MB_RESULT_MACHINE,         /* machine text that makes the same machine again */
	MB_RESULT_MACHINE_HASH,    /* hexadecimal, of the machine text */
	MB_RESULT_MAP_SOURCE,      /* where the memory map came from */
	MB_RESULT_KERNEL_PROFILE,  /* "6.1" */
	MB_RESULT_POLICY,          /* "deferred" */
	MB_RESULT_STRUCT_PAGE,     /* "64": bytes of a page descriptor */
	MB_RESULT_PLACEMENT,       /* of the memmap: "verified", "unverified" */
	MB_RESULT_DIGEST,          /* hexadecimal, of all page descriptors after a checked boot */
	MB_RESULT_COMPARED_KERNEL, /* release of the kernel whose facts these are */
	MB_RESULT_BIND,            /* whose CPUs worked: "node", "spread" */
	MB_RESULT_WORKERS, /* "verified": all ran on their CPU; else how many did not, and why */
	MB_RESULT_PAGES,   /* that were asked of the host: "host", "4k", "thp", "2m", "1g" */
	MB_RESULT_WINDOW,  /* bytes of each node's window, where the memmap is not all backed */
	MB_RESULT_NR_FIELDS,
};

struct mb_result_field_row {
	const char *key, *label; /* JSON key and CSV column; name for people */
	bool in_rows;            /* short: repeated in each row of a CSV file */
};
extern const struct mb_result_field_row mb_result_fields[MB_RESULT_NR_FIELDS];

enum mb_result_status {
	MB_RESULT_COMPLETE,
	MB_RESULT_PARTIAL, /* interrupted: what is there is right, the rest is missing */
	MB_RESULT_FAILED,
};

/* A named text; value NULL: unknown, and reason says why. Lists of them keep their order. */
struct mb_fact {
	char *name, *value, *reason;
	int metric; /* of an event: the one that it tells, see reports/counter.h; else -1 */
};

struct mb_facts {
	struct mb_fact *rows;
	size_t count;
};

enum mb_run_kind {
	MB_RUN_STAGE,  /* one boot stage */
	MB_RUN_TOTAL,  /* a sum over stages, or a figure of the whole machine */
	MB_RUN_NODE,   /* one node's part of a stage */
	MB_RUN_WORKER, /* one worker's part of a stage */
	MB_RUN_ZONE,
	MB_RUN_BENCH,
	MB_RUN_PHASE,      /* a part of a stage, in its figures too; the arg stage says which */
	MB_RUN_FACT,       /* something about a kernel that was compared with the engine */
	MB_RUN_VALUE,      /* one value of a fact: args fact, expected, got */
	MB_RUN_KERNEL,     /* a node's part of a stage, beside what its kernel's log says */
	MB_RUN_PREDICTION, /* of a stage, a total or a node's part of a stage; nothing was run */
	MB_RUN_NR_KINDS,
};

enum mb_run_status {
	MB_RUN_OK,
	MB_RUN_SKIPPED, /* the host lacks something; reason says what */
	MB_RUN_FAILED,  /* it ran and a check said no */
	MB_RUN_ERROR,   /* it could not run to its end */
	MB_RUN_NR_STATUSES,
};

/* One value per repetition; NaN: missing. */
struct mb_samples {
	double *values;
	size_t count;
};

/* What one event has counted, one value per repetition; NaN: not counted. */
struct mb_count {
	struct mb_samples values; /* estimated where the share is below 1 */
	struct mb_samples shares; /* of the time in which it was on a counter, up to 1 */
	char *reason;             /* why values are missing, or NULL */
};

#define MB_RUN_NONE           (-1)    /* node, worker or cpu that a run does not have */
#define MB_RUN_MAX_REPETITION 1000000 /* repetition indices are below this */

struct mb_run {
	struct mb_result *result;
	enum mb_run_kind kind;
	char *name;            /* stage, total, zone or bench: "memmap_init" */
	struct mb_facts args;  /* what else identifies it: policy=deferred */
	int node, worker, cpu; /* MB_RUN_NONE where it has none */
	unsigned threads;      /* 0: not a matter of this run */
	char *model;           /* memory model, or NULL */
	char *placement;       /* "node0->host0", or NULL */
	enum mb_run_status status;
	char *reason;               /* NULL when the status is ok */
	struct mb_samples *metrics; /* indexed by metric id, result->metrics->count entries */
	struct mb_count *counts;    /* indexed by result->counters; NULL: nothing was counted */
};

struct mb_result {
	const struct mb_metric_table *metrics; /* borrowed */
	char *fields[MB_RESULT_NR_FIELDS];
	enum mb_result_status status;
	char *reason;           /* NULL when the status is complete */
	struct mb_facts facts;  /* the host */
	struct mb_facts knobs;  /* settings of the host that change figures */
	struct mb_noises noise; /* what on the host makes figures noisy or wrong */
	/* Events that were asked for: who knows them, and the mode; NULL: it did not count. */
	struct mb_facts counters;
	struct mb_run **runs;
	size_t nr_runs;
	size_t cursor; /* where mb_result_run() looks first */
	int error;
};

/* An empty, complete result, or NULL without memory. metrics must outlive it and begin with the project's rows; NULL: mb_metrics. */
struct mb_result *mb_result_new(const struct mb_metric_table *metrics);
void mb_result_free(struct mb_result *result);

/* 0, -ENOMEM or -EINVAL: the first failure of the functions below. */
int mb_result_error(const struct mb_result *result);

void mb_result_set(struct mb_result *result, enum mb_result_field field, const char *text);
void mb_result_set_status(struct mb_result *result, enum mb_result_status status,
			  const char *reason /* may be NULL */);

/* Adds to the end of a list of this result; value NULL: unknown because of reason. */
void mb_result_add_fact(struct mb_result *result, const char *name, const char *value,
			const char *reason);
void mb_result_add_knob(struct mb_result *result, const char *name, const char *value,
			const char *reason);
/* Sets a fact; a name that is there keeps its place. */
void mb_result_set_fact(struct mb_result *result, const char *name, const char *value);

/* Adds a row to the host's noise; texts are those of enum mb_noise_text. */
void mb_result_add_noise(struct mb_result *result, enum mb_noise_verdict verdict,
			 const char *const texts[MB_NOISE_NR_TEXTS]);

/* Adds an event, before all mb_result_run_set_count(), under a new name; value NULL: it does not count because of reason. */
void mb_result_add_counter(struct mb_result *result, const char *name, const char *value,
			   const char *reason);

/* A new run with status ok, owned by the result; NULL after an error. */
struct mb_run *mb_result_add_run(struct mb_result *result, enum mb_run_kind kind, const char *name);

/* The first run of that kind, name, node and worker, added when there is none. Fast in the order in which they were added. */
struct mb_run *mb_result_run(struct mb_result *result, enum mb_run_kind kind, const char *name,
			     int node, int worker);

/* Frees the runs that keep says no to. */
void mb_result_keep_runs(struct mb_result *result,
			 bool (*keep)(const struct mb_run *run, const void *arg), const void *arg);

/* One sample. Infinities count as missing. */
void mb_result_run_set(struct mb_run *run, int metric, size_t repetition, double value);
/* What an event of the result's list counted; share is in (0, 1]. Or why it did not count: the last reason stays. */
void mb_result_run_set_count(struct mb_run *run, size_t counter, size_t repetition, double count,
			     double share);
void mb_result_run_set_uncounted(struct mb_run *run, size_t counter, const char *reason);
/* Sets key to value; a key that is there keeps its place. */
void mb_result_run_set_arg(struct mb_run *run, const char *key, const char *value);
void mb_result_run_set_model(struct mb_run *run, const char *model);
void mb_result_run_set_placement(struct mb_run *run, const char *placement);
void mb_result_run_set_status(struct mb_run *run, enum mb_run_status status, const char *reason);
/* node, worker, cpu and threads are plain numbers: set them in the struct. */

/* NULL or the value of the first fact with that name. */
const char *mb_result_fact(const struct mb_facts *facts, const char *name);
/* Index of an event in the result's list, or -ENOENT. */
int mb_result_counter_find(const struct mb_result *result, const char *name);
/* Repetitions of a run: the length of its longest metric or count. */
size_t mb_result_run_repetitions(const struct mb_run *run);

/* Names in files; the _find functions give -ENOENT for a text that is none. */
const char *mb_result_status_name(enum mb_result_status status);
int mb_result_status_find(const char *name);
const char *mb_result_kind_name(enum mb_run_kind kind);
int mb_result_kind_find(const char *name);
const char *mb_result_run_status_name(enum mb_run_status status);
int mb_result_run_status_find(const char *name);

#endif
