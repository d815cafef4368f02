/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_RUNNER_H
#define MB_BENCHES_RUNNER_H

#include "benches/bench.h"
#include "benches/runner_band.h"
#include "reports/stats.h"

struct mb_counters;
struct mb_result;
struct mb_run;
struct mb_tally;

/*
 * Runs rows through Google Benchmark (benches/cbench.h), keeps every sample, validates what was
 * computed, and hands the outcome of each row to a callback. Prints nothing unless a
 * --benchmark_format flag asks the library to. One run at a time in a process.
 */

#define MB_RUNNER_PASS_NS 40000000
#define MB_RUNNER_RATIO \
	6 /* so many times as long for a row with a ratio, which is to be surer than a time */

struct mb_runner_options {
	const char *filter;   /* regular expression, found anywhere in the name; NULL: all rows */
	unsigned repetitions; /* 0: 1, or what a flag says */
	double min_time_s;    /* of a repetition; 0: the library's 0.5, or what a flag says */
	unsigned rounds;      /* for rows with a fixed number of rounds; 0: the row's own */
	bool full;            /* rows for full runs too; a filter asks for them as well */
	bool interleave;      /* repetitions of all rows in random order */
	/*
	 * Instead of repetitions: passes over all rows, in laps of two, the rows of a lap in random order anew. A lap's passes of a row
	 * are the pair that its band is of. They take turns (benches/runner_twins.h), so that what the host does meanwhile is in no band, as
	 * it is in no comparison that takes turns; with counters they follow each other. Rows come out at the end. One more
	 * pass before finds out how many rounds take min_time_s, or MB_RUNNER_PASS_NS. 0: none.
	 */
	unsigned passes;
	bool no_rates;      /* bytes per second say nothing here: leave them out everywhere */
	size_t arena_bytes; /* memory that warm rows work on; 0: mb_runner_arena_bytes() */
	const struct mb_topo *topo;   /* borrowed; NULL: see struct mb_bench_env */
	const atomic_int *cancel;     /* set from outside to end early; NULL: never */
	struct mb_counters *counters; /* events that each thread counts in its rounds; NULL: none */
	mb_bench_rows_fn *rows;       /* NULL: mb_benches_row */

	const char *program;      /* argv[0], for the library's own output files; may be NULL */
	const char *const *flags; /* --benchmark_* flags verbatim; the fields above win over them */
	size_t nr_flags;
};

enum mb_runner_status {
	MB_RUNNER_OK,
	MB_RUNNER_SKIPPED,
	MB_RUNNER_ERROR,
	MB_RUNNER_CANCELLED,
};

/* One repetition. */
struct mb_runner_rep {
	uint64_t rounds;
	double ns, median_ns;                   /* mean and median of a round */
	uint64_t pages, ops, bytes;             /* as below, of this one */
	const double *samples_ns;               /* every round, in order; none of several passes */
	size_t nr_samples;                      /* less than rounds when there were very many */
	double counters[MB_BENCH_MAX_COUNTERS]; /* in the order of the result's counters */
	double of_limit;              /* its rate over that of the limit, in turns; NaN: without */
	const struct mb_tally *tally; /* what the options' events counted; NULL: nothing */
};

/* A row's outcome, all repetitions together; valid during the callback only. */
struct mb_runner_result {
	const struct mb_bench *row;
	const char *name; /* "group/name/arg:value" */
	int64_t arg;
	enum mb_runner_status status;
	const char *reason; /* why not MB_RUNNER_OK, else "" */

	const struct mb_runner_rep *reps; /* those that came to an end */
	size_t nr_reps;
	uint64_t pages, ops, bytes;       /* that a round handles, does, writes; 0: not its unit */
	unsigned threads;                 /* that worked in a round; 0: not a matter of the row */
	int nid, cpu_nid;                 /* nodes whose memory it was, whose CPUs worked */
	bool no_rates;                    /* that of the options */
	const struct mb_counters *events; /* likewise */

