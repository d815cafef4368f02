/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_COUNTERS_PERF_H
#define MB_NUMA_COUNTERS_PERF_H

#include "numa/counters_event.h"

/*
 * The kernel's own names for events, and perf_event_open(2) for the calling thread on whatever CPU it runs. Events are
 * opened in groups, which are on the CPU's counters together or not at all, and are read with one system call.
 */

#define MB_COUNTERS_MAX_EVENTS 32 /* of one session */

/* The generic or software event of a name; -ENOENT. Fills source, type, config, software, unmovable. */
int mb_counters_perf_find(const char *name, struct mb_counters_event *ret_event);

/* The index-th name, generic ones first; NULL after the last. */
const char *mb_counters_perf_name(size_t index);

/*
 * Adds what the kernel's numbers for software events tell of an event that somebody else has named: software, unmovable, faults.
 * True when it happens in the kernel alone, so that it counts in kernel mode only.
 */
bool mb_counters_perf_describe(struct mb_counters_event *event);

/*
 * Opens the event in the group of leader, or with -1 as the leader of a new group, which stays off until it is switched
 * on. A descriptor that the caller closes, or a negative errno.
 */
int mb_counters_perf_open(const struct mb_counters_event *event, int leader);

/* Switches a group on: it counts from now on whenever its thread runs. 0 or a negative errno. */
int mb_counters_perf_start(int leader);

/* A group at one time. */
struct mb_counters_reading {
	uint64_t enabled_ns; /* its thread has run for so long since the start */
	uint64_t running_ns; /* and so long the group was on the counters */
	uint64_t values[MB_COUNTERS_MAX_EVENTS]; /* in the order of opening, the leader first */
};

/* Reads a group of nr events, from any thread. 0, -EIO, or another negative errno. */
int mb_counters_perf_read(int leader, size_t nr, struct mb_counters_reading *ret_reading);

#endif
