/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reserve_bootmem_region, compiled once for each memory model and size of descriptor
 * (core/memmodel_tmpl.h): every page that
 * [start, end) touches and that has a descriptor.
 */

static int TMPL(reserve_pages)(struct mb_boot *boot, mb_phys_t start, mb_phys_t end)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_handoff_stage);
	const struct mb_memmodel *model = &boot->model;
	unsigned shift = boot->machine->page_shift;
	mb_pfn_t end_pfn = mb_div_ceil(end, UINT64_C(1) << shift);
	mb_pfn_t from = 0, to = 0;
	int nid = -1;

	for (mb_pfn_t pfn = start >> shift; pfn < end_pfn; pfn++) {
		struct mb_page *page;

		if (!(pfn & 0x7fff) && mb_host_cancelled(boot->host))
			return -ECANCELED;
		if (!PFN_VALID(model, pfn))
			continue;
		if (pfn < from || pfn >= to)
			nid = mb_memblock_search_pfn_nid(&boot->memblock, pfn, &from, &to);
		if (nid >= 0 && deferred(boot->nodes[nid], pfn))
			init_deferred_page(boot, boot->nodes[nid], pfn);
		page = PFN_TO_PAGE(model, pfn);
		mb_list_init(&page->lru);
		page->flags |= UINT64_C(1) << MB_PG_RESERVED;
		if (pfn >= boot->reserved_upto)
			stat->pages++; /* two reservations may share a page */
		boot->reserved_upto = mb_max(boot->reserved_upto, pfn + 1);
	}
	return 0;
}
