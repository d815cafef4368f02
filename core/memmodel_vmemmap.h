/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_VMEMMAP_H
#define MB_CORE_MEMMODEL_VMEMMAP_H

#include "core/memmodel.h"

/* Conversions of the vmemmap model: no memory access. The page frame must have a descriptor. */

static inline struct mb_page *mb_vmemmap_pfn_to_page(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return (struct mb_page *)(model->vmemmap + pfn * sizeof(struct mb_page));
}

static inline mb_pfn_t mb_vmemmap_page_to_pfn(const struct mb_memmodel *model,
					      const struct mb_page *page)
{
	return ((uintptr_t)page - model->vmemmap) / sizeof(struct mb_page);
}

#endif
