/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "benches/cbench.h"

#define MAX_SEEN 64

/* What the callback of a run was told, copied. */
struct seen {
	char name[64], aggregate[16], reason[64];
	enum cbench_status status;
	struct cbench_result result; /* its pointers are dead */
	double counter, rate;
	double first_sample, last_sample;
	char curve[16];
};

struct log {
	struct seen seen[MAX_SEEN];
	size_t count;
	size_t stop_after; /* 0: never */
};

static int on_result(const struct cbench_result *result, void *arg)
{
	struct log *log = arg;
	struct seen *seen = &log->seen[log->count];

	assert_true(log->count < MAX_SEEN);
	log->count++;
	seen->result = *result;
	seen->status = result->status;
	snprintf(seen->name, sizeof(seen->name), "%s", result->name);
	snprintf(seen->reason, sizeof(seen->reason), "%s", result->reason);
	snprintf(seen->curve, sizeof(seen->curve), "%s", result->curve);
	snprintf(seen->aggregate, sizeof(seen->aggregate), "%s",
		 result->aggregate ? result->aggregate : "");
	for (size_t i = 0; i < result->nr_counters; i++)
		if (!strcmp(result->counters[i].name, "answer"))
			seen->counter = result->counters[i].value;
		else
			seen->rate = result->counters[i].value;
	if (result->nr_samples) {
		seen->first_sample = result->samples_ns[0];
		seen->last_sample = result->samples_ns[result->nr_samples - 1];
	}
	return log->count == log->stop_after ? -ECANCELED : 0;
}

static struct cbench *new_bench(void)
{
	struct cbench *bench = cbench_new("test");

	assert_non_null(bench);
	assert_int_equal(cbench_flag(bench, "--benchmark_min_time=0.0001"), 0);
	return bench;
}

static int add(struct cbench *bench, const char *name, cbench_fn *fn, void *arg, unsigned flags)
{
	const struct cbench_def def = {.name = name, .fn = fn, .arg = arg, .flags = flags};

	return cbench_register(bench, &def);
}

/* Runs one benchmark and gives what was seen of it. */
static struct seen run_one(cbench_fn *fn, void *arg, unsigned flags)
{
	struct cbench *bench = new_bench();
	struct log log = {0};

	assert_int_equal(add(bench, "group/one", fn, arg, flags), 0);
	assert_int_equal(cbench_run(bench, on_result, &log), 1);
	assert_int_equal(log.count, 1);
	assert_string_equal(log.seen[0].name, "group/one");
	cbench_free(bench);
	return log.seen[0];
}

/* A body of manual time, 2 µs an iteration whatever the host does. */
static int manual_body(struct cbench_state *state, void *arg)
{
	uint64_t *iterations = arg;

	*iterations = 0;
	while (cbench_keep_running(state)) {
		cbench_set_time(state, 2e-6);
		++*iterations;
	}
	return 0;
}

static void test_manual_time(void **state)
{
	uint64_t iterations;
	struct seen seen = run_one(manual_body, &iterations, CBENCH_MANUAL_TIME);

	assert_int_equal(seen.status, CBENCH_OK);
	assert_string_equal(seen.reason, "");
	assert_true(fabs(seen.result.real_ns - 2000) < 0.01);
	assert_int_equal(seen.result.iterations, iterations);
	assert_int_equal(seen.result.nr_samples, iterations);
	assert_true(iterations * 2e-6 >= 0.0001);
	assert_true(fabs(seen.first_sample - 2000) < 1e-6);
	assert_ptr_equal(seen.result.arg, &iterations);
}

/* Each repetition's samples are its own: the call's number is in the time. */
static int numbered_body(struct cbench_state *state, void *arg)
{
	unsigned *calls = arg;

	++*calls;
	while (cbench_keep_running(state))
		cbench_set_time(state, *calls * 1e-3);
	return 0;
}

static void test_repetitions_keep_their_samples(void **state)
{
	struct cbench *bench = new_bench();
	struct log log = {0};
	unsigned calls = 0;

	assert_int_equal(cbench_flag(bench, "--benchmark_repetitions=3"), 0);
	assert_int_equal(add(bench, "group/one", numbered_body, &calls, CBENCH_MANUAL_TIME), 0);
	assert_int_equal(cbench_run(bench, on_result, &log), 1);
	assert_true(log.count > 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct seen *seen = &log.seen[i];

		assert_string_equal(seen->aggregate, "");
		assert_int_equal(seen->result.repetition, i);
		assert_int_equal(seen->result.repetitions, 3);
		assert_int_equal(seen->result.nr_samples, seen->result.iterations);
		assert_true(fabs(seen->first_sample - (calls - 2 + i) * 1e6) < 1);
		assert_true(fabs(seen->first_sample - seen->result.real_ns) < 1);
	}
	assert_string_equal(log.seen[3].aggregate, "mean");
	assert_true(fabs(log.seen[3].result.real_ns - log.seen[1].result.real_ns) < 1);
	cbench_free(bench);
}

