/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/progress.h"

static void test_line(void **state)
{
	struct mb_progress_view view = {.label = "deferred_init", .done = 1, .total = 2};
	char line[256];

	mb_progress_line(&view, 80, line, sizeof(line));
	assert_string_equal(line,
			    "deferred_init  [####################....................]   50 %");
	view.done = 2;
	mb_progress_line(&view, 80, line, sizeof(line));
	assert_string_equal(line,
			    "deferred_init  [########################################]  100 %");
	view.done = 99; /* counted beyond the estimate */
	mb_progress_line(&view, 80, line, sizeof(line));
	assert_non_null(strstr(line, "100 %"));
	view.total = 0;
	mb_progress_line(&view, 80, line, sizeof(line));
	assert_string_equal(line, "deferred_init");
}

/* As exact as a guess is, and in the line where there is room for it. */
static void test_left(void **state)
{
	static const struct {
		double seconds;
		const char *words;
	} rows[] = {
		{0, "   50 %"},       {0.1, "   50 %, 1 s left"}, {89.5, "   50 %, 90 s left"},
		{91, ", 2 min left"}, {3599, ", 60 min left"},    {5399, ", 90 min left"},
		{5401, ", 2 h left"}, {1e300, ", 9999 h left"},   {-1, "   50 %"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mb_progress_view view = {
			.label = "row", .done = 1, .total = 2, .left_s = rows[i].seconds};
		char line[256];
		size_t length;

		mb_progress_line(&view, 80, line, sizeof(line));
		length = strlen(line);
		assert_true(length >= strlen(rows[i].words));
		assert_string_equal(line + length - strlen(rows[i].words), rows[i].words);
		mb_progress_line(&view, 20, line, sizeof(line));
		assert_memory_equal(line, " 50 %", 5);
	}
}

/* Never as wide as the terminal, or it would scroll; never beyond the buffer. */
static void test_every_width(void **state)
{
	for (unsigned columns = 0; columns < 300; columns++) {
		struct mb_progress_view view = {.label = "3 of 10: setup_per_cpu_areas",
						.done = columns,
						.total = 299,
						.left_s = columns};
		char line[128];

		mb_progress_line(&view, columns, line, sizeof(line));
		assert_true(strlen(line) < sizeof(line));
		assert_true(columns == 0 ? !*line : strlen(line) <= columns - 1);
		for (const char *c = line; *c; c++)
			assert_true(*c >= ' ' && *c <= '~');
	}
}

static void test_nothing_without_a_terminal(void **state)
{
	struct mb_progress *progress = mb_progress_new(false);

	assert_null(progress);
	mb_progress_watch(progress, NULL, NULL);
	mb_progress_free(progress);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_nothing_without_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
