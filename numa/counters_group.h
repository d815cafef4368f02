/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_COUNTERS_GROUP_H
#define MB_NUMA_COUNTERS_GROUP_H

#include "numa/counters_event.h"

/* What is worth counting, what each CPU calls it, and lists of it with a name of their own. */

/* What an event tells, whatever its name on this CPU. */
enum mb_counters_role {
	MB_COUNTERS_OTHER, /* only what its name says */
	MB_COUNTERS_CYCLES,
	MB_COUNTERS_INSTRUCTIONS,
	MB_COUNTERS_STALLED_CYCLES,
	MB_COUNTERS_LLC_MISSES,
	MB_COUNTERS_DTLB_MISSES,
	MB_COUNTERS_STORES,
	MB_COUNTERS_REMOTE_ACCESSES,
	MB_COUNTERS_BRANCHES,
	MB_COUNTERS_BRANCH_MISSES,
	MB_COUNTERS_PAGE_FAULTS,
	MB_COUNTERS_TASK_CLOCK,
	MB_COUNTERS_CONTEXT_SWITCHES,
	MB_COUNTERS_CPU_MIGRATIONS,
	MB_COUNTERS_NR_ROLES,
};

#define MB_COUNTERS_MAX_CANDIDATES 7

struct mb_counters_role_row {
	const char *name; /* "llc-misses": stands for the event where no candidate is known */
	const char *summary;
	/* Events that tell it; the first one that counts is taken. */
	const char *candidates[MB_COUNTERS_MAX_CANDIDATES];
};
extern const struct mb_counters_role_row mb_counters_roles[MB_COUNTERS_NR_ROLES];

struct mb_counters_group {
	const char *name; /* "tlb": what --counters takes */
	const char *summary;
	enum mb_counters_role roles[12]; /* ended by MB_COUNTERS_OTHER */
};
extern const struct mb_counters_group mb_counters_groups[];
extern const size_t mb_counters_nr_groups;

/* The role of an event that a user has named: that of the row which has it as a candidate. */
enum mb_counters_role mb_counters_group_role(const char *event);

/* The candidate of a role that means something else on CPUs that are not Intel's; NULL: there is none. */
const char *mb_counters_group_intel_only(enum mb_counters_role role);

/* Whether an event with that name tells the role; intel: on a CPU of Intel's. */
bool mb_counters_group_tells(enum mb_counters_role role, const char *event, bool intel);

/* One thing that was asked for: a role of a group, or an event by its name. */
struct mb_counters_wish {
	enum mb_counters_role role;
	char name[80]; /* of the event; "": any candidate of the role */
};

/*
 * The words of "default,L1-dcache-stores:uk,cpu/event=0x3c,umask=0/", groups replaced by their roles; what is asked for twice
 * is there once. The caller frees the list. 0; -EINVAL with err for an empty word, one that is too long, or more than
 * max; -ENOMEM.
 */
int mb_counters_group_parse(const char *list, size_t max, struct mb_err *err,
			    struct mb_counters_wish **ret_wishes, size_t *ret_count);

#endif
