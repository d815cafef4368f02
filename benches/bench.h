/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_BENCH_H
#define MB_BENCHES_BENCH_H

#include <errno.h>

#include "core/base/err.h"
#include "core/host.h"
#include "core/machine.h"

struct mb_best_fills;
struct mb_counters;
struct mb_counters_thread;
struct mb_ground;
struct mb_topo;

/*
 * A benchmark is a row. The runner of benches/runner.c owns the loop, the clock and the report:
 * for each repetition it calls setup, run once a round, validate, report and teardown. Nothing
 * here prints.
 */

enum mb_bench_temperature {
	MB_BENCH_WARM,  /* memory was touched before; the arena fits no cache */
	MB_BENCH_COLD,  /* the first touch of the memory is part of what is measured */
	MB_BENCH_MIXED, /* some of both: a whole boot */
};

/* Whether a value of a row's argument is for this host. */
enum mb_bench_offer {
	MB_BENCH_OFFER_ALWAYS,
	MB_BENCH_OFFER_FULL,  /* in full runs, and when rows are asked for by name */
	MB_BENCH_OFFER_NEVER, /* the host has no such thing, or it has another name */
};

#define MB_BENCH_MAX_COUNTERS 8

struct mb_bench_counter {
	const char *name; /* static text */
	double value;
};

/*
 * A part of a round in which events are counted, where that is not all of it: what the threads have marked so, by mb_timer_begin(),
 * mb_team_measure() or the begin of a stage.
 */
#define MB_BENCH_MAX_PARTS 24

struct mb_bench_part {
	const char *mark; /* static text */
	int nid;          /* of that node's workers alone; -1: of all threads */
};

/* What a row may use of its surroundings; owned by the runner, shared by all rows. */
struct mb_bench_env {
	size_t arena_bytes;           /* memory that warm rows work on; a multiple of 2 MiB */
	const struct mb_topo *topo;   /* the host; NULL: plain memory, threads not pinned */
	const atomic_int *cancel;     /* NULL: never */
	struct mb_counters *counters; /* events that are counted; NULL: none */
	struct mb_best_fills *fills;  /* what limit_turn found so far; NULL: it looks each time */
};

/* One repetition of a row. */
struct mb_bench_run {
	const struct mb_bench *row;
	const struct mb_bench_env *env;
	int64_t arg;              /* value of the row's argument, 0 without */
	struct mb_ground *ground; /* by setup, or NULL; the runner closes it after teardown */
	void *data;               /* the row's own, from setup to teardown */
	unsigned threads;         /* by setup: that work; 0: not a matter of the row */
	int nid, cpu_nid;         /* by setup: nodes whose memory is worked on, whose CPUs work */
	uint64_t ns;    /* by run: what the round took; left alone: the runner's clock counts */
	uint64_t pages; /* by setup or validate: descriptors of a round; 0: not the unit */
	uint64_t ops;   /* by setup, run or validate: operations of a round; 0: not the unit */
	uint64_t bytes; /* by setup or validate: bytes that a round writes; 0: not the unit */
	bool own_clock; /* by setup: ns is none of the runner's, but such as a boot's statistics */
	uint64_t since_ns; /* benches/timer.c's */
	const char *limit; /* by limit_turn: name of what it does; static text */
	/* Those of the thread that runs the rounds, while it does; NULL: none are counted. */
	struct mb_counters_thread *events;
	struct mb_bench_part parts[MB_BENCH_MAX_PARTS]; /* by run, that ns is of; none: the round */
	size_t nr_parts;
	struct mb_bench_counter counters[MB_BENCH_MAX_COUNTERS];
	size_t nr_counters;
	struct mb_err err; /* the reason for whatever a hook returns */
};

struct mb_bench {
	const char *group; /* the full name is group/name, then /variant, then /arg:value */
	const char *name;
	const char *variant; /* NULL: none */
	const char *summary; /* one line for people */
	enum mb_bench_temperature temperature;

	/* The row is run once for each value of its argument; NULL: it has none. */
	const char *arg_name; /* "model": of memory, and then part of a result's identity */
	const int64_t *args;
	size_t nr_args;
	const char *(*arg_text)(int64_t arg); /* a value's name; NULL: it is a number */
	/* NULL: always. */
	enum mb_bench_offer (*offer)(const struct mb_bench *row, const struct mb_bench_env *env,
				     int64_t arg);

