/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "numa/counters_group.h"

/*
 * Names of Arm's Neoverse cores come first where no other CPU has them. The generic cache-misses is the last level's on Intel's
 * CPUs; Arm's count the first level's there and AMD's the second's, and the events of AMD's last level belong to a
 * whole core complex, not to a thread. Intel SDM, architectural performance events; Arm ARM, L1D_CACHE_REFILL; AMD PPR, PMCx064.
 */
const struct mb_counters_role_row mb_counters_roles[MB_COUNTERS_NR_ROLES] = {
	[MB_COUNTERS_OTHER] = {.name = ""},
	[MB_COUNTERS_CYCLES] = {"cycles", "cycles of the core", {"cpu_cycles", "cycles"}},
	[MB_COUNTERS_INSTRUCTIONS] = {"instructions",
				      "instructions that were retired",
				      {"inst_retired", "instructions"}},
	[MB_COUNTERS_STALLED_CYCLES] = {"stalled-cycles",
					"cycles in which the core waited, mostly for memory",
					{"stall_backend", "cycle_activity:stalls_total",
					 "stalled-cycles-backend"}},
	[MB_COUNTERS_LLC_MISSES] = {"llc-misses",
				    "accesses that no cache had",
				    {"ll_cache_miss_rd", "cache-misses", "LLC-load-misses"}},
	[MB_COUNTERS_DTLB_MISSES] = {"dtlb-misses",
				     "accesses that needed a page walk",
				     {"dtlb_walk", "dTLB-store-misses", "dTLB-load-misses"}},
	[MB_COUNTERS_STORES] = {"stores",
				"stores that were done",
				{"mem_access_wr", "mem_inst_retired:all_stores",
				 "mem_uops_retired:all_stores", "ls_dispatch:store_dispatch",
				 "L1-dcache-stores"}},
	[MB_COUNTERS_REMOTE_ACCESSES] = {"remote-accesses",
					 "accesses that another node's memory answered",
					 {"remote_access", "mem_load_l3_miss_retired:remote_dram",
					  "mem_load_uops_l3_miss_retired:remote_dram",
					  "demand_data_cache_fills_from_system:dram_io_far",
					  "ls_refills_from_sys:ls_mabresp_rmt_dram",
					  "node-load-misses"}},
	[MB_COUNTERS_BRANCHES] = {"branches", "branches", {"br_retired", "branches"}},
	[MB_COUNTERS_BRANCH_MISSES] = {"branch-misses",
				       "branches that were guessed wrong",
				       {"br_mis_pred_retired", "branch-misses"}},
	[MB_COUNTERS_PAGE_FAULTS] = {"page-faults", "page faults", {"page-faults", "faults"}},
	[MB_COUNTERS_TASK_CLOCK] = {"task-clock", "time on a CPU", {"task-clock", "cpu-clock"}},
	[MB_COUNTERS_CONTEXT_SWITCHES] = {"context-switches",
					  "times that the CPU went to another thread",
					  {"context-switches", "cs"}},
	[MB_COUNTERS_CPU_MIGRATIONS] = {"cpu-migrations",
					"times that the thread went to another CPU",
					{"cpu-migrations", "migrations"}},
};

/* Without a PMU the software events are what is left of each. */
#define SOFTWARE MB_COUNTERS_PAGE_FAULTS, MB_COUNTERS_TASK_CLOCK

const struct mb_counters_group mb_counters_groups[] = {
	{"default",
	 "what the work costs and what it waits for",
	 {MB_COUNTERS_CYCLES, MB_COUNTERS_INSTRUCTIONS, MB_COUNTERS_LLC_MISSES,
	  MB_COUNTERS_DTLB_MISSES, SOFTWARE, MB_COUNTERS_CONTEXT_SWITCHES,
	  MB_COUNTERS_CPU_MIGRATIONS}},
	{"mem",
	 "stores, and how far away their memory is",
	 {MB_COUNTERS_CYCLES, MB_COUNTERS_INSTRUCTIONS, MB_COUNTERS_STALLED_CYCLES,
	  MB_COUNTERS_LLC_MISSES, MB_COUNTERS_STORES, SOFTWARE}},
	{"tlb",
	 "address translation",
	 {MB_COUNTERS_CYCLES, MB_COUNTERS_INSTRUCTIONS, MB_COUNTERS_DTLB_MISSES, SOFTWARE}},
	{"branch",
	 "branches",
	 {MB_COUNTERS_CYCLES, MB_COUNTERS_INSTRUCTIONS, MB_COUNTERS_BRANCHES,
	  MB_COUNTERS_BRANCH_MISSES, SOFTWARE}},
	{"numa",
	 "memory of other nodes",
	 {MB_COUNTERS_CYCLES, MB_COUNTERS_INSTRUCTIONS, MB_COUNTERS_LLC_MISSES,
	  MB_COUNTERS_REMOTE_ACCESSES, SOFTWARE, MB_COUNTERS_CPU_MIGRATIONS}},
};
const size_t mb_counters_nr_groups = MB_ARRAY_SIZE(mb_counters_groups);

