/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_BITS_H
#define MB_CORE_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Find-bit helpers with the kernel's conventions. */

/* Position of the most significant set bit, counted from 1; 0 for 0 (Linux fls64). */
static inline unsigned mb_fls64(uint64_t value)
{
	return value ? 64u - (unsigned)__builtin_clzll(value) : 0;
}

/* Number of trailing zero bits; value must not be 0 (Linux __ffs). */
static inline unsigned mb_ctz64(uint64_t value)
{
	return (unsigned)__builtin_ctzll(value);
}

/* floor(log2(value)); value must not be 0 (Linux ilog2). */
static inline unsigned mb_ilog2(uint64_t value)
{
	return 63u - (unsigned)__builtin_clzll(value);
}

/* Smallest power of two that is >= value; value must be 1 … 2^63 (Linux roundup_pow_of_two). */
static inline uint64_t mb_roundup_pow2(uint64_t value)
{
	return value <= 1 ? 1 : UINT64_C(1) << mb_fls64(value - 1);
}

/* Bitmaps are arrays of 64-bit words, bit n in word n / 64. */
#define MB_BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline bool mb_bit_test(const uint64_t *map, size_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

static inline void mb_bit_set(uint64_t *map, size_t bit)
{
	map[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void mb_bit_clear(uint64_t *map, size_t bit)
{
	map[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

#endif
