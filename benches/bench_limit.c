/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "benches/bench.h"
#include "benches/fill.h"
#include "benches/team.h"
#include "core/base/align.h"

/*
 * What the host's memory can do: every fill of benches/fill.h over the same arena, by as many threads. The best one
 * that does not store zeros is what other rows are held against: current CPUs fill with zeros several times faster than with
 * anything else.
 */
#define COLD_ROUNDS 5

/* What is filled, and with what; each with each fill. */
struct kind {
	const char *variant, *summary;
	enum mb_bench_temperature temperature;
	bool zero;
	enum {
		AT_HOME,
		REMOTE,  /* each other node's memory, by the first node's CPUs */
		BETWEEN, /* each node's memory, by the CPUs of each but the first */
	} place;
};

static const struct kind kinds[] = {
	{"nonzero", "warm memory, what looks like descriptors", MB_BENCH_WARM, false, AT_HOME},
	{"zero", "warm memory, zeros", MB_BENCH_WARM, true, AT_HOME},
	{"cold/nonzero", "memory at its first touch", MB_BENCH_COLD, false, AT_HOME},
	{"cold/zero", "memory at its first touch, zeros", MB_BENCH_COLD, true, AT_HOME},
	{"remote/nonzero", "warm memory of another node, by all CPUs of the first", MB_BENCH_WARM,
	 false, REMOTE},
	{"between/nonzero", "warm memory of one node, by all CPUs of another or its own",
	 MB_BENCH_WARM, false, BETWEEN},
};

#define MAX_NODES 32

/* Pairs of nodes, CPUs first: x of each, for a table. */
#define EACH_TO(x, from)                                                                      \
	x(from, 0), x(from, 1), x(from, 2), x(from, 3), x(from, 4), x(from, 5), x(from, 6),   \
		x(from, 7), x(from, 8), x(from, 9), x(from, 10), x(from, 11), x(from, 12),    \
		x(from, 13), x(from, 14), x(from, 15), x(from, 16), x(from, 17), x(from, 18), \
		x(from, 19), x(from, 20), x(from, 21), x(from, 22), x(from, 23), x(from, 24), \
		x(from, 25), x(from, 26), x(from, 27), x(from, 28), x(from, 29), x(from, 30), \
		x(from, 31)
#define EACH_PAIR(x)                                                                              \
	EACH_TO(x, 1), EACH_TO(x, 2), EACH_TO(x, 3), EACH_TO(x, 4), EACH_TO(x, 5), EACH_TO(x, 6), \
		EACH_TO(x, 7), EACH_TO(x, 8), EACH_TO(x, 9), EACH_TO(x, 10), EACH_TO(x, 11),      \
		EACH_TO(x, 12), EACH_TO(x, 13), EACH_TO(x, 14), EACH_TO(x, 15), EACH_TO(x, 16),   \
		EACH_TO(x, 17), EACH_TO(x, 18), EACH_TO(x, 19), EACH_TO(x, 20), EACH_TO(x, 21),   \
		EACH_TO(x, 22), EACH_TO(x, 23), EACH_TO(x, 24), EACH_TO(x, 25), EACH_TO(x, 26),   \
		EACH_TO(x, 27), EACH_TO(x, 28), EACH_TO(x, 29), EACH_TO(x, 30), EACH_TO(x, 31)
#define PAIR_ARG(from, to)  (from) * MAX_NODES + (to)
#define PAIR_TEXT(from, to) #from "-" #to

static const int64_t pairs[] = {EACH_PAIR(PAIR_ARG)};
static const char *const pair_texts[] = {EACH_PAIR(PAIR_TEXT)};

static const char *pair_text(int64_t arg)
{
	return pair_texts[arg - pairs[0]];
}

static const int64_t remote_nodes[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
				       12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
				       23, 24, 25, 26, 27, 28, 29, 30, 31};

