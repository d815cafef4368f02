/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/align.h"
#include "core/memblock.h"

/* Free memory in whole page frames, as those see it who hand it over and bring it up. */

bool mb_memblock_next_free_pfn_range(const struct mb_memblock *mb, uint64_t *cursor, int nid,
				     mb_pfn_t *ret_start, mb_pfn_t *ret_end, int *ret_nid)
{
	struct mb_range range;
	int range_nid;

	while (mb_memblock_next_free_mem_range(mb, cursor, nid, MB_MEMBLOCK_NONE, &range,
					       &range_nid)) {
		mb_pfn_t start = mb_div_ceil(range.start, UINT64_C(1) << mb->page_shift);
		mb_pfn_t end = range.end >> mb->page_shift;

		if (start >= end)
			continue;
		*ret_start = start;
		*ret_end = end;
		if (ret_nid)
			*ret_nid = range_nid;
		return true;
	}
	return false;
}

uint64_t mb_memblock_count_free_pages(const struct mb_memblock *mb, int nid, mb_pfn_t start,
				      mb_pfn_t end)
{
	uint64_t cursor = 0, pages = 0;
	mb_pfn_t from, to;

	while (mb_memblock_next_free_pfn_range(mb, &cursor, nid, &from, &to, NULL))
		pages += mb_clamp(to, start, end) - mb_clamp(from, start, end);
	return pages;
}
