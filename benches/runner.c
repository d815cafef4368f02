/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/best_fill.h"
#include "benches/cbench.h"
#include "benches/home.h"
#include "benches/runner.h"
#include "benches/runner_flags.h"
#include "benches/runner_outcome.h"
#include "benches/runner_round.h"
#include "benches/runner_twins.h"
#include "benches/turns.h"
#include "benches/tally.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "core/base/rng.h"
#include "numa/clock.h"

#define ARENA_ALIGN (2 * MB_MIB)

#define MIN_PASS_ROUNDS 3
#define MAX_PASS_ROUNDS 20000 /* their samples are kept until the lap ends */

#define COUNTED_EMPTY_ROUNDS 1000

struct runner;

/* A row with one value of its argument. */
struct slot {
	struct runner *runner;
	struct mb_bench row;
	int64_t arg;
	char *name;
	bool selected, complete; /* the filter lets it through; all repetitions were reported */
	unsigned begun; /* calls of the loop since the library's trials, the present one too */
	uint64_t begun_rounds; /* that each of these was asked for */
	bool cancelled;

	/* What the repetitions reported so far. */
	struct mb_runner_rep *reps;
	double **samples;
	size_t nr_reps;
	struct mb_tally *tallies; /* of the newest calls of the loop, all with so many rounds */
	size_t nr_tallies;
	uint64_t tally_rounds;
	uint64_t pages, ops, bytes;
	unsigned threads;
	int nid, cpu_nid;
	const char *limit; /* that took turns with it; NULL: nothing did */
	bool own_clock;
	uint64_t loop_ns; /* of the newest repetition's rounds, what they do not time included */
	uint64_t rounds;  /* of a pass; 0: not known yet */
	struct mb_runner_twins *twins; /* of which the second pass is not told yet; NULL: none */
	const char *counter_names[MB_BENCH_MAX_COUNTERS];
	size_t nr_counters;
	enum mb_runner_status status;
	char reason[192];
};

struct runner {
	const struct mb_runner_options *options;
	const struct mb_runner_hooks *hooks;
	struct mb_bench_env env;
	struct mb_best_fills fills;
	struct mb_runner_totals totals;
	struct cbench *cbench;
	struct slot *slots; /* does not move once registered */
	size_t nr_slots;
	size_t nr_selected;
	size_t next; /* slot that is to be delivered next */
	bool full;   /* rows for full runs too */
	bool twins;  /* the passes of a lap take turns */
	struct mb_runner_band_list bands;
	struct mb_rng rng; /* order of the rows of a lap */
	unsigned nr_ended; /* rows of all passes that came to an end */
};

/* --- the slots --- */

static int add_slot(struct runner *runner, const struct mb_bench *row, const int64_t *arg)
{
	char *name;

	if (mb_grow(&runner->slots, runner->nr_slots, sizeof(*runner->slots)))
		return -ENOMEM;
	name = mb_benches_row_name(row, arg);
	if (!name)
		return -ENOMEM;
	runner->slots[runner->nr_slots++] = (struct slot){
		.runner = runner,
		.row = *row,
		.arg = arg ? *arg : 0,
		.name = name,
	};
	return 0;
}

static bool is_offered(const struct runner *runner, const struct mb_bench *row, int64_t arg)
{
	enum mb_bench_offer offer = MB_BENCH_OFFER_ALWAYS;

	if (row->offer)
		offer = row->offer(row, &runner->env, arg);
	return offer == MB_BENCH_OFFER_ALWAYS || (offer == MB_BENCH_OFFER_FULL && runner->full);
}

static int add_slots(struct runner *runner)
{
	mb_bench_rows_fn *rows = runner->options->rows ? runner->options->rows : mb_benches_row;
	struct mb_bench row;
	int rc = 0;

	for (size_t i = 0; !rc && rows(i, &row); i++) {
		if (!row.arg_name && is_offered(runner, &row, 0))
			rc = add_slot(runner, &row, NULL);
		for (size_t j = 0; !rc && row.arg_name && j < row.nr_args; j++)
			if (is_offered(runner, &row, row.args[j]))
				rc = add_slot(runner, &row, &row.args[j]);
	}
	return rc;
}

static void drop_tallies(struct slot *slot)
{
	for (size_t i = 0; i < slot->nr_tallies; i++)
		mb_tally_clear(&slot->tallies[i]);
	free(slot->tallies);
	slot->tallies = NULL;
	slot->nr_tallies = 0;
}