struct limit {
	alignas(MB_FILL_BYTES) unsigned char pattern[MB_FILL_BYTES];
	const struct mb_fill *fill;
	const struct kind *kind;
	struct mb_ground *ground;
	unsigned turn; /* of the next round, so that one that stores nothing is seen */
};

/* The n-th fill that can do this kind, and the kind. */
static const struct mb_fill *find_row(size_t index, const struct kind **ret_kind)
{
	const struct mb_fill *fill;

	for (size_t i = 0; (fill = mb_fill_row(i)); i++)
		for (size_t k = 0; k < MB_ARRAY_SIZE(kinds); k++) {
			if (!fill->unit && !kinds[k].zero)
				continue;
			if (!index--) {
				*ret_kind = &kinds[k];
				return fill;
			}
		}
	return NULL;
}

static const struct kind *kind_of(const struct mb_bench *row)
{
	return row->param;
}

static const struct mb_fill *fill_of(const struct mb_bench *row)
{
	const struct mb_fill *fill;

	for (size_t i = 0; (fill = mb_fill_row(i)); i++)
		if (fill->name == row->name)
			break;
	return fill;
}

static void set_place(struct mb_bench_run *run)
{
	const struct kind *kind = kind_of(run->row);

	if (kind->place != AT_HOME)
		run->nid = (int)run->arg % MAX_NODES;
	if (kind->place == BETWEEN)
		run->cpu_nid = (int)run->arg / MAX_NODES;
	run->threads = kind->place == AT_HOME ? mb_team_size(run->env, run->arg)
					      : mb_team_node_size(run->env, (unsigned)run->cpu_nid);
}

static int setup_ground(struct mb_bench_run *run)
{
	const struct kind *kind = kind_of(run->row);
	int rc = mb_team_open(run->env, &run->err, &run->ground);

	if (!rc)
		run->ground->cpu_nid = run->cpu_nid;
	if (rc || kind->temperature == MB_BENCH_COLD)
		return rc;
	rc = mb_ground_map(run->ground, run->nid, run->bytes, &run->err);
	if (!rc)
		rc = mb_ground_touch(run->ground, &run->err);
	/* First touch left zeros, which is what a zero fill is to leave. */
	if (!rc)
		memset(run->ground->addr, 0xff, run->ground->bytes);
	return rc;
}

static int setup(struct mb_bench_run *run)
{
	const struct kind *kind = kind_of(run->row);
	const struct mb_fill *fill = fill_of(run->row);
	struct limit *limit;

	if (!mb_fill_supported(fill))
		return MB_FAIL(&run->err, -ENOTSUP, "this CPU has no %s", fill->needs);
	if (kind->place == REMOTE && (unsigned)run->arg >= mb_team_nr_nodes(run->env))
		return MB_FAIL(&run->err, -ENOTSUP, "this host has one node with memory");
	limit = aligned_alloc(alignof(struct limit), sizeof(*limit));
	if (!limit)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	*limit = (struct limit){.fill = fill, .kind = kind};
	run->data = limit;
	run->bytes = run->env->arena_bytes;
	set_place(run);
	return setup_ground(run);
}

static int fill_part(void *arg, unsigned index, unsigned threads)
{
	struct limit *limit = arg;
	const size_t lines = limit->ground->bytes / MB_FILL_BYTES;
	uint64_t start, end = mb_team_part(lines, index, threads, &start);

	limit->fill->fill((char *)limit->ground->addr + start * MB_FILL_BYTES,
			  (end - start) * MB_FILL_BYTES, limit->pattern);
	return 0;
}

static int fill_arena(struct mb_bench_run *run)
{
	struct limit *limit = run->data;

	if (limit->kind->temperature == MB_BENCH_COLD) {
		int rc;

		mb_ground_unmap(run->ground);
		rc = mb_ground_map(run->ground, run->nid, run->bytes, &run->err);
		if (rc)
			return rc;
	}
	limit->ground = run->ground;
	memset(limit->pattern, 0, sizeof(limit->pattern));
	if (!limit->kind->zero)
		mb_fill_pattern(limit->turn, limit->pattern);
	limit->turn = !limit->turn;
	return mb_team_measure(run, run->threads, fill_part, limit);
}

