/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_TMPL_H
#define MB_CORE_MEMMODEL_TMPL_H

#include "core/memmodel_extreme.h"
#include "core/memmodel_flat.h"
#include "core/memmodel_sparse.h"
#include "core/memmodel_vmemmap.h"
#include "core/memmodel_window.h"

/*
 * What a template needs to be compiled once for each model and size of descriptor: the including file
 * defines TEMPLATE as its path in quotes, includes core/memmodel_each_tmpl.c and undefines it again.
 * The template then sees MODEL as flat, sparse, extreme or vmemmap and PAGE_BYTES as a number. Names
 * that it defines are TMPL(name), or TMPL_SIZE(name) where the model does not matter and
 * core/memmodel_sizes_tmpl.c is included alone; a const table by model and size, chosen from once a block or range,
 * is what calls them. Templates that work on descriptors which may move include core/memmodel_window_tmpl.c too, and
 * their table is by code.
 */
#define MB_TMPL_JOIN2(a, b, c)    a##b##c
#define MB_TMPL_JOIN(a, b, c)     MB_TMPL_JOIN2(a, b, c)
#define MB_TMPL_NAME2(a, b, c)    a##_##b##_##c
#define MB_TMPL_NAME(a, b, c)     MB_TMPL_NAME2(a, b, c)
#define MB_TMPL_SLOT(bytes, name) [MB_PAGE_##bytes] = name##_##bytes,
#define MB_TMPL_SLOTS(name)                       \
	{                                         \
		MB_PAGE_SIZES(MB_TMPL_SLOT, name) \
	}

#define TMPL_SIZE(name)          MB_TMPL_JOIN(name, _, PAGE_BYTES)
#define TMPL(name)               MB_TMPL_NAME(name, MODEL, PAGE_BYTES)
#define PFN_TO_PAGE(model, pfn)  MB_TMPL_JOIN(mb_, MODEL, _pfn_to_page)(model, pfn, PAGE_BYTES)
#define PAGE_TO_PFN(model, page) MB_TMPL_JOIN(mb_, MODEL, _page_to_pfn)(model, page, PAGE_BYTES)
#define PAGE_AT(page, count)     mb_page_at(page, (int64_t)(count), PAGE_BYTES)
#define PFN_VALID(model, pfn)    MB_TMPL_JOIN(mb_, MODEL, _pfn_valid)(model, pfn)
#define ZONE_ID_BITS(model)      MB_TMPL_JOIN(mb_, MODEL, _zone_id_bits)(model)
#define FRESH_FLAGS(model, pfn, zone, nid) \
	MB_TMPL_JOIN(mb_, MODEL, _fresh_flags)(model, pfn, zone, nid)
/* The descriptor that stands for a free block: only a windowed memmap has two places for it. */
#define FREE_HOME(model, page, pfn, order) \
	MB_TMPL_JOIN(mb_, MODEL, _free_home)(model, page, pfn, order)
#define BLOCK_WORD(model, pfn, ret_shift) \
	MB_TMPL_JOIN(mb_, MODEL, _block_word)(model, pfn, ret_shift)

/* Initialises a table of name's instances, [MB_NR_MEMMODELS][MB_NR_PAGE_SIZES] by ids. */
#define TMPL_TABLE(name)                                               \
	{                                                              \
		[MB_MEMMODEL_FLAT] = MB_TMPL_SLOTS(name##_flat),       \
		[MB_MEMMODEL_SPARSE] = MB_TMPL_SLOTS(name##_sparse),   \
		[MB_MEMMODEL_EXTREME] = MB_TMPL_SLOTS(name##_extreme), \
		[MB_MEMMODEL_VMEMMAP] = MB_TMPL_SLOTS(name##_vmemmap), \
	}

/* The same with windows, [MB_NR_MEMMODEL_CODES][MB_NR_PAGE_SIZES]. */
#define TMPL_CODES(name)                                                  \
	{                                                                 \
		[MB_MEMMODEL_FLAT] = MB_TMPL_SLOTS(name##_flat),          \
		[MB_MEMMODEL_SPARSE] = MB_TMPL_SLOTS(name##_sparse),      \
		[MB_MEMMODEL_EXTREME] = MB_TMPL_SLOTS(name##_extreme),    \
		[MB_MEMMODEL_VMEMMAP] = MB_TMPL_SLOTS(name##_vmemmap),    \
		[MB_MEMMODEL_CODE_WINDOW] = MB_TMPL_SLOTS(name##_window), \
	}

#define MB_STAYS(model)                                                                          \
	static inline struct mb_page *mb_##model##_free_home(                                    \
		const struct mb_memmodel *m, struct mb_page *page, mb_pfn_t pfn, unsigned order) \
	{                                                                                        \
		(void)m, (void)pfn, (void)order;                                                 \
		return page;                                                                     \
	}

MB_STAYS(flat)
MB_STAYS(sparse)
MB_STAYS(extreme)
MB_STAYS(vmemmap)

static inline struct mb_page *mb_window_free_home(const struct mb_memmodel *m, struct mb_page *page,
						  mb_pfn_t pfn, unsigned order)
{
	return order == m->geo.max_order ? mb_window_home(m, page, pfn) : page;
}

#endif
