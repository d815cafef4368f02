/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a slot really holds, read before it is used again: each descriptor against what its block's state says, and all of
 * them into the block's digest.
 */
#include <errno.h>

#include "core/boot_state.h"
#include "core/check_block.h"
#include "core/window_internal.h"

/* A descriptor that nobody uses, but for its links. counts: map count and reference count. */
struct expected {
	uint64_t flags, counts;
	size_t bytes;
};

/* Bits that differ. */
static inline uint64_t differing(const struct mb_page *page, const struct expected *expected)
{
	const uint64_t *word = (const uint64_t *)page;
	uint64_t self = (uint64_t)(uintptr_t)&page->lru, bits;

	bits = (word[0] ^ expected->flags) | (word[1] ^ self) | (word[2] ^ self) | word[3] |
	       word[4] | word[5] | (word[6] ^ expected->counts);
	for (size_t i = sizeof(*page) / 8; i < expected->bytes / 8; i++)
		bits |= word[i];
	return bits;
}

/* The first descriptor that differs; count: none does. */
static uint64_t find_differing(const struct mb_page *page, uint64_t count,
			       const struct expected *expected)
{
	uint64_t bits = 0, i;
	const struct mb_page *at = page;

	for (i = 0; i < count; i++, at = mb_page_at(at, 1, expected->bytes))
		bits |= differing(at, expected);
	if (!bits)
		return count;
	for (i = 0; i < count && !differing(page, expected); i++)
		page = mb_page_at(page, 1, expected->bytes);
	return i;
}

void mb_window_verify(struct mb_window *window, mb_pfn_t pfn, const struct mb_page *first,
		      uintptr_t links, enum mb_window_state state)
{
	static const char *const maker[] = {
		[MB_WINDOW_HEAD] = "its release",
		[MB_WINDOW_FRESH] = "memmap_init",
		[MB_WINDOW_RESERVED] = "the pass over reserved pages",
	};
	struct mb_window_block *block = mb_window_block(window, pfn);
	uint64_t refcount = state == MB_WINDOW_HEAD ? 0 : 1;
	struct expected expected = {
		.flags = mb_page_flags(mb_window_links_zone(links), mb_window_links_nid(links)),
		.counts = refcount << 32 | UINT32_MAX,
		.bytes = window->page_bytes,
	};
	struct mb_err err = {0};
	uint64_t at;

	if (state == MB_WINDOW_RESERVED)
		expected.flags |= MB_PAGE_FLAG(RESERVED);
	at = find_differing(first, window->block_pages, &expected);
	if (at < window->block_pages) {
		MB_FAIL(&err, -EUCLEAN, "page frame 0x%llx is not as %s leaves it",
			(unsigned long long)(pfn + at), maker[state]);
		mb_window_fail(window, &err);
	}
	block->digest = mb_check_digest_tail(window->model, first);
	if (state != MB_WINDOW_HEAD)
		block->digest = mb_check_digest_block(window->model, first, block->digest);
}
