/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_FAULT_H
#define MB_CORE_FAULT_H

#include "core/host.h"
#include "core/memmodel_map.h"
#include "core/stage.h"

/* The host's first touch of the memory behind the memmap: no part of a kernel's boot. */
extern const struct mb_stage mb_fault_stage;

/* --- for the stages that touch the memmap --- */

typedef int mb_fault_fn(struct mb_boot *boot, const struct mb_memmodel_piece *piece,
			const struct mb_worker *worker);

/*
 * Calls fn for each piece of the memmap, a few MiB at most, on the workers of its node: all nodes at once, or with
 * serial_fault one worker of one node after another. Each worker marks its part as one of the stage. 0; -ECANCELED; or the first
 * failure, with the boot's err.
 */
int mb_fault_pieces(struct mb_boot *boot, const struct mb_stage *stage, mb_fault_fn *fn);

/* Descriptors that the memory of the memmap has room for: of a windowed one, those that are there at a time. */
uint64_t mb_fault_pages(const struct mb_boot *boot);

#endif
