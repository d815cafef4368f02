/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_SECTION_H
#define MB_CORE_MEMMODEL_SECTION_H

#include "core/memmodel.h"

/*
 * What the models with sections have in common, given a page frame's section; for memmodel_NAME.h.
 * bytes is the size of a descriptor: a constant where it is hot.
 */

static inline bool mb_section_has_map(const struct mb_mem_section *section)
{
	return section && section->section_mem_map & MB_SECTION_HAS_MEM_MAP;
}

/* __pfn_to_page of classic sparse: the word is biased, so that adding a page frame gives its page. */
static inline struct mb_page *mb_section_pfn_to_page(const struct mb_mem_section *section,
						     mb_pfn_t pfn, size_t bytes)
{
	return (struct mb_page *)((section->section_mem_map & ~MB_SECTION_FLAGS_MASK) +
				  pfn * bytes);
}

static inline mb_pfn_t mb_section_page_to_pfn(const struct mb_mem_section *section,
					      const struct mb_page *page, size_t bytes)
{
	return ((uintptr_t)page - (section->section_mem_map & ~MB_SECTION_FLAGS_MASK)) / bytes;
}

/* The word and the shift of a pageblock's four bits. */
static inline _Atomic uint64_t *mb_section_block_word(const struct mb_memmodel *model,
						      const struct mb_mem_section *section,
						      mb_pfn_t pfn, unsigned *ret_shift)
{
	uint64_t block = (pfn & (model->geo.pages_per_section - 1)) >> model->geo.pageblock_order;

	*ret_shift = block % 16 * 4;
	return (_Atomic uint64_t *)&section->usage->bits[model->geo.subsection_words + block / 16];
}

#endif