static void drop_reps(struct slot *slot)
{
	while (slot->nr_reps)
		free(slot->samples[--slot->nr_reps]);
	drop_tallies(slot);
}

static void clear_slot(struct slot *slot)
{
	drop_reps(slot);
	mb_runner_twins_free(slot->twins);
	free(slot->samples);
	free(slot->reps);
	free(slot->name);
}

static void fini(struct runner *runner)
{
	cbench_free(runner->cbench);
	for (size_t i = 0; i < runner->nr_slots; i++)
		clear_slot(&runner->slots[i]);
	free(runner->slots);
	mb_runner_band_list_fini(&runner->bands);
}

/* --- one call of a row's loop --- */

static bool in_turns(const struct slot *slot)
{
	return slot->row.limit_turn && !slot->runner->options->no_rates;
}

/* The last round of all is the row's, which is looked at then. */
static int run_rounds(struct slot *slot, struct cbench_state *state, struct mb_bench_run *run,
		      struct mb_turns *turns)
{
	const uint64_t begin = mb_clock_now_ns();

	for (uint64_t left = cbench_iterations(state); cbench_keep_running(state); left--) {
		uint64_t ns;
		int rc = mb_bench_cancelled(&slot->runner->env) ? -ECANCELED : 0;

		if (!rc)
			rc = mb_runner_round(run, in_turns(slot) ? turns : NULL, left % 2, &ns);
		if (rc)
			return rc;
		cbench_set_time(state, (double)ns * 1e-9);
	}
	slot->loop_ns = mb_clock_now_ns() - begin;
	return 0;
}

/* Calls with another number of rounds than the last one were the library's trials. */
static int add_tally(struct slot *slot, uint64_t rounds, const struct mb_bench_run *run)
{
	if (!run->env->counters)
		return 0;
	if (rounds != slot->tally_rounds)
		drop_tallies(slot);
	slot->tally_rounds = rounds;
	if (mb_grow(&slot->tallies, slot->nr_tallies, sizeof(*slot->tallies)) ||
	    mb_tally_take(run, rounds, &slot->tallies[slot->nr_tallies]))
		return -ENOMEM;
	slot->nr_tallies++;
	return 0;
}

static int run_row(struct slot *slot, struct cbench_state *state, struct mb_bench_run *run,
		   struct mb_turns *turns)
{
	int rc = mb_runner_round_open(run);

	if (!rc)
		rc = mb_tally_begin(run);
	if (!rc)
		rc = run_rounds(slot, state, run, turns);
	if (!rc)
		rc = add_tally(slot, cbench_iterations(state), run);
	if (!rc)
		rc = mb_runner_round_check(run);
	mb_runner_round_close(run);
	mb_tally_end(run);
	return rc;
}

/* Name of a figure that the library passes on with each repetition. */
#define OF_LIMIT "of_limit"

static void note_outcome(struct slot *slot, struct cbench_state *state,
			 const struct mb_bench_run *run, double of_limit)
{
	slot->pages = run->pages;
	slot->ops = run->ops;
	slot->bytes = run->bytes;
	slot->threads = run->threads;
	slot->nid = run->nid;
	slot->cpu_nid = run->cpu_nid;
	slot->own_clock = run->own_clock;
	slot->limit = run->limit;
	slot->nr_counters = run->nr_counters;
	for (size_t i = 0; i < run->nr_counters; i++) {
		slot->counter_names[i] = run->counters[i].name;
		cbench_set_counter(state, run->counters[i].name, run->counters[i].value,
				   CBENCH_VALUE);
	}
	if (!isnan(of_limit))
		cbench_set_counter(state, OF_LIMIT, of_limit, CBENCH_VALUE);
	if (run->bytes && !slot->runner->options->no_rates)
		cbench_set_bytes(state, run->bytes * cbench_iterations(state));
	if (run->pages || run->ops)
		cbench_set_items(state,
				 (run->pages ? run->pages : run->ops) * cbench_iterations(state));
}

/* Repetitions that have ended or are under way. The library reports them when a row's last one has ended. */
static unsigned nr_begun(const struct runner *runner, unsigned repetitions)
{
	unsigned count = 0;

	for (size_t i = 0; i < runner->nr_slots; i++) {
		const struct slot *slot = &runner->slots[i];

		count += slot->complete ? repetitions : mb_min(slot->begun, repetitions);
	}
	return count;
}

