/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "numa/kernlog_scan.h"

/* Whether it matches, and the first two numbers or texts. */
static void test_patterns(void **state)
{
	static const struct {
		const char *line, *pattern;
		bool match;
		uint64_t numbers[2];
	} cases[] = {
		{"a 5 b", "a %n b", true, {5}},
		{"a  \t5 b", "a %n b", true, {5}},
		{"a5 b", "a %n b", false, {0}},
		{"a 5 b ", "a %n b", true, {5}},
		{"a 5 bc", "a %n b", false, {0}},
		{"a 5 bc", "a %n b%+", true, {5}},
		{"a 5", "a %n b", false, {0}},
		{"", "", true, {0}},
		{"", "%n", false, {0}},
		{"0x1f-0xFF", "%n-%n", true, {0x1f, 0xff}},
		{"0x", "%n", false, {0}},
		{"12f", "%n", false, {0}},
		{"18446744073709551615", "%n", true, {UINT64_MAX}},
		{"18446744073709551616", "%n", false, {0}},
		{"0xffffffffffffffff", "%n", true, {UINT64_MAX}},
		{"0x10000000000000000", "%n", false, {0}},
		{"-1 -", "%d -", true, {UINT64_MAX}},
		{"-", "%d", false, {0}},
		{"-1", "%n", false, {0}},
	};
	struct mb_kernlog_field fields[MB_KERNLOG_MAX_FIELDS];

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		memset(fields, 0, sizeof(fields));
		if (mb_kernlog_scan(cases[i].line, cases[i].pattern, fields) != cases[i].match)
			fail_msg("'%s' against '%s'", cases[i].line, cases[i].pattern);
		if (!cases[i].match)
			continue;
		assert_int_equal(fields[0].number, cases[i].numbers[0]);
		assert_int_equal(fields[1].number, cases[i].numbers[1]);
	}
}

/* %s is as short as what follows allows, and no longer than its buffer when copied. */
static void test_texts(void **state)
{
	static const struct {
		const char *line, *pattern, *text;
	} cases[] = {
		{"zone DMA: 4", "zone %s: %n", "DMA"},
		{"zone a: b: 4", "zone %s: %n", NULL},
		{"free a memory memory: 4", "free %s memory: %n", "a memory"},
		{"free a \t  b\t memory: 4", "free %s memory: %n", "a \t  b\t"},
		{"x rest of it ", "x %s", "rest of it "},
		{"x ", "x %s", ""},
		{"x", "x %s", NULL},
		{"(a)", "(%s)", "a"},
		{"()", "(%s)", ""},
		{"(a", "(%s)", NULL},
	};
	struct mb_kernlog_field fields[MB_KERNLOG_MAX_FIELDS];
	char buf[12];

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		bool match = mb_kernlog_scan(cases[i].line, cases[i].pattern, fields);

		assert_int_equal(match, cases[i].text != NULL);
		if (!match)
			continue;
		mb_kernlog_scan_copy(&fields[0], buf, sizeof(buf));
		assert_string_equal(buf, cases[i].text);
		mb_kernlog_scan_copy(&fields[0], buf, 2);
		assert_int_equal(strlen(buf), fields[0].length > 0);
	}
}

static void test_body(void **state)
{
	static const struct {
		const char *line, *body;
	} cases[] = {
		{"[    0.000000] a b", "a b"},
		{"[12345.678901]   a", "a"},
		{"<6>[    0.123456] a", "a"},
		{"[    0.123456][    T0] a", "a"},
		{"[    0.123456] [    C12] a", "[    C12] a"},
		{"a b", "a b"},
		{"  a", "a"},
		{"[mem 0x1-0x2] available", "[mem 0x1-0x2] available"},
		{"[    0.1", "[    0.1"},
		{"[", "["},
		{"[]", "[]"},
		{"<", "<"},
		{"<6>", ""},
		{"", ""},
		{"Nov 22 01:30:31 host kernel: a", "a"},
		{"Nov 22 01:30:31 host kernel: [    0.000000] a", "a"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++)
		assert_string_equal(mb_kernlog_scan_body(cases[i].line), cases[i].body);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
