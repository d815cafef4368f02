/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_ALIGN_H
#define MB_CORE_BASE_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Rounding on unsigned 64-bit values. The _pow2 forms need a power of two; the others take any
 * non-zero unit.
 */

static inline bool mb_is_pow2(uint64_t value)
{
	return value && !(value & (value - 1));
}

static inline uint64_t mb_align_down_pow2(uint64_t value, uint64_t align)
{
	return value & ~(align - 1);
}

static inline uint64_t mb_align_up_pow2(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static inline uint64_t mb_div_ceil(uint64_t value, uint64_t unit)
{
	return value / unit + (value % unit != 0);
}

static inline uint64_t mb_round_up(uint64_t value, uint64_t unit)
{
	return mb_div_ceil(value, unit) * unit;
}

static inline uint64_t mb_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t mb_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t mb_clamp(uint64_t value, uint64_t low, uint64_t high)
{
	return mb_max(low, mb_min(value, high));
}

#define MB_ARRAY_SIZE(a)            (sizeof(a) / sizeof((a)[0]))
#define MB_CONTAINER_OF(p, type, m) ((type *)((char *)(p)-offsetof(type, m)))
#define MB_KIB                      (UINT64_C(1) << 10)
#define MB_MIB                      (UINT64_C(1) << 20)
#define MB_GIB                      (UINT64_C(1) << 30)
#define MB_TIB                      (UINT64_C(1) << 40)

#endif
