/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of memmap_init_range, compiled once for each size and classic model (core/memmodel_tmpl.h). */

static void TMPL(init_pages)(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end,
			     enum mb_zone_type zone, int nid)
{
	for (mb_pfn_t pfn = start; pfn < end; pfn++)
		init_single(PFN_TO_PAGE(model, pfn), mb_memmodel_fresh_flags(model, pfn, zone, nid),
			    PAGE_BYTES);
}
