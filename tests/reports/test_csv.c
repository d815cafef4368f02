/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/sample.h"
#include "reports/csv.h"

static void test_cells(void **state)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	struct mb_csv csv = {.file = file};

	assert_non_null(file);
	mb_csv_add(&csv, "-1");
	mb_csv_add_text(&csv, "a \"b\", c");
	mb_csv_add_text(&csv, "");
	mb_csv_add_number(&csv, 0.1);
	mb_csv_add_number(&csv, NAN);
	mb_csv_end(&csv);
	mb_csv_add_text(&csv, "=cmd()|'x'");
	mb_csv_add_text(&csv, "-1");
	mb_csv_add_text(&csv, "\tline\r\n\x01");
	mb_csv_end(&csv);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(csv.error, 0);
	assert_string_equal(text, "-1,\"a \"\"b\"\", c\",,0.1,\r\n"
				  "'=cmd()|'x','-1,'\\tline\\x0d\\n\\x01\r\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
