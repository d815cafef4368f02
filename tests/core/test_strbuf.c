/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"

static void test_empty(void **state)
{
	struct mb_strbuf buf = {0};
	char *text;

	assert_string_equal(mb_strbuf_text(&buf), "");
	text = mb_strbuf_take(&buf);
	assert_string_equal(text, "");
	free(text);
	mb_strbuf_fini(&buf);
	mb_strbuf_fini(&buf);
}

static void test_add(void **state)
{
	struct mb_strbuf buf = {0};
	char *text;

	mb_strbuf_add(&buf, "a");
	mb_strbuf_add(&buf, "");
	mb_strbuf_addf(&buf, "%s-%d", "b", 7);
	assert_string_equal(mb_strbuf_text(&buf), "ab-7");
	assert_int_equal(buf.length, 4);
	text = mb_strbuf_take(&buf);
	assert_string_equal(text, "ab-7");
	assert_int_equal(buf.length, 0);
	assert_string_equal(mb_strbuf_text(&buf), "");
	free(text);
}

/* Each length around the steps in which the buffer grows, added at once and bit by bit. */
static void test_growth(void **state)
{
	for (size_t length = 0; length < 300; length++) {
		struct mb_strbuf once = {0}, steps = {0};
		char text[301];

		memset(text, 'x', length);
		text[length] = '\0';
		mb_strbuf_add(&once, text);
		for (size_t i = 0; i < length; i++)
			mb_strbuf_addf(&steps, "%c", 'x');
		assert_int_equal(once.error, 0);
		assert_int_equal(once.length, length);
		assert_string_equal(mb_strbuf_text(&once), text);
		assert_string_equal(mb_strbuf_text(&steps), text);
		mb_strbuf_addf(&once, "%s", text);
		assert_int_equal(once.length, 2 * length);
		assert_int_equal(strlen(mb_strbuf_text(&once)), 2 * length);
		mb_strbuf_fini(&once);
		mb_strbuf_fini(&steps);
	}
}

/* After a failure nothing is added, and what is taken is NULL. */
static void test_error(void **state)
{
	struct mb_strbuf buf = {0};

	mb_strbuf_add(&buf, "a");
	buf.error = -ENOMEM;
	mb_strbuf_add(&buf, "b");
	mb_strbuf_addf(&buf, "%d", 1);
	assert_int_equal(buf.length, 1);
	assert_null(mb_strbuf_take(&buf));
	assert_int_equal(buf.error, 0);
	assert_null(buf.data);
}

static void test_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "1"},
		{1023, "1023"},
		{1024, "1K"},
		{4097, "4097"},
		{512 * MB_KIB, "512K"},
		{3 * MB_GIB, "3G"},
		{4 * MB_TIB, "4T"},
		{4097 * MB_GIB, "4097G"},
		{UINT64_C(1) << 52, "4P"},
		{UINT64_C(1) << 63, "8192P"},
		{UINT64_MAX, "18446744073709551615"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_strbuf buf = {0};

		mb_strbuf_add_size(&buf, cases[i].bytes);
		assert_string_equal(mb_strbuf_text(&buf), cases[i].text);
		mb_strbuf_fini(&buf);
	}
}

static void test_sizes_for_people(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text, *brief;
	} rows[] = {
		{0, "0 B", "0 B"},
		{1023, "1023 B", "1023 B"},
		{1024, "1 KiB", "1 KiB"},
		{1536, "1.5 KiB", "1.5 KiB"},
		{UINT64_C(80) << 20, "80 MiB", "80 MiB"},
		{UINT64_C(1040) << 20, "1.016 GiB", "1.0 GiB"},
		{UINT64_C(14254) << 20, "13.92 GiB", "13.9 GiB"},
		{(UINT64_C(1) << 30) - 1, "1024 MiB", "1.0 GiB"},
		{UINT64_C(64) << 40, "64 TiB", "64 TiB"},
		{UINT64_MAX, "16 EiB", "16 EiB"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(mb_strbuf_size(rows[i].bytes).text, rows[i].text);
		assert_string_equal(mb_strbuf_size_short(rows[i].bytes).text, rows[i].brief);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),  cmocka_unit_test(test_add),
		cmocka_unit_test(test_growth), cmocka_unit_test(test_error),
		cmocka_unit_test(test_size),   cmocka_unit_test(test_sizes_for_people),
	};

	return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
