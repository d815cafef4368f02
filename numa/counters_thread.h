/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_COUNTERS_THREAD_H
#define MB_NUMA_COUNTERS_THREAD_H

#include <pthread.h>

#include "numa/counters.h"
#include "numa/counters_perf.h"

/* What counters.c, which decides what is counted, and counters_thread.c, which counts it, share. */

/* Events that are on the counters together; each thread opens them as one group. */
enum mb_counters_kind {
	MB_COUNTERS_HARDWARE, /* on the CPU's counters */
	MB_COUNTERS_KERNEL,   /* software events of perf_event_open(2) */
	MB_COUNTERS_RUSAGE,   /* of getrusage(2): open in every thread */
	MB_COUNTERS_NR_KINDS,
};

struct mb_counters_set {
	size_t members[MB_COUNTERS_MAX_EVENTS]; /* indices of events, the leader first */
	size_t nr;
	enum mb_counters_kind kind;
};

struct mb_counters {
	struct mb_counters_event events[MB_COUNTERS_MAX_EVENTS];
	size_t nr_events;
	struct mb_counters_set sets[MB_COUNTERS_MAX_EVENTS];
	size_t nr_sets;
	struct mb_counters_system system;
	double read_ns;
	double overheads[MB_COUNTERS_MAX_EVENTS]; /* by event */
	pthread_mutex_t lock;                     /* guards the list of threads */
	struct mb_counters_thread *threads;
	bool lost; /* a thread for want of memory */
};

struct mb_counters_record;

struct mb_counters_thread {
	const struct mb_counters *counters;
	struct mb_counters_thread *next;
	int fds[MB_COUNTERS_MAX_EVENTS];    /* by event; not open: a negative errno that says why */
	struct mb_counters_record *records; /* what was begun, each stage and worker once */
	size_t nr_records, max_records;
	uint64_t serial; /* of what was begun last */
	bool lost;       /* a stretch of work for want of memory */
};

/* No event is open. */
void mb_counters_thread_init(struct mb_counters_thread *thread, const struct mb_counters *counters);

/* Opens all events of a set for the calling thread and starts them: 0, or a negative errno, which is kept, and none of them is open. */
int mb_counters_thread_open(struct mb_counters_thread *thread, const struct mb_counters_set *set);

/* 0; what opening the set failed with, -EBADF after closing it; or as mb_counters_perf_read(). */
int mb_counters_thread_read(const struct mb_counters_thread *thread,
			    const struct mb_counters_set *set,
			    struct mb_counters_reading *ret_reading);

/* Closes what is open. */
void mb_counters_thread_close(struct mb_counters_thread *thread);

/* Closes, and frees all but the structure itself. */
void mb_counters_thread_fini(struct mb_counters_thread *thread);

#endif
