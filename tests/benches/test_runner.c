/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "benches/runner.h"
#include "core/base/align.h"
#include "reports/result.h"

/* --- rows that need nothing --- */

static atomic_int cancel_flag;
static unsigned setups, teardowns, rounds_run;

static int count_setup(struct mb_bench_run *run)
{
	setups++;
	run->pages = 1000;
	run->ops = 4000;
	run->bytes = 64000;
	run->data = &setups;
	return 0;
}

static void count_teardown(struct mb_bench_run *run)
{
	teardowns++;
}

/* A millisecond a round, whatever the host does; the third one of each repetition is slow. */
static int steady_round(struct mb_bench_run *run)
{
	run->ns = rounds_run++ % 5 == 2 ? 9000000 : 1000000;
	return 0;
}

static int steady_validate(struct mb_bench_run *run)
{
	return run->data == &setups ? 0 : -EUCLEAN;
}

static int steady_report(struct mb_bench_run *run)
{
	mb_bench_count(run, "ratio", 1.25);
	mb_bench_count(run, "arg", (double)run->arg);
	return 0;
}

static int plain_round(struct mb_bench_run *run)
{
	return 0;
}

static int wrong_validate(struct mb_bench_run *run)
{
	return MB_FAIL(&run->err, -EUCLEAN, "descriptor 7 is wrong");
}

static int unsupported_setup(struct mb_bench_run *run)
{
	setups++;
	return MB_FAIL(&run->err, -ENOTSUP, "one node only");
}

/* Memory that is new in the first round of a repetition. */
static int new_setup(struct mb_bench_run *run)
{
	rounds_run = 0;
	return 0;
}

static int new_round(struct mb_bench_run *run)
{
	run->ns = rounds_run++ ? 1000000 : 9000000;
	mb_bench_add_part(run, rounds_run == 1 ? "first" : "later", -1);
	return 0;
}

static int new_validate(struct mb_bench_run *run)
{
	return run->nr_parts == 1 ? 0 : MB_FAIL(&run->err, -EUCLEAN, "the first counts");
}

static int refused_round(struct mb_bench_run *run)
{
	return MB_FAIL(&run->err, (int)run->arg, "the host has no more");
}

static int placed_setup(struct mb_bench_run *run)
{
	run->bytes = 64000;
	run->threads = 3;
	run->nid = (int)run->arg;
	return 0;
}

static int placed_round(struct mb_bench_run *run)
{
	run->ns = 4000000;
	return 0;
}

static int broken_round(struct mb_bench_run *run)
{
	return -EIO;
}

static int cancelling_round(struct mb_bench_run *run)
{
	atomic_store(&cancel_flag, 1);
	return 0;
}

static const int64_t lacking[] = {-ENOTSUP, -ENOMEM, -EAGAIN};
static unsigned later_calls;

/* Of its fifth call on, which is a repetition whatever the trials were. */
static int later_setup(struct mb_bench_run *run)
{
	return ++later_calls == 5 ? MB_FAIL(&run->err, -EIO, "the fifth one") : 0;
}

static int later_cancel(struct mb_bench_run *run)
{
	if (++later_calls == 5)
		atomic_store(&cancel_flag, 1);
	return 0;
}

static const int64_t two_args[] = {4, 8}, two_nodes[] = {0, 1};

static const struct mb_bench test_rows[] = {
	{
		.group = "good",
		.name = "steady",
		.rounds = 5,
		.goal = "ratio",
		.goal_max = 1.5,
		.setup = count_setup,
		.run = steady_round,
		.validate = steady_validate,
		.report = steady_report,
		.teardown = count_teardown,
	},
	{
		.group = "good",
		.name = "args",
		.arg_name = "nodes",
		.args = two_args,
		.nr_args = 2,
		.rounds = 1,
		.goal = "ns",
		.goal_max = 0,
		.run = plain_round,
		.report = steady_report,
	},
	{.group = "good", .name = "plain", .run = plain_round},
	{
		.group = "bad",
		.name = "wrong",
		.rounds = 3,
		.setup = count_setup,
		.run = plain_round,
		.validate = wrong_validate,
		.teardown = count_teardown,
	},
	{
		.group = "bad",
		.name = "skipped",
		.setup = unsupported_setup,
		.run = plain_round,
		.teardown = count_teardown,
	},
	{.group = "bad", .name = "broken", .rounds = 3, .run = broken_round},
	{
		.group = "new",
		.name = "memory",
		.rounds = 2,
		.warm_up = true,
		.setup = new_setup,
		.run = new_round,
		.validate = new_validate,
	},
	{
		.group = "lacking",
		.name = "row",
		.arg_name = "code",
		.args = lacking,
		.nr_args = MB_ARRAY_SIZE(lacking),
		.rounds = 3,
		.run = refused_round,
	},
	{.group = "placed",
	 .name = "row",
	 .variant = "of two",
	 .rounds = 2,
	 .arg_name = "node",
	 .args = two_nodes,
	 .nr_args = 2,
	 .setup = placed_setup,
	 .run = placed_round},
	{.group = "cancel", .name = "first", .rounds = 1000, .run = cancelling_round},
	{.group = "later", .name = "cancel", .setup = later_cancel, .run = plain_round},
	{.group = "later", .name = "fail", .setup = later_setup, .run = plain_round},
	{.group = "cancel", .name = "second", .rounds = 1, .run = plain_round},
};

