/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_WORKERS_H
#define MB_NUMA_WORKERS_H

#include "core/host.h"
#include "numa/counters.h"
#include "numa/host_map.h"

/*
 * Threads that work for simulated nodes, pinned to the CPUs of the mapped host nodes. A thread is started when a set of
 * tasks needs it and kept, asleep, for the next ones. Signals go to other threads.
 */
struct mb_workers;

/* Borrows both. 0 or -ENOMEM with err; the caller ends the threads with mb_workers_free(). */
int mb_workers_new(const struct mb_topo *topo, const struct mb_host_map *map, struct mb_err *err,
		   struct mb_workers **ret_workers);

/* Waits for nothing: no set of tasks may be running. NULL is fine. */
void mb_workers_free(struct mb_workers *workers);

/*
 * Runs all tasks at the same time, each by as many threads of its node as it asks for, one after another in
 * mb_host_map_cpu()'s order of CPUs, and returns when all have returned. A task's result is the non-zero return of its
 * worker with the lowest index, or 0; the function's result is the first task's that has one.
 *
 * -EINVAL for no threads or an unknown node, -ENOMEM, or -EAGAIN when a thread cannot be started: then no task has run, each
 * task's result is that error, and the threads that exist are kept. Sets from several threads run one after another; a
 * task must not start another set.
 */
int mb_workers_run(struct mb_workers *workers, struct mb_task *tasks, size_t nr_tasks,
		   struct mb_err *err);

/*
 * Threads that are started from now on open these events for themselves, once they are pinned. counters must outlive them;
 * NULL: none.
 */
void mb_workers_count_events(struct mb_workers *workers, struct mb_counters *counters);

/* A worker's own events; NULL when it has none. */
struct mb_counters_thread *mb_workers_events(const struct mb_worker *worker);

/*
 * By the worker itself, when it begins or ends something in a stage: remembers on which CPU the kernel has it. stage must
 * live as long as the workers. A worker that is none of these is left alone.
 */
void mb_workers_look(const struct mb_worker *worker, const char *stage);

/*
 * Sets the bits of the CPUs on which a worker looked in a stage, in all sets of tasks so far; map has MB_TOPO_MAX_CPUS bits. Of
 * more than 16 CPUs these are the first. 0, or -ENOENT when it never did. Between sets of tasks only.
 */
int mb_workers_seen(const struct mb_workers *workers, const char *stage, int nid, unsigned index,
		    uint64_t *map);

struct mb_workers_report {
	size_t nr_workers;  /* threads started so far */
	size_t nr_unpinned; /* run unpinned: their struct mb_worker has cpu -1 */
	size_t nr_strayed;  /* were seen on another CPU than theirs, before or after a task */
	struct mb_err err;  /* why, or where, the first of them does; code 0 when there is none */
};

/* Where the threads really ran, as the kernel said. Between sets of tasks only. */
void mb_workers_report(const struct mb_workers *workers, struct mb_workers_report *ret_report);

#endif
