/* SPDX-License-Identifier: Apache-2.0 */
/* The initialisers that leave their stores to the compiler, once for each size of descriptor. */

__attribute__((noinline)) static void TMPL_SIZE(by_memset)(struct mb_page *first, uint64_t count,
							   uint64_t flags)
{
	const struct mb_page *end = mb_page_at(first, (int64_t)count, PAGE_BYTES);

	for (struct mb_page *page = first; page < end; page = mb_page_at(page, 1, PAGE_BYTES)) {
		memset((void *)page, 0, PAGE_BYTES);
		page->flags = flags;
		page->refcount = 1;
		page->mapcount = -1;
		mb_list_init(&page->lru);
	}
}

__attribute__((noinline)) static void TMPL_SIZE(by_template)(struct mb_page *first, uint64_t count,
							     uint64_t flags)
{
	const struct mb_page *end = mb_page_at(first, (int64_t)count, PAGE_BYTES);
	alignas(64) unsigned char model[PAGE_BYTES] = {0};
	const struct mb_page fresh = {.flags = flags, .mapcount = -1, .refcount = 1};
	const unsigned char *from = model;

	memcpy(model, &fresh, sizeof(fresh));
	/* A copy of memory, not of what the compiler knows of it. */
	__asm__ volatile("" : "+r"(from) : : "memory");
	for (struct mb_page *page = first; page < end; page = mb_page_at(page, 1, PAGE_BYTES)) {
		memcpy((void *)page, from, PAGE_BYTES);
		mb_list_init(&page->lru);
	}
}