static bool rows(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(test_rows))
		return false;
	*ret_row = test_rows[index];
	return true;
}

/* --- what came out --- */

struct seen {
	char name[64], reason[64];
	struct mb_runner_result result; /* its pointers are dead */
	struct mb_bench_counter counters[MB_BENCH_MAX_COUNTERS];
	double sample[64];
};

struct log {
	struct seen seen[16];
	size_t count;
	unsigned progress, done, total;
	int stop; /* returned by the callback */
	struct mb_result *to;
};

static int on_result(const struct mb_runner_result *result, void *arg)
{
	struct log *log = arg;
	struct seen *seen = &log->seen[log->count++];
	size_t next = 0;

	assert_true(log->count <= MB_ARRAY_SIZE(log->seen));
	snprintf(seen->name, sizeof(seen->name), "%s", result->name);
	snprintf(seen->reason, sizeof(seen->reason), "%s", result->reason);
	seen->result = *result;
	for (size_t i = 0; i < result->nr_counters; i++)
		seen->counters[i] = result->counters[i];
	for (size_t r = 0; r < result->nr_reps; r++)
		for (size_t i = 0; i < result->reps[r].nr_samples; i++)
			if (next < MB_ARRAY_SIZE(seen->sample))
				seen->sample[next++] = result->reps[r].samples_ns[i];
	if (log->to)
		mb_runner_add_run(log->to, result);
	return log->stop;
}

static void on_progress(const char *name, unsigned done, unsigned total, void *arg)
{
	struct log *log = arg;

	assert_true(done <= total);
	assert_true(done >= log->done);
	log->progress++;
	log->done = done;
	log->total = total;
}

static struct mb_runner_options options(const char *filter)
{
	setups = teardowns = rounds_run = 0;
	atomic_store(&cancel_flag, 0);
	return (struct mb_runner_options){
		.filter = filter,
		.min_time_s = 1e-6,
		.arena_bytes = 4 * MB_MIB,
		.cancel = &cancel_flag,
		.rows = rows,
	};
}

static int run(const struct mb_runner_options *with, struct log *log, struct mb_err *err,
	       struct mb_runner_totals *totals)
{
	const struct mb_runner_hooks hooks = {on_result, on_progress, log};

	return mb_runner_run(with, &hooks, err, totals);
}

/* --- tests --- */

static void test_samples_and_statistics(void **state)
{
	struct mb_runner_options with = options("steady");
	struct mb_runner_totals totals;
	struct log log = {0};
	const struct seen *seen = &log.seen[0];

	with.repetitions = 3;
	assert_int_equal(run(&with, &log, NULL, &totals), 0);
	assert_int_equal(log.count, 1);
	assert_string_equal(seen->name, "good/steady");
	assert_int_equal(seen->result.status, MB_RUNNER_OK);
	assert_int_equal(seen->result.nr_reps, 3);
	assert_int_equal(seen->result.time_ns.count, 3); /* repetitions, each by its median */
	for (size_t i = 0; i < 15; i++)
		assert_true(fabs(seen->sample[i] - (i % 5 == 2 ? 9e6 : 1e6)) < 1);
	assert_true(fabs(seen->result.time_ns.median - 1e6) < 1);
	assert_true(fabs(seen->result.time_ns.max - 1e6) < 1);
	assert_true(seen->result.spread < 1e-6);
	assert_true(fabs(seen->result.ns_per_page - 1000) < 1e-3);
	assert_true(fabs(seen->result.ns_per_op - 250) < 1e-3);
	assert_true(fabs(seen->result.bytes_per_s - 64e6) < 1);
	assert_int_equal(seen->result.nr_counters, 2);
	assert_string_equal(seen->counters[0].name, "ratio");
	assert_true(fabs(seen->counters[0].value - 1.25) < 1e-9);
	assert_true(seen->result.has_goal);
	assert_true(seen->result.goal_met);
	assert_int_equal(totals.ok, 1);
	assert_int_equal(totals.goals_met, 1);
	assert_int_equal(setups, 3);
	assert_int_equal(teardowns, 3);
	assert_int_equal(log.progress, 4); /* three that begin, and the end */
	assert_int_equal(log.total, 3);
	assert_int_equal(log.done, 3);
}

