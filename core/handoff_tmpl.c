/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reserve_bootmem_region, compiled once for each memory model and size of descriptor
 * (core/memmodel_tmpl.h): every page of [start, end) that has a descriptor.
 */

static void TMPL(reserve_page)(struct mb_boot *boot, const struct mb_memmodel *model,
			       struct mb_node *node, mb_pfn_t pfn)
{
	struct mb_page *page;

	if (deferred(node, pfn))
		init_deferred_page(boot, model, node, pfn);
	page = PFN_TO_PAGE(model, pfn);
	mb_list_init(&page->lru);
	page->flags |= MB_PAGE_FLAG(RESERVED);
}

/* With cache, the node of each page is looked up, until 6.4; else all are node's, NULL: nobody's. */
static int TMPL(reserve_pages)(struct mb_boot *boot, const struct mb_memmodel *model,
			       mb_pfn_t start, mb_pfn_t end, struct mb_node *node,
			       struct nid_cache *cache)
{
	for (mb_pfn_t pfn = start; pfn < end; pfn++) {
		if (!(pfn & 0x7fff) && mb_host_cancelled(boot->host))
			return -ECANCELED;
		if (!PFN_VALID(model, pfn))
			continue;
		if (cache)
			node = early_pfn_node(boot, cache, pfn);
		TMPL(reserve_page)(boot, model, node, pfn);
	}
	return 0;
}
