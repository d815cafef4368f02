/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_CLOCK_H
#define MB_NUMA_CLOCK_H

#include <stdint.h>

#include "core/base/err.h"

/*
 * The one clock of all measurements: CLOCK_MONOTONIC (clock_gettime(2)). It never steps, all CPUs agree on it, it is
 * read without a system call on every supported kernel, and it is what steady clocks, libraries and the kernel's own boot
 * messages use, so that figures compare. CLOCK_MONOTONIC_RAW would leave out the NTP daemon's rate correction; that is
 * at most 500 ppm, far below what a run repeats to, and older arm64 kernels read it by a system call.
 */
uint64_t mb_clock_now_ns(void);

/* How good the clock is here. */
struct mb_clock_info {
	const char *name;       /* "CLOCK_MONOTONIC" */
	char source[32];        /* the kernel's clock source: "tsc"; "" when not known */
	uint64_t resolution_ns; /* what clock_getres(2) says */
	uint64_t step_ns;       /* smallest step seen */
	double read_ns;         /* cost of a read, the least of several rounds */
};

/* Reads it some 100,000 times. 0, or -EIO with err when it stands still or goes backwards. */
int mb_clock_probe(struct mb_err *err, struct mb_clock_info *ret_info);

#endif
