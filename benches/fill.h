/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_FILL_H
#define MB_BENCHES_FILL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Ways to fill memory: what a CPU can store, whatever it is stored for. They share no code with the
 * page initialisers that are measured against them. Which of them a CPU has is asked when the program
 * runs.
 */

/* What is repeated, aligned to its size; what is filled is a multiple of it and aligned likewise. */
#define MB_FILL_BYTES 64

typedef void mb_fill_fn(void *dst, size_t bytes, const void *pattern);

struct mb_fill {
	const char *name;    /* "avx2-nt" */
	const char *summary; /* "non-temporal stores of 32 bytes" */
	/* How many bytes of the pattern it can repeat: the first 1, 8 or 64; 0: it stores zeros. */
	unsigned unit;
	const char *needs; /* of the CPU: "AVX2"; NULL: nothing */
	bool (*supported)(void);
	mb_fill_fn *fill;
};

/* The fills of this architecture; NULL after the last. The first is memset. */
const struct mb_fill *mb_fill_row(size_t index);

bool mb_fill_supported(const struct mb_fill *fill);

/*
 * MB_FILL_BYTES that look like a descriptor that memmap_init leaves: flags, pointers, counts and zeros,
 * the first byte not zero. Two of them, by turn, differ in each byte that is not zero.
 */
void mb_fill_pattern(unsigned turn, void *ret_pattern);

/* What is in memory after the fill, from any multiple of MB_FILL_BYTES on. */
void mb_fill_expect(const struct mb_fill *fill, const void *pattern, void *ret_expected);

/* True when all of it is that, again and again. */
bool mb_fill_is(const void *addr, size_t bytes, const void *expected);

/* For the files of the architectures. */
extern const struct mb_fill mb_fill_cpu_rows[];
extern const size_t mb_fill_nr_cpu_rows;

#endif