/* A warm-up asks for as many iterations as the first repetition, and is none. */
static void test_warm_up_is_no_repetition(void **state)
{
	struct cbench *bench = new_bench();
	struct log log = {0};
	unsigned calls = 0;

	assert_int_equal(cbench_flag(bench, "--benchmark_min_warmup_time=0.0001"), 0);
	assert_int_equal(cbench_flag(bench, "--benchmark_repetitions=2"), 0);
	assert_int_equal(cbench_flag(bench, "--benchmark_report_aggregates_only=true"), 0);
	assert_int_equal(add(bench, "group/one", numbered_body, &calls, CBENCH_MANUAL_TIME), 0);
	assert_int_equal(cbench_run(bench, on_result, &log), 1);
	assert_int_equal(calls, 3);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(log.seen[i].result.nr_samples, 1);
		assert_true(fabs(log.seen[i].first_sample - (2 + i) * 1e6) < 1);
	}
	cbench_free(bench);
}

static int batch_body(struct cbench_state *state, void *arg)
{
	uint64_t *batches = arg;

	*batches = 0;
	while (cbench_keep_running_batch(state, 1000)) {
		cbench_set_time(state, 1e-3);
		++*batches;
	}
	return 0;
}

static void test_batch(void **state)
{
	uint64_t batches;
	struct seen seen = run_one(batch_body, &batches, CBENCH_MANUAL_TIME);

	assert_int_equal(seen.result.iterations, batches * 1000);
	assert_int_equal(seen.result.nr_samples, batches);
	/* Both are per iteration. */
	assert_true(fabs(seen.first_sample - 1000) < 1e-6);
	assert_true(fabs(seen.result.real_ns - 1000) < 1e-6);
}

static int counter_body(struct cbench_state *state, void *arg)
{
	while (cbench_keep_running(state))
		cbench_set_time(state, 0.5);
	cbench_set_counter(state, "answer", 42, CBENCH_VALUE);
	cbench_set_counter(state, "rate", 3.0 * cbench_iterations(state), CBENCH_RATE);
	cbench_set_bytes(state, 1000 * cbench_iterations(state));
	cbench_set_items(state, 10 * cbench_iterations(state));
	return 0;
}

static void test_counters(void **state)
{
	struct seen seen = run_one(counter_body, NULL, CBENCH_MANUAL_TIME);

	assert_int_equal(seen.result.nr_counters, 2);
	assert_true(fabs(seen.counter - 42) < 1e-9);
	assert_true(fabs(seen.rate - 6) < 1e-9);
	assert_true(fabs(seen.result.bytes_per_s - 2000) < 1e-6);
	assert_true(fabs(seen.result.items_per_s - 20) < 1e-6);
}

static int error_body(struct cbench_state *state, void *arg)
{
	while (cbench_keep_running(state))
		cbench_set_time(state, 1);
	cbench_skip(state, "outweighed");
	cbench_fail(state, "the sum is wrong");
	cbench_fail(state, "later");
	return -EIO;
}

static int skip_body(struct cbench_state *state, void *arg)
{
	unsigned rounds = 0;

	if (arg)
		cbench_skip(state, "one node only");
	while (cbench_keep_running(state)) {
		cbench_skip(state, "one node only");
		rounds++;
	}
	assert_true(rounds <= 1);
	return 0;
}

static int errno_body(struct cbench_state *state, void *arg)
{
	return -ENOSPC;
}

static int lazy_body(struct cbench_state *state, void *arg)
{
	return 0;
}

static int half_body(struct cbench_state *state, void *arg)
{
	return cbench_keep_running(state) ? 0 : 1;
}

static void test_error_and_skip(void **state)
{
	struct seen seen = run_one(error_body, NULL, CBENCH_MANUAL_TIME);

	assert_int_equal(seen.status, CBENCH_ERROR);
	assert_string_equal(seen.reason, "the sum is wrong");
	assert_int_equal(seen.result.iterations, 0);

	for (int early = 0; early < 2; early++) {
		seen = run_one(skip_body, early ? &seen : NULL, CBENCH_MANUAL_TIME);
		assert_int_equal(seen.status, CBENCH_SKIPPED);
		assert_string_equal(seen.reason, "one node only");
	}
	seen = run_one(errno_body, NULL, 0);
	assert_int_equal(seen.status, CBENCH_ERROR);
	assert_string_equal(seen.reason, strerror(ENOSPC));
}

/* How one repetition of several goes wrong. */
enum fault { BEFORE_LOOP, IN_LOOP, IN_PAUSE, LAST_BATCH, AFTER_LOOP, LEAVES, OTHER_BATCH };

struct faulty {
	enum fault fault;
	unsigned at; /* in this repetition, and the next as well where twice is set */
	bool twice, skip;
	uint64_t batch;
	unsigned calls;
};