/* "arm_n1::INST_RETIRED:u" is inst_retired. */
static bool is_candidate(const char *candidate, const char *event)
{
	const char *pmu = strstr(event, "::"), *rest;
	size_t length = strlen(candidate);

	if (pmu)
		event = pmu + 2;
	if (strncasecmp(event, candidate, length) != 0)
		return false;
	rest = event + length;
	return !*rest || (*rest == ':' && strspn(rest, ":uk") == strlen(rest));
}

enum mb_counters_role mb_counters_group_role(const char *event)
{
	for (unsigned role = 1; role < MB_COUNTERS_NR_ROLES; role++) {
		const struct mb_counters_role_row *row = &mb_counters_roles[role];

		for (size_t i = 0; i < MB_COUNTERS_MAX_CANDIDATES && row->candidates[i]; i++)
			if (is_candidate(row->candidates[i], event))
				return (enum mb_counters_role)role;
	}
	return MB_COUNTERS_OTHER;
}

const char *mb_counters_group_intel_only(enum mb_counters_role role)
{
	return role == MB_COUNTERS_LLC_MISSES ? "cache-misses" : NULL;
}

bool mb_counters_group_tells(enum mb_counters_role role, const char *event, bool intel)
{
	const char *other = mb_counters_group_intel_only(role);

	return intel || !other || !is_candidate(other, event);
}

struct list {
	struct mb_counters_wish *wishes;
	size_t count, max;
	struct mb_err *err;
};

static int add(struct list *list, enum mb_counters_role role, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->wishes[i].role == role && !strcmp(list->wishes[i].name, name))
			return 0;
	if (list->count == list->max)
		return MB_FAIL(list->err, -EINVAL, "more than %zu events", list->max);
	list->wishes[list->count].role = role;
	snprintf(list->wishes[list->count].name, sizeof(list->wishes[0].name), "%s", name);
	list->count++;
	return 0;
}

static int add_word(struct list *list, const char *word)
{
	if (!*word)
		return MB_FAIL(list->err, -EINVAL, "a name is empty");
	if (strlen(word) >= sizeof(list->wishes[0].name))
		return MB_FAIL(list->err, -EINVAL, "'%.40s' is too long", word);
	for (size_t i = 0; i < mb_counters_nr_groups; i++) {
		const enum mb_counters_role *roles = mb_counters_groups[i].roles;
		int r = 0;

		if (strcmp(mb_counters_groups[i].name, word) != 0)
			continue;
		for (; *roles && !r; roles++)
			r = add(list, *roles, "");
		return r;
	}
	return add(list, mb_counters_group_role(word), word);
}

/* Length of the first word: commas between the slashes of DEVICE/TERMS/ are its own. */
static size_t word_length(const char *text)
{
	size_t length = strcspn(text, ",/");

	if (text[length] != '/')
		return length;
	length++;
	length += strcspn(text + length, "/");
	return length + strcspn(text + length, ",");
}

int mb_counters_group_parse(const char *list, size_t max, struct mb_err *err,
			    struct mb_counters_wish **ret_wishes, size_t *ret_count)
{
	MB_FREE struct mb_counters_wish *wishes = calloc(max, sizeof(*wishes));
	struct list found = {.wishes = wishes, .max = max, .err = err};
	size_t all = strlen(list), plain = mb_parse_printable(list, all);
	int r = 0;

	if (!wishes)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	if (plain < all)
		return MB_FAIL(err, -EINVAL, "byte %zu of the list is not printable ASCII",
			       plain + 1);
	for (;;) {
		size_t length = word_length(list);
		MB_FREE char *word = strndup(list, length);

		r = word ? add_word(&found, word) : MB_FAIL(err, -ENOMEM, "out of memory");
		if (r)
			return r;
		if (!list[length])
			break;
		list += length + 1;
	}
	*ret_wishes = MB_TAKE(wishes);
	*ret_count = found.count;
	return 0;
}