static void tell_progress(const struct slot *slot, bool under_way)
{
	const struct runner *runner = slot->runner;
	unsigned times = runner->options->passes, done = runner->nr_ended;

	if (!runner->hooks->on_progress)
		return;
	if (times) {
		times++; /* the look before them */
	} else {
		times = mb_runner_flags_repetitions(runner->options);
		done = nr_begun(runner, times) - under_way;
	}
	runner->hooks->on_progress(slot->name, done, (unsigned)runner->nr_selected * times,
				   runner->hooks->arg);
}

/* Calls with another number of rounds than the last one were the library's trials. */
static void begin_call(struct slot *slot, uint64_t rounds)
{
	if (rounds != slot->begun_rounds)
		slot->begun = 0;
	slot->begun_rounds = rounds;
	slot->begun++;
	tell_progress(slot, true);
}

static int tell_outcome(struct slot *slot, struct cbench_state *state,
			const struct mb_bench_run *run, const struct mb_turns *turns)
{
	double of_limit;
	int rc = mb_turns_ratio(turns, &of_limit);

	if (!rc)
		note_outcome(slot, state, run, of_limit);
	return rc;
}

static int run_alone(struct slot *slot, struct cbench_state *state, struct mb_err *err)
{
	struct mb_bench_run run = {.row = &slot->row, .env = &slot->runner->env, .arg = slot->arg};
	struct mb_turns turns = {.count = 0};
	int rc = run_row(slot, state, &run, &turns);

	if (!rc)
		rc = tell_outcome(slot, state, &run, &turns);
	if (rc)
		*err = run.err;
	return rc;
}

/* The first of a lap's two calls runs both passes, and the second one tells what the other pass was. */
static int run_twin(struct slot *slot, struct cbench_state *state, struct mb_err *err)
{
	struct mb_runner_pass *pass;
	uint64_t rounds = cbench_iterations(state);
	bool second = slot->twins;
	int rc = 0;

	if (!second)
		rc = mb_runner_twins_run(&slot->row, &slot->runner->env, slot->arg, rounds,
					 in_turns(slot), err, &slot->twins);
	if (rc)
		return rc;
	pass = &slot->twins->passes[second];
	for (uint64_t i = 0; cbench_keep_running(state); i++)
		cbench_set_time(state, (double)pass->ns[mb_min(i, rounds - 1)] * 1e-9);
	rc = tell_outcome(slot, state, &pass->run, &pass->turns);
	if (second) {
		mb_runner_twins_free(slot->twins);
		slot->twins = NULL;
	}
	return rc;
}

static int body(struct cbench_state *state, void *arg)
{
	struct slot *slot = arg;
	struct runner *runner = slot->runner;
	struct mb_err err = {0};
	int rc;

	begin_call(slot, cbench_iterations(state));
	if (mb_bench_cancelled(&runner->env))
		rc = -ECANCELED;
	else
		rc = runner->twins ? run_twin(slot, state, &err) : run_alone(slot, state, &err);
	if (!rc)
		return 0;
	slot->cancelled |= rc == -ECANCELED;
	if (mb_bench_host_lacks(rc) || rc == -ECANCELED)
		cbench_skip(state, rc == -ECANCELED ? "interrupted"
				   : err.code       ? err.text
						    : strerror(-rc));
	else
		cbench_fail(state, err.code ? err.text : strerror(-rc));
	return 0;
}

/* --- what the library reports --- */

static enum mb_runner_status status_of(const struct slot *slot, const struct cbench_result *from)
{
	if (from->status == CBENCH_OK)
		return MB_RUNNER_OK;
	if (from->status == CBENCH_ERROR)
		return MB_RUNNER_ERROR;
	return slot->cancelled ? MB_RUNNER_CANCELLED : MB_RUNNER_SKIPPED;
}

static double counter_value(const struct cbench_result *from, const char *name)
{
	for (size_t i = 0; i < from->nr_counters; i++)
		if (!strcmp(from->counters[i].name, name))
			return from->counters[i].value;
	return (double)NAN;
}