static void go_wrong(struct cbench_state *state, const struct faulty *faulty)
{
	if (faulty->skip)
		cbench_skip(state, "wrong");
	else
		cbench_fail(state, "wrong");
}

static int faulty_body(struct cbench_state *state, void *arg)
{
	struct faulty *faulty = arg;
	unsigned call = faulty->calls++;
	bool wrong = call == faulty->at || (faulty->twice && call == faulty->at + 1);
	enum fault fault = faulty->fault;
	uint64_t batch = faulty->batch, done = 0;

	if (wrong && fault == BEFORE_LOOP) {
		go_wrong(state, faulty);
		return 0;
	}
	batch += wrong && fault == OTHER_BATCH;
	while (cbench_keep_running_batch(state, batch)) {
		cbench_set_time(state, 1e-3);
		done += batch;
		if (wrong && fault == LEAVES)
			return -EIO;
		if (wrong && fault == IN_PAUSE)
			cbench_pause(state);
		if (wrong && (fault == IN_LOOP || fault == IN_PAUSE ||
			      (fault == LAST_BATCH && done >= cbench_iterations(state))))
			go_wrong(state, faulty);
	}
	if (wrong && fault == AFTER_LOOP)
		go_wrong(state, faulty);
	return 0;
}

#define FAULTY_REPETITIONS 5

/* The library's own flags for a run of many repetitions. */
static const char *const faulty_flags[] = {
	"--benchmark_color=no",
	"--benchmark_enable_random_interleaving",
	"--benchmark_min_warmup_time=0.0001",
};

static void run_faulty(struct faulty *faulty, const char *flag, struct log *ret_log)
{
	struct cbench *bench = new_bench();
	const struct cbench_def def = {.name = "a/faulty",
				       .fn = faulty_body,
				       .arg = faulty,
				       .flags = CBENCH_MANUAL_TIME,
				       .iterations = 100};

	*ret_log = (struct log){0};
	assert_int_equal(cbench_flag(bench, "--benchmark_repetitions=5"), 0);
	assert_int_equal(cbench_flag(bench, flag), 0);
	assert_int_equal(cbench_register(bench, &def), 0);
	assert_int_equal(cbench_run(bench, on_result, ret_log), 1);
	assert_true(ret_log->count >= FAULTY_REPETITIONS);
	for (unsigned i = 0; i < FAULTY_REPETITIONS; i++)
		assert_int_equal(ret_log->seen[i].result.repetition, i);
	cbench_free(bench);
}

static void expect_faulty(const struct faulty *faulty, unsigned at, const struct log *log)
{
	assert_true(log->count > FAULTY_REPETITIONS);
	assert_string_equal(log->seen[FAULTY_REPETITIONS].aggregate, "mean");
	for (unsigned i = 0; i < FAULTY_REPETITIONS; i++) {
		const struct seen *seen = &log->seen[i];
		uint64_t batches = (99 + faulty->batch) / faulty->batch;
		bool wrong = i == at || (faulty->twice && i == at + 1);
		bool reason = wrong && faulty->fault < LEAVES;

		assert_int_equal(seen->status != CBENCH_OK, wrong);
		assert_int_equal(seen->status == CBENCH_SKIPPED, reason && faulty->skip);
		assert_int_equal(seen->result.iterations, wrong ? 0 : batches * faulty->batch);
		if (reason)
			assert_string_equal(seen->reason, "wrong");
	}
}

/* The library aborts when repetitions, failed ones included, counted unlike numbers of iterations. */
static void test_a_repetition_may_go_wrong(void **state)
{
	static const uint64_t batches[] = {1, 16, 50, 1000}; /* 16 and 1000 go beyond the 100 */
	struct log log;

	for (enum fault fault = BEFORE_LOOP; fault <= OTHER_BATCH; fault++)
		for (unsigned i = 0; i < 3 * 4 * 3; i++) {
			unsigned warm_up = i / (3 * 4) == 2, at = 1 + i % 3;
			struct faulty faulty = {.fault = fault,
						.at = at + warm_up,
						.batch = batches[i / 3 % 4],
						.twice = i % 3 == 1,
						.skip = i % 2};

			/* Steps of 2 go as far as those of 1. */
			if (fault == OTHER_BATCH && faulty.batch == 1)
				continue;
			run_faulty(&faulty, faulty_flags[i / (3 * 4)], &log);
			/* It may not be known yet that the first one was no warm-up. */
			if (at > 1 || !warm_up)
				expect_faulty(&faulty, at, &log);
		}
}

