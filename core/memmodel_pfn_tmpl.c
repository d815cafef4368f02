/* SPDX-License-Identifier: Apache-2.0 */
/* Conversions behind a pointer, for code that is not hot (core/memmodel_tmpl.h). */

static struct mb_page *TMPL(to_page)(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return PFN_TO_PAGE(model, pfn);
}

static mb_pfn_t TMPL(to_pfn)(const struct mb_memmodel *model, const struct mb_page *page)
{
	return PAGE_TO_PFN(model, page);
}
