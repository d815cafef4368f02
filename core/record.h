/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_RECORD_H
#define MB_CORE_RECORD_H

#include "core/types.h"

/*
 * What the record of a real boot adds to a simulated one, and no rule gives: what was reserved when
 * memblock handed over, and what was freed behind that. Plain data, made by a reader of kernel logs
 * or by hand. Addresses in bytes.
 */

/* Memory that goes to the buddy after hand-over. */
struct mb_record_free {
	mb_phys_t start, end;
	bool before_marks;  /* before the watermarks: CMA areas, and what SMP start-up frees */
	bool counted_early; /* in the total that "Memory:" shows: freed before that line, no CMA */
	bool cma;
};

/* Lists are borrowed. reserved is sorted and disjoint. */
struct mb_record {
	const struct mb_range *reserved; /* memblock.reserved at hand-over */
	size_t nr_reserved;
	const struct mb_record_free *frees; /* in the order of time */
	size_t nr_frees;
};

#endif