	/* Over the repetitions, each by its median round; with one alone over its rounds. Zero unless MB_RUNNER_OK. */
	struct mb_stats time_ns; /* of a round */
	double spread;           /* time_ns.mad / time_ns.median: 0.01 is one percent */
	double ns_per_page;      /* median; 0: pages are not its unit */
	double ns_per_op;        /* likewise */
	double bytes_per_s;      /* at the median; 0 likewise, and with no_rates */

	const char *limit; /* name of what took turns with it; NULL: it is held against nothing */
	double limit_percent; /* how much of that it reaches: the median over the repetitions; 0 without */

	const struct mb_bench_counter *counters; /* each: median over the repetitions */
	size_t nr_counters;
	struct mb_runner_bands bands; /* all NaN unless MB_RUNNER_OK */
	bool has_goal, goal_met;
	double goal_value;
};

#define MB_RUNNER_OVERHEAD 0.01

/* What came out of a run. */
struct mb_runner_totals {
	unsigned ok, skipped, errors, cancelled;
	unsigned goals, goals_met;
	/*
	 * An empty round, and the shortest round that the runner's clock measures: the first is to be at most MB_RUNNER_OVERHEAD of the
	 * second, which counts as a goal. 0: not in this run.
	 */
	double empty_ns, shortest_ns;
	char shortest[64]; /* its row */
	struct mb_runner_noise noise;
};

/*
 * Called in the order of the list. Return 0 to go on; a negative errno ends the run and is returned
 * by mb_runner_run().
 */
typedef int mb_runner_result_fn(const struct mb_runner_result *result, void *arg);

/*
 * A row begins another call of its loop, or has ended: for a progress line. done of total repetitions of all rows have ended; trials of the
 * library are none. May be NULL.
 */
typedef void mb_runner_progress_fn(const char *name, unsigned done, unsigned total, void *arg);

struct mb_runner_hooks {
	mb_runner_result_fn *on_result;
	mb_runner_progress_fn *on_progress;
	void *arg;
};

/*
 * Runs the rows that match. 0 whatever the rows' statuses are: see *ret_totals (may be NULL;
 * filled on failure too). -ENOENT when nothing matched; -EINVAL for a bad filter or flag;
 * -ENOTSUP when built without the library (err names the package); -ECANCELED; -ENOMEM.
 */
int mb_runner_run(const struct mb_runner_options *options, const struct mb_runner_hooks *hooks,
		  struct mb_err *err, struct mb_runner_totals *ret_totals);

/*
 * The rows that would run, without running them. on_name gets each expanded name. Errors as above;
 * works without the library.
 */
typedef int mb_runner_name_fn(const char *name, const struct mb_bench *row, void *arg);
int mb_runner_list(const struct mb_runner_options *options, mb_runner_name_fn *on_name, void *arg,
		   struct mb_err *err);

/*
 * Adds a row's outcome to a result as a run of kind "bench": one sample per repetition, the
 * median of its rounds, and their number; the temperature, and the argument (of name "model": as the
 * run's model). What events counted stands in it and in a run of kind "worker" for each worker: the result's list of events
 * is that of the options, from mb_counters_result_begin(). mb_result_error() tells of failures. Returns the first run; NULL after one.
 */
struct mb_run *mb_runner_add_run(struct mb_result *result, const struct mb_runner_result *outcome);

/*
 * max(4 × largest cache of a CPU, 128 MiB), but at most a quarter of the memory that is available;
 * a multiple of 2 MiB. 32 MiB stand for a cache that the system does not tell.
 */
size_t mb_runner_arena_bytes(void);

/* "ok", "skipped", "error", "cancelled". */
const char *mb_runner_status_name(enum mb_runner_status status);

/* Version of Google Benchmark, NULL when built without. */
const char *mb_runner_library_version(void);

#endif
