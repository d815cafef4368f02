/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "benches/stream.h"

/* AArch64: STNP of two vectors; the hint may mean nothing to a CPU. */

typedef uint64_t words16 __attribute__((vector_size(16), may_alias));

typedef void init_fn(struct mb_page *first, uint64_t count, uint64_t flags);

#define TEMPLATE "benches/stream_tmpl.c"
#define END      __asm__ volatile("dmb ishst" : : : "memory")
#define STREAM   neon
#define TARGET   __attribute__((noinline))
#define VECTOR   words16
#define PER      2
#define STORE(to, from)                                            \
	__asm__ volatile("stnp %q1, %q2, [%0]"                     \
			 :                                         \
			 : "r"(to), "w"((from)[0]), "w"((from)[1]) \
			 : "memory")
#include "core/memmodel_sizes_tmpl.c"

static init_fn *const by_neon[MB_NR_PAGE_SIZES] = MB_TMPL_SLOTS(neon);

static void init_neon(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		      enum mb_zone_type zone, int nid)
{
	by_neon[size - mb_page_sizes](first, count, mb_page_flags(zone, nid));
}

const struct mb_initialiser mb_stream_rows[] = {
	{.name = "neon", .summary = "32 bytes at a time", .init = init_neon},
	{.name = NULL},
};

const struct mb_initialiser mb_stream_words;
