/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_VERSUS_H
#define MB_BENCHES_VERSUS_H

#include "benches/bench.h"
#include "benches/variant.h"
#include "reports/stats.h"

struct mb_result;
struct mb_tally;

/*
 * Two variants of one kind on the same memory, in turns: A B, B A, A B, …, so that what the host does meanwhile falls on both.
 * Before each turn the memory is made wrong, or the zone as it was, by the same threads; after it everything is checked. Both
 * are untimed. One pair before the first is not counted.
 */
#define MB_VERSUS_PAIRS      30
#define MB_VERSUS_CONFIDENCE 0.95

struct mb_versus_options {
	const struct mb_bench_env *env;
	const struct mb_variant *pair; /* two of one kind */
	unsigned threads;
	unsigned pairs; /* that count */
	/* After each pair; NULL: none. */
	void (*on_pair)(unsigned done, void *arg);
	void *arg;
};

struct mb_versus {
	unsigned threads;
	size_t nr_pairs; /* that came to an end */
	double *ns[2];   /* time of A's and B's turn in each pair; owned */
	/* What the environment's events counted in it, of all threads and of each worker; owned. */
	struct mb_tally *tallies[2];
	const struct mb_counters *events; /* these; borrowed, NULL: none */
	uint64_t pages;                   /* of a turn */
	uint64_t bytes;                   /* of their descriptors */
	int wrong;                        /* 0 or 1: which was wrong or failed; -1: neither */
	struct mb_stats time_ns[2];
	struct mb_stats_shift ratio; /* of B's time over A's; NaN without enough pairs */
};

/*
 * 0; -EUCLEAN when one of them left something wrong; -ENOTSUP for what the CPU lacks; -ENOMEM; -ECANCELED; or another
 * negative errno; err has the reason. *ret_versus is filled in any case and for mb_versus_fini().
 */
int mb_versus_run(const struct mb_versus_options *options, struct mb_err *err,
		  struct mb_versus *ret_versus);
void mb_versus_fini(struct mb_versus *versus);

/* What the interval says of B. */
enum mb_versus_verdict {
	MB_VERSUS_UNKNOWN, /* too few pairs for an interval */
	MB_VERSUS_FASTER,
	MB_VERSUS_SLOWER,
	MB_VERSUS_ALIKE, /* 1 is in it */
};

enum mb_versus_verdict mb_versus_judge(const struct mb_stats_shift *ratio);

/* "too few pairs to tell", "faster", "slower", "no difference seen". */
const char *mb_versus_verdict_name(enum mb_versus_verdict verdict);

/*
 * Adds a run of kind "bench" for each: a sample per pair. The second has the arg over=A, the ratio of each pair, and estimate
 * and interval. What events counted stands in these and in a run of kind "worker" for each worker, as mb_tally_add_counts() has it.
 * error: why the one that was wrong failed. mb_result_error() tells of failures.
 */
void mb_versus_add_runs(struct mb_result *result, const struct mb_variant pair[2],
			const struct mb_versus *versus, const char *error);

#endif
