/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_VMEMMAP_H
#define MB_CORE_MEMMODEL_VMEMMAP_H

#include "core/memmodel_extreme.h"

/* Conversions of the vmemmap model: no memory access. Its section table is that of extreme. */

static inline bool mb_vmemmap_pfn_valid(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return mb_extreme_pfn_valid(model, pfn);
}

static inline struct mb_page *mb_vmemmap_pfn_to_page(const struct mb_memmodel *model, mb_pfn_t pfn,
						     size_t bytes)
{
	return (struct mb_page *)(model->base + pfn * bytes);
}

static inline mb_pfn_t mb_vmemmap_page_to_pfn(const struct mb_memmodel *model,
					      const struct mb_page *page, size_t bytes)
{
	return ((uintptr_t)page - model->base) / bytes;
}

static inline _Atomic uint64_t *mb_vmemmap_block_word(const struct mb_memmodel *model, mb_pfn_t pfn,
						      unsigned *ret_shift)
{
	return mb_extreme_block_word(model, pfn, ret_shift);
}

static inline uint64_t mb_vmemmap_fresh_flags(const struct mb_memmodel *model, mb_pfn_t pfn,
					      enum mb_zone_type zone, int nid)
{
	(void)model, (void)pfn;
	return mb_page_flags(zone, nid);
}

static inline uint64_t mb_vmemmap_zone_id_bits(const struct mb_memmodel *model)
{
	(void)model;
	return ~UINT64_C(0) << MB_PAGE_ZONE_SHIFT;
}

#endif