static int add_rep(struct slot *slot, const struct cbench_result *from)
{
	size_t nr_samples = slot->runner->options->passes > 1 ? 0 : from->nr_samples;
	size_t bytes = nr_samples * sizeof(double);
	struct mb_runner_rep *rep;
	struct mb_stats stats;
	double *samples;

	if (mb_grow(&slot->reps, slot->nr_reps, sizeof(*rep)) ||
	    mb_grow(&slot->samples, slot->nr_reps, sizeof(double *)))
		return -ENOMEM;
	slot->samples[slot->nr_reps] = samples = malloc(bytes ? bytes : 1);
	if (!samples)
		return -ENOMEM;
	if (bytes)
		memcpy(samples, from->samples_ns, bytes);
	rep = &slot->reps[slot->nr_reps];
	*rep = (struct mb_runner_rep){
		.rounds = from->iterations,
		.ns = from->real_ns,
		.median_ns = from->real_ns,
		.pages = slot->pages,
		.ops = slot->ops,
		.bytes = slot->bytes,
		.samples_ns = samples,
		.nr_samples = nr_samples,
		.of_limit = counter_value(from, OF_LIMIT),
	};
	if (mb_stats_summarise(from->samples_ns, from->nr_samples, &stats))
		return -ENOMEM;
	if (stats.count)
		rep->median_ns = stats.median;
	for (size_t i = 0; i < slot->nr_counters; i++)
		rep->counters[i] = counter_value(from, slot->counter_names[i]);
	slot->nr_reps++;
	return 0;
}

/* The last calls are the repetitions; only now does the list stay where it is. */
static void hand_out_tallies(struct slot *slot)
{
	for (size_t i = 0; i < slot->nr_reps && slot->nr_tallies >= slot->nr_reps; i++)
		slot->reps[i].tally = &slot->tallies[slot->nr_tallies - slot->nr_reps + i];
}

static int deliver(struct slot *slot)
{
	struct runner *runner = slot->runner;
	struct mb_bench_counter counters[MB_BENCH_MAX_COUNTERS];
	struct mb_runner_result result = {
		.row = &slot->row,
		.name = slot->name,
		.arg = slot->arg,
		.status = slot->status,
		.reason = slot->reason,
		.reps = slot->reps,
		.nr_reps = slot->nr_reps,
		.pages = slot->pages,
		.ops = slot->ops,
		.bytes = slot->bytes,
		.threads = slot->threads,
		.nid = slot->nid,
		.cpu_nid = slot->cpu_nid,
		.no_rates = runner->options->no_rates,
		.events = runner->options->counters,
		.limit = slot->limit,
		.counters = counters,
		.bands = {NAN, NAN, NAN, NAN, false},
	};
	int rc = 0;

	hand_out_tallies(slot);
	if (slot->status == MB_RUNNER_OK) {
		result.nr_counters = slot->nr_counters;
		for (size_t i = 0; i < slot->nr_counters; i++)
			counters[i].name = slot->counter_names[i];
		rc = mb_runner_outcome_fill(&result, counters);
		if (rc)
			return rc;
		rc = mb_runner_bands_of(&result, &result.bands);
		if (!rc)
			rc = mb_runner_band_list_add(&runner->bands, &result.bands);
		if (rc)
			return rc;
	}
	mb_runner_outcome_count(&runner->totals, &result, slot->own_clock);
	rc = runner->hooks->on_result(&result, runner->hooks->arg);
	return rc || !slot->cancelled ? rc : -ECANCELED;
}

/*
 * Slots come out in the order of the list, whatever the order in which interleaved ones end: those
 * that have their turn, or with the run over all that did end.
 */
static int deliver_ready(struct runner *runner, bool over)
{
	int rc = 0;

	for (; !rc && runner->next < runner->nr_slots; runner->next++) {
		struct slot *slot = &runner->slots[runner->next];

		if (slot->complete)
			rc = deliver(slot);
		else if (slot->selected && !over)
			break;
	}
	return rc;
}

