/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_STREAM_H
#define MB_BENCHES_STREAM_H

#include <stdalign.h>
#include <string.h>

#include "benches/initialiser.h"
#include "core/memmodel_tmpl.h"

/* What the initialiser "stream" can be: the widest first, and it is the first that the CPU has. The last has no init. */
extern const struct mb_initialiser mb_stream_rows[];

/* The same by words in general registers; no init: not known of this architecture. */
extern const struct mb_initialiser mb_stream_words;

/* --- for the files of the architectures --- */

/*
 * Streams store runs: as few descriptors as end where a line of 64 bytes
 * does. A run is kept in vectors; the next one differs in the list links alone, which point to themselves, so adding
 * the run's size to those words makes it.
 */
#define MB_STREAM_LINE 64

/* Descriptors of a run. */
#define MB_STREAM_PAGES(bytes) \
	((bytes) % 64 == 0 ? 1 : (bytes) % 32 == 0 ? 2 : (bytes) % 16 == 0 ? 4 : 8)

/* Has the compiler keep the run in registers. */
#ifdef __clang__
#define MB_STREAM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define MB_STREAM_UNROLL _Pragma("GCC unroll 44")
#endif

/* One descriptor as it is to be at the address at, by plain stores to page; the rest of it is zero already. */
static inline void mb_stream_fields(void *page, const struct mb_page *at, uint64_t flags)
{
	struct mb_list *self = (struct mb_list *)&at->lru;
	const struct mb_page fresh = {
		.flags = flags,
		.lru = {.next = self, .prev = self},
		.mapcount = -1,
		.refcount = 1,
	};

	memcpy(page, &fresh, sizeof(fresh));
}

static inline void mb_stream_plain(struct mb_page *page, uint64_t count, uint64_t flags,
				   size_t bytes)
{
	for (; count; count--, page = mb_page_at(page, 1, bytes)) {
		memset((void *)(page + 1), 0, bytes - sizeof(*page));
		mb_stream_fields(page, page, flags);
	}
}

#endif
