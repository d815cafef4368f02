/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_KERNLOG_TRACE_H
#define MB_NUMA_KERNLOG_TRACE_H

#include "core/trace.h"

/* The lines of memblock=debug, one by one. Zero-initialise; the trace is the caller's. */
struct mb_kernlog_trace {
	struct mb_trace *trace;
	uint64_t announced[2]; /* regions of the open dump: of memory, of reserved */
	bool in_dump;
};

/*
 * Reads one line, without its time stamp. 1: it was memblock's; 0: it was not, and an open dump is
 * over; -ENOMEM.
 */
int mb_kernlog_trace_line(struct mb_kernlog_trace *reader, const char *line, size_t number);

/*
 * Where the range ends that the log prints as first-last: empty when last is first - 1, and to the
 * last address where the sum of base and size has wrapped.
 */
mb_phys_t mb_kernlog_trace_end(mb_phys_t first, mb_phys_t last);

/* Closes an open dump, at the end of the log. */
void mb_kernlog_trace_finish(struct mb_kernlog_trace *reader);

#endif
