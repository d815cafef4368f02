/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/noise_line.h"

static void test_line(void **state)
{
	struct mb_runner_noise noise = {.time = (double)NAN};
	struct mb_strbuf text = {0};

	mb_noise_line_add(&text, &noise);
	assert_string_equal(mb_strbuf_text(&text), "");
	noise = (struct mb_runner_noise){
		.time = 0.123, .rows = 20, .limit = 0.041, .limit_rows = 1, .unsteady = 2};
	noise.counted_rows = 3;
	mb_noise_line_add(&text, &noise);
	assert_string_equal(
		mb_strbuf_text(&text),
		"  median band: time 12.3 % (20 rows), part of the limit 4.1 % (1 row), "
		"what is counted 0.0 % (3 rows); 2 of 20 rows unsteady\n");
	mb_strbuf_fini(&text);
}

static void test_missing(void **state)
{
	struct mb_strbuf text = {0};

	mb_noise_line_add_missing(&text, 40);
	assert_string_equal(mb_strbuf_text(&text), "");
	mb_noise_line_add_missing(&text, 39);
	mb_noise_line_add_missing(&text, 1);
	assert_string_equal(mb_strbuf_text(&text),
			    "  no band: it takes 40 passes, and there were 39\n"
			    "  no band: it takes 40 passes, and there was 1\n");
	mb_strbuf_fini(&text);
}

static void test_overhead(void **state)
{
	struct mb_runner_totals totals = {.empty_ns = 25, .shortest = "a/b"};
	struct mb_strbuf text = {0};

	mb_noise_line_add_overhead(&text, &totals, MB_FORMAT_ASCII);
	assert_string_equal(mb_strbuf_text(&text), "");
	totals.shortest_ns = 2500;
	mb_noise_line_add_overhead(&text, &totals, MB_FORMAT_ASCII);
	totals.shortest_ns = 2000;
	mb_noise_line_add_overhead(&text, &totals, MB_FORMAT_ASCII);
	assert_string_equal(
		mb_strbuf_text(&text),
		"  the runner: 25.0 ns a round, 1.0 % of the shortest row (a/b, 2.50 us), goal 1.0 % met\n"
		"  the runner: 25.0 ns a round, 1.2 % of the shortest row (a/b, 2.00 us), goal 1.0 % missed\n");
	mb_strbuf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_overhead),
	};

	return cmocka_run_group_tests_name("noise_line", tests, NULL, NULL);
}
