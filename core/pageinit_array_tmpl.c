/* SPDX-License-Identifier: Apache-2.0 */
/* The store loop of core/pageinit.c, compiled once for each size of descriptor. */

__attribute__((noinline)) static void TMPL_SIZE(init_array)(struct mb_page *first, uint64_t count,
							    uint64_t flags)
{
	const struct mb_page *end = mb_page_at(first, (int64_t)count, PAGE_BYTES);

	for (struct mb_page *page = first; page < end; page = mb_page_at(page, 1, PAGE_BYTES))
		init_single(page, flags, PAGE_BYTES);
}
