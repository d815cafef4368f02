/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "benches/fill.h"

static void fill_memset(void *dst, size_t bytes, const void *pattern)
{
	memset(dst, *(const unsigned char *)pattern, bytes);
	__asm__ volatile("" : : "r"(dst) : "memory");
}

static const struct mb_fill by_memset = {
	.name = "memset",
	.summary = "memset of the C library",
	.unit = 1,
	.fill = fill_memset,
};

const struct mb_fill *mb_fill_row(size_t index)
{
	if (index == 0)
		return &by_memset;
	return index - 1 < mb_fill_nr_cpu_rows ? &mb_fill_cpu_rows[index - 1] : NULL;
}

bool mb_fill_supported(const struct mb_fill *fill)
{
	return !fill->supported || fill->supported();
}

void mb_fill_pattern(unsigned turn, void *ret_pattern)
{
	static const uint64_t words[] = {
		UINT64_C(0x0017fffc0000005a),
		UINT64_C(0xffffea0004a1c008),
		UINT64_C(0xffffea0004a1c008),
		0,
		0,
		0,
		UINT64_C(0x00000001ffffffff),
		0,
	};
	unsigned char *bytes = ret_pattern;

	_Static_assert(sizeof(words) == MB_FILL_BYTES, "the pattern is one line");
	memcpy(bytes, words, sizeof(words));
	for (size_t i = 0; i < sizeof(words); i++)
		if (bytes[i] && turn % 2)
			bytes[i] = bytes[i] == 0xa5 ? 0x5a : bytes[i] ^ 0xa5;
}

void mb_fill_expect(const struct mb_fill *fill, const void *pattern, void *ret_expected)
{
	unsigned char *expected = ret_expected;

	for (size_t i = 0; i < MB_FILL_BYTES; i++)
		expected[i] = fill->unit ? ((const unsigned char *)pattern)[i % fill->unit] : 0;
}

/* Equal to its own shift by one pattern, and the first is right: all are. */
bool mb_fill_is(const void *addr, size_t bytes, const void *expected)
{
	const unsigned char *from = addr;

	return !memcmp(from, expected, MB_FILL_BYTES) &&
	       !memcmp(from, from + MB_FILL_BYTES, bytes - MB_FILL_BYTES);
}