/* --- passes --- */

static unsigned calls, cancel_at; /* of rows, each in a pass, the one before the first too */
static char order[128];

static int lettered_setup(struct mb_bench_run *run)
{
	run->data = (void *)(uintptr_t)(calls % 2);
	order[calls++ % (sizeof(order) - 1)] = run->row->name[0];
	run->pages = 7;
	return 0;
}

/* A round of the row's letter; its time changes from one pass to the next by its part. */
static int lettered_round(struct mb_bench_run *run)
{
	bool first = run->row->name[0] == 'a';

	if (cancel_at && calls >= cancel_at)
		atomic_store(&cancel_flag, 1);
	run->ns = first && run->data ? 1500000 : 1000000;
	return 0;
}

static bool lettered_rows(size_t index, struct mb_bench *ret_row)
{
	static const char *const names[] = {"a", "b"};

	if (index >= 2)
		return false;
	*ret_row = (struct mb_bench){.group = "letter",
				     .name = names[index],
				     .rounds = 1,
				     .setup = lettered_setup,
				     .run = lettered_round};
	return true;
}

/* Each row twice in a lap; all of them out at the end, in the order of the list, with a repetition for each pass. */
static void test_passes(void **state)
{
	struct mb_runner_options with = options(NULL);
	struct mb_runner_totals totals;
	struct log log = {.to = mb_result_new(NULL)};
	unsigned firsts[2] = {0};

	calls = cancel_at = 0;
	memset(order, 0, sizeof(order));
	with.rows = lettered_rows;
	with.passes = 40;
	assert_int_equal(run(&with, &log, NULL, &totals), 0);
	assert_int_equal(calls, 82);
	assert_int_equal(order[0] + order[1], 'a' + 'b');
	for (size_t i = 2; i < 82; i += 4) {
		assert_int_equal(order[i], order[i + 1]);
		assert_int_equal(order[i + 2], order[i + 3]);
		assert_int_equal(order[i] + order[i + 2], 'a' + 'b');
		firsts[order[i] == 'a']++;
	}
	/* Neither is always first. */
	assert_true(firsts[0] && firsts[1]);
	assert_int_equal(log.count, 2);
	assert_int_equal(log.total, 82);
	assert_int_equal(log.done, 82);
	assert_int_equal(log.seen[0].result.time_ns.count, 40);
	assert_string_equal(log.seen[0].name, "letter/a");
	for (size_t i = 0; i < 2; i++) {
		const struct mb_run *got = log.to->runs[i];

		assert_int_equal(log.seen[i].result.nr_reps, 40);
		assert_int_equal(got->metrics[MB_METRIC_WALL_NS].count, 40);
		assert_int_equal(got->metrics[MB_METRIC_BAND_PERCENT].count, 1);
		assert_true(fabs(got->metrics[MB_METRIC_BAND_PERCENT].values[0] -
				 100 * log.seen[i].result.bands.time) < 1e-9);
		assert_int_equal(got->metrics[MB_METRIC_LIMIT_BAND_PERCENT].count, 0);
	}
	/* The first one's passes of a lap differ by a half or a third, the second one's not at all. */
	assert_true(log.seen[0].result.bands.time > 0.3);
	assert_true(log.seen[0].result.bands.unsteady);
	assert_true(log.seen[1].result.bands.time == 0);
	assert_true(log.seen[1].result.bands.counted == 0);
	assert_false(log.seen[1].result.bands.unsteady);
	assert_int_equal(totals.noise.rows, 2);
	assert_int_equal(totals.noise.unsteady, 1);
	assert_int_equal(totals.noise.limit_rows, 0);
	mb_result_free(log.to);
}

/* Fewer than twenty pairs tell nothing. */
static void test_few_passes(void **state)
{
	struct mb_runner_options with = options(NULL);
	struct mb_runner_totals totals;
	struct log log = {0};

	calls = cancel_at = 0;
	with.rows = lettered_rows;
	with.passes = 39;
	assert_int_equal(run(&with, &log, NULL, &totals), 0);
	assert_true(isnan(log.seen[0].result.bands.time));
	assert_false(log.seen[0].result.bands.unsteady);
	assert_int_equal(totals.noise.rows, 0);
}

/* Passes that ended stay when the one after them is cut off. */
static void test_cancelled_passes(void **state)
{
	struct mb_runner_options with = options(NULL);
	struct mb_runner_totals totals;
	struct log log = {0};

	calls = 0;
	cancel_at = 9;
	with.rows = lettered_rows;
	with.passes = 9;
	assert_int_equal(run(&with, &log, NULL, &totals), -ECANCELED);
	assert_int_equal(log.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(log.seen[i].result.status, MB_RUNNER_OK);
		assert_in_range(log.seen[i].result.nr_reps, 2, 4);
	}
	assert_int_equal(totals.cancelled, 0);
}

