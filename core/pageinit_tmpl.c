/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How ranges are walked, compiled once for each model and size of descriptor (core/memmodel_tmpl.h). One call a
 * range of a section.
 */

/* memmap_init_range, which looks each page up: what that costs is the model's. */
static void TMPL(init_pages)(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end,
			     enum mb_zone_type zone, int nid)
{
	for (mb_pfn_t pfn = start; pfn < end; pfn++)
		init_single(PFN_TO_PAGE(model, pfn), FRESH_FLAGS(model, pfn, zone, nid),
			    PAGE_BYTES);
}

__attribute__((noinline)) static void TMPL(init_one)(const struct mb_memmodel *model,
						     struct mb_page *page, mb_pfn_t pfn,
						     enum mb_zone_type zone, int nid)
{
	(void)model, (void)pfn;
	init_single(page, FRESH_FLAGS(model, pfn, zone, nid), PAGE_BYTES);
}

/* deferred_init_pages of 6.1: a call for each page, which makes its links, and a lookup at each pageblock. */
static void TMPL(init_by_pfn)(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end,
			      enum mb_zone_type zone, int nid)
{
	const uint64_t within_block = model->geo.pages_per_block - 1;
	struct mb_page *page = NULL;

	for (mb_pfn_t pfn = start; pfn < end; pfn++) {
		page = page && pfn & within_block ? PAGE_AT(page, 1) : PFN_TO_PAGE(model, pfn);
		TMPL(init_one)(model, page, pfn, zone, nid);
	}
}
