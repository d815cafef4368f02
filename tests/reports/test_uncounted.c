/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reports/uncounted.h"

static char *lines(const struct mb_result *result)
{
	struct mb_strbuf text = {0};

	mb_uncounted_add(&text, result);
	assert_int_equal(text.error, 0);
	return text.data ? mb_strbuf_take(&text) : NULL;
}

/* Events and runs with the same reason share a line; what does not count at all has its reason elsewhere. */
static void test_lines(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *runs[4];
	size_t counter = 77;
	char *text;

	(void)state;
	mb_result_add_counter(result, "a", "generic, user mode", NULL);
	mb_result_add_counter(result, "b", "generic, user mode", NULL);
	mb_result_add_counter(result, "c", NULL, "no PMU");
	for (size_t i = 0; i < 4; i++)
		runs[i] = mb_result_add_run(result, MB_RUN_STAGE, "x");
	mb_result_run_set_count(runs[0], 0, 0, 5, 1);
	assert_null(lines(result));
	assert_null(mb_uncounted_find(result, &counter));
	assert_int_equal(counter, 77);
	mb_result_run_set_uncounted(runs[1], 1, "files");
	mb_result_run_set_uncounted(runs[2], 0, "turns");
	mb_result_run_set_uncounted(runs[2], 1, "first");
	mb_result_run_set_uncounted(runs[2], 1, "files");
	mb_result_run_set_uncounted(runs[1], 0, "files");
	mb_result_run_set_uncounted(NULL, 0, "files");
	text = lines(result);
	assert_string_equal(text, "  not counted in 2 of 3 rows: a, b: files\n"
				  "  not counted in 1 of 3 rows: a: turns\n");
	free(text);
	assert_ptr_equal(mb_uncounted_find(result, &counter), runs[1]);
	assert_int_equal(counter, 0);
	assert_int_equal(mb_result_error(result), 0);
	mb_result_run_set_uncounted(runs[0], 3, "x");
	assert_int_not_equal(mb_result_error(result), 0);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("uncounted", tests, NULL, NULL);
}
