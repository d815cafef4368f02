/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/parse.h"
#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "tests/seed.h"

#define UNTOUCHED UINT64_C(0x5a5a5a5a5a5a5a5a)

struct number_case {
	const char *text;
	int result;
	uint64_t value;
};

static void run_numbers(const struct number_case *cases, size_t count,
			int (*parse)(const char *, size_t, uint64_t *))
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(cases[i].text);
		uint64_t value = UNTOUCHED;
		/* The exact length on the heap: a sanitizer sees the first byte behind it. */
		char *text = malloc(length + 1);
		char *exact = malloc(length ? length : 1);
		int r;

		assert_non_null(text);
		assert_non_null(exact);
		memcpy(exact, cases[i].text, length);
		r = parse(exact, length, &value);
		if (r != cases[i].result || value != (r ? UNTOUCHED : cases[i].value))
			fail_msg("'%s': result %d, value %" PRIu64, cases[i].text, r, value);
		/* What follows the text does not count. */
		memcpy(text, cases[i].text, length);
		text[length] = '7';
		assert_int_equal(parse(text, length, &value), r);
		free(exact);
		free(text);
	}
}

static void test_u64(void **state)
{
	static const struct number_case cases[] = {
		{"0", 0, 0},
		{"17", 0, 17},
		{"007", 0, 7},
		{"0x1f", 0, 0x1f},
		{"0XfF", 0, 0xff},
		{"18446744073709551615", 0, UINT64_MAX},
		{"0xffffffffffffffff", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"0x10000000000000000", -ERANGE, 0},
		{"99999999999999999999999x", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"0x", -EINVAL, 0},
		{"x1", -EINVAL, 0},
		{"1f", -EINVAL, 0},
		{"0x1g", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
	};

	run_numbers(cases, MB_ARRAY_SIZE(cases), mb_parse_u64);
}

static void test_size(void **state)
{
	static const struct number_case cases[] = {
		{"0", 0, 0},
		{"4097", 0, 4097},
		{"1K", 0, MB_KIB},
		{"1k", 0, MB_KIB},
		{"512KiB", 0, 512 * MB_KIB},
		{"512KB", 0, 512 * MB_KIB},
		{"3M", 0, 3 * MB_MIB},
		{"64g", 0, 64 * MB_GIB},
		{"4T", 0, 4 * MB_TIB},
		{"2P", 0, 2048 * MB_TIB},
		{"15E", 0, UINT64_C(15) << 60},
		{"100B", 0, 100},
		{"0x1000", 0, 4096},
		{"0x10K", 0, 16 * MB_KIB},
		{"0x1B", 0, 0x1b},
		{"0x1E", 0, 0x1e},
		{"1.5G", 0, 3 * MB_GIB / 2},
		{"1.50G", 0, 3 * MB_GIB / 2},
		{"0.5K", 0, 512},
		{"1.0", 0, 1},
		{"2.00000000000000000000000000000000000000000000000000000000000000000000000", 0, 2},
		{"0.0009765625K", 0, 1},
		{"0.000000000931322574615478515625G", 0, 1},
		{"0.000000000000000000867361737988403547205962240695953369140625E", 0, 1},
		{"15.999999999999999999132638262011596452794037759304046630859375E", 0, UINT64_MAX},
		{"16E", -ERANGE, 0},
		{"16.5E", -ERANGE, 0},
		{"18446744073709551615K", -ERANGE, 0},
		{"18446744073709551616", -ERANGE, 0},
		{"1.3K", -EINVAL, 0},
		{"1.5", -EINVAL, 0},
		{"1.5B", -EINVAL, 0},
		{"0.1G", -EINVAL, 0},
		{"0.0000000000000000000000000000000000000000000000000000000000000000001E", -EINVAL,
		 0},
		{"", -EINVAL, 0},
		{"K", -EINVAL, 0},
		{"1.G", -EINVAL, 0},
		{".5G", -EINVAL, 0},
		{"0x1.8G", -EINVAL, 0},
		{"1iB", -EINVAL, 0},
		{"1Ki", -EINVAL, 0},
		{"1KK", -EINVAL, 0},
		{"1KiBB", -EINVAL, 0},
		{"1Z", -EINVAL, 0},
		{"-1K", -EINVAL, 0},
		{"1 K", -EINVAL, 0},
		{"1@", -EINVAL, 0},
	};
	uint64_t value = 0;

	run_numbers(cases, MB_ARRAY_SIZE(cases), mb_parse_size);
	assert_int_equal(mb_parse_size_str("1.5G", &value), 0);
	assert_int_equal(value, 3 * MB_GIB / 2);
}

/* A zero byte is no digit and no unit, also where strchr() would find it. */
static void test_size_zero_byte(void **state)
{
	uint64_t value = UNTOUCHED;

	assert_int_equal(mb_parse_size("1\0", 2, &value), -EINVAL);
	assert_int_equal(mb_parse_u64("1\0", 2, &value), -EINVAL);
	assert_int_equal(value, UNTOUCHED);
}

/* Every size that is printed is read back. */
static void test_size_round_trip(void **state)
{
	struct mb_rng rng = {seed_or(20240607)};

	for (int i = 0; i < 20000; i++) {
		uint64_t bytes = mb_rng_next(&rng) >> mb_rng_below(&rng, 64), value = ~bytes;
		struct mb_strbuf buf = {0};

		bytes &= UINT64_MAX << mb_rng_below(&rng, 64);
		mb_strbuf_add_size(&buf, bytes);
		if (mb_parse_size(buf.data, buf.length, &value) || value != bytes)
			fail_msg("%" PRIu64 " printed as %s", bytes, buf.data);
		mb_strbuf_fini(&buf);
	}
}

static void test_list(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t map[2];
	} cases[] = {
		{"", 0, {0, 0}},
		{"0", 0, {1, 0}},
		{"0-3,8,10-11", 0, {0xd0f, 0}},
		{"62-65", 0, {UINT64_C(3) << 62, 3}},
		{"0-99", 0, {UINT64_MAX, (UINT64_C(1) << 36) - 1}},
		{"99", 0, {0, UINT64_C(1) << 35}},
		{"3,3,1-4", 0, {0x1e, 0}},
		{"100", -ERANGE, {0, 0}},
		{"5,0-100", -ERANGE, {0, 0}},
		{"99999999999999999999", -ERANGE, {0, 0}},
		{"100,x", -EINVAL, {0, 0}},
		{"3-1", -EINVAL, {0, 0}},
		{",", -EINVAL, {0, 0}},
		{"1,", -EINVAL, {0, 0}},
		{",1", -EINVAL, {0, 0}},
		{"1,,2", -EINVAL, {0, 0}},
		{"1-", -EINVAL, {0, 0}},
		{"-1", -EINVAL, {0, 0}},
		{"1-2-3", -EINVAL, {0, 0}},
		{"1 ", -EINVAL, {0, 0}},
		{"1\n", -EINVAL, {0, 0}},
		{"0x1", -EINVAL, {0, 0}},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		const uint64_t before = UINT64_C(1) << 50;
		uint64_t map[2] = {0, before};
		int r = mb_parse_list(cases[i].text, strlen(cases[i].text), 100, map);

		/* The map is added to, and left alone on failure. */
		if (r != cases[i].result || map[0] != cases[i].map[0] ||
		    map[1] != (cases[i].map[1] | before))
			fail_msg("'%s': result %d", cases[i].text, r);
	}
}