static int on_library_result(const struct cbench_result *from, void *arg)
{
	struct slot *slot = from->arg;
	enum mb_runner_status status = status_of(slot, from);

	if (from->aggregate)
		return 0;
	/* What the passes before have seen of it stays. */
	if (status == MB_RUNNER_CANCELLED && slot->runner->options->passes && slot->nr_reps) {
		slot->cancelled = false;
		return -ECANCELED;
	}
	if (status == MB_RUNNER_OK) {
		int rc = add_rep(slot, from);

		if (rc)
			return rc;
	} else if (slot->status == MB_RUNNER_OK) {
		slot->status = status;
		snprintf(slot->reason, sizeof(slot->reason), "%s", from->reason);
	}
	slot->complete = from->repetition + 1 == from->repetitions;
	slot->runner->nr_ended++;
	if (slot->complete)
		tell_progress(slot, false);
	return slot->complete && !slot->runner->options->passes ? deliver_ready(slot->runner, false)
								: 0;
}

/* --- setting up --- */

static int library_failed(const struct runner *runner, struct mb_err *err, int code)
{
	const char *text = runner->cbench ? cbench_error(runner->cbench) : "";

	return MB_FAIL(err, code, "%s", *text ? text : strerror(-code));
}

/*
 * Of a repetition; 0: as many as the least time needs. Events are read outside a round's time, and that takes so much longer than
 * an empty round that the least time would be minutes.
 */
static uint64_t rounds_of(const struct slot *slot)
{
	const struct mb_runner_options *options = slot->runner->options;

	if (slot->rounds)
		return slot->rounds;
	if (slot->row.is_empty && options->counters)
		return COUNTED_EMPTY_ROUNDS;
	return slot->row.rounds && options->rounds ? options->rounds : slot->row.rounds;
}

static int register_slot(struct runner *runner, struct slot *slot)
{
	const struct cbench_def def = {
		.name = slot->name,
		.fn = body,
		.arg = slot,
		.flags = CBENCH_MANUAL_TIME,
		.iterations = rounds_of(slot),
	};

	return cbench_register(runner->cbench, &def);
}

/* The library runs them in this order: in a lap another one each time. */
static int register_slots(struct runner *runner, bool in_lap)
{
	MB_FREE size_t *order = calloc(runner->nr_slots + 1, sizeof(*order));
	int rc = order ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < runner->nr_slots; i++)
		order[i] = i;
	if (!rc && in_lap)
		mb_rng_shuffle(&runner->rng, order, runner->nr_slots, sizeof(*order));
	for (size_t i = 0; !rc && i < runner->nr_slots; i++)
		rc = register_slot(runner, &runner->slots[order[i]]);
	return rc;
}

/* A library that knows all rows and flags. lap: passes of each row; 0: no lap yet. */
static int open_library(struct runner *runner, unsigned lap)
{
	int rc;

	cbench_free(runner->cbench);
	runner->cbench = cbench_new(runner->options->program);
	if (!runner->cbench)
		return -ENOMEM;
	rc = register_slots(runner, lap > 0);
	return rc ? rc : mb_runner_flags_add(runner->options, lap, runner->cbench);
}

static int init(struct runner *runner, const struct mb_runner_options *options, bool full,
		const struct mb_runner_hooks *hooks, struct mb_err *err)
{
	size_t arena = options->arena_bytes ? options->arena_bytes : mb_runner_arena_bytes();
	int rc = mb_runner_flags_check(options, err);

	*runner = (struct runner){
		.options = options,
		.hooks = hooks,
		.env = {.arena_bytes = mb_align_up_pow2(arena, ARENA_ALIGN),
			.topo = options->topo,
			.cancel = options->cancel,
			.counters = options->counters},
		.full = full,
	};
	runner->env.fills = &runner->fills;
	runner->rng.state = mb_clock_now_ns();
	if (rc)
		return rc;
	rc = add_slots(runner);
	if (!rc)
		rc = open_library(runner, 0);
	return rc ? library_failed(runner, err, rc) : 0;
}

/* --- the interface --- */

static int select_slot(const char *name, void *arg)
{
	struct runner *runner = arg;

	for (size_t i = 0; i < runner->nr_slots; i++)
		runner->slots[i].selected |= !strcmp(runner->slots[i].name, name);
	runner->nr_selected++;
	return 0;
}

static bool has_ratio(const struct mb_bench *row)
{
	return row->limit_turn || (row->goal && !strcmp(row->goal, "ratio"));
}

/*
 * The first of the passes is for this alone: how many rounds of each row fill the least time, untimed parts included. Many short
 * rounds are cheap, and a median of many is what makes passes alike. A goal for a time is one of a row's own number of rounds.
 */
