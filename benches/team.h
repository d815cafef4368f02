/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_TEAM_H
#define MB_BENCHES_TEAM_H

#include "benches/ground.h"

/*
 * Rows that scale: how many of a node's workers take part, as the argument of the row ("threads"), and
 * one round on so many of them. A machine has as many nodes here as the host has with memory; workers
 * are those of node 0, or of the node that the ground names.
 */
#define MB_TEAM_ALL 0 /* as many as node 0 of the host has CPUs */

/* 1, all, then 2, 4, 8, …: values for args, and what arg_text is to be. */
#define MB_TEAM_MAX_ARGS 15
extern const int64_t mb_team_args[MB_TEAM_MAX_ARGS];
const char *mb_team_arg_text(int64_t arg);

/* Threads that an argument stands for on this host. */
unsigned mb_team_size(const struct mb_bench_env *env, int64_t arg);

/* CPUs that work for a node, and whether they are its own; nid is below mb_team_nr_nodes(). */
unsigned mb_team_node_size(const struct mb_bench_env *env, unsigned nid);
bool mb_team_has_cpus(const struct mb_bench_env *env, unsigned nid);

/*
 * Whether this host has the value, and none that means the same; those between one and all are for full runs.
 */
enum mb_bench_offer mb_team_offer(const struct mb_bench_env *env, int64_t arg);

/* The same as the offer of a row whose argument is the number of threads. */
enum mb_bench_offer mb_team_row_offer(const struct mb_bench *row, const struct mb_bench_env *env,
				      int64_t arg);

/* Nodes with memory. */
unsigned mb_team_nr_nodes(const struct mb_bench_env *env);

/* As mb_ground_open(), of a machine with a node for each of these. */
int mb_team_open(const struct mb_bench_env *env, struct mb_err *err, struct mb_ground **ret_ground);

/* A worker's part; it may be called from several threads at the same time. 0 or a negative errno. */
typedef int mb_team_fn(void *arg, unsigned index, unsigned threads);

/*
 * One round by so many workers of the ground's cpu_nid, which begin together: the time from the first one's begin to the last
 * one's end, so that waking them is not in it. At least 1 ns.
 */
int mb_team_run(struct mb_ground *ground, unsigned threads, mb_team_fn *fn, void *arg,
		struct mb_err *err, uint64_t *ret_ns);

/* The same as what the run's round measures: adds the time to run->ns and counts the run's events on each worker meanwhile. */
int mb_team_measure(struct mb_bench_run *run, unsigned threads, mb_team_fn *fn, void *arg);

/* The index-th of threads nearly equal parts of count things: *ret_start and after the last one. */
static inline uint64_t mb_team_part(uint64_t count, unsigned index, unsigned threads,
				    uint64_t *ret_start)
{
	*ret_start = count * index / threads;
	return count * (index + 1) / threads;
}

#endif
