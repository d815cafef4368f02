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
#define MB_BOOT_TOTAL_PHASES           "all_phases" /* sum over stages, fault not included */
#define MB_BOOT_TOTAL_MEMORY           "memory"
#define MB_BOOT_TOTAL_FREE_BLOCKS      "free_blocks/order:" /* and the order */

struct mb_host_map;

/*
 * Adds what one repetition, ended or not, has measured so far. map says which host node stood for
 * each node; NULL when none did. Failures are remembered in the result.
 */
void mb_boot_result_add(struct mb_result *result, const struct mb_boot *boot,
			const struct mb_host_map *map, size_t repetition);

/*
 * After a checked boot: gives pagesets and slabs back, digests the descriptors and counts the free
 * blocks of every order, into the result. The boot can only be freed afterwards. 0; -EUCLEAN when
 * the descriptors differ from an earlier repetition's; else as mb_check_digest().
 */
int mb_boot_result_settle(struct mb_result *result, struct mb_boot *boot, size_t repetition,
			  struct mb_err *err);

#endif
