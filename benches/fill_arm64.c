/* SPDX-License-Identifier: Apache-2.0 */
#include <arm_neon.h>
#include <stdint.h>

#include "benches/fill.h"
#include "core/base/align.h"

/*
 * AArch64: pairs of vectors with and without the non-temporal hint, and zeroing by whole blocks (Arm ARM, LDP/STP,
 * STNP, DC ZVA). Written as assembly, since compilers choose the pairs themselves otherwise.
 */

struct line {
	uint8x16_t v[4];
};

static struct line load_line(const void *pattern)
{
	const uint8_t *from = pattern;

	return (struct line){
		{vld1q_u8(from), vld1q_u8(from + 16), vld1q_u8(from + 32), vld1q_u8(from + 48)}};
}

#define FILL(name, instruction)                                                        \
	static void name(void *dst, size_t bytes, const void *pattern)                 \
	{                                                                              \
		const struct line line = load_line(pattern);                           \
		char *to = dst, *stop = to + bytes;                                    \
		for (; to < stop; to += MB_FILL_BYTES)                                 \
			__asm__ volatile(instruction " %q1, %q2, [%0]\n\t" instruction \
						     " %q3, %q4, [%0, #32]"            \
					 :                                             \
					 : "r"(to), "w"(line.v[0]), "w"(line.v[1]),    \
					   "w"(line.v[2]), "w"(line.v[3])              \
					 : "memory");                                  \
		__asm__ volatile("dmb ishst" ::: "memory");                            \
	}

FILL(fill_neon, "stp")
FILL(fill_neon_nt, "stnp")

/* DCZID_EL0: bit 4 forbids the instruction, bits 3-0 are log2 of the block's words of 4 bytes. */
static uint64_t zva_bytes(void)
{
	uint64_t id;

	__asm__("mrs %0, dczid_el0" : "=r"(id));
	return id & 16 ? 0 : UINT64_C(4) << (id & 15);
}

/* Blocks of at most a line; wider ones would not divide what is to be filled. */
static bool has_zva(void)
{
	uint64_t bytes = zva_bytes();

	return bytes && bytes <= MB_FILL_BYTES;
}

static void fill_zva(void *dst, size_t bytes, const void *pattern)
{
	const uint64_t block = zva_bytes();

	(void)pattern;
	for (char *to = dst, *stop = to + bytes; to < stop; to += block)
		__asm__ volatile("dc zva, %0" : : "r"(to) : "memory");
}

const struct mb_fill mb_fill_cpu_rows[] = {
	{
		.name = "neon",
		.summary = "cached stores of two vectors of 16 bytes",
		.unit = 64,
		.fill = fill_neon,
	},
	{
		.name = "neon-nt",
		.summary = "stores of two vectors of 16 bytes, hinted as non-temporal",
		.unit = 64,
		.fill = fill_neon_nt,
	},
	{
		.name = "dc-zva",
		.summary = "zeroing of a block by one instruction",
		.needs = "DC ZVA with blocks of 64 bytes at most",
		.supported = has_zva,
		.fill = fill_zva,
	},
};
const size_t mb_fill_nr_cpu_rows = MB_ARRAY_SIZE(mb_fill_cpu_rows);