	/*
	 * Rounds a repetition; 0: as many as the least time needs. Not 0 where run sets ns to a
	 * small part of what it takes: the rest would be repeated without end.
	 */
	unsigned rounds;
	/* Rounds use memory that setup has not touched: one that does not count goes before the first. */
	bool warm_up;
	const void *param; /* the row's own: what it was generated from */

	bool is_empty; /* its time is what the runner itself adds to a round */

	const char *goal; /* NULL: none; else a counter, or "ns": median time of a round */
	double goal_max;  /* met when the value is at most this */

	/*
	 * Each returns 0; -ENOTSUP, -ENOMEM or -EAGAIN (threads) for what this host cannot do (the row is skipped);
	 * -ECANCELED; or another negative errno (the row is an error). The reason is in run->err.
	 * Only run is needed. teardown is called after every setup, also after one that failed.
	 */
	int (*setup)(struct mb_bench_run *run);
	int (*run)(struct mb_bench_run *run);      /* one round: nothing but the work to be timed */
	int (*validate)(struct mb_bench_run *run); /* after the last round: is the result right? */
	int (*report)(struct mb_bench_run *run);   /* after validate: adds counters */
	void (*teardown)(struct mb_bench_run *run);
	/*
	 * A round of what this host can do at best in the same memory by the same threads, and what it took; NULL: the row is held
	 * against nothing. Its rounds and the row's take turns, in an order that changes, so that what the host does meanwhile meets
	 * both; the row's is the last one, and must leave nothing of a round of the limit.
	 */
	int (*limit_turn)(struct mb_bench_run *run, uint64_t *ret_ns);
};

/* The rows of one file, generated ones too: fills *ret_row for index 0, 1, …; false after the last. */
typedef bool mb_bench_rows_fn(size_t index, struct mb_bench *ret_row);

mb_bench_rows_fn mb_bench_runner_row;
mb_bench_rows_fn mb_bench_limit_row;
mb_bench_rows_fn mb_bench_pageinit_row;
mb_bench_rows_fn mb_bench_share_row;
mb_bench_rows_fn mb_bench_cpuless_row;
mb_bench_rows_fn mb_bench_ratio_row;
mb_bench_rows_fn mb_bench_memblock_row;
mb_bench_rows_fn mb_bench_memmodel_row;
mb_bench_rows_fn mb_bench_sparse_row;
mb_bench_rows_fn mb_bench_buddy_row;
mb_bench_rows_fn mb_bench_buddy_alloc_row;
mb_bench_rows_fn mb_bench_pcp_row;
mb_bench_rows_fn mb_bench_zonelist_row;
mb_bench_rows_fn mb_bench_slab_row;
mb_bench_rows_fn mb_bench_kmalloc_row;
mb_bench_rows_fn mb_bench_boot_row;
mb_bench_rows_fn mb_bench_deferred_row;
mb_bench_rows_fn mb_bench_questions_row;

/* All rows, file by file (benches/benches.c). */
mb_bench_rows_fn mb_benches_row;

/* "warm", "cold", "mixed". */
const char *mb_benches_temperature_name(enum mb_bench_temperature temperature);

/* "group/name/variant/arg:value" of a row with that value of its argument; NULL: without one. free() it; NULL: out of memory. */
char *mb_benches_row_name(const struct mb_bench *row, const int64_t *arg);

/* Whether a hook's code is what a host has not, or not enough of: that says nothing about the row. */
static inline bool mb_bench_host_lacks(int code)
{
	return code == -ENOTSUP || code == -ENOMEM || code == -EAGAIN;
}

/* Whether the run is to end early. */
static inline bool mb_bench_cancelled(const struct mb_bench_env *env)
{
	return env->cancel && atomic_load_explicit(env->cancel, memory_order_relaxed);
}

/* Adds a counter; more than MB_BENCH_MAX_COUNTERS are dropped. name is static text. */
static inline void mb_bench_count(struct mb_bench_run *run, const char *name, double value)
{
	if (run->nr_counters < MB_BENCH_MAX_COUNTERS)
		run->counters[run->nr_counters++] = (struct mb_bench_counter){name, value};
}

/* The same in each round: what is there already is not added again. */
static inline void mb_bench_add_part(struct mb_bench_run *run, const char *mark, int nid)
{
	for (size_t i = 0; i < run->nr_parts; i++)
		if (run->parts[i].mark == mark && run->parts[i].nid == nid)
			return;
	if (run->nr_parts < MB_BENCH_MAX_PARTS)
		run->parts[run->nr_parts++] = (struct mb_bench_part){mark, nid};
}

#endif