/* Where bytes per second say nothing, neither the row nor the result has them; the rest stays. */
static void test_no_rates(void **state)
{
	for (int no_rates = 0; no_rates < 2; no_rates++) {
		struct mb_runner_options with = options("steady");
		struct log log = {.to = mb_result_new(NULL)};
		const struct mb_run *got;

		with.no_rates = no_rates;
		assert_int_equal(run(&with, &log, NULL, NULL), 0);
		assert_int_equal(log.seen[0].result.bytes_per_s > 0, !no_rates);
		assert_true(log.seen[0].result.time_ns.median > 0);
		got = log.to->runs[0];
		assert_int_equal(got->metrics[MB_METRIC_BYTES_PER_SECOND].count, !no_rates);
		assert_int_equal(got->metrics[MB_METRIC_BYTES].count, 1);
		assert_int_equal(got->metrics[MB_METRIC_WALL_NS].count, 1);
		mb_result_free(log.to);
	}
}

/* Threads and node are the run's; without anything that takes turns with it a rate is held against nothing. */
static void test_place(void **state)
{
	struct mb_runner_options with = options("placed");
	struct log log = {.to = mb_result_new(NULL)};
	const struct mb_run *got;

	with.repetitions = 2;
	assert_int_equal(run(&with, &log, NULL, NULL), 0);
	assert_int_equal(log.count, 2);
	assert_string_equal(log.seen[1].name, "placed/row/of two/node:1");
	assert_null(log.seen[1].result.limit);
	assert_true(log.seen[1].result.limit_percent == 0);
	got = log.to->runs[1];
	assert_int_equal(got->threads, 3);
	assert_int_equal(got->metrics[MB_METRIC_LIMIT_PERCENT].count, 0);
	assert_string_equal(mb_result_fact(&got->args, "memory_node"), "1");
	mb_result_free(log.to);
}

/* --- rows whose limit takes turns with them --- */

/* On a host that gets slower and faster. A round that follows another kind's writes back what that left. */
static struct {
	unsigned setups, calls, row_rounds;
	char newest; /* 'r' or 'l' */
} host;

static double drift(const struct mb_bench_run *run)
{
	unsigned at = host.calls++ % 200;

	/* Never by much from one round to the next, however few there are. */
	return 1 + (double)(uintptr_t)run->data + 0.01 * (at < 100 ? at : 200 - at);
}

static int turning_setup(struct mb_bench_run *run)
{
	run->bytes = 64000;
	run->data = (void *)(uintptr_t)(host.setups++ % 2);
	host.newest = 0;
	return 0;
}

static int turning_round(struct mb_bench_run *run)
{
	run->ns = (uint64_t)(4000000 * drift(run)) * (host.newest == 'r' ? 1 : 3);
	host.newest = 'r';
	host.row_rounds++;
	return 0;
}

static int turning_limit(struct mb_bench_run *run, uint64_t *ret_ns)
{
	run->limit = "fake";
	*ret_ns = (uint64_t)(1000000 * drift(run)) * (host.newest == 'l' ? 1 : 5);
	host.newest = 'l';
	return 0;
}

static int turning_validate(struct mb_bench_run *run)
{
	return host.newest == 'r' ? 0 : MB_FAIL(&run->err, -EUCLEAN, "the limit was last");
}

static int failing_limit(struct mb_bench_run *run, uint64_t *ret_ns)
{
	return MB_FAIL(&run->err, -EIO, "no limit here");
}

static bool turning_rows(size_t index, struct mb_bench *ret_row)
{
	static const char *const names[] = {"odd", "even", "fails"};

	*ret_row = (struct mb_bench){
		.group = "turn",
		.name = names[index < 3 ? index : 0],
		.rounds = index == 1 ? 40 : 41,
		.setup = turning_setup,
		.run = turning_round,
		.validate = turning_validate,
		.limit_turn = index == 2 ? failing_limit : turning_limit,
	};
	return index < 3;
}

