/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/runner.h"
#include "cli/gate_run.h"
#include "cli/say.h"
#include "core/base/align.h"
#include "core/base/grow.h"
#include "core/base/strbuf.h"
#include "numa/clock.h"

/*
 * Of a turn: with shorter ones the host's whims fall on both sides more alike, and the median of the differences of many turns is worth
 * more than that of few long ones.
 */
#define TURN_S          0.01
#define SWAPS_PER_VISIT 4
/* For one answer: the budget, and what a slow host's set-up takes. */
#define PATIENCE_S 120
#define SETUP_S    10

/* --- what is asked for --- */

int mb_gate_run_filter(const struct mb_cli *cli, char **ret_filter)
{
	struct mb_strbuf filter = {0};

	if (!cli->nr_args || strcmp(cli->args[0], "bench") != 0 || cli->nr_args < 2)
		return mb_say(
			cli, MB_EXIT_USAGE,
			"which benches? Say so at the end, such as -- bench '^pageinit/kernel/threads:1$'");
	for (int i = 1; i < cli->nr_args; i++) {
		char reason[64];
		regex_t regex;
		int code = regcomp(&regex, cli->args[i], REG_EXTENDED | REG_NOSUB);

		if (code) {
			regerror(code, &regex, reason, sizeof(reason));
			mb_strbuf_fini(&filter);
			return mb_say(cli, MB_EXIT_USAGE, "'%.80s' is no regular expression: %s",
				      cli->args[i], reason);
		}
		regfree(&regex);
		mb_strbuf_addf(&filter, cli->nr_args == 2 ? "%s%s" : "%s(%s)", i > 1 ? "|" : "",
			       cli->args[i]);
	}
	*ret_filter = mb_strbuf_take(&filter);
	return *ret_filter ? MB_EXIT_OK : mb_say(cli, MB_EXIT_UNFIT, "out of memory");
}

uint64_t mb_gate_run_arena(const struct mb_cli *cli)
{
	return cli->opts.arena ? cli->opts.arena : mb_runner_arena_bytes();
}

void mb_gate_run_begin(struct mb_gate_run *run, const char *const programs[MB_GATE_NR_SIDES],
		       const char *filter, uint64_t arena_bytes, const atomic_int *cancel)
{
	static const char *const titles[] = {"base", "new"};

	*run = (struct mb_gate_run){
		.plan = {.options = {.turn_s = TURN_S,
				     .swaps_per_visit = SWAPS_PER_VISIT,
				     .min_pairs = MB_JUDGE_MIN_SAMPLES,
				     .settle = true,
				     .rule = mb_judge_rule(&mb_metrics.rows[MB_METRIC_WALL_NS])},
			 .lock = PTHREAD_MUTEX_INITIALIZER},
	};
	for (int side = 0; side < MB_GATE_NR_SIDES; side++)
		run->specs[side] = (struct mb_gate_child_spec){.title = titles[side],
							       .judged = side == MB_GATE_NEW,
							       .program = programs[side],
							       .filter = filter,
							       .arena_bytes = arena_bytes,
							       .cancel = cancel};
}

/* --- what the plan works with --- */

static double now_s(void *ctx)
{
	(void)ctx;
	return (double)mb_clock_now_ns() * 1e-9;
}

static int open_row(void *ctx, enum mb_gate_side side, size_t row, struct mb_err *err)
{
	const struct mb_gate_run *run = ctx;

	return mb_gate_child_open(run->children[side], row, err);
}

static int take_turn(void *ctx, enum mb_gate_side side, uint64_t rounds, struct mb_err *err,
		     struct mb_gate_turn *ret_turn)
{
	const struct mb_gate_run *run = ctx;

	return mb_gate_child_turn(run->children[side], rounds, err, ret_turn);
}

static int close_row(void *ctx, enum mb_gate_side side, struct mb_err *err,
		     struct mb_gate_work *ret_work)
{
	const struct mb_gate_run *run = ctx;

	return mb_gate_child_close(run->children[side], err, ret_work);
}

static void end_children(struct mb_gate_run *run)
{
	for (int side = 0; side < MB_GATE_NR_SIDES; side++) {
		mb_gate_child_free(run->children[side]);
		run->children[side] = NULL;
	}
}

