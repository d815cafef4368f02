/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_REDACT_H
#define MB_NUMA_REDACT_H

#include <stddef.h>

struct mb_strbuf;

/*
 * Files of a captured machine without what could tell whose it is or what it is for. What the
 * readers of a tree use stays, so that they arrive at the same; what nobody reads goes.
 */

#define MB_REDACT_WORD "redacted" /* stands for what was taken out */

struct mb_redact_counts {
	size_t values; /* replaced by the word */
	size_t lines;  /* left out */
};

/* Adds length bytes of text, behind which there is a NUL, to out. Adds to counts. 0 or -ENOMEM. */
typedef int mb_redact_fn(const char *text, size_t length, struct mb_strbuf *out,
			 struct mb_redact_counts *counts);

/* A file with nothing in it to take out: as it is. */
mb_redact_fn mb_redact_nothing;

/*
 * A kernel command line: options about memory, CPUs and the allocators keep their values where these
 * are numbers and words that the kernel knows, all others lose them; so do words that are no known
 * flag. What stands behind "--", for init, is replaced word by word.
 */
mb_redact_fn mb_redact_cmdline;

/* /proc/version: the release and the architecture, no builder and no time. */
mb_redact_fn mb_redact_version;

/* /proc/cpuinfo: known lines, which say what a CPU is but not which. */
mb_redact_fn mb_redact_cpuinfo;

/* /proc/stat: the line of all CPUs together; no time of boot, no interrupts. */
mb_redact_fn mb_redact_stat;

/*
 * A kernel log: the lines that the log reader uses, command line and version as above, types of
 * BIOS-e820 where the kernel names them, without the program that init is and without what
 * a log daemon puts before them. Each other line becomes an empty one, so that lines keep their
 * numbers.
 */
mb_redact_fn mb_redact_log;

#endif
