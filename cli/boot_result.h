/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_BOOT_RESULT_H
#define MB_CLI_BOOT_RESULT_H

#include "core/boot.h"
#include "reports/result.h"

/*
 * A boot's statistics as runs of a result: a run for each stage, its nodes and workers, each zone,
 * and these totals.
 */
#define MB_BOOT_TOTAL_FIRST_ALLOCATION "to_first_allocation"
#define MB_BOOT_TOTAL_FIRST_KMALLOC    "to_first_kmalloc"
#define MB_BOOT_TOTAL_ALL_MEMORY       "to_all_memory"
#define MB_BOOT_TOTAL_FAULT            "fault"
#define MB_BOOT_TOTAL_TOUCH            "second_touch"
#define MB_BOOT_TOTAL_PHASES           "all_phases" /* sum over stages, fault not included */
#define MB_BOOT_TOTAL_MEMORY           "memory"
#define MB_BOOT_TOTAL_NODE_LOCK        "node_lock" /* longest stretch with any node's lock held */
#define MB_BOOT_TOTAL_FREE_BLOCKS      "free_blocks/order:" /* and the order */

struct mb_host_map;
struct mb_numa_host;

/* One of the boots that a result is made of. */
struct mb_boot_repetition {
	size_t index;
	bool complete; /* the boot came to its end; else it was interrupted or failed */
	bool dry_run;
	const struct mb_host_map *map;   /* which host node stood for each node; NULL: none did */
	const struct mb_numa_host *host; /* knows where its workers were; NULL: nobody does */
};

/*
 * Adds what one repetition has measured. One that is not complete leaves the times of the stages
 * that ended and the totals that were reached, but nothing that is a matter of the whole boot: no
 * sum over stages, no shares, and of the memory no more than what its layout says. A dry run hands
 * no memory over and makes no memmap, so it has no managed and free pages and sparse_init no bytes.
 * Failures are remembered in the result.
 */
void mb_boot_result_add(struct mb_result *result, const struct mb_boot *boot,
			const struct mb_boot_repetition *repetition);

/* A fact that is only there when the kernel did not say what the memory is made of: unknown, with the reason. */
#define MB_BOOT_FACT_PAGES "host_pages_got"

/* Facts of a windowed memmap: of all nodes together, and with a node's number of that one. */
#define MB_BOOT_FACT_WINDOWS "memmap_windows"
#define MB_BOOT_FACT_WINDOW  "memmap_window:"

/* What a worker's run says of CPUs that are not the one that it was pinned to. */
#define MB_BOOT_ARG_PINNED "pinned_cpu" /* that one, or "none" */
#define MB_BOOT_ARG_CPUS   "cpus"       /* where it was seen, when that are several */

/*
 * Says in a worker's run on which CPUs it was seen, a map of MB_TOPO_MAX_CPUS bits, and the one that it was pinned to where that
 * differs; pinned_cpu is -1 when it was not.
 */
void mb_boot_result_set_cpus(struct mb_run *run, int pinned_cpu, const uint64_t *map);

/*
 * After a checked boot: gives pagesets and slabs back, digests the descriptors and counts the free
 * blocks of every order, into the result. The boot can only be freed afterwards. 0; -EUCLEAN when
 * the descriptors differ from an earlier repetition's; else as mb_check_digest().
 */
int mb_boot_result_settle(struct mb_result *result, struct mb_boot *boot, size_t repetition,
			  struct mb_err *err);

#endif
