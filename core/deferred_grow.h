/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_DEFERRED_GROW_H
#define MB_CORE_DEFERRED_GROW_H

#include "core/stage.h"

/*
 * Growth on demand: deferred_grow_zone (mm/page_alloc.c, 6.1; mm/mm_init.c, 6.18).
 */

struct mb_zone;

/*
 * Initialises and releases at least enough sections of the zone's node for one block of that order.
 * True: try the zone again, because it grew, or another thread made it grow meanwhile. False: the
 * zone is not its node's last, or nothing is left. The node lock is held all the while, in the
 * kernel with interrupts off. Any thread; each growth leaves its time in the node.
 */
bool mb_deferred_grow_zone(struct mb_boot *boot, struct mb_zone *zone, unsigned order);

/*
 * After a boot by policy lazy: what the first users of its memory bring about. On each node, one
 * after another, a worker takes blocks of the largest order along the node's zonelist until nothing
 * is deferred there, and gives them back.
 */
extern const struct mb_stage mb_deferred_grow_stage;

#endif
