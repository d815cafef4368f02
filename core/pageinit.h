/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_PAGEINIT_H
#define MB_CORE_PAGEINIT_H

#include "core/page.h"
#include "core/stage.h"

/*
 * The store loop of __init_single_page (mm/page_alloc.c, 6.1): count descriptors of one size (a row of
 * mb_page_sizes), zone and node side by side. Each is zeroed, gets zone, node and cpupid in the plain
 * layout, reference count 1, map count -1 and a self-linked lru. Any number of threads on disjoint
 * ranges. Does not read what was there before.
 */
void mb_pageinit_range(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		       enum mb_zone_type zone, int nid);

/* The same for page frames of one section of a model, in its layout. */
struct mb_memmodel;
typedef void mb_pageinit_pfns_fn(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end,
				 enum mb_zone_type zone, int nid);

/*
 * How deferred_init_pages walks them: in newer kernels as an array, looked up once; in 6.1 page frame by page frame, with a
 * call for each and a lookup at each pageblock.
 */
mb_pageinit_pfns_fn mb_pageinit_pfns, mb_pageinit_by_pfn;

/* As memmap_init_range walks them: each page frame is looked up. */
mb_pageinit_pfns_fn mb_pageinit_lookup;

/* What mb_pageinit_range leaves, for validators: true when the descriptor is exactly that. */
bool mb_pageinit_is_fresh(const struct mb_page_size *size, const struct mb_page *page,
			  enum mb_zone_type zone, int nid);

/* The first field that is not as mb_pageinit_range leaves it: static text; NULL: the descriptor is fresh. */
const char *mb_pageinit_stale_field(const struct mb_page_size *size, const struct mb_page *page,
				    enum mb_zone_type zone, int nid);

/* memmap_init: the stage. */
extern const struct mb_stage mb_pageinit_stage;

#endif
