/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of benches/bench_memmodel.c, compiled once per memory model (core/memmodel_tmpl.h). */

static inline uint64_t TMPL(pfn_to_page)(const struct mb_memmodel *model, uint64_t pfn)
{
	return (uintptr_t)PFN_TO_PAGE(model, pfn);
}

static inline uint64_t TMPL(page_to_pfn)(const struct mb_memmodel *model, uint64_t page)
{
	return PAGE_TO_PFN(model, (const struct mb_page *)(uintptr_t)page);
}

static inline uint64_t TMPL(pfn_valid)(const struct mb_memmodel *model, uint64_t pfn)
{
	return PFN_VALID(model, pfn);
}

static uint64_t TMPL(pfn_to_page_sequential)(const struct mb_memmodel *model,
					     const struct inputs *inputs)
{
	return sequential(model, inputs, TMPL(pfn_to_page));
}

static uint64_t TMPL(pfn_to_page_random)(const struct mb_memmodel *model,
					 const struct inputs *inputs)
{
	return shuffled(model, inputs, TMPL(pfn_to_page));
}

static uint64_t TMPL(page_to_pfn_sequential)(const struct mb_memmodel *model,
					     const struct inputs *inputs)
{
	return sequential(model, inputs, TMPL(page_to_pfn));
}

static uint64_t TMPL(page_to_pfn_random)(const struct mb_memmodel *model,
					 const struct inputs *inputs)
{
	return shuffled(model, inputs, TMPL(page_to_pfn));
}

static uint64_t TMPL(pfn_valid_sequential)(const struct mb_memmodel *model,
					   const struct inputs *inputs)
{
	return sequential(model, inputs, TMPL(pfn_valid));
}

static uint64_t TMPL(pfn_valid_random)(const struct mb_memmodel *model, const struct inputs *inputs)
{
	return shuffled(model, inputs, TMPL(pfn_valid));
}
