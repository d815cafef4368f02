/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_WINDOW_H
#define MB_CORE_MEMMODEL_WINDOW_H

#include <assert.h>

#include "core/memmodel_vmemmap.h"
#include "core/window_block.h"

/*
 * Conversions of a vmemmap whose descriptors are where the table of blocks says (core/window.h). A block without
 * descriptors must not be asked for, nor one that only has its first for another than that.
 */

static inline bool mb_window_pfn_valid(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return mb_extreme_pfn_valid(model, pfn);
}

static inline struct mb_page *mb_window_pfn_to_page(const struct mb_memmodel *model, mb_pfn_t pfn,
						    size_t bytes)
{
	uintptr_t map = mb_window_map(model, pfn);
	uint64_t inside = pfn & ((UINT64_C(1) << model->geo.max_order) - 1);

	assert(mb_window_state(map) < MB_WINDOW_HEAD ||
	       (mb_window_state(map) == MB_WINDOW_HEAD && !inside));
	return (struct mb_page *)((map & ~MB_WINDOW_STATE_MASK) + inside * bytes);
}

static inline mb_pfn_t mb_window_page_to_pfn(const struct mb_memmodel *model,
					     const struct mb_page *page, size_t bytes)
{
	(void)bytes;
	return mb_window_pfn_of(model, page);
}

static inline _Atomic uint64_t *mb_window_block_word(const struct mb_memmodel *model, mb_pfn_t pfn,
						     unsigned *ret_shift)
{
	return mb_extreme_block_word(model, pfn, ret_shift);
}

static inline uint64_t mb_window_zone_id_bits(const struct mb_memmodel *model)
{
	return mb_vmemmap_zone_id_bits(model);
}

#endif