static void test_list_round_trip(void **state)
{
	struct mb_rng rng = {seed_or(20240607)};

	for (int i = 0; i < 2000; i++) {
		uint64_t map[3], again[3] = {0, 0, 0};
		uint64_t limit = 1 + mb_rng_below(&rng, 192);
		struct mb_strbuf buf = {0};

		for (int word = 0; word < 3; word++)
			map[word] = mb_rng_next(&rng) | mb_rng_next(&rng);
		for (uint64_t bit = limit; bit < 192; bit++)
			mb_bit_clear(map, bit);
		mb_parse_list_print(&buf, map, limit);
		if (mb_parse_list(mb_strbuf_text(&buf), buf.length, limit, again) ||
		    memcmp(map, again, sizeof(map)))
			fail_msg("%s", mb_strbuf_text(&buf));
		mb_strbuf_fini(&buf);
	}
}

static void test_printable(void **state)
{
	assert_int_equal(mb_parse_printable("", 0), 0);
	assert_int_equal(mb_parse_printable(" a~", 3), 3);
	assert_int_equal(mb_parse_printable("ab\x7f", 2), 2);
	assert_int_equal(mb_parse_printable("ab\x7f", 3), 2);
	assert_int_equal(mb_parse_printable("a\tb", 3), 1);
	assert_int_equal(mb_parse_printable("\xc3\xa9", 2), 0);
	assert_int_equal(mb_parse_printable("a\0b", 3), 1);
}

static void test_distance(void **state)
{
	assert_int_equal(mb_parse_distance("", ""), 0);
	assert_int_equal(mb_parse_distance("cpus", "cpus"), 0);
	assert_int_equal(mb_parse_distance("", "cpus"), 4);
	assert_int_equal(mb_parse_distance("cpus", ""), 4);
	assert_int_equal(mb_parse_distance("cpu", "cpus"), 1);
	assert_int_equal(mb_parse_distance("cbus", "cpus"), 1);
	assert_int_equal(mb_parse_distance("pcus", "cpus"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_size_zero_byte),
		cmocka_unit_test(test_size_round_trip),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_round_trip),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
