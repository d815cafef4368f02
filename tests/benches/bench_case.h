/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_BENCHES_BENCH_CASE_H
#define MB_TESTS_BENCHES_BENCH_CASE_H

#include "benches/runner.h"

/* Runs rows once, on little memory and the plain host, and keeps what came out. */

#define BENCH_CASE_MAX 192

struct bench_case_seen {
	char name[64], reason[192];
	struct mb_runner_result result; /* its pointers are dead, but for row->summary and such */
	struct mb_bench_counter counters[MB_BENCH_MAX_COUNTERS];
};

struct bench_case {
	struct bench_case_seen seen[BENCH_CASE_MAX];
	size_t count;
	struct mb_runner_totals totals;
};

/* Fails the test when the run fails, not when a row does. rows NULL: all there are. */
void bench_case_run(mb_bench_rows_fn *rows, const char *filter, struct bench_case *ret_case);

/* The same, of exactly one row. */
struct bench_case_seen bench_case_one(mb_bench_rows_fn *rows, const char *name);

/*
 * The rows that match do this instead of their work: there must be so many, and each an error whose reason has these
 * words. Rows that are skipped do not count.
 */
#define BENCH_CASE_SOME 0 /* one at least: how many there are is up to the CPU */
void bench_case_wrong(mb_bench_rows_fn *rows, int (*run)(struct mb_bench_run *run),
		      const char *filter, size_t count, const char *reason);

/* The rows on a host that refuses them the arena: each is skipped with a reason, and none crashes. */
void bench_case_refused(mb_bench_rows_fn *rows, const char *filter);

/* For such a run: what the row really does. */
int bench_case_right(struct mb_bench_run *run);

/* Value of a counter; fails the test when the row has none of that name. */
double bench_case_counter(const struct bench_case_seen *seen, const char *name);

/* The seed of a random test: MB_SEED, else the clock; printed for another run. */
uint64_t bench_case_seed(void);

/* 0, or the exit status of a skipped test program: there is nothing to run rows with. */
int bench_case_unsupported(void);

#endif