static void calibrate(struct runner *runner)
{
	double least_s = runner->options->min_time_s;
	uint64_t least_ns = least_s > 0 ? (uint64_t)(least_s * 1e9) : MB_RUNNER_PASS_NS;

	for (size_t i = 0; i < runner->nr_slots; i++) {
		struct slot *slot = &runner->slots[i];
		bool ratio = has_ratio(&slot->row);
		uint64_t rounds;

		if (!slot->nr_reps)
			continue;
		rounds = least_ns * (ratio ? MB_RUNNER_RATIO : 1) * slot->reps[0].rounds /
			 mb_max(slot->loop_ns, 1);
		slot->rounds = mb_clamp(
			rounds,
			mb_max(slot->row.goal && !ratio ? slot->row.rounds : 0, MIN_PASS_ROUNDS),
			MAX_PASS_ROUNDS);
		drop_reps(slot);
	}
}

static int run_passes(struct runner *runner)
{
	unsigned passes = runner->options->passes, lap;
	int rc = cbench_run(runner->cbench, on_library_result, runner);

	if (rc > 0 && passes)
		calibrate(runner);
	for (unsigned i = 0; rc > 0 && i < passes && !mb_bench_cancelled(&runner->env); i += lap) {
		lap = (unsigned)mb_min(passes - i, MB_RUNNER_TWINS);
		/* Of two rows at once, nobody could tell whose events they are. */
		runner->twins = lap == MB_RUNNER_TWINS && !runner->options->counters;
		rc = open_library(runner, lap);
		if (!rc)
			rc = cbench_run(runner->cbench, on_library_result, runner);
	}
	return rc;
}

static int run_all(struct runner *runner, struct mb_err *err)
{
	int rc = cbench_list(runner->cbench, select_slot, runner);

	if (rc < 0)
		return library_failed(runner, err, rc);
	rc = run_passes(runner);
	if (rc >= 0 || (rc == -ECANCELED && mb_bench_cancelled(&runner->env))) {
		int late;

		do
			late = deliver_ready(runner, true);
		while (late == -ECANCELED && mb_bench_cancelled(&runner->env));
		rc = late ? late : rc;
		mb_runner_outcome_judge_overhead(&runner->totals);
		late = mb_runner_band_list_sum(&runner->bands, &runner->totals.noise);
		rc = late ? late : rc;
	}
	if (rc == -ECANCELED)
		return MB_FAIL(err, rc, "interrupted");
	if (rc < 0)
		return library_failed(runner, err, rc);
	return rc ? 0 : MB_FAIL(err, -ENOENT, "no benchmark matches");
}

int mb_runner_run(const struct mb_runner_options *options, const struct mb_runner_hooks *hooks,
		  struct mb_err *err, struct mb_runner_totals *ret_totals)
{
	struct runner runner;
	struct mb_home home;
	int rc = init(&runner, options, mb_runner_flags_full(options), hooks, err);

	mb_home_enter(&home, options->topo);
	if (!rc)
		rc = run_all(&runner, err);
	mb_home_leave(&home);
	if (ret_totals)
		*ret_totals = runner.totals;
	fini(&runner);
	return rc;
}

/* For one walk over the names. */
struct lister {
	const struct runner *runner;
	mb_runner_name_fn *on_name;
	void *arg;
};

static int list_name(const char *name, void *arg)
{
	const struct lister *lister = arg;

	for (size_t i = 0; i < lister->runner->nr_slots; i++)
		if (!strcmp(lister->runner->slots[i].name, name))
			return lister->on_name(name, &lister->runner->slots[i].row, lister->arg);
	return 0;
}

int mb_runner_list(const struct mb_runner_options *options, mb_runner_name_fn *on_name, void *arg,
		   struct mb_err *err)
{
	static const struct mb_runner_hooks no_hooks;
	struct runner runner;
	struct lister lister = {&runner, on_name, arg};
	int rc = init(&runner, options, mb_runner_flags_full(options), &no_hooks, err);

	if (!rc) {
		rc = cbench_list(runner.cbench, list_name, &lister);
		if (rc < 0)
			rc = library_failed(&runner, err, rc);
		else
			rc = rc ? 0 : MB_FAIL(err, -ENOENT, "no benchmark matches");
	}
	fini(&runner);
	return rc;
}

const char *mb_runner_library_version(void)
{
	return cbench_version();
}