static int validate(struct mb_bench_run *run)
{
	const struct limit *limit = run->data;
	unsigned char expected[MB_FILL_BYTES];

	mb_fill_expect(limit->fill, limit->pattern, expected);
	if (!mb_fill_is(run->ground->addr, run->ground->bytes, expected))
		return MB_FAIL(&run->err, -EUCLEAN, "the arena is not filled with what it should");
	return 0;
}

static void teardown(struct mb_bench_run *run)
{
	free(run->data);
}

/* A node without CPUs of its own would show what another one has shown. */
static enum mb_bench_offer offer_pair(const struct mb_bench_env *env, unsigned from, unsigned to)
{
	unsigned nodes = mb_team_nr_nodes(env);

	return from < nodes && to < nodes && mb_team_has_cpus(env, from) ? MB_BENCH_OFFER_FULL
									 : MB_BENCH_OFFER_NEVER;
}

/*
 * Always: warm with one thread and with all, zeros and first touch with one, first touch by memset alone. What a
 * CPU or a host lacks shows once.
 */
static enum mb_bench_offer offer(const struct mb_bench *row, const struct mb_bench_env *env,
				 int64_t arg)
{
	const struct kind *kind = kind_of(row);
	const struct mb_fill *fill = fill_of(row);
	enum mb_bench_offer team = mb_team_offer(env, arg);
	unsigned nodes = mb_team_nr_nodes(env);
	bool first = fill == mb_fill_row(0);

	if (!mb_fill_supported(fill)) {
		bool once = arg == 1 && (kind == &kinds[0] || (!fill->unit && kind == &kinds[1]));

		return once ? MB_BENCH_OFFER_ALWAYS : MB_BENCH_OFFER_NEVER;
	}
	if (kind->place == BETWEEN)
		return offer_pair(env, (unsigned)arg / MAX_NODES, (unsigned)arg % MAX_NODES);
	if (kind->place == REMOTE)
		return (unsigned)arg < nodes || (arg == 1 && first) ? MB_BENCH_OFFER_ALWAYS
								    : MB_BENCH_OFFER_NEVER;
	if (team == MB_BENCH_OFFER_ALWAYS &&
	    ((kind->zero && arg != 1) || (kind->temperature == MB_BENCH_COLD && !first)))
		return MB_BENCH_OFFER_FULL;
	return team;
}

/* By place: what a row's argument is. */
static const struct axis {
	const char *arg_name;
	const int64_t *args;
	size_t nr_args;
	const char *(*arg_text)(int64_t arg);
} axes[] = {
	[AT_HOME] = {"threads", mb_team_args, MB_TEAM_MAX_ARGS, mb_team_arg_text},
	[REMOTE] = {"node", remote_nodes, MB_ARRAY_SIZE(remote_nodes), NULL},
	[BETWEEN] = {"nodes", pairs, MB_ARRAY_SIZE(pairs), pair_text},
};

bool mb_bench_limit_row(size_t index, struct mb_bench *ret_row)
{
	const struct kind *kind;
	const struct mb_fill *fill = find_row(index, &kind);
	const struct axis *axis;

	if (!fill)
		return false;
	axis = &axes[kind->place];
	*ret_row = (struct mb_bench){
		.group = "limit",
		.name = fill->name,
		.variant = kind->variant,
		.summary = kind->summary,
		.temperature = kind->temperature,
		.arg_name = axis->arg_name,
		.args = axis->args,
		.nr_args = axis->nr_args,
		.arg_text = axis->arg_text,
		.offer = offer,
		.rounds = kind->temperature == MB_BENCH_COLD ? COLD_ROUNDS : 0,
		.param = kind,
		.setup = setup,
		.run = fill_arena,
		.validate = validate,
		.teardown = teardown,
	};
	return true;
}
