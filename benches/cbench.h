/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_CBENCH_H
#define MB_BENCHES_CBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Google Benchmark (https://github.com/google/benchmark, 1.7 and later) for C. It stands alone:
 * this header, cbench_fit.h and cbench.cc, side by side, are all that another C project needs. cbench.cc is C++17
 * and wants the library's version, for 1.7.1 -DCBENCH_LIBRARY_VERSION=10701 and
 * -DCBENCH_LIBRARY_VERSION_TEXT='"1.7.1"'; link with -lbenchmark. No C++ type and no exception
 * crosses it, nothing is printed and the process is never ended; functions return 0 or a negative
 * errno, and cbench_error() words the last failure.
 *
 * Every benchmark runs on one library thread: 1.7 divides manual time by the number of its
 * threads, and the library pins none of them. A threaded body brings its own threads and reports
 * its own time (manual time).
 *
 * The library keeps its flags and its registry in the process, so only one cbench_run() at a time
 * may be under way in a process; it sets every flag anew, so runs do not inherit from each other,
 * nor from BENCHMARK_* variables.
 */
#ifdef __cplusplus
extern "C" {
#endif

struct cbench;       /* benchmarks and flags */
struct cbench_state; /* one call of a benchmark's function; valid until it returns */

/*
 * A benchmark's body: set up, then a loop over cbench_keep_running() or _batch() until it is
 * false, then counters, then clean up. The library calls it several times, with more iterations
 * each time, until the least time is reached. Returns 0, or a negative errno, which makes the run
 * an error when the body gave no reason of its own. After a first repetition that went wrong
 * the rest are not run. All use batches of the same sizes.
 */
typedef int cbench_fn(struct cbench_state *state, void *arg);

enum {
	CBENCH_MANUAL_TIME = 1, /* only what cbench_set_time() reports counts */
	CBENCH_REAL_TIME = 2,   /* wall clock instead of CPU time: when was it long enough? */
};

/* How time grows with n; CBENCH_O_AUTO: the curve of the others that fits best. */
enum cbench_complexity {
	CBENCH_O_NONE,
	CBENCH_O_1,
	CBENCH_O_LOG_N,
	CBENCH_O_N,
	CBENCH_O_N_LOG_N,
	CBENCH_O_N_SQUARED,
	CBENCH_O_N_CUBED,
	CBENCH_O_AUTO
};

struct cbench_def {
	const char *name; /* "group/name"; copied */
	cbench_fn *fn;
	void *arg; /* handed to fn and back in struct cbench_result; borrowed */
	/* nr_args names and values, copied: the name goes on with "/name:value". */
	const char *const *arg_names;
	const int64_t *args;
	size_t nr_args;
	unsigned flags;      /* CBENCH_MANUAL_TIME or CBENCH_REAL_TIME; 0: CPU time */
	uint64_t iterations; /* exactly so many; 0: as many as the least time needs */
	/* Fitted over the definitions of this name: they differ in args and arg alone. */
	enum cbench_complexity complexity;
};

enum cbench_status {
	CBENCH_OK,
	CBENCH_SKIPPED, /* cannot be measured here; 1.7 has none of its own, this has */
	CBENCH_ERROR,
};

struct cbench_counter {
	const char *name;
	double value; /* as the library reports it: rates are per second already */
};

/* A repetition of a benchmark, or an aggregate of them; all is valid in the callback only. */
struct cbench_result {
	const char *name; /* "group/name/arg:value", without suffixes such as /manual_time */
	const char *
		aggregate; /* NULL: a repetition; "mean", "median", "stddev", "cv", "BigO", "RMS" */
	void *arg;         /* of the definition; of a family its first one's */
	enum cbench_status status;
	const char *reason;               /* why not CBENCH_OK, else "" */
	uint64_t iterations;              /* 0 unless CBENCH_OK */
	unsigned repetition, repetitions; /* from 0; how many there are */
	double real_ns; /* per iteration; manual time where that is on; a "cv" is a ratio */
	double cpu_ns;  /* likewise */
	double bytes_per_s, items_per_s; /* 0: not set */
	const struct cbench_counter *counters;
	size_t nr_counters;
	const double *samples_ns; /* of this repetition: each cbench_set_time(), per iteration */
	size_t nr_samples;
	uint64_t lost_samples; /* beyond CBENCH_MAX_SAMPLES */
	/* "BigO": time = real_ns * curve(n), log to base 2; "RMS": the error, as part of the mean. */
	enum cbench_complexity complexity;
	const char *curve; /* "n log n"; else "" */
};

#define CBENCH_MAX_SAMPLES (1u << 20)

/* Return 0 to go on; anything else ends the run early and is what cbench_run() returns. */
typedef int cbench_result_fn(const struct cbench_result *run, void *arg);
typedef int cbench_name_fn(const char *name, void *arg);

/* Version of the library built against ("1.7.1"); NULL when built without it. */
const char *cbench_version(void);

/* program: what the library writes as executable; copied. NULL: no memory. NULL may be freed. */
struct cbench *cbench_new(const char *program);
void cbench_free(struct cbench *bench);

/* The last failure, as a fragment; "" without one. Valid until the next call with this object. */
const char *cbench_error(const struct cbench *bench);

/*
 * One flag as the library's users write it: --benchmark_filter=REGEX. Checked here, since the
 * library would end the process on some wrong values. A bare number, "0.5s" and "100x" are all
 * understood for --benchmark_min_time with every version. Later flags win. -EINVAL, -ENOMEM, or
 * why a file cannot be written.
 */
int cbench_flag(struct cbench *bench, const char *flag);

/* Takes all --benchmark_* arguments out of argv (argv[0] stays) and gives each to cbench_flag(). */
int cbench_take_args(struct cbench *bench, int *argc, char **argv);

/* Whether --benchmark_list_tests or _format was given: the latter makes the library print too. */
bool cbench_wants_list(const struct cbench *bench);
bool cbench_wants_display(const struct cbench *bench);

/* -EEXIST: the full name is taken; -EINVAL: empty, or unlike others of its complexity; -ENOMEM. */
int cbench_register(struct cbench *bench, const struct cbench_def *def);

/*
 * Names that --benchmark_filter lets through, in order of registration. The filter is a POSIX
 * extended regular expression, whatever the library was built with. How many, or a negative errno.
 */
int cbench_list(struct cbench *bench, cbench_name_fn *on_name, void *arg);

/*
 * Runs what --benchmark_filter lets through and reports each repetition, then the aggregates, on
 * the calling thread. Returns how many benchmarks matched; -EINVAL for a bad regular expression;
 * -EBUSY while another run is under way; -ENOTSUP without the library; or what on_result
 * returned.
 */
int cbench_run(struct cbench *bench, cbench_result_fn *on_result, void *arg);

/* What follows is for a benchmark's body. */

/* Whether to go on with one more iteration, or with n more at once (it may overshoot). */
bool cbench_keep_running(struct cbench_state *state);
bool cbench_keep_running_batch(struct cbench_state *state, uint64_t n);

/* Stops and restarts the library's clock in the loop; no effect outside. Dear: two clock reads. */
void cbench_pause(struct cbench_state *state);
void cbench_resume(struct cbench_state *state);

/* Manual time of the last iteration or batch, in seconds; once for each. */
void cbench_set_time(struct cbench_state *state, double seconds);

/* Totals over all iterations of this call; after the loop. */
void cbench_set_bytes(struct cbench_state *state, uint64_t bytes);
void cbench_set_items(struct cbench_state *state, uint64_t items);

/* The n of complexity, where it is not the first argument. */
void cbench_set_n(struct cbench_state *state, uint64_t n);

enum cbench_counter_kind {
	CBENCH_VALUE,         /* as it is */
	CBENCH_RATE,          /* divided by the run's time in seconds */
	CBENCH_PER_ITERATION, /* divided by the iterations */
};

void cbench_set_counter(struct cbench_state *state, const char *name, double value,
			enum cbench_counter_kind kind);

/*
 * Ends the loop; the first reason counts, and an error outweighs a skip. The body still has to
 * return.
 */
void cbench_fail(struct cbench_state *state, const char *reason);
void cbench_skip(struct cbench_state *state, const char *reason);

/* The definition's argument, and how many iterations this call was asked for. */
int64_t cbench_arg(const struct cbench_state *state, size_t index);
uint64_t cbench_iterations(const struct cbench_state *state);

#ifdef __cplusplus
}
#endif

#endif
