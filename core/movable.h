/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MOVABLE_H
#define MB_CORE_MOVABLE_H

#include "core/machine.h"
#include "core/types.h"

/*
 * Where ZONE_MOVABLE begins on each node: find_zone_movable_pfns_for_nodes (mm/page_alloc.c, 6.1), for
 * movable_node, kernelcore=mirror, kernelcore= and movablecore= in bytes or percent.
 */
struct mb_boot;

/*
 * Sets each node's movable_pfn (0: no movable zone) from the command line and memblock's regions. Nodes
 * and zone limits must be known. Sets boot->mirrored when the zones are split by mirrored memory.
 */
void mb_movable_find(struct mb_boot *boot);

/*
 * Pages of total that kernelcore= and movablecore= keep out of ZONE_MOVABLE; 0: there is no such zone. What
 * is movable is rounded up to the largest block.
 */
uint64_t mb_movable_core(const struct mb_machine *machine, uint64_t total, unsigned max_order);

/* The zone that gives its top to ZONE_MOVABLE: the highest one that is not empty. Zone limits must be known. */
enum mb_zone_type mb_movable_source(const struct mb_boot *boot);

/*
 * Whether the span of a lower zone reaches into Movable's on the node, as kernelcore=mirror leaves it, even where one of the
 * two has no memory there; the zone of a page is then what its descriptor says. Zones must be known.
 */
struct mb_node;
bool mb_movable_overlaps(const struct mb_boot *boot, const struct mb_node *node);

/*
 * Of which of these zones memory at pfn is, where there are no descriptors: true when it is zone's, whose span has it. What is
 * mirrored, or below Movable's start, is the lower zone's.
 */
struct mb_zone;
bool mb_movable_owns(const struct mb_boot *boot, const struct mb_zone *zone, mb_pfn_t pfn);

#endif