/* The library computes statistics by what the first one of all has, and that has none. */
static void test_the_first_repetition_may_go_wrong(void **state)
{
	struct log log;

	for (enum fault fault = BEFORE_LOOP; fault <= LEAVES; fault++)
		for (unsigned i = 0; i < 6; i++) {
			struct faulty faulty = {
				.fault = fault, .at = i / 3, .batch = 16, .skip = i % 2};

			if (i / 3 && i % 3 != 2)
				continue; /* the second call is the first repetition after a warm-up */
			run_faulty(&faulty, faulty_flags[i % 3], &log);
			assert_int_equal(log.count, FAULTY_REPETITIONS);
			assert_int_equal(faulty.calls, faulty.at + 1);
			for (unsigned j = 0; j < FAULTY_REPETITIONS; j++) {
				assert_int_not_equal(log.seen[j].status, CBENCH_OK);
				assert_string_equal(log.seen[j].reason, log.seen[0].reason);
			}
		}
}

/* The library aborts the process for each of these. */
static int careless_body(struct cbench_state *state, void *arg)
{
	cbench_pause(state);
	cbench_resume(state);
	while (cbench_keep_running(state)) {
		cbench_resume(state);
		cbench_pause(state);
		cbench_pause(state);
	}
	assert_false(cbench_keep_running(state));
	cbench_pause(state);
	cbench_resume(state);
	return 0;
}

static void test_careless_bodies_do_not_abort(void **state)
{
	struct seen seen = run_one(lazy_body, NULL, 0);

	assert_int_equal(seen.status, CBENCH_ERROR);
	assert_string_equal(seen.reason, "returned before its loop ended");
	seen = run_one(half_body, NULL, 0);
	assert_string_equal(seen.reason, "returned before its loop ended");

	struct cbench *bench = new_bench();
	struct log log = {0};
	const struct cbench_def def = {.name = "a/b", .fn = careless_body, .iterations = 10};

	assert_int_equal(cbench_register(bench, &def), 0);
	assert_int_equal(cbench_run(bench, on_result, &log), 1);
	assert_int_equal(log.seen[0].status, CBENCH_OK);
	assert_int_equal(log.seen[0].result.iterations, 10);
	cbench_free(bench);
}

static int args_body(struct cbench_state *state, void *arg)
{
	while (cbench_keep_running(state))
		cbench_set_time(state, 1);
	cbench_set_counter(state, "answer", cbench_arg(state, 0) * 100 + cbench_arg(state, 1),
			   CBENCH_VALUE);
	assert_int_equal(cbench_arg(state, 2), 0);
	return 0;
}

static void test_arguments_make_the_name(void **state)
{
	static const char *const names[] = {"order", "nodes"};
	const int64_t args[] = {3, 16};
	const struct cbench_def def = {.name = "buddy/alloc",
				       .fn = args_body,
				       .flags = CBENCH_MANUAL_TIME,
				       .arg_names = names,
				       .args = args,
				       .nr_args = 2};
	struct cbench *bench = new_bench();
	struct log log = {0};

	assert_int_equal(cbench_register(bench, &def), 0);
	assert_int_equal(cbench_register(bench, &def), -EEXIST);
	assert_non_null(strstr(cbench_error(bench), "buddy/alloc/order:3/nodes:16"));
	assert_int_equal(cbench_run(bench, on_result, &log), 1);
	assert_string_equal(log.seen[0].name, "buddy/alloc/order:3/nodes:16");
	assert_true(fabs(log.seen[0].counter - 316) < 1e-9);
	cbench_free(bench);
}

static double clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Its own clock: the whole loop, and what is within pauses. */
struct paused {
	bool pause;
	double all_ns, paused_ns;
};

static int paused_body(struct cbench_state *state, void *arg)
{
	struct paused *times = arg;
	double start = clock_ns();

	times->paused_ns = 0;
	while (cbench_keep_running(state)) {
		double pause;

		if (times->pause)
			cbench_pause(state);
		pause = clock_ns();
		for (volatile unsigned i = 0; i < 100000; i++)
			;
		times->paused_ns += clock_ns() - pause;
		if (times->pause)
			cbench_resume(state);
	}
	times->all_ns = clock_ns() - start;
	return 0;
}

/* Whatever else the host does: what is within pauses is not in the library's time, else it is. */
static void test_pause_and_resume(void **state)
{
	for (int pause = 0; pause < 2; pause++) {
		struct paused times = {.pause = pause};
		struct cbench *bench = new_bench();
		struct log log = {0};
		const struct cbench_def def = {.name = "a/b",
					       .fn = paused_body,
					       .arg = &times,
					       .flags = CBENCH_REAL_TIME,
					       .iterations = 20};
		double ns;

		assert_int_equal(cbench_register(bench, &def), 0);
		assert_int_equal(cbench_run(bench, on_result, &log), 1);
		ns = log.seen[0].result.real_ns * 20;
		assert_true(times.paused_ns > 0);
		if (pause)
			assert_true(ns <= times.all_ns - times.paused_ns + 1000);
		else
			assert_true(ns >= times.paused_ns - 1000);
		cbench_free(bench);
	}
}

