/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_FLAT_H
#define MB_CORE_MEMMODEL_FLAT_H

#include "core/memmodel.h"

/* Conversions of the flat model: one array, no table. Every page frame of the span is valid. */

static inline bool mb_flat_pfn_valid(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return pfn - model->flat_start < model->flat_end - model->flat_start;
}

static inline struct mb_page *mb_flat_pfn_to_page(const struct mb_memmodel *model, mb_pfn_t pfn,
						  size_t bytes)
{
	return (struct mb_page *)(model->base + pfn * bytes);
}

static inline mb_pfn_t mb_flat_page_to_pfn(const struct mb_memmodel *model,
					   const struct mb_page *page, size_t bytes)
{
	return ((uintptr_t)page - model->base) / bytes;
}

static inline _Atomic uint64_t *mb_flat_block_word(const struct mb_memmodel *model, mb_pfn_t pfn,
						   unsigned *ret_shift)
{
	uint64_t block = (pfn >> model->geo.pageblock_order) -
			 (model->flat_start >> model->geo.pageblock_order);

	*ret_shift = block % 16 * 4;
	return (_Atomic uint64_t *)&model->flat_blocks[block / 16];
}

static inline uint64_t mb_flat_fresh_flags(const struct mb_memmodel *model, mb_pfn_t pfn,
					   enum mb_zone_type zone, int nid)
{
	(void)model, (void)pfn;
	return mb_page_flags(zone, nid);
}

static inline uint64_t mb_flat_zone_id_bits(const struct mb_memmodel *model)
{
	(void)model;
	return ~UINT64_C(0) << MB_PAGE_ZONE_SHIFT;
}

#endif
