/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Non-temporal stores of general registers, once for each size of descriptor: what a kernel could do, which has no vector
 * registers there. STORE(to, word) is one of them, END what orders them with later stores.
 */

__attribute__((noinline)) static void TMPL_SIZE(words)(struct mb_page *first, uint64_t count,
						       uint64_t flags)
{
	enum { LRU = offsetof(struct mb_page, lru) / sizeof(uint64_t) };
	const struct mb_page *end = mb_page_at(first, (int64_t)count, PAGE_BYTES);
	uint64_t fresh[sizeof(*first) / sizeof(uint64_t)] = {0};

	mb_stream_fields(fresh, first, flags);
	for (struct mb_page *page = first; page < end; page = mb_page_at(page, 1, PAGE_BYTES)) {
		uint64_t *word = (uint64_t *)page;

		MB_STREAM_UNROLL
		for (unsigned i = 0; i < PAGE_BYTES / sizeof(*word); i++)
			STORE(word + i, i == LRU || i == LRU + 1            ? (uintptr_t)&page->lru
					: i < sizeof(fresh) / sizeof(*word) ? fresh[i]
									    : 0);
	}
	END;
}