static double curve_at(enum cbench_complexity complexity, double n)
{
	const double curves[] = {
		[CBENCH_O_1] = 1,
		[CBENCH_O_LOG_N] = log2(n),
		[CBENCH_O_N] = n,
		[CBENCH_O_N_LOG_N] = n * log2(n),
		[CBENCH_O_N_SQUARED] = n * n,
		[CBENCH_O_N_CUBED] = n * n * n,
	};

	return curves[complexity];
}

/* Of manual time: exactly 3 ns times a curve of n, plus or minus a part of it. */
struct curved {
	enum cbench_complexity complexity;
	double noise;
	bool own_n;  /* n is 2 to the power of the argument */
	int64_t bad; /* of this argument it fails; 0: never */
	unsigned calls;
};

static int curved_body(struct cbench_state *state, void *arg)
{
	struct curved *curved = arg;
	int64_t value = cbench_arg(state, 0);
	uint64_t n = (uint64_t)value;
	double sign = curved->calls++ % 2 ? 1 : -1;

	if (curved->own_n) {
		n = UINT64_C(1) << value;
		cbench_set_n(state, n);
	}
	if (value == curved->bad)
		cbench_fail(state, "bad");
	while (cbench_keep_running(state))
		cbench_set_time(state, 3e-9 * curve_at(curved->complexity, (double)n) *
					       (1 + sign * curved->noise));
	return 0;
}

/* Runs the body with arguments 2, 3, … 9: log is what was told, the last two of it the fit. */
static int run_curved(struct curved *curved, enum cbench_complexity asked, struct log *log)
{
	static const char *const names[] = {"n"};
	struct cbench *bench = new_bench();
	int count;

	for (int64_t n = 2; n < 10; n++) {
		const struct cbench_def def = {.name = "a/curve",
					       .fn = curved_body,
					       .arg = curved,
					       .arg_names = names,
					       .args = &n,
					       .nr_args = 1,
					       .flags = CBENCH_MANUAL_TIME,
					       .iterations = 2,
					       .complexity = asked};

		assert_int_equal(cbench_register(bench, &def), 0);
	}
	*log = (struct log){0};
	count = cbench_run(bench, on_result, log);
	cbench_free(bench);
	return count;
}

static void expect_fit(const struct log *log, const char *curve, double factor, double rms)
{
	const struct seen *big_o = &log->seen[log->count - 2], *error = &log->seen[log->count - 1];

	assert_string_equal(big_o->name, "a/curve");
	assert_string_equal(big_o->aggregate, "BigO");
	assert_string_equal(error->aggregate, "RMS");
	assert_string_equal(big_o->curve, curve);
	assert_string_equal(error->curve, curve);
	assert_int_equal(big_o->result.complexity, error->result.complexity);
	assert_int_equal(big_o->status, CBENCH_OK);
	assert_true(fabs(big_o->result.real_ns - factor) < 1e-6 * factor);
	assert_true(fabs(error->result.real_ns - rms) < 1e-6);
}

static const char *const curve_names[] = {
	[CBENCH_O_1] = "1",           [CBENCH_O_LOG_N] = "log n",
	[CBENCH_O_N] = "n",           [CBENCH_O_N_LOG_N] = "n log n",
	[CBENCH_O_N_SQUARED] = "n^2", [CBENCH_O_N_CUBED] = "n^3",
};

/* Time that follows a curve exactly gives that curve and its factor, asked for or found. */
static void test_complexity_of_exact_time(void **state)
{
	for (int i = CBENCH_O_1; i < CBENCH_O_AUTO; i++) {
		struct curved curved = {.complexity = (enum cbench_complexity)i};
		struct log log;

		assert_int_equal(run_curved(&curved, curved.complexity, &log), 8);
		assert_int_equal(log.count, 10);
		assert_string_equal(log.seen[0].name, "a/curve/n:2");
		assert_string_equal(log.seen[0].curve, "");
		expect_fit(&log, curve_names[i], 3, 0);
		assert_int_equal(log.seen[9].result.complexity, i);
		assert_ptr_equal(log.seen[9].result.arg, &curved);
		assert_int_equal(run_curved(&curved, CBENCH_O_AUTO, &log), 8);
		expect_fit(&log, curve_names[i], 3, 0);
	}
}

/* Half of the times a tenth below, half above: the factor stays, and a tenth is the error. */
static void test_complexity_error(void **state)
{
	struct curved curved = {.complexity = CBENCH_O_1, .noise = 0.1};
	struct log log;

	run_curved(&curved, CBENCH_O_1, &log);
	expect_fit(&log, "1", 3, 0.1);
	curved = (struct curved){.complexity = CBENCH_O_N_CUBED, .noise = 0.01};
	run_curved(&curved, CBENCH_O_AUTO, &log);
	assert_string_equal(log.seen[log.count - 1].curve, "n^3");
	assert_true(log.seen[log.count - 1].result.real_ns > 0.001);
}