/* The row's part of its limit is what it is, whatever the host does; the limit's rounds are not in its time. */
static void test_limit_in_turns(void **state)
{
	struct mb_runner_options with = options("even|odd");
	struct log log = {.to = mb_result_new(NULL)};
	struct mb_runner_totals totals;

	with.rows = turning_rows;
	with.passes = 40;
	assert_int_equal(run(&with, &log, NULL, &totals), 0);
	assert_int_equal(totals.ok, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct mb_runner_result *result = &log.seen[i].result;
		const struct mb_run *got = log.to->runs[i];

		assert_string_equal(result->limit, "fake");
		assert_true(fabs(result->limit_percent - 25) < 0.5);
		assert_true(result->time_ns.min >= 4e6 && result->time_ns.max <= 12e6);
		assert_true(result->bands.time > MB_RUNNER_BAND_TIME);
		assert_true(result->bands.limit < MB_RUNNER_BAND_RATIO);
		assert_int_equal(got->metrics[MB_METRIC_LIMIT_PERCENT].count, 40);
		assert_int_equal(got->metrics[MB_METRIC_LIMIT_BAND_PERCENT].count, 1);
	}
	assert_int_equal(totals.noise.limit_rows, 2);
	mb_result_free(log.to);
}

/* The fewest rounds there are; and without rates the limit does not run. */
static void test_limit_of_one_round(void **state)
{
	for (int no_rates = 0; no_rates < 2; no_rates++) {
		struct mb_runner_options with = options("odd");
		struct log log = {0};

		host.calls = host.row_rounds = 0;
		with.rows = turning_rows;
		with.rounds = 1;
		with.repetitions = 1;
		with.no_rates = no_rates;
		assert_int_equal(run(&with, &log, NULL, NULL), 0);
		assert_int_equal(log.seen[0].result.status, MB_RUNNER_OK);
		/* One that does not count before each. */
		assert_int_equal(host.calls, no_rates ? 1 : 4);
		assert_int_equal(host.row_rounds, no_rates ? 1 : 2);
		if (!no_rates)
			assert_true(fabs(log.seen[0].result.limit_percent - 25) < 0.5);
		else
			assert_null(log.seen[0].result.limit);
	}
}

static void test_limit_that_fails(void **state)
{
	struct mb_runner_options with = options("fails");
	struct log log = {0};

	with.rows = turning_rows;
	assert_int_equal(run(&with, &log, NULL, NULL), 0);
	assert_int_equal(log.seen[0].result.status, MB_RUNNER_ERROR);
	assert_string_equal(log.seen[0].reason, "no limit here");
}

static enum mb_bench_offer offer(const struct mb_bench *row, const struct mb_bench_env *env,
				 int64_t arg)
{
	assert_non_null(env);
	return arg == 4 ? MB_BENCH_OFFER_FULL : MB_BENCH_OFFER_NEVER;
}

/* Values for full runs alone and for no run here, beside a row that is always there. */
static bool offered_rows(size_t index, struct mb_bench *ret_row)
{
	*ret_row = (struct mb_bench){.group = "plain", .name = "row", .run = plain_round};
	if (index == 0)
		*ret_row = (struct mb_bench){
			.group = "offered",
			.name = "args",
			.arg_name = "nodes",
			.args = two_args,
			.nr_args = 2,
			.offer = offer,
			.run = plain_round,
		};
	return index < 2;
}

/* What is for full runs is there when it is asked for, in words or by name; what the host lacks never is. */
static void test_offers(void **state)
{
	static const char *const flags[] = {"--benchmark_filter=."};
	struct mb_runner_options with[] = {options(NULL), options("."), options(NULL),
					   options(NULL)};

	with[2].flags = flags;
	with[2].nr_flags = 1;
	with[3].full = true;
	for (size_t i = 0; i < MB_ARRAY_SIZE(with); i++) {
		struct log log = {0};

		with[i].rows = offered_rows;
		assert_int_equal(run(&with[i], &log, NULL, NULL), 0);
		assert_int_equal(log.count, i ? 2 : 1);
		assert_string_equal(log.seen[0].name, i ? "offered/args/nodes:4" : "plain/row");
	}
}

/* One by one up to all, trials of the library and rows that fail included; none of it goes back. */
static void test_progress(void **state)
{
	static const char *const flags[] = {"--benchmark_repetitions=9",
					    "--benchmark_repetitions=4"};

	for (int interleave = 0; interleave < 2; interleave++) {
		struct mb_runner_options with = options("^(good|bad)/");
		struct log log = {0};

		with.interleave = interleave;
		with.repetitions = interleave ? 4 : 0;
		with.flags = flags;
		with.nr_flags = 2;
		with.min_time_s = 1e-4;
		assert_int_equal(run(&with, &log, NULL, NULL), 0);
		assert_int_equal(log.count, 7);
		assert_int_equal(log.total, 7 * 4);
		assert_int_equal(log.done, log.total);
		assert_true(log.progress > log.count + 4 * 4);
	}
}

static void test_rounds_can_be_overridden(void **state)
{
	struct mb_runner_options with = options("steady");
	struct log log = {0};

	with.rounds = 2;
	assert_int_equal(run(&with, &log, NULL, NULL), 0);
	assert_int_equal(log.seen[0].result.time_ns.count, 2);
}

