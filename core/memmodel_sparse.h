/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_SPARSE_H
#define MB_CORE_MEMMODEL_SPARSE_H

#include "core/memmodel_section.h"

/*
 * Conversions of classic sparse with a static table, one entry for every possible section: the table
 * is read both ways, and the way back finds the section in the page's flags.
 */

static inline struct mb_mem_section *mb_sparse_section(const struct mb_memmodel *model,
						       mb_pfn_t pfn)
{
	return &model->table[mb_memmodel_section_nr(model, pfn)];
}

static inline bool mb_sparse_pfn_valid(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return mb_memmodel_section_nr(model, pfn) < model->geo.nr_sections &&
	       mb_section_has_map(mb_sparse_section(model, pfn));
}

static inline struct mb_page *mb_sparse_pfn_to_page(const struct mb_memmodel *model, mb_pfn_t pfn,
						    size_t bytes)
{
	return mb_section_pfn_to_page(mb_sparse_section(model, pfn), pfn, bytes);
}

static inline mb_pfn_t mb_sparse_page_to_pfn(const struct mb_memmodel *model,
					     const struct mb_page *page, size_t bytes)
{
	return mb_section_page_to_pfn(&model->table[mb_page_section(&model->layout, page)], page,
				      bytes);
}

static inline _Atomic uint64_t *mb_sparse_block_word(const struct mb_memmodel *model, mb_pfn_t pfn,
						     unsigned *ret_shift)
{
	return mb_section_block_word(model, mb_sparse_section(model, pfn), pfn, ret_shift);
}

static inline uint64_t mb_sparse_fresh_flags(const struct mb_memmodel *model, mb_pfn_t pfn,
					     enum mb_zone_type zone, int nid)
{
	return mb_memmodel_fresh_flags(model, pfn, zone, nid);
}

static inline uint64_t mb_sparse_zone_id_bits(const struct mb_memmodel *model)
{
	return model->layout.zone_id_mask << model->layout.zone_shift;
}

#endif