static void test_complexity_over_own_n(void **state)
{
	struct curved curved = {.complexity = CBENCH_O_N, .own_n = true};
	struct log log;

	run_curved(&curved, CBENCH_O_N, &log);
	expect_fit(&log, "n", 3, 0);
	run_curved(&curved, CBENCH_O_AUTO, &log);
	expect_fit(&log, "n", 3, 0);
}

/* What failed has no time, and the others fit without it. */
static void test_complexity_without_what_failed(void **state)
{
	struct curved curved = {.complexity = CBENCH_O_N_SQUARED, .bad = 5};
	struct log log;

	run_curved(&curved, CBENCH_O_N_SQUARED, &log);
	assert_int_equal(log.seen[3].status, CBENCH_ERROR);
	expect_fit(&log, "n^2", 3, 0);
	run_curved(&curved, CBENCH_O_AUTO, &log);
	expect_fit(&log, "n^2", 3, 0);
}

/* With the other two kinds of time there is a fit, whatever it is; of one member there is none. */
static void test_complexity_of_measured_time(void **state)
{
	static const char *const names[] = {"n"};
	const unsigned flags[] = {0, CBENCH_REAL_TIME};

	for (int i = 0; i < 2; i++) {
		struct cbench *bench = new_bench();
		struct log log = {0};

		for (int64_t n = 1; n < 4; n++) {
			const struct cbench_def def = {.name = "a/curve",
						       .fn = careless_body,
						       .arg_names = names,
						       .args = &n,
						       .nr_args = 1,
						       .flags = flags[i],
						       .iterations = 1000,
						       .complexity = CBENCH_O_AUTO};

			assert_int_equal(cbench_register(bench, &def), 0);
		}
		assert_int_equal(cbench_run(bench, on_result, &log), 3);
		assert_int_equal(log.count, 5);
		assert_string_equal(log.seen[3].aggregate, "BigO");
		assert_true(log.seen[3].curve[0] != '\0');
		assert_true(log.seen[3].result.real_ns > 0 && log.seen[3].result.cpu_ns > 0);
		log.count = 0;
		assert_int_equal(cbench_flag(bench, "--benchmark_filter=n:2"), 0);
		assert_int_equal(cbench_run(bench, on_result, &log), 1);
		assert_int_equal(log.count, 1);
		cbench_free(bench);
	}
}

/* A family runs in one piece, where its first one stands; those unlike it are refused. */
static void test_complexity_is_a_family(void **state)
{
	static const char *const names[] = {"n"};
	struct curved curved = {.complexity = CBENCH_O_N};
	struct cbench_def def = {.name = "a/curve",
				 .fn = curved_body,
				 .arg = &curved,
				 .arg_names = names,
				 .nr_args = 1,
				 .flags = CBENCH_MANUAL_TIME,
				 .complexity = CBENCH_O_N};
	struct cbench *bench = new_bench();
	struct log log = {0};
	unsigned calls = 0;
	int64_t n = 4;

	def.args = &n;
	assert_int_equal(cbench_register(bench, &def), 0);
	assert_int_equal(add(bench, "a/other", numbered_body, &calls, CBENCH_MANUAL_TIME), 0);
	n = 8;
	def.flags = 0;
	assert_int_equal(cbench_register(bench, &def), -EINVAL);
	assert_non_null(strstr(cbench_error(bench), "a/curve/n:8"));
	def.flags = CBENCH_MANUAL_TIME;
	def.complexity = CBENCH_O_NONE;
	assert_int_equal(cbench_register(bench, &def), -EINVAL);
	def.complexity = CBENCH_O_N;
	assert_int_equal(cbench_register(bench, &def), 0);
	assert_int_equal(cbench_run(bench, on_result, &log), 3);
	assert_int_equal(log.count, 5);
	assert_string_equal(log.seen[1].name, "a/curve/n:8");
	assert_string_equal(log.seen[3].aggregate, "RMS");
	assert_string_equal(log.seen[4].name, "a/other");
	cbench_free(bench);
}

static int on_name(const char *name, void *arg)
{
	strcat(strcat(arg, name), " ");
	return 0;
}

/* Patterns and the rows that they let through. */
static const struct {
	const char *filter, *names;
} filter_rows[] = {
	{"--benchmark_filter=all", "a/one a/two b/one "},
	{"--benchmark_filter=", "a/one a/two b/one "},
	{"--benchmark_filter=^a/", "a/one a/two "},
	{"--benchmark_filter=one$", "a/one b/one "},
	{"--benchmark_filter=one/manual_time$", "a/one b/one "},
	{"--benchmark_filter=-two", "a/one b/one "},
	{"--benchmark_filter=a/(two|three)", "a/two "},
	{"--benchmark_filter=nothing", ""},
};