static void test_least_time_decides_without_rounds(void **state)
{
	struct mb_runner_options with = options("plain");
	struct log log = {0};

	with.min_time_s = 1e-4;
	assert_int_equal(run(&with, &log, NULL, NULL), 0);
	assert_int_equal(log.seen[0].result.status, MB_RUNNER_OK);
	assert_true(log.seen[0].result.time_ns.count > 1);
	assert_true(log.seen[0].result.time_ns.min >= 1);
}

static void test_arguments_are_rows_of_their_own(void **state)
{
	struct mb_runner_options with = options("args");
	struct mb_runner_totals totals;
	struct log log = {0};

	assert_int_equal(run(&with, &log, NULL, &totals), 0);
	assert_int_equal(log.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(log.seen[i].result.arg, two_args[i]);
		assert_true(fabs(log.seen[i].counters[1].value - (double)two_args[i]) < 1e-9);
		assert_true(log.seen[i].result.has_goal);
		assert_false(log.seen[i].result.goal_met);
	}
	assert_string_equal(log.seen[0].name, "good/args/nodes:4");
	assert_string_equal(log.seen[1].name, "good/args/nodes:8");
	assert_int_equal(totals.goals, 2);
	assert_int_equal(totals.goals_met, 0);
}

static void test_statuses(void **state)
{
	struct mb_runner_options with = options("^bad/");
	struct mb_runner_totals totals;
	struct log log = {0};

	with.repetitions = 2;
	assert_int_equal(run(&with, &log, NULL, &totals), 0);
	assert_int_equal(log.count, 3);
	assert_int_equal(log.seen[0].result.status, MB_RUNNER_ERROR);
	assert_string_equal(log.seen[0].reason, "descriptor 7 is wrong");
	assert_int_equal(log.seen[0].result.nr_reps, 0);
	assert_int_equal(log.seen[1].result.status, MB_RUNNER_SKIPPED);
	assert_string_equal(log.seen[1].reason, "one node only");
	assert_int_equal(log.seen[2].result.status, MB_RUNNER_ERROR);
	assert_string_equal(log.seen[2].reason, strerror(EIO));
	assert_int_equal(totals.errors, 2);
	assert_int_equal(totals.skipped, 1);
	assert_int_equal(totals.ok, 0);
	assert_int_equal(setups, teardowns);
}

static void test_cancel(void **state)
{
	struct mb_runner_options with = options("^(bad/skipped|cancel)");
	struct mb_runner_totals totals;
	struct mb_err err = {0};
	struct log log = {0};

	assert_int_equal(run(&with, &log, &err, &totals), -ECANCELED);
	assert_string_equal(err.text, "interrupted");
	assert_int_equal(log.count, 2);
	assert_string_equal(log.seen[1].name, "cancel/first");
	assert_int_equal(log.seen[1].result.status, MB_RUNNER_CANCELLED);
	assert_int_equal(totals.skipped, 1);
	assert_int_equal(totals.cancelled, 1);
}

/* A repetition that fails or is interrupted ends neither the others nor the process. */
static void test_later_repetition(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct mb_runner_options with = options(i % 2 ? "^later/fail" : "^later/cancel");
		struct mb_runner_totals totals;
		struct mb_err err = {0};
		struct log log = {0};
		const struct seen *seen = &log.seen[0];

		later_calls = 0;
		with.repetitions = 8;
		with.interleave = i >= 2;
		assert_int_equal(run(&with, &log, &err, &totals), i % 2 ? 0 : -ECANCELED);
		assert_int_equal(log.count, 1);
		assert_in_range(seen->result.nr_reps, 1, 7);
		assert_int_equal(seen->result.status,
				 i % 2 ? MB_RUNNER_ERROR : MB_RUNNER_CANCELLED);
		assert_int_equal(i % 2 ? totals.errors : totals.cancelled, 1);
	}
}

/* -ENOENT is for a filter that nothing matches, not for a file. */
static void test_file_that_cannot_be_written(void **state)
{
	static const char *const flags[] = {"--benchmark_out=/nonexistent/x"};
	struct mb_runner_options with = options("^good");
	struct mb_err err = {0};
	struct log log = {0};

	with.flags = flags;
	with.nr_flags = 1;
	assert_int_equal(run(&with, &log, &err, NULL), -EINVAL);
	assert_string_equal(err.text, "'/nonexistent/x' cannot be written");
	assert_int_equal(log.count, 0);
}

static void test_callback_ends_the_run(void **state)
{
	struct mb_runner_options with = options(NULL);
	struct log log = {.stop = -ENOSPC};
	struct mb_err err = {0};

	assert_int_equal(run(&with, &log, &err, NULL), -ENOSPC);
	assert_int_equal(log.count, 1);
	assert_int_equal(err.code, -ENOSPC);
}

