/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_WALK_H
#define MB_CORE_MEMMODEL_WALK_H

#include "core/memmodel.h"

/* Walks over the section table (core/memmodel.c). */

/* How a walk over sections finds its end. */
enum mb_memmodel_walk {
	MB_MEMMODEL_WALK_ALL,     /* every possible section, as before Linux 4.13 */
	MB_MEMMODEL_WALK_PRESENT, /* up to the highest present one, as since */
	MB_MEMMODEL_WALK_ROOTS,   /* the same, and past a missing root in one step */
};

/* Visits sections; returns how many were looked at, and how many of them are present. */
uint64_t mb_memmodel_walk(const struct mb_memmodel *model, enum mb_memmodel_walk walk,
			  uint64_t *ret_present);

#endif