static void test_filter_and_list(void **state)
{
	struct cbench *bench = new_bench();
	uint64_t iterations;

	assert_int_equal(add(bench, "a/one", manual_body, &iterations, CBENCH_MANUAL_TIME), 0);
	assert_int_equal(add(bench, "a/two", manual_body, &iterations, CBENCH_MANUAL_TIME), 0);
	assert_int_equal(add(bench, "b/one", manual_body, &iterations, CBENCH_MANUAL_TIME), 0);
	for (size_t i = 0; i < sizeof(filter_rows) / sizeof(filter_rows[0]); i++) {
		struct log log = {0};
		char listed[256] = "", ran[256] = "";
		int count;

		assert_int_equal(cbench_flag(bench, filter_rows[i].filter), 0);
		count = cbench_list(bench, on_name, listed);
		assert_string_equal(listed, filter_rows[i].names);
		assert_int_equal(cbench_run(bench, on_result, &log), count);
		for (size_t j = 0; j < log.count; j++)
			on_name(log.seen[j].name, ran);
		assert_string_equal(ran, filter_rows[i].names);
	}
	assert_int_equal(cbench_flag(bench, "--benchmark_filter=a("), 0);
	assert_int_equal(cbench_run(bench, on_result, NULL), -EINVAL);
	assert_int_equal(cbench_list(bench, on_name, NULL), -EINVAL);
	assert_non_null(strstr(cbench_error(bench), "'a(' is no regular expression: "));
	cbench_free(bench);
}

static const struct {
	const char *flag;
	int rc;
} flag_rows[] = {
	{"--benchmark_min_time=0.5", 0},
	{"--benchmark_min_time=0.5s", 0},
	{"--benchmark_min_time=100x", 0},
	{"--benchmark_min_time=1.5x", -EINVAL},
	{"--benchmark_min_time=-1", -EINVAL},
	{"--benchmark_min_time=fast", -EINVAL},
	{"--benchmark_min_time", -EINVAL},
	{"--benchmark_repetitions=3", 0},
	{"--benchmark_repetitions=0", -EINVAL},
	{"--benchmark_repetitions=-1", -EINVAL},
	{"--benchmark_format=json", 0},
	{"--benchmark_format=yaml", -EINVAL},
	{"--benchmark_format=|", -EINVAL},
	{"--benchmark_color=always", -EINVAL},
	{"--benchmark_list_tests", 0},
	{"--benchmark_list_tests=false", 0},
	{"--benchmark_list_tests=perhaps", -EINVAL},
	{"--benchmark_context=a=b,c=d", 0},
	{"--benchmark_context=a", -EINVAL},
	{"--benchmark_out=/nonexistent/dir/file", -ENOENT},
	{"--benchmark_out=", -EINVAL},
	{"--benchmark_perf_counters=CYCLES", -EINVAL},
	{"--benchmark_perf_counters", -EINVAL},
	{"--benchmark_perf_counters=", 0},
	{"--benchmark_frobnicate=1", -EINVAL},
	{"--help", -EINVAL},
};

static void test_flags_are_checked(void **state)
{
	for (size_t i = 0; i < sizeof(flag_rows) / sizeof(flag_rows[0]); i++) {
		struct cbench *bench = cbench_new("test");

		if (cbench_flag(bench, flag_rows[i].flag) != flag_rows[i].rc)
			fail_msg("%s: not %d", flag_rows[i].flag, flag_rows[i].rc);
		assert_int_equal(*cbench_error(bench) == 0, flag_rows[i].rc == 0);
		cbench_free(bench);
	}
}

static void test_args_are_taken_out(void **state)
{
	char program[] = "memboot", mine[] = "--quiet", list[] = "--benchmark_list_tests",
	     format[] = "--benchmark_format=csv", operand[] = "x";
	char *argv[] = {program, mine, list, format, operand, NULL};
	struct cbench *bench = cbench_new("test");
	int argc = 5;

	assert_int_equal(cbench_take_args(bench, &argc, argv), 0);
	assert_int_equal(argc, 3);
	assert_ptr_equal(argv[0], program);
	assert_ptr_equal(argv[1], mine);
	assert_ptr_equal(argv[2], operand);
	assert_null(argv[3]);
	assert_true(cbench_wants_list(bench));
	assert_true(cbench_wants_display(bench));
	cbench_free(bench);
}

/* 100x means exactly that, with every version of the library. */
static void test_exact_iterations(void **state)
{
	struct cbench *bench = new_bench();
	struct log log = {0};
	uint64_t iterations;

	assert_int_equal(cbench_flag(bench, "--benchmark_min_time=7x"), 0);
	assert_int_equal(add(bench, "a/b", manual_body, &iterations, CBENCH_MANUAL_TIME), 0);
	assert_int_equal(cbench_run(bench, on_result, &log), 1);
	assert_int_equal(log.seen[0].result.iterations, 7);
	cbench_free(bench);
}

