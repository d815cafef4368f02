/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "tests/reports/comparison_case.h"

static const char *found(const char *path, const char *format)
{
	const struct mb_comparison_writer *writer = mb_comparison_writer_find(path, format, NULL);

	return writer ? writer->name : NULL;
}

static void test_find(void **state)
{
	struct mb_err err = {0};

	assert_string_equal(found("a.json", NULL), "json");
	assert_string_equal(found("a.xml", NULL), "junit");
	assert_string_equal(found("a.md", NULL), "markdown");
	assert_string_equal(found("a.txt", NULL), "text");
	assert_string_equal(found("-", NULL), "json");
	assert_string_equal(found("dir.d/verdicts", NULL), "json");
	assert_string_equal(found("a.json", "junit"), "junit");
	assert_null(found("a.csv", NULL));
	assert_null(mb_comparison_writer_find("a.xml", "hwloc", &err));
	assert_non_null(strstr(err.text, "json junit markdown text"));
}

/* A file is written as a whole, or not at all. */
static void test_save(void **state)
{
	struct mb_comparison *comparison = case_comparison();
	struct mb_err err = {0};
	char path[] = "verdict-XXXXXX", name[32], line[16] = "";
	FILE *file;

	close(mkstemp(path));
	snprintf(name, sizeof(name), "%s.md", path);
	assert_int_equal(mb_comparison_writer_check(name, NULL, &err), 0);
	assert_int_equal(access(name, F_OK), -1);
	assert_int_equal(mb_comparison_writer_save(name, NULL, comparison, stdout, &err), 0);
	file = fopen(name, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_int_equal(strncmp(line, "### memboot", 11), 0);
	fclose(file);
	unlink(name);
	unlink(path);
	mb_comparison_free(comparison);
}

static void test_refused(void **state)
{
	struct mb_comparison *comparison = case_comparison();
	struct mb_err err = {0};

	assert_int_equal(mb_comparison_writer_check("a.csv", NULL, &err), -EINVAL);
	mb_err_clear(&err);
	assert_true(mb_comparison_writer_check("no/such/folder/a.json", NULL, &err) < 0);
	mb_err_clear(&err);
	assert_true(mb_comparison_writer_save("/dev/full", "text", comparison, stdout, &err) < 0);
	comparison->error = -ENOMEM;
	mb_err_clear(&err);
	assert_int_equal(
		mb_comparison_writer_save("verdict-none.json", NULL, comparison, stdout, &err),
		-ENOMEM);
	assert_int_equal(access("verdict-none.json", F_OK), -1);
	mb_comparison_free(comparison);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("comparison_writer", tests, NULL, NULL);
}
