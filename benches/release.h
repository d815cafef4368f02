/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_RELEASE_H
#define MB_BENCHES_RELEASE_H

#include "core/types.h"

struct mb_zone;

/*
 * How a zone's pages go to the page allocator. A rule is a row. What it gets is [start, end): fresh descriptors inside one section,
 * both ends at blocks of the largest order but for the zone's own; afterwards all of them are free, in blocks of any order.
 * Several threads, on disjoint ranges of one zone.
 */
typedef void mb_release_fn(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end);

struct mb_release_rule {
	const char *name, *summary;
	bool unchecked; /* nothing looks at every page first, as with init_on_alloc=0 */
	mb_release_fn *release;
};

/* NULL after the last. */
const struct mb_release_rule *mb_release_rule(size_t index);

/* NULL when there is none of that name. */
const struct mb_release_rule *mb_release_find(const char *name);

#endif