/* Flags of one object do not leak into the next one's run. */
static void test_runs_do_not_inherit(void **state)
{
	struct cbench *bench = new_bench();
	struct log log = {0};
	uint64_t iterations;

	assert_int_equal(cbench_flag(bench, "--benchmark_repetitions=2"), 0);
	assert_int_equal(add(bench, "a/b", manual_body, &iterations, CBENCH_MANUAL_TIME), 0);
	assert_int_equal(cbench_run(bench, on_result, &log), 1);
	assert_true(log.count > 2);
	cbench_free(bench);
	run_one(manual_body, &iterations, CBENCH_MANUAL_TIME);
}

static int once_body(struct cbench_state *state, void *arg)
{
	while (cbench_keep_running(state))
		cbench_set_time(state, 1);
	++*(unsigned *)arg;
	return 0;
}

static void test_callback_ends_the_run(void **state)
{
	struct cbench *bench = new_bench();
	struct log log = {.stop_after = 1};
	unsigned first = 0, second = 0;

	assert_int_equal(add(bench, "a/one", once_body, &first, CBENCH_MANUAL_TIME), 0);
	assert_int_equal(add(bench, "a/two", once_body, &second, CBENCH_MANUAL_TIME), 0);
	assert_int_equal(cbench_run(bench, on_result, &log), -ECANCELED);
	assert_int_equal(log.count, 1);
	assert_int_equal(first, 1);
	assert_int_equal(second, 0);
	cbench_free(bench);
}

static int nested_body(struct cbench_state *state, void *arg)
{
	while (cbench_keep_running(state))
		assert_int_equal(cbench_run(arg, on_result, NULL), -EBUSY);
	return 0;
}

static void test_one_run_at_a_time(void **state)
{
	struct cbench *inner = new_bench();

	assert_int_equal(run_one(nested_body, inner, 0).status, CBENCH_OK);
	assert_string_equal(cbench_error(inner), "another run is under way");
	cbench_free(inner);
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 65536);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

static void test_library_writes_its_own_file(void **state)
{
	struct cbench *bench = new_bench();
	struct log log = {0};
	char path[] = "/tmp/test_cbench_XXXXXX", flag[64], *text;
	uint64_t iterations;

	close(mkstemp(path));
	snprintf(flag, sizeof(flag), "--benchmark_out=%s", path);
	assert_int_equal(cbench_flag(bench, flag), 0);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	assert_int_equal(cbench_flag(bench, flag), 0);
	/* Without a run nothing is written. */
	assert_int_equal(cbench_run(bench, on_result, &log), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(add(bench, "a/b", manual_body, &iterations, CBENCH_MANUAL_TIME), 0);
	assert_int_equal(cbench_run(bench, on_result, &log), 1);
	cbench_free(bench);
	text = read_file(path);
	assert_non_null(strstr(text, "\"name\": \"a/b/manual_time\""));
	free(text);
	unlink(path);
}

static void test_bad_definitions(void **state)
{
	struct cbench *bench = new_bench();

	assert_int_equal(add(bench, "", manual_body, NULL, 0), -EINVAL);
	assert_int_equal(add(bench, NULL, manual_body, NULL, 0), -EINVAL);
	assert_int_equal(add(bench, "a", NULL, NULL, 0), -EINVAL);
	assert_int_equal(cbench_run(bench, on_result, NULL), 0);
	cbench_free(bench);
	cbench_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual_time),
		cmocka_unit_test(test_repetitions_keep_their_samples),
		cmocka_unit_test(test_warm_up_is_no_repetition),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_error_and_skip),
		cmocka_unit_test(test_a_repetition_may_go_wrong),
		cmocka_unit_test(test_the_first_repetition_may_go_wrong),
		cmocka_unit_test(test_careless_bodies_do_not_abort),
		cmocka_unit_test(test_arguments_make_the_name),
		cmocka_unit_test(test_pause_and_resume),
		cmocka_unit_test(test_complexity_of_exact_time),
		cmocka_unit_test(test_complexity_error),
		cmocka_unit_test(test_complexity_over_own_n),
		cmocka_unit_test(test_complexity_without_what_failed),
		cmocka_unit_test(test_complexity_of_measured_time),
		cmocka_unit_test(test_complexity_is_a_family),
		cmocka_unit_test(test_filter_and_list),
		cmocka_unit_test(test_flags_are_checked),
		cmocka_unit_test(test_args_are_taken_out),
		cmocka_unit_test(test_exact_iterations),
		cmocka_unit_test(test_runs_do_not_inherit),
		cmocka_unit_test(test_callback_ends_the_run),
		cmocka_unit_test(test_one_run_at_a_time),
		cmocka_unit_test(test_library_writes_its_own_file),
		cmocka_unit_test(test_bad_definitions),
	};

	/* Without the library there is nothing to test: test_cbench_none does. */
	if (!cbench_version()) {
		puts("built without Google Benchmark");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
