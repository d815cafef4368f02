/* SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "benches/fill.h"
#include "core/base/align.h"

/*
 * x86-64: string stores, and vector stores of each width, through the caches and past them. MOVNT* are weakly
 * ordered (Intel SDM volume 1, 10.4.6), so those fills end with a fence.
 */

static void fill_rep_stos(void *dst, size_t bytes, const void *pattern)
{
	size_t count = bytes / sizeof(uint64_t);
	uint64_t word;

	memcpy(&word, pattern, sizeof(word));
	__asm__ volatile("rep stosq" : "+D"(dst), "+c"(count) : "a"(word) : "memory");
}

/* Four stores a turn; bytes are a multiple of MB_FILL_BYTES, so that narrow vectors leave no rest. */
#define FILL(name, target_, vector, load, store, end)                              \
	__attribute__((target(target_))) static void name(void *dst, size_t bytes, \
							  const void *pattern)     \
	{                                                                          \
		enum { NR = MB_FILL_BYTES / sizeof(vector) };                      \
		const vector *from = pattern;                                      \
		vector *to = dst, *stop = (vector *)((char *)dst + bytes);         \
		vector line[NR];                                                   \
		for (int i = 0; i < NR; i++)                                       \
			line[i] = load(from + i);                                  \
		while (to < stop)                                                  \
			for (int i = 0; i < NR; i++)                               \
				store(to++, line[i]);                              \
		end;                                                               \
	}

FILL(fill_sse2, "sse2", __m128i, _mm_load_si128, _mm_store_si128, (void)0)
FILL(fill_sse2_nt, "sse2", __m128i, _mm_load_si128, _mm_stream_si128, _mm_sfence())
FILL(fill_avx2, "avx2", __m256i, _mm256_load_si256, _mm256_store_si256, (void)0)
FILL(fill_avx2_nt, "avx2", __m256i, _mm256_load_si256, _mm256_stream_si256, _mm_sfence())
FILL(fill_avx512, "avx512f", __m512i, _mm512_load_si512, _mm512_store_si512, (void)0)
FILL(fill_avx512_nt, "avx512f", __m512i, _mm512_load_si512, _mm512_stream_si512, _mm_sfence())

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}

const struct mb_fill mb_fill_cpu_rows[] = {
	{
		.name = "rep-stos",
		.summary = "one string instruction, words of 8 bytes",
		.unit = 8,
		.fill = fill_rep_stos,
	},
	{
		.name = "sse2",
		.summary = "cached stores of 16 bytes",
		.unit = 64,
		.fill = fill_sse2,
	},
	{
		.name = "sse2-nt",
		.summary = "non-temporal stores of 16 bytes",
		.unit = 64,
		.fill = fill_sse2_nt,
	},
	{
		.name = "avx2",
		.summary = "cached stores of 32 bytes",
		.unit = 64,
		.needs = "AVX2",
		.supported = has_avx2,
		.fill = fill_avx2,
	},
	{
		.name = "avx2-nt",
		.summary = "non-temporal stores of 32 bytes",
		.unit = 64,
		.needs = "AVX2",
		.supported = has_avx2,
		.fill = fill_avx2_nt,
	},
	{
		.name = "avx512",
		.summary = "cached stores of 64 bytes",
		.unit = 64,
		.needs = "AVX-512",
		.supported = has_avx512,
		.fill = fill_avx512,
	},
	{
		.name = "avx512-nt",
		.summary = "non-temporal stores of 64 bytes",
		.unit = 64,
		.needs = "AVX-512",
		.supported = has_avx512,
		.fill = fill_avx512_nt,
	},
};
const size_t mb_fill_nr_cpu_rows = MB_ARRAY_SIZE(mb_fill_cpu_rows);
