/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_RNG_H
#define MB_CORE_BASE_RNG_H

#include <stdint.h>

/*
 * SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014): one
 * 64-bit word of state, every seed is good, the same sequence on every host. For tests and benches,
 * not for secrets.
 */
struct mb_rng {
	uint64_t state;
};

static inline uint64_t mb_rng_next(struct mb_rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Uniform enough in [0, bound); bound must not be 0. */
static inline uint64_t mb_rng_below(struct mb_rng *rng, uint64_t bound)
{
	return mb_rng_next(rng) % bound;
}

#endif
