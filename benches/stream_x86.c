/* SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>
#include <stddef.h>

#include "benches/stream.h"

/* x86-64: MOVNTDQ of each width, and MOVNTI. */

typedef uint64_t words16 __attribute__((vector_size(16), may_alias));
typedef uint64_t words32 __attribute__((vector_size(32), may_alias));
typedef uint64_t words64 __attribute__((vector_size(64), may_alias));

typedef void init_fn(struct mb_page *first, uint64_t count, uint64_t flags);

#define TEMPLATE "benches/stream_tmpl.c"
#define PER      1
#define END      _mm_sfence()

#define STREAM          sse2
#define TARGET          __attribute__((noinline))
#define VECTOR          words16
#define STORE(to, from) _mm_stream_si128((__m128i *)(to), *(const __m128i *)(from))
#include "core/memmodel_sizes_tmpl.c"
#undef STREAM
#undef TARGET
#undef VECTOR
#undef STORE

#define STREAM          avx2
#define TARGET          __attribute__((noinline, target("avx2")))
#define VECTOR          words32
#define STORE(to, from) _mm256_stream_si256((__m256i *)(to), *(const __m256i *)(from))
#include "core/memmodel_sizes_tmpl.c"
#undef STREAM
#undef TARGET
#undef VECTOR
#undef STORE

#define STREAM          avx512
#define TARGET          __attribute__((noinline, target("avx512f")))
#define VECTOR          words64
#define STORE(to, from) _mm512_stream_si512((__m512i *)(to), *(const __m512i *)(from))
#include "core/memmodel_sizes_tmpl.c"

#undef TEMPLATE
#undef STORE

#define TEMPLATE        "benches/stream_words_tmpl.c"
#define STORE(to, word) _mm_stream_si64((long long *)(to), (long long)(word))
#include "core/memmodel_sizes_tmpl.c"

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}

static init_fn *const by_sse2[MB_NR_PAGE_SIZES] = MB_TMPL_SLOTS(sse2);
static init_fn *const by_avx2[MB_NR_PAGE_SIZES] = MB_TMPL_SLOTS(avx2);
static init_fn *const by_avx512[MB_NR_PAGE_SIZES] = MB_TMPL_SLOTS(avx512);
static init_fn *const by_words[MB_NR_PAGE_SIZES] = MB_TMPL_SLOTS(words);

static void init_sse2(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		      enum mb_zone_type zone, int nid)
{
	by_sse2[size - mb_page_sizes](first, count, mb_page_flags(zone, nid));
}

static void init_avx2(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		      enum mb_zone_type zone, int nid)
{
	by_avx2[size - mb_page_sizes](first, count, mb_page_flags(zone, nid));
}

static void init_avx512(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
			enum mb_zone_type zone, int nid)
{
	by_avx512[size - mb_page_sizes](first, count, mb_page_flags(zone, nid));
}

static void init_words(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		       enum mb_zone_type zone, int nid)
{
	by_words[size - mb_page_sizes](first, count, mb_page_flags(zone, nid));
}

const struct mb_initialiser mb_stream_words = {.name = "movnti", .init = init_words};

const struct mb_initialiser mb_stream_rows[] = {
	{
		.name = "avx512",
		.summary = "64 bytes at a time",
		.needs = "AVX-512",
		.supported = has_avx512,
		.init = init_avx512,
	},
	{
		.name = "avx2",
		.summary = "32 bytes at a time",
		.needs = "AVX2",
		.supported = has_avx2,
		.init = init_avx2,
	},
	{.name = "sse2", .summary = "16 bytes at a time", .init = init_sse2},
	{.name = NULL},
};
