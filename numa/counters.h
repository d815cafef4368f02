/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_COUNTERS_H
#define MB_NUMA_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Which performance events this host can count. numa/counters_perf.c opens them; numa/counters_pfm.c knows libpfm, and
 * numa/counters_none.c stands for it in a build without.
 */

/* What became of one event in the test. */
struct mb_counters_status {
	const char *name; /* "cycles", "page-faults", … */
	int code;         /* 0: it counts; else a negative errno with the reason */
	char reason[128];
	uint64_t value; /* what it counted in the test; 0 when it does not count */
};

/* Number of events that are known. */
size_t mb_counters_nr_events(void);

/*
 * Opens each event for the calling thread, does a little work that must move it, and reads it back: an event that opens
 * but does not move does not count. Fills up to max entries of status; returns how many.
 */
size_t mb_counters_probe(struct mb_counters_status *status, size_t max);

/* The library behind the event names: "libpfm 4.13.0", or "none". */
const char *mb_counters_version(void);

#endif
