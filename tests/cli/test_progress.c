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

/* Never as wide as the terminal, or it would scroll; never beyond the buffer. */
static void test_every_width(void **state)
{
	for (unsigned columns = 0; columns < 300; columns++) {
		struct mb_progress_view view = {
			.label = "3 of 10: setup_per_cpu_areas", .done = columns, .total = 299};
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
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_nothing_without_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
