/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_TMPL_H
#define MB_CORE_MEMMODEL_TMPL_H

#include "core/memmodel_extreme.h"
#include "core/memmodel_flat.h"
#include "core/memmodel_sparse.h"
#include "core/memmodel_vmemmap.h"

/*
 * What a template needs to be compiled once a model: the including file defines MODEL as flat, sparse,
 * extreme or vmemmap, includes the template and undefines it again, four times. Names that the
 * template defines are TMPL(name); a const table by enum mb_memmodel_id chooses among them.
 */
#define MB_TMPL_JOIN(a, b, c)  a##b##c
#define MB_TMPL_PASTE(a, b, c) MB_TMPL_JOIN(a, b, c)

#define TMPL(name)               MB_TMPL_PASTE(name, _, MODEL)
#define PFN_TO_PAGE(model, pfn)  MB_TMPL_PASTE(mb_, MODEL, _pfn_to_page)(model, pfn)
#define PAGE_TO_PFN(model, page) MB_TMPL_PASTE(mb_, MODEL, _page_to_pfn)(model, page)
#define PFN_VALID(model, pfn)    MB_TMPL_PASTE(mb_, MODEL, _pfn_valid)(model, pfn)
#define ZONE_ID_BITS(model)      MB_TMPL_PASTE(mb_, MODEL, _zone_id_bits)(model)
#define BLOCK_WORD(model, pfn, ret_shift) \
	MB_TMPL_PASTE(mb_, MODEL, _block_word)(model, pfn, ret_shift)

/* A row for each model: TMPL_TABLE(name) is { name_flat, … } by id. */
#define TMPL_TABLE(name)                                                                        \
	{                                                                                       \
		[MB_MEMMODEL_FLAT] = name##_flat, [MB_MEMMODEL_SPARSE] = name##_sparse,         \
		[MB_MEMMODEL_EXTREME] = name##_extreme, [MB_MEMMODEL_VMEMMAP] = name##_vmemmap, \
	}

#endif
