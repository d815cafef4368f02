/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_INITIALISER_H
#define MB_BENCHES_INITIALISER_H

#include "core/page.h"

/*
 * Ways to initialise page descriptors. All leave what mb_pageinit_range() does, bit for bit, and any number of
 * threads may run one on disjoint ranges. The first is the kernel's; core/ has no other, since kernels are built without vector
 * registers. One more is a row here.
 */
typedef void mb_initialiser_fn(const struct mb_page_size *size, struct mb_page *first,
			       uint64_t count, enum mb_zone_type zone, int nid);

struct mb_initialiser {
	const char *name, *summary;
	const char *needs; /* of the CPU; NULL: nothing */
	bool (*supported)(void);
	mb_initialiser_fn *init;
};

/* NULL after the last. */
const struct mb_initialiser *mb_initialiser_row(size_t index);

/* NULL when there is none of that name. */
const struct mb_initialiser *mb_initialiser_find(const char *name);

bool mb_initialiser_supported(const struct mb_initialiser *initialiser);

#endif