static void test_interleaved_repetitions_keep_their_rows(void **state)
{
	struct mb_runner_options with = options("^good/args");
	struct log log = {0};

	with.repetitions = 4;
	with.interleave = true;
	assert_int_equal(run(&with, &log, NULL, NULL), 0);
	assert_int_equal(log.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(log.seen[i].result.arg, two_args[i]);
		assert_int_equal(log.seen[i].result.nr_reps, 4);
		assert_true(fabs(log.seen[i].counters[1].value - (double)log.seen[i].result.arg) <
			    1e-9);
	}
}

/* Interrupted while others wait for their turn: every row that began comes out once, in order. */
static void test_interleaved_rows_that_are_interrupted(void **state)
{
	struct mb_runner_options with = options("^(good/(args|plain)|bad/skipped|cancel)");
	struct mb_err err = {0};
	struct log log = {0};

	with.repetitions = 2;
	with.interleave = true;
	assert_int_equal(run(&with, &log, &err, NULL), -ECANCELED);
	assert_true(log.count >= 1);
	for (size_t i = 1; i < log.count; i++)
		assert_true(log.seen[i - 1].result.row < log.seen[i].result.row);
}

static int on_name(const char *name, const struct mb_bench *row, void *arg)
{
	assert_non_null(row->run);
	strcat(strcat(arg, name), " ");
	return 0;
}

static void test_list(void **state)
{
	struct mb_runner_options with = options("good/(args|steady)$|nodes:8");
	struct mb_err err = {0};
	char names[256] = "";

	assert_int_equal(mb_runner_list(&with, on_name, names, &err), 0);
	assert_string_equal(names, "good/steady good/args/nodes:8 ");
	with.filter = "nothing";
	assert_int_equal(mb_runner_list(&with, on_name, names, &err), -ENOENT);
	assert_string_equal(err.text, "no benchmark matches");
	mb_err_clear(&err);
	with.filter = "(";
	assert_int_equal(mb_runner_list(&with, on_name, names, &err), -EINVAL);
	assert_non_null(strstr(err.text, "'(' is no regular expression: "));
}

static void test_flags(void **state)
{
	static const char *const flags[] = {"--benchmark_filter=steady",
					    "--benchmark_repetitions=2"};
	static const char *const bad[] = {"--benchmark_repetitions=many"};
	struct mb_runner_options with = options(NULL);
	struct log log = {0};
	struct mb_err err = {0};

	with.flags = flags;
	with.nr_flags = 2;
	assert_int_equal(run(&with, &log, NULL, NULL), 0);
	assert_int_equal(log.count, 1);
	assert_int_equal(log.seen[0].result.nr_reps, 2);

	with.flags = bad;
	with.nr_flags = 1;
	assert_int_equal(run(&with, &log, &err, NULL), -EINVAL);
	assert_non_null(strstr(err.text, "many"));
}

static void test_nothing_matches(void **state)
{
	struct mb_runner_options with = options("nothing");
	struct log log = {0};
	struct mb_err err = {0};

	assert_int_equal(run(&with, &log, &err, NULL), -ENOENT);
	assert_int_equal(log.count, 0);
}

static void test_results_enter_the_model(void **state)
{
	struct mb_runner_options with = options("steady|wrong|skipped");
	struct mb_result *result = mb_result_new(NULL);
	struct log log = {.to = result};
	const struct mb_run *run_row;

	with.repetitions = 2;
	assert_int_equal(run(&with, &log, NULL, NULL), 0);
	assert_int_equal(mb_result_error(result), 0);
	assert_int_equal(result->nr_runs, 3);
	run_row = result->runs[0];
	assert_int_equal(run_row->kind, MB_RUN_BENCH);
	assert_string_equal(run_row->name, "good/steady");
	assert_int_equal(run_row->metrics[MB_METRIC_WALL_NS].count, 2);
	assert_true(fabs(run_row->metrics[MB_METRIC_WALL_NS].values[1] - 1e6) < 1);
	assert_true(fabs(run_row->metrics[MB_METRIC_NS_PER_PAGE].values[0] - 1000) < 1e-3);
	assert_true(fabs(run_row->metrics[MB_METRIC_OPERATIONS].values[0] - 4000) < 1e-3);
	assert_true(fabs(run_row->metrics[MB_METRIC_NS_PER_OPERATION].values[0] - 250) < 1e-3);
	assert_true(fabs(run_row->metrics[MB_METRIC_RATIO].values[0] - 1.25) < 1e-9);
	assert_int_equal(run_row->metrics[MB_METRIC_ROUNDS].count, 2);
	assert_int_equal((int)run_row->metrics[MB_METRIC_ROUNDS].values[1], 5);
	assert_null(mb_result_fact(&run_row->args, "rounds"));
	assert_int_equal(result->runs[1]->status, MB_RUN_ERROR);
	assert_string_equal(result->runs[1]->reason, "descriptor 7 is wrong");
	assert_int_equal(result->runs[2]->status, MB_RUN_SKIPPED);
	mb_result_free(result);
}

