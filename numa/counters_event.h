/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_COUNTERS_EVENT_H
#define MB_NUMA_COUNTERS_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* A performance event: from its name to what perf_event_open(2) takes, and why one cannot be opened. */

/* Who knew the name, in the order in which they are asked. */
enum mb_counters_source {
	MB_COUNTERS_LIBPFM,   /* libpfm4's tables of CPUs: "inst_retired", "arm_n1::inst_retired" */
	MB_COUNTERS_SYSFS,    /* the kernel's lists: "cpu-cycles", "cpu/event=0x3c/" */
	MB_COUNTERS_GENERIC,  /* the kernel's names for every CPU: "instructions" */
	MB_COUNTERS_SOFTWARE, /* counted by the kernel itself: "page-faults" */
	MB_COUNTERS_NR_SOURCES,
};

/* Faults that getrusage(2) counts. */
#define MB_COUNTERS_MINOR_FAULTS 1u
#define MB_COUNTERS_MAJOR_FAULTS 2u

struct mb_counters_event {
	char name[80]; /* as it was asked for, modifiers included */
	int role;      /* enum mb_counters_role */
	enum mb_counters_source source;
	uint32_t type; /* of struct perf_event_attr, and so are these */
	uint64_t config, config1, config2;
	bool user, kernel; /* which mode is counted */
	bool software;
	unsigned faults; /* of getrusage(2), which make the count; 0: perf_event_open(2) does */
	bool unmovable; /* nothing that a program does on purpose moves it, such as a major fault */

	/* Whether it counts here: 0, or a negative errno with the reason. */
	int code;
	char reason[176];
};

/* Where the kernel lists its devices. */
#define MB_COUNTERS_SYSFS_ROOT "/sys/bus/event_source/devices"

/* Where it says who made the CPUs, on x86. */
#define MB_COUNTERS_CPUINFO "/proc/cpuinfo"

/*
 * Finds the event of a name: "EVENT" as libpfm, the kernel's lists, or the generic and software names have it, or
 * "DEVICE/TERMS/"; letters may be small. Behind it ":u", ":k" or ":uk" (behind a slash without the colon) says which mode is counted; without, user
 * mode, and with kernel set kernel mode too. What only happens in the kernel counts in both, and so do page faults: perf's
 * own events miss those that the kernel makes for a program, as MADV_POPULATE_WRITE does, so that getrusage(2) counts them.
 *
 * 0; -ENOENT for a name that nobody knows; -EINVAL for one that is malformed, too long, or not countable for a thread; each
 * with err. The event's role is left 0.
 */
int mb_counters_event_find(const char *sysfs, const char *name, bool kernel, struct mb_err *err,
			   struct mb_counters_event *ret_event);

/* "libpfm4", "sysfs", "generic", "software". */
const char *mb_counters_source_name(enum mb_counters_source source);

/* "user", "kernel" or "user+kernel". */
const char *mb_counters_event_scope(const struct mb_counters_event *event);

/* Who counts it, whoever knew the name: "CPU", "kernel" or "getrusage". */
const char *mb_counters_event_counted_by(const struct mb_counters_event *event);

/* Whether both ask the kernel for the same. */
bool mb_counters_event_same(const struct mb_counters_event *a, const struct mb_counters_event *b);

/* What a reason, and the meaning of a name, depend on. */
struct mb_counters_system {
	int paranoid; /* /proc/sys/kernel/perf_event_paranoid; INT_MIN: not known */
	bool has_pmu; /* the kernel has a driver for the counters of this host's CPUs */
	bool intel;   /* these are Intel's */
};

/* cpuinfo: MB_COUNTERS_CPUINFO, or a file in its place. */
void mb_counters_system_read(const char *sysfs, const char *cpuinfo,
			     struct mb_counters_system *ret_system);

/* Whether perf_event_open(2) fails so on kernels and hypervisors that do not have the event. */
bool mb_counters_event_is_absent(int code);

/*
 * Marks the event as one that does not count: code is what perf_event_open(2) failed with, and the reason follows from it
 * and from the system.
 */
void mb_counters_event_refuse(struct mb_counters_event *event, int code,
			      const struct mb_counters_system *system);

/*
 * The same for an event that the kernel refused with code because a mode is left out: other is what it says to both together, a
 * descriptor or a negative errno. False, and nothing is marked, where the modes are no reason.
 */
bool mb_counters_event_refuse_mode(struct mb_counters_event *event, int code, int other,
				   const struct mb_counters_system *system);

/* For the files that know names. Each leaves name, role, user and kernel alone. */

/* libpfm's: 0, -ENOENT, or -EINVAL with err for an attribute that the event does not have. */
int mb_counters_pfm_find(const char *name, struct mb_err *err, struct mb_counters_event *ret_event);

/* What to say behind an unknown name where libpfm is not part of the build; "" where it is. */
const char *mb_counters_pfm_missing(void);

/* Calls add for each name that libpfm knows on this CPU. */
void mb_counters_pfm_each(void (*add)(void *arg, const char *name), void *arg);

#endif
