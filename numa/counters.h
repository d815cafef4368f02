/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_COUNTERS_H
#define MB_NUMA_COUNTERS_H

#include "numa/counters_group.h"

/*
 * Performance events of a boot: which ones count here, and what each thread has counted in each stage. Events are opened by
 * each thread for itself (perf_event_open(2) with pid 0 on any CPU), in groups that are on the CPU's counters together. They
 * count on and on; what was counted in a stretch of work is the difference of two readings, so stretches may be
 * inside each other.
 */
struct mb_counters;
struct mb_counters_thread;

struct mb_counters_request {
	const char *list;    /* groups and events: "default,L1-dcache-stores:uk" */
	bool kernel;         /* also count kernel mode where an event does not say it */
	const char *sysfs;   /* NULL: MB_COUNTERS_SYSFS_ROOT */
	const char *cpuinfo; /* NULL: MB_COUNTERS_CPUINFO */
};

/*
 * Finds what is asked for, opens each event for the calling thread, does work that must move it, and finds out which can be on
 * the counters together. An event that does not count has a code and a reason; that is no failure. Of a role, the first candidate
 * that counts is taken. Some 10 ms an event; the caller must not be pinned to one CPU, lest migrations do not move.
 *
 * 0; -ENOENT for a name that is unknown, with the nearest one that is known in err; -EINVAL for a malformed list; -ENOMEM.
 */
int mb_counters_new(const struct mb_counters_request *request, struct mb_err *err,
		    struct mb_counters **ret_counters);

/*
 * Whether the one event that the list names counts, by itself; its code and reason say. 0; -ENOENT for an unknown name and
 * -EINVAL, with err.
 */
int mb_counters_probe(const struct mb_counters_request *request, struct mb_err *err,
		      struct mb_counters_event *ret_event);

/* Also closes the events of all threads, which must not use them any more. NULL is fine. */
void mb_counters_free(struct mb_counters *counters);

/* The events in the order of the list; index below the count. */
size_t mb_counters_count(const struct mb_counters *counters);
const struct mb_counters_event *mb_counters_event(const struct mb_counters *counters, size_t index);

/* Groups of hardware events: when there are more than one, they take turns on the counters and their figures are estimates. */
size_t mb_counters_nr_turns(const struct mb_counters *counters);

/* Time of reading all events once, ns: the least of several rounds; 0 when none counts. */
double mb_counters_read_ns(const struct mb_counters *counters);

/*
 * What an event counts between a begin and an end that have only the two readings of the clock between them: the median of several
 * rounds behind work that filled the nearest cache. About as much is in every count. 0 when it counts nothing there, or does not count.
 */
double mb_counters_overhead(const struct mb_counters *counters, size_t index);

/*
 * Opens the events for the calling thread. Never fails for want of events: a thread that could not open one has not counted
 * it. NULL without memory, which the functions below accept. Owned by counters; it stays readable when its thread has ended.
 */
struct mb_counters_thread *mb_counters_thread_new(struct mb_counters *counters);

/*
 * Begin and end of a stretch of work, by the thread itself. nid and worker are -1 for what is nobody's but the stage's. A second end moves
 * the first one's. Stretches of the same thread, stage and worker add up, however many there are. stage must live as long as what was
 * counted.
 */
void mb_counters_begin(struct mb_counters_thread *thread, const char *stage, int nid, int worker);
void mb_counters_end(struct mb_counters_thread *thread, const char *stage);

/* Forgets what was counted. Neither this nor mb_counters_sum() while threads count. */
void mb_counters_clear(struct mb_counters *counters);

/* Closes the events of all threads, which must not use them any more, and forgets the threads with what they have counted. */
void mb_counters_drop(struct mb_counters *counters);

struct mb_counters_value {
	double count; /* estimated where share is below 1 */
	double share; /* of the time in which the event was on a counter; of several threads the least */
};

/*
 * What an event has counted in a stage: of one worker; with worker -1 of all workers of the node; with both -1 of all threads. stage
 * NULL stands for all that workers have begun, whose stretches must then not be inside each other. 0;
 * -ENOENT when nothing was begun and ended there; the event's code; or, since the sum would be too small, what kept one of the
 * threads from counting it: what opening or reading failed with, -ENODATA when it never had its turn on the counters.
 */
int mb_counters_sum(const struct mb_counters *counters, const char *stage, int nid, int worker,
		    size_t index, struct mb_counters_value *ret_value);

struct mb_counters_worker {
	int nid, worker;
};

/* The workers that have begun and ended a stage, or any with NULL, by node and number; the caller frees the list. 0 or -ENOMEM. */
int mb_counters_workers(const struct mb_counters *counters, const char *stage,
			struct mb_counters_worker **ret_workers, size_t *ret_count);

/* In words, why an event has no sum, of the code that mb_counters_sum() gave. */
void mb_counters_reason(const struct mb_counters *counters, size_t index, int code, char *text,
			size_t size);

/*
 * The count that an event would have reached if it had been on a counter all the time. 0, or -ENODATA when it never was.
 * Linux: tools/perf/Documentation/perf-stat.txt, "multiplexing".
 */
int mb_counters_scale(uint64_t count, uint64_t enabled_ns, uint64_t running_ns,
		      struct mb_counters_value *ret_value);

/* The library behind the event names: "libpfm 4", or "none". */
const char *mb_counters_version(void);

#endif
