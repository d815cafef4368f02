/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/fill.h"

#define LINES 64

static const struct mb_fill *supported(size_t index)
{
	const struct mb_fill *fill = mb_fill_row(index);

	if (fill && !mb_fill_supported(fill)) {
		print_message("# %s: this CPU has no %s\n", fill->name, fill->needs);
		return NULL;
	}
	return fill;
}

/* Byte for byte what it should, and nothing before or behind. */
static void test_every_byte(void **state)
{
	alignas(MB_FILL_BYTES) unsigned char memory[LINES][MB_FILL_BYTES];
	alignas(MB_FILL_BYTES) unsigned char pattern[MB_FILL_BYTES];
	const struct mb_fill *fill;

	for (size_t i = 0; mb_fill_row(i); i++)
		for (unsigned count = 1; (fill = supported(i)) && count < LINES - 1; count++) {
			mb_fill_pattern(count, pattern);
			memset(memory, 0xee, sizeof(memory));
			fill->fill(memory[1], count * MB_FILL_BYTES, pattern);
			for (unsigned line = 0; line < LINES; line++)
				for (unsigned b = 0; b < MB_FILL_BYTES; b++) {
					unsigned char is = memory[line][b], want = 0xee;

					if (line >= 1 && line <= count)
						want = fill->unit ? pattern[b % fill->unit] : 0;
					if (is != want)
						fail_msg("%s: byte %u of line %u of %u is 0x%02x",
							 fill->name, b, line, count, is);
				}
		}
}

/* Vectors can repeat all of it, and no fill that is to be a limit could take it for zeros. */
static void test_pattern(void **state)
{
	unsigned char one[MB_FILL_BYTES], other[MB_FILL_BYTES];
	unsigned nonzero = 0;

	mb_fill_pattern(0, one);
	mb_fill_pattern(1, other);
	assert_true(one[0] && other[0]);
	for (size_t i = 0; i < MB_FILL_BYTES; i++) {
		nonzero += one[i] != 0;
		assert_true(one[i] ? other[i] && one[i] != other[i] : !other[i]);
	}
	assert_in_range(nonzero, MB_FILL_BYTES / 4, MB_FILL_BYTES - 1);
	mb_fill_pattern(2, other);
	assert_memory_equal(one, other, sizeof(one));
}

static void test_is(void **state)
{
	unsigned char memory[LINES][MB_FILL_BYTES], expected[MB_FILL_BYTES];

	mb_fill_expect(mb_fill_row(0), "Z", expected);
	memset(memory, 'Z', sizeof(memory));
	assert_true(mb_fill_is(memory, sizeof(memory), expected));
	for (size_t i = 0; i < sizeof(memory); i += 61) {
		((unsigned char *)memory)[i] ^= 0x10;
		assert_false(mb_fill_is(memory, sizeof(memory), expected));
		((unsigned char *)memory)[i] ^= 0x10;
	}
}

static void test_rows(void **state)
{
	const struct mb_fill *fill, *other;

	assert_string_equal(mb_fill_row(0)->name, "memset");
	assert_true(mb_fill_supported(mb_fill_row(0)));
	for (size_t i = 0; (fill = mb_fill_row(i)); i++) {
		assert_non_null(fill->fill);
		assert_int_equal(fill->needs != NULL, fill->supported != NULL);
		assert_true(fill->unit == 0 || MB_FILL_BYTES % fill->unit == 0);
		for (size_t j = 0; j < i && (other = mb_fill_row(j)); j++)
			assert_string_not_equal(fill->name, other->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
