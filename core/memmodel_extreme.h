/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_EXTREME_H
#define MB_CORE_MEMMODEL_EXTREME_H

#include "core/memmodel_section.h"

/*
 * Conversions of classic sparse with dynamic roots (SPARSEMEM_EXTREME): a root is a page of entries,
 * and one that no section ever needed is missing.
 */

/* __nr_to_section; NULL: beyond the table, or its root is missing. */
static inline struct mb_mem_section *mb_extreme_nr_to_section(const struct mb_memmodel *model,
							      uint64_t nr)
{
	struct mb_mem_section *root;

	if (nr >> model->geo.root_shift >= model->nr_roots)
		return NULL;
	root = model->roots[nr >> model->geo.root_shift];
	return root ? &root[nr & (model->geo.sections_per_root - 1)] : NULL;
}

static inline struct mb_mem_section *mb_extreme_section(const struct mb_memmodel *model,
							mb_pfn_t pfn)
{
	return mb_extreme_nr_to_section(model, mb_memmodel_section_nr(model, pfn));
}

static inline bool mb_extreme_pfn_valid(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return mb_section_has_map(mb_extreme_section(model, pfn));
}

static inline struct mb_page *mb_extreme_pfn_to_page(const struct mb_memmodel *model, mb_pfn_t pfn,
						     size_t bytes)
{
	return mb_section_pfn_to_page(mb_extreme_section(model, pfn), pfn, bytes);
}

static inline mb_pfn_t mb_extreme_page_to_pfn(const struct mb_memmodel *model,
					      const struct mb_page *page, size_t bytes)
{
	return mb_section_page_to_pfn(
		mb_extreme_nr_to_section(model, mb_page_section(&model->layout, page)), page,
		bytes);
}

static inline _Atomic uint64_t *mb_extreme_block_word(const struct mb_memmodel *model, mb_pfn_t pfn,
						      unsigned *ret_shift)
{
	return mb_section_block_word(model, mb_extreme_section(model, pfn), pfn, ret_shift);
}

static inline uint64_t mb_extreme_fresh_flags(const struct mb_memmodel *model, mb_pfn_t pfn,
					      enum mb_zone_type zone, int nid)
{
	return mb_memmodel_fresh_flags(model, pfn, zone, nid);
}

static inline uint64_t mb_extreme_zone_id_bits(const struct mb_memmodel *model)
{
	return model->layout.zone_id_mask << model->layout.zone_shift;
}

#endif