static const char *colour(int64_t arg)
{
	return arg == 4 ? "green" : "red";
}

static int count_rounds(struct mb_bench_run *run)
{
	mb_bench_count(run, "iterations", (double)run->arg);
	return 0;
}

/* The same row with a name for its argument, and with the one that a result knows. */
static bool named_rows(size_t index, struct mb_bench *ret_row)
{
	*ret_row = (struct mb_bench){
		.group = "named",
		.name = index ? "second" : "first",
		.arg_name = index ? "model" : "colour",
		.args = two_args,
		.nr_args = 2,
		.arg_text = colour,
		.rounds = 1,
		.run = plain_round,
		.report = count_rounds,
	};
	return index < 2;
}

static void test_arguments_have_names(void **state)
{
	struct mb_runner_options with = options("named/(first/colour:green|second/model:red)");
	struct mb_result *result = mb_result_new(NULL);
	struct log log = {.to = result};

	with.rows = named_rows;
	assert_int_equal(run(&with, &log, NULL, NULL), 0);
	assert_int_equal(mb_result_error(result), 0);
	assert_int_equal(result->nr_runs, 2);
	assert_string_equal(result->runs[0]->name, "named/first/colour:green");
	assert_string_equal(result->runs[0]->args.rows[1].name, "colour");
	assert_string_equal(result->runs[0]->args.rows[1].value, "green");
	assert_null(result->runs[0]->model);
	assert_true(result->runs[0]->metrics[MB_METRIC_ITERATIONS].values[0] == 4);
	assert_string_equal(result->runs[1]->name, "named/second/model:red");
	assert_string_equal(result->runs[1]->model, "red");
	for (size_t i = 0; i < result->runs[1]->args.count; i++)
		assert_string_not_equal(result->runs[1]->args.rows[i].name, "model");
	assert_true(result->runs[1]->metrics[MB_METRIC_ITERATIONS].values[0] == 8);
	mb_result_free(result);
}

static void test_arena_default(void **state)
{
	assert_true(mb_runner_arena_bytes() >= 128 * MB_MIB);
	assert_int_equal(mb_runner_arena_bytes() % (2 * MB_MIB), 0);
}

/* No memory, no threads: not the row's fault, whatever hook meets it. */
static void test_what_the_host_lacks_is_skipped(void **state)
{
	struct mb_runner_options with = options("^lacking/");
	struct mb_runner_totals totals;
	struct log log = {0};

	assert_int_equal(run(&with, &log, NULL, &totals), 0);
	assert_int_equal(totals.skipped, MB_ARRAY_SIZE(lacking));
	assert_int_equal(totals.errors, 0);
	for (size_t i = 0; i < log.count; i++)
		assert_string_equal(log.seen[i].reason, "the host has no more");
}

/* The round that goes before the first is neither timed nor counted, in any repetition. */
static void test_warm_up(void **state)
{
	struct mb_runner_options with = options("^new/");
	struct log log = {0};

	with.repetitions = 2;
	assert_int_equal(run(&with, &log, NULL, NULL), 0);
	assert_string_equal(log.seen[0].reason, "");
	assert_int_equal(log.seen[0].result.nr_reps, 2);
	for (size_t i = 0; i < 4; i++)
		assert_float_equal(log.seen[0].sample[i], 1e6, 1);
	assert_int_equal(rounds_run, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples_and_statistics),
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_few_passes),
		cmocka_unit_test(test_cancelled_passes),
		cmocka_unit_test(test_no_rates),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_limit_in_turns),
		cmocka_unit_test(test_limit_of_one_round),
		cmocka_unit_test(test_limit_that_fails),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_rounds_can_be_overridden),
		cmocka_unit_test(test_least_time_decides_without_rounds),
		cmocka_unit_test(test_arguments_are_rows_of_their_own),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_later_repetition),
		cmocka_unit_test(test_file_that_cannot_be_written),
		cmocka_unit_test(test_callback_ends_the_run),
		cmocka_unit_test(test_interleaved_repetitions_keep_their_rows),
		cmocka_unit_test(test_interleaved_rows_that_are_interrupted),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_nothing_matches),
		cmocka_unit_test(test_results_enter_the_model),
		cmocka_unit_test(test_arguments_have_names),
		cmocka_unit_test(test_arena_default),
		cmocka_unit_test(test_what_the_host_lacks_is_skipped),
		cmocka_unit_test(test_warm_up),
	};

	if (!mb_runner_library_version()) {
		puts("built without Google Benchmark");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
