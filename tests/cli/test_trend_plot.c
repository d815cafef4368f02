/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/trend_plot.h"
#include "core/base/cleanup.h"
#include "reports/text.h"

#define MAX_POINTS 1000

/* The picture of values that rise by one each, with changes before these points. */
static char *draw(size_t count, const size_t *changes, size_t nr_changes,
		  enum mb_format_charset charset)
{
	static double values[MAX_POINTS];
	struct mb_history_points points = {.values = values, .count = count};
	struct mb_trend_change rows[8] = {{0}};
	struct mb_trend trend = {rows, nr_changes, false};
	struct mb_strbuf text = {0};

	for (size_t i = 0; i < count; i++)
		values[i] = (double)i;
	for (size_t i = 0; i < nr_changes; i++)
		rows[i].index = changes[i];
	mb_trend_plot_add(&text, &points, &trend, &mb_metrics.rows[MB_METRIC_WALL_NS], charset);
	assert_int_equal(text.error, 0);
	return text.length ? mb_strbuf_take(&text) : strdup("");
}

/* One dot a point in its own column, from the lower left to the upper right, and marks below the points. */
static void test_ascii(void **state)
{
	MB_FREE char *text = draw(8, (size_t[]){2, 5}, 2, MB_FORMAT_ASCII);

	assert_string_equal(text, "     7.00 ns |       *\n"
				  "             |      *\n"
				  "             |     *\n"
				  "             |    *\n"
				  "             |   *\n"
				  "             |  *\n"
				  "             | *\n"
				  "     0.00 ns |*\n"
				  "             +--------\n"
				  "                1  2\n");
}

/* Whatever there is to draw, no line is wider than a terminal and there are as many of them. */
static void test_width(void **state)
{
	for (size_t count = 1; count <= MAX_POINTS; count += count < 20 ? 1 : 97)
		for (int charset = MB_FORMAT_UTF8; charset <= MB_FORMAT_ASCII; charset++) {
			MB_FREE char *text = draw(count, (size_t[]){count / 2, count - 1}, 2,
						  (enum mb_format_charset)charset);
			size_t lines = 0;

			for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
				assert_in_range(mb_text_width(line), 1, MB_TREND_PLOT_COLUMNS);
				lines++;
			}
			assert_int_equal(lines, 10);
		}
}

/* Dots of braille are bits of the character: there are as many as points where each has its own column. */
static void test_braille(void **state)
{
	MB_FREE char *text = draw(32, NULL, 0, MB_FORMAT_UTF8);
	const char *at = text;
	int dots = 0;

	while (*at) {
		uint32_t code = mb_text_next(&at);

		if (code >= 0x2800 && code <= 0x28ff)
			dots += __builtin_popcount(code & 0xff);
	}
	assert_int_equal(dots, 32);
}

static void test_none(void **state)
{
	MB_FREE char *text = draw(0, NULL, 0, MB_FORMAT_UTF8);

	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_braille),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
