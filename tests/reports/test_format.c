/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>

#include "tests/reports/hostile.h"
#include "reports/format.h"

#define NARROW "\xe2\x80\xaf"
#define MICRO  "\xc2\xb5"

static void test_time(void **state)
{
	static const struct {
		double ns;
		const char *text;
	} rows[] = {
		{0, "0.00 ns"},
		{1e-9, "0.00 ns"},
		{0.00001234, "0.000012 ns"},
		{0.0036, "0.0036 ns"},
		{-0.0512, "-0.051 ns"},
		{0.0995, "0.10 ns"},
		{0.1, "0.10 ns"},
		{1.234, "1.23 ns"},
		{9.994, "9.99 ns"},
		{9.996, "10.0 ns"},
		{99.96, "100 ns"},
		{999.4, "999 ns"},
		{999.6, "1.00 " MICRO "s"},
		{12345, "12.3 " MICRO "s"},
		{1230000, "1.23 ms"},
		{999499999.0, "999 ms"},
		{999500000.0, "1.00 s"},
		{12.3e9, "12.3 s"},
		{12345e9, "12345 s"},
		{-1500, "-1.50 " MICRO "s"},
		{NAN, "-"},
		{INFINITY, "-"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_string_equal(mb_format_time(rows[i].ns, MB_FORMAT_UTF8).text, rows[i].text);
	assert_string_equal(mb_format_time(1500, MB_FORMAT_ASCII).text, "1.50 us");
}

static void test_bytes(void **state)
{
	assert_string_equal(mb_format_bytes(0).text, "0 B");
	assert_string_equal(mb_format_bytes(1023).text, "1023 B");
	assert_string_equal(mb_format_bytes(1024).text, "1.0 KiB");
	assert_string_equal(mb_format_bytes(0x1p32).text, "4.0 GiB");
	assert_string_equal(mb_format_bytes(0x1p30 - 1).text, "1.0 GiB");
	assert_string_equal(mb_format_bytes(0x1p44).text, "16.0 TiB");
	assert_string_equal(mb_format_bytes(NAN).text, "-");
}

static void test_rate(void **state)
{
	assert_string_equal(mb_format_rate(999).text, "999 B/s");
	assert_string_equal(mb_format_rate(12.34e9).text, "12.3 GB/s");
	assert_string_equal(mb_format_rate(999.6e6).text, "1.00 GB/s");
}

static void test_count(void **state)
{
	assert_string_equal(mb_format_count(0, MB_FORMAT_UTF8).text, "0");
	assert_string_equal(mb_format_count(999, MB_FORMAT_UTF8).text, "999");
	assert_string_equal(mb_format_count(1000, MB_FORMAT_UTF8).text, "1" NARROW "000");
	assert_string_equal(mb_format_count(16777216, MB_FORMAT_ASCII).text, "16,777,216");
	assert_string_equal(mb_format_count(-123456, MB_FORMAT_ASCII).text, "-123,456");
	assert_string_equal(mb_format_count(2.5, MB_FORMAT_ASCII).text, "3");
	assert_string_equal(mb_format_count(NAN, MB_FORMAT_ASCII).text, "-");
}

static void test_percent_ratio(void **state)
{
	assert_string_equal(mb_format_percent(12.345).text, "12.3 %");
	assert_string_equal(mb_format_percent(NAN).text, "-");
	assert_string_equal(mb_format_ratio(1.0344).text, "1.034");
}

/* Each row's format leads to the right function, and nothing overflows the text, however large. */
static void test_metric(void **state)
{
	static const double huge[] = {1.7976931348623157e308, -1.7976931348623157e308, 1e18,
				      -999999999999999999.0, 5e-324};

	assert_string_equal(
		mb_format_metric(&mb_metrics.rows[MB_METRIC_WALL_NS], 1e6, MB_FORMAT_UTF8).text,
		"1.00 ms");
	assert_string_equal(
		mb_format_metric(&mb_metrics.rows[MB_METRIC_PAGES], 4096, MB_FORMAT_ASCII).text,
		"4,096");
	assert_string_equal(
		mb_format_metric(&mb_metrics.rows[MB_METRIC_BYTES], 4096, MB_FORMAT_ASCII).text,
		"4.0 KiB");
	assert_string_equal(
		mb_format_metric(&mb_metrics.rows[MB_METRIC_SHARE_PERCENT], 50, MB_FORMAT_ASCII)
			.text,
		"50.0 %");
	for (size_t i = 0; i < mb_metrics.count; i++)
		for (size_t j = 0; j < MB_ARRAY_SIZE(huge); j++)
			assert_in_range(strlen(mb_format_metric(&mb_metrics.rows[i], huge[j],
								MB_FORMAT_UTF8)
						       .text),
					1, 40);
}

static void assert_exact(double value)
{
	const char *text;
	struct mb_format_text out = mb_format_exact(value);
	double back;

	text = out.text;
	if (!isfinite(value)) {
		assert_string_equal(text, "");
		return;
	}
	assert_int_equal(strspn(text, "0123456789.+-e"), strlen(text));
	back = strtod(text, NULL);
	if (memcmp(&back, &value, sizeof(value)))
		fail_msg("%s is not %.17g", text, value);
}

/* Reads back bit for bit, and is short where it can be. */
static void test_exact(void **state)
{
	struct mb_rng rng = {seed()};

	assert_string_equal(mb_format_exact(0.1).text, "0.1");
	assert_string_equal(mb_format_exact(4194304).text, "4194304");
	assert_string_equal(mb_format_exact(0x1p53).text, "9007199254740992");
	for (size_t i = 0; i < 20000; i++)
		assert_exact(any_number(&rng));
}

/* A locale with another decimal point changes nothing. Debian's C.UTF-8 has none, so the test looks for one. */
static void test_locale(void **state)
{
	static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
	const char *found = NULL;

	for (size_t i = 0; i < MB_ARRAY_SIZE(names) && !found; i++)
		found = setlocale(LC_NUMERIC, names[i]);
	if (!found) {
		print_message("skipped: no locale with a decimal comma is installed\n");
		skip();
	}
	assert_string_equal(mb_format_exact(0.5).text, "0.5");
	assert_string_equal(mb_format_time(1234567, MB_FORMAT_UTF8).text, "1.23 ms");
	assert_string_equal(mb_format_percent(1.5).text, "1.5 %");
	setlocale(LC_NUMERIC, "C");
}

static void test_utc(void **state)
{
	assert_string_equal(mb_format_utc(0).text, "1970-01-01T00:00:00Z");
	assert_string_equal(mb_format_utc(1769860800).text, "2026-01-31T12:00:00Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),          cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_rate),          cmocka_unit_test(test_count),
		cmocka_unit_test(test_percent_ratio), cmocka_unit_test(test_metric),
		cmocka_unit_test(test_exact),         cmocka_unit_test(test_locale),
		cmocka_unit_test(test_utc),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
