/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Non-temporal stores of whole runs of descriptors, once for each size of them and each width of vectors: STREAM is the
 * function's name, TARGET its attribute, VECTOR a vector of 64-bit words, STORE(to, from) a store of PER of them, END
 * what orders them with later stores.
 */

TARGET static void TMPL_SIZE(STREAM)(struct mb_page *first, uint64_t count, uint64_t flags)
{
	enum {
		PAGES = MB_STREAM_PAGES(PAGE_BYTES),
		BYTES = PAGES * PAGE_BYTES,
		NR = BYTES / sizeof(VECTOR),
		LRU = offsetof(struct mb_page, lru) / sizeof(uint64_t),
	};
	alignas(MB_STREAM_LINE) uint64_t run[BYTES / sizeof(uint64_t)] = {0};
	alignas(MB_STREAM_LINE) uint64_t add[BYTES / sizeof(uint64_t)] = {0};
	VECTOR now[NR], step[NR], *to;
	uint64_t head = 0;

	while (head < count &&
	       (uintptr_t)mb_page_at(first, (int64_t)head, PAGE_BYTES) % MB_STREAM_LINE)
		head++;
	mb_stream_plain(first, head, flags, PAGE_BYTES);
	first = mb_page_at(first, (int64_t)head, PAGE_BYTES);
	count -= head;
	for (int i = 0; i < PAGES; i++) {
		uint64_t *words = run + i * (PAGE_BYTES / sizeof(uint64_t));

		mb_stream_fields(words, mb_page_at(first, i, PAGE_BYTES), flags);
		words = add + i * (PAGE_BYTES / sizeof(uint64_t));
		words[LRU] = words[LRU + 1] = BYTES;
	}
	memcpy(now, run, sizeof(now));
	memcpy(step, add, sizeof(step));
	for (to = (VECTOR *)first; count >= PAGES; count -= PAGES, to += NR) {
		MB_STREAM_UNROLL
		for (int i = 0; i < NR; i += PER)
			STORE(to + i, now + i);
		MB_STREAM_UNROLL
		for (int i = 0; i < NR; i++)
			now[i] += step[i];
	}
	END;
	mb_stream_plain((struct mb_page *)to, count, flags, PAGE_BYTES);
}
