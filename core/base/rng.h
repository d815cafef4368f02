/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_RNG_H
#define MB_CORE_BASE_RNG_H

#include <stddef.h>
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

/*
 * Puts so many items of item_bytes each in random order, every order with the same odds (Durstenfeld: Algorithm 235, Random
 * permutation, CACM 7(7), 1964); the same state leaves the same order.
 */
static inline void mb_rng_shuffle(struct mb_rng *rng, void *items, size_t count, size_t item_bytes)
{
	unsigned char *bytes = items;

	for (size_t left = count; left > 1; left--) {
		unsigned char *last = bytes + (left - 1) * item_bytes;
		unsigned char *other = bytes + mb_rng_below(rng, left) * item_bytes;

		for (size_t i = 0; i < item_bytes; i++) {
			unsigned char kept = last[i];

			last[i] = other[i];
			other[i] = kept;
		}
	}
}

#endif
