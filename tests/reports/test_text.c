/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/text.h"

static char *made(void (*add)(struct mb_strbuf *, const char *), const char *text)
{
	struct mb_strbuf buf = {0};
	char *made_text;

	add(&buf, text);
	made_text = mb_strbuf_take(&buf);
	assert_non_null(made_text);
	return made_text;
}

static void assert_made(void (*add)(struct mb_strbuf *, const char *), const char *text,
			const char *expected)
{
	char *made_text = made(add, text);

	assert_string_equal(made_text, expected);
	free(made_text);
}

static void put_utf8(uint32_t code, char *text)
{
	if (code < 0x80) {
		*text++ = (char)code;
	} else if (code < 0x800) {
		*text++ = (char)(0xc0 | code >> 6);
	} else if (code < 0x10000) {
		*text++ = (char)(0xe0 | code >> 12);
		*text++ = (char)(0x80 | (code >> 6 & 0x3f));
	} else {
		*text++ = (char)(0xf0 | code >> 18);
		*text++ = (char)(0x80 | (code >> 12 & 0x3f));
		*text++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	if (code >= 0x80)
		*text++ = (char)(0x80 | (code & 0x3f));
	*text = 0;
}

/* Every code point is read back whole; every surrogate is refused. */
static void test_next_all(void **state)
{
	for (uint32_t code = 1; code <= 0x10ffff; code++) {
		bool surrogate = code >= 0xd800 && code <= 0xdfff;
		const char *at;
		char text[8];

		put_utf8(code, text);
		at = text;
		if (mb_text_next(&at) != (surrogate ? UINT32_MAX : code))
			fail_msg("U+%04X is misread", code);
		if (!surrogate && *at)
			fail_msg("U+%04X is not read to its end", code);
	}
}

/* The examples of RFC 3629 and of Markus Kuhn's decoder test: overlong, cut off, stray, too large. */
static void test_next_invalid(void **state)
{
	static const char *const bad[] = {"\x80",
					  "\xbf",
					  "\xc0\xaf",
					  "\xc1\xbf",
					  "\xe0\x80\xaf",
					  "\xf0\x80\x80\xaf",
					  "\xe2\x82",
					  "\xf0\x9f\x98",
					  "\xf4\x90\x80\x80",
					  "\xf8\x88\x80\x80\x80",
					  "\xfe",
					  "\xff",
					  "\xc3(",
					  "\xe2(\xa1"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(bad); i++) {
		const char *at = bad[i];

		assert_int_equal(mb_text_next(&at), UINT32_MAX);
		assert_ptr_equal(at, bad[i] + 1);
	}
}

static void test_utf8(void **state)
{
	assert_made(mb_text_add_utf8, "", "");
	assert_made(mb_text_add_utf8, "gr\xc3\xbc\xc3\x9f\n\x1b", "gr\xc3\xbc\xc3\x9f\n\x1b");
	assert_made(mb_text_add_utf8,
		    "a\xff"
		    "b\xe2\x82",
		    "a\\xffb\\xe2\\x82");
}

static void test_printable(void **state)
{
	assert_made(mb_text_add_printable, "a\nb\tc\rd", "a\\nb\\tc\\x0dd");
	assert_made(mb_text_add_printable, "\x1b[31m\x7f", "\\x1b[31m\\x7f");
	assert_made(mb_text_add_printable, "\xc2\x9b", "\\x9b");
	assert_made(mb_text_add_printable, "\xe2\x80\xae\xe2\x80\xa8", "\\u202e\\u2028");
	assert_made(mb_text_add_printable, "\xff \xe2\x82\xac", "\\xff \xe2\x82\xac");
}

/* Whatever goes in, what comes out is UTF-8 without controls, and doing it again changes nothing. */
static void test_printable_random(void **state)
{
	struct mb_rng rng = {seed()};

	for (size_t round = 0; round < 2000; round++) {
		char text[24] = "", *once;
		size_t length = mb_rng_below(&rng, sizeof(text));

		for (size_t i = 0; i < length; i++)
			text[i] = (char)(1 + mb_rng_below(&rng, 255));
		once = made(mb_text_add_printable, text);
		for (const char *at = once; *at;) {
			uint32_t code = mb_text_next(&at);

			assert_true(code != UINT32_MAX && code >= 0x20 &&
				    (code < 0x7f || code > 0x9f));
		}
		assert_made(mb_text_add_printable, once, once);
		assert_made(mb_text_add_utf8, once, once);
		free(once);
	}
}

static void test_argument(void **state)
{
	struct mb_strbuf line = {0};

	mb_text_add_argument(&line, "memboot");
	mb_text_add_argument(&line, "--machine=nodes");
	mb_text_add_argument(&line, "two words");
	mb_text_add_argument(&line, "");
	mb_text_add_argument(&line, "it's");
	mb_text_add_argument(&line, "$(x)`y`\\");
	assert_string_equal(mb_strbuf_text(&line),
			    "memboot --machine=nodes 'two words' '' 'it'\\''s' '$(x)`y`\\'");
	mb_strbuf_fini(&line);
}

/* A shell reads the arguments back. */
static void test_argument_shell(void **state)
{
	struct mb_strbuf line = {0};
	char back[4096] = "", *at = back;
	FILE *shell;

	mb_text_add_argument(&line, "printf");
	mb_text_add_argument(&line, "%s\\001");
	for (size_t i = 0; i < MB_ARRAY_SIZE(hostile); i++)
		mb_text_add_argument(&line, hostile[i]);
	shell = popen(mb_strbuf_text(&line), "r");
	assert_non_null(shell);
	back[fread(back, 1, sizeof(back) - 1, shell)] = 0;
	assert_int_equal(pclose(shell), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(hostile); i++) {
		size_t length = strlen(hostile[i]);

		assert_memory_equal(at, hostile[i], length);
		assert_int_equal(at[length], 1);
		at += length + 1;
	}
	mb_strbuf_fini(&line);
}

static void test_same(void **state)
{
	assert_true(mb_text_same("a", (char[]){"a"}));
	assert_false(mb_text_same("a", "b"));
	assert_true(mb_text_same(NULL, NULL));
	assert_false(mb_text_same("", NULL));
	assert_false(mb_text_same(NULL, ""));
}

static void test_wrapped(void **state)
{
	static const struct {
		const char *before, *words;
		size_t indent, columns;
		const char *text;
	} cases[] = {
		{"", "one two three", 0, 80, "one two three\n"},
		{"", "", 4, 80, "\n"},
		{"", "one two three", 2, 7, "one two\n  three\n"},
		{"old\nQ1 ", "one two three", 3, 9, "old\nQ1 one\n   two\n   three\n"},
		{"", "alongerwordthanthat x", 2, 8, "alongerwordthanthat\n  x\n"},
		{"", "so  many   spaces", 0, 80, "so many spaces\n"},
		{"", "takes 60 s now", 1, 9, "takes\n 60 s now\n"},
		{"", "takes 60 s", 1, 8, "takes\n 60 s\n"},
		{"", "a\nb \x1b[1m", 0, 80, "a\\nb \\x1b[1m\n"},
		{"", "\xe6\xbc\xa2\xe5\xad\x97 \xc2\xb5s", 0, 6,
		 "\xe6\xbc\xa2\xe5\xad\x97\n\xc2\xb5s\n"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_strbuf text = {0};

		mb_strbuf_add(&text, cases[i].before);
		mb_text_add_wrapped(&text, cases[i].words, cases[i].indent, cases[i].columns);
		assert_string_equal(mb_strbuf_text(&text), cases[i].text);
		mb_strbuf_fini(&text);
	}
}

static void test_width(void **state)
{
	assert_int_equal(mb_text_width(""), 0);
	assert_int_equal(mb_text_width("abc"), 3);
	assert_int_equal(mb_text_width("\xc2\xb5s \xe2\x80\xaf"), 4);
	assert_int_equal(mb_text_width("e\xcc\x81"), 1);
	assert_int_equal(mb_text_width("\xe6\xbc\xa2\xe5\xad\x97"), 4);
	assert_int_equal(mb_text_width("\xf0\x9f\x98\x80"), 2);
	assert_int_equal(mb_text_width("\xe2\x94\x80\xe2\x94\x80"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_all),
		cmocka_unit_test(test_next_invalid),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_printable_random),
		cmocka_unit_test(test_argument),
		cmocka_unit_test(test_argument_shell),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_wrapped),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
