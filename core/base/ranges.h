/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_RANGES_H
#define MB_CORE_BASE_RANGES_H

#include "core/types.h"

/*
 * A list of half-open physical ranges. Zero-initialise, add in any order, normalise, then ask. The
 * caller owns it and ends it with mb_ranges_fini(). Not thread safe.
 */
struct mb_ranges {
	struct mb_range *list;
	size_t count, capacity;
};

/* Adds [start, end); an empty range is left out. 0 or -ENOMEM. */
int mb_ranges_add(struct mb_ranges *ranges, mb_phys_t start, mb_phys_t end);

/* Sorts by address and joins what overlaps or touches. */
void mb_ranges_normalise(struct mb_ranges *ranges);

/* Adds [start, end) to a normalised list, which stays so, in linear time. 0 or -ENOMEM. */
int mb_ranges_insert(struct mb_ranges *ranges, mb_phys_t start, mb_phys_t end);

/*
 * Index of the first range that ends above addr, count if there is none. The list must be
 * normalised.
 */
size_t mb_ranges_find(const struct mb_ranges *ranges, mb_phys_t addr);

/* Whether any byte of [start, end) is in the list, which must be normalised. */
bool mb_ranges_overlap(const struct mb_ranges *ranges, mb_phys_t start, mb_phys_t end);

/*
 * Takes the bytes of without out of ranges; both must be normalised. 0, or -ENOMEM and ranges is as
 * before.
 */
int mb_ranges_subtract(struct mb_ranges *ranges, const struct mb_ranges *without);

void mb_ranges_fini(struct mb_ranges *ranges);

#endif
