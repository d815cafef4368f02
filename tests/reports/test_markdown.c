/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/markdown.h"
#include "tests/reports/hostile.h"

static void assert_code(const char *text, const char *expected)
{
	struct mb_strbuf buf = {0};

	mb_markdown_add_code(&buf, text);
	assert_string_equal(mb_strbuf_text(&buf), expected);
	mb_strbuf_fini(&buf);
}

static void assert_sentence(const char *text, const char *expected)
{
	struct mb_strbuf buf = {0};

	mb_markdown_add_sentence(&buf, text);
	assert_string_equal(mb_strbuf_text(&buf), expected);
	mb_strbuf_fini(&buf);
}

/* The fence is longer than what it holds; a bar would end a cell, a line feed a row. */
static void test_code(void **state)
{
	assert_code("a<b>_c_", "`a<b>_c_`");
	assert_code("", "");
	assert_code("a|b", "`a\\x7cb`");
	assert_code("a`b", "`` a`b ``");
	assert_code("a``b`", "``` a``b` ```");
	assert_code("a\nb", "`a\\nb`");
	assert_code("\xff", "`\\xff`");
}

/* No markup, mention or link; an underline inside a word is none. */
static void test_sentence(void **state)
{
	assert_sentence("memmap_init is _slow_", "memmap_init is \\_slow\\_");
	assert_sentence("a|b <c> [d](e) *f* ~g~ `h`",
			"a\\|b \\<c\\> \\[d\\](e) \\*f\\* \\~g\\~ \\`h\\`");
	assert_sentence("@me #12", "\\\\x40me \\\\x2312");
	assert_sentence("&amp;", "\\&amp;");
}

/* Whatever the text is, it stays on its line. */
static void test_hostile(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(hostile); i++) {
		struct mb_strbuf buf = {0};

		mb_markdown_add_code(&buf, hostile[i]);
		mb_markdown_add_sentence(&buf, hostile[i]);
		assert_null(strpbrk(mb_strbuf_text(&buf), "\n\r\t\x1b"));
		assert_int_equal(buf.error, 0);
		mb_strbuf_fini(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_sentence),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("markdown", tests, NULL, NULL);
}