static int start_children(void *ctx, struct mb_err *err)
{
	struct mb_gate_run *run = ctx;
	int rc = 0;

	end_children(run);
	for (int side = 0; !rc && side < MB_GATE_NR_SIDES; side++) {
		run->plan.side = side;
		rc = mb_gate_child_start(&run->specs[side], err, &run->children[side]);
	}
	return rc;
}

static const struct mb_gate_ops ops = {now_s, open_row, take_turn, close_row, start_children};

/* --- rows of both --- */

/* SIZE_MAX: it has none of that name. */
static size_t find_row(const struct mb_gate_child *child, const char *name)
{
	for (size_t i = 0; i < mb_gate_child_nr_rows(child); i++)
		if (!strcmp(mb_gate_child_row(child, i), name))
			return i;
	return SIZE_MAX;
}

static int add_alone(struct mb_gate_run *run, enum mb_gate_side side, const char *name)
{
	char *copy = strdup(name);

	if (!copy || mb_grow(&run->alone[side], run->nr_alone[side], sizeof(char *))) {
		free(copy);
		return -ENOMEM;
	}
	run->alone[side][run->nr_alone[side]++] = copy;
	return 0;
}

static int add_rows(struct mb_gate_run *run)
{
	const struct mb_gate_child *base = run->children[MB_GATE_BASE],
				   *new = run->children[MB_GATE_NEW];
	int rc = 0;

	for (size_t i = 0; !rc && i < mb_gate_child_nr_rows(base); i++) {
		const char *name = mb_gate_child_row(base, i);
		size_t other = find_row(new, name);

		rc = other == SIZE_MAX ? add_alone(run, MB_GATE_BASE, name)
				       : mb_gate_plan_add(&run->plan, name, i, other);
	}
	for (size_t i = 0; !rc && i < mb_gate_child_nr_rows(new); i++)
		if (find_row(base, mb_gate_child_row(new, i)) == SIZE_MAX)
			rc = add_alone(run, MB_GATE_NEW, mb_gate_child_row(new, i));
	return rc;
}

int mb_gate_run(struct mb_gate_run *run, struct mb_err *err)
{
	double patience_s = fmin(run->plan.options.budget_s + SETUP_S, PATIENCE_S);
	int rc;

	for (int side = 0; side < MB_GATE_NR_SIDES; side++)
		run->specs[side].patience_s = patience_s;
	rc = start_children(run, err);
	if (!rc && add_rows(run))
		rc = MB_FAIL(err, -ENOMEM, "out of memory");
	if (!rc)
		rc = mb_gate_plan_run(&run->plan, &ops, run, err);
	end_children(run);
	return rc;
}

int mb_gate_run_say(const struct mb_cli *cli, const struct mb_gate_run *run, int code,
		    const struct mb_err *err)
{
	switch (code) {
	case -ECANCELED: return mb_say(cli, MB_EXIT_SIGNAL, "interrupted; nothing was judged");
	case -EUCLEAN:
		return mb_say_err(cli,
				  run->specs[run->plan.side].judged ? MB_EXIT_NO : MB_EXIT_USAGE,
				  NULL, err);
	case -ENOEXEC:
	case -ECHILD:
	case -ETIME: return mb_say_err(cli, MB_EXIT_USAGE, NULL, err);
	default: return mb_say_err(cli, MB_EXIT_UNFIT, NULL, err);
	}
}

void mb_gate_run_view(void *arg, struct mb_progress_view *ret_view)
{
	struct mb_gate_run *run = arg;
	struct mb_gate_plan *plan = &run->plan;
	double used_s;

	pthread_mutex_lock(&plan->lock);
	snprintf(ret_view->label, sizeof(ret_view->label), "%.62s",
		 plan->current ? plan->current : "");
	used_s = plan->current ? now_s(run) - plan->begin_s : 0;
	pthread_mutex_unlock(&plan->lock);
	ret_view->total = (uint64_t)(1000 * plan->options.budget_s);
	ret_view->done = (uint64_t)(1000 * fmin(used_s, plan->options.budget_s));
	ret_view->left_s = fmax(plan->options.budget_s - used_s, 0);
}

void mb_gate_run_fini(struct mb_gate_run *run)
{
	end_children(run);
	mb_gate_plan_fini(&run->plan);
	for (int side = 0; side < MB_GATE_NR_SIDES; side++) {
		for (size_t i = 0; i < run->nr_alone[side]; i++)
			free(run->alone[side][i]);
		free(run->alone[side]);
	}
}
